"""A message arrives: one inbox row, whatever happens next."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from bot.domain.message import Incoming
from bot.store.database import Database
from bot.store.models import Conversation, Inbox, Resident

log = logging.getLogger(__name__)

_ALBUM = timedelta(seconds=1.5)
"""The pictures of an album come as messages of their own: they wait for one another and get one answer."""


def receive(session: Session, message: Incoming, now: datetime) -> int | None:
    """Store one message of one person. Returns the inbox id, or None when it had been stored before."""
    known = session.scalar(
        select(Inbox.id).where(Inbox.channel == message.channel, Inbox.message_id == message.message_id)
    )
    if known is not None:
        return None
    conversation = open_conversation(session, message.channel, message.sender, now)
    row = Inbox(
        channel=message.channel,
        message_id=message.message_id,
        conversation_id=conversation.id,
        body=message.to_json(),
        available_at=now + (_ALBUM if message.handle.get("media_group_id") else timedelta()),
        received_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return None
    conversation.last_seen_at = now
    if message.event is None:
        conversation.reachable = True
    return row.id


def open_conversation(session: Session, channel: str, address: str, now: datetime) -> Conversation:
    """The conversation of this person on this channel; made when there is none."""
    query = select(Conversation).where(Conversation.channel == channel, Conversation.address == address)
    conversation = session.scalar(query)
    if conversation is not None:
        return conversation
    try:
        with session.begin_nested():
            conversation = Conversation(
                channel=channel, address=address, resident=Resident(created_at=now), created_at=now, state={}
            )
            session.add(conversation)
        return conversation
    except IntegrityError:
        # Two first messages at once: the other transaction made it.
        return session.scalars(query).one()


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
