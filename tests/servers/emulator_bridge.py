"""Between our channel and `telegram-test-api`, an emulator of the Bot API that others wrote.

Everything goes through it to the emulator and back; where the emulator answers other than the Bot API promises
(core.telegram.org/bots/api, version 4.2.1 of the emulator), the answer is put right here, each with its reason.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import requests

from tests.servers.rest import Answer, Request, RestServer

_TRUE = ("answerCallbackQuery", "editMessageReplyMarkup", "setMyCommands", "sendChatAction")
_MISSING = ("setMyCommands", "sendChatAction")
_LOOK = 0.05


class EmulatorBridge:
    """A Bot API address for our channel.

    Args:
        emulator: the emulator's own address.
    """

    def __init__(self, emulator: str) -> None:
        self.emulator = emulator
        self.photos: list[bytes] = []
        self.answered: list[str] = []
        self.webhook: dict[str, str] = {}
        self._waiting: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._methods: dict[str, Callable[[str, dict[str, Any]], Any]] = {
            "getUpdates": self._get_updates,
            "sendMessage": self._send_message,
            "sendPhoto": self._send_photo,
            "setWebhook": self._set_webhook,
            "getWebhookInfo": lambda token, given: {
                "url": self.webhook.get("url", ""), "has_custom_certificate": False, "pending_update_count": 0,
            },
        }  # fmt: skip
        self._closed = False
        self._server = RestServer(self._answer)
        self.url = self._server.url

    def close(self) -> None:
        self._closed = True
        self._server.close()

    def _answer(self, request: Request) -> Answer:
        if request.path == "/hook":
            return self._bring(request.given)
        found = re.fullmatch(r"/bot([^/]+)/(\w+)", request.path)
        assert found is not None, request.path
        token, method = found.groups()
        special = self._methods.get(method)
        given = {**request.query, **request.given}
        result = special(token, given) if special else self._plain(token, method, given)
        return Answer(200, {"ok": True, "result": result})

    def _plain(self, token: str, method: str, given: dict[str, Any]) -> Any:
        """As the emulator has it; but it does not know some methods, and answers others with null instead of true."""
        if method == "answerCallbackQuery":
            self.answered.append(str(given["callback_query_id"]))
        if method in _MISSING:
            return True
        result = self._asked(token, method, given)
        return True if method in _TRUE else result

    def _asked(self, token: str, method: str, given: dict[str, Any]) -> Any:
        answer = requests.post(f"{self.emulator}/bot{token}/{method}", json=given, timeout=10)
        assert answer.status_code == 200, f"{method}: {answer.text}"
        return answer.json()["result"]

    def _get_updates(self, token: str, given: dict[str, Any]) -> list[dict[str, Any]]:
        """The emulator answers at once although `timeout` asks it to wait, and forgets an update when it has handed it
        out, although only a later `offset` confirms it."""
        offset, until = int(given.get("offset", 0)), time.monotonic() + float(given.get("timeout", 0))
        while True:
            with self._lock:
                self._waiting += self._asked(token, "getUpdates", {})
                self._waiting = [update for update in self._waiting if update["update_id"] >= offset]
                if self._waiting or time.monotonic() > until or self._closed:
                    return list(self._waiting)
            time.sleep(_LOOK)

    def _send_message(self, token: str, given: dict[str, Any]) -> dict[str, Any]:
        """The emulator dates its messages in milliseconds, not seconds, and gives back whatever it was sent."""
        sent = self._asked(token, "sendMessage", given)
        return {
            "message_id": sent["message_id"],
            "date": sent["date"] // 1000,
            "chat": sent["chat"],
            "text": sent["text"],
        }

    def _send_photo(self, token: str, given: dict[str, Any]) -> dict[str, Any]:
        """The emulator knows no pictures: it gets the caption as a message, the picture stays here."""
        photo = given["photo"]
        # A field may point to an uploaded part: `attach://<name>`.
        self.photos.append(given[photo.removeprefix("attach://")] if isinstance(photo, str) else photo)
        return self._send_message(token, {"text": given.get("caption", ""), **_without(given, "photo", "caption")})

    def _set_webhook(self, token: str, given: dict[str, Any]) -> bool:
        """The emulator forgets the secret token and answers null: it brings updates here, and we add the secret."""
        self.webhook = {"url": given["url"], "secret": given.get("secret_token", "")}
        self._asked(token, "setWebhook", {"url": f"{self.url}/hook"})
        return True

    def _bring(self, update: dict[str, Any]) -> Answer:
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook["secret"], "Content-Type": "application/json"}
        answer = requests.post(self.webhook["url"], data=json.dumps(update), headers=headers, timeout=10)
        return Answer(answer.status_code, {})


def _without(given: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in names and not isinstance(value, bytes)}
