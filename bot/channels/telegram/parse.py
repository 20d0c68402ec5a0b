"""From an update of Telegram's to what happened: pure functions, no network."""

from __future__ import annotations

import logging
import re
from typing import Any

from telegram import CallbackQuery, ChatMember, ChatMemberUpdated, InlineKeyboardMarkup, Message, Update
from telegram.constants import ChatType

from bot.channels.telegram import words
from bot.domain.message import Incoming, Location, MediaRef, clean_text

log = logging.getLogger(__name__)

NAME = "telegram"
_MALFORMED = (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError)
_EVENTS = {ChatMember.BANNED: "blocked", ChatMember.LEFT: "blocked", ChatMember.MEMBER: "unblocked"}
_START_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Things a person sends that carry nothing for us; they get an answer all the same.
_WORDLESS = ("sticker", "animation", "poll", "dice", "contact", "game", "story")


def parse_update(payload: dict[str, Any]) -> list[Incoming]:
    """What one update says to us: one Incoming, or none (groups, other bots, service messages, unknown kinds)."""
    try:
        update = Update.de_json(payload, None)
        found = _incoming(update)
    except _MALFORMED as error:
        log.warning("telegram: an update could not be read (%s)", type(error).__name__)
        return []
    return [] if found is None else [found]


def _incoming(update: Update) -> Incoming | None:
    if update.callback_query is not None:
        return _press(update.callback_query, update.update_id)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member, update.update_id)
    if update.message is not None and _from_a_person(update.message):
        return _message(update.message, update.update_id)
    if update.edited_message is not None and _from_a_person(update.edited_message):
        return _edited(update.edited_message, update.update_id)
    return None


def _from_a_person(message: Message) -> bool:
    sender = message.from_user
    return message.chat.type == ChatType.PRIVATE and sender is not None and not sender.is_bot


def _message(message: Message, number: int) -> Incoming | None:
    location = _location(message)
    media = _media(message)
    phone = _own_phone(message)
    text, payload = _words(message)
    wordless = any(getattr(message, kind) is not None for kind in _WORDLESS)
    if not (text or payload or location or media or phone or wordless):
        return None
    return Incoming(
        channel=NAME,
        message_id=f"u{number}",
        sender=str(message.chat.id),
        text=text,
        payload=payload,
        location=location,
        media=media,
        phone=phone,
        sent_at=message.date,
        handle={"media_group_id": message.media_group_id} if message.media_group_id else {},
    )


def _edited(message: Message, number: int) -> Incoming | None:
    """A correction is a new message. A live location that moves is none: the first pin counts."""
    text, payload = _words(message)
    if message.location is not None or not (text or payload):
        return None
    return Incoming(NAME, f"u{number}-edited", str(message.chat.id), text, payload, sent_at=message.edit_date)


def _words(message: Message) -> tuple[str, str | None]:
    """Text and payload of a message."""
    if message.venue is not None:
        return clean_text(f"{message.venue.title}, {message.venue.address}"), None
    if message.sticker is not None:
        return clean_text(message.sticker.emoji), None
    text = clean_text(message.text or message.caption)
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


def _location(message: Message) -> Location | None:
    found = message.venue.location if message.venue is not None else message.location
    if found is None or not (-90 <= found.latitude <= 90 and -180 <= found.longitude <= 180):
        return None
    return Location(found.latitude, found.longitude)


def _media(message: Message) -> tuple[MediaRef, ...]:
    file = _file(message)
    if file is None:
        return ()
    kind, remote = file
    return (MediaRef(kind, remote=remote, caption=clean_text(message.caption)),)


def _file(message: Message) -> tuple[str, str] | None:
    """Kind and Telegram's id of the file in a message."""
    if message.photo:
        return "photo", message.photo[-1].file_id
    voice, video = message.voice or message.audio, message.video or message.video_note
    if voice is not None:
        return "voice", voice.file_id
    if video is not None:
        return "video", video.file_id
    # An animation comes as a document, too: it is decoration.
    if message.document is None or message.animation is not None:
        return None
    is_picture = (message.document.mime_type or "").startswith("image/")
    return "photo" if is_picture else "file", message.document.file_id


def _own_phone(message: Message) -> str | None:
    """A number is only trusted when it is the sender's own; anybody can pass on another person's card."""
    contact, sender = message.contact, message.from_user
    if contact is None or sender is None or contact.user_id != sender.id:
        return None
    return clean_text(contact.phone_number)


def _press(query: CallbackQuery, number: int) -> Incoming | None:
    payload = clean_text(query.data)
    if not payload or (query.message is not None and query.message.chat.type != ChatType.PRIVATE):
        return None
    handle: dict[str, Any] = {"callback_id": query.id}
    if query.message is not None:
        handle["message_id"] = query.message.message_id
    label = _label(query)
    if label:
        handle["label"] = label
    return Incoming(NAME, f"u{number}", str(query.from_user.id), payload=payload, handle=handle)


def _label(query: CallbackQuery) -> str | None:
    """The words on the pressed button, when Telegram still shows us the message."""
    markup = query.message.reply_markup if isinstance(query.message, Message) else None
    if not isinstance(markup, InlineKeyboardMarkup):
        return None
    return next((b.text for row in markup.inline_keyboard for b in row if b.callback_data == query.data), None)


def _membership(change: ChatMemberUpdated, number: int) -> Incoming | None:
    """Blocking and unblocking come as our own membership in the private chat."""
    if change.chat.type != ChatType.PRIVATE:
        return None
    event = _EVENTS.get(change.new_chat_member.status)
    if event is None:
        return None
    return Incoming(NAME, f"u{number}", str(change.chat.id), event=event, sent_at=change.date)
