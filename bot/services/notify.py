"""What the resident is told: one outbox row for each change, written in the transaction of the change."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.city import City
from bot.domain.deadline import in_words
from bot.domain.message import Button, Outgoing
from bot.domain.status import STATUSES, Phase
from bot.store.models import Attachment, Case, Conversation, Outbox


def queue(
    session: Session, conversation_id: str, message: Outgoing, key: str, kind: str, now: datetime, **links: Any
) -> None:
    """Queue one message once: a second call with the same key changes nothing."""
    if session.scalar(select(Outbox.id).where(Outbox.key == key)) is not None:
        return
    session.add(
        Outbox(
            key=key,
            conversation_id=conversation_id,
            kind=kind,
            body=message.to_json(),
            available_at=now,
            created_at=now,
            **links,
        )
    )


def notify_status(session: Session, city: City, case: Case, event_id: int, note: str | None, now: datetime) -> None:
    """Tell the resident about a new status, in the words of `data/texts/notices.yml`.

    Whoever reported the same matter (a merged case) is told the result as well.
    """
    if not STATUSES[case.status].notice:
        return
    images = tuple(new_photos(session, case)) if case.status == "resolved" else ()
    buttons = rating_buttons(city, case.code) if case.status == "resolved" else ()
    message = Outgoing(notice_text(city, case, f"notice_{case.status}", note), buttons=buttons, images=images)
    tell(session, case, message, f"case-{case.id}-event-{event_id}", now)
    if STATUSES[case.status].phase is Phase.ANSWERED:
        for same in session.scalars(select(Case).where(Case.parent_id == case.id)):
            tell(session, same, replace(message, buttons=()), f"case-{same.id}-event-{event_id}", now)


def tell(session: Session, case: Case, message: Outgoing, key: str, now: datetime, kind: str = "notice") -> None:
    """Queue a message to whoever filed the case, if there is a conversation to send it to."""
    if case.conversation_id is None:
        return
    conversation = session.get(Conversation, case.conversation_id)
    if conversation is None or conversation.resident.erased_at is not None:
        return
    queue(session, conversation.id, message, key, kind, now, case_id=case.id)


def notice_text(city: City, case: Case, name: str, note: str | None = None, **more: Any) -> str:
    """Fill one sentence of the city's texts with the case's facts."""
    parent = more.pop("parent", "")
    values = {
        "code": case.code,
        "topic": city.topic_name(case.topic),
        "agency": city.agency_name(case.agency),
        "due": in_words(case.due_at) if case.due_at else "",
        "note": (note or "").strip(),
        "answer": (case.answer or "").strip(),
        "days": city.reopen_days,
        "parent": parent,
    }
    text = city.text(name)
    if isinstance(text, dict):
        # Some sentences have a short form for when there is no note or date.
        text = text["with_note"] if values["note"] else text["plain"]
    return text.format(**values, **more)


def rating_buttons(city: City, code: str) -> tuple[Button, ...]:
    """Satisfied first, then acceptable, not satisfied, not done."""
    return tuple(Button(b["label"], f"after:{b['verb']}:{code}") for b in city.texts["rating_buttons"])


def new_photos(session: Session, case: Case) -> list[str]:
    """Result photos that came since the last reopening."""
    query = select(Attachment).where(
        Attachment.case_id == case.id, Attachment.stage == "result", Attachment.kind == "photo"
    )
    since = max((e.at for e in case.events if e.target == "reopened"), default=None)
    return [a.media_id for a in session.scalars(query.order_by(Attachment.id)) if since is None or a.at >= since]
