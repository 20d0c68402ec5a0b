"""What everybody may see: status by code, published results."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.templating import Jinja2Templates
from sqlalchemy import select

from bot.domain.deadline import in_words
from bot.domain.status import STATUSES
from bot.services.track_case import by_typed_code, public_view
from bot.store.models import Case
from bot.wiring import System

_LISTED = 50


def public_router(system: System, templates: Jinja2Templates) -> APIRouter:
    """/tra-cuu and /cong-khai."""
    router = APIRouter()

    @router.get("/tra-cuu")
    def form(request: Request, code: str = "") -> Response:
        if code.strip():
            return RedirectResponse(f"/tra-cuu/{_path(code)}", 303)
        return templates.TemplateResponse(request, "public/lookup.html", {"code": ""})

    @router.get("/tra-cuu/{code}")
    def lookup(request: Request, code: str) -> Response:
        values, status = _lookup(system, code)
        return templates.TemplateResponse(request, "public/lookup.html", values, status_code=status)

    @router.get("/cong-khai")
    def published(request: Request, group: str = "", page: int = 1) -> Response:
        page = min(max(page, 1), 10_000)
        cases = _published(system, group, page)
        values = {
            "cases": cases[:_LISTED],
            "filters": [_group_filter(system, group)],
            "newer": _page(group, page - 1) if page > 1 else None,
            "older": _page(group, page + 1) if len(cases) > _LISTED else None,
        }
        return templates.TemplateResponse(request, "public/published.html", values)

    return router


def _group_filter(system: System, chosen: str) -> dict:
    options = [{"value": "", "label": "Tất cả"}]
    options += [{"value": key, "label": name} for key, name in system.city.groups.items()]
    return {"name": "group", "label": "Nhóm lĩnh vực", "value": chosen, "options": options}


def _page(group: str, page: int) -> str:
    return "/cong-khai?" + urlencode({"group": group, "page": page})


def _path(code: str) -> str:
    """Only what can stand in an address; the reading forgives the rest."""
    return "".join(c for c in code.strip() if c.isalnum() or c == "-")[:40] or "-"


def _lookup(system: System, code: str) -> tuple[dict, int]:
    with system.db.read() as session:
        case, reading = by_typed_code(session, system.city, code)
        if case is not None:
            view = public_view(system.city, case, system.clock())
            view["due"] = in_words(case.due_at) if case.due_at else None
            steps = [e for e in case.events if e.kind == "status" and e.target in STATUSES]
            history = [
                {"at": e.at.isoformat(), "label": STATUSES[e.target or ""].label}
                for e in steps
                if STATUSES[e.target or ""].notice
            ]
            return {"code": case.code, "view": view, "history": history}, 200
    if reading is None or reading.slip:
        return {"code": code, "error": "Mã này có chữ hoặc số gõ nhầm. Mã có dạng HN2611-7K3QX-F."}, 404
    return {"code": code, "error": "Không tìm thấy phiếu có mã này."}, 404


def _published(system: System, group: str, page: int) -> list[dict]:
    topics = [t.id for t in system.city.topics.values() if t.public and (not group or t.group == group)]
    query = (
        select(Case)
        .where(Case.topic.in_(topics), Case.status.in_(("resolved", "closed")))
        .order_by(Case.resolved_at.desc())
        .offset((page - 1) * _LISTED)
        .limit(_LISTED + 1)
    )
    with system.db.read() as session:
        return [public_view(system.city, c, system.clock()) for c in session.scalars(query)]
