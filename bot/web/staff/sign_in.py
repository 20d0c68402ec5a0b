"""Signing in and out, and one's own password."""

from __future__ import annotations

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from bot.errors import InvalidInput, NotAllowed
from bot.services.staff import Throttle, TooManyTries, authenticate, set_password
from bot.store.models import Staff
from bot.web.security import (
    SIGN_IN,
    drop_visitor,
    keep_visitor,
    new_visitor,
    read_visitor,
    safe_next,
)
from bot.web.staff.page import Form, Visit, draw, posted, read_form, status_of, visiting
from bot.wiring import System


class Door:
    """Who may come in. Holds the count of wrong tries."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.throttle = Throttle()

    def show(self, request: Request) -> Response:
        return self._draw(request, wanted=request.query_params.get("next", ""))

    async def enter(self, request: Request) -> Response:
        try:
            async with read_form(request, read_visitor(request)) as form:
                return await run_in_threadpool(self._enter, request, form)
        except NotAllowed as refusal:
            # An old sign-in page: draw a new one instead of a dead end.
            return self._draw(request, status=403, error=str(refusal))

    def _enter(self, request: Request, form: Form) -> Response:
        wanted = form.get("next")
        try:
            staff = self._authenticate(request, form.get("username"), form.raw("password"))
        except TooManyTries as refusal:
            response = self._draw(request, 429, str(refusal), wanted, form.get("username"))
            response.headers["Retry-After"] = str(refusal.seconds)
            return response
        except NotAllowed as refusal:
            return self._draw(request, 401, str(refusal), wanted, form.get("username"))
        response = RedirectResponse(safe_next(wanted), 303)
        keep_visitor(self.system, response, new_visitor(self.system, staff))
        return response

    def leave(self, visit: Visit = Depends(visiting), form: Form = Depends(posted)) -> Response:
        response = RedirectResponse(f"{SIGN_IN}?done=signed_out", 303)
        drop_visitor(response)
        return response

    def show_password(self, visit: Visit = Depends(visiting)) -> Response:
        return visit.page("password")

    def change_password(self, visit: Visit = Depends(visiting), form: Form = Depends(posted)) -> Response:
        """A person's own new password; this session goes on, the others end."""
        try:
            if form.raw("new") != form.raw("again"):
                raise InvalidInput("Hai lần nhập mật khẩu mới chưa giống nhau.")
            self._authenticate(visit.request, visit.staff.username, form.raw("old"))
            with self.system.db.write() as session:
                staff = set_password(session, visit.staff.username, form.raw("new"))
        except InvalidInput as refusal:
            return visit.page("password", status_of(refusal), error=str(refusal))
        response = visit.go("/staff/password", "password")
        keep_visitor(self.system, response, new_visitor(self.system, staff))
        return response

    def _authenticate(self, request: Request, username: str, password: str) -> Staff:
        place = request.client.host if request.client else ""
        with self.system.db.read() as session:
            return authenticate(session, self.throttle, username, password, place, self.system.clock())

    def _draw(
        self, request: Request, status: int = 200, error: str = "", wanted: str = "", username: str = ""
    ) -> Response:
        visitor = read_visitor(request)
        if visitor.staff is not None:
            visitor = new_visitor(self.system)
        response = draw(request, "sign_in", visitor, status, error=error, wanted=wanted, username=username)
        keep_visitor(self.system, response, visitor)
        return response
