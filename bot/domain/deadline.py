"""Deadlines in working hours: holidays, swapped days, pause, extension (domain.md §1.6, topics.yml levels)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True)
class WorkCalendar:
    """Official hours. Everything in it is data that an administrator edits.

    hours: spans of local time within a working day; weekdays: 0 = Monday; days_off: public holidays and
    swapped days off; days_on: rest days that are worked instead.
    """

    hours: tuple[tuple[time, time], ...] = ((time(8), time(12)), (time(13, 30), time(17, 30)))
    weekdays: frozenset[int] = frozenset({0, 1, 2, 3, 4})
    days_off: frozenset[date] = frozenset()
    days_on: frozenset[date] = field(default_factory=frozenset)

    def is_working_day(self, day: date) -> bool:
        if day in self.days_on:
            return True
        return day.weekday() in self.weekdays and day not in self.days_off

    def spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """Working spans of `day`, aware, local."""
        if not self.is_working_day(day):
            return []
        return [(datetime.combine(day, a, ZONE), datetime.combine(day, b, ZONE)) for a, b in self.hours]

    def add(self, start: datetime, working: timedelta) -> datetime:
        """The moment when `working` time of official hours has passed since `start`. Aware in, UTC out."""
        left, day, now = working, start.astimezone(ZONE).date(), start
        for _ in range(3660):
            for begin, end in self.spans(day):
                begin = max(begin, now)
                if begin >= end:
                    continue
                if end - begin >= left:
                    return (begin + left).astimezone(UTC)
                left -= end - begin
            day += timedelta(days=1)
        raise ValueError("the calendar has no working time in ten years")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Official hours between two moments; zero when `end` is not later."""
        total, day = timedelta(), start.astimezone(ZONE).date()
        while day <= end.astimezone(ZONE).date():
            for a, b in self.spans(day):
                a, b = max(a, start), min(b, end)
                if b > a:
                    total += b - a
            day += timedelta(days=1)
        return total


@dataclass(frozen=True)
class Limits:
    """Working hours allowed. Sources: Decision 1207/QĐ-UBND for receive and urgent; the rest is a proposal."""

    receive: float
    handle: float
    urgent: bool

    def due(
        self,
        calendar: WorkCalendar,
        received_at: datetime,
        assigned_at: datetime | None = None,
        paused: timedelta = timedelta(),
    ) -> datetime:
        """When the answer is due. Urgent: counted from receipt. Else from assignment, at the latest from
        the end of the time allowed for receiving.

        paused: working time before the assignment in which the case waited for its resident.
        """
        if self.urgent:
            return calendar.add(received_at, timedelta(hours=self.handle) + paused)
        start = calendar.add(received_at, timedelta(hours=self.receive) + paused)
        if assigned_at is not None:
            start = min(start, assigned_at)
        return calendar.add(start, timedelta(hours=self.handle))


_DAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


def in_words(moment: datetime) -> str:
    """`17 giờ 30 thứ Ba, ngày 01/12/2026`, local time."""
    local = moment.astimezone(ZONE)
    minutes = f" {local.minute:02d}" if local.minute else ""
    return f"{local.hour} giờ{minutes} {_DAYS[local.weekday()]}, ngày {local:%d/%m/%Y}"
