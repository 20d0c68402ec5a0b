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

_MARGIN = 1.01
"""Calls do not take equally long on their way: those of a little more than a second may arrive within one."""
_SECOND = 1.005
"""A thread may wake up late; so many seconds lie between a message and the one that is `overall` messages after it."""


class Pace:
    """When the next message may go. Safe to use from many threads.

    Args:
        now: seconds that only grow.
        sleep: waits for some seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> None:
        self._now, self._sleep = now, sleep
        self._lock = threading.Lock()
        self._free_at: dict[str, float] = {}
        self._gone: dict[str, deque[float]] = {}
        self._to_one = MovingWindowRateLimiter(MemoryStorage())

    def too_soon(self, channel: str, address: str, rate: Rate) -> float:
        """Seconds until one more message may go to this person; 0 = now, and it is counted."""
        item = RateLimitItemPerSecond(rate.burst, max(1, round(rate.burst / rate.one)))
        if self._to_one.hit(item, channel, address):
            return 0.0
        return max(self._to_one.get_window_stats(item, channel, address).reset_time - time.time(), 0.1)

    def wait(self, channel: str, rate: Rate) -> None:
        """Return when one more message may go over this channel: evenly, for a burst would be refused in part."""
        left = self._slot(channel, rate)
        while left > 0 or (left := self._leave(channel, rate)) > 0:
            self._sleep(left)
            left = 0.0

    def _slot(self, channel: str, rate: Rate) -> float:
        """Take the next place in the even row. Returns the seconds until then."""
        with self._lock:
            now = self._now()
            at = max(self._free_at.get(channel, now), now)
            self._free_at[channel] = at + _MARGIN / rate.overall
        return at - now

    def _leave(self, channel: str, rate: Rate) -> float:
        """Note that a message goes now, and return 0; or the seconds for which the last ones are still too near."""
        with self._lock:
            gone = self._gone.setdefault(channel, deque(maxlen=max(1, int(rate.overall))))
            now = self._now()
            left = gone[0] + _SECOND - now if len(gone) == gone.maxlen else 0.0
            if left <= 0:
                gone.append(now)
        return max(left, 0.0)


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
