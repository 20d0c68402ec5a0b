"""A Telegram that lets 30 messages a second through and fails now and then; it keeps its own record of what it took."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, deque
from typing import Any

from tests.servers.telegram import FakeTelegram
from tests.servers.telegram_api import BotApi, Refusal

ALLOWED = 30
"""Messages in any second."""
_FAILS = 0.01
"""The share of calls that is answered with 429, and with 500, for no fault of ours."""
_TAKES = (0.07, 0.13)
"""Seconds from a call to its answer."""


class StrictApi(BotApi):
    """The Bot API with a limit over all chats. What is refused for the limit does not count towards it."""

    def __init__(self, fake: FakeTelegram) -> None:
        super().__init__(fake)
        self.outcomes: Counter[str] = Counter()
        self.delivered: list[tuple[float, int, str]] = []
        """When (monotonic), to whom, what."""
        self.began: float | None = None
        self._let_in: deque[float] = deque()
        self._chance = random.Random(7)
        self._lock = threading.Lock()

    def call(self, token: str, name: str, given: dict[str, Any]) -> Any:
        if name.lower() != "sendmessage":
            return super().call(token, name, given)
        outcome, takes = self._judge()
        time.sleep(takes)
        if outcome in ("over the limit", "429"):
            raise Refusal(429, "Too Many Requests: retry after 1", retry_after=1)
        if outcome == "500":
            raise Refusal(500, "Internal Server Error")
        result = super().call(token, name, given)
        with self._lock:
            self.delivered.append((time.monotonic(), int(given["chat_id"]), given["text"]))
        return result

    def _judge(self) -> tuple[str, float]:
        with self._lock:
            now = time.monotonic()
            self.began = self.began or now
            while self._let_in and self._let_in[0] <= now - 1:
                self._let_in.popleft()
            outcome = "over the limit" if len(self._let_in) >= ALLOWED else self._fate()
            if outcome != "over the limit":
                self._let_in.append(now)
            self.outcomes[outcome] += 1
            return outcome, self._chance.uniform(*_TAKES)

    def _fate(self) -> str:
        drawn = self._chance.random()
        return "429" if drawn < _FAILS else "500" if drawn < 2 * _FAILS else "taken"


class StrictTelegram(FakeTelegram):
    """The server with the strict API."""

    api: StrictApi
    api_class = StrictApi
