"""What is done to a case after it was filed. Every deed checks the rules, appends to the history and writes the
notices in one transaction; the caller holds the transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.city import City
from bot.domain.deadline import in_words
from bot.domain.message import Outgoing
from bot.domain.roles import Role, may
from bot.domain.routing import TRIAGE, route
from bot.domain.status import REOPEN_LIMIT, RETURN_LIMIT, STATUSES, Clock, Move, moves_for, path
from bot.errors import InvalidInput, NotAllowed, NotFound
from bot.services.notify import new_photos, notice_text, notify_status, tell
from bot.store.models import Attachment, Case, CaseEvent, CaseMessage, Media, Review


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


def _waited(session: Session, city: City, case: Case, now: datetime) -> tuple[timedelta, timedelta]:
    """Working time in which the case waited for its resident, before and after it was given to a unit.

    A pause that goes on is left out: its end moves the due time (`_resume`).
    """
    query = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.kind == "status").order_by(CaseEvent.id)
    steps = [(e.at, e.target) for e in session.scalars(query)]
    if case.paused_at is None:
        steps.append((now, None))
    waited = [timedelta(), timedelta()]
    for (start, status), (end, _) in pairwise(steps):
        if status is not None and STATUSES[status].clock is Clock.PAUSED:
            assigned = case.assigned_at is not None and start >= case.assigned_at
            waited[assigned] += city.calendar.between(start, end)
    return waited[0], waited[1]


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
    if move.target == "reopened" and case.reopened >= REOPEN_LIMIT:
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
        _attach(session, case, media_id, "result", now)
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
    source, case.status = case.status, target
    if case.paused_at is not None and source == "need_info":
        _resume(step.city, case, step.now)
    if target in _EFFECTS:
        _EFFECTS[target](step)
    if not STATUSES[target].open:
        case.ended_at = step.now
    told = "note" in step.move.needs or step.actor.role is Role.RESIDENT
    said = step.note if told else ""
    unit = step.city.agency_name(case.agency) if target == "assigned" else ""
    event = record(step.session, case, step.actor, step.now, source, target, said or unit)
    # What a resident does is answered in the conversation itself.
    if not step.move.silent and step.actor.role is not Role.RESIDENT:
        shown = step.parent if "parent" in step.move.needs else said
        notify_status(step.session, step.city, case, event.id, shown, step.now)


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


def _target_agency(city: City, case: Case, agency: str | None) -> str | None:
    """The unit asked for, else the unit that the rules name, else the one it has (unless that is the desk)."""
    if agency:
        if agency not in city.agencies:
            raise InvalidInput(f"Không có đơn vị {agency!r}.")
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
    """Returned by the unit: back to the desk, the second time with a supervisor's eye."""
    case = step.case
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
    if case.due_at and case.paused_at:
        case.due_at = city.calendar.add(case.due_at, city.calendar.between(case.paused_at, now))
    case.paused_at = None


def _attach(session: Session, case: Case, media_id: str, stage: str, now: datetime, caption: str = "") -> None:
    media = session.get(Media, media_id)
    if media is None:
        raise NotFound("Không có tệp này.")
    there = session.scalar(select(Attachment.id).where(Attachment.case_id == case.id, Attachment.media_id == media_id))
    if there is None:
        session.add(
            Attachment(case_id=case.id, media_id=media_id, kind=media.kind, caption=caption, stage=stage, at=now)
        )
        session.flush()


def assign(session: Session, city: City, case: Case, agency: str, actor: Actor, now: datetime, note: str = "") -> Case:
    """Give the case to a unit; from the desk this is the move to `assigned`, later a transfer."""
    if not may(actor.role, "assign"):
        raise NotAllowed("Vai trò này không phân đơn vị.")
    if agency not in city.agencies:
        raise InvalidInput(f"Không có đơn vị {agency!r}.")
    if case.status in ("received", "need_info"):
        return move(session, city, case, "assigned", actor, now, agency=agency, note=note)
    if not STATUSES[case.status].open:
        raise NotAllowed("Phiếu đã kết thúc, không chuyển đơn vị được.")
    if agency == case.agency:
        return case
    before, case.agency = case.agency, agency
    event = record(session, case, actor, now, before, agency, note, kind="transfer")
    _doubt(session, case, "rerouted", f"case-{case.id}-event-{event.id}", now)
    tell(session, case, Outgoing(notice_text(city, case, "notice_assigned")), f"case-{case.id}-event-{event.id}", now)
    return case


def reclassify(
    session: Session, city: City, case: Case, topic: str, actor: Actor, now: datetime, review: bool = True
) -> Case:
    """Set the right topic; with `review` the message goes to the review list with it."""
    if not may(actor.role, "reclassify"):
        raise NotAllowed("Vai trò này không đổi lĩnh vực.")
    if topic not in city.topics:
        raise InvalidInput(f"Không có lĩnh vực {topic!r}.")
    if topic == case.topic:
        case.topic_sure = True
        return case
    before, case.topic, case.topic_sure = case.topic, topic, True
    if case.level == (city.topics[before].level if before in city.topics else "normal"):
        # A level of its own, such as an emergency's, stays.
        case.level = city.topics[topic].level
    if STATUSES[case.status].open and not case.reopened and case.extended_at is None:
        start_clock(session, city, case, now)
    event = record(session, case, actor, now, before, topic, None, kind="topic")
    if review:
        _doubt(session, case, "rerouted", f"case-{case.id}-event-{event.id}", now, before=before, proposed=topic)
    return case


def _doubt(
    session: Session,
    case: Case,
    why: str,
    key: str,
    now: datetime,
    before: str | None = None,
    proposed: str | None = None,
) -> None:
    understood = {"label": before or case.topic}
    session.add(
        Review(
            key=key,
            conversation_id=case.conversation_id,
            case_id=case.id,
            why=why,
            text=case.text,
            understood=understood,
            proposed=proposed,
            created_at=now,
        )
    )


def reply(
    session: Session, city: City, case: Case, text: str, actor: Actor, now: datetime, key: str | None = None
) -> None:
    """A message of staff to the resident about this case."""
    if not may(actor.role, "reply") or not sees(actor, case):
        raise NotAllowed("Phiếu này không thuộc đơn vị của anh/chị.")
    if not text.strip():
        raise InvalidInput("Tin nhắn chưa có nội dung.")
    message = _say(session, case, actor.name, text, now, key)
    if message is not None:
        words = notice_text(city, case, "staff_message", text)
        tell(session, case, Outgoing(words), f"case-message-{message.id}", now, kind="staff")


def _say(session: Session, case: Case, author: str, text: str, now: datetime, key: str | None) -> CaseMessage | None:
    if key and session.scalar(select(CaseMessage.id).where(CaseMessage.key == key)) is not None:
        return None
    message = CaseMessage(case_id=case.id, at=now, author=author, text=text.strip(), key=key)
    session.add(message)
    session.flush()
    return message


def add_from_resident(
    session: Session, city: City, case: Case, text: str, media: tuple[str, ...], now: datetime, key: str
) -> None:
    """More words or photos from the one who filed. A case that waited for them goes on."""
    if text.strip():
        _say(session, case, "resident", text, now, key)
    for media_id in media:
        _attach(session, case, media_id, "more", now, caption=text)
    if case.status == "need_info":
        target = "assigned" if case.assigned_at else "received"
        move(session, city, case, target, Actor.resident(), now)


def rate(session: Session, city: City, case: Case, rating: str, now: datetime) -> None:
    """satisfied | acceptable | unsatisfied. A rating closes a resolved case, except `unsatisfied`, which may reopen."""
    if case.status not in ("resolved", "closed"):
        raise NotAllowed("Phiếu chưa có kết quả để đánh giá.")
    case.rating, case.rated_at = rating, now
    record(session, case, Actor.resident(), now, None, rating, None, kind="rating")
    if case.status == "resolved" and rating != "unsatisfied":
        source, case.status, case.ended_at = case.status, "closed", now
        # The thanks are said in the conversation, as the answer to the pressed button.
        record(session, case, Actor.resident(), now, source, "closed", None)


def reopen(session: Session, city: City, case: Case, why: str, now: datetime) -> None:
    """The resident says that it is not done. Raises NotAllowed when too late or too often."""
    ended = case.resolved_at or case.ended_at
    if ended is not None and now - ended > timedelta(days=city.reopen_days):
        raise NotAllowed(f"Đã quá {city.reopen_days} ngày kể từ khi có kết quả.")
    move(session, city, case, "reopened", Actor.resident(), now, note=why)


def extend(session: Session, city: City, case: Case, hours: float, why: str, actor: Actor, now: datetime) -> None:
    """One extension, before the due time, with a reason."""
    if not may(actor.role, "extend") or not sees(actor, case):
        raise NotAllowed("Vai trò này không gia hạn.")
    if case.extended_at is not None:
        raise NotAllowed("Phiếu đã gia hạn một lần.")
    if case.due_at is None or now > case.due_at or not STATUSES[case.status].open:
        raise NotAllowed("Chỉ gia hạn khi phiếu còn trong hạn.")
    if not why.strip() or not 0 < hours <= 200:
        raise InvalidInput("Cần lý do và số giờ làm việc từ 1 đến 200.")
    before, case.extended_at = case.due_at, now
    case.due_at = city.calendar.add(case.due_at, timedelta(hours=hours))
    event = record(session, case, actor, now, in_words(before), in_words(case.due_at), why, kind="extended")
    words = notice_text(city, case, "notice_extended", why)
    tell(session, case, Outgoing(words), f"case-{case.id}-event-{event.id}", now)
