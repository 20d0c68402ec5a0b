"""The worker: threads that answer the inbox and empty the outbox until told to stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

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
    converse, deliver = system.converse(), system.deliver()
    steps = [converse.step] * system.settings.worker_threads + [deliver.step] * 2
    threads = [threading.Thread(target=_loop, args=(step, stop), daemon=True) for step in steps]
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


def _loop(step: Callable[[], bool], stop: threading.Event) -> None:
    pause = _IDLE[0]
    while not stop.is_set():
        try:
            worked = step()
        except Exception as error:
            # The edge of a thread: whatever it is, the row's claim expires and the row is tried again.
            log.exception("a step failed: %s", type(error).__name__)
            worked = False
            stop.wait(1)
        pause = _IDLE[0] if worked else min(pause * 1.5, _IDLE[1])
        if not worked:
            stop.wait(pause)


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
