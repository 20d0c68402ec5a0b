"""Many messages at once: those who come while a transaction is written share the next one.

A busy worker may hold SQLite's only write lock, or PostgreSQL its disk, for a few hundredths of a second. Fifty calls
that wait for that one after the other would be late; together they wait once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.message import Incoming
from bot.services.receive import keep
from bot.store.database import Database


@dataclass(frozen=True)
class _Brought:
    messages: list[Incoming]
    stored: Future[None] = field(default_factory=Future)


class Intake:
    """Stores messages for many threads. Nobody is told that a message is kept before it is."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._db, self._clock = db, clock
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: list[_Brought] = []

    def keep(self, messages: list[Incoming]) -> None:
        """Store these messages; returns when they are stored, raises when they are not."""
        if not messages:
            return
        mine = _Brought(messages)
        with self._lock:
            self._waiting.append(mine)
        with self._writing:
            # Whoever had this turn before us may have written ours as well.
            if not mine.stored.done():
                self._write()
        mine.stored.result()

    def _write(self) -> None:
        with self._lock:
            brought, self._waiting = self._waiting, []
        try:
            keep(self._db, [message for one in brought for message in one.messages], self._clock)
        except Exception as error:  # whatever it is, each of them has to hear of it
            if len(brought) == 1:
                return brought[0].stored.set_exception(error)
            return self._one_by_one(brought)
        for one in brought:
            one.stored.set_result(None)

    def _one_by_one(self, brought: list[_Brought]) -> None:
        """What is wrong with one must not keep the others from being stored."""
        for one in brought:
            try:
                keep(self._db, one.messages, self._clock)
                one.stored.set_result(None)
            except Exception as error:
                one.stored.set_exception(error)
