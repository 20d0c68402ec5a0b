"""Not faster than a platform lets us, and no platform takes all our hands."""

from __future__ import annotations

from bot.channels.base import Rate
from bot.services.pace import Crowd, Pace

TELEGRAM = Rate(overall=30, one=1, burst=5)


class Clock:
    """Time passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


def sent_at(count: int, pause_after: int | None = None) -> list[float]:
    """When so many messages to different people went out; once nothing had to be sent for ten seconds."""
    clock, moments = Clock(), []
    pace = Pace(now=lambda: clock.now, sleep=clock.sleep)
    for number in range(count):
        if number == pause_after:
            clock.now += 10
        pace.wait("telegram", TELEGRAM)
        moments.append(clock.now)
    return moments


def most_in_a_second(moments: list[float]) -> int:
    return max(sum(start <= moment < start + 1 for moment in moments) for start in moments)


def test_no_second_holds_more_than_the_platform_allows() -> None:
    assert most_in_a_second(sent_at(200)) <= 30


def test_a_rest_is_not_made_up_for_by_a_burst() -> None:
    assert most_in_a_second(sent_at(200, pause_after=50)) <= 30


def test_nearly_all_that_is_allowed_is_used() -> None:
    moments = sent_at(301)
    assert 300 / (moments[-1] - moments[0]) >= 29


def test_one_who_oversleeps_is_not_followed_too_closely() -> None:
    """The thirtieth after a late one waits as well; those after it are on time again."""
    clock, moments = Clock(), []

    def sleep(seconds: float) -> None:
        clock.sleep(seconds + (0.08 if len(moments) == 40 else 0.0))

    pace = Pace(now=lambda: clock.now, sleep=sleep)
    for _ in range(300):
        pace.wait("telegram", TELEGRAM)
        moments.append(clock.now)
    assert most_in_a_second(moments) <= 30
    assert 299 / (moments[-1] - moments[0]) >= 29


def test_channels_do_not_wait_for_each_other() -> None:
    clock = Clock()
    pace = Pace(now=lambda: clock.now, sleep=clock.sleep)
    for _ in range(30):
        pace.wait("telegram", TELEGRAM)
    before = clock.now
    pace.wait("webchat", TELEGRAM)
    assert clock.now == before


def test_one_person_gets_a_burst_and_then_one_a_second() -> None:
    pace = Pace()
    waits = [pace.too_soon("telegram", "an", TELEGRAM) for _ in range(6)]
    assert waits[:5] == [0] * 5
    assert 4 < waits[5] <= 5
    assert pace.too_soon("telegram", "binh", TELEGRAM) == 0
    assert pace.too_soon("zalo_oa", "an", TELEGRAM) == 0


def test_a_channel_is_full_until_one_of_its_messages_is_through() -> None:
    crowd = Crowd()
    crowd.enter(1, "telegram")
    crowd.enter(2, "webchat")
    assert crowd.full(2) == []
    crowd.enter(3, "telegram")
    assert crowd.full(2) == ["telegram"]
    crowd.leave(1)
    assert crowd.full(2) == []
