"""A person at the web chat, speaking its JSON (interface.md §3)."""

from __future__ import annotations

import io
import time
import uuid
from typing import Any

import requests
from PIL import Image, ImageDraw

Message = dict[str, Any]
_ANSWER_WITHIN = 90.0
"""Seconds; long enough for a Rasa that was killed a moment ago to be back."""


class Chat:
    """One session of the web chat. Every method that says something returns the assistant's messages that answer it.

    Args:
        url: where the system answers.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        answer = requests.post(f"{url}/chat/api/sessions", timeout=10)
        assert answer.status_code == 201, answer.text
        self.session: str = answer.json()["session"]
        self.cursor = "0"

    def say(self, text: str) -> list[Message]:
        """Type something."""
        return self.wait_for(self.post({"text": text}))

    def press(self, payload: str) -> list[Message]:
        """Press a button."""
        return self.wait_for(self.post({"payload": payload}))

    def locate(self, lat: float, lon: float) -> list[Message]:
        """Share a pin."""
        return self.wait_for(self.post({"location": {"lat": lat, "lon": lon}}))

    def photo(self, *pictures: bytes, caption: str = "") -> list[Message]:
        """Send pictures in one message."""
        return self.wait_for(self.post({"text": caption}, files=[("photo", p) for p in pictures]))

    def voice(self, sound: bytes, caption: str = "") -> list[Message]:
        """Send a voice note."""
        return self.wait_for(self.post({"text": caption}, files=[("voice", sound)]))

    def post(self, content: dict[str, Any], files: list[tuple[str, bytes]] | None = None, key: str = "") -> str:
        """Hand over one message without waiting for the answer. Returns the id under which to wait for it.

        A web server that is just being restarted is tried again, as the chat page does; the id makes it once.
        """
        key = key or uuid.uuid4().hex
        names = {"photo": "anh.jpg", "voice": "ghi-am.ogg"}
        attached = [(kind, (names[kind], data)) for kind, data in files or []]
        end = time.monotonic() + _ANSWER_WITHIN
        while True:
            try:
                answer = self._post(content, attached, key, wait=0)
                assert answer.status_code == 202, f"{answer.status_code} {answer.text}"
                return key
            except requests.ConnectionError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)

    def _post(self, content: dict[str, Any], files: list[Any], key: str, wait: int) -> requests.Response:
        body = {"session": self.session, "id": key, **content}
        address = f"{self.url}/chat/api/messages?wait={wait}"
        if files:
            return requests.post(address, data=body, files=files, timeout=60)
        return requests.post(address, json=body, timeout=60)

    def wait_for(self, key: str) -> list[Message]:
        """The answers to a message that was handed over."""
        end = time.monotonic() + _ANSWER_WITHIN
        while time.monotonic() < end:
            try:
                # The id says which message is meant; sent again it is not a new one.
                answer = self._post({"text": "…"}, [], key, wait=20)
            except requests.ConnectionError:
                time.sleep(0.5)
                continue
            assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
            if answer.json()["done"]:
                return answer.json()["replies"]
        raise AssertionError(f"no answer within {_ANSWER_WITHIN:.0f} s")

    def since(self, wait: float = 0) -> list[Message]:
        """Everything that has come since the last call, notices included."""
        found = self._get(after=self.cursor, wait=wait)
        self.cursor = found["cursor"]
        return found["messages"]

    def history(self) -> list[Message]:
        """The whole conversation, one's own messages too, as the page shows it after a reload."""
        return self._get(after="0", wait=0, own=1)["messages"]

    def _get(self, **query: Any) -> dict[str, Any]:
        answer = requests.get(
            f"{self.url}/chat/api/messages", params={"session": self.session, **query}, timeout=query["wait"] + 30
        )
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        return answer.json()


def picture(note: str, number: int = 0) -> bytes:
    """A small real JPEG; every number gives another picture."""
    image = Image.new("RGB", (320, 240), ((67 * number) % 255, 120, 90))
    ImageDraw.Draw(image).text((10, 10), note.encode("ascii", "replace").decode(), fill="white")
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


def sound() -> bytes:
    """The beginning of an Ogg file, enough to be known as one."""
    return b"OggS\x00\x02" + bytes(20) + b"\x01\x13OpusHead\x01\x01" + bytes(40)
