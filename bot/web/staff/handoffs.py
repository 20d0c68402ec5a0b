"""Conversations that a person has taken over, or should."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.message import clean_text
from bot.errors import InvalidInput
from bot.services import handoff as service
from bot.store.models import Case, Conversation, Outbox
from bot.store.queries import conversation_lines, last_words, staff_names
from bot.web.staff.case_view import channel_label
from bot.web.staff.page import Form, Missing, Visit, posted, status_of, visiting


def show_list(visit: Visit = Depends(visiting)) -> Response:
    visit.need("handoff")
    with visit.system.db.read() as session:
        waiting = service.waiting(session)
        last = last_words(session, [c.id for c in waiting])
        names = staff_names(session)
    rows = [(c, last.get(c.id, ""), channel_label(visit, c.channel)) for c in waiting]
    return visit.page("handoffs", rows=rows, names=names)


def show(conversation: str, visit: Visit = Depends(visiting)) -> Response:
    visit.need("handoff")
    return _draw(visit, conversation)


def say(conversation: str, visit: Visit = Depends(visiting), form: Form = Depends(posted)) -> Response:
    """Write to the resident."""
    visit.need("handoff")
    address = f"/staff/handoffs/{conversation}"
    try:
        with visit.system.db.write() as session:
            row = _taken(session, conversation)
            if _said_before(session, row, form, visit):
                return visit.go(address, "again")
            service.say(session, visit.system.city, row.id, form.get("text"), visit.actor, visit.now)
    except Missing:
        raise
    except InvalidInput as refusal:
        return _draw(visit, conversation, status_of(refusal), error=str(refusal), form=form)
    return visit.go(address, "said")


def hand_back(conversation: str, visit: Visit = Depends(visiting), form: Form = Depends(posted)) -> Response:
    """The assistant answers again."""
    visit.need("handoff")
    conversation = clean_text(conversation)
    with visit.system.db.write() as session:
        row = session.get(Conversation, conversation)
        again = row is not None and row.handed_over_at is None
        service.hand_back(session, visit.system.city, conversation, visit.actor, visit.now)
    return visit.go("/staff/handoffs", "again" if again else "handed_back")


def _taken(session: Session, conversation: str) -> Conversation:
    row = session.get(Conversation, clean_text(conversation), with_for_update=True)
    if row is None or row.handed_over_at is None:
        raise Missing("Hội thoại này không còn chờ cán bộ: trợ lý tự động đang trả lời.")
    return row


def _said_before(session: Session, row: Conversation, form: Form, visit: Visit) -> bool:
    """Whether these very words have been sent since the form was drawn: a double click."""
    words = visit.system.city.text("staff_message_plain").format(note=form.get("text"))
    drawn_at = form.number("after")
    sent = session.scalars(
        select(Outbox).where(Outbox.conversation_id == row.id, Outbox.kind == "staff", Outbox.id > drawn_at)
    )
    return any(o.body.get("text") == words for o in sent)


def _draw(visit: Visit, conversation: str, status: int = 200, form: Form | None = None, **values: Any) -> Response:
    with visit.system.db.read() as session:
        row = _taken(session, conversation)
        lines = conversation_lines(session, row.id)
        cases = list(
            session.scalars(select(Case).where(Case.resident_id == row.resident_id).order_by(Case.id.desc()).limit(20))
        )
    after = max((line.order[2] for line in lines if line.order[1] == 1), default=0)
    return visit.page("handoff", status, talk=row, lines=lines, cases=cases, after=after, form=form or Form(),
                      channel=channel_label(visit, row.channel), **values)  # fmt: skip
