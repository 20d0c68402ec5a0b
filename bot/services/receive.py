"""A message arrives: one inbox row, whatever happens next."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from bot.domain.message import Incoming
from bot.services.receipts import RECEIPTS, release, take_receipt
from bot.store.arrivals import add_to_inbox, find_or_open, has_written
from bot.store.database import Database
from bot.store.models import Conversation

log = logging.getLogger(__name__)

_ALBUM = timedelta(seconds=1.5)
"""The pictures of an album come as messages of their own: they wait for one another and get one answer."""


def receive(session: Session, message: Incoming, now: datetime) -> int | None:
    """Store one message of one person. Returns the inbox id, or None when it had been stored before.

    A receipt is no message of a person: it only marks the messages of ours that it speaks of. What was said where we
    do not talk leaves nothing.
    """
    if message.event == "elsewhere":
        return None
    if message.event in RECEIPTS:
        take_receipt(session, message, now)
        return None
    conversation_id = find_or_open(session, message.channel, message.sender, now)
    row_id = add_to_inbox(
        session,
        channel=message.channel,
        message_id=message.message_id,
        conversation_id=conversation_id,
        body=message.to_json(),
        available_at=now + (_ALBUM if message.handle.get("media_group_id") else timedelta()),
        received_at=now,
    )
    if row_id is not None and message.event is None:
        has_written(session, conversation_id, now)
        release(session, conversation_id, now)
    return row_id


def open_conversation(session: Session, channel: str, address: str, now: datetime) -> Conversation:
    """The conversation of this person on this channel; made when there is none."""
    return session.get_one(Conversation, find_or_open(session, channel, address, now))


def keep(db: Database, messages: list[Incoming], clock: Callable[[], datetime]) -> None:
    """Store messages in one transaction; those stored before are left as they are.

    A message that the database refuses for what it contains is dropped: it would be refused for ever, and hold up
    all that follow. Any other failure is raised, so that whoever brought the messages brings them again.
    """
    if not messages:
        return
    try:
        with db.write() as session:
            for message in messages:
                receive(session, message, clock())
    except DataError:
        if len(messages) == 1:
            log.error("%s: the database refused a message, which is dropped", messages[0].channel)
            return
        for message in messages:
            keep(db, [message], clock)
