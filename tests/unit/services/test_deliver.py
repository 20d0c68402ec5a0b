"""From an outbox row to the platform: each error of a channel is a decision."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.base import File
from bot.channels.webchat import WebChat
from bot.domain.message import Button, Outgoing
from bot.errors import BrokenRequest, ChannelDown, RetryLater, Unreachable
from bot.services.notify import queue
from bot.services.receive import open_conversation
from bot.store.models import Conversation, Outbox
from tests.scripted import Desk
from tests.unit.office import picture


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """How errors are taken does not depend on the kind of database."""
    return sqlite_url


class Platform(WebChat):
    """A channel that fails as the test says, then takes everything."""

    name = "platform"

    def __init__(self) -> None:
        self.failures: list[Exception] = []
        self.taken: list[tuple[str, Outgoing, list[File]]] = []

    def send(self, address: str, message: Outgoing, files: list[File]) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append((address, message, files))
        return f"p-{len(self.taken)}"

    @property
    def texts(self) -> list[str]:
        return [message.text for _, message, _ in self.taken]


@pytest.fixture
def platform(desk: Desk) -> Platform:
    desk.system.channels["platform"] = channel = Platform()
    return channel


def put(desk: Desk, text: str = "Xin chào", who: str = "an", channel: str = "platform", **more: Any) -> int:
    with desk.system.db.write() as session:
        conversation = open_conversation(session, channel, who, desk.now)
        key = f"k{next(desk.numbers)}"
        queue(session, conversation.id, Outgoing(text, **more), key, "notice", desk.now)
        session.flush()
        return session.scalars(select(Outbox.id).where(Outbox.key == key)).one()


def row(desk: Desk, row_id: int) -> Outbox:
    with desk.system.db.read() as session:
        return session.get_one(Outbox, row_id)


def empty(desk: Desk) -> None:
    while desk.deliver.step():
        pass


def test_what_was_sent_is_kept_with_the_platforms_id(desk: Desk, platform: Platform) -> None:
    sent = row(desk, put(desk, buttons=(Button("Gửi", "x"),)))
    empty(desk)
    sent = row(desk, sent.id)
    assert (sent.state, sent.platform_message_id, sent.sent_at) == ("sent", "p-1", desk.now)
    assert platform.taken[0][0] == "an"
    assert platform.taken[0][1].buttons == (Button("Gửi", "x"),)


def test_a_conversation_is_sent_in_order(desk: Desk, platform: Platform) -> None:
    for number in range(4):
        put(desk, str(number))
    platform.failures = [RetryLater("busy")]
    empty(desk)
    assert platform.texts == []
    desk.passes(seconds=60)
    empty(desk)
    assert platform.texts == ["0", "1", "2", "3"]


def test_slow_down_is_obeyed_to_the_second(desk: Desk, platform: Platform) -> None:
    waiting = put(desk)
    platform.failures = [RetryLater("Too Many Requests", after=90)]
    empty(desk)
    assert row(desk, waiting).state == "queued"
    desk.passes(seconds=89)
    empty(desk)
    assert platform.texts == []
    desk.passes(seconds=30)
    empty(desk)
    assert platform.texts == ["Xin chào"]


def test_waiting_grows_up_to_a_quarter_of_an_hour(desk: Desk, platform: Platform) -> None:
    waiting = put(desk)
    waits = []
    for _ in range(14):
        platform.failures = [RetryLater("busy")]
        assert desk.deliver.step()
        found = row(desk, waiting)
        waits.append((found.available_at - desk.now).total_seconds())
        desk.now = found.available_at
    assert waits[0] < 5
    assert max(waits) <= 900 * 1.2
    assert waits[-1] >= 900 * 0.8


def test_a_time_out_may_have_arrived_and_is_repeated_once_only(desk: Desk, platform: Platform) -> None:
    sent = put(desk)
    platform.failures = [RetryLater("time-out", uncertain=True), RetryLater("time-out", uncertain=True)]
    empty(desk)
    assert row(desk, sent).state == "queued"
    desk.passes(minutes=30)
    empty(desk)
    assert row(desk, sent).state == "sent"
    assert "không rõ" in row(desk, sent).reason
    assert not desk.deliver.step()


def test_who_has_blocked_us_is_remembered_until_they_write(desk: Desk, platform: Platform) -> None:
    first, second = put(desk), put(desk)
    platform.failures = [Unreachable("người dùng đã chặn")]
    empty(desk)
    assert (row(desk, first).state, row(desk, first).reason) == ("undeliverable", "người dùng đã chặn")
    assert row(desk, second).state == "undeliverable"
    assert row(desk, second).reason
    assert platform.texts == []
    with desk.system.db.write() as session:
        session.scalars(select(Conversation)).one().reachable = True
    put(desk, "lại đây")
    empty(desk)
    assert platform.texts == ["lại đây"]


def test_a_broken_request_is_never_repeated_and_blocks_nothing(desk: Desk, platform: Platform) -> None:
    broken = put(desk)
    put(desk, "tiếp theo")
    platform.failures = [BrokenRequest("can't parse entities")]
    empty(desk)
    assert (row(desk, broken).state, row(desk, broken).reason) == ("undeliverable", "can't parse entities")
    assert platform.texts == ["tiếp theo"]


def test_a_channel_that_is_down_keeps_everything(desk: Desk, platform: Platform) -> None:
    waiting = put(desk)
    platform.failures = [ChannelDown("token refused")]
    empty(desk)
    assert (row(desk, waiting).state, row(desk, waiting).reason) == ("queued", "token refused")
    desk.passes(minutes=5)
    empty(desk)
    assert platform.texts == ["Xin chào"]


def test_one_channel_does_not_hold_up_another(desk: Desk, platform: Platform) -> None:
    put(desk)
    other = put(desk, channel="webchat")
    platform.failures = [ChannelDown("token refused")]
    empty(desk)
    assert row(desk, other).state == "sent"


def test_a_channel_that_is_off_sends_when_it_is_on_again(desk: Desk, platform: Platform) -> None:
    waiting = put(desk, channel="zalo_oa")
    empty(desk)
    assert row(desk, waiting).state == "queued"
    assert row(desk, waiting).reason
    desk.system.channels["zalo_oa"] = platform
    desk.passes(minutes=6)
    empty(desk)
    assert platform.texts == ["Xin chào"]


def test_pictures_go_as_files_and_a_lost_one_does_not_stop_the_words(desk: Desk, platform: Platform) -> None:
    with desk.system.db.write() as session:
        photo = desk.system.media.put(session, picture(), "photo", None, desk.now).id
    put(desk, images=(photo, "/qr/HN2611-7K3QX-F.png", "gone"))
    empty(desk)
    ((_, _, files),) = platform.taken
    assert [f.content_type for f in files] == ["image/jpeg", "image/png"]
    assert files[1].content.startswith(b"\x89PNG")


def test_a_reason_of_any_length_is_kept(desk: Desk, platform: Platform) -> None:
    broken = put(desk)
    platform.failures = [BrokenRequest("x" * 5000)]
    empty(desk)
    assert row(desk, broken).state == "undeliverable"
    assert len(row(desk, broken).reason) <= 300
