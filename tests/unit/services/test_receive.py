"""A message arrives: one inbox row, however often and however simultaneously it is brought."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.domain.message import Incoming, Location, MediaRef, clean_text
from bot.services.receive import keep, open_conversation, receive
from bot.store.models import Conversation, Inbox, Resident
from tests.scripted import Desk


def at_once(count: int, deed: Callable[[int], Any]) -> list[Any]:
    """Run `deed` in so many threads that start together."""
    gate = Barrier(count)

    def one(number: int) -> Any:
        gate.wait()
        return deed(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def store(desk: Desk, message: Incoming) -> int | None:
    with desk.system.db.write() as session:
        return receive(session, message, desk.now)


def count(desk: Desk, table: type) -> int:
    with desk.system.db.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_twice_is_one_row(desk: Desk) -> None:
    first = store(desk, Incoming("webchat", "m1", "an", "xin chào"))
    assert first is not None
    assert store(desk, Incoming("webchat", "m1", "an", "xin chào")) is None
    assert [row.id for row in desk.inbox()] == [first]


def test_the_same_id_on_two_channels_is_two_messages(desk: Desk) -> None:
    assert store(desk, Incoming("webchat", "m1", "an"))
    assert store(desk, Incoming("telegram", "m1", "an"))


@pytest.mark.parametrize("known", [False, True])
def test_two_at_once_are_one_row(desk: Desk, known: bool) -> None:
    if known:
        store(desk, Incoming("webchat", "m0", "an", "chào"))
    stored = at_once(4, lambda _: store(desk, Incoming("webchat", "m1", "an", "xin chào")))
    assert len([row for row in stored if row is not None]) == 1
    assert count(desk, Inbox) == 1 + known
    assert (count(desk, Conversation), count(desk, Resident)) == (1, 1)


def test_different_messages_of_a_new_person_at_once_are_all_kept(desk: Desk) -> None:
    stored = at_once(4, lambda n: store(desk, Incoming("webchat", f"m{n}", "an", "xin chào")))
    assert len({row for row in stored if row is not None}) == 4
    assert count(desk, Conversation) == 1


def test_a_batch_may_hold_what_was_stored_before(desk: Desk) -> None:
    first = Incoming("telegram", "1", "an", "một")
    keep(desk.system.db, [first], lambda: desk.now)
    keep(desk.system.db, [first, Incoming("telegram", "2", "an", "hai")], lambda: desk.now)
    assert [row.body["text"] for row in desk.inbox()] == ["một", "hai"]


def test_everything_of_a_message_survives_the_database(desk: Desk) -> None:
    message = Incoming(
        "telegram", "9", "an", "đèn tắt 🙂", "after:add:x", Location(21.03, 105.85),
        (MediaRef("photo", None, "file-1", "đây"),), "+84912345678", None, desk.now, {"callback_id": "7"},
    )  # fmt: skip
    store(desk, message)
    assert Incoming.from_json(desk.inbox()[0].body) == message


def test_whoever_writes_can_be_reached_again(desk: Desk) -> None:
    with desk.system.db.write() as session:
        open_conversation(session, "telegram", "an", desk.now).reachable = False
    store(desk, Incoming("telegram", "1", "an", event="blocked"))
    with desk.system.db.read() as session:
        assert not session.scalars(select(Conversation)).one().reachable
    store(desk, Incoming("telegram", "2", "an", "xin chào"))
    with desk.system.db.read() as session:
        assert session.scalars(select(Conversation)).one().reachable


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (unicodedata.normalize("NFD", "Tiếng Việt"), unicodedata.normalize("NFC", "Tiếng Việt")),
        ("a\x00b\x07c", "abc"),
        ("lỗi\ud83d", "lỗi?"),
        ("  hai\ndòng\t ", "hai\ndòng"),
        (None, ""),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
    ],
)
def test_text_is_cleaned_of_what_a_database_cannot_hold(typed: str | None, kept: str) -> None:
    assert clean_text(typed) == kept
