"""What nothing could carry: a person of ours calls instead, or has it sent again.

waiting -> told      called; never sent any more
waiting -> queued    sent again now, every way anew; or by itself when the resident writes (receipts.release)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from bot.city import City
from bot.domain.proof import STATES
from bot.domain.roles import may
from bot.errors import NotAllowed, NotFound
from bot.services.handle_case import Actor, record, sees
from bot.services.track_case import knows_sender
from bot.store.models import Attempt, Case, Conversation, Outbox
from bot.store.queries import Scope

_GONE = "Tin này không còn trong danh sách cần gọi của anh/chị."


@dataclass(frozen=True)
class Call:
    """A message that waits for a call. `phones` is empty when none was given, or when it is `hidden` from this person;
    `code` is None for what belongs to no case."""

    id: int
    written_at: datetime
    kind: str
    channel: str
    code: str | None
    text: str
    reason: str | None
    phones: tuple[str, ...]
    hidden: bool


def calls(session: Session, city: City, actor: Actor, limit: int = 100) -> list[Call]:
    """What this person may call about, oldest first."""
    query = _waiting(actor, select(Outbox, Case, Conversation))
    query = query.join(Conversation, Conversation.id == Outbox.conversation_id)
    rows = session.execute(query.order_by(Outbox.created_at, Outbox.id).limit(limit))
    return [_call(city, actor, row, case, talk) for row, case, talk in rows.tuples()]


def count(session: Session, actor: Actor) -> int:
    """How many of them there are."""
    return session.scalar(_waiting(actor, select(func.count(Outbox.id)))) or 0


def mark_told(session: Session, outbox_id: int, note: str, actor: Actor, now: datetime) -> bool:
    """The resident has been told by phone. False when that was recorded before.

    Raises NotFound for what is not this person's, NotAllowed when it has gone out meanwhile.
    """
    row, case = _mine(session, outbox_id, actor)
    if row.state == "told":
        return False
    if row.state != "waiting":
        raise NotAllowed(f"Tin này không còn chờ gọi ({STATES[row.state].lower()}); cuộc gọi chưa được ghi.")
    row.state = "told"
    _note(session, row, "called", note, actor, now)
    if case is not None:
        record(session, case, actor, now, None, None, note.strip(), kind="called")
    return True


def send_again(session: Session, outbox_id: int, actor: Actor, now: datetime) -> bool:
    """Queue it for now; ways that were refused are tried anew. False when it is on its way already.

    Raises NotFound for what is not this person's, NotAllowed when the resident has been told.
    """
    row, _ = _mine(session, outbox_id, actor)
    if row.state == "told":
        raise NotAllowed("Đã có cán bộ gọi điện báo tin này nên không gửi lại nữa.")
    if row.state != "waiting":
        return False
    row.state, row.available_at, row.attempts, row.reason = "queued", now, 0, None
    _note(session, row, "resend", "", actor, now)
    return True


def _waiting(actor: Actor, query: Select) -> Select:
    return query.select_from(Outbox).outerjoin(Case, Case.id == Outbox.case_id).where(_theirs(actor))


def _theirs(actor: Actor) -> ColumnElement[bool]:
    scope = Scope(may(actor.role, "see_all"), actor.agency)
    return and_(Outbox.state == "waiting", scope.condition())


def _mine(session: Session, outbox_id: int, actor: Actor) -> tuple[Outbox, Case | None]:
    # Locked: the resident may be writing at this moment, which sends it.
    row = session.get(Outbox, outbox_id, with_for_update=True)
    if row is None or not may(actor.role, "reply"):
        raise NotFound(_GONE)
    case = session.get(Case, row.case_id) if row.case_id else None
    if not (sees(actor, case) if case else may(actor.role, "see_all")):
        raise NotFound(_GONE)
    return row, case


def _note(session: Session, row: Outbox, outcome: str, note: str, actor: Actor, now: datetime) -> None:
    reason = note.strip()[:300] or None
    session.add(Attempt(outbox_id=row.id, at=now, outcome=outcome, reason=reason, by=actor.name))


def _call(city: City, actor: Actor, row: Outbox, case: Case | None, talk: Conversation) -> Call:
    given = _phones(talk.resident.phone, case.fields.get("contact_phone") if case else None)
    shown = case is None or knows_sender(city, actor.role, case)
    return Call(
        id=row.id,
        written_at=row.created_at,
        kind=row.kind,
        channel=row.channel,
        code=case.code if case else None,
        text=row.body.get("text") or "",
        reason=row.reason,
        phones=given if shown else (),
        hidden=bool(given) and not shown,
    )


def _phones(*given: str | None) -> tuple[str, ...]:
    """Each number once, however it was written."""
    found = {"".join(c for c in number if c.isdigit())[-9:]: number for number in reversed(given) if number}
    return tuple(reversed(found.values()))
