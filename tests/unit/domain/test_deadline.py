"""Working time (domain.md §1.6): hours run only inside official hours; days off, swaps, pauses and extensions count."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from bot.city import City
from bot.domain.deadline import ZONE, Limits, WorkCalendar, in_words

PLAIN = WorkCalendar()


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """A moment of 2026 in Hanoi. 23 November 2026 is a Monday."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


@pytest.mark.parametrize(
    ("start", "working", "end"),
    [
        (at(23, 8), 4, at(23, 12)),
        (at(23, 8), 4.5, at(23, 14)),
        (at(23, 11), 2, at(23, 14, 30)),
        (at(23, 12, 15), 1, at(23, 14, 30)),
        (at(23, 17), 1, at(24, 8, 30)),
        (at(23, 6), 1, at(23, 9)),
        (at(23, 22), 1, at(24, 9)),
        (at(27, 17), 1, at(30, 8, 30)),
        (at(28, 10), 8, at(30, 17, 30)),
        (at(29, 23, 59), 0.5, at(30, 8, 30)),
        (at(23, 9), 40, at(30, 9)),
        (at(23, 9), 80, at(7, 9, month=12)),
    ],
)
def test_hours_run_only_inside_official_hours(start: datetime, working: float, end: datetime) -> None:
    assert PLAIN.add(start, hours(working)) == end


def test_the_end_of_a_span_belongs_to_the_span() -> None:
    assert PLAIN.add(at(23, 8), hours(8)) == at(23, 17, 30)


def test_times_come_back_in_utc() -> None:
    end = PLAIN.add(at(23, 8), hours(1))
    assert end.tzinfo is UTC
    assert end == datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def test_utc_and_local_starts_mean_the_same() -> None:
    """23:30 UTC on Sunday is Monday morning in Hanoi."""
    assert PLAIN.add(datetime(2026, 11, 22, 23, 30, tzinfo=UTC), hours(1)) == at(23, 9)


def test_urgent_at_five_in_the_afternoon_is_due_next_working_day_at_half_past_eleven() -> None:
    urgent = Limits(receive=8, handle=4, urgent=True)
    assert urgent.due(PLAIN, at(23, 17)) == at(24, 11, 30)
    assert urgent.due(PLAIN, at(27, 17)) == at(30, 11, 30)


def test_urgent_counts_from_receipt_whenever_it_is_assigned() -> None:
    urgent = Limits(receive=8, handle=4, urgent=True)
    assert urgent.due(PLAIN, at(23, 8), assigned_at=at(23, 11)) == at(23, 12)


def test_handling_starts_with_assignment_but_no_later_than_the_receive_clock_ends() -> None:
    limits = Limits(receive=8, handle=40, urgent=False)
    assert limits.due(PLAIN, at(23, 9), assigned_at=at(23, 10)) == at(30, 10)
    assert limits.due(PLAIN, at(23, 9), assigned_at=at(27, 10)) == at(1, 9, month=12)
    assert limits.due(PLAIN, at(23, 9)) == at(1, 9, month=12)


def test_holidays_do_not_count() -> None:
    calendar = WorkCalendar(days_off=frozenset({date(2026, 11, 24)}))
    assert calendar.add(at(23, 17), hours(4)) == at(25, 11, 30)


def test_a_swapped_day_is_worked_and_its_weekday_is_off() -> None:
    """Monday off, the Saturday before is worked instead."""
    calendar = WorkCalendar(days_off=frozenset({date(2026, 11, 30)}), days_on=frozenset({date(2026, 11, 28)}))
    assert calendar.add(at(27, 17), hours(1)) == at(28, 8, 30)
    assert calendar.add(at(28, 17), hours(1)) == at(1, 8, 30, month=12)
    assert calendar.between(at(27, 0), at(1, 0, month=12)) == hours(16)


def test_a_city_may_have_its_own_hours_and_weekdays() -> None:
    saturday_too = WorkCalendar(hours=((time(7), time(11)),), weekdays=frozenset(range(6)))
    assert saturday_too.add(at(27, 10), hours(2)) == at(28, 8)
    assert saturday_too.add(at(28, 10), hours(2)) == at(30, 8)


def test_a_calendar_without_working_time_is_told_and_does_not_loop() -> None:
    with pytest.raises(ValueError, match="no working time"):
        WorkCalendar(weekdays=frozenset()).add(at(23, 9), hours(1))


@pytest.mark.parametrize(
    ("start", "end", "working"),
    [
        (at(23, 9), at(23, 10), 1),
        (at(23, 11), at(23, 14), 1.5),
        (at(23, 12), at(23, 13, 30), 0),
        (at(27, 17), at(30, 9), 1.5),
        (at(28, 8), at(29, 20), 0),
        (at(23, 0), at(30, 0), 40),
        (at(23, 10), at(23, 9), 0),
    ],
)
def test_working_time_between_two_moments(start: datetime, end: datetime, working: float) -> None:
    assert PLAIN.between(start, end) == hours(working)


@pytest.mark.parametrize("start", [at(23, 9), at(23, 12, 30), at(27, 17, 10), at(28, 10)])
def test_adding_and_measuring_agree(start: datetime) -> None:
    for working in (0.5, 4, 8, 13.25, 40):
        assert PLAIN.between(start, PLAIN.add(start, hours(working))) == hours(working)


def test_a_pause_before_assignment_moves_the_due_time() -> None:
    limits = Limits(receive=8, handle=40, urgent=False)
    # Paused Monday 10:00 to Wednesday 10:00, given to a unit on Wednesday at 11.
    assert limits.due(PLAIN, at(23, 9), at(25, 11), paused=hours(16)) == at(2, 11, month=12)
    urgent = Limits(receive=8, handle=4, urgent=True)
    assert urgent.due(PLAIN, at(23, 9), paused=hours(16)) == at(25, 14, 30)


def test_the_citys_calendar_has_the_default_hours_and_the_fixed_holidays(city: City) -> None:
    assert city.calendar.hours == ((time(8), time(12)), (time(13, 30), time(17, 30)))
    for day in (date(2027, 1, 1), date(2027, 4, 30), date(2026, 9, 2)):
        assert not city.calendar.is_working_day(day), day
    assert city.calendar.is_working_day(date(2026, 11, 23))
    assert not city.calendar.is_working_day(date(2026, 11, 22))


def test_the_first_day_of_tet_is_off(city: City) -> None:
    """6 February 2027 by domain.md's own reckoning; the days around it are off as well."""
    assert not city.calendar.is_working_day(date(2027, 2, 6))
    assert not city.calendar.is_working_day(date(2027, 2, 8))


def test_the_levels_are_those_of_the_decision(city: City) -> None:
    """Decision 1207/QĐ-UBND: received within 8, urgent ones handled within 4 working hours."""
    assert city.receive_hours == 8
    assert city.limits(None, "urgent") == Limits(8, 4, urgent=True)
    assert city.limits(None, "normal") == Limits(8, 40, urgent=False)
    assert city.limits(None, "complex") == Limits(8, 80, urgent=False)


def test_a_moment_in_words_is_local_and_names_the_day() -> None:
    assert in_words(at(1, 17, 30, month=12)) == "17 giờ 30 thứ Ba, ngày 01/12/2026"
    assert in_words(datetime(2026, 11, 23, 2, 0, tzinfo=UTC)) == "9 giờ thứ Hai, ngày 23/11/2026"
    assert "Chủ nhật" in in_words(at(22, 8))
