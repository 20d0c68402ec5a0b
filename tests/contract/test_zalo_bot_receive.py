"""How Zalo Bot's updates come in, and what each kind means: nothing is lost, nothing comes twice."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from bot.channels.zalo_bot.adapter import ZaloBot
from bot.channels.zalo_bot.parse import parse_update
from bot.channels.zalo_bot.receive import Poller, Registrar, receiver
from bot.domain.message import MAX_TEXT, Incoming, MediaRef
from bot.services.receive import keep
from bot.settings import Settings
from bot.store.models import Inbox
from bot.web.webhooks import webhooks_router
from bot.wiring import System, build
from tests.servers.zalo_bot import TOKEN, FakeZaloBot, Person

pytestmark = pytest.mark.timeout(60)
PAUSES = (0.02, 0.05)
AN = "6ede9afa66b88fe6d6a9"


# --- what an update means ---


def update(event: str, wrap: bool = False, **parts: Any) -> dict[str, Any]:
    """An update as Zalo writes it; a part that is None is left out."""
    message = {
        "message_id": "2d758cb5e222177a4e35",
        "date": 1790000000000,
        "from": {"id": AN, "display_name": "Nguyễn Văn An", "is_bot": False},
        "chat": {"id": AN, "chat_type": "PRIVATE"},
        **parts,
    }
    made = {"event_name": event, "message": {k: v for k, v in message.items() if v is not None}}
    return {"ok": True, "result": made} if wrap else made


def photo(url: str, caption: str = "") -> tuple[MediaRef, ...]:
    return (MediaRef("photo", remote=url, caption=caption),)


MEANINGS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("message.text.received", {"text": "Đèn đường hỏng", "message_type": "TEXT"}, {"text": "Đèn đường hỏng"}),
    ("message.text.received", {"text": "report:send:7"}, {"text": "report:send:7"}),
    (
        "message.image.received",
        {"photo_url": "https://c.example/i.jpg", "caption": "cột số 8"},
        {"text": "cột số 8", "media": photo("https://c.example/i.jpg", "cột số 8")},
    ),
    ("message.image.received", {"photo": "https://c.example/i.jpg"}, {"media": photo("https://c.example/i.jpg")}),
    (
        "message.image.received",
        {"photo_url": "https://c.example/i.jpg", "photo": "https://c.example/i.jpg"},
        {"media": photo("https://c.example/i.jpg")},
    ),
    (
        "message.image.received",
        {"photos": [{"url": "https://c.example/1.jpg"}, "https://c.example/2.jpg"]},
        {"media": photo("https://c.example/1.jpg") + photo("https://c.example/2.jpg")},
    ),
    (
        "message.image.received",
        {"image": {"url": "https://c.example/i.jpg"}},
        {"media": photo("https://c.example/i.jpg")},
    ),
    (
        "message.voice.received",
        {"voice_url": "https://c.example/v"},
        {"media": (MediaRef("voice", remote="https://c.example/v"),)},
    ),
    ("message.link.received", {"link": {"title": "Bài báo", "url": "https://b.example"}}, {"text": "Bài báo"}),
    ("message.link.received", {"url": "https://b.example"}, {"text": "https://b.example"}),
    ("message.sticker.received", {"sticker": "46991", "url": "https://c.example/s.png"}, {}),
    ("message.unsupported.received", {}, {"handle": {"unsupported": True}}),
    ("message.unsupported.received", {"message_id": None, "date": None}, {"handle": {"unsupported": True}}),
    ("message.new_kind.received", {"text": "vẫn có chữ"}, {"text": "vẫn có chữ"}),
]
NOTHING_FOR_US: list[dict[str, Any]] = [
    update("message.reaction.received", reaction="like"),
    update("message.new_kind.received"),
    update("message.text.received", text="nhóm", chat={"id": "g1", "chat_type": "GROUP"}),
    update("message.text.received", text="máy", **{"from": {"id": "1", "is_bot": True}}),
    update("bot.added", text="x"),
    {"event_name": "message.unsupported.received"},
    {"ok": True, "result": None},
    {"ok": True},
    {},
    {"event_name": "message.text.received", "message": "chuỗi"},
    {"event_name": "message.text.received", "message": {"date": 10**30, "chat": {"id": "1"}, "text": "x"}},
]


def meaning(message: Incoming) -> dict[str, Any]:
    """All that is not empty, without what every message has."""
    fields = ("text", "payload", "location", "media", "phone", "event", "handle")
    return {name: value for name in fields if (value := getattr(message, name))}


@pytest.mark.parametrize("wrap", [False, True], ids=["flat", "wrapped"])
@pytest.mark.parametrize(("event", "parts", "expected"), MEANINGS)
def test_an_update_means_what_the_resident_meant(
    event: str, parts: dict[str, Any], expected: dict[str, Any], wrap: bool
) -> None:
    [message] = parse_update(update(event, wrap, **parts))
    assert meaning(message) == expected
    assert (message.channel, message.sender) == ("zalo_bot", AN)
    assert Incoming.from_json(json.loads(json.dumps(message.to_json()))) == message


@pytest.mark.parametrize("given", NOTHING_FOR_US)
def test_what_is_not_a_residents_word_is_left_out(given: dict[str, Any]) -> None:
    assert parse_update(given) == []


def test_the_date_is_in_milliseconds() -> None:
    [message] = parse_update(update("message.text.received", text="x"))
    assert message.sent_at == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
    [older] = parse_update(update("message.text.received", text="x", date=1790000000))
    assert older.sent_at == message.sent_at


def test_the_same_update_has_the_same_name_and_another_one_another() -> None:
    one = update("message.text.received", text="x")
    assert parse_update(one)[0].message_id == "2d758cb5e222177a4e35" == parse_update(one)[0].message_id
    nameless = [update("message.unsupported.received", message_id=None, date=date) for date in (1, 1, 2)]
    names = [parse_update(u)[0].message_id for u in nameless]
    assert names[0] == names[1] != names[2]


def test_only_ids_of_the_sender_suffice_to_answer() -> None:
    given = {"event_name": "message.unsupported.received", "message": {"from": {"id": AN}}}
    assert [m.sender for m in parse_update(given)] == [AN]


def test_a_letter_without_end_is_cut_and_the_person_is_told() -> None:
    [message] = parse_update(update("message.text.received", text="a" * (MAX_TEXT + 1)))
    assert (len(message.text), message.handle) == (MAX_TEXT, {"cut": True})


def test_what_cannot_be_read_leaves_no_words_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    parse_update({"event_name": "message.text.received", "message": {"chat": "0900000123", "text": "0900000123"}})
    parse_update({"message": {"text": "0900000123"}})
    assert caplog.text
    assert "0900000123" not in caplog.text


# --- asking for updates ---


@pytest.fixture
def fake() -> Iterator[FakeZaloBot]:
    with FakeZaloBot() as server:
        yield server


@pytest.fixture
def an(fake: FakeZaloBot) -> Person:
    return fake.user(AN, "An")


@pytest.fixture
def system(fake: FakeZaloBot, tmp_path: Path) -> Iterator[System]:
    made = build(
        Settings(
            data_dir=tmp_path,
            database_url=f"sqlite:///{tmp_path / 'test.db'}",
            secret_key="key",
            zalo_bot_token=TOKEN,
            zalo_bot_api_base=fake.url,
            zalo_bot_timeout=5.0,
        )
    )
    yield made
    zalo(made).close()
    made.db.engine.dispose()


@pytest.fixture
def poller(system: System) -> Iterator[Poller]:
    made = Poller(zalo(system), lambda messages: keep(system.db, messages, system.clock), wait=5, pauses=PAUSES)
    yield made
    made.stop()


def zalo(system: System) -> ZaloBot:
    channel = system.channels["zalo_bot"]
    assert isinstance(channel, ZaloBot)
    return channel


def inbox(system: System) -> list[str]:
    with system.db.read() as session:
        return [Incoming.from_json(body).text for body in session.scalars(select(Inbox.body).order_by(Inbox.id))]


def wait_for(system: System, texts: list[str]) -> None:
    until = time.monotonic() + 10
    while (found := inbox(system)) != texts:
        assert time.monotonic() < until, f"{found} and not {texts}"
        time.sleep(0.02)


def test_who_asks_and_who_is_brought_to(fake: FakeZaloBot) -> None:
    for public_url, expected in (("", Poller), ("https://nghe.example", Registrar)):
        made = ZaloBot(Settings(zalo_bot_token=TOKEN, zalo_bot_api_base=fake.url, public_url=public_url))
        assert type(receiver(made, lambda messages: None)) is expected
        assert type(made.receiver(lambda messages: None)) is expected


def test_messages_arrive_in_order_and_once(fake: FakeZaloBot, an: Person, system: System, poller: Poller) -> None:
    fake.webhook = {"url": "https://old.example", "secret": "12345678"}
    an.says("gửi tới địa chỉ cũ")
    fake.webhook = {}
    an.says("một")
    an.says("hai")
    poller.start()
    wait_for(system, ["một", "hai"])
    an.says("ba")
    wait_for(system, ["một", "hai", "ba"])


def test_a_webhook_left_over_is_taken_away(fake: FakeZaloBot, system: System, poller: Poller) -> None:
    fake.webhook = {"url": "https://old.example", "secret": "12345678"}
    fake.fail("deleteWebhook", 502)
    poller.start()
    assert fake.wait(lambda: not fake.webhook and fake.called("getUpdates"))


def test_an_empty_answer_is_no_failure(
    fake: FakeZaloBot, an: Person, system: System, poller: Poller, caplog: pytest.LogCaptureFixture
) -> None:
    fake.fail("getUpdates", 408)
    poller.start()
    an.says("vẫn tới")
    wait_for(system, ["vẫn tới"])
    assert caplog.text == ""


def test_an_update_that_cannot_be_stored_is_held_until_it_can(fake: FakeZaloBot, an: Person, system: System) -> None:
    broken, tries = threading.Event(), []
    broken.set()

    def store(messages: list[Incoming]) -> None:
        tries.append(messages[0].text)
        if broken.is_set():
            raise RuntimeError("the disk is full")
        keep(system.db, messages, system.clock)

    poller = Poller(zalo(system), store, wait=1, pauses=PAUSES)
    an.says("một")
    an.says("hai")
    poller.start()
    until = time.monotonic() + 10
    while len(tries) < 3:
        assert time.monotonic() < until
        time.sleep(0.02)
    assert set(tries) == {"một"}
    assert len(fake.pending) == 1, "the next one is not even asked for: Zalo would forget it"
    broken.clear()
    wait_for(system, ["một", "hai"])
    poller.stop()


def test_troubles_on_the_way_are_survived(
    fake: FakeZaloBot, an: Person, system: System, poller: Poller, caplog: pytest.LogCaptureFixture
) -> None:
    fake.fail("getUpdates", 500, times=2)
    fake.fail("getUpdates", 401)
    fake.fail("getUpdates", 503, html=True)
    poller.start()
    an.says("vẫn tới nơi")
    wait_for(system, ["vẫn tới nơi"])
    assert len([r for r in caplog.records if r.levelno >= logging.ERROR]) == 1, "one line for a row of failures"
    assert TOKEN not in caplog.text


def test_a_platform_that_does_not_wait_is_not_asked_without_a_pause(
    fake: FakeZaloBot, system: System, poller: Poller
) -> None:
    fake.fail("getUpdates", 408, times=1000)
    poller.start()
    assert fake.wait(lambda: fake.called("getUpdates"))
    time.sleep(0.2)
    assert len(fake.called("getUpdates")) <= 2


def test_the_poller_stops_within_two_seconds_in_the_middle_of_a_long_question(
    fake: FakeZaloBot, system: System, poller: Poller
) -> None:
    poller.start()
    assert fake.wait(lambda: fake.called("getUpdates"))
    begun = time.monotonic()
    poller.stop()
    assert time.monotonic() - begun < 2.5


# --- the webhook ---


def test_the_registrar_tries_until_zalo_reaches_us(fake: FakeZaloBot) -> None:
    channel = ZaloBot(Settings(zalo_bot_token=TOKEN, zalo_bot_api_base=fake.url, secret_key="key",
                               public_url="https://nghe.example"))  # fmt: skip
    fake.fail("setWebhook", 502)
    fake.verification_fails = 1
    registrar = Registrar(channel, PAUSES)
    registrar.start()
    assert fake.wait(lambda: len(fake.called("setWebhook")) == 3)
    registrar.stop()
    assert fake.webhook == {"url": "https://nghe.example/hooks/zalo-bot", "secret": channel.secret}
    assert len(fake.called("setWebhook")) == 3
    channel.close()


def test_over_http_only_zalo_gets_in_and_each_message_once(system: System) -> None:
    app = FastAPI()
    app.include_router(webhooks_router(system))
    client = TestClient(app)
    call = json.dumps(update("message.text.received", text="cống tắc"), ensure_ascii=False).encode()
    good = {"X-Bot-Api-Secret-Token": zalo(system).secret}
    assert client.post("/hooks/zalo-bot", content=call).status_code == 403
    assert (
        client.post("/hooks/zalo-bot", content=call, headers={"X-Bot-Api-Secret-Token": "12345678"}).status_code == 403
    )
    for _ in range(2):
        assert client.post("/hooks/zalo-bot", content=call, headers=good).status_code == 200
    assert client.post("/hooks/zalo-bot", content=b'{"event_name": "new"}', headers=good).status_code == 200
    assert inbox(system) == ["cống tắc"]
