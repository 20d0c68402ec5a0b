"""Claim, settle, revive: the two queues share one way of working.

A row is claimed by an update that only one worker can win; a conversation's later rows wait until the earlier
ones are settled. A claim expires, so that a killed worker's rows come back by themselves.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session, aliased

from bot.store.models import Inbox, Outbox

CLAIM = timedelta(seconds=120)
WAITING = {Inbox: "new", Outbox: "queued"}


def claim(session: Session, table: type[Inbox] | type[Outbox], now: datetime) -> int | None:
    """Claim the oldest row whose conversation has nothing unsettled before it. Returns its id, or None."""
    earlier = aliased(table)
    free = or_(
        and_(table.state == WAITING[table], table.available_at <= now),
        and_(table.state == "claimed", table.claimed_until < now),
    )
    blocked = exists().where(
        earlier.conversation_id == table.conversation_id,
        earlier.id < table.id,
        earlier.state.in_((WAITING[table], "claimed")),
    )
    for row_id in session.scalars(select(table.id).where(free, ~blocked).order_by(table.id).limit(5)).all():
        taken = session.execute(
            update(table)
            .where(table.id == row_id, free)
            .values(state="claimed", claimed_until=now + CLAIM, attempts=table.attempts + 1)
        )
        if isinstance(taken, CursorResult) and taken.rowcount == 1:
            return row_id
    return None


def waiting(session: Session, table: type[Inbox] | type[Outbox], now: datetime) -> bool:
    """Whether a claim could succeed; a cheap look that takes no write lock."""
    free = or_(
        and_(table.state == WAITING[table], table.available_at <= now),
        and_(table.state == "claimed", table.claimed_until < now),
    )
    return session.scalar(select(table.id).where(free).limit(1)) is not None


def revive(session: Session, table: type[Inbox] | type[Outbox]) -> None:
    """At the start of the only worker of an installation: what a killed one had claimed is waiting again."""
    session.execute(update(table).where(table.state == "claimed").values(state=WAITING[table], claimed_until=None))
