"""A person takes over the talk, and gives it back. Meanwhile the assistant is silent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.city import City
from bot.domain.message import Outgoing
from bot.domain.roles import may
from bot.errors import InvalidInput, NotAllowed, NotFound
from bot.services.handle_case import Actor
from bot.services.notify import queue
from bot.store.models import Conversation, new_id


def hand_over(conversation: Conversation, now: datetime) -> None:
    """The resident asked for a person."""
    if conversation.handed_over_at is None:
        conversation.handed_over_at = now


def take_back(conversation: Conversation) -> None:
    """The resident asks for the assistant again."""
    conversation.handed_over_at = conversation.handled_by = None


def waiting(session: Session) -> list[Conversation]:
    """Conversations that wait for a person or are with one, longest first."""
    return list(
        session.scalars(
            select(Conversation).where(Conversation.handed_over_at.is_not(None)).order_by(Conversation.handed_over_at)
        )
    )


def say(session: Session, city: City, conversation_id: str, text: str, actor: Actor, now: datetime) -> None:
    """A staff member writes into the conversation."""
    conversation = _taken(session, conversation_id, actor)
    if not text.strip():
        raise InvalidInput("Tin nhắn chưa có nội dung.")
    conversation.handled_by = actor.name
    words = city.text("staff_message_plain").format(note=text.strip())
    queue(session, conversation.id, Outgoing(words), f"staff-{new_id()}", "staff", now)


def hand_back(session: Session, city: City, conversation_id: str, actor: Actor, now: datetime) -> None:
    """The assistant answers again; the resident is told."""
    conversation = _taken(session, conversation_id, actor)
    if conversation.handed_over_at is None:
        return
    key = f"handback-{conversation.id}-{conversation.handed_over_at.timestamp()}"
    conversation.handed_over_at = conversation.handled_by = None
    queue(session, conversation.id, Outgoing(city.text("handed_back")), key, "staff", now)


def _taken(session: Session, conversation_id: str, actor: Actor) -> Conversation:
    if not may(actor.role, "handoff"):
        raise NotAllowed("Vai trò này không trực hội thoại.")
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotFound("Không có hội thoại này.")
    return conversation
