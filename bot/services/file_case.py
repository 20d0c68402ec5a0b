"""A report becomes a case: code, route, due time, history, once for each draft."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.city import City
from bot.domain import tracking_code
from bot.domain.deadline import ZONE
from bot.domain.routing import Route, route
from bot.domain.status import FIRST
from bot.errors import InvalidInput
from bot.services.handle_case import Actor, record, start_clock
from bot.store.models import Attachment, Case, Conversation, Media


@dataclass(frozen=True)
class Report:
    """What is filed. `ward` is a code of the gazetteer; `attachments` are (media id, kind, caption)."""

    text: str
    topic: str | None
    topic_sure: bool = True
    kind: str = "report"
    level: str | None = None
    place_raw: str | None = None
    ward: str | None = None
    lat: float | None = None
    lon: float | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    attachments: tuple[tuple[str, str, str], ...] = ()
    draft_id: str | None = None


def file_case(
    session: Session,
    city: City,
    report: Report,
    conversation: Conversation | None,
    channel: str,
    actor: Actor,
    now: datetime,
) -> Case:
    """File a report. The same draft filed twice gives the same case. Raises InvalidInput when it says nothing."""
    if report.draft_id is not None:
        filed = session.scalar(select(Case).where(Case.draft_id == report.draft_id))
        if filed is not None:
            return filed
    if not report.text.strip() and not report.attachments:
        raise InvalidInput("Phản ánh chưa có nội dung.")
    if report.topic is not None and report.topic not in city.topics:
        raise InvalidInput(f"Không có lĩnh vực {report.topic!r}.")
    way = preview_route(city, report)
    case = _new_case(session, city, report, way, conversation, channel, now)
    session.add(case)
    session.flush()
    for media_id, kind, caption in report.attachments:
        if session.get(Media, media_id) is not None:
            session.add(
                Attachment(case_id=case.id, media_id=media_id, kind=kind, caption=caption, stage="report", at=now)
            )
    record(session, case, actor, now, None, FIRST, None)
    start_clock(session, city, case, now)
    if way.sure:
        case.status, case.assigned_at = "assigned", now
        start_clock(session, city, case, now)
        record(session, case, Actor.system(), now, FIRST, "assigned", city.agency_name(way.agency))
    session.flush()
    return case


def preview_route(city: City, report: Report) -> Route:
    """Where this report would go, for the summary and for filing alike."""
    topic = city.topics.get(report.topic) if report.topic else None
    return route(topic, report.ward, city.agencies, trusted=report.topic_sure)


def level_of(city: City, report: Report) -> str:
    """The level that drives the clock."""
    if report.level:
        return report.level
    topic = city.topics.get(report.topic) if report.topic else None
    return topic.level if topic else "normal"


def _new_case(
    session: Session,
    city: City,
    report: Report,
    way: Route,
    conversation: Conversation | None,
    channel: str,
    now: datetime,
) -> Case:
    return Case(
        code=_free_code(session, city, now),
        status=FIRST,
        kind=report.kind,
        topic=report.topic,
        topic_sure=report.topic_sure,
        level=level_of(city, report),
        text=report.text.strip() or "(chỉ có ảnh hoặc ghi âm)",
        place_raw=report.place_raw,
        ward=report.ward,
        lat=report.lat,
        lon=report.lon,
        fields=dict(report.fields),
        agency=way.agency,
        resident_id=conversation.resident_id if conversation else None,
        conversation_id=conversation.id if conversation else None,
        channel=channel,
        draft_id=report.draft_id,
        created_at=now,
    )


def _free_code(session: Session, city: City, now: datetime) -> str:
    while True:
        code = tracking_code.make(now.astimezone(ZONE).date(), city.code_prefix)
        if session.scalar(select(Case.id).where(Case.code == code)) is None:
            return code
