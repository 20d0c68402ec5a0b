"""From an outbox row to the platform: each error of a channel is a decision."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.base import File, Rate
from bot.channels.webchat import WebChat
from bot.domain.message import Button, Incoming, Outgoing, Template
from bot.domain.reach import Kind, PushRules, Way
from bot.errors import BrokenRequest, ChannelDown, RetryLater, Unreachable, WayClosed
from bot.services.channel_state import troubles
from bot.services.notify import queue
from bot.services.receive import open_conversation, receive
from bot.store.models import Attempt, ChannelState, Conversation, Outbox
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
        self.tried: list[tuple[Way, str]] = []
        self.taken: list[tuple[str, Outgoing, list[File]]] = []

    def send(self, address: str, message: Outgoing, files: list[File], way: Way = "free") -> str:
        self.tried.append((way, address))
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


def put(
    desk: Desk,
    text: str = "Xin chào",
    who: str = "an",
    channel: str = "platform",
    kind: Kind = "notice",
    urgent: bool = False,
    **more: Any,
) -> int:
    with desk.system.db.write() as session:
        conversation = open_conversation(session, channel, who, desk.now)
        key = f"k{next(desk.numbers)}"
        queue(session, conversation.id, Outgoing(text, **more), key, kind, desk.now, urgent=urgent)
        session.flush()
        return session.scalars(select(Outbox.id).where(Outbox.key == key)).one()


def writes(desk: Desk, who: str = "an", **what: Any) -> None:
    with desk.system.db.write() as session:
        receive(session, Incoming("platform", f"m{next(desk.numbers)}", who, "alô", **what), desk.now)


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
    first, second = put(desk, "một"), put(desk, "hai")
    platform.failures = [Unreachable("người dùng đã chặn")]
    empty(desk)
    assert (row(desk, first).state, row(desk, first).reason) == ("waiting", "người dùng đã chặn")
    assert row(desk, second).state == "waiting"
    assert row(desk, second).reason
    assert len(platform.tried) == 1
    writes(desk)
    put(desk, "ba")
    empty(desk)
    assert platform.texts == ["một", "hai", "ba"]


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


TEMPLATE = Template("case_update", {"code": "HN2611-7K3QX-F"})
ZALO = PushRules(free=timedelta(days=7), template=True, phone=True)
FACEBOOK = PushRules(free=timedelta(hours=24), officer=timedelta(days=7), template=True)


def proof(desk: Desk, row_id: int) -> list[tuple[str, str | None]]:
    with desk.system.db.read() as session:
        steps = session.scalars(select(Attempt).where(Attempt.outbox_id == row_id).order_by(Attempt.id))
        return [(step.outcome, step.way) for step in steps]


def test_inside_the_window_it_is_ordinary_words(desk: Desk, platform: Platform) -> None:
    platform.push = ZALO
    writes(desk)
    desk.passes(days=6)
    sent = put(desk, template=TEMPLATE)
    empty(desk)
    assert platform.tried == [("free", "an")]
    assert proof(desk, sent) == [("sent", "free")]


def test_after_the_window_the_template_goes_without_trying_the_words(desk: Desk, platform: Platform) -> None:
    platform.push = ZALO
    writes(desk)
    desk.passes(days=12)
    sent = put(desk, template=TEMPLATE)
    empty(desk)
    assert platform.tried == [("template", "an")]
    assert row(desk, sent).way == "template"


def test_a_refused_template_goes_by_phone_then_to_staff(desk: Desk, platform: Platform) -> None:
    platform.push = ZALO
    writes(desk)
    gives_phone(desk, "0912 345 678")
    desk.passes(days=12)
    first = put(desk, template=TEMPLATE)
    platform.failures = [WayClosed("mã -249")]
    empty(desk)
    assert platform.tried == [("template", "an"), ("phone", "84912345678")]
    assert proof(desk, first) == [("refused", "template"), ("sent", "phone")]
    second = put(desk, template=TEMPLATE)
    platform.failures = [WayClosed("mã -249"), WayClosed("không có tài khoản Zalo")]
    empty(desk)
    assert row(desk, second).state == "waiting"
    assert row(desk, second).reason == "không có tài khoản Zalo"


def test_what_waited_is_the_first_thing_said(desk: Desk, platform: Platform) -> None:
    platform.push = PushRules(free=timedelta(hours=24))
    writes(desk)
    desk.passes(days=3)
    put(desk, "kết quả")
    empty(desk)
    assert platform.tried == []
    writes(desk)
    put(desk, "trả lời", kind="reply")
    empty(desk)
    assert platform.texts == ["kết quả", "trả lời"]


def test_a_late_answer_is_not_said_days_later(desk: Desk, platform: Platform) -> None:
    platform.push = PushRules(free=timedelta(hours=24))
    writes(desk)
    desk.passes(days=3)
    answer = put(desk, kind="reply")
    empty(desk)
    assert row(desk, answer).state == "undeliverable"


def test_an_officers_words_go_longer_than_the_machines(desk: Desk, platform: Platform) -> None:
    platform.push = FACEBOOK
    writes(desk)
    desk.passes(days=4)
    put(desk, "máy", kind="notice")
    put(desk, "cán bộ", kind="staff")
    empty(desk)
    assert platform.tried == [("officer", "an")]
    assert platform.texts == ["cán bộ"]


def test_the_night_is_quiet_but_for_urgent_ones(desk: Desk, platform: Platform) -> None:
    writes(desk)
    desk.passes(hours=14)
    held, urgent = put(desk, "sáng mai"), put(desk, "gấp", who="binh", urgent=True)
    empty(desk)
    assert platform.texts == ["gấp"]
    assert proof(desk, held) == [("held", None)]
    assert proof(desk, urgent) == [("sent", "free")]
    desk.passes(hours=6, minutes=59)
    empty(desk)
    assert platform.texts == ["gấp"]
    desk.passes(minutes=1)
    empty(desk)
    assert platform.texts == ["gấp", "sáng mai"]


def test_who_is_awake_hears_at_night(desk: Desk, platform: Platform) -> None:
    desk.passes(hours=14)
    put(desk, "giữ lại")
    empty(desk)
    writes(desk)
    put(desk, "đáp", kind="reply")
    empty(desk)
    assert platform.texts == ["giữ lại", "đáp"]


def test_receipts_mark_what_they_name_and_only_once(desk: Desk, platform: Platform) -> None:
    sent, other = put(desk), put(desk, who="binh")
    empty(desk)
    for _ in range(2):
        writes(desk, event="delivered", handle={"ids": ["p-1"]})
    desk.passes(minutes=2)
    writes(desk, event="read", handle={"until": desk.now.isoformat()})
    writes(desk, event="delivered", handle={"ids": ["p-1"]})
    found = row(desk, sent)
    assert (found.state, found.delivered_at, found.read_at) == ("read", desk.now - timedelta(minutes=2), desk.now)
    assert row(desk, other).state == "sent"
    assert proof(desk, sent) == [("sent", "free"), ("delivered", "free"), ("read", "free")]


def test_a_receipt_of_a_stranger_makes_no_conversation(desk: Desk, platform: Platform) -> None:
    writes(desk, who="khach", event="read", handle={"until": desk.now.isoformat()})
    with desk.system.db.read() as session:
        assert session.scalars(select(Conversation)).all() == []


def test_an_outage_stops_the_channel_and_not_the_worker(desk: Desk, platform: Platform) -> None:
    rows = [put(desk, str(n), who=f"n{n}") for n in range(50)]
    platform.failures = [RetryLater("500", everyone=True) for _ in range(50)]
    empty(desk)
    assert len(platform.tried) == 3
    with desk.system.db.read() as session:
        assert [state.channel for state in troubles(session)] == ["platform"]
    platform.failures = []
    desk.passes(minutes=20)
    empty(desk)
    assert sorted(platform.texts, key=int) == [str(n) for n in range(50)]
    assert {row(desk, r).state for r in rows} == {"sent"}
    with desk.system.db.read() as session:
        assert troubles(session) == []


def test_a_refused_token_is_one_alarm_and_one_call(
    desk: Desk, platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(20):
        put(desk, who=f"n{number}")
    platform.failures = [ChannelDown("token refused")] * 20
    empty(desk)
    desk.passes(minutes=5)
    empty(desk)
    assert len(platform.tried) == 2
    assert sum("ALARM" in record.message for record in caplog.records) == 1


def gives_phone(desk: Desk, phone: str) -> None:
    with desk.system.db.write() as session:
        session.scalars(select(Conversation)).one().resident.phone = phone


def test_a_person_who_gets_a_lot_at_once_holds_up_nobody(desk: Desk, platform: Platform) -> None:
    platform.rate = Rate(overall=1000, one=1, burst=2)
    rows = [put(desk, str(number)) for number in range(3)]
    put(desk, "khác", who="binh")
    empty(desk)
    assert platform.texts == ["0", "1", "khác"]
    assert (row(desk, rows[2]).state, row(desk, rows[2]).attempts) == ("queued", 0)
    assert proof(desk, rows[2]) == []
    assert timedelta() < row(desk, rows[2]).available_at - desk.now <= timedelta(seconds=2)


def test_slow_down_again_and_again_is_meant_for_all(desk: Desk, platform: Platform) -> None:
    for number in range(20):
        put(desk, str(number), who=f"n{number}")
    platform.failures = [RetryLater("429", after=1.0) for _ in range(20)]
    empty(desk)
    assert len(platform.tried) == 3
    platform.failures = []
    desk.passes(minutes=1)
    empty(desk)
    assert sorted(platform.texts, key=int) == [str(number) for number in range(20)]


def test_slow_down_once_in_a_while_stops_nobody_else(desk: Desk, platform: Platform) -> None:
    for number in range(20):
        put(desk, str(number), who=f"n{number}")
    platform.failures = [RetryLater("429", after=1.0), RetryLater("429", after=1.0)]
    empty(desk)
    assert len(platform.taken) == 18


def test_failures_side_by_side_are_no_outage_where_messages_go_through(desk: Desk, platform: Platform) -> None:
    put(desk, "gut", who="binh")
    empty(desk)
    for number in range(20):
        put(desk, str(number), who=f"n{number}")
    platform.failures = [RetryLater("429", after=1.0) for _ in range(5)]
    empty(desk)
    assert len(platform.taken) == 16


def test_each_pause_of_an_outage_is_longer_and_what_was_under_way_makes_it_no_longer(
    desk: Desk, platform: Platform
) -> None:
    def pause() -> float:
        with desk.system.db.read() as session:
            until = session.get_one(ChannelState, "platform").until
            return (until - desk.now).total_seconds() if until else 0.0

    for number in range(30):
        put(desk, str(number), who=f"n{number}")
    platform.failures = [RetryLater("500", everyone=True) for _ in range(100)]
    pauses = []
    for _ in range(6):
        under_way = [desk.deliver.take() for _ in range(3)]
        for row_id in under_way:
            if row_id is not None:
                desk.deliver.carry(row_id)
        pauses.append(pause())
        desk.passes(seconds=pauses[-1] + 0.1)
    # Twice two seconds, then doubled: 2 2 4 8 16 32, each a fifth more or less.
    assert 1.6 <= pauses[0] <= 2.4
    assert 12 <= pauses[-1] <= 80


def test_a_slow_platform_leaves_room_for_the_others(desk: Desk, platform: Platform) -> None:
    desk.deliver.share = 2
    for number in range(3):
        put(desk, str(number), who=f"n{number}")
    other = put(desk, channel="webchat")
    under_way = [desk.deliver.take(), desk.deliver.take()]
    assert desk.deliver.take() == other
    assert desk.deliver.take() is None
    desk.deliver.carry(under_way[0])
    assert desk.deliver.take() is not None


def test_what_was_under_way_does_not_end_a_pause(desk: Desk, platform: Platform) -> None:
    for number in range(3):
        put(desk, str(number), who=f"n{number}")
    refused, lucky = desk.deliver.take(), desk.deliver.take()
    platform.failures = [RetryLater("429", after=30, everyone=True)]
    desk.deliver.carry(refused)
    desk.deliver.carry(lucky)
    empty(desk)
    assert platform.texts == ["1"]
    desk.passes(seconds=31)
    empty(desk)
    assert sorted(platform.texts) == ["0", "1", "2"]
