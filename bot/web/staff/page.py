"""What all pages of the console share: who is there, what was typed, drawing a page, refusing.

A form carries the session's token, a one-time key, and the version of the case that it was drawn from.
Answers to forms are redirects, so that going back or reloading sends nothing twice.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from bot.domain.message import MAX_TEXT, clean_text
from bot.domain.roles import Role, may
from bot.errors import InvalidInput, NotAllowed, NotFound, TooLarge
from bot.services import call_instead
from bot.services.handle_case import Actor
from bot.store.models import Staff, new_id
from bot.store.queries import Scope, waiting_counts
from bot.web.security import StaffRoute, Visitor, current_staff, form_token, genuine, read_visitor
from bot.web.staff import words
from bot.wiring import System

PHOTOS = 6
"""Photos that one form takes."""
_FORM_BYTES = 1_000_000
_STATUS: tuple[tuple[type[InvalidInput], int], ...] = ((NotAllowed, 403), (NotFound, 404), (TooLarge, 413))


class Missing(NotFound):
    """The page itself does not exist for this person: not an error to show beside a form."""


@dataclass(frozen=True)
class Visit:
    """A signed-in person's request."""

    request: Request
    system: System
    staff: Staff
    visitor: Visitor

    @property
    def actor(self) -> Actor:
        return Actor(self.staff.username, Role(self.staff.role), self.staff.agency)

    @property
    def scope(self) -> Scope:
        return Scope(self.may("see_all"), self.staff.agency)

    @property
    def now(self) -> datetime:
        return self.system.clock()

    def may(self, deed: str) -> bool:
        return may(Role(self.staff.role), deed)

    def need(self, deed: str) -> None:
        """Raises NotAllowed when the person's role does not include this."""
        if not self.may(deed):
            raise NotAllowed("Vai trò của anh/chị không có quyền dùng trang này.")

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """Draw staff/<template>.html."""
        with self.system.db.read() as session:
            waiting = waiting_counts(session) if self.may("review") or self.may("handoff") else {}
            waiting["calls"] = call_instead.count(session, self.actor)
        values |= {"me": self.staff, "may": self.may, "waiting": waiting}
        return draw(self.request, template, self.visitor, status, **values)

    def go(self, path: str, done: str = "", **more: str) -> Response:
        """To another page after a form; `done` names the sentence it shows."""
        query = urlencode({k: v for k, v in {"done": done, **more}.items() if v})
        return RedirectResponse(f"{path}?{query}" if query else path, 303)


@dataclass(frozen=True)
class Form:
    """What was typed. `get` gives cleaned text; `raw` exactly what came (passwords)."""

    values: dict[str, str] = field(default_factory=dict)
    photos: tuple[UploadFile, ...] = ()

    def raw(self, name: str) -> str:
        return self.values.get(name, "")

    def get(self, name: str) -> str:
        return clean_text(self.raw(name))

    @property
    def key(self) -> str:
        """The one-time key with which the form was drawn."""
        given = self.raw("key")
        return given if len(given) == 32 and given.isalnum() and given.isascii() else new_id()

    def number(self, name: str) -> int:
        """A whole number, not negative. Raises InvalidInput."""
        typed = self.get(name)
        if not re.fullmatch(r"\d{1,15}", typed):
            raise InvalidInput("Cần nhập một số.")
        return int(typed)


def visiting(request: Request, staff: Staff = Depends(current_staff)) -> Visit:
    """Dependency: the person who is signed in."""
    visit = Visit(request, request.app.state.system, staff, read_visitor(request))
    request.state.visit = visit
    return visit


async def posted(request: Request, visit: Visit = Depends(visiting)) -> AsyncIterator[Form]:
    """Dependency: a genuine form of this session. Raises NotAllowed, TooLarge, InvalidInput."""
    limit = PHOTOS * visit.system.media.limit + _FORM_BYTES
    async with read_form(request, visit.visitor, limit) as form:
        yield form


@asynccontextmanager
async def read_form(request: Request, visitor: Visitor, limit: int = _FORM_BYTES) -> AsyncIterator[Form]:
    """The fields and photos of a form that this session was given."""
    size = request.headers.get("content-length", "")
    if not size.isdecimal() or int(size) > limit:
        raise TooLarge("Biểu mẫu gửi lên lớn quá nên chưa nhận được. Anh/chị bớt ảnh hoặc chọn ảnh nhỏ hơn.")
    async with request.form(max_files=4 * PHOTOS, max_fields=60) as data:
        values = {name: value for name, value in data.multi_items() if isinstance(value, str)}
        files = [value for _, value in data.multi_items() if isinstance(value, UploadFile) and value.size]
        if not genuine(request.app.state.system, visitor, values.get("token", "")):
            raise NotAllowed("Biểu mẫu này đã cũ hoặc không phải của phiên đang mở. Anh/chị tải lại trang rồi gửi lại.")
        if any(len(value) > MAX_TEXT for value in values.values()):
            raise InvalidInput(f"Nội dung dài quá {MAX_TEXT} ký tự. Anh/chị rút gọn lại.")
        yield Form(values, tuple(files))


def draw(request: Request, template: str, visitor: Visitor, status: int = 200, **values: Any) -> Response:
    """Draw a page for somebody who may or may not be signed in."""
    system: System = request.app.state.system
    context = {
        "town": system.city, "words": words, "token": form_token(system, visitor), "new_key": new_id,
        "done": words.DONE.get(request.query_params.get("done", "")), "now": system.clock(), "me": None, **values,
    }  # fmt: skip
    return request.app.state.templates.TemplateResponse(request, f"staff/{template}.html", context, status_code=status)


def status_of(refusal: InvalidInput) -> int:
    """The HTTP status that says the same."""
    return next((status for kind, status in _STATUS if isinstance(refusal, kind)), 400)


class ConsoleRoute(StaffRoute):
    """Shows refusals that no form has caught on a page of their own."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await handle(request)
            except InvalidInput as refusal:
                status = status_of(refusal)
                visit: Visit | None = getattr(request.state, "visit", None)
                who = {"me": visit.staff, "may": visit.may, "waiting": {}} if visit else {}
                visitor = visit.visitor if visit else read_visitor(request)
                response = draw(request, "refused", visitor, status, message=str(refusal), http_status=status, **who)
                response.headers["Cache-Control"] = "no-store"
                return response

        return guarded
