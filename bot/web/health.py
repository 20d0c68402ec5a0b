"""Liveness, readiness, metrics."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from bot.domain.status import STATUSES
from bot.services.channel_state import unwell
from bot.store.models import Case, Heartbeat, Inbox, Outbox
from bot.wiring import System

_WORKER_ALIVE = timedelta(seconds=30)


def health_router(system: System) -> APIRouter:
    """/healthz, /readyz, /metrics."""
    router = APIRouter()

    @router.get("/healthz")
    def alive() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz")
    def ready() -> Response:
        found = readiness(system)
        good = all(part["ok"] for part in found.values())
        # A channel that a platform holds up is no fault of this machine: it is shown and does not count.
        return JSONResponse({"ready": good, **found, "channels": channels(system)}, 200 if good else 503)

    @router.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(generate_latest(_measure(system)), media_type=CONTENT_TYPE_LATEST)

    return router


def readiness(system: System) -> dict[str, dict[str, Any]]:
    """Database, Rasa and worker, each with `ok`."""
    return {"database": _database(system), "rasa": {"ok": system.dialogue.ready()}, "worker": _worker(system)}


def channels(system: System) -> dict[str, dict[str, Any]]:
    """Every channel that is on: whether messages go out over it now, and whether somebody has to repair it."""
    try:
        with system.db.read() as session:
            held = {state.channel: state for state in unwell(session, system.clock())}
    except SQLAlchemyError:
        return {}
    found: dict[str, dict[str, Any]] = {}
    for name in system.channels:
        state = held.get(name)
        until = state.until.isoformat() if state and state.until else None
        found[name] = {"ok": state is None, "down": state is not None and state.down, "until": until}
    return found


def _database(system: System) -> dict[str, Any]:
    try:
        with system.db.read() as session:
            session.execute(text("SELECT 1"))
        return {"ok": True}
    except SQLAlchemyError as error:
        return {"ok": False, "error": type(error).__name__}


def _worker(system: System) -> dict[str, Any]:
    try:
        with system.db.read() as session:
            seen = session.scalar(select(Heartbeat.at).where(Heartbeat.role == "worker"))
            oldest = session.scalar(select(func.min(Inbox.received_at)).where(Inbox.state != "done"))
    except SQLAlchemyError:
        return {"ok": False}
    lag = (system.clock() - oldest).total_seconds() if oldest else 0.0
    return {"ok": seen is not None and system.clock() - seen < _WORKER_ALIVE, "lag_seconds": round(lag, 1)}


def _measure(system: System) -> CollectorRegistry:
    registry = CollectorRegistry()
    inbox = Gauge("langnghe_inbox_waiting", "Messages that wait for an answer", registry=registry)
    outbox = Gauge("langnghe_outbox", "Messages of ours", ["channel", "state"], registry=registry)
    down = Gauge("langnghe_channel_down", "1 when somebody has to repair the channel", ["channel"], registry=registry)
    cases = Gauge("langnghe_cases", "Cases by status", ["status"], registry=registry)
    lag = Gauge("langnghe_worker_lag_seconds", "Age of the oldest waiting message", registry=registry)
    with system.db.read() as session:
        inbox.set(session.scalar(select(func.count(Inbox.id)).where(Inbox.state != "done")) or 0)
        by_channel = select(Outbox.channel, Outbox.state, func.count()).group_by(Outbox.channel, Outbox.state)
        for channel, state, count in session.execute(by_channel):
            outbox.labels(channel, state).set(count)
        counted = dict(session.execute(select(Case.status, func.count()).group_by(Case.status)).tuples().all())
    for name, found in channels(system).items():
        down.labels(name).set(found["down"])
    for status in STATUSES:
        cases.labels(status).set(counted.get(status, 0))
    lag.set(_worker(system).get("lag_seconds", 0.0))
    return registry
