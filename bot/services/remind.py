"""What the clock does to a case (domain.md §6), each thing once whoever of several workers comes first.

    resolved    nobody rates it for five working days: closed
    need_info   half of the time to answer is over: the question is repeated; all of it: the dispatcher decides
    running     half, four fifths, all of the time is over, then each working day: a line in the history for the unit
                and its leader; overdue by more than two working days: the city's supervisor
    draft       left alone for some days: dropped

`cases.look_at` says when a case is to be looked at next, so that a tick costs little however many cases are open.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from bot.city import City
from bot.domain.message import Outgoing
from bot.domain.status import STATUSES, Clock, Phase
from bot.services.handle_case import Actor, is_overdue, move, pauses, record
from bot.services.notify import notice_text, pause_ends, tell, template_for
from bot.store.models import Case, CaseEvent, Draft

DAY = timedelta(hours=8)
"""A working day in official hours (domain.md, "Words used")."""
CLOSE_AFTER = 5 * DAY
"""Working time between the result and closing by itself."""
ESCALATE_AFTER = 2 * DAY
SHARES = (("half", 0.5), ("most", 0.8))
_WATCHED = [s.id for s in STATUSES.values() if s.open or s.phase is Phase.ANSWERED]
_AT_ONCE = 200
"""Cases of one tick; the rest comes with the next."""


def tick(session: Session, city: City, now: datetime) -> int:
    """Do what is due. Returns how many things were done."""
    due = or_(Case.look_at.is_(None), Case.look_at <= now)
    query = select(Case).where(Case.status.in_(_WATCHED), due).order_by(Case.id).limit(_AT_ONCE)
    # What another worker looks at now is left to it.
    cases = session.scalars(query.with_for_update(skip_locked=True)).all()
    return sum(_look(session, city, case, now) for case in cases) + _drop_drafts(session, city, now)


def _look(session: Session, city: City, case: Case, now: datetime) -> int:
    clock = STATUSES[case.status].clock
    if clock is Clock.STOPPED:
        done, again = _close(session, city, case, now)
    elif clock is Clock.PAUSED:
        done, again = _wait(session, city, case, now)
    else:
        done, again = _watch(session, city, case, now)
    session.flush()
    # Past the mapper: a form that staff have open is not outdated by the clock having looked.
    looked = update(Case).where(Case.id == case.id).values(look_at=again)
    session.execute(looked, execution_options={"synchronize_session": False})
    return done


def _close(session: Session, city: City, case: Case, now: datetime) -> tuple[int, datetime | None]:
    ends = city.calendar.add(case.resolved_at or now, CLOSE_AFTER)
    if now < ends:
        return 0, ends
    move(session, city, case, "closed", Actor.system(), now)
    return 1, None


def _wait(session: Session, city: City, case: Case, now: datetime) -> tuple[int, datetime | None]:
    """Somebody was asked. domain.md gives no time for the reminder: half of the limit, the first of its shares."""
    ends = pause_ends(city, case)
    if now >= ends:
        note = city.text("clock_unanswered").format(days=_days(timedelta(hours=city.pause_hours)))
        move(session, city, case, "received", Actor.system(), now, note=note)
        return 1, None
    half = city.calendar.add(case.paused_at or now, timedelta(hours=city.pause_hours) / 2)
    if now < half:
        return 0, half
    query = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.target == case.status)
    asked = session.scalars(query.order_by(CaseEvent.id.desc())).first()
    if asked is not None and not _said(session, case, "again", CaseEvent.id > asked.id):
        record(session, case, Actor.system(), now, None, "again", asked.note, kind="reminder")
        words = notice_text(city, case, "notice_need_info_again", asked.note)
        message = Outgoing(words, template=template_for(city, case, now))
        tell(session, case, message, f"case-{case.id}-again-{asked.id}", now)
        return 1, ends
    return 0, ends


def _watch(session: Session, city: City, case: Case, now: datetime) -> tuple[int, datetime]:
    """Remind of the share of time that has passed; only the newest one when several have passed unseen."""
    start, end, marks = _marks(session, city, case, now)
    passed = [name for name, moment in marks if moment <= now]
    late = city.calendar.between(end, now) // DAY
    name = f"late-{late}" if late else passed[-1] if passed else None
    done = 0
    if name is not None and not _said(session, case, name, CaseEvent.at >= start):
        note = city.text(f"clock_{name.partition('-')[0]}").format(days=late)
        record(session, case, Actor.system(), now, None, name, note, kind="reminder")
        done = 1
    done += _escalate(session, city, case, now, start)
    ahead = [moment for _, moment in marks if moment > now]
    ahead.append(city.calendar.add(end, (late + 1) * DAY))
    if case.due_at is not None:
        ahead.append(city.calendar.add(case.due_at, ESCALATE_AFTER))
    return done, min(moment for moment in ahead if moment > now)


def _escalate(session: Session, city: City, case: Case, now: datetime, start: datetime) -> int:
    if not is_overdue(case, now) or case.due_at is None or _said(session, case, "escalated", CaseEvent.at >= start):
        return 0
    if now < city.calendar.add(case.due_at, ESCALATE_AFTER):
        return 0
    case.supervised = True
    note = city.text("clock_escalated").format(days=_days(ESCALATE_AFTER))
    record(session, case, Actor.system(), now, None, "escalated", note, kind="reminder")
    return 1


def _marks(
    session: Session, city: City, case: Case, now: datetime
) -> tuple[datetime, datetime, list[tuple[str, datetime]]]:
    """From when and until when the clock that runs now is counted, and the moments at which it reminds."""
    at_desk = STATUSES[case.status].clock is Clock.RECEIVE and case.assigned_at is None
    again = ("received", ("assigned",)) if at_desk else ("reopened", ("resolved", "closed"))
    query = select(CaseEvent.at).where(
        CaseEvent.case_id == case.id, CaseEvent.target == again[0], CaseEvent.source.in_(again[1])
    )
    anew = session.scalars(query.order_by(CaseEvent.id.desc())).first()
    start = anew or (case.created_at if at_desk else case.assigned_at or case.created_at)
    waited = sum((length for at, length in pauses(session, city, case, now) if at >= start), timedelta())
    end = case.due_at or now
    if at_desk:
        end = min(end, city.calendar.add(start, timedelta(hours=city.receive_hours) + waited))
    whole = max(city.calendar.between(start, end) - waited, timedelta())
    marks = [(name, city.calendar.add(start, waited + whole * share)) for name, share in SHARES]
    return start, end, [*marks, ("due", end)]


def _said(session: Session, case: Case, name: str, since: ColumnElement[bool]) -> bool:
    """Whether the history has this reminder since then."""
    query = select(CaseEvent.id).where(CaseEvent.case_id == case.id, CaseEvent.kind == "reminder")
    return session.scalars(query.where(CaseEvent.target == name, since)).first() is not None


def _days(time: timedelta) -> int:
    return time // DAY


def _drop_drafts(session: Session, city: City, now: datetime) -> int:
    old = select(Draft).where(Draft.state == "open", Draft.updated_at < now - timedelta(days=city.draft_days))
    drafts = session.scalars(old.limit(_AT_ONCE).with_for_update(skip_locked=True)).all()
    for draft in drafts:
        draft.state, draft.body = "dropped", {}
    return len(drafts)
