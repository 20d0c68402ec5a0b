"""What is said about a case: more words and photos of its resident, a rating, "chưa xong"."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.city import City
from bot.errors import NotAllowed
from bot.services.handle_case import Actor, attach, move, record
from bot.store.models import Case, CaseMessage


def add_from_resident(
    session: Session, city: City, case: Case, text: str, media: tuple[str, ...], now: datetime, key: str
) -> None:
    """More words or photos from the one who filed. A case that waited for them goes on."""
    if text.strip():
        say(session, case, "resident", text, now, key)
    for media_id in media:
        attach(session, case, media_id, "more", now, caption=text)
    if case.status == "need_info":
        target = "assigned" if case.assigned_at else "received"
        move(session, city, case, target, Actor.resident(), now)


def rate(session: Session, city: City, case: Case, rating: str, now: datetime) -> None:
    """satisfied | acceptable | unsatisfied. A rating closes a resolved case, except `unsatisfied`, which may reopen."""
    if case.status not in ("resolved", "closed"):
        raise NotAllowed("Phiếu chưa có kết quả để đánh giá.")
    case.rating, case.rated_at = rating, now
    record(session, case, Actor.resident(), now, None, rating, None, kind="rating")
    if case.status == "resolved" and rating != "unsatisfied":
        source, case.status, case.ended_at = case.status, "closed", now
        # The thanks are said in the conversation, as the answer to the pressed button.
        record(session, case, Actor.resident(), now, source, "closed", None)


def reopen(session: Session, city: City, case: Case, why: str, now: datetime) -> None:
    """The resident says that it is not done. Raises NotAllowed when too late or too often."""
    ended = case.resolved_at or case.ended_at
    if ended is not None and now - ended > timedelta(days=city.reopen_days):
        raise NotAllowed(f"Đã quá {city.reopen_days} ngày kể từ khi có kết quả.")
    move(session, city, case, "reopened", Actor.resident(), now, note=why)


def say(session: Session, case: Case, author: str, text: str, now: datetime, key: str | None) -> CaseMessage | None:
    """Keep what somebody said about a case. None when this `key` was kept before."""
    if key and session.scalar(select(CaseMessage.id).where(CaseMessage.key == key)) is not None:
        return None
    message = CaseMessage(case_id=case.id, at=now, author=author, text=text.strip(), key=key)
    session.add(message)
    session.flush()
    return message
