"""The tables. Times are aware UTC; JSON columns hold what only one module reads.

How rows move:
    inbox    new -> claimed -> done            one conversation in order; a claim that expires is new again
    outbox   queued -> claimed -> sent -> delivered -> read
                              -> waiting -> queued   no way is open: until the person writes, or staff send it again
                              -> undeliverable       never again; staff see the reason
             waiting -> told                         a person of ours has called instead
    draft    open -> filed | dropped           one open draft a conversation
    cases    see bot/domain/status.py; every change appends a case_event and queues the notices with it
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC on both databases (SQLite keeps none of the offset)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def new_id() -> str:
    """An unguessable id."""
    return uuid.uuid4().hex


# SQLite only numbers INTEGER primary keys by itself.
BigId = BigInteger().with_variant(Integer, "sqlite")


FIRST, LATER = RANKS = (0, 1)
"""In which order messages of ours go out."""


class Base(DeclarativeBase):
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON}


class Resident(Base):
    """A person who wrote to us. Erasing empties the row and keeps its id."""

    __tablename__ = "residents"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    name: Mapped[str | None] = mapped_column(String(200))
    phone: Mapped[str | None] = mapped_column(String(20), index=True)
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class Conversation(Base):
    """One person on one channel. `state` is what the assistant must remember between two messages."""

    __tablename__ = "conversations"
    __table_args__ = (UniqueConstraint("channel", "address"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(200))
    resident_id: Mapped[str] = mapped_column(ForeignKey("residents.id"), index=True)
    language: Mapped[str] = mapped_column(String(5), default="vi")
    consent: Mapped[str | None] = mapped_column(String(20))
    introduced: Mapped[bool] = mapped_column(default=False)
    handed_over_at: Mapped[datetime | None]
    handled_by: Mapped[str | None] = mapped_column(String(60))
    reachable: Mapped[bool] = mapped_column(default=True)
    state: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    epoch: Mapped[int] = mapped_column(default=0)
    last_seen_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    resident: Mapped[Resident] = relationship(lazy="joined", innerjoin=True)


class Consent(Base):
    """Proof of what was asked and answered (Law 91/2025/QH15)."""

    __tablename__ = "consents"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    channel: Mapped[str] = mapped_column(String(20))
    text_version: Mapped[str] = mapped_column(String(20))
    answer: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]


class Inbox(Base):
    """Every message that a platform delivered, stored before it is acknowledged."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "message_id"),
        Index("ix_inbox_open", "state", "available_at", "id"),
        Index("ix_inbox_conversation", "conversation_id", "id"),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    message_id: Mapped[str] = mapped_column(String(200))
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    parse: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """What was understood; kept for the review list."""
    turn: Mapped[list[Any] | None] = mapped_column(JSON)
    """The replies decided for this message, kept with their effects: deciding twice repeats nothing."""
    state: Mapped[str] = mapped_column(String(10), default="new")
    attempts: Mapped[int] = mapped_column(default=0)
    available_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    received_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class Outbox(Base):
    """Every message of ours. `key` makes sure that one cause queues one message."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_outbox_open", "state", "rank", "available_at", "id"),
        Index("ix_outbox_conversation", "conversation_id", "id"),
        Index("ix_outbox_platform", "channel", "platform_message_id"),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(120))
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    channel: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(10))
    """reply | notice | staff"""
    rank: Mapped[int] = mapped_column(SmallInteger, default=LATER)
    """FIRST: an answer, an officer's word, anything urgent; LATER: the notices, of which many may come at once."""
    inbox_id: Mapped[int | None] = mapped_column(index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(15), default="queued")
    reason: Mapped[str | None] = mapped_column(String(300))
    attempts: Mapped[int] = mapped_column(default=0)
    available_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    way: Mapped[str | None] = mapped_column(String(10))
    """How it went (bot/domain/reach.py)."""
    urgent: Mapped[bool] = mapped_column(default=False)
    platform_message_id: Mapped[str | None] = mapped_column(String(200))


class Draft(Base):
    """A report in the making. `body` belongs to bot/talk/draft.py."""

    __tablename__ = "drafts"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(10), default="open")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Media(Base):
    """A stored file: media_dir/<id>; erased means that the file is gone."""

    __tablename__ = "media"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class Case(Base):
    """One report or recommendation with its life."""

    __tablename__ = "cases"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(14), unique=True)
    status: Mapped[str] = mapped_column(String(20), index=True)
    kind: Mapped[str] = mapped_column(String(20), default="report")
    topic: Mapped[str | None] = mapped_column(String(40), index=True)
    topic_sure: Mapped[bool] = mapped_column(default=True)
    level: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
    place_raw: Mapped[str | None] = mapped_column(Text)
    ward: Mapped[str | None] = mapped_column(String(10), index=True)
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    fields: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    agency: Mapped[str] = mapped_column(String(60), index=True)
    resident_id: Mapped[str | None] = mapped_column(ForeignKey("residents.id"), index=True)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id"), index=True)
    channel: Mapped[str] = mapped_column(String(20))
    draft_id: Mapped[str | None] = mapped_column(String(32), unique=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
    assigned_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    extended_at: Mapped[datetime | None]
    reopened: Mapped[int] = mapped_column(default=0)
    returned: Mapped[int] = mapped_column(default=0)
    supervised: Mapped[bool] = mapped_column(default=False)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    answer: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[str | None] = mapped_column(String(60))
    rating: Mapped[str | None] = mapped_column(String(20))
    rated_at: Mapped[datetime | None]
    look_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the clock has to look at this case next (bot/services/remind.py); None: at once."""
    version: Mapped[int] = mapped_column(default=1)
    events: Mapped[list[CaseEvent]] = relationship(order_by="CaseEvent.id")
    messages: Mapped[list[CaseMessage]] = relationship(order_by="CaseMessage.id")
    attachments: Mapped[list[Attachment]] = relationship(order_by="Attachment.id")
    __mapper_args__ = {"version_id_col": version}


class CaseEvent(Base):
    """Append-only history: who, when, from, to, why."""

    __tablename__ = "case_events"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20), default="status")
    source: Mapped[str | None] = mapped_column(String(60))
    target: Mapped[str | None] = mapped_column(String(60))
    note: Mapped[str | None] = mapped_column(Text)


class CaseMessage(Base):
    """What resident and staff said to each other about a case."""

    __tablename__ = "case_messages"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    at: Mapped[datetime]
    author: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(Text)
    key: Mapped[str | None] = mapped_column(String(120), unique=True)


class Attachment(Base):
    """A photo, voice note or file of a case. stage: `report` | `more` | `result`."""

    __tablename__ = "attachments"
    __table_args__ = (UniqueConstraint("case_id", "media_id"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    media_id: Mapped[str] = mapped_column(ForeignKey("media.id"))
    kind: Mapped[str] = mapped_column(String(10))
    caption: Mapped[str] = mapped_column(Text, default="")
    stage: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]


class Follower(Base):
    """A conversation that hears of a case that it did not file (bot/services/follow_case.py)."""

    __tablename__ = "followers"
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True, index=True)
    since: Mapped[datetime]


class FollowTry(Base):
    """Wrong digits given for a case; too many of them lock."""

    __tablename__ = "follow_tries"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id"), index=True)
    at: Mapped[datetime]


class Staff(Base):
    """A person who works here."""

    __tablename__ = "staff"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    username: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    agency: Mapped[str | None] = mapped_column(String(60))
    active: Mapped[bool] = mapped_column(default=True)
    session_epoch: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class Review(Base):
    """A message whose understanding was unsure or was corrected; a person sets the right label."""

    __tablename__ = "reviews"
    __table_args__ = (UniqueConstraint("key"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(120))
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    why: Mapped[str] = mapped_column(String(20))
    """unsure | corrected | rerouted"""
    text: Mapped[str] = mapped_column(Text)
    understood: Mapped[dict[str, Any]] = mapped_column(JSON)
    proposed: Mapped[str | None] = mapped_column(String(40))
    label: Mapped[str | None] = mapped_column(String(40))
    decided_by: Mapped[str | None] = mapped_column(String(60))
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Kept(Base):
    """What a channel must keep and change by itself, such as a token that is good for one use (bot/store/vault.py)."""

    __tablename__ = "kept"
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    body: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    holder: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None]


class ChannelState(Base):
    """A channel that must wait: `until` then, because of `reason`; `down` when a person has to act (an alarm)."""

    __tablename__ = "channel_states"
    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    until: Mapped[datetime | None]
    down: Mapped[bool] = mapped_column(default=False)
    failures: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str | None] = mapped_column(String(300))
    since: Mapped[datetime | None]


class Attempt(Base):
    """One step of the way of a message of ours to its reader; append-only, so that staff can prove what was done."""

    __tablename__ = "attempts"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), index=True)
    at: Mapped[datetime]
    way: Mapped[str | None] = mapped_column(String(10))
    outcome: Mapped[str] = mapped_column(String(15))
    """sent | retry | refused | held | waiting | undeliverable | called | resend | delivered | read"""
    reason: Mapped[str | None] = mapped_column(String(300))
    by: Mapped[str | None] = mapped_column(String(60))


class Heartbeat(Base):
    """When a role last showed that it lives."""

    __tablename__ = "heartbeats"
    role: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]
