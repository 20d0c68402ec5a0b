"""How updates come in: asked for by us (no public address), or brought by Zalo (webhook).

`getUpdates` hands out one update and forgets it, so the update is held here until it is stored, whatever fails.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from bot.channels.base import Store
from bot.channels.zalo_bot.adapter import ZaloBot
from bot.domain.message import Incoming
from bot.errors import DeliveryError, RetryLater
from bot.platforms.background import PAUSES, Background

_WAIT = 30
_TOO_SOON = 1.0
"""Seconds: an empty answer that comes sooner than this did not wait, and the next question shall."""


class Poller(Background):
    """Asks Zalo for updates, for an installation without a public address.

    Args:
        store: keeps the messages of one update.
        wait: seconds for which Zalo may hold a question open.
    """

    def __init__(self, channel: ZaloBot, store: Store, wait: int = _WAIT, pauses: Sequence[float] = PAUSES) -> None:
        super().__init__(channel.name, pauses)
        self._channel = channel
        self._store = store
        self._wait = wait

    def _work(self) -> None:
        # Zalo does not answer questions while a webhook is set.
        self._until_done(self._channel.delete_webhook)
        while not self._stopping.is_set():
            for messages in self._ask():
                self._keep(messages)

    def _ask(self) -> list[list[Incoming]]:
        """The next messages; none when there was no update or no answer."""
        begun = time.monotonic()
        try:
            updates = self._channel.updates(self._wait)
        except Exception as error:  # the edge: without this thread nobody hears the residents
            self._failed(error, str(error) if isinstance(error, DeliveryError) else type(error).__name__)
            return []
        self._well()
        if not updates and time.monotonic() - begun < _TOO_SOON:
            self._stopping.wait(_TOO_SOON)
        return [self._channel.parse(update) for update in updates]

    def _keep(self, messages: list[Incoming]) -> None:
        """Store what will not come again; tried once even while we are stopping."""
        while messages:
            try:
                return self._store(messages)
            except Exception as error:  # the edge: whatever is wrong with our side, the message must not be lost
                self._failed(error, f"a message could not be stored ({type(error).__name__}); it is tried again")
            if self._stopping.is_set():
                return None
        return None


class Registrar(Background):
    """Tells Zalo where to bring updates; tries until that is done."""

    def __init__(self, channel: ZaloBot, pauses: Sequence[float] = PAUSES) -> None:
        super().__init__(channel.name, pauses)
        self._channel = channel

    def _work(self) -> None:
        self._until_done(self._register)

    def _register(self) -> None:
        if not self._channel.set_webhook():
            raise RetryLater(f"Zalo chưa gọi được {self._channel.webhook_url}")


def receiver(channel: ZaloBot, store: Store) -> Poller | Registrar:
    """What brings updates in for this installation; to be started and stopped."""
    return Registrar(channel) if channel.can_be_called else Poller(channel, store)
