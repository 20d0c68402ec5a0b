"""The web: every address on one screen."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import HTTPException as FastApiHTTPException
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from starlette.exceptions import HTTPException

from bot.domain.deadline import ZONE
from bot.web.chat import chat_router
from bot.web.health import health_router
from bot.web.public import public_router
from bot.web.security import SecurityHeaders
from bot.web.staff import staff_router
from bot.web.webhooks import webhooks_router
from bot.wiring import System

HERE = Path(__file__).parent


def create_app(system: System) -> FastAPI:
    """The whole web of one installation."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        system.db.engine.dispose()

    # The framework's own documentation page loads scripts from another host; ours is below.
    app = FastAPI(
        title="Lắng Nghe",
        version="0.1.0",
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        # It asks for a collector at every request, a fifth of a webhook's time; /metrics says what there is to say.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.templates = templates = open_templates(system)
    app.state.system = system
    app.add_middleware(SecurityHeaders, https=system.public_url.startswith("https"))
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.include_router(chat_router(system), tags=["chat"])
    app.include_router(webhooks_router(system), include_in_schema=False)
    app.include_router(public_router(system, templates), include_in_schema=False)
    app.include_router(staff_router(system), include_in_schema=False)
    app.include_router(health_router(system), tags=["health"])

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    def chat_page(request: Request) -> Response:
        return templates.TemplateResponse(request, "chat.html")

    @app.get("/docs", response_class=HTMLResponse, include_in_schema=False)
    def documentation(request: Request) -> Response:
        return templates.TemplateResponse(request, "docs.html", {"api": app.openapi()})

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: FastApiHTTPException) -> Response:
        message = _MESSAGES.get(error.status_code, "Yêu cầu này không thực hiện được.")
        if "text/html" in request.headers.get("accept", ""):
            values = {"status": error.status_code, "message": message}
            return templates.TemplateResponse(request, "error.html", values, status_code=error.status_code)
        return JSONResponse({"error": str(error.detail), "message": message}, error.status_code, error.headers)

    return app


_MESSAGES = {
    403: "Anh/chị không có quyền xem trang này.",
    404: "Không có trang này. Anh/chị kiểm tra lại địa chỉ giúp ạ.",
    405: "Yêu cầu này không thực hiện được.",
}


def open_templates(system: System) -> Jinja2Templates:
    """Templates with the globals that all pages use."""
    templates = Jinja2Templates(directory=HERE / "templates")
    templates.env.globals["city"] = system.city.name
    templates.env.globals["zalo_verification"] = system.settings.zalo_oa_verification
    templates.env.globals["static"] = _static
    templates.env.filters["when"] = _when
    return templates


def _when(iso: str) -> str:
    """A moment of the JSON as local words: `14:05 ngày 22/11/2026`."""
    return f"{datetime.fromisoformat(iso).astimezone(ZONE):%H:%M ngày %d/%m/%Y}"


@lru_cache
def _static(path: str) -> str:
    """The address of a file under static/, with a mark that changes with its content."""
    mark = hashlib.sha256((HERE / "static" / path).read_bytes()).hexdigest()[:10]
    return f"/static/{path}?v={mark}"
