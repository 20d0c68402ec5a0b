"""What a message's arrival writes, in few and prepared statements: fifty a second come through here on two busy cores.

The library takes far longer to build a statement, or to keep track of objects, than a database to run it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import Select, Table, Update, bindparam, case, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.store.models import FIRST, Conversation, Inbox, Outbox, Resident, UtcDateTime, new_id

_INSERTS: dict[str, Callable[[Any], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def find_or_open(session: Session, channel: str, address: str, now: datetime) -> str:
    """The id of the conversation of this person on this channel; made when there is none."""
    known = session.scalar(_conversation(), {"channel": channel, "address": address})
    if known is not None:
        return known
    resident_id = new_id()
    session.execute(_insert(session, Resident), {"id": resident_id, "created_at": now})
    values = {"channel": channel, "address": address, "resident_id": resident_id, "state": {}, "created_at": now}
    made = session.scalar(_insert(session, Conversation), values)
    if made is not None:
        return made
    # Two first messages at once: the other transaction made it.
    session.execute(delete(Resident).where(Resident.id == resident_id))
    return session.execute(_conversation(), {"channel": channel, "address": address}).scalar_one()


def add_to_inbox(session: Session, **values: Any) -> int | None:
    """Store a message. Returns its row's id, or None when one with this channel and message id is there already."""
    return session.scalar(_insert(session, Inbox), values)


def has_written(session: Session, conversation_id: str, now: datetime) -> None:
    """The person can be reached again."""
    session.execute(_seen(), {"conversation": conversation_id, "now": now})


def free_held(session: Session, conversation_id: str, now: datetime, reason: str) -> None:
    """What waits for the person, or is held because of `reason`, is due now; all that is to go to them goes first."""
    session.execute(_freed(), {"conversation": conversation_id, "now": now, "held": reason})


def _insert(session: Session, model: type[Resident] | type[Conversation] | type[Inbox]) -> Any:
    return _prepared_insert(session.get_bind().dialect.name, model)


@cache
def _prepared_insert(dialect: str, model: type[Resident] | type[Conversation] | type[Inbox]) -> Any:
    """Returns the new id; nothing when a unique key is taken."""
    table = cast(Table, model.__table__)
    return _INSERTS[dialect](table).on_conflict_do_nothing().returning(table.c.id)


@cache
def _conversation() -> Select[Any]:
    table = Conversation.__table__
    return select(table.c.id).where(
        table.c.channel == bindparam("channel"), table.c.address == bindparam("address")
    )  # fmt: skip


@cache
def _seen() -> Update:
    table = cast(Table, Conversation.__table__)
    now = bindparam("now", type_=UtcDateTime())
    return update(table).where(table.c.id == bindparam("conversation")).values(last_seen_at=now, reachable=True)


@cache
def _freed() -> Update:
    table = cast(Table, Outbox.__table__)
    held = or_(table.c.state == "waiting", table.c.reason == bindparam("held"))
    return (
        update(table)
        .where(table.c.conversation_id == bindparam("conversation"), table.c.state.in_(("queued", "waiting")))
        .values(
            state="queued",
            rank=FIRST,
            available_at=case((held, bindparam("now", type_=UtcDateTime())), else_=table.c.available_at),
            attempts=case((held, 0), else_=table.c.attempts),
            reason=case((held, None), else_=table.c.reason),
        )
    )
