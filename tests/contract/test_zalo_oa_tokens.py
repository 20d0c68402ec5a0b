"""The OA's tokens: one refresher at a time, kept before used, the settings only as the start."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.channels.zalo_oa.adapter import ZaloOA
from bot.channels.zalo_oa.tokens import Tokens
from bot.domain.message import Outgoing
from bot.errors import ChannelDown, RetryLater
from bot.settings import Settings
from bot.store.database import Database, open_engine, upgrade
from bot.store.vault import DatabaseVault
from tests.servers.zalo_oa import REFRESH, FakeZaloOA, Person
from tests.vaults import MemoryVault

pytestmark = pytest.mark.timeout(60)

START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


class Clock:
    """A time that the test sets, for us and for Zalo."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def seconds(self) -> float:
        return self.time.timestamp()

    def later(self, **span: float) -> None:
        self.time += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fake(clock: Clock) -> Iterator[FakeZaloOA]:
    with FakeZaloOA(now=clock.seconds) as server:
        yield server


@pytest.fixture
def an(fake: FakeZaloOA) -> Person:
    return fake.user("2460000000000000001", "An")


@pytest.fixture
def vault() -> MemoryVault:
    return MemoryVault()


def opened(fake: FakeZaloOA, vault: Any, clock: Clock, **more: Any) -> ZaloOA:
    return ZaloOA(Settings(**fake.settings(**more)), vault, {}, {}, clock)


def say(channel: ZaloOA, who: Person, text: str = "tin") -> None:
    channel.send(who.id, Outgoing(text), [])


def test_the_first_send_exchanges_the_token_of_the_settings_and_keeps_the_pair(
    fake: FakeZaloOA, an: Person, vault: MemoryVault, clock: Clock
) -> None:
    channel = opened(fake, vault, clock)
    assert fake.calls == [], "opening a channel calls nobody"
    say(channel, an)
    say(channel, an)
    assert fake.api.exchanges == [REFRESH]
    kept = vault.kept["zalo_oa"]
    assert kept["access_token"] == fake.api.access_token
    assert [kept["refresh_token"]] == list(fake.api.refresh_tokens)
    assert datetime.fromisoformat(kept["expires_at"]) == START + timedelta(seconds=90000)
    assert datetime.fromisoformat(kept["refreshed_at"]) == START
    assert REFRESH not in str(kept), "what it began with is kept as a digest"
    [call] = fake.called("token")
    assert call["headers"]["secret_key"] == "appSecretOfTheTests1"
    assert "authorization" not in call["headers"]


def test_after_a_restart_the_kept_pair_is_used_and_not_the_spent_token(
    fake: FakeZaloOA, an: Person, vault: MemoryVault, clock: Clock
) -> None:
    say(opened(fake, vault, clock), an)
    say(opened(fake, vault, clock), an)
    clock.later(days=2)
    say(opened(fake, vault, clock), an)
    assert fake.api.exchanges == [REFRESH, "refresh-1-of-the-tests"]
    assert len(an.texts) == 3


def test_a_pair_that_somebody_kept_without_its_beginning_is_used(fake: FakeZaloOA, an: Person, clock: Clock) -> None:
    fake.api.access_token, fake.api.ends = "kept-access", clock.seconds() + 86400
    given = {"refreshed_at": START.isoformat(), "expires_at": (START + timedelta(days=1)).isoformat()}
    vault = MemoryVault(zalo_oa={"access_token": "kept-access", "refresh_token": "kept-refresh", **given})
    say(opened(fake, vault, clock), an)
    assert fake.api.exchanges == []


def test_another_token_in_the_settings_wins_and_the_same_one_does_not(
    fake: FakeZaloOA, an: Person, vault: MemoryVault, clock: Clock
) -> None:
    say(opened(fake, vault, clock), an)
    fake.api.refresh_tokens.add("consented-anew")
    say(opened(fake, vault, clock, zalo_oa_refresh_token="consented-anew"), an)
    clock.later(days=2)
    say(opened(fake, vault, clock, zalo_oa_refresh_token="consented-anew"), an)
    assert fake.api.exchanges == [REFRESH, "consented-anew", "refresh-2-of-the-tests"]


@pytest.mark.parametrize(("hours", "exchanges"), [(23.9, 1), (24.1, 2)])
def test_a_token_is_renewed_an_hour_before_it_ends(
    fake: FakeZaloOA, an: Person, vault: MemoryVault, clock: Clock, hours: float, exchanges: int
) -> None:
    channel = opened(fake, vault, clock)
    say(channel, an)
    clock.later(hours=hours)
    say(channel, an)
    assert len(fake.api.exchanges) == exchanges


def test_a_token_that_lives_an_hour_is_not_renewed_at_each_call(
    fake: FakeZaloOA, an: Person, vault: MemoryVault, clock: Clock
) -> None:
    fake.api.expires_in = "3600"
    channel = opened(fake, vault, clock)
    say(channel, an)
    clock.later(minutes=47)
    say(channel, an)
    assert len(fake.api.exchanges) == 1
    clock.later(minutes=2)
    say(channel, an)
    assert len(fake.api.exchanges) == 2


@pytest.mark.parametrize("code", [-216, -220])
def test_a_refused_token_is_renewed_once_and_the_message_arrives(
    fake: FakeZaloOA, an: Person, vault: MemoryVault, clock: Clock, code: int
) -> None:
    channel = opened(fake, vault, clock)
    say(channel, an)
    fake.fail("cs", code)
    say(channel, an, "hai")
    assert an.texts == ["tin", "hai"]
    assert len(fake.api.exchanges) == 2


def test_by_phone_the_code_of_a_refused_token_is_another_one(
    fake: FakeZaloOA, vault: MemoryVault, clock: Clock
) -> None:
    fake.user("2460000000000000001", "An", phone="84901234567")
    fake.approve("345001", "x", {})
    channel = opened(fake, vault, clock)
    fake.fail("phone", -124)
    channel.api.template_by_phone("84901234567", "345001", {}, "t-1")
    assert len(fake.api.exchanges) == 2


def test_a_token_that_is_refused_again_stops_the_channel(
    fake: FakeZaloOA, an: Person, vault: MemoryVault, clock: Clock
) -> None:
    channel = opened(fake, vault, clock)
    fake.fail("cs", -216, times=2)
    with pytest.raises(ChannelDown, match="-216"):
        say(channel, an)
    assert len(fake.api.exchanges) == 2, "one to begin with, one for the refusal"


def test_a_token_that_another_process_renewed_is_read_and_not_renewed_again(
    fake: FakeZaloOA, an: Person, vault: MemoryVault, clock: Clock
) -> None:
    first, second = opened(fake, vault, clock), opened(fake, vault, clock)
    say(first, an)
    say(second, an)
    fake.fail("cs", -220)
    say(second, an)
    say(first, an)
    assert fake.api.exchanges == [REFRESH, "refresh-1-of-the-tests"]


@pytest.mark.parametrize("kind", ["memory", "database"])
def test_many_senders_at_once_spend_the_token_once(
    fake: FakeZaloOA, an: Person, clock: Clock, tmp_path: Path, kind: str
) -> None:
    vaults = [MemoryVault()] * 2
    engines = []
    if kind == "database":
        engines = [open_engine(f"sqlite:///{tmp_path / 'v.db'}") for _ in range(2)]
        upgrade(engines[0])
        vaults = [DatabaseVault(Database(engine)) for engine in engines]  # type: ignore[misc]
    channels = [opened(fake, vault, clock) for vault in vaults]
    fake.stall("token", 0.1, after_doing=True)
    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            say(channels[number % 2], an, f"tin {number}")
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for engine in engines:
        engine.dispose()
    assert failures == []
    assert fake.api.exchanges == [REFRESH]
    assert len(an.texts) == 6


def test_a_pair_is_kept_before_it_is_used(fake: FakeZaloOA, an: Person, clock: Clock) -> None:
    class Full(MemoryVault):
        def change(self, name: str, make: Any) -> dict[str, Any]:
            make(self.kept.get(name))
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        say(opened(fake, Full(), clock), an)
    assert fake.called("cs") == []


def test_a_refused_refresh_token_stops_the_channel_and_says_what_to_do(
    fake: FakeZaloOA, an: Person, vault: MemoryVault, clock: Clock
) -> None:
    channel = opened(fake, vault, clock, zalo_oa_refresh_token="spent")
    with pytest.raises(ChannelDown, match="LANGNGHE_ZALO_OA_REFRESH_TOKEN") as caught:
        say(channel, an)
    assert "spent" not in str(caught.value)
    assert vault.kept == {}
    assert fake.called("cs") == []


@pytest.mark.parametrize("status", [400, 401])
def test_a_refusal_by_status_stops_the_channel_as_well(
    fake: FakeZaloOA, an: Person, vault: MemoryVault, clock: Clock, status: int
) -> None:
    fake.fail("token", status)
    with pytest.raises(ChannelDown):
        say(opened(fake, vault, clock), an)


@pytest.mark.parametrize("trouble", [503, -32])
def test_a_token_server_that_is_ill_is_asked_later(
    fake: FakeZaloOA, an: Person, vault: MemoryVault, clock: Clock, trouble: int
) -> None:
    channel = opened(fake, vault, clock)
    fake.fail("token", trouble)
    with pytest.raises(RetryLater) as caught:
        say(channel, an)
    assert (caught.value.everyone, caught.value.uncertain) == (True, False)
    say(channel, an)
    assert an.texts == ["tin"]


def test_a_token_server_that_is_silent_leaves_no_doubt_about_the_message(
    fake: FakeZaloOA, an: Person, vault: MemoryVault, clock: Clock
) -> None:
    channel = opened(fake, vault, clock, zalo_oa_timeout=0.1)
    fake.stall("token", 0.2)
    with pytest.raises(RetryLater) as caught:
        say(channel, an)
    assert not caught.value.uncertain
    time.sleep(0.1)


def test_in_its_last_hour_a_token_still_works_when_it_cannot_be_renewed(
    fake: FakeZaloOA, an: Person, vault: MemoryVault, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    channel = opened(fake, vault, clock)
    say(channel, an)
    clock.later(hours=24.5)
    fake.fail("token", 503, times=9)
    say(channel, an)
    say(channel, an)
    assert len(an.texts) == 3
    assert len(fake.called("token")) == 2, "not asked again at once"
    assert "could not be renewed" in caplog.text
    clock.later(hours=1)
    with pytest.raises(RetryLater):
        say(channel, an)


def test_an_answer_without_a_new_refresh_token_is_no_pair(clock: Clock, vault: MemoryVault) -> None:
    tokens = Tokens(vault, "start", lambda token: {"access_token": "a"}, clock)
    with pytest.raises(ChannelDown):
        tokens.access()
    assert vault.kept == {}


@pytest.mark.parametrize("told", [None, "soon", "-5", "nan", "inf"])
def test_a_life_that_nobody_tells_is_an_hour(clock: Clock, vault: MemoryVault, told: Any) -> None:
    answer = {"access_token": "a", "refresh_token": "r", "expires_in": told}
    assert Tokens(vault, "start", lambda token: answer, clock).access() == "a"
    assert datetime.fromisoformat(vault.kept["zalo_oa"]["expires_at"]) == START + timedelta(hours=1)


def test_what_is_kept_badly_is_replaced(fake: FakeZaloOA, an: Person, clock: Clock) -> None:
    say(opened(fake, MemoryVault(zalo_oa={"access_token": 5, "expires_at": "never"}), clock), an)
    assert fake.api.exchanges == [REFRESH]
