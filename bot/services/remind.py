"""What the clock does: results that nobody rates are closed after five working days."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.city import City
from bot.services.handle_case import Actor, move
from bot.store.models import Case

CLOSE_AFTER = timedelta(hours=40)
"""Working time between the result and closing by itself (domain.md §6: five working days)."""


def tick(session: Session, city: City, now: datetime) -> int:
    """Do what is due. Returns how many cases were closed."""
    closed = 0
    query = select(Case).where(Case.status == "resolved", Case.resolved_at < now - timedelta(days=5))
    for case in session.scalars(query):
        if case.resolved_at is not None and city.calendar.add(case.resolved_at, CLOSE_AFTER) <= now:
            move(session, city, case, "closed", Actor.system(), now)
            closed += 1
    return closed
