"""Tokens that platforms change while we run, kept for all processes.

A change takes a lease first: the call to the platform may take seconds, and no transaction stays open meanwhile. Who
finds the lease taken waits for it, reads what the other one kept, and decides again. A lease whose holder died ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, update
from sqlalchemy.engine import CursorResult

from bot.errors import RetryLater
from bot.store.database import Database, ensure, utc_now
from bot.store.models import Kept, new_id

LEASE = timedelta(seconds=60)
_LOOK = 0.1


class DatabaseVault:
    """The vault of channels (bot/channels/base.py) in the table `kept`."""

    def __init__(self, db: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._db = db
        self._clock = clock

    def read(self, name: str) -> dict[str, Any] | None:
        """What is kept under a name."""
        with self._db.read() as session:
            row = session.get(Kept, name)
            return row.body if row is not None else None

    def change(self, name: str, make: Callable[[dict[str, Any] | None], dict[str, Any]]) -> dict[str, Any]:
        """Replace what is kept by `make(kept)`, one at a time. Raises RetryLater when the lease cannot be had."""
        holder = new_id()
        self._take(name, holder)
        try:
            made = make(self.read(name))
            with self._db.write() as session:
                session.get_one(Kept, name).body = made
            return made
        finally:
            with self._db.write() as session:
                session.execute(
                    update(Kept).where(Kept.name == name, Kept.holder == holder).values(holder=None, leased_until=None)
                )

    def _take(self, name: str, holder: str) -> None:
        give_up = time.monotonic() + LEASE.total_seconds() * 1.5
        while not self._taken(name, holder):
            if time.monotonic() > give_up:
                raise RetryLater(f"{name}: another process has held the token for too long", after=5)
            time.sleep(_LOOK)

    def _taken(self, name: str, holder: str) -> bool:
        now = self._clock()
        with self._db.write() as session:
            ensure(session, Kept, name=name)
            free = or_(Kept.holder.is_(None), Kept.leased_until < now)
            taken = session.execute(
                update(Kept).where(Kept.name == name, free).values(holder=holder, leased_until=now + LEASE)
            )
            return isinstance(taken, CursorResult) and taken.rowcount == 1
