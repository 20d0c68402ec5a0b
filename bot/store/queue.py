"""Claim, settle, revive: the two queues share one way of working.

A row is claimed by an update that only one worker can win; a conversation's later rows wait until the earlier
ones are settled. A claim expires, so that a killed worker's rows come back by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, Table, Update, and_, bindparam, exists, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from bot.store.models import RANKS, Inbox, Outbox, UtcDateTime

CLAIM = timedelta(seconds=120)
WAITING = {Inbox: "new", Outbox: "queued"}
Queue = type[Inbox] | type[Outbox]


def claim(session: Session, table: Queue, now: datetime, closed: Sequence[str] = ()) -> int | None:
    """Claim a row whose conversation has nothing unsettled before it: what a killed worker left, then by rank, then
    the one that has waited longest. Returns its id, or None.

    `closed`: channels whose rows are left alone for now.
    """
    values = {"now": now, "closed": list(closed)}
    for step in _steps(table):
        row_id = session.scalar(step.find, values)
        if row_id is None:
            continue
        taken = session.execute(step.take, {**values, "row": row_id, "until": now + CLAIM})
        if isinstance(taken, CursorResult) and taken.rowcount == 1:
            return row_id
    return None


def waiting(session: Session, table: Queue, now: datetime, closed: Sequence[str] = ()) -> bool:
    """Whether a claim could succeed; a cheap look that takes no write lock."""
    return bool(session.scalar(_look(table), {"now": now, "closed": list(closed)}))


@dataclass(frozen=True)
class _Step:
    """The statements for one part of the index in which free rows stand."""

    find: Select[Any]
    take: Update


@cache
def _steps(model: Queue) -> tuple[_Step, ...]:
    """What may be claimed, one part of the index after the other: with a single OR all waiting rows would be sorted.

    Built once: building a statement takes the library ten times as long as the database takes to run it.
    """
    return tuple(_step(model, part) for part in _parts(model))


@cache
def _look(model: Queue) -> Select[Any]:
    return select(or_(*(exists().where(part) for part in _parts(model))))


def _parts(model: Queue) -> list[ColumnElement[bool]]:
    table = model.__table__
    now, channel_open = (
        bindparam("now", type_=UtcDateTime()),
        table.c.channel.not_in(bindparam("closed", expanding=True)),
    )
    left = and_(table.c.state == "claimed", table.c.claimed_until < now, channel_open)
    due = and_(table.c.state == WAITING[model], table.c.available_at <= now, channel_open)
    return [left, *(and_(due, table.c.rank == rank) for rank in RANKS)] if model is Outbox else [left, due]


def _step(model: Queue, free: ColumnElement[bool]) -> _Step:
    table = model.__table__
    earlier = table.alias()
    blocked = exists().where(
        earlier.c.conversation_id == table.c.conversation_id,
        earlier.c.id < table.c.id,
        earlier.c.state.in_((WAITING[model], "claimed")),
    )
    # In the order of the index, so that a few rows are read however many wait. What another worker is just claiming
    # is passed over (PostgreSQL; SQLite has one writer at a time and knows no such lock).
    oldest = select(table.c.id).where(free, ~blocked).order_by(table.c.available_at, table.c.id).limit(1)
    taken = {"state": "claimed", "claimed_until": bindparam("until", type_=UtcDateTime())}
    return _Step(
        find=oldest.with_for_update(skip_locked=True, of=table),
        take=update(cast(Table, table))
        .where(table.c.id == bindparam("row"), free)
        .values(**taken, attempts=table.c.attempts + 1),
    )


def revive(session: Session, table: Queue) -> None:
    """At the start of the only worker of an installation: what a killed one had claimed is waiting again."""
    session.execute(update(table).where(table.state == "claimed").values(state=WAITING[table], claimed_until=None))
