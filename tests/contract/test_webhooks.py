"""The webhooks of all channels: who may call, what is kept, what is answered."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from bot.channels.telegram.adapter import Telegram
from bot.domain.message import Incoming
from bot.services.receive import keep
from bot.settings import Settings
from bot.store.models import Conversation, Inbox
from bot.web.webhooks import webhooks_router
from bot.wiring import System, build
from tests.servers.telegram import TOKEN
from tests.vaults import MemoryVault

SECRET = "the-secret"
HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}
SAMPLES = Path(__file__).parent.parent / "samples" / "telegram"


class Pigeon(Telegram):
    """A platform with a two-word name that brings several messages in a call and asks a question first."""

    def parse(self, payload: dict) -> list[Incoming]:
        return [Incoming("pigeon_post", m["id"], m["from"], m["text"]) for m in payload["letters"]]

    def handshake(self, query: dict[str, str]) -> str | None:
        return query.get("challenge")


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    yield from opened(f"sqlite:///{tmp_path / 'test.db'}", tmp_path)


@pytest.fixture
def either(database_url: str, tmp_path: Path) -> Iterator[System]:
    """The same on each kind of database."""
    yield from opened(database_url, tmp_path)


def opened(database_url: str, tmp_path: Path) -> Iterator[System]:
    settings = Settings(
        data_dir=tmp_path,
        database_url=database_url,
        telegram_token=TOKEN,
        telegram_secret=SECRET,
        telegram_api_base="http://127.0.0.1:9",
    )
    made = build(settings)
    made.channels["pigeon_post"] = Pigeon(settings, MemoryVault())
    yield made
    made.channels["telegram"].close()  # type: ignore[attr-defined]
    made.db.engine.dispose()


@pytest.fixture
def client(system: System) -> TestClient:
    return client_of(system)


def client_of(system: System) -> TestClient:
    app = FastAPI()
    app.include_router(webhooks_router(system))
    return TestClient(app)


def sample(name: str) -> dict[str, Any]:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def stored(system: System) -> list[Incoming]:
    with system.db.read() as session:
        return [Incoming.from_json(body) for body in session.scalars(select(Inbox.body).order_by(Inbox.id))]


def test_a_message_is_stored_and_answered_with_an_empty_object(client: TestClient, system: System) -> None:
    answer = client.post("/hooks/telegram", json=sample("text"), headers=HEADERS)
    assert (answer.status_code, answer.json()) == (200, {})
    assert [m.text for m in stored(system)] == [sample("text")["message"]["text"]]


def test_the_same_update_twice_is_one_row(either: System) -> None:
    client = client_of(either)
    answers = [client.post("/hooks/telegram", json=sample("text"), headers=HEADERS) for _ in range(2)]
    assert [a.status_code for a in answers] == [200, 200]
    assert len(stored(either)) == 1


def test_several_updates_of_one_person_are_one_conversation(client: TestClient, system: System) -> None:
    for name in ("text", "photo", "callback", "blocked"):
        client.post("/hooks/telegram", json=sample(name), headers=HEADERS)
    with system.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Conversation)) == 1
        assert session.scalar(select(func.count()).select_from(Inbox)) == 4


@pytest.mark.parametrize("secret", [None, "", "the-secret2", "THE-SECRET", "khác"])
def test_a_forged_call_is_refused_and_leaves_nothing(client: TestClient, system: System, secret: str | None) -> None:
    headers = {} if secret is None else {b"X-Telegram-Bot-Api-Secret-Token": secret.encode()}
    answer = client.post("/hooks/telegram", content=json.dumps(sample("text")), headers=headers)
    assert answer.status_code == 403
    assert stored(system) == []


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"\xff\xfe", b"[]", b"7", b"null", b'{"update_id": 1}', b'{"a": ' + b"[" * 100_000, b"NaN"],
    ids=["empty", "cut off", "no text", "list", "number", "null", "nothing known", "bottomless", "nan"],
)
def test_nonsense_from_the_platform_itself_is_dropped_with_200(client: TestClient, system: System, raw: bytes) -> None:
    assert client.post("/hooks/telegram", content=raw, headers=HEADERS).status_code == 200
    assert stored(system) == []


def test_what_is_dropped_is_logged_without_its_content(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    update = sample("other_bot")
    update["message"]["text"] = "tôi là Nguyễn Văn Mẫu, 0900000123"
    client.post("/hooks/telegram", json=update, headers=HEADERS)
    client.post("/hooks/telegram", content=json.dumps(update)[:-9], headers=HEADERS)
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("bot.")]
    assert len(ours) == 2
    assert not any(part in line for line in ours for part in ("Mẫu", "0900000123", "700000001"))


def test_more_than_a_megabyte_is_refused(client: TestClient, system: System) -> None:
    assert client.post("/hooks/telegram", content=b" " * 1_000_001, headers=HEADERS).status_code == 413
    assert client.post("/hooks/telegram", content=b" " * 1_000_000, headers=HEADERS).status_code == 200


@pytest.mark.parametrize("name", ["viber", "zalo-oa", "telegram-", "..%2f"])
def test_a_channel_that_is_unknown_or_off_is_not_found(client: TestClient, name: str) -> None:
    assert client.post(f"/hooks/{name}", json={}, headers=HEADERS).status_code == 404
    assert client.get(f"/hooks/{name}").status_code == 404


def test_the_web_chat_takes_no_webhook(client: TestClient) -> None:
    assert client.post("/hooks/webchat", json=sample("text"), headers=HEADERS).status_code == 403


def test_a_get_is_answered_with_200(client: TestClient) -> None:
    answer = client.get("/hooks/telegram")
    assert (answer.status_code, answer.text) == (200, "OK")


@pytest.mark.parametrize(
    ("path", "status"),
    [("telegram", 200), ("pigeon-post?challenge=coo", 200), ("pigeon-post", 403), ("viber", 404)],
)
def test_a_head_is_answered_like_a_get_without_a_body(client: TestClient, path: str, status: int) -> None:
    head = client.head(f"/hooks/{path}")
    assert (head.status_code, client.get(f"/hooks/{path}").status_code) == (status, status)


def test_a_platform_that_asks_first_gets_its_answer(client: TestClient) -> None:
    answer = client.get("/hooks/pigeon-post", params={"challenge": "coo"})
    assert (answer.status_code, answer.text) == (200, "coo")
    assert client.get("/hooks/pigeon-post").status_code == 403


def test_all_messages_of_one_call_are_stored_in_order(client: TestClient, system: System) -> None:
    letters = [{"id": f"l{i}", "from": "an", "text": f"tin {i}"} for i in range(5)]
    assert client.post("/hooks/pigeon-post", json={"letters": letters}, headers=HEADERS).status_code == 200
    assert [m.text for m in stored(system)] == [f"tin {i}" for i in range(5)]


def test_a_parser_that_breaks_answers_200(client: TestClient, system: System) -> None:
    assert client.post("/hooks/pigeon-post", json={"letters": [{}]}, headers=HEADERS).status_code == 200
    assert stored(system) == []


def test_a_message_that_the_database_refuses_does_not_take_the_others_with_it(either: System) -> None:
    if either.db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite takes any text")
    good = [Incoming("pigeon_post", name, "an", name) for name in ("một", "hai")]
    keep(either.db, [good[0], Incoming("pigeon_post", "x", "a" * 300, "địa chỉ dài quá"), good[1]], either.clock)
    assert [m.text for m in stored(either)] == ["một", "hai"]
