"""What one person does and sees in each platform's app, through the fake servers of the platforms.

Everything that they do returns the events that their platform made of it, as the system gets them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.channels.messenger.parse import parse_call
from bot.channels.telegram.parse import parse_update as parse_telegram
from bot.channels.zalo_bot.parse import parse_update as parse_zalo_bot
from bot.channels.zalo_oa.parse import MARK, parse_event
from bot.domain.message import Incoming
from tests.servers.messenger import FakeMessenger, raw_call, signed
from tests.servers.telegram import FakeTelegram
from tests.servers.zalo_bot import FakeZaloBot
from tests.servers.zalo_oa import OA_ID, FakeZaloOA

Event = dict[str, Any]
_TELEGRAM_TEXT = 4096
_TAKEN_WITHIN = 60.0
PLACES = {
    (21.0367, 105.7826): "đường Xuân Thủy, phường Cầu Giấy",
    (21.0307, 105.8525): "phố Hàng Khay, phường Hoàn Kiếm",
    (20.8449, 106.6881): "đường Lạch Tray, thành phố Hải Phòng",
}
"""What people type who cannot share the pins of the conversations."""


@dataclass(frozen=True)
class Shown:
    """One message of the assistant's as it stands in the app; `buttons` are (what stands on them, payload)."""

    id: str
    text: str
    buttons: tuple[tuple[str, str], ...] = ()


class App(Protocol):
    """One platform's app in the hands of one person."""

    address: str

    def says(self, text: str) -> list[Event]: ...

    def shows(self, photos: Sequence[bytes], caption: str) -> list[Event]: ...

    def speaks(self, sound: bytes) -> list[Event]: ...

    def points(self, lat: float, lon: float) -> list[Event]: ...

    def taps(self, payload: str) -> list[Event]:
        """Presses the newest button that carries this; nothing when none can be pressed."""
        ...

    def again(self, event: Event) -> None:
        """The platform brings an event a second time."""
        ...

    def screen(self) -> list[Shown]:
        """All messages of the assistant's, oldest first."""
        ...

    def read(self, event: Event) -> list[Incoming]:
        """An event as the system reads it."""
        ...


class TelegramApp:
    """Pieces of 4096 characters, albums, pins, inline buttons of which the pressed one stays."""

    def __init__(self, fake: FakeTelegram, number: int) -> None:
        self.fake = fake
        self.who = fake.user(700_000_000 + number, "An")
        self.address = str(self.who.id)

    def says(self, text: str) -> list[Event]:
        pieces = [text[n : n + _TELEGRAM_TEXT] for n in range(0, len(text), _TELEGRAM_TEXT)]
        return [self.fake.says(self.who, piece) for piece in pieces]

    def shows(self, photos: Sequence[bytes], caption: str) -> list[Event]:
        album = f"album-{self.address}-{len(self.fake.files)}" if len(photos) > 1 else None
        captions = [caption] + [""] * (len(photos) - 1)
        return [self.fake.sends_photo(self.who, p, c, album) for p, c in zip(photos, captions)]

    def speaks(self, sound: bytes) -> list[Event]:
        return [self.fake.sends_file(self.who, "voice", sound, "audio/ogg")]

    def points(self, lat: float, lon: float) -> list[Event]:
        return [self.fake.sends_location(self.who, lat, lon)]

    def taps(self, payload: str) -> list[Event]:
        for sent in reversed(self.fake.sent(self.who)):
            if any(button["callback_data"] == payload for button in sent.buttons):
                return [self.fake.taps(self.who, sent, payload)]
        return []

    def again(self, event: Event) -> None:
        with self.fake.changed:
            self.fake.pending.append(event)
            self.fake.changed.notify_all()

    def screen(self) -> list[Shown]:
        return [
            Shown(str(sent.number), sent.text, tuple((b["text"], b["callback_data"]) for b in sent.buttons))
            for sent in self.fake.sent(self.who)
        ]

    def read(self, event: Event) -> list[Incoming]:
        return parse_telegram(event)


class ZaloApp:
    """One event a photo; a pressed button sends its payload as a text. An event is brought until it is taken."""

    def __init__(self, fake: FakeZaloOA, number: int) -> None:
        self.fake = fake
        self.who = fake.user(f"{2_460_000_000_000_000_000 + number}", "An")
        self.address = self.who.id

    def says(self, text: str) -> list[Event]:
        return [self._brought(self.who.says(text))]

    def shows(self, photos: Sequence[bytes], caption: str) -> list[Event]:
        captions = [caption] + [""] * (len(photos) - 1)
        return [self._brought(self.who.sends_photo(p, c)) for p, c in zip(photos, captions)]

    def speaks(self, sound: bytes) -> list[Event]:
        return [self._brought(self.who.sends("audio", {"url": self.fake.keep(sound, "a.ogg")}))]

    def points(self, lat: float, lon: float) -> list[Event]:
        return [self._brought(self.who.shares_pin(lat, lon))]

    def taps(self, payload: str) -> list[Event]:
        there = any(payload == p for shown in self.screen() for _, p in shown.buttons)
        return self.says(MARK + payload) if there else []

    def again(self, event: Event) -> None:
        self.fake.bring(event)

    def screen(self) -> list[Shown]:
        return [
            Shown(s.number, s.text, tuple((b["title"], b["payload"].removeprefix(MARK)) for b in s.buttons))
            for s in self.who.received
        ]

    def read(self, event: Event) -> list[Incoming]:
        return parse_event(event, OA_ID)

    def _brought(self, event: Event) -> Event:
        """Zalo brings again what was not taken at once."""
        end = time.monotonic() + _TAKEN_WITHIN
        while event in self.fake.undelivered:
            if self.fake.bring(event) == 200:
                self.fake.undelivered.remove(event)
            assert time.monotonic() < end, "the webhook does not take an event"
        return event


class MessengerApp:
    """Photos without words; chips that vanish with the next message."""

    def __init__(self, fake: FakeMessenger, number: int) -> None:
        self.fake = fake
        self.who = fake.user(f"{7_200_000_000_000_000 + number}", "An")
        # Somebody whom the office writes to before they do: they wrote to the Page some time before.
        self.who.last = fake.clock()
        self.address = self.who.id

    def says(self, text: str) -> list[Event]:
        return [self.who.says(text)]

    def shows(self, photos: Sequence[bytes], caption: str) -> list[Event]:
        files = [{"type": "image", "payload": {"url": self.fake.keep(photo, "a.jpg")}} for photo in photos]
        shown = [self.fake.message(self.who, attachments=files)]
        return shown + (self.says(caption) if caption else [])

    def speaks(self, sound: bytes) -> list[Event]:
        return [self.fake.sends_file(self.who, "audio", sound, "a.ogg")]

    def points(self, lat: float, lon: float) -> list[Event]:
        return [self.who.shares_pin(lat, lon)]

    def taps(self, payload: str) -> list[Event]:
        for button in self.fake.pressable(self.who):
            if button.get("payload") == payload and "content_type" in button:
                return [self.fake.message(self.who, text=button["title"], quick_reply={"payload": payload})]
            if button.get("payload") == payload:
                return [self.fake.postback(self.who, payload, button["title"])]
        return []

    def again(self, event: Event) -> None:
        raw = raw_call(event)
        self.fake.pusher.bring(raw, signed(raw))

    def screen(self) -> list[Shown]:
        return [
            Shown(s.mid, s.text, tuple((b.get("title", ""), b.get("payload", ""))
                                       for b in [*s.quick_replies, *s.template_buttons]))
            for s in self.fake.sent(self.who)
        ]  # fmt: skip

    def read(self, event: Event) -> list[Incoming]:
        return parse_call(event)


class ZaloBotApp:
    """One event a photo; no buttons, and a pin arrives as something that cannot be read: the address is typed."""

    def __init__(self, fake: FakeZaloBot, number: int) -> None:
        self.fake = fake
        self.who = fake.user(f"6ede9afa66b88fe6{number:06d}", "An")
        self.address = self.who.id

    def says(self, text: str) -> list[Event]:
        return [self.who.says(text)]

    def shows(self, photos: Sequence[bytes], caption: str) -> list[Event]:
        captions = [caption] + [""] * (len(photos) - 1)
        return [self.who.sends_photo(p, c) for p, c in zip(photos, captions)]

    def speaks(self, sound: bytes) -> list[Event]:
        return [self.fake.sends_file(self.who, "voice", sound)]

    def points(self, lat: float, lon: float) -> list[Event]:
        return [self.who.shares_pin(lat, lon), *self.says(PLACES[lat, lon])]

    def taps(self, payload: str) -> list[Event]:
        return []

    def again(self, event: Event) -> None:
        self.fake.bring(event)

    def screen(self) -> list[Shown]:
        return [Shown(sent.number, sent.text) for sent in self.fake.sent(self.who)]

    def read(self, event: Event) -> list[Incoming]:
        return parse_zalo_bot(event)
