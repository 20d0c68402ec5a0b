"""Where platforms bring their messages: verify, store, answer – and end. Nothing here knows a platform.

Answers: 200 `{}` when the call is the platform's own, whether or not it held something for us (any other answer makes
platforms repeat and finally switch the webhook off), and when it only tries whether we are there; 403 when it is not;
404 for a channel that is off; 413 over 1 MB.
A failure to store is a 500: the platform brings the message again.
"""

from __future__ import annotations

import json
import logging
from typing import Any, Protocol, runtime_checkable

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from bot.channels.base import Channel
from bot.domain.message import Incoming
from bot.services.intake import Intake
from bot.wiring import System

log = logging.getLogger(__name__)

_LIMIT = 1_000_000


@runtime_checkable
class Acknowledging(Protocol):
    """A channel that shows at once that a message has come (a pressed button stops spinning)."""

    def acknowledge(self, message: Incoming) -> None: ...


@runtime_checkable
class Handshaking(Protocol):
    """A channel whose platform first asks by GET whether we are the right ones."""

    def handshake(self, query: dict[str, str]) -> str | None:
        """The answer that proves it; None when the question is not the platform's."""
        ...


@runtime_checkable
class Testable(Protocol):
    """A channel whose platform tries our address with a call that it does not sign."""

    def only_tests(self, headers: dict[str, str]) -> bool:
        """Whether this is such a call; it is answered with 200, and nothing in it is read."""
        ...


def webhooks_router(system: System) -> APIRouter:
    """`/hooks/<channel>`, with dashes for underscores, for every channel that is on."""
    router = APIRouter(include_in_schema=False)
    intake = Intake(system.db, system.clock)

    # Asynchronous, so that it does not take a thread of its own for a look into a dictionary.
    async def channel_of(name: str) -> Channel:
        channel = system.channels.get(name.replace("-", "_"))
        if channel is None:
            raise HTTPException(404)
        return channel

    @router.api_route("/hooks/{name}", methods=["GET", "HEAD"])
    def greet(request: Request, channel: Channel = Depends(channel_of)) -> Response:
        if not isinstance(channel, Handshaking):
            return PlainTextResponse("OK")
        answer = channel.handshake(dict(request.query_params))
        return Response(status_code=403) if answer is None else PlainTextResponse(answer)

    @router.post("/hooks/{name}")
    def take(request: Request, channel: Channel = Depends(channel_of), raw: bytes = Depends(_body)) -> Response:
        headers = dict(request.headers)
        if isinstance(channel, Testable) and channel.only_tests(headers):
            return JSONResponse({})
        if not channel.verify(headers, raw):
            raise HTTPException(403)
        messages = _read(channel, raw)
        intake.keep(messages)
        if isinstance(channel, Acknowledging):
            for message in messages:
                channel.acknowledge(message)
        return JSONResponse({})

    return router


def _read(channel: Channel, raw: bytes) -> list[Incoming]:
    """The messages in a verified body. What cannot be read is dropped with a line that tells nothing of its content."""
    payload: Any = None
    try:
        payload = json.loads(raw)
        if not isinstance(payload, dict):
            raise TypeError("not an object")
        messages = channel.parse(payload)
    except Exception as error:  # the edge: whatever a platform sends, the next message must get through
        log.warning("%s: dropped a call of %d bytes (%s)", channel.name, len(raw), type(error).__name__)
        return []
    if not messages:
        log.info("%s: nothing for us in a call of %d bytes", channel.name, len(raw))
    return messages


async def _body(request: Request) -> bytes:
    """The raw bytes, read no further than the limit."""
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > _LIMIT:
            raise HTTPException(413)
    return bytes(raw)
