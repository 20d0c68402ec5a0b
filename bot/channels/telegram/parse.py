"""From an update of Telegram's to what happened: pure functions on its JSON, no network.

Read field by field and not by the library: the library refuses a whole message when some field that we never look at
is missing or new, and a resident's words must not depend on that.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from typing import Any

from bot.channels.telegram import words
from bot.domain.message import Incoming, Location, MediaRef, clean_text

log = logging.getLogger(__name__)

NAME = "telegram"
_MALFORMED = (LookupError, TypeError, ValueError, AttributeError, OverflowError, OSError)
_START_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KINDS = {"voice": "voice", "audio": "voice", "video": "video", "video_note": "video"}
# Things a person sends that carry nothing for us; they get an answer all the same.
_WORDLESS = {"sticker", "animation", "poll", "dice", "contact", "game", "story"}
# Our own membership in the private chat tells of blocking.
_EVENTS = {"kicked": "blocked", "left": "blocked", "member": "unblocked"}
_GROUPS = ("group", "supergroup")
# In a group only what somebody says is answered, not that somebody came, left or changed the title.
_SAID = {"text", "photo", "document", "voice", "audio", "video", "video_note", "location", *_WORDLESS}
_OUTSIDE, _INSIDE = ("left", "kicked"), ("member", "administrator")


def parse_update(payload: dict[str, Any]) -> list[Incoming]:
    """What one update says to us: one Incoming, or none (other bots, service messages, unknown kinds).

    A group is `elsewhere`: the Incoming names the group and nothing of what was said, or by whom.
    """
    try:
        found = _incoming(payload, int(payload["update_id"]))
    except _MALFORMED as error:
        log.warning("telegram: an update could not be read (%s)", type(error).__name__)
        return []
    return [] if found is None else [found]


def _incoming(update: dict[str, Any], number: int) -> Incoming | None:
    group = _group(update)
    if group is not None:
        callback = update.get("callback_query")
        handle = {"callback_id": str(callback["id"])} if callback else {}
        return Incoming(NAME, f"u{number}", group, event="elsewhere", handle=handle)
    if "callback_query" in update:
        return _press(update["callback_query"], number)
    if "my_chat_member" in update:
        return _membership(update["my_chat_member"], number)
    if "message" in update and _from_a_person(update["message"]):
        return _message(update["message"], number)
    if "edited_message" in update and _from_a_person(update["edited_message"]):
        return _edited(update["edited_message"], number)
    return None


def _group(update: dict[str, Any]) -> str | None:
    """The group in which somebody spoke to us, pressed a button of ours, or into which we were taken."""
    change, message = update.get("my_chat_member"), update.get("message")
    holder = change or message or (update.get("callback_query") or {}).get("message")
    if not holder or holder["chat"].get("type") not in _GROUPS:
        return None
    if change and not (change["old_chat_member"]["status"] in _OUTSIDE and _status(change) in _INSIDE):
        return None
    if message and (message.get("from", {}).get("is_bot") or not _SAID & message.keys()):
        return None
    return str(holder["chat"]["id"])


def _status(change: dict[str, Any]) -> str:
    return str(change["new_chat_member"]["status"])


def _from_a_person(message: dict[str, Any]) -> bool:
    return _private(message) and not message["from"].get("is_bot")


def _private(holder: dict[str, Any]) -> bool:
    return holder["chat"].get("type") == "private"


def _message(message: dict[str, Any], number: int) -> Incoming | None:
    text, payload = _words(message)
    found = Incoming(
        channel=NAME,
        message_id=f"u{number}",
        sender=str(message["chat"]["id"]),
        text=text,
        payload=payload,
        location=_location(message),
        media=_media(message),
        phone=_own_phone(message),
        sent_at=_time(message.get("date")),
        handle=_ties(message),
    )
    says = found.text or found.payload or found.location or found.media or found.phone
    return found if says or _WORDLESS & message.keys() else None


def _ties(message: dict[str, Any]) -> dict[str, Any]:
    """What ties a message to others: its album, and its number, by which a correction names it."""
    album = {"media_group_id": message["media_group_id"]} if message.get("media_group_id") else {}
    return {**album, **_number("number", message)}


def _number(name: str, message: dict[str, Any]) -> dict[str, int]:
    number = message.get("message_id")
    return {name: number} if isinstance(number, int) else {}


def _edited(message: dict[str, Any], number: int) -> Incoming | None:
    """A correction is a message of its own that names the one it corrects. A live location that moves is none: the
    first pin counts."""
    text, payload = _words(message)
    if "location" in message or not (text or payload):
        return None
    sender, at = str(message["chat"]["id"]), _time(message.get("edit_date"))
    return Incoming(NAME, f"u{number}-edited", sender, text, payload, sent_at=at, handle=_number("edits", message))


def _time(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _words(message: dict[str, Any]) -> tuple[str, str | None]:
    """Text and payload of a message."""
    if "venue" in message:
        venue = message["venue"]
        return clean_text(", ".join(filter(None, (venue.get("title"), venue.get("address"))))), None
    if "sticker" in message:
        return clean_text(message["sticker"].get("emoji")), None
    text = clean_text(message.get("text") or message.get("caption"))
    return _command(text) if text.startswith("/") else (text, None)


def _command(text: str) -> tuple[str, str | None]:
    """`/start CODE` is the link on a poster or a slip; the other commands are short for words."""
    name, _, rest = text[1:].partition(" ")
    name, rest = name.partition("@")[0].lower(), rest.strip()
    if name == "start":
        # Whoever types words behind it means the words.
        return ("", f"start:{rest}") if not rest or _START_CODE.fullmatch(rest) else (rest, None)
    if name in words.COMMAND_TEXTS:
        return words.COMMAND_TEXTS[name], None
    return text.lstrip("/ "), None


def _location(message: dict[str, Any]) -> Location | None:
    found = message.get("location") or message.get("venue", {}).get("location")
    if not found:
        return None
    lat, lon = float(found["latitude"]), float(found["longitude"])
    return Location(lat, lon) if -90 <= lat <= 90 and -180 <= lon <= 180 else None


def _media(message: dict[str, Any]) -> tuple[MediaRef, ...]:
    file = _file(message)
    if file is None:
        return ()
    kind, remote = file
    return (MediaRef(kind, remote=remote, caption=clean_text(message.get("caption"))),)


def _file(message: dict[str, Any]) -> tuple[str, str] | None:
    """Kind and Telegram's id of the file in a message. Whether it is too large is seen when it is fetched."""
    if message.get("photo"):
        # Sizes of one picture, the largest last.
        return "photo", message["photo"][-1]["file_id"]
    for name, kind in _KINDS.items():
        if name in message:
            return kind, message[name]["file_id"]
    # An animation comes as a document, too: it is decoration.
    if "document" not in message or "animation" in message:
        return None
    is_picture = (message["document"].get("mime_type") or "").startswith("image/")
    return "photo" if is_picture else "file", message["document"]["file_id"]


def _own_phone(message: dict[str, Any]) -> str | None:
    """A number is only trusted when it is the sender's own; anybody can pass on another person's card."""
    contact = message.get("contact") or {}
    return clean_text(contact.get("phone_number")) if contact.get("user_id") == message["from"]["id"] else None


def _press(query: dict[str, Any], number: int) -> Incoming | None:
    payload, message = clean_text(query.get("data")), query.get("message")
    if not payload or (message and not _private(message)):
        return None
    handle: dict[str, Any] = {"callback_id": str(query["id"])}
    if message:
        handle["message_id"] = int(message["message_id"])
        handle |= _label(message, query["data"])
    return Incoming(NAME, f"u{number}", str(query["from"]["id"]), payload=payload, handle=handle)


def _label(message: dict[str, Any], data: str) -> dict[str, str]:
    """The words on the pressed button, when Telegram still shows us the message."""
    rows = (message.get("reply_markup") or {}).get("inline_keyboard") or []
    labels = [clean_text(button["text"]) for row in rows for button in row if button.get("callback_data") == data]
    return {"label": labels[0]} if labels else {}


def _membership(change: dict[str, Any], number: int) -> Incoming | None:
    event = _EVENTS.get(_status(change))
    if event is None or not _private(change):
        return None
    return Incoming(NAME, f"u{number}", str(change["chat"]["id"]), event=event, sent_at=_time(change.get("date")))
