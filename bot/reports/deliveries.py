"""Every message that we started, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain import proof
from bot.reports.base import Asked, Cell, Column, Report
from bot.store.models import Attempt, Case, Outbox


def rows(session: Session, asked: Asked) -> list[tuple[Cell, ...]]:
    """One row a notice that was written in the period, oldest first."""
    query = (
        select(Outbox.id, Outbox.created_at, Case.code, Outbox.channel, Outbox.kind, Outbox.way, Outbox.state,
               Outbox.sent_at, Outbox.delivered_at, Outbox.read_at, Outbox.reason,
               Attempt.outcome, Attempt.reason.label("why"))
        .outerjoin(Case, Case.id == Outbox.case_id)
        .outerjoin(Attempt, Attempt.outbox_id == Outbox.id)
        .where(Outbox.kind != "reply", Outbox.created_at >= asked.period.start, Outbox.created_at < asked.period.end)
        .where(asked.scope.condition())
        .order_by(Outbox.created_at, Outbox.id, Attempt.id)
    )  # fmt: skip
    return [_row(asked, list(lines)) for _, lines in groupby(session.execute(query), key=lambda line: line.id)]


def _row(asked: Asked, lines: list[Any]) -> tuple[Cell, ...]:
    one = lines[0]
    steps = [proof.Step(line.outcome, line.why) for line in lines if line.outcome]
    done = proof.instead(one.state, one.way, steps)
    return (
        one.created_at,
        one.code,
        asked.channel(one.channel),
        proof.KINDS.get(one.kind, one.kind),
        proof.WAYS.get(one.way) if one.state in proof.SENT else None,
        proof.STATES.get(one.state, one.state),
        one.sent_at,
        one.delivered_at,
        one.read_at,
        _reason(one, steps),
        proof.INSTEAD[done] if done else None,
    )


def _reason(one: Any, steps: Iterable[proof.Step]) -> str | None:
    return proof.stopped_by(one.state, one.way, list(steps)) or one.reason


REPORT = Report(
    title="Từng tin báo cho người dân",
    about="Mỗi dòng là một thông báo hoặc một tin cán bộ viết: đi bằng cách nào, tới lúc nào, vướng gì, làm gì thay.",
    deed="report",
    columns=(
        Column("Viết lúc", "time"),
        Column("Mã phiếu", "code"),
        Column("Kênh"),
        Column("Loại tin"),
        Column("Cách gửi"),
        Column("Tình trạng"),
        Column("Gửi lúc", "time"),
        Column("Tới lúc", "time"),
        Column("Xem lúc", "time"),
        Column("Lý do"),
        Column("Đã làm thay"),
    ),
    rows=rows,
)
