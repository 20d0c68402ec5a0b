"""What the resident is told: one outbox row for each change, written in the transaction of the change."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.city import City
from bot.domain.deadline import in_words
from bot.domain.message import Button, Outgoing, Template
from bot.domain.reach import LOCAL, Kind
from bot.domain.status import STATUSES, Clock, Phase
from bot.store.models import FIRST, LATER, Attachment, Case, Conversation, Follower, Outbox


def queue(
    session: Session, conversation_id: str, message: Outgoing, key: str, kind: Kind, now: datetime, **links: Any
) -> None:
    """Queue one message once: a second call with the same key changes nothing."""
    if session.scalar(select(Outbox.id).where(Outbox.key == key)) is not None:
        return
    session.add(
        Outbox(
            key=key,
            conversation_id=conversation_id,
            channel=session.get_one(Conversation, conversation_id).channel,
            kind=kind,
            rank=LATER if kind == "notice" and not links.get("urgent") else FIRST,
            body=message.to_json(),
            available_at=now,
            created_at=now,
            **links,
        )
    )


def notify_status(
    session: Session, city: City, case: Case, event_id: int, note: str | None, now: datetime, source: str | None = None
) -> None:
    """Tell the resident about a new status, in the words of `data/texts/notices.yml`; what depends on the status
    before (`source`) has a sentence of its own there.

    Whoever reported the same matter (a merged case) is told the result as well.
    """
    if not STATUSES[case.status].notice:
        return
    images = tuple(new_photos(session, case)) if case.status == "resolved" else ()
    buttons = rating_buttons(city, case.code) if case.status == "resolved" else ()
    name = f"notice_{source}_{case.status}"
    if name in city.texts:
        buttons = (Button(city.texts["buttons"]["add"]["vi"], f"after:add:{case.code}"),)
    words = notice_text(city, case, name if name in city.texts else f"notice_{case.status}", note)
    message = Outgoing(words, buttons=buttons, images=images, template=template_for(city, case, now))
    tell(session, case, message, f"case-{case.id}-event-{event_id}", now)
    if STATUSES[case.status].phase is Phase.ANSWERED:
        for same in session.scalars(select(Case).where(Case.parent_id == case.id)):
            words = notice_text(city, case, "notice_resolved_merged", note, own=same.code)
            tell(session, same, replace(message, text=words, buttons=()), f"case-{same.id}-event-{event_id}", now)


def tell(session: Session, case: Case, message: Outgoing, key: str, now: datetime, kind: Kind = "notice") -> None:
    """Queue a message once for each conversation that hears of the case: the one that filed it, and its followers."""
    for conversation in listening(session, case):
        own = key if conversation.id == case.conversation_id else f"{key}-f{conversation.id}"
        queue(session, conversation.id, message, own, kind, now, case_id=case.id, urgent=case.level == "urgent")


def listening(session: Session, case: Case) -> list[Conversation]:
    """The conversations that hear of a case."""
    followers = select(Follower.conversation_id).where(Follower.case_id == case.id)
    here = or_(Conversation.id == case.conversation_id, Conversation.id.in_(followers))
    query = select(Conversation).where(here).order_by(Conversation.created_at, Conversation.id)
    return [c for c in session.scalars(query) if c.resident.erased_at is None]


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
        "until": in_words(pause_ends(city, case)) if case.paused_at else "",
    }
    text = city.text(name)
    if isinstance(text, dict):
        # Some sentences have a short form for when there is no note or date.
        text = text["with_note"] if values["note"] else text["plain"]
    return text.format(**values, **more)


def pause_ends(city: City, case: Case) -> datetime:
    """Until when a paused case waits for its resident."""
    assert case.paused_at is not None
    return city.calendar.add(case.paused_at, timedelta(hours=city.pause_hours))


def template_for(city: City, case: Case, now: datetime) -> Template:
    """The approved template that says a case's status where ordinary words are not allowed any more."""
    status = STATUSES[case.status]
    values = {
        "code": case.code,
        "status": status.label,
        "filed": _day(case.created_at),
        "date": _day(now),
    }
    name = city.template_saying("paused" if status.clock is Clock.PAUSED else status.phase.value)
    return Template(name, {key: values[key] for key in city.templates[name]["parameters"]})


def _day(moment: datetime) -> str:
    return moment.astimezone(LOCAL).strftime("%d/%m/%Y")


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
