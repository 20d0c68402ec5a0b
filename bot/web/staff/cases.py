"""The list of cases."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import Depends, Response
from fastapi.responses import RedirectResponse

from bot.city import City
from bot.domain import tracking_code
from bot.domain.message import clean_text
from bot.domain.routing import TRIAGE
from bot.domain.status import STATUSES, Phase
from bot.errors import InvalidInput
from bot.services.channel_state import unwell
from bot.services.handle_case import is_overdue
from bot.store.queries import CaseFilter, case_counts, case_page
from bot.web.staff import choices, words
from bot.web.staff.page import Visit, visiting

_WORDS = 8
"""Search words that count; more only cost time."""


def home(visit: Visit = Depends(visiting)) -> Response:
    return RedirectResponse("/staff/cases", 303)


def show(visit: Visit = Depends(visiting)) -> Response:
    """Cases of this person's scope, narrowed by the query."""
    asked, city, now = visit.request.query_params, visit.system.city, visit.now
    error = ""
    try:
        unit = choices.read_unit(city, clean_text(asked.get("agency")))
    except InvalidInput as refusal:
        unit, error = None, str(refusal)
    chosen = _filter(asked, city, unit, visit.staff.username)
    with visit.system.db.read() as session:
        page = case_page(session, visit.scope, chosen, now, _urgent(city), _page_number(asked))
        counts = case_counts(session, visit.scope, now, TRIAGE)
        troubles = [
            words.trouble(visit.system.channels[state.channel].label, state)
            for state in unwell(session, now)
            if state.channel in visit.system.channels
        ]
    rows = [(case, is_overdue(case, now)) for case in page.rows]
    return visit.page(
        "cases", rows=rows, page=page, counts=counts, chosen=chosen, asked=asked, error=error, statuses=STATUSES,
        phases=words.PHASES, topics=choices.topics(city), wards=choices.wards(city), units=choices.units(city),
        ward_words=choices.ward_words, link=_Linker(asked), desk=city.agency_name(TRIAGE),
        troubles=troubles, filed=tracking_code.read(asked.get("filed", ""), city.code_prefix),
    )  # fmt: skip


def _filter(asked: Mapping[str, str], city: City, unit: str | None, username: str) -> CaseFilter:
    typed = clean_text(asked.get("q"))[:200]
    code = tracking_code.read(typed, city.code_prefix) if typed else None
    found = next(iter((code.code, *code.guesses)), None) if code else None
    state = asked.get("state", "open")
    return CaseFilter(
        # Whoever types a code wants that case, wherever it is in its life.
        state="all" if found else state if state in (*STATUSES, *Phase, "all") else "open",
        agency=unit,
        topic=_known(asked.get("topic"), city.topics),
        ward=asked.get("ward") if city.gazetteer.ward(asked.get("ward") or "") else None,
        overdue=asked.get("overdue") == "1",
        code=found,
        words=() if found else tuple(typed.split()[:_WORDS]),
        mine=username if asked.get("mine") == "1" else None,
    )


def _known(value: str | None, table: Mapping[str, object]) -> str | None:
    return value if value in table else None


def _urgent(city: City) -> list[str]:
    return [t.id for t in city.topics.values() if t.priority == "urgent"]


def _page_number(asked: Mapping[str, str]) -> int:
    given = asked.get("page", "1")
    return int(given) if given.isdecimal() and len(given) < 7 else 1


class _Linker:
    """Addresses of the same list on another page."""

    def __init__(self, asked: Mapping[str, str]) -> None:
        self.kept = {k: v for k, v in asked.items() if k not in ("page", "done", "filed")}

    def __call__(self, page: int) -> str:
        return "/staff/cases?" + urlencode({**self.kept, "page": page})
