"""From a neutral message to the messages that Zalo takes, in the order in which they are sent (channels.md A.3)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.channels.base import File
from bot.channels.zalo_oa import words
from bot.channels.zalo_oa.parse import MARK
from bot.domain.message import Button, Outgoing
from bot.errors import BrokenRequest

TEXT_LIMIT: Final = 2000
BUTTONS: Final = 5
LABEL_LIMIT: Final = 100
PAYLOAD_LIMIT: Final = 1000
_TITLE_LIMIT, _SUBTITLE_LIMIT = 100, 500
# Where a long text may be cut, the best place first: paragraph, line, sentence, word.
_BREAKS = tuple(re.compile(p) for p in (r"\n\s*\n", r"\n", r"(?<=[.!?…;])\s", r"\s"))


@dataclass(frozen=True)
class Part:
    """One message of Zalo's: a text with or without buttons, a picture with or without a text, or the form."""

    text: str = ""
    buttons: tuple[Button, ...] = ()
    picture: File | None = None
    form: bool = False


def plan(message: Outgoing, files: Sequence[File]) -> list[Part]:
    """The parts of a message; buttons stand on the last text, so that they come when all has been said.

    Raises:
        BrokenRequest: when there is nothing to send, or a button's label or payload is empty or too long.
    """
    buttons, numbered = _choices(message.buttons)
    lines = [nfc(message.text), numbered, words.LOCATION if message.ask == "location" else ""]
    text = "\n\n".join(line for line in lines if line)
    if buttons and not text:
        text = words.CHOOSE
    if files and text and not buttons and units(text) <= TEXT_LIMIT:
        parts = [Part(text, picture=files[0]), *(Part(picture=file) for file in files[1:])]
    else:
        texts = split(text, TEXT_LIMIT)
        parts = [Part(picture=file) for file in files]
        parts += [Part(piece) for piece in texts[:-1]] + [Part(piece, buttons) for piece in texts[-1:]]
    if message.ask == "phone":
        # The form takes the place of buttons in a message, so it comes in one of its own.
        parts.append(Part(form=True))
    if not parts:
        raise BrokenRequest("tin không có nội dung")
    return parts


def text_message(part: Part) -> dict[str, Any]:
    """A text, with its buttons. `hide` keeps the payload out of the chat when a button is pressed."""
    buttons = [{"title": b.label, "type": "oa.query.hide", "payload": MARK + b.payload} for b in part.buttons]
    attachment = {"attachment": {"type": "template", "payload": {"buttons": buttons}}} if buttons else {}
    return {"text": part.text, **attachment}


def picture_message(text: str, attachment_id: str) -> dict[str, Any]:
    """An uploaded picture; Zalo shows the text with it."""
    element = {"media_type": "image", "attachment_id": attachment_id}
    payload = {"template_type": "media", "elements": [element]}
    return {**({"text": text} if text else {}), "attachment": {"type": "template", "payload": payload}}


def form_message(title: str, image_url: str) -> dict[str, Any]:
    """Zalo's own form for name, phone number and address."""
    element = {
        "title": nfc(title)[:_TITLE_LIMIT] or words.OA,
        "subtitle": nfc(words.PHONE_FORM)[:_SUBTITLE_LIMIT],
        **({"image_url": image_url} if image_url else {}),
    }
    payload = {"template_type": "request_user_info", "elements": [element]}
    return {"attachment": {"type": "template", "payload": payload}}


def split(text: str, limit: int) -> list[str]:
    """A text in pieces of at most `limit` units; none for an empty text."""
    pieces, rest = [], text.strip()
    while units(rest) > limit:
        cut = _cut(_head(rest, limit))
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [piece for piece in (*pieces, rest) if piece]


def units(text: str) -> int:
    """Length in UTF-16 units. Zalo does not say how it counts; this is never less than the number of characters."""
    return len(text.encode("utf-16-le")) // 2


def nfc(text: str) -> str:
    """A decomposed text would count longer."""
    return unicodedata.normalize("NFC", text).strip()


def _choices(buttons: Sequence[Button]) -> tuple[tuple[Button, ...], str]:
    """Buttons as Zalo shows them; or all of them numbered in words, when they are too many or too wordy."""
    named = tuple(Button(nfc(button.label), button.payload) for button in buttons)
    for button in named:
        if not (button.label and 0 < len(button.payload) <= PAYLOAD_LIMIT - len(MARK)):
            raise BrokenRequest(f"nút “{button.label}” không có chữ, hoặc mang mã rỗng hay quá {PAYLOAD_LIMIT} ký tự")
    if len(named) <= BUTTONS and all(units(button.label) <= LABEL_LIMIT for button in named):
        return named, ""
    lines = [f"{number}. {button.label}" for number, button in enumerate(named, 1)]
    return (), "\n".join([words.NUMBERED, *lines])


def _head(text: str, limit: int) -> str:
    return text.encode("utf-16-le")[: limit * 2].decode("utf-16-le", "ignore")


def _cut(head: str) -> int:
    """Where to end a piece: at the best break that does not leave it too short."""
    for pattern in _BREAKS:
        ends = [found.end() for found in pattern.finditer(head)]
        if ends and ends[-1] > len(head) // 3:
            return ends[-1]
    return len(head)
