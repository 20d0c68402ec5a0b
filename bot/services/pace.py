"""Not faster than a platform lets us: over all, and to one person; and no platform takes all our hands.

Each process counts what it sends itself. A platform that several workers serve says "slow down" once in a while,
and what it refused goes later.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from bot.channels.base import Rate

_MARGIN = 1.015
"""Calls do not take equally long on their way: those of a little more than a second may arrive within one second."""
_CATCH_UP = 1.0
"""Seconds of lateness that are made up for. Threads wake late, and a fiftieth lost at each message adds up."""


class _Line:
    """The moments at which messages go out over one channel: evenly, and twice as fast after being late, but never more
    in any second than the platform takes."""

    def __init__(self, rate: Rate) -> None:
        self._gap = _MARGIN / rate.overall
        window = max(1, int(rate.overall))
        self._second = window * self._gap
        self._sent: deque[float] = deque(maxlen=window)
        self._even = 0.0

    def next(self, now: float) -> float:
        """When the next message may go, not before `now`; it is counted."""
        even = max(self._even, now - _CATCH_UP if self._sent else now)
        at = max(now, even)
        if self._sent:
            at = max(at, self._sent[-1] + self._gap / 2)
        if len(self._sent) == self._sent.maxlen:
            at = max(at, self._sent[0] + self._second)
        self._even = even + self._gap
        self._sent.append(at)
        return at


class Pace:
    """When the next message may go. Safe to use from many threads.

    Args:
        now: seconds that only grow.
        sleep: waits for some seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> None:
        self._now, self._sleep = now, sleep
        self._lock = threading.Lock()
        self._lines: dict[str, _Line] = {}
        self._to_one = MovingWindowRateLimiter(MemoryStorage())

    def too_soon(self, channel: str, address: str, rate: Rate) -> float:
        """Seconds until one more message may go to this person; 0 = now, and it is counted."""
        item = RateLimitItemPerSecond(rate.burst, max(1, round(rate.burst / rate.one)))
        if self._to_one.hit(item, channel, address):
            return 0.0
        return max(self._to_one.get_window_stats(item, channel, address).reset_time - time.time(), 0.1)

    def wait(self, channel: str, rate: Rate) -> None:
        """Return when one more message may go over this channel."""
        with self._lock:
            now = self._now()
            at = self._lines.setdefault(channel, _Line(rate)).next(now)
        if at > now:
            self._sleep(at - now)


class Crowd:
    """Which messages are under way, by channel."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._channels: dict[int, str] = {}

    def full(self, most: int) -> list[str]:
        """Channels with `most` messages under way, or more."""
        with self._lock:
            return [channel for channel, count in Counter(self._channels.values()).items() if count >= most]

    def enter(self, row_id: int, channel: str) -> None:
        with self._lock:
            self._channels[row_id] = channel

    def leave(self, row_id: int) -> None:
        with self._lock:
            self._channels.pop(row_id, None)
