"""From a webhook call of Meta's to what happened: pure functions on its JSON, no network.

A call holds `entry[]`, and each entry `messaging[]`: everything in it is read, and what cannot be read does not
hold up its neighbours.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from bot.channels.messenger import words
from bot.channels.messenger.places import in_link, in_text, pin
from bot.domain.message import MAX_TEXT, Incoming, Location, MediaRef, clean_text

log = logging.getLogger(__name__)

NAME = "messenger"
GET_STARTED = "GET_STARTED"
"""Payload of the button on the empty conversation."""
MENU = "menu:"
"""Begins the payloads of the menu beside the input; it means words (words.MENU_TEXTS)."""
_MALFORMED = (LookupError, TypeError, ValueError, AttributeError, OverflowError, OSError)
_REF = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PHONE = re.compile(r"\+?\d[\d .-]{7,18}")
_KINDS = {"image": "photo", "audio": "voice", "video": "video", "file": "file"}
_PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp")
_LONGEST_ID = 190
"""The inbox keeps 200 characters of an id; Meta names no limit for a `mid`."""


def parse_call(payload: dict[str, Any]) -> list[Incoming]:
    """What one call says to us, in its order."""
    if payload.get("object") != "page":
        return []
    found = []
    for entry in _list(payload.get("entry")):
        for item in _items(entry):
            try:
                found.append(_incoming(entry, item))
            except _MALFORMED as error:
                log.warning("messenger: an event could not be read (%s)", type(error).__name__)
    return [message for message in found if message is not None]


def _items(entry: Any) -> list[Any]:
    """The events of an entry that are for us to answer."""
    if not isinstance(entry, dict):
        return []
    if entry.get("standby"):
        log.info("messenger: another application has the conversation, %d events are its own", len(entry["standby"]))
    for change in _list(entry.get("changes")):
        _note_change(change)
    return _list(entry.get("messaging"))


def _note_change(change: Any) -> None:
    if not isinstance(change, dict):
        return
    value = change.get("value")
    if isinstance(value, dict) and change.get("field") == "message_template_status_update":
        template, event = value.get("message_template_name"), value.get("event")
        log.warning("messenger: template %s is now %s", str(template)[:60], str(event)[:60])
    else:
        log.info("messenger: a change of %s is not for us", str(change.get("field"))[:60])


def _incoming(entry: dict[str, Any], item: dict[str, Any]) -> Incoming | None:
    sender = str(item["sender"]["id"])
    # What the Page itself says is no resident's word, whatever kind of event it comes as.
    if not sender or sender == str(entry.get("id")):
        return None
    for kind, read in _READERS.items():
        if isinstance(item.get(kind), dict):
            return read(item, item[kind], sender)
    if "policy_enforcement" in item:
        log.error("messenger: Meta enforces a policy against the Page, see the Page's support inbox")
    return None


def _message(item: dict[str, Any], message: dict[str, Any], sender: str) -> Incoming | None:
    if message.get("is_echo"):
        return None
    at, own_id = _time(item.get("timestamp")), _own_id(message["mid"])
    quick = message.get("quick_reply")
    if isinstance(quick, dict) and quick.get("payload"):
        return _quick_reply(quick["payload"], clean_text(message.get("text")), own_id, sender, at)
    attachments = [a for a in _list(message.get("attachments")) if isinstance(a, dict)]
    text = clean_text(message.get("text"))
    place, text = _place(attachments, text)
    text = text or _described(attachments, place)
    media = tuple(m for a in attachments if (m := _media(a, text)) is not None)
    return Incoming(NAME, own_id, sender, **_said(text), location=place, media=media, sent_at=at)


def _quick_reply(payload: str, title: str, own_id: str, sender: str, at: datetime | None) -> Incoming:
    """A chip was tapped: a choice of ours, or the phone number of the profile. The text only repeats its title."""
    payload = clean_text(payload)
    if _PHONE.fullmatch(payload):
        return Incoming(NAME, own_id, sender, phone=payload, sent_at=at)
    return Incoming(NAME, own_id, sender, payload=payload, sent_at=at, handle={"label": title} if title else {})


def _place(attachments: list[dict[str, Any]], text: str) -> tuple[Location | None, str]:
    """The place that was shared, and the words without the link that showed it."""
    linked, rest = in_text(text)
    for attachment in attachments:
        if attachment.get("type") == "location":
            place = pin(attachment.get("payload")) or in_link(_url(attachment))
        else:
            place = in_link(_url(attachment)) if attachment.get("type") == "fallback" else None
        if place is not None:
            return place, rest
    return linked, rest


def _described(attachments: list[dict[str, Any]], place: Location | None) -> str:
    """What was shared that is neither a file nor a place: its title, else its address."""
    for attachment in attachments:
        if place is None and attachment.get("type") not in (*_KINDS, "sticker", "location"):
            said = clean_text(attachment.get("title") or _payload(attachment).get("title") or _url(attachment))
            if said:
                return said
    return ""


def _media(attachment: dict[str, Any], caption: str) -> MediaRef | None:
    """A file that came along; a sticker is none (the thumb button sends one), a shared post neither."""
    kind, url = _KINDS.get(str(attachment.get("type"))), _payload(attachment).get("url")
    if kind is None or not isinstance(url, str) or not url or "sticker_id" in _payload(attachment):
        return None
    if kind == "file" and PurePosixPath(urlsplit(url).path).suffix.lower() in _PICTURES:
        kind = "photo"
    return MediaRef(kind, remote=url, caption=caption)


def _postback(item: dict[str, Any], postback: dict[str, Any], sender: str) -> Incoming | None:
    payload, at = clean_text(postback.get("payload")), _time(item.get("timestamp"))
    own_id = _own_id(postback["mid"], "postback") if postback.get("mid") else _derived("postback", sender, item)
    if payload == GET_STARTED:
        return Incoming(NAME, own_id, sender, payload=_start(postback.get("referral")), sent_at=at)
    if payload.removeprefix(MENU) in words.MENU_TEXTS and payload.startswith(MENU):
        return Incoming(NAME, own_id, sender, text=words.MENU_TEXTS[payload.removeprefix(MENU)], sent_at=at)
    if not payload:
        return None
    title = clean_text(postback.get("title"))
    return Incoming(NAME, own_id, sender, payload=payload, sent_at=at, handle={"label": title} if title else {})


def _referral(item: dict[str, Any], referral: dict[str, Any], sender: str) -> Incoming | None:
    """Somebody we know came through a link or a QR picture of ours; without a mark of ours it says nothing."""
    payload = _start(referral)
    if payload == "start:":
        return None
    own_id = _derived("referral", sender, item)
    return Incoming(NAME, own_id, sender, payload=payload, sent_at=_time(item.get("timestamp")))


def _start(referral: Any) -> str:
    """`start:` and the mark of the link, such as a tracking code, as the service knows it from all channels."""
    ref = referral.get("ref") if isinstance(referral, dict) else None
    return f"start:{ref}" if isinstance(ref, str) and _REF.fullmatch(ref) else "start:"


def _edit(item: dict[str, Any], edit: dict[str, Any], sender: str) -> Incoming | None:
    """A correction is a new message."""
    text = clean_text(edit.get("text"))
    if not text:
        return None
    own_id = _own_id(edit["mid"], f"edit{edit.get('num_edit', '')}")
    return Incoming(NAME, own_id, sender, **_said(text), sent_at=_time(item.get("timestamp")))


def _delivery(item: dict[str, Any], delivery: dict[str, Any], sender: str) -> Incoming | None:
    ids = [mid for mid in _list(delivery.get("mids")) if isinstance(mid, str)]
    handle = {"ids": ids} if ids else _until(delivery)
    return _receipt("delivered", item, delivery, sender, handle)


def _read(item: dict[str, Any], read: dict[str, Any], sender: str) -> Incoming | None:
    return _receipt("read", item, read, sender, _until(read))


def _receipt(event: str, item: dict[str, Any], what: dict[str, Any], sender: str, handle: dict) -> Incoming | None:
    """Receipts have no id of their own: what they are about makes one (Meta: (kind, sender, watermark))."""
    if not handle:
        return None
    own_id = _derived(event, sender, what)
    return Incoming(NAME, own_id, sender, event=event, sent_at=_time(item.get("timestamp")), handle=handle)


def _until(what: dict[str, Any]) -> dict[str, str]:
    at = _time(what.get("watermark"))
    return {"until": at.isoformat()} if at else {}


_READERS: dict[str, Callable[[dict[str, Any], dict[str, Any], str], Incoming | None]] = {
    "message": _message,
    "postback": _postback,
    "referral": _referral,
    "message_edit": _edit,
    "delivery": _delivery,
    "read": _read,
}


def _said(text: str) -> dict[str, Any]:
    """Text as we keep it; the person is told when it is cut."""
    return {"text": text[:MAX_TEXT], "handle": {"cut": True} if len(text) > MAX_TEXT else {}}


def _own_id(mid: Any, kind: str = "") -> str:
    if not isinstance(mid, str) or not mid:
        raise ValueError("no mid")
    short = mid if len(mid) <= _LONGEST_ID - 20 else hashlib.sha256(mid.encode()).hexdigest()
    return f"{short}-{kind}"[:_LONGEST_ID] if kind else short


def _derived(kind: str, sender: str, what: dict[str, Any]) -> str:
    """The same for the same event brought twice, another for any other event."""
    digest = hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:32]
    return f"{kind}:{sender[:60]}:{digest}"


def _time(milliseconds: Any) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if isinstance(milliseconds, int) and milliseconds else None


def _payload(attachment: dict[str, Any]) -> dict[str, Any]:
    payload = attachment.get("payload")
    return payload if isinstance(payload, dict) else {}


def _url(attachment: dict[str, Any]) -> str | None:
    found = _payload(attachment).get("url") or attachment.get("url")
    return found if isinstance(found, str) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
