"""Work beside the work: a thread that tries until something is done, and small things that may fail."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence

from bot.errors import DeliveryError, RetryLater

log = logging.getLogger(__name__)

PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)


class Background:
    """A thread that works, and waits a little longer after each failure in a row.

    Args:
        name: of the channel, for the log and the thread.
        pauses: seconds to wait after the first, second, … failure; the last one stays.
    """

    def __init__(self, name: str, pauses: Sequence[float] = PAUSES) -> None:
        self.name = name
        self._pauses = pauses
        self._failures = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"{name}-{type(self).__name__}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End within two seconds."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(2)

    def _work(self) -> None:
        raise NotImplementedError

    def _until_done(self, step: Callable[[], None]) -> None:
        """Try a step until it is done or we are stopped."""
        while not self._stopping.is_set():
            try:
                step()
            except Exception as error:  # the edge of a thread: without it nobody hears the residents
                self._failed(error, str(error) if isinstance(error, DeliveryError) else type(error).__name__)
            else:
                return self._well()

    def _failed(self, error: Exception, said: str) -> None:
        """Log the first of a row of failures, then wait."""
        if self._failures == 0:
            log.error("%s: %s", self.name, said)
        pause = self._pauses[min(self._failures, len(self._pauses) - 1)]
        if isinstance(error, RetryLater) and error.after:
            pause = max(pause, error.after)
        self._failures += 1
        self._stopping.wait(pause)

    def _well(self) -> None:
        if self._failures:
            log.info("%s: well again after %d failures", self.name, self._failures)
        self._failures = 0


class Aside:
    """Does small things of no account, such as a typing sign, without making anybody wait. When more than `most` of
    them wait, new ones are dropped: a late typing sign is worse than none."""

    def __init__(self, name: str, most: int = 20) -> None:
        self._name = name
        self._waiting: queue.Queue[Callable[[], object] | None] = queue.Queue(most)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def do(self, what: Callable[[], object]) -> None:
        """Begin; returns at once."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=f"{self._name}-aside", daemon=True)
                self._thread.start()
        try:
            self._waiting.put_nowait(what)
        except queue.Full:
            log.info("%s: busy, a small thing was left out", self._name)

    def close(self) -> None:
        """End, within a second if nothing hangs; what still waits is dropped. May be used again."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is None:
                return
            old, self._waiting = self._waiting, queue.Queue(self._waiting.maxsize)
            while not old.empty():
                old.get_nowait()
            old.put(None)
        thread.join(1)

    def _work(self) -> None:
        waiting = self._waiting
        while (what := waiting.get()) is not None:
            try:
                what()
            except DeliveryError as error:
                log.info("%s: %s", self._name, error)
            except Exception as error:  # the edge of a thread
                log.warning("%s: %s", self._name, type(error).__name__)
