"""What a report is. One module = one report; it is found by its folder (see bot/reports/__init__.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from bot.domain.reach import LOCAL
from bot.errors import InvalidInput
from bot.store.queries import Scope

Cell = str | int | float | datetime | None
"""What stands in a table; times are aware."""
_YEARS = range(2000, 2101)


@dataclass(frozen=True)
class Column:
    """A heading and what stands below it. A `code` is a tracking code: pages make a link of it."""

    title: str
    kind: Literal["text", "time", "number", "code"] = "text"


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both included, as the city counts them."""

    first: date
    last: date

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, time(), LOCAL)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last + timedelta(days=1), time(), LOCAL)


@dataclass(frozen=True)
class Asked:
    """What a report is asked for: which days, whose cases, and how the channels are called."""

    period: Period
    scope: Scope
    channels: Mapping[str, str]

    def channel(self, name: str) -> str:
        """The label of a channel; its name when it is off now."""
        return self.channels.get(name, name)


@dataclass(frozen=True)
class Report:
    """A table that staff may ask for.

    deed: who may see it (bot/domain/roles.py). rows: one query that only reads; as many cells in a row as columns.
    """

    title: str
    about: str
    deed: str
    columns: tuple[Column, ...]
    rows: Callable[[Session, Asked], list[tuple[Cell, ...]]]


def read_period(first: str | None, last: str | None, now: datetime) -> Period:
    """The period that was typed as `2026-11-01`; this month up to today where nothing was. Raises InvalidInput."""
    today = now.astimezone(LOCAL).date()
    until = _day(last) if last else today
    since = _day(first) if first else min(until, today).replace(day=1)
    if since > until:
        raise InvalidInput(f"Ngày bắt đầu {since:%d/%m/%Y} sau ngày kết thúc {until:%d/%m/%Y}.")
    return Period(since, until)


def _day(typed: str) -> date:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS:
        raise InvalidInput(f"{typed[:20]!r} không phải một ngày viết như 2026-11-30.")
    return day
