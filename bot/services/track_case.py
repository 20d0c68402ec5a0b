"""What may be seen of a case: everything for staff, more for the one who filed, little for a stranger."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.city import City
from bot.domain import tracking_code
from bot.domain.proof import Step, instead, stopped_by
from bot.domain.roles import Role, may
from bot.domain.status import STATUSES
from bot.services.follow_case import follows
from bot.services.handle_case import is_overdue
from bot.store.models import Attempt, Case, Conversation, Follower, Outbox
from bot.store.queries import attempts_of

_PHONE = re.compile(r"(?<!\d)(?:\+?84|0)(?:[\s.-]?\d){8,10}(?!\d)")
_PLATE = re.compile(r"\b\d{2}\s?-?\s?[A-Za-z]{1,2}\d?\s?-?\s?\d{3}[.\s]?\d{1,2}\b")
_HOUSE = re.compile(
    r"\b(?:số(?:\s+nhà)?|sn|nhà(?:\s+số)?|so(?:\s+nha)?|nha so|căn(?:\s+hộ)?|can ho|phòng)\s*:?\s*"
    r"\d+\w*(?:[/-]\d+\w*)*",
    re.IGNORECASE,
)
_DOSSIER = re.compile(r"\b[A-Z]?\d{2,3}(?:\.\d{2,3})*\.?[A-Z]?\d*-\d{6}-\d{3,6}\b")


def by_typed_code(session: Session, city: City, typed: str) -> tuple[Case | None, tracking_code.Reading | None]:
    """The case that a typed code means. (None, None): no code. (None, reading): a slip, or no such case."""
    reading = tracking_code.read(typed, city.code_prefix)
    if reading is None:
        return None, None
    for code in (reading.code, *reading.guesses):
        case = session.scalar(select(Case).where(Case.code == code)) if code else None
        if case is not None:
            return case, reading
    return None, reading


def owns(conversation: Conversation, case: Case) -> bool:
    """Whether this conversation's person filed the case."""
    return case.resident_id is not None and case.resident_id == conversation.resident_id


def knows_sender(city: City, role: Role, case: Case) -> bool:
    """Whether staff may learn who filed: for some topics only the dispatchers (they protect the identity)."""
    topic = city.topics.get(case.topic or "")
    return may(role, "see_all") or topic is None or not topic.identity_protected


def knows(session: Session, conversation: Conversation, case: Case) -> bool:
    """Whether all of the case may be seen and spoken of here: this person filed it, or it is followed here."""
    return owns(conversation, case) or follows(session, conversation, case)


def filed_by(session: Session, conversation: Conversation) -> bool:
    """Whether the person of this conversation has filed a case, or staff have for this person."""
    return session.scalar(select(Case.id).where(Case.resident_id == conversation.resident_id).limit(1)) is not None


def cases_of(session: Session, conversation: Conversation) -> list[Case]:
    """The cases that the person of this conversation filed or follows here, newest first."""
    followed = select(Follower.case_id).where(Follower.conversation_id == conversation.id)
    mine = or_(Case.resident_id == conversation.resident_id, Case.id.in_(followed))
    return list(session.scalars(select(Case).where(mine).order_by(Case.id.desc())))


def redact(text: str | None) -> str:
    """Without phone numbers, plates, dossier codes and house numbers."""
    text = _PHONE.sub("[đã ẩn số]", text or "")
    text = _DOSSIER.sub("[đã ẩn mã]", text)
    text = _PLATE.sub("[đã ẩn biển số]", text)
    return _HOUSE.sub("[đã ẩn số nhà]", text)


def _street(case: Case) -> str:
    """Street and lane without house number."""
    words = _HOUSE.sub("", case.place_raw or "")
    words = re.sub(r"^\s*\d+\w?(?:[/-]\d+\w?)*\s*,?\s+(?=\D)", "", words)
    return re.sub(r"\s*,(\s*,)*\s*", ", ", words).strip(" ,")


def public_view(city: City, case: Case, now: datetime) -> dict[str, Any]:
    """Exactly what a stranger with the code may see (domain.md §6 "Public display")."""
    topic = city.topics.get(case.topic or "")
    shown: dict[str, Any] = {
        "code": case.code,
        "status": case.status,
        "status_label": STATUSES[case.status].label,
        "topic": city.topic_name(case.topic),
        "group": city.groups[topic.group] if topic else None,
        "ward": ward_name(city, case.ward),
        "agency": city.agency_name(case.agency),
        "created_at": case.created_at.isoformat(),
        "due_at": case.due_at.isoformat() if case.due_at else None,
        "overdue": is_overdue(case, now),
    }
    if topic is not None and topic.public:
        # The text itself is published only after a person has checked it; the place without house number is enough.
        shown["place"] = redact(_street(case)) or None
        shown["answer"] = redact(case.answer) or None
        shown["rating"] = case.rating
    return shown


def full_view(session: Session, city: City, case: Case, now: datetime) -> dict[str, Any]:
    """The whole record (interface.md §6 `case show`)."""
    topic = city.topics.get(case.topic or "")
    notices = session.scalars(select(Outbox).where(Outbox.case_id == case.id).order_by(Outbox.id)).all()
    attempts = attempts_of(session, [row.id for row in notices])
    return {
        "code": case.code,
        "status": case.status,
        "kind": case.kind,
        "topic": case.topic,
        "topic_sure": case.topic_sure,
        "group": topic.group if topic else None,
        "level": case.level,
        "text": case.text,
        "fields": case.fields,
        "place": {
            "raw": case.place_raw,
            "address": address(city, case),
            "ward": (ward_name(city, case.ward) or "").split(" ", 1)[-1] or None,
            "ward_code": case.ward,
            "lat": case.lat,
            "lon": case.lon,
        },
        "agency": case.agency,
        "agency_name": city.agency_name(case.agency),
        "channel": case.channel,
        "created_at": case.created_at.isoformat(),
        "due_at": case.due_at.isoformat() if case.due_at else None,
        "overdue": is_overdue(case, now),
        "extended": case.extended_at is not None,
        "reopened": case.reopened,
        "answer": case.answer,
        "attachments": [
            {"id": a.media_id, "kind": a.kind, "caption": a.caption, "stage": a.stage} for a in case.attachments
        ],
        "history": [
            {"at": e.at.isoformat(), "actor": e.actor, "kind": e.kind, "from": e.source, "to": e.target, "note": e.note}
            for e in case.events
        ],
        "messages": [{"at": m.at.isoformat(), "from": m.author, "text": m.text} for m in case.messages],
        "notices": [_notice(row, attempts.get(row.id, [])) for row in notices],
        "rating": case.rating,
        "public": public_view(city, case, now),
    }


def _notice(row: Outbox, attempts: list[Attempt]) -> dict[str, Any]:
    """One message of ours and the proof of its way (bot/domain/proof.py has the words)."""
    steps = [Step(a.outcome, a.reason) for a in attempts]
    return {
        "at": (row.delivered_at or row.sent_at or row.created_at).isoformat(),
        "channel": row.channel,
        "state": row.state,
        "reason": row.reason,
        "text": row.body.get("text"),
        "kind": row.kind,
        "written_at": row.created_at.isoformat(),
        "way": row.way,
        "sent_at": _iso(row.sent_at),
        "delivered_at": _iso(row.delivered_at),
        "read_at": _iso(row.read_at),
        "stopped_by": stopped_by(row.state, row.way, steps),
        "instead": instead(row.state, row.way, steps),
        "attempts": [
            {"at": a.at.isoformat(), "outcome": a.outcome, "way": a.way, "reason": a.reason, "by": a.by}
            for a in attempts
        ],
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def ward_name(city: City, code: str | None) -> str | None:
    """`phường Giảng Võ`."""
    if code is None:
        return None
    ward = city.gazetteer.ward(code)
    return f"{ward.kind} {ward.name}" if ward else None


def address(city: City, case: Case) -> str | None:
    """The place as written, with today's ward."""
    parts = [p for p in (case.place_raw, ward_name(city, case.ward)) if p]
    if len(parts) == 2 and parts[1].lower() in parts[0].lower():
        parts = parts[:1]
    return ", ".join(parts) or None
