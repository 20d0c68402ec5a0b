"""In a group we refuse politely, once a day, and leave no trace of what was said there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import MetaData, create_engine, select

from bot.channels.telegram import words
from bot.channels.telegram.adapter import Telegram
from bot.channels.telegram.receive import Poller
from bot.errors import RetryLater
from bot.services.receive import keep
from bot.settings import Settings
from bot.store.models import Conversation, Inbox, Resident
from bot.web.webhooks import webhooks_router
from bot.wiring import System, build
from tests.servers.telegram import TOKEN, FakeTelegram, Person
from tests.vaults import MemoryVault

pytestmark = pytest.mark.timeout(60)
SECRET = "the-secret"
HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


@pytest.fixture
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram() as server:
        yield server


@pytest.fixture
def an(fake: FakeTelegram) -> Person:
    return fake.user(700000001, "An")


@pytest.fixture
def group(fake: FakeTelegram) -> Person:
    return fake.group(-100200300, "Tổ dân phố 7")


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vault() -> MemoryVault:
    return MemoryVault()


@pytest.fixture
def channel(fake: FakeTelegram, vault: MemoryVault, clock: Clock) -> Iterator[Telegram]:
    made = opened(fake, vault, clock)
    yield made
    made.close()


def opened(fake: FakeTelegram, vault: MemoryVault, clock: Clock) -> Telegram:
    settings = Settings(telegram_token=TOKEN, telegram_api_base=fake.url, telegram_timeout=5.0, secret_key="key")
    return Telegram(settings, vault, clock)


def take(channel: Telegram, update: dict) -> None:
    for message in channel.parse(update):
        channel.acknowledge(message)


def refusals(fake: FakeTelegram, group: Person, count: int) -> bool:
    return bool(fake.wait(lambda: len(fake.sent(group)) == count, 5))


def quiet(fake: FakeTelegram, channel: Telegram) -> None:
    """Wait until what was begun aside is done."""
    done: list[bool] = []

    def finish() -> None:
        with fake.changed:
            done.append(True)
            fake.changed.notify_all()

    channel._aside.do(finish)
    assert fake.wait(lambda: done)


def test_a_group_is_told_once_that_we_talk_in_private(
    fake: FakeTelegram, an: Person, group: Person, channel: Telegram
) -> None:
    for text in ("cả nhà ơi đèn hỏng", "/start", "@lang_nghe_bot có đó không"):
        take(channel, fake.says_in(group, an, text=text))
    quiet(fake, channel)
    [sent] = fake.sent(group)
    assert sent.text == words.PRIVATE
    assert [(b["text"], b["url"]) for b in sent.buttons] == [(words.PRIVATE_BUTTON, "https://t.me/lang_nghe_bot")]
    assert fake.sent(an) == []


def test_the_next_day_it_is_told_again_and_not_before_midnight_in_hanoi(
    fake: FakeTelegram, an: Person, group: Person, channel: Telegram, clock: Clock
) -> None:
    take(channel, fake.says_in(group, an, text="một"))
    assert refusals(fake, group, 1)
    clock.now = datetime(2026, 11, 23, 16, 59, tzinfo=UTC)
    take(channel, fake.says_in(group, an, text="hai"))
    quiet(fake, channel)
    assert len(fake.sent(group)) == 1
    clock.now += timedelta(minutes=1)
    take(channel, fake.says_in(group, an, text="ba"))
    assert refusals(fake, group, 2)


def test_every_group_is_told_for_itself(fake: FakeTelegram, an: Person, group: Person, channel: Telegram) -> None:
    other = fake.group(-100200301, "Tổ dân phố 8")
    for where in (group, other, group, other):
        take(channel, fake.says_in(where, an, text="x"))
    quiet(fake, channel)
    assert (len(fake.sent(group)), len(fake.sent(other))) == (1, 1)


def test_another_process_and_a_restart_do_not_tell_it_again(
    fake: FakeTelegram, an: Person, group: Person, channel: Telegram, vault: MemoryVault, clock: Clock
) -> None:
    take(channel, fake.says_in(group, an, text="một"))
    assert refusals(fake, group, 1)
    other = opened(fake, vault, clock)
    take(other, fake.says_in(group, an, text="hai"))
    quiet(fake, other)
    other.close()
    assert len(fake.sent(group)) == 1


def test_being_taken_into_a_group_is_answered_and_leaving_it_is_not(
    fake: FakeTelegram, an: Person, group: Person, channel: Telegram
) -> None:
    take(channel, fake.adds_to(group, an, "member", "left"))
    take(channel, fake.says_in(group, an, new_chat_title="Tổ 7"))
    quiet(fake, channel)
    assert fake.sent(group) == []
    take(channel, fake.adds_to(group, an))
    assert refusals(fake, group, 1)


def test_a_button_pressed_in_a_group_stops_spinning(
    fake: FakeTelegram, an: Person, group: Person, channel: Telegram
) -> None:
    take(channel, fake.presses_in(group, an, "report:send:7"))
    assert fake.wait(lambda: not fake.open_presses)


def test_a_group_that_has_thrown_us_out_is_left_alone(
    fake: FakeTelegram, an: Person, group: Person, channel: Telegram
) -> None:
    group.blocked = True
    for _ in range(3):
        take(channel, fake.says_in(group, an, text="x"))
    quiet(fake, channel)
    assert len(fake.called("sendMessage")) == 1


def test_a_vault_that_is_busy_holds_nobody_up(fake: FakeTelegram, an: Person, group: Person, clock: Clock) -> None:
    class Busy(MemoryVault):
        def change(self, name, make):  # type: ignore[no-untyped-def]
            raise RetryLater("busy")

    channel = opened(fake, Busy(), clock)
    take(channel, fake.says_in(group, an, text="x"))
    quiet(fake, channel)
    channel.close()
    assert fake.called("sendMessage") == []


# --- nothing is left ---


@pytest.fixture
def system(fake: FakeTelegram, database_url: str, tmp_path: Path) -> Iterator[System]:
    made = build(
        Settings(
            data_dir=tmp_path,
            database_url=database_url,
            telegram_token=TOKEN,
            telegram_secret=SECRET,
            telegram_api_base=fake.url,
            telegram_timeout=5.0,
        )
    )
    yield made
    made.channels["telegram"].close()
    made.db.engine.dispose()


def left(system: System) -> tuple[int, int, int]:
    with system.db.read() as session:
        conversations, inbox, residents = (list(session.scalars(select(t))) for t in (Conversation, Inbox, Resident))
        return len(conversations), len(inbox), len(residents)


def everything(url: str) -> str:
    """All that stands in all tables."""
    engine, tables = create_engine(url), MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        rows = [repr(row) for table in tables.sorted_tables for row in connection.execute(table.select())]
    engine.dispose()
    return "\n".join(rows)


def test_a_group_leaves_no_conversation_and_no_word(
    fake: FakeTelegram, an: Person, group: Person, system: System, database_url: str
) -> None:
    app = FastAPI()
    app.include_router(webhooks_router(system))
    client = TestClient(app)
    for update in (
        fake.says_in(group, an, text="cả nhà ơi đèn hỏng, gọi 0900000123"),
        fake.says_in(group, an, text="ở ngõ 97"),
        fake.adds_to(group, an),
        fake.presses_in(group, an, "report:send:7"),
    ):
        assert client.post("/hooks/telegram", json=update, headers=HEADERS).status_code == 200
    assert refusals(fake, group, 1)
    assert left(system) == (0, 0, 0)
    stored = everything(database_url)
    assert "telegram-groups" in stored
    assert not any(word in stored for word in ("đèn hỏng", "0900000123", "ngõ 97", str(an.id), "Tổ dân phố"))


def test_it_is_the_same_when_we_ask_for_updates_ourselves(
    fake: FakeTelegram, an: Person, group: Person, system: System
) -> None:
    channel = system.channels["telegram"]
    assert isinstance(channel, Telegram)
    poller = Poller(channel, lambda messages: keep(system.db, messages, system.clock), pauses=(0.05,))
    for text in ("một", "hai"):
        fake.says_in(group, an, text=text)
    poller.start()
    assert fake.wait(lambda: not fake.pending)
    assert refusals(fake, group, 1)
    fake.says_in(group, an, text="ba")
    assert fake.wait(lambda: not fake.pending)
    quiet(fake, channel)
    poller.stop()
    assert (len(fake.sent(group)), left(system)) == (1, (0, 0, 0))
