"""Consent, and erasing what is a person's on request (Law 91/2025/QH15; domain.md §1.5)."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import String, cast, delete, literal, select, update
from sqlalchemy.orm import Session

from bot.services.media import MediaStore
from bot.store.models import (
    Attachment,
    Case,
    CaseMessage,
    Consent,
    Conversation,
    Draft,
    Follower,
    FollowTry,
    Inbox,
    Media,
    Outbox,
    Review,
)

ERASED = {"erased": True}
_PHONE = re.compile(r"(?<!\d)(?:\+?84|0)(?:[\s.-]?\d){8,10}(?!\d)")
_NAME = r"(?:[A-ZĐÀ-Ỹ][\w]*\s+){1,4}[A-ZĐÀ-Ỹ]\w*"
_OWN_NAME = re.compile(
    rf"((?i:tôi tên là|tên tôi là|tôi tên|em tên|cháu tên|mình tên|tôi là|em là|cháu là|tên là|họ tên:?)\s+){_NAME}"
)


def record_consent(session: Session, conversation: Conversation, answer: str, version: str, now: datetime) -> None:
    """Keep the proof: which text, when, where, what was answered. answer: yes | no | by_staff | withdrawn."""
    conversation.consent = answer
    session.add(
        Consent(
            conversation_id=conversation.id, channel=conversation.channel, text_version=version, answer=answer, at=now
        )
    )


def forget_messages(session: Session, media: MediaStore, conversation: Conversation, now: datetime) -> None:
    """Erase what was said and sent, drafts and followed cases too. Files that belong to a filed case stay with it."""
    session.execute(
        update(Inbox)
        .where(Inbox.conversation_id == conversation.id, Inbox.state == "done")
        .values(body=ERASED, parse=None, turn=None)
    )
    session.execute(
        update(Inbox).where(Inbox.conversation_id == conversation.id, Inbox.state != "done").values(parse=None)
    )
    for row in session.scalars(
        select(Outbox).where(Outbox.conversation_id == conversation.id, Outbox.state.not_in(("queued", "claimed")))
    ):
        row.body = {"text": "", "buttons": [], "images": []}
        if row.state == "waiting":
            row.state, row.reason = "undeliverable", "người dân đã yêu cầu xóa dữ liệu"
    session.execute(update(Draft).where(Draft.conversation_id == conversation.id).values(body={}))
    session.execute(
        update(Draft).where(Draft.conversation_id == conversation.id, Draft.state == "open").values(state="dropped")
    )
    filed = select(Attachment.media_id)
    for item in session.scalars(
        select(Media).where(Media.conversation_id == conversation.id, Media.erased_at.is_(None), Media.id.not_in(filed))
    ):
        media.erase(item, now)
    session.execute(delete(Follower).where(Follower.conversation_id == conversation.id))
    # Tries still count for the case, or erasing would open the lock on somebody's digits.
    session.execute(update(FollowTry).where(FollowTry.conversation_id == conversation.id).values(conversation_id=None))
    conversation.state = {}


def forget_last(session: Session, media: MediaStore, inbox_ids: list[int], now: datetime) -> None:
    """Empty single messages whose content must not be kept (a denunciation), and erase their files."""
    for row in session.scalars(select(Inbox).where(Inbox.id.in_(inbox_ids))):
        for item in row.body.get("media") or ():
            file = session.get(Media, item["media_id"]) if item.get("media_id") else None
            if file is not None:
                media.erase(file, now)
        row.body = {**{k: row.body[k] for k in ("channel", "message_id", "sender") if k in row.body}, **ERASED}
        row.parse = {"label": (row.parse or {}).get("label")}


def erase_resident(session: Session, media: MediaStore, conversation: Conversation, version: str, now: datetime) -> int:
    """Remove the person from everything: messages, drafts, name, phone; cases stay, without who sent them.

    Returns the number of cases that stay. Their number, place and text are public records.
    """
    resident = conversation.resident
    cases = list(session.scalars(select(Case).where(Case.resident_id == resident.id)))
    for case in cases:
        case.resident_id = case.conversation_id = None
        case.text = without_identity(case.text)
        case.fields = {k: v for k, v in case.fields.items() if k not in ("contact_phone", "name", "customer_code")}
    for other in session.scalars(select(Conversation).where(Conversation.resident_id == resident.id)):
        forget_messages(session, media, other, now)
        _unlink(session, other)
        record_consent(session, other, "withdrawn", version, now)
        other.consent = None
        other.introduced = False
    resident.name = resident.phone = None
    mine = [case.id for case in cases]
    for message in session.scalars(select(CaseMessage).where(CaseMessage.case_id.in_(mine))):
        message.key = None
        if message.author == "resident":
            message.text = without_identity(message.text)
    # Who follows a case of this person is this person elsewhere, as far as we know.
    for links in (Follower, FollowTry):
        session.execute(delete(links).where(links.case_id.in_(mine)))
    return len(cases)


def without_identity(text: str) -> str:
    """Without phone numbers and without the name that somebody gives as their own."""
    return _OWN_NAME.sub(r"\1[đã xoá tên]", _PHONE.sub("[đã xoá số]", text))


def _unlink(session: Session, conversation: Conversation) -> None:
    """Nothing that stays with a case may lead back to the conversation it came from."""
    session.execute(delete(Draft).where(Draft.conversation_id == conversation.id))
    for table in (Review, Media):
        session.execute(update(table).where(table.conversation_id == conversation.id).values(conversation_id=None))
    about_cases = update(Outbox).where(Outbox.conversation_id == conversation.id, Outbox.case_id.is_not(None))
    session.execute(about_cases.values(case_id=None, key=literal("erased-") + cast(Outbox.id, String)))
