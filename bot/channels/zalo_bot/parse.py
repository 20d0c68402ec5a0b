"""From an update of Zalo's to what happened: pure functions on its JSON, no network.

Few facts are certain on this platform, so every field is looked for under all the names under which it was seen.
"""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import UTC, datetime
from typing import Any

from bot.domain.message import MAX_TEXT, Incoming, MediaRef, clean_text

log = logging.getLogger(__name__)

NAME = "zalo_bot"
_MALFORMED = (LookupError, TypeError, ValueError, AttributeError, OverflowError, OSError)
_MESSAGE = "message."
# What carries nothing that we understand gets an answer all the same: the person is asked to say it in words.
# `unsupported` stands for files, contact cards, and places.
_WORDLESS = ("sticker", "unsupported", "gif", "file", "location", "contact", "video")
_SECONDS = 100_000_000_000
"""A date below this is in seconds: Zalo writes milliseconds, and says so only by example."""


def parse_update(payload: dict[str, Any]) -> list[Incoming]:
    """What one update says to us: one Incoming, or none (groups, bots, reactions, unknown kinds)."""
    try:
        found = _incoming(_bare(payload))
    except _MALFORMED as error:
        log.warning("zalo_bot: an update could not be read (%s)", type(error).__name__)
        return []
    return [] if found is None else [found]


def _bare(payload: dict[str, Any]) -> dict[str, Any]:
    """The update itself; some deliveries wrap it as `{"ok": …, "result": …}`."""
    wrapped = payload.get("result")
    return wrapped if isinstance(wrapped, dict) and "event_name" not in payload else payload


def _incoming(update: dict[str, Any]) -> Incoming | None:
    event, message = str(update["event_name"]), update.get("message") or {}
    sender = _sender(message) or _sender(update)
    if not event.startswith(_MESSAGE) or not _private(message):
        return None
    kind = event.removeprefix(_MESSAGE).partition(".")[0]
    if not sender:
        log.warning("zalo_bot: %s names nobody who could be answered", event[:60])
        return None
    text, media = clean_text(message.get("text") or message.get("caption")), _media(kind, message)
    if kind == "link":
        text = text or _link(message)
    if not (text or media or kind in _WORDLESS or kind in ("text", "image", "voice", "link")):
        log.info("zalo_bot: %s is not for us", event[:60])
        return None
    return Incoming(
        channel=NAME,
        message_id=_own_id(message, update),
        sender=sender,
        text=text[:MAX_TEXT],
        media=tuple(MediaRef(found, remote=url, caption=text) for found, url in media),
        sent_at=_time(message.get("date")),
        handle=_handle(kind, text),
    )


def _handle(kind: str, text: str) -> dict[str, Any]:
    handle: dict[str, Any] = {"cut": True} if len(text) > MAX_TEXT else {}
    return {**handle, "unsupported": True} if kind == "unsupported" else handle


def _sender(holder: dict[str, Any]) -> str:
    """The conversation's id, which for one person is the person's."""
    for name in ("chat", "from"):
        found = holder.get(name)
        if isinstance(found, dict) and found.get("id"):
            return str(found["id"])
    return ""


def _private(message: dict[str, Any]) -> bool:
    chat, sender = message.get("chat") or {}, message.get("from") or {}
    return str(chat.get("chat_type") or "PRIVATE").upper() == "PRIVATE" and not sender.get("is_bot")


def _media(kind: str, message: dict[str, Any]) -> list[tuple[str, str]]:
    """Kind and address of the files in a message."""
    if kind == "image":
        found = [message.get(name) for name in ("photo_url", "photo", "image", "url")]
        several = message.get("photos")
        listed = several if isinstance(several, list) else []
        urls = [url for url in map(_url, [*found, *listed]) if url]
        # The same picture may stand under an old and a new name.
        return [("photo", url) for url in dict.fromkeys(urls)]
    if kind == "voice":
        urls = [url for url in (_url(message.get(name)) for name in ("voice_url", "voice", "audio_url", "url")) if url]
        return [("voice", url) for url in urls[:1]]
    return []


def _link(message: dict[str, Any]) -> str:
    found = message.get("link")
    described = found.get("title") or found.get("url") if isinstance(found, dict) else found
    return clean_text(described or message.get("url"))


def _url(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("url") or value.get("photo_url")
    return value if isinstance(value, str) and value else None


def _own_id(message: dict[str, Any], update: dict[str, Any]) -> str:
    """Zalo's id of the message; what has none is known by its content, so that it is the same when it comes twice."""
    found = message.get("message_id")
    if found:
        return str(found)[:190]
    return "x" + hashlib.sha256(json.dumps(update, sort_keys=True).encode()).hexdigest()


def _time(date: Any) -> datetime | None:
    if not isinstance(date, int) or not date:
        return None
    return datetime.fromtimestamp(date if date < _SECONDS else date / 1000, UTC)
