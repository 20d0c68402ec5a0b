"""Keeps the Page's events coming: Meta takes an application off a Page whose webhook failed for an hour, and tells
nobody who is not looking."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.channels.messenger.setup import lacking, subscribe
from bot.platforms.background import PAUSES, Background

if TYPE_CHECKING:
    from bot.channels.messenger.adapter import Messenger

log = logging.getLogger(__name__)

_EVERY = 900.0


class Subscriber(Background):
    """Subscribes to the Page's events now and then, and says so when they had not been subscribed to.

    Args:
        every: seconds between two looks.
    """

    def __init__(self, channel: Messenger, every: float = _EVERY, pauses: Sequence[float] = PAUSES) -> None:
        super().__init__(channel.name, pauses)
        self._channel = channel
        self._every = every

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._until_done(self._look)
            self._stopping.wait(self._every)

    def _look(self) -> None:
        missing = lacking(self._channel)
        if missing:
            log.warning("messenger: the Page's events were not subscribed to (%s); subscribing", ", ".join(missing))
        # In any case: what was found may have been another application's.
        subscribe(self._channel)
