"""The read side: lists, counts and conversations for the pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, or_, select, true
from sqlalchemy.orm import Session

from bot.domain.status import STATUSES, Clock, Phase
from bot.store.models import (
    Attachment,
    Attempt,
    Case,
    CaseEvent,
    Conversation,
    Inbox,
    Media,
    Outbox,
    Resident,
    Review,
    Staff,
)

_LINES = 300
"""Messages of one conversation that a page shows at most, the newest ones."""
_RUNNING = [s.id for s in STATUSES.values() if s.clock in (Clock.RECEIVE, Clock.HANDLE)]
_OPEN = [s.id for s in STATUSES.values() if s.open]
_ANSWERED = [s.id for s in STATUSES.values() if s.phase is Phase.ANSWERED]


@dataclass(frozen=True)
class Scope:
    """Whose cases a person sees: all, or one unit's; neither means none."""

    everything: bool = False
    agency: str | None = None

    def condition(self) -> ColumnElement[bool]:
        if self.everything:
            return true()
        return Case.agency == self.agency if self.agency else false()


@dataclass(frozen=True)
class CaseFilter:
    """What a list is narrowed to.

    state: a status, a phase, `open` or `all`; words: all must stand in text, place or a phone number;
    mine: account name of somebody who has acted in the case.
    """

    state: str = "open"
    agency: str | None = None
    topic: str | None = None
    ward: str | None = None
    overdue: bool = False
    code: str | None = None
    words: tuple[str, ...] = ()
    mine: str | None = None


@dataclass(frozen=True)
class CasePage:
    """One page of a list and how many there are in all."""

    rows: list[Case]
    total: int
    page: int
    pages: int


def case_page(
    session: Session,
    scope: Scope,
    chosen: CaseFilter,
    now: datetime,
    urgent: Iterable[str],
    page: int,
    size: int = 50,
) -> CasePage:
    """Cases in the order in which they should be worked on: open, urgent, due first.

    urgent: topics whose priority is urgent whatever their level. A page beyond the end is the last one.
    """
    where = and_(scope.condition(), *_conditions(chosen, now))
    total = session.scalar(select(func.count(Case.id)).where(where)) or 0
    pages = max(1, -(-total // size))
    page = min(max(page, 1), pages)
    query = _in_order(select(Case).where(where), urgent)
    return CasePage(list(session.scalars(query.limit(size).offset((page - 1) * size))), total, page, pages)


def case_counts(session: Session, scope: Scope, now: datetime, desk: str) -> dict[str, int]:
    """`open`, `overdue`, and `desk`: what waits at the unit `desk`."""
    counted = session.execute(
        select(
            func.count(Case.id),
            func.coalesce(func.sum(case((is_late(now), 1), else_=0)), 0),
            func.coalesce(func.sum(case((Case.agency == desk, 1), else_=0)), 0),
        ).where(scope.condition(), Case.status.in_(_OPEN))
    ).one()
    return dict(zip(("open", "overdue", "desk"), counted, strict=True))


def is_late(now: datetime) -> ColumnElement[bool]:
    """Running and past its due time (the flag of `handle_case.is_overdue`, for lists)."""
    return and_(Case.status.in_(_RUNNING), Case.due_at.is_not(None), Case.due_at < now)


def _conditions(chosen: CaseFilter, now: datetime) -> list[ColumnElement[bool]]:
    found = [_state(chosen.state)]
    for column, value in ((Case.agency, chosen.agency), (Case.topic, chosen.topic), (Case.ward, chosen.ward)):
        if value:
            found.append(column == value)
    if chosen.code:
        found.append(Case.code == chosen.code)
    if chosen.overdue:
        found.append(is_late(now))
    if chosen.mine:
        found.append(exists().where(CaseEvent.case_id == Case.id, CaseEvent.actor == chosen.mine))
    return found + [_says(word) for word in chosen.words]


def _state(state: str) -> ColumnElement[bool]:
    if state == "all":
        return true()
    if state in STATUSES:
        return Case.status == state
    if state in tuple(Phase):
        return Case.status.in_([s.id for s in STATUSES.values() if s.phase == state])
    # What a supervisor is to look at is work, too, although a result was told.
    return or_(Case.status.in_(_OPEN), and_(Case.supervised, Case.status == "resolved"))


def _says(word: str) -> ColumnElement[bool]:
    # SQLite folds the case of ASCII letters only; "đường" must find "Đường" as well.
    spellings = {word, word.lower(), word.capitalize(), word.upper()}
    found: list[ColumnElement[bool]] = []
    for spelling in spellings:
        found += [c.icontains(spelling, autoescape=True) for c in (Case.text, Case.place_raw, Case.code)]
    digits = "".join(c for c in word if c.isdigit())
    if len(digits) >= 6 and len(digits) >= len(word) - 4:
        found.append(Case.fields["contact_phone"].as_string().contains(digits, autoescape=True))
        callers = select(Resident.id).where(Resident.phone.contains(digits, autoescape=True))
        found.append(Case.resident_id.in_(callers))
    return or_(*found)


def _in_order(query: Select[Any], urgent: Iterable[str]) -> Select[Any]:
    is_open = Case.status.in_(_OPEN)
    pressing = or_(Case.level == "urgent", Case.topic.in_(list(urgent)))
    # What is over comes newest first: its due time is history.
    step = case((and_(is_open, pressing), 0), (is_open, 1), (Case.status.in_(_ANSWERED), 2), else_=3)
    due = case((is_open, Case.due_at))
    return query.order_by(step, due.is_(None), due, case((is_open, Case.id)), Case.id.desc())


@dataclass(frozen=True)
class Line:
    """One message of a conversation. who: resident | reply | notice | staff (the last three are ours)."""

    at: datetime
    who: str
    text: str
    order: tuple[datetime, int, int] = field(repr=False)
    """time, side (0 theirs, 1 ours), row id"""
    buttons: tuple[str, ...] = ()
    pressed: bool = False
    media: tuple[tuple[str, str], ...] = ()
    """(media id, kind)"""
    pin: tuple[float, float] | None = None
    erased: bool = False
    state: str | None = None
    reason: str | None = None


def conversation_lines(session: Session, conversation_id: str) -> list[Line]:
    """What was said in a conversation, both sides, in order."""
    theirs = select(Inbox).where(Inbox.conversation_id == conversation_id)
    ours = select(Outbox).where(Outbox.conversation_id == conversation_id)
    received = session.scalars(theirs.order_by(Inbox.id.desc()).limit(_LINES)).all()
    sent = session.scalars(ours.order_by(Outbox.id.desc()).limit(_LINES)).all()
    labels = {b["payload"]: b["label"] for row in sent for b in row.body.get("buttons") or ()}
    lines = [_said(row, labels) for row in received if not row.body.get("event")]
    lines += [_sent(row) for row in sent]
    return sorted(lines, key=lambda line: line.order)[-_LINES:]


def lines_of_case(session: Session, of: Case) -> list[Line]:
    """The part of the conversation that led to this case, and what was sent about it since.

    For a unit's staff: what else the resident wrote to the city, about other matters, is not theirs to read.
    """
    if of.conversation_id is None:
        return []
    before = select(func.max(Case.created_at)).where(
        Case.conversation_id == of.conversation_id, Case.created_at < of.created_at
    )
    since = session.scalar(before)
    about = set(session.scalars(select(Outbox.id).where(Outbox.case_id == of.id)))
    kept = []
    for line in conversation_lines(session, of.conversation_id):
        _, side, row_id = line.order
        told = line.at <= of.created_at and (since is None or line.at > since)
        if told or (side == 1 and row_id in about):
            kept.append(line)
    return kept


def _said(row: Inbox, labels: dict[str, str]) -> Line:
    body = row.body
    payload, pin = body.get("payload"), body.get("location")
    return Line(
        at=row.received_at,
        who="resident",
        text=labels.get(payload, body.get("text") or "(nút đã bấm)") if payload else body.get("text") or "",
        pressed=bool(payload),
        media=tuple((m["media_id"], m["kind"]) for m in body.get("media") or () if m.get("media_id")),
        pin=(pin["lat"], pin["lon"]) if pin else None,
        erased=bool(body.get("erased")),
        order=(row.received_at, 0, row.id),
    )


def _sent(row: Outbox) -> Line:
    body: dict[str, Any] = row.body
    images = body.get("images") or ()
    return Line(
        at=row.created_at,
        who=row.kind,
        text=body.get("text") or "",
        buttons=tuple(b["label"] for b in body.get("buttons") or ()),
        media=tuple((i, "photo") for i in images if not i.startswith("/")),
        erased=not body.get("text") and not images,
        state=row.state,
        reason=row.reason,
        order=(row.created_at, 1, row.id),
    )


def last_words(session: Session, conversation_ids: Iterable[str]) -> dict[str, str]:
    """The resident's newest message of each conversation."""
    newest = (
        select(func.max(Inbox.id))
        .where(Inbox.conversation_id.in_(list(conversation_ids)))
        .group_by(Inbox.conversation_id)
    )
    rows = session.scalars(select(Inbox).where(Inbox.id.in_(newest)))
    return {row.conversation_id: row.body.get("text") or "" for row in rows}


def waiting_counts(session: Session) -> dict[str, int]:
    """How much waits for a person: `reviews` without a decision, `handoffs`."""
    reviews = select(func.count(Review.id)).where(Review.label.is_(None))
    handoffs = select(func.count(Conversation.id)).where(Conversation.handed_over_at.is_not(None))
    return {"reviews": session.scalar(reviews) or 0, "handoffs": session.scalar(handoffs) or 0}


def staff_names(session: Session) -> dict[str, str]:
    """Account name -> the person's name, of everybody who ever worked here."""
    return dict(session.execute(select(Staff.username, Staff.name)).tuples().all())


def media_visible(session: Session, scope: Scope, media_id: str) -> bool:
    """Whether a file belongs to a case of this scope; who sees everything sees every file."""
    if scope.everything:
        return session.get(Media, media_id) is not None
    attached = select(Attachment.id).join(Case, Case.id == Attachment.case_id)
    query = attached.where(Attachment.media_id == media_id, scope.condition())
    return session.scalar(query.limit(1)) is not None


def attempts_of(session: Session, ids: Iterable[int]) -> dict[int, list[Attempt]]:
    """Outbox id -> the steps of its way, in order."""
    found: dict[int, list[Attempt]] = {}
    for step in session.scalars(select(Attempt).where(Attempt.outbox_id.in_(list(ids))).order_by(Attempt.id)):
        found.setdefault(step.outbox_id, []).append(step)
    return found


def codes_of(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Case id -> tracking code."""
    return dict(session.execute(select(Case.id, Case.code).where(Case.id.in_(list(ids)))).tuples().all())
