"""A message arrives: one inbox row, whatever happens next."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.domain.message import Incoming
from bot.store.models import Conversation, Inbox, Resident


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
        available_at=now,
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
