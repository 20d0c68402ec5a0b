"""Finding a case, its history, its clock, and its way from status to status.

Every deed checks the rules, appends to the history and writes the notices in one transaction; the caller holds the
transaction. What residents do stands in answer_case.py, what the office decides besides in direct_case.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.city import City
from bot.domain.roles import Role, may
from bot.domain.routing import TRIAGE, complained_about, route
from bot.domain.status import REOPEN_LIMIT, RETURN_LIMIT, STATUSES, Clock, Move, moves_for, path
from bot.errors import InvalidInput, NotAllowed, NotFound
from bot.services.notify import new_photos, notify_status
from bot.store.models import Attachment, Case, CaseEvent, Media


@dataclass(frozen=True)
class Actor:
    """Who does something: a name for the history, a role for the rules, a unit for whose cases these are."""

    name: str
    role: Role
    agency: str | None = None

    @classmethod
    def system(cls) -> Actor:
        return cls("system", Role.SYSTEM)

    @classmethod
    def resident(cls) -> Actor:
        return cls("resident", Role.RESIDENT)


def find(session: Session, code: str) -> Case:
    """The case with this code. Raises NotFound."""
    case = session.scalar(select(Case).where(Case.code == code))
    if case is None:
        raise NotFound(f"Không có phiếu {code}.")
    return case


def record(
    session: Session,
    case: Case,
    actor: Actor,
    now: datetime,
    source: str | None,
    target: str | None,
    note: str | None,
    kind: str = "status",
) -> CaseEvent:
    """Append one line to the history."""
    event = CaseEvent(
        case_id=case.id, at=now, actor=actor.name, kind=kind, source=source, target=target, note=note or None
    )
    session.add(event)
    session.flush()
    return event


def start_clock(session: Session, city: City, case: Case, now: datetime) -> None:
    """Compute the due time from receipt, assignment, level and the pauses so far."""
    limits = city.limits(city.topics.get(case.topic or ""), case.level)
    before, after = _waited(session, city, case, now)
    due = limits.due(city.calendar, case.created_at, case.assigned_at, before)
    case.due_at = city.calendar.add(due, after) if after else due
    case.look_at = None


def _waited(session: Session, city: City, case: Case, now: datetime) -> tuple[timedelta, timedelta]:
    """Working time in which the case waited for its resident, before and after it was given to a unit."""
    waited = [timedelta(), timedelta()]
    for start, length in pauses(session, city, case, now):
        waited[case.assigned_at is not None and start >= case.assigned_at] += length
    return waited[0], waited[1]


def pauses(session: Session, city: City, case: Case, now: datetime) -> list[tuple[datetime, timedelta]]:
    """When the case waited for its resident, and for how much working time each.

    A pause that goes on is left out: its end moves the due time (`_resume`).
    """
    query = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.kind == "status").order_by(CaseEvent.id)
    steps = [(e.at, e.target) for e in session.scalars(query)]
    if case.paused_at is None:
        steps.append((now, None))
    return [
        (start, city.calendar.between(start, end))
        for (start, status), (end, _) in pairwise(steps)
        if status is not None and STATUSES[status].clock is Clock.PAUSED
    ]


def is_overdue(case: Case, now: datetime) -> bool:
    """A flag, not a status: running and past its due time."""
    clock = STATUSES[case.status].clock
    return clock in (Clock.RECEIVE, Clock.HANDLE) and case.due_at is not None and now > case.due_at


def sees(actor: Actor, case: Case) -> bool:
    """Whether staff may see this case at all."""
    return may(actor.role, "see_all") or (actor.agency is not None and actor.agency == case.agency)


def allowed(actor: Actor, case: Case) -> list[Move]:
    """The moves that the page of this case offers to this person."""
    if actor.role not in (Role.RESIDENT, Role.SYSTEM) and not sees(actor, case):
        return []
    return [m for m in moves_for(case.status, actor.role) if _refusal(case, m, actor) is None]


def _refusal(case: Case, move: Move, actor: Actor) -> str | None:
    """Why this person may not make this move on this case now; None when nothing is against it."""
    if move.target == "reopened" and case.reopened >= REOPEN_LIMIT and actor.role is Role.RESIDENT:
        return "Phiếu đã mở lại hai lần; trường hợp này do người giám sát xem xét."
    if move.target == "received" and move.source == "assigned" and case.returned >= RETURN_LIMIT:
        return "Phiếu đã trả lại hai lần; Thành phố sẽ quyết định đơn vị."
    if move.target == "resolved" and case.answered_by == actor.name and not may(actor.role, "act_alone"):
        return "Người viết kết quả không tự duyệt kết quả của mình."
    return None


def move(
    session: Session,
    city: City,
    case: Case,
    target: str,
    actor: Actor,
    now: datetime,
    *,
    note: str | None = None,
    agency: str | None = None,
    photos: tuple[str, ...] = (),
    parent: str | None = None,
) -> Case:
    """Bring a case to another status, through every step on the ordinary road between.

    Raises:
        NotAllowed: the table, the role or a rule forbids it.
        InvalidInput: something that the move needs is missing.
    """
    if target not in STATUSES:
        raise InvalidInput(f"Không có trạng thái {target!r}. Có: {', '.join(STATUSES)}.")
    if target == case.status:
        return case
    if actor.role not in (Role.RESIDENT, Role.SYSTEM) and not sees(actor, case):
        raise NotAllowed("Phiếu này không thuộc đơn vị của anh/chị.")
    chain = path(case.status, target, actor.role)
    if chain is None:
        raise NotAllowed(
            f"Không chuyển được từ “{STATUSES[case.status].label}” sang “{STATUSES[target].label}” với vai trò này."
        )
    for media_id in photos:
        attach(session, case, media_id, "result", now)
    for step in chain:
        _take(_Step(session, city, case, step, actor, now, (note or "").strip(), agency, parent))
    return case


@dataclass(frozen=True)
class _Step:
    """One move about to be made, with all that came with it."""

    session: Session
    city: City
    case: Case
    move: Move
    actor: Actor
    now: datetime
    note: str
    agency: str | None
    parent: str | None


def _take(step: _Step) -> None:
    case, target = step.case, step.move.target
    refusal = _refusal(case, step.move, step.actor)
    if refusal:
        raise NotAllowed(refusal)
    _need(step)
    source, case.status, case.look_at = case.status, target, None
    if case.paused_at is not None and source == "need_info":
        _resume(step.city, case, step.now)
    if target in _EFFECTS:
        _EFFECTS[target](step)
    if not STATUSES[target].open:
        case.ended_at = step.now
    told = "note" in step.move.needs or step.actor.role in (Role.RESIDENT, Role.SYSTEM)
    said = step.note if told else ""
    unit = step.city.agency_name(case.agency) if target == "assigned" else ""
    event = record(step.session, case, step.actor, step.now, source, target, said or unit)
    # What a resident does is answered in the conversation itself.
    if not step.move.silent and step.actor.role is not Role.RESIDENT:
        shown = step.parent if "parent" in step.move.needs else said
        notify_status(step.session, step.city, case, event.id, shown, step.now, source)


def _need(step: _Step) -> None:
    """Raises InvalidInput when something that the move needs is missing."""
    needs = step.move.needs
    if "note" in needs and not step.note:
        raise InvalidInput("Cần ghi lý do hoặc nội dung trả lời.")
    if "agency" in needs and _target_agency(step.city, step.case, step.agency) is None:
        raise InvalidInput("Cần chọn đơn vị xử lý.")
    if "parent" in needs:
        if not step.parent or step.parent == step.case.code:
            raise InvalidInput("Cần mã của phiếu chính.")
        find(step.session, step.parent)
    shown = not _needs_photo(step.city, step.case) or may(step.actor.role, "act_alone")
    # A reopened case needs a new photo: the old one is what the resident has contradicted.
    if "photo" in needs and not (shown or new_photos(step.session, step.case)):
        raise InvalidInput("Việc ngoài hiện trường cần ảnh sau khi xử lý.")


def _needs_photo(city: City, case: Case) -> bool:
    topic = city.topics.get(case.topic or "")
    return topic is not None and topic.fields.get("location") == "required"


def may_have(city: City, case: Case, agency: str) -> None:
    """Raises InvalidInput for a unit that there is not, or that the case complains about."""
    if agency not in city.agencies:
        raise InvalidInput(f"Không có đơn vị {agency!r}.")
    words = f"{case.text} {case.fields.get('agency_name') or ''}"
    if complained_about(city.topics.get(case.topic or ""), city.agencies[agency], words):
        raise InvalidInput("Phiếu này phản ánh chính đơn vị ấy: cần giao cơ quan cấp trên trực tiếp xem xét.")


def _target_agency(city: City, case: Case, agency: str | None) -> str | None:
    """The unit asked for, else the unit that the rules name, else the one it has (unless that is the desk)."""
    if agency:
        may_have(city, case, agency)
        return agency
    if case.agency != TRIAGE:
        return case.agency
    way = route(city.topics.get(case.topic or ""), case.ward, city.agencies)
    return way.agency if way.sure else None


def _assigned(step: _Step) -> None:
    case = step.case
    case.agency = _target_agency(step.city, case, step.agency) or case.agency
    if case.assigned_at is None:
        case.assigned_at = step.now
        start_clock(step.session, step.city, case, step.now)


def _received(step: _Step) -> None:
    """Returned by the unit: back to the desk, the second time with a supervisor's eye. Or nobody answered in time:
    the dispatcher decides (domain.md §1.6)."""
    case = step.case
    if step.actor.role is Role.SYSTEM:
        case.agency = TRIAGE
    if step.move.source == "assigned":
        case.returned += 1
        case.agency, case.assigned_at = TRIAGE, None
        case.supervised = case.returned >= RETURN_LIMIT


def _paused(step: _Step) -> None:
    step.case.paused_at = step.now


def _answered(step: _Step) -> None:
    step.case.answer, step.case.answered_by = step.note, step.actor.name


def _resolved(step: _Step) -> None:
    step.case.resolved_at = step.now
    step.case.answer = step.note or step.case.answer


def _reopened(step: _Step) -> None:
    """A new clock, half of the first (domain.md §6)."""
    case, city = step.case, step.city
    case.reopened += 1
    case.rating = case.rated_at = case.resolved_at = case.ended_at = None
    topic = city.topics.get(case.topic) if case.topic else None
    hours = city.limits(topic, case.level).handle / 2
    case.due_at = city.calendar.add(step.now, timedelta(hours=hours))
    case.supervised = case.reopened >= REOPEN_LIMIT


def _merged(step: _Step) -> None:
    parent = find(step.session, step.parent or "")
    if parent.parent_id == step.case.id:
        raise InvalidInput("Phiếu chính lại đang gộp vào phiếu này.")
    # A parent that was merged itself stands for its own parent.
    step.case.parent_id = parent.parent_id or parent.id


_EFFECTS: dict[str, Callable[[_Step], None]] = {
    "assigned": _assigned,
    "received": _received,
    "need_info": _paused,
    "pending_approval": _answered,
    "resolved": _resolved,
    "reopened": _reopened,
    "merged": _merged,
}
"""What a case's record takes from arriving at a status."""


def _resume(city: City, case: Case, now: datetime) -> None:
    """The clock goes on: the due time moves by the working time of the pause."""
    paused = city.calendar.between(case.paused_at, now) if case.paused_at else timedelta()
    # A pause outside office hours moves nothing, not even the end of one working day to the beginning of the next.
    if case.due_at and paused:
        case.due_at = city.calendar.add(case.due_at, paused)
    case.paused_at = None


def attach(session: Session, case: Case, media_id: str, stage: str, now: datetime, caption: str = "") -> None:
    """Put a stored file with a case, once. stage: report | more | result. Raises NotFound."""
    media = session.get(Media, media_id)
    if media is None:
        raise NotFound("Không có tệp này.")
    there = session.scalar(select(Attachment.id).where(Attachment.case_id == case.id, Attachment.media_id == media_id))
    if there is None:
        session.add(
            Attachment(case_id=case.id, media_id=media_id, kind=media.kind, caption=caption, stage=stage, at=now)
        )
        session.flush()
