"""What is known of our messages after they were handed over: delivered, read; and what had to wait for the person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.message import Incoming
from bot.domain.reach import Hold
from bot.store.arrivals import free_held
from bot.store.models import Attempt, Conversation, Outbox

RECEIPTS = ("delivered", "read")
_BEFORE = {"delivered": ("sent",), "read": ("sent", "delivered")}


def take_receipt(session: Session, message: Incoming, now: datetime) -> None:
    """Mark the messages that a receipt names, or all up to its time. A repeated receipt changes nothing."""
    query = select(Outbox).where(Outbox.channel == message.channel, Outbox.state.in_(_BEFORE[message.event or ""]))
    if "ids" in message.handle:
        # A phone send's receipt comes from a number that is no address of a conversation: the id alone tells.
        query = query.where(Outbox.platform_message_id.in_([str(i) for i in message.handle["ids"]]))
    else:
        until = datetime.fromisoformat(message.handle["until"])
        mine = select(Conversation.id).where(
            Conversation.channel == message.channel, Conversation.address == message.sender
        )
        query = query.where(Outbox.conversation_id.in_(mine), Outbox.sent_at <= until)
    for row in session.scalars(query):
        row.state = message.event or row.state
        if message.event == "read":
            row.read_at = now
        row.delivered_at = row.delivered_at or now
        if row.kind != "reply":
            session.add(Attempt(outbox_id=row.id, at=now, way=row.way, outcome=row.state))


def release(session: Session, conversation_id: str, now: datetime) -> None:
    """The person writes: what waited for that, or for the morning, is the first thing said.

    What is on its way to them goes before other people's notices, for their answer comes after it.
    """
    free_held(session, conversation_id, now, Hold.reason)
