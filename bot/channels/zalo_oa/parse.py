"""From a webhook event of Zalo's to what happened: pure functions on its JSON, no network (channels.md A.2).

The reference marks several shapes as unverified; all of them are read.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from bot.channels.zalo_oa.signature import text_id
from bot.domain.message import MAX_TEXT, Incoming, Location, MediaRef, clean_text

log = logging.getLogger(__name__)

NAME: Final = "zalo_oa"
MARK: Final = "#ln1:"
"""Stands before the payload of our buttons: a press comes back as text, and nobody types this by accident."""

_MALFORMED = (LookupError, TypeError, ValueError, AttributeError, OverflowError, OSError)
_KNOWN_NAME = re.compile(r"[a-zA-Z0-9_]{1,60}")
_LONGEST_ID = 150
_MEDIA = {"image": "photo", "audio": "voice", "video": "video", "file": "file"}
_FILES = {
    **dict.fromkeys(("jpg", "jpeg", "png", "webp", "gif", "bmp"), "photo"),
    # A recording made in another application arrives as a file.
    **dict.fromkeys(("m4a", "mp3", "ogg", "oga", "opus", "wav", "aac", "amr", "webm"), "voice"),
    **dict.fromkeys(("mp4", "mov", "3gp"), "video"),
}


def parse_event(payload: dict[str, Any], oa_id: str = "") -> list[Incoming]:
    """What one event says to us: one Incoming, or none (echoes, web-widget visitors, notices for administrators).

    Args:
        oa_id: the OA's own id as far as it is known; in receipts it tells which of the two ids is the resident's.
    """
    try:
        found = _incoming(payload, oa_id)
    except _MALFORMED as error:
        log.warning("zalo_oa: an event could not be read (%s)", type(error).__name__)
        return []
    return [] if found is None else [found]


def oa_of(payload: dict[str, Any]) -> str:
    """The OA's id, from an event that names it without doubt; empty when it does not."""
    try:
        if payload.get("oa_id"):
            return text_id(payload["oa_id"])
        return text_id(payload["recipient"]["id"]) if _from_a_person(payload["event_name"]) else ""
    except _MALFORMED:
        return ""


def _incoming(event: dict[str, Any], oa_id: str) -> Incoming | None:
    name = event["event_name"]
    read = _EVENTS.get(name)
    if read is not None:
        return read(event, name, oa_id)
    if _from_a_person(name):
        return _message(event, name, oa_id)
    # Echoes (oa_send_*) are what we or an officer wrote; anonymous_* cannot be answered later.
    log.info("zalo_oa: event %s is not for us", name if _KNOWN_NAME.fullmatch(name) else "?")
    return None


def _from_a_person(name: str) -> bool:
    return name.startswith("user_send_") or name == "user_click_button"


# --- messages ---


def _message(event: dict[str, Any], name: str, oa_id: str) -> Incoming | None:
    """Any message of a resident's. One that carries nothing for us (a sticker) gets an answer all the same."""
    sender = _id(event["sender"])
    if not sender or sender == oa_id:
        return None
    message = event.get("message") or {}
    files = _attachments(event, message)
    text, payload = _words(message, files)
    return Incoming(
        channel=NAME,
        message_id=_key(event, name, sender),
        sender=sender,
        text=text[:MAX_TEXT],
        payload=payload,
        location=_location(message, files),
        media=_media(message, files),
        sent_at=_time(event),
        handle=_handle(sender, name) | ({"cut": True} if len(text) > MAX_TEXT else {}),
    )


def _handle(sender: str, name: str) -> dict[str, Any]:
    """Several photos sent at once are several events: they wait for one another and get one answer."""
    return {"media_group_id": sender} if name == "user_send_image" else {}


def _attachments(event: dict[str, Any], message: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Kind and payload of each attachment, in the message or beside it."""
    found = message.get("attachments") or event.get("attachments") or []
    return [(str(a.get("type") or ""), a.get("payload") or {}) for a in found if isinstance(a, dict)]


def _words(message: dict[str, Any], files: list[tuple[str, dict[str, Any]]]) -> tuple[str, str | None]:
    """Text and payload. A pressed button is a text that begins with our mark."""
    text = clean_text(message.get("text"))
    if text.startswith(MARK) and len(text) > len(MARK):
        return "", text.removeprefix(MARK)
    lines = [text]
    for kind, payload in files:
        if kind == "link":
            lines += [clean_text(payload.get("description")), clean_text(payload.get("url"))]
        elif kind == "location":
            lines.append(clean_text(payload.get("address")))
    return "\n".join(dict.fromkeys(line for line in lines if line)), None


def _location(message: dict[str, Any], files: list[tuple[str, dict[str, Any]]]) -> Location | None:
    pins = [payload.get("coordinates") or payload for kind, payload in files if kind == "location"]
    return next(filter(None, map(_pin, [*pins, message.get("location") or {}])), None)


def _pin(given: dict[str, Any]) -> Location | None:
    """Degrees as text or numbers, under long or short names; None outside the globe."""
    lat, lon = given.get("latitude", given.get("lat")), given.get("longitude", given.get("long", given.get("lon")))
    try:
        found = Location(float(lat), float(lon))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return found if -90 <= found.lat <= 90 and -180 <= found.lon <= 180 else None


def _media(message: dict[str, Any], files: list[tuple[str, dict[str, Any]]]) -> tuple[MediaRef, ...]:
    caption = clean_text(message.get("text"))
    named = [(kind, payload) for kind, payload in files if kind in _MEDIA and isinstance(payload.get("url"), str)]
    return tuple(MediaRef(_kind(kind, payload), None, payload["url"], caption) for kind, payload in named)


def _kind(kind: str, payload: dict[str, Any]) -> str:
    if kind != "file":
        return _MEDIA[kind]
    ending = str(payload.get("type") or str(payload.get("name") or "").rpartition(".")[2]).lower()
    return _FILES.get(ending, "file")


# --- the other events ---


def _follow(event: dict[str, Any], name: str, oa_id: str) -> Incoming | None:
    """Followed, or opened the conversation: they can be reached. Left: they cannot."""
    sender = _id(event.get("follower") or event.get("sender"))
    said = "blocked" if name == "unfollow" else "unblocked"
    return Incoming(NAME, _key(event, name, sender), sender, event=said, sent_at=_time(event)) if sender else None


def _form(event: dict[str, Any], name: str, oa_id: str) -> Incoming | None:
    """The information form. Only the number is kept: nobody asked for the name, and the address is not the place."""
    sender, info = _id(event["sender"]), event.get("info") or {}
    phone = clean_text(text_id(info.get("phone"))).removeprefix("+")
    key = _key(event, name, sender)
    return Incoming(NAME, key, sender, phone=phone or None, sent_at=_time(event)) if sender else None


def _receipt(event: dict[str, Any], name: str, oa_id: str) -> Incoming | None:
    """Delivered or read. The resident is whichever id is not the OA's; for a template by phone it is the number."""
    sides = [_id(event.get(side)) for side in ("recipient", "sender")]
    people = [found for found in sides if found and found != (oa_id or text_id(event.get("oa_id")))]
    message = event.get("message") or {}
    ids = [text_id(found) for found in [message.get("msg_id"), *(message.get("msg_ids") or [])]]
    ids = list(dict.fromkeys(filter(None, ids)))
    if not people or not ids:
        return None
    handle = {"ids": ids, **({"tracking": t} if (t := text_id(message.get("tracking_id"))) else {})}
    said = "delivered" if name == "user_received_message" else "read"
    return Incoming(NAME, _key(event, name, people[0]), people[0], event=said, sent_at=_time(event), handle=handle)


# --- parts of any event ---


def _key(event: dict[str, Any], name: str, sender: str) -> str:
    """What makes an event unique: receipts and echoes carry the id of our message, hence its name in the key."""
    message = event.get("message") or {}
    number = text_id(message.get("msg_id")) or text_id(message.get("mid"))
    stamp = text_id(event.get("timestamp"))
    if not number and stamp:
        number = f"{stamp}:{sender}"
    if not number or len(number) > _LONGEST_ID:
        number = hashlib.sha256((number or json.dumps(event, sort_keys=True)).encode()).hexdigest()
    return f"{name[:40]}:{number}"


def _id(holder: Any) -> str:
    return text_id(holder.get("id")) if isinstance(holder, dict) else ""


def _time(event: dict[str, Any]) -> datetime | None:
    stamp = text_id(event.get("timestamp"))
    return datetime.fromtimestamp(int(stamp) / 1000, UTC) if stamp else None


_EVENTS: Final[dict[str, Callable[[dict[str, Any], str, str], Incoming | None]]] = {
    "follow": _follow,
    "unfollow": _follow,
    "user_click_chatnow": _follow,
    "user_submit_info": _form,
    "user_received_message": _receipt,
    "user_seen_message": _receipt,
}
