"""How the messages that we started fared on each channel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from statistics import median
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.proof import SENT
from bot.reports.base import Asked, Cell, Column, Report
from bot.store.models import Case, Outbox

_COUNTED: dict[str, Callable[[Any], bool]] = {
    "Đã viết": lambda row: True,
    # Before ways were recorded there were only ordinary words.
    "Gửi tin thường": lambda row: row.state in SENT and (row.way or "free") == "free",
    "Gửi tin của cán bộ": lambda row: row.state in SENT and row.way == "officer",
    "Gửi tin mẫu": lambda row: row.state in SENT and row.way == "template",
    "Gửi theo số điện thoại": lambda row: row.state in SENT and row.way == "phone",
    "Đã tới": lambda row: row.delivered_at is not None,
    "Đã xem": lambda row: row.read_at is not None,
    "Chưa gửi": lambda row: row.state in ("queued", "claimed"),
    "Chờ gọi điện": lambda row: row.state == "waiting",
    "Đã gọi điện": lambda row: row.state == "told",
    "Không gửi được": lambda row: row.state == "undeliverable",
}
"""Heading -> what is counted below it."""


def rows(session: Session, asked: Asked) -> list[tuple[Cell, ...]]:
    """One row a channel over which something was written in the period, by its label."""
    query = (
        select(Outbox.channel, Outbox.state, Outbox.way, Outbox.created_at, Outbox.sent_at, Outbox.delivered_at,
               Outbox.read_at)
        .outerjoin(Case, Case.id == Outbox.case_id)
        .where(Outbox.kind != "reply", Outbox.created_at >= asked.period.start, Outbox.created_at < asked.period.end)
        .where(asked.scope.condition())
    )  # fmt: skip
    found = defaultdict(list)
    for row in session.execute(query):
        found[asked.channel(row.channel)].append(row)
    return [(label, *_counts(found[label]), _minutes(found[label])) for label in sorted(found)]


def _counts(written: list[Any]) -> list[int]:
    return [sum(map(counts, written)) for counts in _COUNTED.values()]


def _minutes(written: list[Any]) -> float | None:
    """The median time from writing to sending."""
    spans = [(row.sent_at - row.created_at).total_seconds() / 60 for row in written if row.sent_at]
    return round(median(spans), 1) if spans else None


REPORT = Report(
    title="Tin báo theo kênh",
    about="Mỗi kênh: đã viết bao nhiêu tin, đi bằng cách nào, bao nhiêu tin tới nơi, bao nhiêu tin phải gọi điện.",
    deed="report",
    columns=(
        Column("Kênh"),
        *(Column(title, "number") for title in _COUNTED),
        Column("Số phút tới khi gửi (trung vị)", "number"),
    ),
    rows=rows,
)
