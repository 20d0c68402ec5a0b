"""From an inbox row to its answers. A row is settled only when its answers stand in the outbox.

The turn is decided in the action server (bot/talk) and kept in `inbox.turn` together with its effects; Rasa renders
the words. When anything on that way fails the row waits and is tried again: the decision is not repeated.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.channels.base import Channel
from bot.city import City
from bot.dialogue import BotMessage, Dialogue
from bot.domain.message import Button, Incoming, MediaRef, Outgoing
from bot.errors import BrokenRequest, DialogueUnavailable, InvalidInput, RetryLater
from bot.services.choose import chosen
from bot.services.handoff import hand_over
from bot.services.media import MediaStore
from bot.services.notify import queue
from bot.store.database import Database
from bot.store.models import Conversation, Inbox
from bot.store.queue import claim, waiting

log = logging.getLogger(__name__)

_LONGEST_WAIT = timedelta(seconds=15)
_GIVE_UP = 20
"""Attempts, about four minutes of them."""


@dataclass
class Converse:
    """Answers inbox rows, one conversation in order.

    Args:
        slow_after: after how long the resident is told that it takes longer.
    """

    db: Database
    dialogue: Dialogue
    city: City
    media: MediaStore
    channels: dict[str, Channel]
    clock: Callable[[], datetime]
    slow_after: timedelta

    def step(self) -> bool:
        """Answer one waiting message. False when none is waiting."""
        row_id = self.take()
        if row_id is None:
            return False
        self.carry(row_id)
        return True

    def take(self) -> int | None:
        """Claim a message that waits; None when there is none. Who takes one has to `carry` it."""
        with self.db.read() as session:
            if not waiting(session, Inbox, self.clock()):
                return None
        with self.db.write() as session:
            return claim(session, Inbox, self.clock())

    def carry(self, row_id: int) -> None:
        """Answer a message that was taken, or put it back."""
        try:
            self._answer(row_id)
        except (DialogueUnavailable, RetryLater):
            self._put_back(row_id)

    def _answer(self, row_id: int) -> None:
        self._fetch_media(row_id)
        self._read_number(row_id)
        with self.db.read() as session:
            row = session.get_one(Inbox, row_id)
            message = Incoming.from_json(row.body)
            conversation = session.get_one(Conversation, row.conversation_id)
            sender = f"{conversation.id}.{conversation.epoch}"
            silent = conversation.handed_over_at is not None or message.event is not None
        channel = self.channels.get(message.channel)
        if channel is not None and not silent:
            channel.typing(message.sender)
        if message.event is not None:
            return self._settle_event(row_id, message.event)
        said = self._ask(sender, message, row_id)
        with self.db.write() as session:
            row = session.get_one(Inbox, row_id)
            if row.turn is None or len(said) < len(row.turn):
                # Rasa answered without (all of) what our actions decided: one of the two is not well.
                raise DialogueUnavailable("incomplete answer")
            self._store(session, row, said)
        return None

    def _ask(self, sender: str, message: Incoming, row_id: int) -> list[BotMessage]:
        metadata = {"inbox_id": row_id}
        if message.payload is not None:
            return self.dialogue.command(sender, "press", metadata)
        if not message.text:
            return self.dialogue.command(sender, "share", metadata)
        return self.dialogue.turn(sender, message.text, metadata)

    def _store(self, session: Session, row: Inbox, said: list[BotMessage]) -> None:
        now, channel = self.clock(), self.channels.get(row.channel)
        answers = [_outgoing(message) for message in said]
        if channel is not None and not channel.abilities.lasting:
            answers = buttons_last(answers)
        for number, outgoing in enumerate(answers):
            queue(session, row.conversation_id, outgoing, f"in-{row.id}-{number}", "reply", now, inbox_id=row.id)
        row.state, row.done_at, row.claimed_until = "done", now, None

    def _settle_event(self, row_id: int, event: str) -> None:
        with self.db.write() as session:
            row = session.get_one(Inbox, row_id)
            session.get_one(Conversation, row.conversation_id).reachable = event != "blocked"
            row.state, row.done_at = "done", self.clock()

    def _read_number(self, row_id: int) -> None:
        """A typed number becomes the press that it stands for; kept with the message, so that it stays one."""
        with self.db.read() as session:
            row = session.get_one(Inbox, row_id)
            message, channel = Incoming.from_json(row.body), self.channels.get(row.channel)
            if message.payload is not None or message.event is not None or message.media or channel is None:
                return
            payload = chosen(session, row.conversation_id, message.text, numbered=channel.abilities.buttons == 0)
        if payload is not None:
            with self.db.write() as session:
                row = session.get_one(Inbox, row_id)
                row.body = {**row.body, "payload": payload}

    def _fetch_media(self, row_id: int) -> None:
        """Bring in files that the platform only named; one that cannot be taken is told, the rest goes on."""
        with self.db.read() as session:
            row = session.get_one(Inbox, row_id)
            message = Incoming.from_json(row.body)
            channel = self.channels.get(row.channel)
        todo = [m for m in message.media if m.media_id is None and m.remote]
        if not todo or channel is None:
            return
        kept, refused = [m for m in message.media if m.media_id is not None], []
        for item in todo:
            try:
                kept.append(self._keep(row_id, item, channel.fetch(item.remote or "")))
            except (InvalidInput, BrokenRequest) as refusal:
                refused.append(str(refusal))
        with self.db.write() as session:
            row, now = session.get_one(Inbox, row_id), self.clock()
            row.body = {**row.body, "media": [vars(m) for m in kept]}
            if refused:
                told = Outgoing("\n".join(refused))
                queue(session, row.conversation_id, told, f"in-{row_id}-media", "reply", now, inbox_id=row_id)

    def _keep(self, row_id: int, item: MediaRef, content: bytes) -> MediaRef:
        with self.db.write() as session:
            row = session.get_one(Inbox, row_id)
            stored = self.media.put(session, content, item.kind, row.conversation_id, self.clock())
            return MediaRef(item.kind, stored.id, None, item.caption)

    def _put_back(self, row_id: int) -> None:
        # Asked outside the transaction: nobody waits for the database meanwhile.
        hopeless = self._attempts(row_id) >= _GIVE_UP and self.dialogue.ready()
        with self.db.write() as session:
            row, now = session.get_one(Inbox, row_id), self.clock()
            if hopeless:
                return self._give_up(session, row, now)
            wait = min(timedelta(seconds=0.5 * 2 ** min(row.attempts, 6)), _LONGEST_WAIT)
            row.state, row.claimed_until, row.available_at = "new", None, now + wait
            if now + wait - row.received_at >= self.slow_after:
                text = Outgoing(self.city.text("slow"))
                queue(session, row.conversation_id, text, f"slow-{row.id}", "reply", now, inbox_id=row.id)

    def _attempts(self, row_id: int) -> int:
        with self.db.read() as session:
            return session.get_one(Inbox, row_id).attempts

    def _give_up(self, session: Session, row: Inbox, now: datetime) -> None:
        """Rasa is well and this message still finds no answer: a person reads it, and the conversation goes on."""
        log.error("message %s found no answer in %s attempts: handed over", row.id, row.attempts)
        conversation = session.get_one(Conversation, row.conversation_id)
        hand_over(conversation, now)
        text = Outgoing(self.city.text("given_up"))
        queue(session, row.conversation_id, text, f"in-{row.id}-given-up", "reply", now, inbox_id=row.id)
        row.state, row.done_at, row.claimed_until = "done", now, None


def _outgoing(message: BotMessage) -> Outgoing:
    return Outgoing(
        text=message.text,
        buttons=tuple(Button(label, payload) for label, payload in message.buttons),
        images=tuple(message.custom.get("images") or ()),
        ask=message.custom.get("ask"),
    )


def buttons_last(answers: list[Outgoing]) -> list[Outgoing]:
    """All choices of one answer on its last message, for apps where they vanish when another message follows."""
    if not answers:
        return []
    *before, last = answers
    moved = tuple(dict.fromkeys(button for answer in answers for button in answer.buttons))
    return [*(replace(answer, buttons=()) for answer in before), replace(last, buttons=moved)]
