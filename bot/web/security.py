"""What protects the pages: headers for the whole site; sessions and form tokens for staff.

A staff session is one signed cookie: who, since when, and the epoch of the person's password. Nothing is
stored for it; a new password or a deactivation raises the epoch and so ends every session of that person.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from itsdangerous import BadSignature, URLSafeSerializer
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.store.models import Staff
from bot.wiring import System

COOKIE = "langnghe_staff"
LIFETIME = timedelta(hours=12)
HOME = "/staff"
SIGN_IN = f"{HOME}/sign-in"

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class SecurityHeaders:
    """ASGI middleware: the headers on every answer, unless a page has set its own."""

    def __init__(self, app: ASGIApp, https: bool = False) -> None:
        self.app = app
        self.headers = HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        return await self.app(scope, receive, with_headers)


@dataclass(frozen=True)
class Visitor:
    """What the cookie says. `sid` ties forms to this session; `staff` is None before signing in."""

    sid: str
    staff: int | None = None
    epoch: int = 0
    since: float = 0.0

    def expired(self, now: datetime) -> bool:
        return now.timestamp() - self.since > LIFETIME.total_seconds()


class SignInNeeded(HTTPException):
    """Nobody is signed in: to the sign-in page, and back to where one wanted to go."""

    def __init__(self, wanted: str | None = None) -> None:
        self.address = SIGN_IN + (f"?{urlencode({'next': wanted})}" if wanted else "")
        super().__init__(303, "sign in", {"Location": self.address})


class StaffRoute(APIRoute):
    """A route that only staff may use (`current_staff`): sends others to sign in, is never cached."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                response = await handle(request)
            except SignInNeeded as needed:
                response = RedirectResponse(needed.address, 303)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return guarded


def current_staff(request: Request) -> Staff:
    """The person who is signed in; a dependency for routes of the class StaffRoute. Raises SignInNeeded."""
    system: System = request.app.state.system
    visitor = read_visitor(request)
    if visitor.staff is not None:
        with system.db.read() as session:
            staff = session.get(Staff, visitor.staff)
        if staff is not None and staff.active and staff.session_epoch == visitor.epoch:
            return staff
    raise SignInNeeded(request.url.path if request.method == "GET" else None)


def read_visitor(request: Request) -> Visitor:
    """Who holds this session; a new nobody when there is no good cookie."""
    system: System = request.app.state.system
    try:
        visitor = Visitor(*_signer(system, "session").loads(request.cookies.get(COOKIE, "")))
    except (BadSignature, TypeError):
        return new_visitor(system)
    return new_visitor(system) if visitor.expired(system.clock()) else visitor


def new_visitor(system: System, staff: Staff | None = None) -> Visitor:
    """A fresh session: of `staff` after signing in, of nobody before."""
    since = system.clock().timestamp()
    if staff is None:
        return Visitor(secrets.token_urlsafe(18), since=since)
    return Visitor(secrets.token_urlsafe(18), staff.id, staff.session_epoch, since)


def keep_visitor(system: System, response: Response, visitor: Visitor) -> None:
    """Give the session to the browser."""
    value = [visitor.sid, visitor.staff, visitor.epoch, visitor.since]
    response.set_cookie(
        COOKIE, _signer(system, "session").dumps(value), max_age=int(LIFETIME.total_seconds()), path=HOME,
        secure=system.public_url.startswith("https:"), httponly=True, samesite="lax",
    )  # fmt: skip


def drop_visitor(response: Response) -> None:
    """Sign out."""
    response.delete_cookie(COOKIE, path=HOME, httponly=True, samesite="lax")


def form_token(system: System, visitor: Visitor) -> str:
    """What every form of this session carries."""
    signed = _signer(system, "form").dumps(visitor.sid)
    return signed if isinstance(signed, str) else signed.decode()


def genuine(system: System, visitor: Visitor, token: str) -> bool:
    """Whether a form was drawn for this session."""
    return hmac.compare_digest(form_token(system, visitor).encode(), token.encode("utf-8", "replace"))


def safe_next(wanted: str) -> str:
    """Where to go after signing in: a page of the console, never another site."""
    inside = wanted.startswith(f"{HOME}/") and "//" not in wanted and "\\" not in wanted
    return wanted if inside and wanted.isprintable() and wanted != SIGN_IN else HOME


def _signer(system: System, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(system.settings.secret_key, salt=f"staff-{purpose}")
