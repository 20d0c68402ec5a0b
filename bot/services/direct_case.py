"""What the office decides about a case besides its status: the unit, the topic, more time, a word to the resident."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.city import City
from bot.domain.deadline import in_words
from bot.domain.message import Outgoing
from bot.domain.roles import may
from bot.domain.status import STATUSES
from bot.errors import InvalidInput, NotAllowed
from bot.services.answer_case import say
from bot.services.handle_case import Actor, may_have, move, record, sees, start_clock
from bot.services.notify import notice_text, tell, template_for
from bot.store.models import Case, Review


def assign(session: Session, city: City, case: Case, agency: str, actor: Actor, now: datetime, note: str = "") -> Case:
    """Give the case to a unit; from the desk this is the move to `assigned`, later a transfer."""
    if not may(actor.role, "assign"):
        raise NotAllowed("Vai trò này không phân đơn vị.")
    may_have(city, case, agency)
    if case.status in ("received", "need_info"):
        return move(session, city, case, "assigned", actor, now, agency=agency, note=note)
    if not STATUSES[case.status].open:
        raise NotAllowed("Phiếu đã kết thúc, không chuyển đơn vị được.")
    if agency == case.agency:
        return case
    before, case.agency = case.agency, agency
    event = record(session, case, actor, now, before, agency, note, kind="transfer")
    _doubt(session, case, "rerouted", f"case-{case.id}-event-{event.id}", now)
    words = Outgoing(notice_text(city, case, "notice_assigned"), template=template_for(city, case, now))
    tell(session, case, words, f"case-{case.id}-event-{event.id}", now)
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
    words = Outgoing(notice_text(city, case, "notice_extended", why), template=template_for(city, case, now))
    tell(session, case, words, f"case-{case.id}-event-{event.id}", now)


def reply(
    session: Session, city: City, case: Case, text: str, actor: Actor, now: datetime, key: str | None = None
) -> None:
    """A message of staff to the resident about this case."""
    if not may(actor.role, "reply") or not sees(actor, case):
        raise NotAllowed("Phiếu này không thuộc đơn vị của anh/chị.")
    if not text.strip():
        raise InvalidInput("Tin nhắn chưa có nội dung.")
    message = say(session, case, actor.name, text, now, key)
    if message is not None:
        words = notice_text(city, case, "staff_message", text)
        tell(session, case, Outgoing(words), f"case-message-{message.id}", now, kind="staff")


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
