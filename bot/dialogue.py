"""The Rasa servers over HTTP: one turn of a conversation, or only the understanding of a text."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from bot.errors import DialogueUnavailable

_LONGEST = 4000
"""Characters handed to the understanding; a longer letter has said what it is about by then."""


@dataclass(frozen=True)
class BotMessage:
    """One message that Rasa rendered. `custom` carries what plain text cannot (pictures, a request to share)."""

    text: str
    buttons: tuple[tuple[str, str], ...] = ()
    custom: dict[str, Any] = field(default_factory=dict)


class Dialogue:
    """Talks to one or several Rasa servers; a conversation always goes to the same one.

    Args:
        urls: base addresses.
        timeout: seconds for one turn.
    """

    def __init__(self, urls: tuple[str, ...], timeout: float) -> None:
        self.urls = urls
        self.timeout = timeout
        self._http = requests.Session()
        self._http.mount("http://", HTTPAdapter(pool_connections=4, pool_maxsize=32))

    def turn(self, sender: str, text: str, metadata: dict[str, Any]) -> list[BotMessage]:
        """One message of one person. Raises DialogueUnavailable."""
        body = {"sender": sender, "message": safe_text(text), "metadata": metadata}
        answer = self._post(self._server(sender), "/webhooks/rest/webhook", body)
        return _merge(answer)

    def command(self, sender: str, intent: str, metadata: dict[str, Any]) -> list[BotMessage]:
        """A button, a photo without words: ours, so it may bypass the understanding."""
        body = {"sender": sender, "message": f"/{intent}", "metadata": metadata}
        return _merge(self._post(self._server(sender), "/webhooks/rest/webhook", body))

    def parse(self, text: str) -> dict[str, Any]:
        """What a text means, without a conversation. Raises DialogueUnavailable."""
        return self._post(self._server(text), "/model/parse", {"text": safe_text(text)})

    def ready(self) -> bool:
        """Whether every server answers with a model loaded."""
        try:
            return all(self._http.get(f"{u}/status", timeout=2).ok for u in self.urls)
        except requests.RequestException:
            return False

    def _server(self, key: str) -> str:
        digest = hashlib.sha256(key.partition(".")[0].encode()).digest()
        return self.urls[digest[0] % len(self.urls)]

    def _post(self, server: str, path: str, body: dict[str, Any]) -> Any:
        try:
            answer = self._http.post(server + path, json=body, timeout=(2, self.timeout))
            answer.raise_for_status()
            return answer.json()
        except (requests.RequestException, ValueError) as error:
            raise DialogueUnavailable(f"{server}: {type(error).__name__}") from error


def safe_text(text: str) -> str:
    """A typed `/intent{…}` would bypass the understanding: people's text never begins with a slash."""
    return text.lstrip("/ \n\t")[:_LONGEST] or "…"


def _merge(answer: list[dict[str, Any]]) -> list[BotMessage]:
    """Rasa splits one response into text and custom part: put them together again."""
    messages: list[BotMessage] = []
    for part in answer:
        custom = part.get("custom") or {}
        if "text" in part:
            buttons = tuple((b["title"], b["payload"]) for b in part.get("buttons") or ())
            messages.append(BotMessage(part["text"], buttons))
        elif custom and messages:
            last = messages[-1]
            messages[-1] = BotMessage(last.text, last.buttons, {**last.custom, **custom})
    return messages
