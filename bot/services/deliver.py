"""From an outbox row to the platform: by which way now, and what became of it.

Each step of a row's way is an `attempts` row, so that staff can prove what was done. The way is decided by state
(bot/domain/reach.py); a refusal of the platform closes that way for this message and the next one is tried.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.base import Channel, File
from bot.domain.message import Outgoing
from bot.domain.reach import WAYS, Contact, Hold, Kind, Message, Send, Wait, Way, next_step
from bot.errors import BrokenRequest, ChannelDown, NotFound, RetryLater, Unreachable, WayClosed
from bot.services.channel_state import mark_down, mark_waiting, mark_well, paused
from bot.services.media import MediaStore
from bot.services.pace import Crowd, Pace
from bot.services.qr import code_png
from bot.store.database import Database
from bot.store.models import Attempt, Conversation, Outbox
from bot.store.queue import claim, waiting

log = logging.getLogger(__name__)

_LONGEST_WAIT = 900.0
_OFF = timedelta(minutes=5)
"""How long a row waits whose channel has no keys here."""


@dataclass
class Deliver:
    """Sends outbox rows, one conversation in order, many conversations side by side.

    Args:
        share: how many messages of one channel may be under way at once, so that a slow platform leaves room.
    """

    db: Database
    media: MediaStore
    channels: dict[str, Channel]
    clock: Callable[[], datetime]
    public_url: str
    share: int = 1
    pace: Pace = field(default_factory=Pace)
    crowd: Crowd = field(default_factory=Crowd)
    well_at: dict[str, datetime] = field(default_factory=dict)
    """When a message last went through, by channel."""

    def step(self) -> bool:
        """Send one waiting message. False when none can be sent now."""
        row_id = self.take()
        if row_id is None:
            return False
        self.carry(row_id)
        return True

    def take(self) -> int | None:
        """Claim a message that can be sent now; None when there is none. Who takes one has to `carry` it."""
        now = self.clock()
        full = self.crowd.full(self.share)
        with self.db.read() as session:
            closed = [*paused(session, now), *full]
            if not waiting(session, Outbox, now, closed):
                return None
        with self.db.write() as session:
            row_id = claim(session, Outbox, now, closed)
            channel = None if row_id is None else session.scalar(select(Outbox.channel).where(Outbox.id == row_id))
        if row_id is not None and channel is not None:
            self.crowd.enter(row_id, channel)
        return row_id

    def carry(self, row_id: int) -> None:
        """Send a message that was taken, and write down what became of it."""
        try:
            self._carry(row_id)
        finally:
            self.crowd.leave(row_id)

    def _carry(self, row_id: int) -> None:
        with self.db.read() as session:
            row = session.get_one(Outbox, row_id)
            conversation = session.get_one(Conversation, row.conversation_id)
            message, channel = Outgoing.from_json(row.body), self.channels.get(row.channel)
            contact = _contact(conversation, _refused_ways(session, row_id, conversation.last_seen_at))
        if channel is None:
            return self._later(row_id, _OFF.total_seconds(), "kênh đang tắt")
        step = next_step(channel.push, contact, _question(row, message), self.clock())
        if isinstance(step, Hold):
            return self._hold(row_id, step)
        if isinstance(step, Wait):
            return self._wait(row_id, row.kind, step.reason)
        address = contact.phone if step.way == "phone" and contact.phone else conversation.address
        self._send(row_id, channel, address, message, step, conversation.id)

    def _send(
        self, row_id: int, channel: Channel, address: str, message: Outgoing, step: Send, conversation_id: str
    ) -> None:
        way = step.way
        seconds = self.pace.too_soon(channel.name, address, channel.rate)
        if seconds > 0:
            return self._not_yet(row_id, seconds)
        self.pace.wait(channel.name, channel.rate)
        try:
            sent = channel.send(address, message, self._files(message), way)
        except RetryLater as error:
            self._again(row_id, channel.name, way, error)
        except WayClosed as error:
            self._refused(row_id, way, str(error))
        except Unreachable as error:
            self._unreachable(conversation_id)
            self._refused(row_id, way, str(error))
        except BrokenRequest as error:
            self._settle(row_id, "undeliverable", way, reason=str(error))
        except ChannelDown as error:
            self._down(row_id, channel.name, way, str(error))
        else:
            self._settle(row_id, "sent", way, platform_id=sent, well=channel.name)

    def _files(self, message: Outgoing) -> list[File]:
        """The pictures of a message: stored media, or QR codes drawn on the spot."""
        files = []
        for image in message.images:
            if image.startswith("/qr/"):
                code = image.removeprefix("/qr/").removesuffix(".png")
                files.append(File(code_png(self.public_url, code), "image/png", f"{code}.png"))
                continue
            try:
                with self.db.read() as session:
                    stored = self.media.get(session, image)
                files.append(File(stored.path.read_bytes(), stored.content_type, f"{image}.jpg"))
            except (NotFound, OSError):
                continue
        return files

    # --- what became of it ---

    def _again(self, row_id: int, channel: str, way: Way, error: RetryLater) -> None:
        with self.db.read() as session:
            attempts = session.get_one(Outbox, row_id).attempts
        if error.uncertain and attempts > 1:
            # It may have arrived; a second repetition would rather send it twice.
            return self._settle(row_id, "sent", way, reason="không rõ nền tảng đã nhận chưa")
        wait = min(2.0 ** min(attempts, 10), _LONGEST_WAIT) * random.uniform(0.8, 1.2)
        if error.everyone or error.after is not None:
            # "Slow down" for one person again and again is meant for us all.
            with self.db.write() as session:
                after = error.after if error.everyone else None
                wait = max(wait, self._mark(session, channel, str(error), after))
        return self._later(row_id, max(wait, error.after or 0.0), str(error), way)

    def _mark(self, session: Session, channel: str, reason: str, after: float | None) -> float:
        return mark_waiting(session, channel, reason, after, self.clock(), self.well_at.get(channel))

    def _later(self, row_id: int, seconds: float, reason: str, way: Way | None = None) -> None:
        with self.db.write() as session:
            row = session.get_one(Outbox, row_id)
            row.state, row.claimed_until, row.reason = "queued", None, reason[:300]
            row.available_at = self.clock() + timedelta(seconds=seconds)
            if way is not None:
                self._note(session, row, "retry", way, reason)

    def _not_yet(self, row_id: int, seconds: float) -> None:
        """This person has just had several messages: nobody waits for that, and it counts as no try."""
        with self.db.write() as session:
            row = session.get_one(Outbox, row_id)
            row.state, row.claimed_until, row.attempts = "queued", None, row.attempts - 1
            row.available_at = self.clock() + timedelta(seconds=seconds)

    def _hold(self, row_id: int, step: Hold) -> None:
        with self.db.write() as session:
            row = session.get_one(Outbox, row_id)
            row.state, row.claimed_until, row.reason = "queued", None, step.reason
            row.available_at = step.until
            row.attempts = 0
            self._note(session, row, "held", None, step.reason)

    def _wait(self, row_id: int, kind: str, reason: str) -> None:
        """No way is open. A notice is kept for the next message and put before staff; an answer is late and is not."""
        state = "undeliverable" if kind == "reply" else "waiting"
        with self.db.write() as session:
            row = session.get_one(Outbox, row_id)
            # What the platform itself said tells staff more than our rule.
            row.state, row.claimed_until, row.reason = state, None, row.reason or reason[:300]
            self._note(session, row, state, None, row.reason)

    def _refused(self, row_id: int, way: Way, reason: str) -> None:
        """This way is closed for this message: at once again, another way."""
        with self.db.write() as session:
            row = session.get_one(Outbox, row_id)
            row.state, row.claimed_until, row.reason = "queued", None, reason[:300]
            row.available_at = self.clock()
            self._note(session, row, "refused", way, reason)

    def _down(self, row_id: int, channel: str, way: Way, reason: str) -> None:
        with self.db.write() as session:
            until = mark_down(session, channel, reason, self.clock())
            row = session.get_one(Outbox, row_id)
            row.state, row.claimed_until, row.reason = "queued", None, reason[:300]
            row.available_at = until
            self._note(session, row, "retry", way, reason)

    def _settle(
        self,
        row_id: int,
        state: str,
        way: Way,
        reason: str | None = None,
        platform_id: str | None = None,
        well: str | None = None,
    ) -> None:
        with self.db.write() as session:
            row = session.get_one(Outbox, row_id)
            if row.state not in ("delivered", "read"):
                row.state = state
            row.claimed_until, row.way = None, way
            row.reason = reason[:300] if reason else None
            row.platform_message_id = platform_id or row.platform_message_id
            if state == "sent":
                row.sent_at = self.clock()
            self._note(session, row, state, way, reason)
            if well is not None:
                self.well_at[well] = self.clock()
                mark_well(session, well, self.clock())

    def _note(self, session: Session, row: Outbox, outcome: str, way: Way | None, reason: str | None) -> None:
        """Append to the proof. Answers inside a talk need none unless something went wrong."""
        if row.kind == "reply" and outcome == "sent" and reason is None:
            return
        session.add(
            Attempt(
                outbox_id=row.id, at=self.clock(), way=way, outcome=outcome, reason=reason[:300] if reason else None
            )
        )

    def _unreachable(self, conversation_id: str) -> None:
        with self.db.write() as session:
            session.get_one(Conversation, conversation_id).reachable = False


def _refused_ways(session: Session, row_id: int, since: datetime | None) -> frozenset[Way]:
    """Ways that the platform refused for this message since the person last wrote, or staff had it sent again: both
    open them anew."""
    query = select(Attempt).where(Attempt.outbox_id == row_id, Attempt.outcome.in_(("refused", "resend")))
    closed: set[str | None] = set()
    for step in session.scalars(query.order_by(Attempt.id)):
        if step.outcome == "resend":
            closed.clear()
        elif since is None or step.at > since:
            closed.add(step.way)
    return frozenset(way for way in WAYS if way in closed)


def _contact(conversation: Conversation, refused: frozenset[Way]) -> Contact:
    phone = conversation.resident.phone
    return Contact(conversation.last_seen_at, conversation.reachable, international(phone), refused)


def _question(row: Outbox, message: Outgoing) -> Message:
    return Message(cast(Kind, row.kind), message.template is not None, row.urgent)


def international(phone: str | None) -> str | None:
    """`0912 345 678` or `+84912345678` as `84912345678`; None for none."""
    digits = "".join(c for c in phone or "" if c.isdigit())
    return "84" + digits[1:] if digits.startswith("0") else digits or None
