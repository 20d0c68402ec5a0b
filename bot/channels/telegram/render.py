"""From a neutral message to the parts that Telegram takes, in the order in which they are sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup

from bot.channels.base import File
from bot.channels.telegram import words
from bot.domain.message import Button, Outgoing
from bot.errors import BrokenRequest

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
PAYLOAD_BYTES = 64
_SHORT_LABEL = 16
# Where a long text may be cut, the best place first: paragraph, line, sentence, word.
_BREAKS = tuple(re.compile(p) for p in (r"\n\s*\n", r"\n", r"(?<=[.!?…;])\s", r"\s"))

Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup


@dataclass(frozen=True)
class Part:
    """One message of Telegram's: a text, or a picture with the text as its caption."""

    text: str
    photo: File | None = None
    markup: Markup | None = None


def plan(message: Outgoing, files: Sequence[File]) -> list[Part]:
    """The parts of a message; buttons stand on the last text, so that they come when all has been said.

    Raises:
        BrokenRequest: when there is nothing to send, or a button's payload is longer than Telegram takes.
    """
    inline, share = inline_keyboard(message.buttons), share_keyboard(message.ask)
    markup = inline or share
    if files and inline is None and units(message.text) <= CAPTION_LIMIT:
        parts = [Part(message.text, files[0], markup), *(Part("", file) for file in files[1:])]
    else:
        texts = split(message.text, TEXT_LIMIT) or ([words.CHOOSE] if markup else [])
        parts = [Part("", file) for file in files]
        parts += [Part(text) for text in texts[:-1]] + [Part(text, markup=markup) for text in texts[-1:]]
    if inline is not None and share is not None:
        parts.append(Part(words.SHARE_INVITATION[message.ask or ""], markup=share))
    if not parts:
        raise BrokenRequest("tin không có nội dung")
    return parts


def inline_keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """One button a row, two where both labels are short."""
    rows: list[list[InlineKeyboardButton]] = []
    room = False
    for button in buttons:
        if not 1 <= len(button.payload.encode()) <= PAYLOAD_BYTES:
            raise BrokenRequest(f"nút “{button.label}” mang mã dài quá {PAYLOAD_BYTES} byte hoặc rỗng")
        made = InlineKeyboardButton(button.label, callback_data=button.payload)
        short = len(button.label) <= _SHORT_LABEL
        if room and short:
            rows[-1].append(made)
            room = False
        else:
            rows.append([made])
            room = short
    return InlineKeyboardMarkup(rows) if rows else None


def share_keyboard(ask: str | None) -> ReplyKeyboardMarkup | None:
    """The keyboard below the input with Telegram's own way to share a place or a number."""
    if ask not in words.SHARE_BUTTON:
        return None
    button = KeyboardButton(words.SHARE_BUTTON[ask], request_location=ask == "location", request_contact=ask == "phone")
    return ReplyKeyboardMarkup([[button]], resize_keyboard=True, one_time_keyboard=True)


def split(text: str, limit: int) -> list[str]:
    """A text in pieces of at most `limit` units; none for an empty text."""
    pieces, rest = [], text.strip()
    while units(rest) > limit:
        cut = _cut(_head(rest, limit))
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [piece for piece in (*pieces, rest) if piece]


def units(text: str) -> int:
    """Length as Telegram counts it: UTF-16 units, so an emoji is two."""
    return len(text.encode("utf-16-le")) // 2


def _head(text: str, limit: int) -> str:
    return text.encode("utf-16-le")[: limit * 2].decode("utf-16-le", "ignore")


def _cut(head: str) -> int:
    """Where to end a piece: at the best break that does not leave it too short."""
    for pattern in _BREAKS:
        ends = [found.end() for found in pattern.finditer(head)]
        if ends and ends[-1] > len(head) // 3:
            return ends[-1]
    return len(head)
