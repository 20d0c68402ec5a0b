"""How far a message of several parts has come, so that trying again does not repeat its first part."""

from __future__ import annotations

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable

from bot.domain.message import Outgoing

_MOST = 1000
_KEPT = 3600.0


class Progress:
    """Kept in memory between two tries. A conversation is sent in order, so the same words to the same person
    after a failure are the same message; what is never tried again is forgotten after an hour."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sent: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def sent(self, key: str) -> int:
        """How many parts have been sent already."""
        count, until = self._sent.get(key, (0, 0.0))
        return count if self._clock() < until else 0

    def keep(self, key: str, count: int) -> None:
        """Remember that `count` parts have been sent and the next one failed."""
        self.forget(key)
        if count:
            self._sent[key] = (count, self._clock() + _KEPT)
        while len(self._sent) > _MOST:
            self._sent.popitem(last=False)

    def forget(self, key: str) -> None:
        self._sent.pop(key, None)


def progress_key(address: str, message: Outgoing) -> str:
    """A short name of one message to one person."""
    return hashlib.sha256(json.dumps([address, message.to_json()], sort_keys=True).encode()).hexdigest()
