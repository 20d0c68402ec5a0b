"""Web chat as JSON (interface.md §3): the chat page and any script speak this."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import func, select
from starlette.datastructures import UploadFile

from bot.domain.message import MAX_TEXT, Incoming, Location, MediaRef, Outgoing, clean_text
from bot.errors import InvalidInput, NotFound, TooLarge
from bot.services.qr import code_png
from bot.services.receive import open_conversation, receive
from bot.store.models import Case, Conversation, Inbox, Media, Outbox
from bot.wiring import System

CHANNEL = "webchat"
_POLL = 0.05
_LONGEST_WAIT = 30.0
_BODY_LIMIT = 200_000
_PER_MINUTE = 60
Wait = Annotated[float, Query(allow_inf_nan=False)]
"""Seconds; what lies outside 0 to 30 is taken for the nearer end."""


class Pin(BaseModel):
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class Sent(BaseModel):
    """One message of a resident: text, a pressed button, or a pin."""

    session: str = Field(min_length=1, max_length=100)
    id: str = Field(min_length=1, max_length=100)
    text: str | None = None
    payload: str | None = Field(default=None, max_length=200)
    location: Pin | None = None


class Refused(Exception):
    """An answer with `{"error", "message"}`."""

    def __init__(self, status: int, error: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(error)
        self.response = JSONResponse({"error": error, "message": message}, status, headers)


class ChatRoute(APIRoute):
    """A route whose refusals all have the shape of the contract."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def refusing(request: Request) -> Response:
            try:
                return await handle(request)
            except Refused as refused:
                return refused.response
            except RequestValidationError:
                return Refused(400, "malformed", "Yêu cầu không đúng dạng.").response

        return refusing


def chat_router(system: System) -> APIRouter:
    """The addresses under /chat and the pictures shown in it."""
    router = APIRouter(route_class=ChatRoute)
    chat = _Chat(system)

    @router.post("/chat/api/sessions", status_code=201)
    def new_session() -> dict[str, str]:
        return {"session": chat.new_session()}

    @router.post("/chat/api/messages")
    async def send(request: Request, wait: Wait = 0) -> Response:
        message = await chat.read(request)
        row_id = await run_in_threadpool(chat.store, message)
        if wait <= 0:
            return JSONResponse({"accepted": True, "id": message.message_id.partition(":")[2]}, 202)
        return JSONResponse(await chat.replies(row_id, message.sender, min(wait, _LONGEST_WAIT)))

    @router.get("/chat/api/messages")
    async def messages(session: str, after: str = "0", wait: Wait = 0, own: int = 0) -> Response:
        return JSONResponse(await chat.since(session, after, min(max(wait, 0), _LONGEST_WAIT), bool(own)))

    @router.get("/chat/media/{media_id}")
    def picture(media_id: str, session: str) -> Response:
        return chat.picture(media_id, session)

    @router.get("/qr/{code}.png")
    def qr(code: str) -> Response:
        with system.db.read() as session:
            known = code.isprintable() and session.scalar(select(Case.id).where(Case.code == code)) is not None
        if not known:
            return Response(status_code=404)
        return Response(code_png(system.public_url, code), media_type="image/png")

    return router


class _Chat:
    """What the addresses do."""

    def __init__(self, system: System) -> None:
        self.system = system

    def new_session(self) -> str:
        session_id = secrets.token_hex(24)
        with self.system.db.write() as session:
            open_conversation(session, CHANNEL, session_id, self.system.clock())
        return session_id

    async def read(self, request: Request) -> Incoming:
        """The message of a request. Raises Refused."""
        kind = request.headers.get("content-type", "")
        if kind.startswith("multipart/form-data"):
            return await self._read_form(request)
        size = int(request.headers.get("content-length") or 0)
        if size > _BODY_LIMIT:
            raise Refused(413, "too_large", "Tin nhắn dài quá. Anh/chị chia thành vài tin giúp ạ.")
        raw = await request.body()
        if len(raw) > _BODY_LIMIT:
            raise Refused(413, "too_large", "Tin nhắn dài quá. Anh/chị chia thành vài tin giúp ạ.")
        try:
            sent = Sent.model_validate_json(raw.decode("utf-8", "replace"))
        except ValidationError as error:
            raise Refused(400, "malformed", "Tin gửi không đúng dạng.") from error
        await run_in_threadpool(self._admit, sent.session, sent.id)
        text, payload = clean_text(sent.text), clean_text(sent.payload) or None
        if not text and not payload and sent.location is None:
            raise Refused(400, "empty", "Anh/chị chưa nhập nội dung.")
        pin = Location(sent.location.lat, sent.location.lon) if sent.location else None
        return self._incoming(sent.session, sent.id, text, payload, pin, ())

    async def _read_form(self, request: Request) -> Incoming:
        limit = self.system.media.limit
        if int(request.headers.get("content-length") or 0) > limit + _BODY_LIMIT:
            raise Refused(413, "too_large", f"Tệp lớn quá {limit // 1_000_000} MB nên chưa nhận được ạ.")
        try:
            form = await request.form(max_part_size=limit)
        except Exception as error:
            raise Refused(400, "malformed", "Tin gửi không đúng dạng.") from error
        session_id, message_id = str(form.get("session") or ""), str(form.get("id") or "")
        if not session_id or not 0 < len(message_id) <= 100:
            raise Refused(400, "malformed", "Thiếu mã phiên hoặc mã tin.")
        conversation = await run_in_threadpool(self._admit, session_id, message_id)
        text = clean_text(str(form.get("text") or ""))
        media: list[MediaRef] = []
        for kind in ("photo", "voice", "video", "file"):
            for part in form.getlist(kind):
                if isinstance(part, UploadFile):
                    content = await part.read(limit + 1)
                    media.append(await run_in_threadpool(self._keep, content, kind, conversation, text))
        if not media and not text:
            raise Refused(400, "empty", "Anh/chị chưa nhập nội dung.")
        return self._incoming(session_id, message_id, text, None, None, tuple(media))

    def _keep(self, content: bytes, kind: str, conversation: str, caption: str) -> MediaRef:
        try:
            with self.system.db.write() as session:
                row = self.system.media.put(session, content, kind, conversation, self.system.clock())
                return MediaRef(kind, row.id, None, caption)
        except TooLarge as error:
            raise Refused(413, "too_large", str(error)) from error
        except InvalidInput as error:
            raise Refused(400, "bad_file", str(error)) from error

    def _incoming(
        self,
        session_id: str,
        message_id: str,
        text: str,
        payload: str | None,
        pin: Location | None,
        media: tuple[MediaRef, ...],
    ) -> Incoming:
        # The client's ids are its own: two clients may use the same one.
        key = f"{session_id[:40]}:{message_id}"
        cut = {"cut": True} if len(text) > MAX_TEXT else {}
        return Incoming(CHANNEL, key, session_id, text[:MAX_TEXT], payload, pin, media, handle=cut)

    def _conversation(self, session_id: str) -> str:
        # What is not printable cannot be a session of ours; PostgreSQL would not even compare a NUL.
        found = None
        if session_id.isprintable():
            with self.system.db.read() as session:
                found = session.scalar(
                    select(Conversation.id).where(Conversation.channel == CHANNEL, Conversation.address == session_id)
                )
        if found is None:
            raise Refused(401, "unknown_session", "Phiên trò chuyện không còn. Anh/chị tải lại trang giúp ạ.")
        return found

    def _admit(self, session_id: str, message_id: str) -> str:
        """The conversation of a message that may be taken; asked before a file is kept. Raises Refused."""
        conversation = self._conversation(session_id)
        if not message_id.isprintable():
            raise Refused(400, "malformed", "Mã tin không đúng dạng.")
        since = self.system.clock() - timedelta(minutes=1)
        recent = select(func.count(Inbox.id)).where(Inbox.conversation_id == conversation, Inbox.received_at > since)
        with self.system.db.read() as session:
            if (session.scalar(recent) or 0) >= _PER_MINUTE:
                message = "Anh/chị gửi hơi nhanh, chờ một phút rồi gửi tiếp giúp ạ."
                raise Refused(429, "slow_down", message, {"Retry-After": "30"})
        return conversation

    def store(self, message: Incoming) -> int:
        """Store once; the same id sent again leads to the same row."""
        now = self.system.clock()
        with self.system.db.write() as session:
            row_id = receive(session, message, now)
            if row_id is None:
                row_id = session.scalars(
                    select(Inbox.id).where(Inbox.channel == CHANNEL, Inbox.message_id == message.message_id)
                ).one()
            return row_id

    async def replies(self, row_id: int, session_id: str, wait: float) -> dict[str, Any]:
        """All that was answered to one message, when it is settled or the time is over."""
        end = time.monotonic() + wait
        while True:
            done, found = await run_in_threadpool(self._answered, row_id, session_id)
            if done or time.monotonic() >= end:
                return {"replies": found, "done": done}
            await asyncio.sleep(_POLL)

    def _answered(self, row_id: int, session_id: str) -> tuple[bool, list[dict[str, Any]]]:
        with self.system.db.read() as session:
            row = session.get(Inbox, row_id)
            if row is None:
                return True, []
            out = session.scalars(select(Outbox).where(Outbox.inbox_id == row_id).order_by(Outbox.id)).all()
            return row.state == "done", [self._shown(o, session_id) for o in out]

    async def since(self, session_id: str, after: str, wait: float, own: bool) -> dict[str, Any]:
        """Messages after the cursor, in order; waits up to `wait` seconds for the first."""
        end = time.monotonic() + wait
        while True:
            found, cursor = await run_in_threadpool(self._since, session_id, after, own)
            if found or time.monotonic() >= end:
                return {"messages": found, "cursor": cursor}
            await asyncio.sleep(0.1)

    def _since(self, session_id: str, after: str, own: bool) -> tuple[list[dict[str, Any]], str]:
        conversation = self._conversation(session_id)
        out_after, in_after = _cursor(after)
        with self.system.db.read() as session:
            query = select(Outbox).where(Outbox.conversation_id == conversation, Outbox.id > out_after)
            out = session.scalars(query.order_by(Outbox.id)).all()
            rows: list[Inbox] = []
            if own:
                mine = select(Inbox).where(Inbox.conversation_id == conversation, Inbox.id > in_after)
                rows = list(session.scalars(mine.order_by(Inbox.id)))
        shown = [(o.created_at, 1, o.id, self._shown(o, session_id)) for o in out if o.body.get("text")]
        shown += [(r.received_at, 0, r.id, self._own(r, session_id)) for r in rows if not r.body.get("erased")]
        self._delivered([o.id for o in out if o.delivered_at is None])
        out_after = max([out_after, *(o.id for o in out)])
        in_after = max([in_after, *(r.id for r in rows)])
        return [item[3] for item in sorted(shown, key=lambda s: s[:3])], f"{out_after}.{in_after}"

    def _delivered(self, ids: list[int]) -> None:
        if not ids:
            return
        with self.system.db.write() as session:
            for row in session.scalars(select(Outbox).where(Outbox.id.in_(ids))):
                row.state, row.delivered_at = "delivered", self.system.clock()

    def _shown(self, row: Outbox, session_id: str) -> dict[str, Any]:
        message = Outgoing.from_json(row.body)
        return {
            "id": row.id,
            "from": "staff" if row.kind == "staff" else "assistant",
            "kind": row.kind,
            "text": message.text,
            "buttons": [{"label": b.label, "payload": b.payload} for b in message.buttons],
            "images": [{"url": i if i.startswith("/") else _address(i, session_id)} for i in message.images],
            "ask": message.ask,
            "at": row.created_at.isoformat(),
        }

    def _own(self, row: Inbox, session_id: str) -> dict[str, Any]:
        body = row.body
        return {
            "id": f"in-{row.id}",
            "client_id": row.message_id.partition(":")[2],
            "from": "resident",
            "kind": "own",
            "text": body.get("text") or "",
            "payload": body.get("payload"),
            "media": [{"kind": m["kind"], "url": _address(m["media_id"], session_id)} for m in body.get("media") or ()],
            "location": body.get("location"),
            "at": row.received_at.isoformat(),
        }

    def picture(self, media_id: str, session_id: str) -> Response:
        """A file of this conversation, or one that was sent into it."""
        try:
            conversation = self._conversation(session_id)
            with self.system.db.read() as session:
                row = session.get(Media, media_id) if media_id.isprintable() else None
                sent = row is not None and row.conversation_id == conversation
                if not sent:
                    texts = session.scalars(select(Outbox.body).where(Outbox.conversation_id == conversation))
                    sent = any(media_id in (body.get("images") or ()) for body in texts)
                if not sent:
                    return Response(status_code=404)
                stored = self.system.media.get(session, media_id)
            return Response(
                stored.path.read_bytes(),
                media_type=stored.content_type,
                headers={"Cache-Control": "private, max-age=86400"},
            )
        except (Refused, NotFound, OSError):
            return Response(status_code=404)


def _address(media_id: str, session_id: str) -> str:
    return f"/chat/media/{media_id}?session={session_id}"


def _cursor(after: str) -> tuple[int, int]:
    """`<newest of ours>.<newest of theirs>`; the id of one of our messages alone is a cursor, too."""
    found = re.fullmatch(r"([0-9]{0,18})(?:\.([0-9]{0,18}))?", after)
    if found is None:
        raise Refused(400, "malformed", "Tham số after không đúng.")
    return int(found[1] or 0), int(found[2] or 0)
