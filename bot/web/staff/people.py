"""Accounts of staff, for administrators."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, Response
from sqlalchemy.exc import IntegrityError

from bot.errors import InvalidInput, NotAllowed
from bot.services import staff as service
from bot.store.models import Staff
from bot.web.staff import choices
from bot.web.staff.page import Form, Visit, posted, status_of, visiting

HERE = "/staff/people"


def show(visit: Visit = Depends(visiting)) -> Response:
    visit.need("staff")
    return _draw(visit)


def add(visit: Visit = Depends(visiting), form: Form = Depends(posted)) -> Response:
    """A new account."""
    visit.need("staff")
    city = visit.system.city
    try:
        if _there(visit, form):
            return visit.go(HERE, "again")
        with visit.system.db.write() as session:
            service.add(
                session, city, form.get("username"), form.get("name"), form.get("role"), form.raw("password"),
                visit.now, choices.read_unit(city, form.get("agency")),
            )  # fmt: skip
    except IntegrityError:
        return visit.go(HERE, "again")
    except InvalidInput as refusal:
        return _draw(visit, status_of(refusal), error=str(refusal), form=form)
    return visit.go(HERE, "added")


def set_password(username: str, visit: Visit = Depends(visiting), form: Form = Depends(posted)) -> Response:
    """A new password for somebody who has lost theirs."""
    visit.need("staff")
    try:
        with visit.system.db.write() as session:
            service.set_password(session, username, form.raw("password"))
    except InvalidInput as refusal:
        return _draw(visit, status_of(refusal), error=str(refusal))
    return visit.go(HERE, "password")


def set_active(username: str, visit: Visit = Depends(visiting), form: Form = Depends(posted)) -> Response:
    """Close an account, or open it again."""
    visit.need("staff")
    active = form.get("active") == "1"
    try:
        if username == visit.staff.username:
            raise NotAllowed("Anh/chị không tự ngừng tài khoản của mình được.")
        with visit.system.db.write() as session:
            (service.activate if active else service.deactivate)(session, username)
    except InvalidInput as refusal:
        return _draw(visit, status_of(refusal), error=str(refusal))
    return visit.go(HERE, "activated" if active else "deactivated")


def _there(visit: Visit, form: Form) -> bool:
    """Whether just this account was added already: the form was sent twice."""
    with visit.system.db.read() as session:
        try:
            staff: Staff = service.find(session, form.get("username"))
        except InvalidInput:
            return False
    return (staff.name, staff.role) == (form.get("name"), form.get("role")) and staff.active


def _draw(visit: Visit, status: int = 200, form: Form | None = None, **values: Any) -> Response:
    city = visit.system.city
    with visit.system.db.read() as session:
        people = service.list_staff(session)
    return visit.page("people", status, people=people, units=choices.units(city), form=form or Form(), **values)
