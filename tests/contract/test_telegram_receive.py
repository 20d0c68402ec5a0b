"""How Telegram's updates come in: nothing is lost, nothing comes twice, whatever fails on either side."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import select

from bot.channels.telegram.adapter import ALLOWED_UPDATES, Telegram
from bot.channels.telegram.receive import Poller, Registrar, receiver
from bot.domain.message import Button, Incoming, Outgoing
from bot.services.receive import keep
from bot.settings import Settings
from bot.store.models import Inbox
from bot.web.webhooks import webhooks_router
from bot.wiring import System, build
from tests.servers.telegram import TOKEN, FakeTelegram, Person
from tests.vaults import MemoryVault

pytestmark = pytest.mark.timeout(60)
PAUSES = (0.05, 0.1)


@pytest.fixture
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram() as server:
        yield server


@pytest.fixture
def an(fake: FakeTelegram) -> Person:
    return fake.user(700000001, "An")


@pytest.fixture
def system(fake: FakeTelegram, tmp_path: Path) -> Iterator[System]:
    settings = Settings(
        data_dir=tmp_path,
        database_url=f"sqlite:///{tmp_path / 'test.db'}",
        secret_key="key",
        telegram_token=TOKEN,
        telegram_api_base=fake.url,
        telegram_timeout=5.0,
    )
    made = build(settings)
    yield made
    telegram(made).close()
    made.db.engine.dispose()


@pytest.fixture
def poller(system: System) -> Iterator[Poller]:
    made = Poller(telegram(system), lambda messages: keep(system.db, messages, system.clock), pauses=PAUSES)
    yield made
    made.stop()


def telegram(system: System) -> Telegram:
    channel = system.channels["telegram"]
    assert isinstance(channel, Telegram)
    return channel


def inbox(system: System) -> list[Incoming]:
    with system.db.read() as session:
        return [Incoming.from_json(body) for body in session.scalars(select(Inbox.body).order_by(Inbox.id))]


def wait_for(fake: FakeTelegram, system: System, texts: list[str]) -> None:
    until = time.monotonic() + 10
    while (found := [m.text for m in inbox(system)]) != texts:
        assert time.monotonic() < until, f"{found} and not {texts}"
        time.sleep(0.02)


def test_without_a_public_address_we_ask_and_with_one_telegram_brings(fake: FakeTelegram) -> None:
    for public_url, expected in (("", Poller), ("http://127.0.0.1:9", Registrar)):
        settings = Settings(telegram_token=TOKEN, telegram_api_base=fake.url, public_url=public_url)
        assert type(receiver(Telegram(settings, MemoryVault()), lambda messages: None)) is expected


def test_messages_arrive_in_order_and_once(fake: FakeTelegram, an: Person, system: System, poller: Poller) -> None:
    fake.says(an, "viết khi trợ lý còn tắt")
    poller.start()
    fake.says(an, "hai")
    wait_for(fake, system, ["viết khi trợ lý còn tắt", "hai"])
    fake.says(an, "ba")
    wait_for(fake, system, ["viết khi trợ lý còn tắt", "hai", "ba"])
    assert fake.wait(lambda: not fake.pending), "what is stored is confirmed with the next question"
    assert fake.api.allowed == ALLOWED_UPDATES


def test_a_webhook_left_over_is_taken_away_and_nothing_that_waits_is_lost(
    fake: FakeTelegram, an: Person, system: System, poller: Poller
) -> None:
    telegram(system).set_webhook("http://127.0.0.1:9/hooks/telegram", "old")
    fake.says(an, "chờ lâu rồi")
    poller.start()
    wait_for(fake, system, ["chờ lâu rồi"])
    assert fake.wait(lambda: fake.commands)


def test_an_update_is_stored_before_the_next_one_is_asked_for(fake: FakeTelegram, an: Person, system: System) -> None:
    broken = threading.Event()
    broken.set()
    tries: list[str] = []

    def store(messages: list[Incoming]) -> None:
        tries.append(messages[0].text)
        if broken.is_set() and len(tries) >= 2:
            raise RuntimeError("the disk is full")
        keep(system.db, messages, system.clock)

    poller = Poller(telegram(system), store, pauses=PAUSES)
    fake.says(an, "một")
    fake.says(an, "hai")
    poller.start()
    assert fake.wait(lambda: len(tries) >= 4)
    assert [m.text for m in inbox(system)] == ["một"]
    assert [u["message"]["text"] for u in fake.pending] == ["hai"]
    broken.clear()
    wait_for(fake, system, ["một", "hai"])
    poller.stop()
    assert tries.count("một") == 1


def test_a_poller_that_dies_between_storing_and_confirming_stores_once(
    fake: FakeTelegram, an: Person, system: System
) -> None:
    for _ in range(2):
        poller = Poller(telegram(system), lambda messages: keep(system.db, messages, system.clock), pauses=PAUSES)
        update = fake.says(an, "một")
        keep(system.db, telegram(system).parse(update), system.clock)
        poller.start()
        assert fake.wait(lambda: not fake.pending)
        poller.stop()
    assert [m.text for m in inbox(system)] == ["một", "một"], "two messages, each once"


def test_troubles_on_the_way_are_survived(
    fake: FakeTelegram, an: Person, system: System, poller: Poller, caplog: pytest.LogCaptureFixture
) -> None:
    fake.fail("deleteWebhook", 502)
    fake.fail("setMyCommands", 500)
    fake.fail("getUpdates", 500, times=3)
    fake.fail("getUpdates", 429, "Too Many Requests", retry_after=1)
    fake.fail("getUpdates", 401)
    poller.start()
    fake.says(an, "vẫn tới nơi")
    wait_for(fake, system, ["vẫn tới nơi"])
    assert len([r for r in caplog.records if r.levelno >= logging.ERROR]) == 3, "one line for each row of failures"
    assert TOKEN not in caplog.text


def test_an_ill_server_is_not_asked_without_a_pause(fake: FakeTelegram, system: System) -> None:
    fake.fail("getUpdates", 502, times=1000)
    poller = Poller(telegram(system), lambda messages: None, pauses=(0.1, 0.3))
    poller.start()
    assert fake.wait(lambda: fake.called("getUpdates"))
    time.sleep(1)
    poller.stop()
    assert 2 <= len(fake.called("getUpdates")) <= 5


def test_two_pollers_of_one_bot_are_named_in_the_log(
    fake: FakeTelegram, an: Person, system: System, poller: Poller, caplog: pytest.LogCaptureFixture
) -> None:
    fake.fail("getUpdates", 409, "Conflict: terminated by other getUpdates request")
    poller.start()
    fake.says(an, "tin")
    wait_for(fake, system, ["tin"])
    assert "một máy khác đang nhận tin Telegram bằng cùng mã" in caplog.text


def test_what_cannot_be_read_does_not_hold_up_what_follows(
    fake: FakeTelegram, an: Person, system: System, poller: Poller, caplog: pytest.LogCaptureFixture
) -> None:
    fake.update(message={"message_id": 1, "text": "không rõ của ai, 0900000123"})
    fake.update(my_chat_member={"new": "kind"})
    fake.says(an, "sau")
    poller.start()
    wait_for(fake, system, ["sau"])
    assert "0900000123" not in caplog.text


def test_the_poller_stops_within_two_seconds_in_the_middle_of_a_long_question(
    fake: FakeTelegram, system: System, poller: Poller
) -> None:
    poller.start()
    assert fake.wait(lambda: fake.called("getUpdates"))
    begun = time.monotonic()
    poller.stop()
    assert time.monotonic() - begun < 2
    assert "telegram-Poller" not in {t.name for t in threading.enumerate()}


def test_a_press_is_acknowledged_and_blocking_is_noted(
    fake: FakeTelegram, an: Person, system: System, poller: Poller
) -> None:
    telegram(system).send(str(an.id), Outgoing("Gửi chứ ạ?", (Button("Gửi", "report:send"),)), [])
    poller.start()
    fake.presses(an, "Gửi")
    assert fake.wait(lambda: fake.sent(an)[0].rows == [["✓ Gửi"]] and not fake.open_presses)
    fake.blocks(an)
    wait_for(fake, system, ["", ""])
    assert [(m.payload, m.event) for m in inbox(system)] == [("report:send", None), (None, "blocked")]


# --- the webhook, over HTTP ---


@pytest.fixture
def site(fake: FakeTelegram, system: System) -> Iterator[str]:
    """Our web server with the hooks, on a free port."""
    app = FastAPI()
    app.include_router(webhooks_router(system))
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(5)
    listening.close()


def test_with_a_public_address_telegram_brings_the_messages(
    fake: FakeTelegram, an: Person, system: System, site: str
) -> None:
    channel = telegram(system)
    channel.public_url = site
    registrar = receiver(channel, lambda messages: None)
    fake.fail("setWebhook", 502)
    fake.says(an, "viết trước khi đặt webhook")
    registrar.start()
    assert fake.wait(lambda: fake.commands and not fake.pending, 20)
    fake.says(an, "hai")
    wait_for(fake, system, ["viết trước khi đặt webhook", "hai"])
    assert fake.api.webhook["url"] == f"{site}/hooks/telegram"
    registrar.stop()


def test_a_webhook_call_that_could_not_be_stored_comes_again(
    fake: FakeTelegram, an: Person, system: System, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = telegram(system)
    with monkeypatch.context() as patched:
        patched.setattr(system.db, "write", lambda: (_ for _ in ()).throw(OSError("the disk is full")))
        channel.set_webhook(f"{site}/hooks/telegram", channel.secret)
        fake.says(an, "vẫn tới nơi")
        assert fake.wait(lambda: "500" in fake.api.last_error)
    wait_for(fake, system, ["vẫn tới nơi"])
