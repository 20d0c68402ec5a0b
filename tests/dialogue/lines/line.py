"""One person's conversation over a platform, with the surface of tests/dialogue/chat.py.

What the assistant said is read from the outbox, and it must stand on the person's screen in full: every word of it and
every choice, as a button or as a numbered line.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
import time
import unicodedata
import uuid
from collections.abc import Callable
from typing import Any

from tests.dialogue.chat import Message
from tests.dialogue.lines.apps import App, Event, Shown

_WITHIN = 120.0
"""Seconds; long enough for a crowd on two cores, and for the pace at which platforms let us talk."""
_LOOK = 0.05
_ARRIVED = ("sent", "delivered", "read")


class Line:
    """A person with one platform's app.

    Args:
        channel: its name.
        database: opens the system's database, to look at only.
    """

    def __init__(self, channel: str, app: App, database: Callable[[], sqlite3.Connection]) -> None:
        self.channel, self.app = channel, app
        self.session = app.address
        self.typed: list[str] = []
        """Labels of buttons that were typed because they could not be pressed."""
        self._database = database()
        self._events: dict[str, list[Event]] = {}
        self._lock = threading.Lock()
        self._seen: set[int] = set()
        self._heard: list[Message] = []

    def close(self) -> None:
        self._database.close()

    # --- what they do ---

    def say(self, text: str) -> list[Message]:
        """Type something."""
        return self.wait_for(self.post({"text": text}))

    def press(self, payload: str) -> list[Message]:
        """Press a button; where there is none to press, type its number, or else what stands on it."""
        return self.wait_for(self.post({"payload": payload}))

    def post(self, content: dict[str, Any], files: list[tuple[str, bytes]] | None = None, key: str = "") -> str:
        """Do something without waiting for the answer. Returns the key under which to wait for it.

        The same key again: the platform brings the same events again.
        """
        key = key or uuid.uuid4().hex
        with self._lock:
            known = self._events.get(key)
            if known is None:
                self._events[key] = self._do(content, files or [])
        for event in known or []:
            self.app.again(event)
        return key

    def _do(self, content: dict[str, Any], files: list[tuple[str, bytes]]) -> list[Event]:
        if "payload" in content:
            return self._choose(content["payload"])
        if "location" in content:
            return self.app.points(content["location"]["lat"], content["location"]["lon"])
        voices = [data for kind, data in files if kind == "voice"]
        if voices:
            return self.app.speaks(voices[0])
        photos = [data for kind, data in files if kind == "photo"]
        return self.app.shows(photos, content["text"]) if photos else self.app.says(content["text"])

    def _choose(self, payload: str) -> list[Event]:
        tapped = self.app.taps(payload)
        if tapped:
            return tapped
        newest: list[dict[str, str]] = next((m["buttons"] for m in reversed(self._heard) if m["buttons"]), [])
        number = next((n for n, b in enumerate(newest, 1) if b["payload"] == payload), 0)
        if number and any(_has_line(shown, number, newest[number - 1]["label"]) for shown in self.app.screen()):
            return self.app.says(str(number))
        label = next(b["label"] for m in reversed(self._heard) for b in m["buttons"] if b["payload"] == payload)
        self.typed.append(label)
        return self.app.says(label)

    # --- what they get ---

    def wait_for(self, key: str) -> list[Message]:
        """Wait until what was done is answered and the answers have arrived. Returns what has come by now."""
        wanted = {message.message_id for event in self._events[key] for message in self.app.read(event)}
        self._until(lambda: self._answered(wanted) and self._quiet(), "no answer")
        return list(self._heard)

    def since(self, wait: float = 0) -> list[Message]:
        """Everything that has come since the last call, notices included."""
        end = time.monotonic() + wait
        while True:
            self._until(self._quiet, "messages are on their way for ever")
            found = self._arrived()
            self._heard += found
            if found or time.monotonic() >= end:
                return found
            time.sleep(_LOOK)

    def history(self) -> list[Message]:
        """The conversation as the system still knows it: nobody can take words out of a person's own app."""
        own = self._rows("SELECT body FROM inbox WHERE conversation_id = ? ORDER BY id")
        said = self._rows("SELECT body FROM outbox WHERE conversation_id = ? ORDER BY id")
        mine = [body for body in (json.loads(row[0]) for row in own) if not body.get("erased")]
        # A number that was typed for a button is a press, and a press has no words.
        texts = ["" if body.get("payload") else body.get("text") or "" for body in mine]
        return [{"from": "resident", "text": text} for text in texts] + [
            {"from": "assistant", "text": json.loads(row[0]).get("text") or ""} for row in said
        ]

    # --- inside ---

    def _until(self, condition: Callable[[], bool], otherwise: str) -> None:
        end = time.monotonic() + _WITHIN
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"{self.channel}: {otherwise} within {_WITHIN:.0f} s: {self._under_way()}")
            time.sleep(_LOOK)

    def _answered(self, wanted: set[str]) -> bool:
        query = "SELECT message_id FROM inbox WHERE channel = ? AND state = 'done' AND message_id IN (%s)"
        marks = ", ".join("?" * len(wanted))
        return len(self._database.execute(query % marks, [self.channel, *wanted]).fetchall()) == len(wanted)

    def _quiet(self) -> bool:
        """Nothing of theirs or ours is on its way."""
        return not self._under_way()

    def _under_way(self) -> list[Any]:
        waiting = self._rows("SELECT 'in', state, NULL FROM inbox WHERE conversation_id = ? AND state != 'done'")
        return waiting + self._rows(
            "SELECT 'out', state, reason FROM outbox WHERE conversation_id = ? AND state IN ('queued', 'claimed')"
        )

    def _rows(self, query: str) -> list[Any]:
        mine = "SELECT id FROM conversations WHERE channel = ? AND address = ?"
        found = self._database.execute(query.replace("= ?", f"= ({mine})", 1), [self.channel, self.session])
        return found.fetchall()

    def _arrived(self) -> list[Message]:
        """New messages of ours, in the order in which they stand on the screen."""
        query = "SELECT id, kind, body, state, reason, platform_message_id FROM outbox WHERE conversation_id = ?"
        rows = [(*row[:2], json.loads(row[2]), *row[3:]) for row in self._rows(query)]
        # What was erased is no more than an empty row.
        rows = [row for row in rows if row[2].get("text")]
        lost = [f"{row[3]}: {row[4]}" for row in rows if row[3] not in _ARRIVED]
        assert not lost, f"{self.channel}: a message did not go out: {lost}"
        screen = self.app.screen()
        places = {shown.id: n for n, shown in enumerate(screen)}
        ends = sorted(places[row[5]] for row in rows)
        found = []
        for row in sorted(rows, key=lambda r: places[r[5]]):
            if row[0] in self._seen:
                continue
            self._seen.add(row[0])
            end = places[row[5]]
            begin = max((e + 1 for e in ends if e < end), default=0)
            _must_stand(row[2], screen[begin : end + 1])
            found.append({"kind": row[1], "text": row[2]["text"], "buttons": row[2]["buttons"]})
        return found


def _must_stand(body: dict[str, Any], parts: list[Shown]) -> None:
    """Raises AssertionError when something of a message does not stand on the screen."""
    shown = _plain(" ".join(part.text for part in parts))
    assert _plain(body["text"]) in shown, f"words were lost: {body['text']!r} shown as {shown!r}"
    pressable = [button for part in parts for button in part.buttons]
    for number, button in enumerate(body["buttons"], 1):
        there = any(p == button["payload"] and _names(t, button["label"]) for t, p in pressable)
        listed = any(_has_line(part, number, button["label"]) for part in parts)
        assert there or listed, f"a choice was lost: {button['label']!r} of {pressable} {shown!r}"


def _names(title: str, label: str) -> bool:
    """Whether what stands on a button is its label, cut or numbered or ticked."""
    bare = re.sub(r"^(\d+\. |✓ )", "", title)
    return _plain(label).startswith(_plain(bare.removesuffix("…"))) and (bare.endswith("…") or len(bare) == len(label))


def _has_line(shown: Shown, number: int, label: str) -> bool:
    return _plain(f"{number}. {label}") in {_plain(line) for line in shown.text.splitlines()}


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))
