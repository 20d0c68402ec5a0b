"""How updates come in: asked for by us (no public address), or brought by Telegram (webhook).

An update is stored before the next one is asked for, so a crash between the two only makes it come twice, and the
inbox refuses the second.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from typing import Any

from bot.channels.base import Store
from bot.channels.telegram.adapter import Telegram
from bot.errors import DeliveryError
from bot.platforms.background import PAUSES, Background

log = logging.getLogger(__name__)

_WAIT = 25


class Poller(Background):
    """Asks Telegram for updates, for an installation without a public address.

    Args:
        store: keeps the messages of one update.
        wait: seconds for which Telegram may hold a question open.
    """

    def __init__(self, channel: Telegram, store: Store, wait: int = _WAIT, pauses: Sequence[float] = PAUSES) -> None:
        super().__init__(channel.name, pauses)
        self._channel = channel
        self._store = store
        self._wait = wait
        self._asking: Future[list[dict[str, Any]]] | None = None
        self._offset: int | None = None

    def stop(self) -> None:
        self._stopping.set()
        if self._asking is not None:
            self._asking.cancel()
        super().stop()

    def _work(self) -> None:
        self._until_done(self._channel.delete_webhook)
        self._until_done(self._channel.set_commands)
        while not self._stopping.is_set():
            updates = self._ask()
            if updates is not None and all(self._take(update) for update in updates):
                self._well()

    def _ask(self) -> list[dict[str, Any]] | None:
        """The next updates; None when there was no answer."""
        self._asking = self._channel.updates(self._offset, self._wait)
        if self._stopping.is_set():
            # `stop` may have looked before there was something to cancel.
            self._asking.cancel()
        try:
            return self._asking.result()
        except CancelledError:
            return None
        except Exception as error:  # the edge: without this thread nobody hears the residents
            self._failed(error, str(error) if isinstance(error, DeliveryError) else type(error).__name__)
            return None

    def _take(self, update: dict[str, Any]) -> bool:
        """Store one update, then count it as seen. False when it is not stored and must come again."""
        if self._stopping.is_set():
            return False
        messages = self._channel.parse(update)
        try:
            if messages:
                self._store(messages)
        except Exception as error:  # the edge: whatever is wrong with our side, the message must not be lost
            self._failed(error, f"a message could not be stored ({type(error).__name__}); it will be asked for again")
            return False
        self._offset = int(update["update_id"]) + 1
        for message in messages:
            self._channel.acknowledge(message)
        return True


class Registrar(Background):
    """Tells Telegram where to bring updates; tries until that is done."""

    def __init__(self, channel: Telegram, pauses: Sequence[float] = PAUSES) -> None:
        super().__init__(channel.name, pauses)
        self._channel = channel

    def _work(self) -> None:
        channel = self._channel
        self._until_done(lambda: channel.set_webhook(channel.webhook_url, channel.secret))
        self._until_done(channel.set_commands)


def receiver(channel: Telegram, store: Store) -> Poller | Registrar:
    """What brings updates in for this installation; to be started and stopped."""
    return Registrar(channel) if channel.uses_webhook else Poller(channel, store)
