"""Calls to make: what no channel could carry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Path, Response
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.services import call_instead as service
from bot.web.staff.case_view import channel_label
from bot.web.staff.page import Form, Visit, posted, status_of, visiting

HERE = "/staff/calls"
CallId = Annotated[int, Path(ge=1, lt=2**53)]


def show(visit: Visit = Depends(visiting)) -> Response:
    visit.need("reply")
    return _draw(visit)


def told(call: CallId, visit: Visit = Depends(visiting), form: Form = Depends(posted)) -> Response:
    """The resident has heard it by phone."""
    note = form.get("note")
    return _do(visit, call, lambda s: service.mark_told(s, call, note, visit.actor, visit.now), "called", note)


def again(call: CallId, visit: Visit = Depends(visiting), form: Form = Depends(posted)) -> Response:
    """Another try now."""
    return _do(visit, call, lambda s: service.send_again(s, call, visit.actor, visit.now), "resent")


def _do(visit: Visit, call: int, deed: Callable[[Session], bool], done: str, typed: str = "") -> Response:
    visit.need("reply")
    try:
        with visit.system.db.write() as session:
            changed = deed(session)
    except NotAllowed as refusal:
        return _draw(visit, status_of(refusal), error=str(refusal), error_at=call, typed=typed)
    return visit.go(HERE, done if changed else "again")


def _draw(visit: Visit, status: int = 200, **values: Any) -> Response:
    with visit.system.db.read() as session:
        found = service.calls(session, visit.system.city, visit.actor)
    rows = [(call, channel_label(visit, call.channel)) for call in found]
    return visit.page("calls", status, rows=rows, **values)
