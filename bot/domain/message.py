"""The tongue that all channels share: what comes in, what goes out."""

from __future__ import annotations

import unicodedata
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

MAX_TEXT = 8000
"""Characters of one message that we keep; more is cut and the person is told."""


def clean_text(text: str | None) -> str:
    """NFC, no control characters (a NUL breaks PostgreSQL), no lone surrogates (broken UTF-8)."""
    if not text:
        return ""
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return unicodedata.normalize("NFC", text).strip()


@dataclass(frozen=True)
class Button:
    """A choice. `payload` is at most 64 bytes (Telegram's limit), `label` about 20 characters."""

    label: str
    payload: str


@dataclass(frozen=True)
class MediaRef:
    """A photo, voice note, video or file that came with a message.

    `media_id` names the stored file; `remote` is what the platform gave, until the file is fetched.
    """

    kind: str
    media_id: str | None = None
    remote: str | None = None
    caption: str = ""


@dataclass(frozen=True)
class Location:
    """A shared pin, degrees WGS 84."""

    lat: float
    lon: float


@dataclass(frozen=True)
class Incoming:
    """One message from one person on one channel; everything a platform told us that we use."""

    channel: str
    message_id: str
    sender: str
    text: str = ""
    payload: str | None = None
    location: Location | None = None
    media: tuple[MediaRef, ...] = ()
    phone: str | None = None
    event: str | None = None
    """A platform event that is no message: `blocked`, `unblocked`, or a receipt for messages of ours, `delivered` or
    `read`: `handle["ids"]` names them, or `handle["until"]` (ISO 8601) tells up to which time of sending. `elsewhere`:
    somebody speaks to us where we do not talk (a group); nothing of it is kept, the channel refuses by itself."""
    sent_at: datetime | None = None
    handle: dict[str, Any] = field(default_factory=dict)
    """What the channel needs to answer precisely (a callback query's id), and what ties messages of one person
    together: `media_group_id` (one album), `number` (the platform's own for this message) and `edits` (the `number`
    of an earlier message that this one corrects)."""

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        data["sent_at"] = self.sent_at.isoformat() if self.sent_at else None
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Incoming:
        # A message whose content was erased keeps a mark that is no field of it.
        data = {k: v for k, v in data.items() if k in cls.__dataclass_fields__}
        if data.get("location"):
            data["location"] = Location(**data["location"])
        data["media"] = tuple(MediaRef(**m) for m in data.get("media") or ())
        if data.get("sent_at"):
            data["sent_at"] = datetime.fromisoformat(data["sent_at"])
        return cls(**data)


@dataclass(frozen=True)
class Template:
    """A notice as an approved template: a name from `data/texts/templates.yml`, and its parameters by name."""

    name: str
    parameters: dict[str, str]


@dataclass(frozen=True)
class Outgoing:
    """One message of ours. A channel degrades what its platform cannot show."""

    text: str
    buttons: tuple[Button, ...] = ()
    images: tuple[str, ...] = ()
    """Ids of stored media, or absolute paths on our own site such as `/qr/HN….png`."""
    ask: str | None = None
    """`location` or `phone`: offer the platform's own way to share it."""
    template: Template | None = None
    """How to say it when a platform allows nothing but an approved template."""

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "buttons": [asdict(b) for b in self.buttons],
            "images": list(self.images),
            "ask": self.ask,
            "template": asdict(self.template) if self.template else None,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Outgoing:
        return cls(
            text=data["text"],
            buttons=tuple(Button(**b) for b in data.get("buttons") or ()),
            images=tuple(data.get("images") or ()),
            ask=data.get("ask"),
            template=Template(**data["template"]) if data.get("template") else None,
        )
