"""Doubtful understanding: collected here, decided by a person, used as training data later."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.city import City
from bot.domain.roles import may
from bot.errors import InvalidInput, NotAllowed, NotFound
from bot.services.direct_case import reclassify
from bot.services.handle_case import Actor
from bot.store.models import Case, Review


def doubt(
    session: Session,
    why: str,
    key: str,
    text: str,
    understood: dict[str, Any],
    now: datetime,
    *,
    conversation: str | None = None,
    case: int | None = None,
    proposed: str | None = None,
) -> None:
    """Put a message on the review list, once for each key. why: unsure | corrected | rerouted."""
    if session.scalar(select(Review.id).where(Review.key == key)) is not None:
        return
    session.add(
        Review(
            key=key,
            conversation_id=conversation,
            case_id=case,
            why=why,
            text=text,
            understood=understood,
            proposed=proposed,
            created_at=now,
        )
    )


def open_reviews(session: Session, limit: int = 200) -> list[Review]:
    """What waits for a decision, oldest first."""
    return list(session.scalars(select(Review).where(Review.label.is_(None)).order_by(Review.id).limit(limit)))


def decide(session: Session, city: City, review_id: int, label: str, actor: Actor, now: datetime) -> Review:
    """Set the right topic or outcome. The case behind it gets the topic too.

    Raises NotAllowed, NotFound, InvalidInput.
    """
    if not may(actor.role, "review"):
        raise NotAllowed("Vai trò này không duyệt danh sách cần xem lại.")
    review = session.get(Review, review_id)
    if review is None:
        raise NotFound("Không có mục này.")
    if label not in city.topics and label not in city.outcomes:
        raise InvalidInput(f"Không có nhãn {label!r}.")
    review.label, review.decided_by, review.decided_at = label, actor.name, now
    case = session.get(Case, review.case_id) if review.case_id else None
    if case is not None and label in city.topics:
        reclassify(session, city, case, label, actor, now, review=False)
    return review
