"""The review list: what the machine was unsure about, decided by a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Path, Response
from sqlalchemy.orm import Session

from bot.city import City
from bot.errors import InvalidInput
from bot.services import review as service
from bot.store.models import Review
from bot.store.queries import codes_of
from bot.web.staff import choices, words
from bot.web.staff.page import Form, Visit, posted, status_of, visiting

_SHOWN = 30
ReviewId = Annotated[int, Path(ge=1, lt=2**53)]


@dataclass(frozen=True)
class Doubt:
    """One entry as the page shows it."""

    row: Review
    why: str
    code: str | None
    understood: str
    confidence: float | None
    ranking: list[tuple[str, float]]
    proposed: str | None
    proposed_name: str


def show(visit: Visit = Depends(visiting)) -> Response:
    visit.need("review")
    return _draw(visit)


def decide(review_id: ReviewId, visit: Visit = Depends(visiting), form: Form = Depends(posted)) -> Response:
    """The right label. What somebody has decided meanwhile stays."""
    visit.need("review")
    try:
        with visit.system.db.write() as session:
            row = session.get(Review, review_id, with_for_update=True)
            if row is not None and row.label is not None:
                return visit.go("/staff/reviews", "again")
            if not form.get("label"):
                raise InvalidInput("Anh/chị chọn một nhãn trước khi lưu.")
            service.decide(session, visit.system.city, review_id, form.get("label"), visit.actor, visit.now)
    except InvalidInput as refusal:
        return _draw(visit, status_of(refusal), error=str(refusal), error_at=review_id)
    return visit.go("/staff/reviews", "decided")


def _draw(visit: Visit, status: int = 200, **values: Any) -> Response:
    city = visit.system.city
    with visit.system.db.read() as session:
        doubts = _doubts(session, city)
    return visit.page("reviews", status, doubts=doubts, topics=choices.topics(city),
                      outcomes=choices.outcomes(city), **values)  # fmt: skip


def _doubts(session: Session, city: City) -> list[Doubt]:
    rows = service.open_reviews(session, _SHOWN)
    codes = codes_of(session, [row.case_id for row in rows if row.case_id])
    return [_doubt(city, row, codes.get(row.case_id or 0)) for row in rows]


def _doubt(city: City, row: Review, code: str | None) -> Doubt:
    heard = row.understood or {}
    proposed = row.proposed or heard.get("label")
    if proposed not in city.topics and proposed not in city.outcomes:
        proposed = None
    return Doubt(
        row=row,
        why=words.WHY.get(row.why, row.why),
        code=code,
        understood=choices.label_name(city, heard.get("label")),
        confidence=heard.get("confidence"),
        ranking=[(choices.label_name(city, i), c) for i, c in _ranking(heard)[:3]],
        proposed=proposed,
        proposed_name=choices.label_name(city, proposed),
    )


def _ranking(heard: dict[str, Any]) -> list[tuple[str, float]]:
    """Both spellings that the writers of the list use: pairs, and objects with id and confidence."""
    found = []
    for item in heard.get("ranking") or ():
        label, confidence = (item["id"], item["confidence"]) if isinstance(item, dict) else item
        found.append((label, float(confidence)))
    return found
