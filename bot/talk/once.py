"""Deciding one turn once: replies and effects are kept in the same transaction as the message they answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bot.city import City
from bot.domain.message import Incoming
from bot.errors import InvalidInput
from bot.services.media import MediaStore
from bot.store.database import Database
from bot.store.models import Conversation, Inbox
from bot.talk import desk, report
from bot.talk.turn import Talk, Understanding

_KEPT = ("intent", "label", "confidence", "ranking", "second", "entities", "place")


@dataclass(frozen=True)
class Assistant:
    """Everything that deciding needs. `parse` asks the understanding about a text."""

    db: Database
    city: City
    media: MediaStore
    clock: Callable[[], datetime]
    parse: Callable[[str], dict[str, Any]]
    public_url: str

    def decide(self, inbox_id: int, flow: str, parse: dict[str, Any]) -> list[dict[str, Any]]:
        """The replies to one message, as JSON of `Reply`. Asked again for the same message: the same, no new effect."""
        with self.db.write() as session:
            row = session.get_one(Inbox, inbox_id, with_for_update=True)
            if row.turn is not None:
                return row.turn
            row.parse = {**{k: parse.get(k) for k in _KEPT}, "flow": flow}
            conversation = session.get_one(Conversation, row.conversation_id, with_for_update=True)
            talk = Talk(
                session=session,
                city=self.city,
                conversation=conversation,
                message=Incoming.from_json(row.body),
                heard=Understanding.from_parse(parse),
                inbox_id=inbox_id,
                now=self.clock(),
                understand=lambda text: Understanding.from_parse(self.parse(text)),
                media=self.media,
                public_url=self.public_url,
                flow=flow,
            )
            _answer(talk)
            if _overtaken(talk):
                talk.replies = []
                report.take_back(talk)
            row.turn = [reply.to_json() for reply in talk.replies]
            return row.turn


def _answer(talk: Talk) -> None:
    """What a rule refuses is said, and nothing of the turn stays: trying again would be refused again."""
    try:
        with talk.session.begin_nested():
            desk.answer(talk)
    except InvalidInput as refusal:
        talk.replies = []
        talk.say("utter_refused", why=str(refusal))


def _overtaken(talk: Talk) -> bool:
    """Whether the person has written on already, and this was only a question or summary on the way.

    Three pictures or three lines sent at once get one answer, the last.
    """
    if not talk.replies or not all(r.name.startswith(("utter_ask_", "utter_summary")) for r in talk.replies):
        return False
    later = select(Inbox).where(Inbox.conversation_id == talk.conversation.id, Inbox.id > talk.inbox_id)
    following = talk.session.scalars(later.where(Inbox.state == "new").order_by(Inbox.id)).first()
    return following is not None and following.body.get("payload") is None
