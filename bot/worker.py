"""The worker: threads that answer the inbox and empty the outbox until told to stop."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from functools import partial
from typing import Protocol

from bot.services.receive import keep
from bot.services.remind import tick
from bot.store.models import Heartbeat, Inbox, Outbox
from bot.store.queue import revive
from bot.wiring import System

log = logging.getLogger("langnghe.worker")
_IDLE = (0.02, 0.25)
"""Seconds between looks: soon after work, and when nothing has come for a while."""


def run_worker(system: System, stop: threading.Event, alone: bool = False) -> None:
    """Work until `stop`. alone: this is the only worker, so what a killed one had claimed is free at once."""
    if alone:
        with system.db.write() as session:
            revive(session, Inbox)
            revive(session, Outbox)
    store = partial(keep, system.db, clock=system.clock)
    receivers = [r for c in system.channels.values() if (r := c.receiver(store)) is not None]
    for receiver in receivers:
        receiver.start()
    settings, converse, deliver = system.settings, system.converse(), system.deliver()
    crews = [Crew(converse, stop, settings.worker_threads), Crew(deliver, stop, settings.deliver_threads)]
    # An answer goes out at once, not at the next look.
    crews[0].tell = crews[1].news
    threads = [thread for crew in crews for thread in crew.threads]
    threads.append(threading.Thread(target=_beat, args=(system, stop), daemon=True))
    for thread in threads:
        thread.start()
    stop.wait()
    for receiver in receivers:
        receiver.stop()
    for thread in threads:
        thread.join(timeout=system.settings.rasa_timeout + 5)
    for channel in system.channels.values():
        channel.close()


class Work(Protocol):
    """A queue that is worked off (Converse, Deliver)."""

    def take(self) -> int | None:
        """Claim a row; None when there is nothing to do now."""
        ...

    def carry(self, row_id: int) -> None:
        """Do what the row asks for."""
        ...


class Crew:
    """Threads on one queue. One of them looks for work at a time, so that many idle ones ask the database no more
    often than one, and busy ones do not claim against each other.

    Args:
        size: how many threads.
    """

    def __init__(self, work: Work, stop: threading.Event, size: int) -> None:
        self._work, self._stop = work, stop
        self._turn = threading.Lock()
        self.news = threading.Event()
        """Set when looking again makes sense."""
        self.tell: threading.Event | None = None
        """The news of those who go on with what we have done."""
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(size)]

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                row_id = self._next()
                if row_id is not None:
                    self._work.carry(row_id)
            except Exception as error:
                # The edge of a thread: whatever it is, the row's claim expires and the row is tried again.
                log.exception("a step failed: %s", type(error).__name__)
                self._stop.wait(1)
            self.news.set()
            if self.tell is not None:
                self.tell.set()

    def _next(self) -> int | None:
        """Look until there is something; None at the end."""
        with self._turn:
            pause = _IDLE[0]
            while not self._stop.is_set():
                self.news.clear()
                row_id = self._work.take()
                if row_id is not None:
                    return row_id
                pause = _IDLE[0] if self.news.wait(pause) else min(pause * 1.5, _IDLE[1])
        return None


def _beat(system: System, stop: threading.Event) -> None:
    """Show that the worker lives, and do what is due by the clock."""
    while not stop.is_set():
        try:
            with system.db.write() as session:
                session.merge(Heartbeat(role="worker", at=system.clock()))
            with system.db.write() as session:
                tick(session, system.city, system.clock())
        except Exception as error:
            log.exception("the clock's step failed: %s", type(error).__name__)
        stop.wait(timedelta(seconds=10).total_seconds())
