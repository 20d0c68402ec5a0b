"""How a person may be reached now: windows, the night, and what is left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.reach import Contact, Hold, Message, PushRules, Send, Wait, next_step, quiet_until

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
NOTICE = Message("notice", template=True)
ZALO = PushRules(free=timedelta(days=7), template=True, phone=True)
FACEBOOK = PushRules(free=timedelta(hours=24), officer=timedelta(days=7), template=True)


def seen(**ago: float) -> Contact:
    return Contact(NOON - timedelta(**ago))


def test_where_there_is_no_window_it_is_always_open() -> None:
    assert next_step(PushRules(), seen(days=400), Message("notice"), NOON) == Send("free")
    assert next_step(PushRules(), Contact(None), Message("notice"), NOON) == Send("free")


@pytest.mark.parametrize(
    ("hours", "way"), [(1, "free"), (7 * 24 - 1, "free"), (7 * 24 - 0.9, "template"), (20 * 24, "template")]
)
def test_the_window_closes_an_hour_early(hours: float, way: str) -> None:
    assert next_step(ZALO, seen(hours=hours), NOTICE, NOON) == Send(way)  # type: ignore[arg-type]


def test_officers_words_are_for_officers_only() -> None:
    assert next_step(FACEBOOK, seen(days=3), Message("staff"), NOON) == Send("officer")
    assert next_step(FACEBOOK, seen(days=3), Message("notice"), NOON) == Wait(
        "quá hạn nhắn tự do và tin này không có mẫu đã duyệt"
    )
    assert isinstance(next_step(FACEBOOK, seen(days=8), Message("staff"), NOON), Wait)


def test_who_blocked_us_is_reached_by_phone_or_not_at_all() -> None:
    blocked = Contact(NOON, reachable=False)
    assert isinstance(next_step(ZALO, blocked, NOTICE, NOON), Wait)
    assert next_step(ZALO, Contact(NOON, False, "84912345678"), NOTICE, NOON) == Send("phone")
    assert isinstance(next_step(ZALO, Contact(NOON, False, "84912345678"), Message("notice"), NOON), Wait)


def test_a_refused_way_is_not_tried_again() -> None:
    contact = Contact(NOON - timedelta(days=1), refused=frozenset({"free"}))
    assert next_step(ZALO, contact, NOTICE, NOON) == Send("template")
    contact = Contact(NOON - timedelta(days=1), refused=frozenset({"free", "template"}))
    step = next_step(ZALO, contact, NOTICE, NOON)
    assert isinstance(step, Wait)
    assert "tin mẫu" in step.reason


@pytest.mark.parametrize(
    ("local", "until"),
    [
        ("2026-11-23T21:59:59+07:00", None),
        ("2026-11-23T22:00:00+07:00", "2026-11-24T06:00:00+07:00"),
        ("2026-11-24T05:59:00+07:00", "2026-11-24T06:00:00+07:00"),
        ("2026-11-24T06:00:00+07:00", None),
        ("2026-12-31T23:30:00+07:00", "2027-01-01T06:00:00+07:00"),
    ],
)
def test_the_night_lasts_from_ten_to_six(local: str, until: str | None) -> None:
    found = quiet_until(datetime.fromisoformat(local).astimezone(UTC))
    assert found == (datetime.fromisoformat(until) if until else None)


def test_the_night_holds_notices_but_no_answers() -> None:
    night = NOON + timedelta(hours=12)
    asleep = Contact(night - timedelta(hours=3))
    assert isinstance(next_step(PushRules(), asleep, Message("notice"), night), Hold)
    assert isinstance(next_step(PushRules(), asleep, Message("staff"), night), Hold)
    assert next_step(PushRules(), asleep, Message("reply"), night) == Send("free")
    assert next_step(PushRules(), asleep, Message("notice", urgent=True), night) == Send("free")
    awake = Contact(night - timedelta(minutes=10))
    assert next_step(PushRules(), awake, Message("notice"), night) == Send("free")
