"""From an inbox row to its answers: whatever fails on the way, the message waits and nothing is done twice."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.webchat import WebChat
from bot.dialogue import BotMessage
from bot.domain.message import Button, Incoming, MediaRef, Outgoing
from bot.errors import BrokenRequest, RetryLater, TooLarge
from bot.services.converse import buttons_last
from bot.services.receive import receive
from bot.store.models import Conversation, Inbox, Media
from tests.scripted import Desk, said
from tests.unit.office import picture

LIGHT = "đèn đường trước nhà văn hoá tổ 5 Kim Giang tắt cả tuần nay"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What happens on the way does not depend on the kind of database."""
    return sqlite_url


class Files(WebChat):
    """A channel that only names its files; each fetch gives what the test put there, or raises it."""

    name = "files"

    def __init__(self, *given: Any) -> None:
        self.given = list(given)
        self.asked: list[str] = []

    def fetch(self, remote: str) -> bytes:
        self.asked.append(remote)
        found = self.given.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


def brings(desk: Desk, *given: Any, text: str = "") -> tuple[Files, int]:
    """A message of the channel `files` with so many photos. Returns the channel and the inbox id."""
    channel = Files(*given)
    desk.system.channels["files"] = channel
    media = tuple(MediaRef("photo", None, f"file-{n}", text) for n in range(len(given)))
    with desk.system.db.write() as session:
        row = receive(session, Incoming("files", "1", "an", text, media=media), desk.now)
        session.scalars(select(Conversation).where(Conversation.address == "an")).one().consent = "yes"
    return channel, row


def stored(desk: Desk) -> list[Media]:
    with desk.system.db.read() as session:
        return list(session.scalars(select(Media)))


def state(desk: Desk, row_id: int) -> str:
    with desk.system.db.read() as session:
        return session.get_one(Inbox, row_id).state


class Halting:
    """A Rasa that loses (part of) its answer so many times, after the turn was decided."""

    def __init__(self, desk: Desk, times: int, kept: int = 0) -> None:
        self.turn, self.times, self.kept = desk.dialogue.turn, times, kept
        desk.dialogue.turn = self  # type: ignore[method-assign, assignment]

    def __call__(self, *args: Any) -> list[BotMessage]:
        answer = self.turn(*args)
        self.times -= 1
        return answer if self.times < 0 else answer[: self.kept]


@pytest.mark.parametrize("kept", [0, 1])
def test_an_incomplete_answer_is_tried_again_and_decided_once(desk: Desk, kept: int) -> None:
    desk.dialogue.means(LIGHT, "report", "street_lighting")
    desk.dialogue.means("cháy nhà", "emergency")
    Halting(desk, times=1, kept=kept)
    first = desk.hears("an", "cháy nhà")
    assert first == []
    desk.passes(seconds=20)
    assert desk.converse.step()
    (row,) = desk.inbox()
    assert row.state == "done"
    assert "114" in said(desk.answers(row.id))
    assert len(desk.answers(row.id)) == len(row.turn)


def test_what_was_erased_while_it_was_decided_is_still_answered(desk: Desk) -> None:
    """A denunciation's text is gone when the answer is asked for again."""
    desk.agrees("an")
    desk.dialogue.means("tôi tố cáo ông X nhận hối lộ", "denunciation")
    Halting(desk, times=1)
    desk.hears("an", "tôi tố cáo ông X nhận hối lộ")
    desk.passes(seconds=20)
    assert desk.converse.step()
    row = desk.inbox()[-1]
    assert row.state == "done"
    assert "hối lộ" not in str(row.body)
    assert "chữ ký" in said(desk.answers(row.id))


def test_the_slow_notice_is_said_once(desk: Desk) -> None:
    desk.dialogue.down = True
    desk.hears("an", "xin chào")
    for _ in range(8):
        desk.passes(seconds=20)
        desk.converse.step()
    assert said(desk.sent("an")).count("chờ tôi một chút") == 1


def test_a_short_hiccup_is_not_worth_a_word(desk: Desk) -> None:
    desk.dialogue.means("xin chào", "greeting")
    desk.dialogue.down = True
    desk.hears("an", "xin chào")
    desk.dialogue.down = False
    desk.passes(seconds=2)
    desk.converse.step()
    assert "chậm hơn" not in said(desk.sent("an"))
    assert "trợ lý tự động" in said(desk.sent("an"))


def test_waiting_grows_but_never_beyond_a_quarter_of_a_minute(desk: Desk) -> None:
    desk.dialogue.down = True
    desk.hears("an", "xin chào")
    waits = []
    for _ in range(8):
        (row,) = desk.inbox()
        waits.append((row.available_at - desk.now).total_seconds())
        desk.now = row.available_at
        assert desk.converse.step()
    assert waits == sorted(waits)
    assert 0 < waits[0] <= 2
    assert waits[-1] == 15


def test_others_are_answered_while_one_waits(desk: Desk) -> None:
    desk.dialogue.means("xin chào", "greeting")
    desk.dialogue.down = True
    desk.hears("an", "xin chào")
    desk.dialogue.down = False
    assert "trợ lý tự động" in said(desk.hears("binh", "xin chào"))


def test_messages_of_a_bad_hour_are_answered_in_their_order(desk: Desk) -> None:
    desk.agrees("an")
    desk.dialogue.means("đèn tắt", "report", "street_lighting")
    desk.dialogue.down = True
    desk.hears("an", "đèn tắt")
    desk.hears("an", "ở ngõ 12 phố Vọng")
    desk.dialogue.down = False
    desk.passes(seconds=30)
    while desk.converse.step():
        pass
    assert all(row.state == "done" for row in desk.inbox())
    last = said(desk.sent("an")[-1:])
    assert "đèn tắt" in last
    assert "phố Vọng" in last


def test_a_crash_after_deciding_repeats_no_effect(desk: Desk) -> None:
    """A worker dies between the decision and its answers: the turn stands, the filed case too."""
    desk.agrees("an")
    desk.dialogue.means(LIGHT, "report", "street_lighting")
    desk.hears("an", LIGHT)
    payload = desk.button("an", "Gửi")
    command = desk.dialogue.command

    def dies(*args: Any) -> list[BotMessage]:
        command(*args)
        raise KeyboardInterrupt

    desk.dialogue.command = dies  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        desk.hears("an", payload=payload)
    desk.dialogue.command = command  # type: ignore[method-assign]
    (case,) = desk.cases()
    desk.passes(minutes=3)
    assert desk.converse.step()
    assert [c.code for c in desk.cases()] == [case.code]
    assert case.code in said(desk.sent("an")[-1:])


# ---- files that the platform only names


def test_files_are_brought_in_and_answered(desk: Desk) -> None:
    channel, row = brings(desk, picture(), picture("red"))
    assert desk.converse.step()
    assert channel.asked == ["file-0", "file-1"]
    assert len(stored(desk)) == 2
    assert state(desk, row) == "done"


def test_a_file_that_cannot_be_had_just_now_is_waited_for(desk: Desk) -> None:
    _, row = brings(desk, RetryLater("busy"), text=LIGHT)
    desk.dialogue.means(LIGHT, "report", "street_lighting")
    desk.converse.step()
    assert state(desk, row) == "new"
    desk.system.channels["files"].given = [picture()]
    desk.passes(seconds=20)
    desk.converse.step()
    assert state(desk, row) == "done"
    assert len(stored(desk)) == 1


@pytest.mark.parametrize(
    "fault", [BrokenRequest("Tệp này không tải về được ạ."), TooLarge("Tệp lớn quá ạ."), b"no picture at all", b""]
)
def test_a_file_that_cannot_be_taken_is_told_and_the_words_count(desk: Desk, fault: Any) -> None:
    _, row = brings(desk, fault, picture(), text=LIGHT)
    desk.dialogue.means(LIGHT, "report", "street_lighting")
    desk.converse.step()
    assert state(desk, row) == "done"
    answers = desk.answers(row)
    assert "Tệp" in answers[0].text
    assert LIGHT in said(answers)
    assert "1 ảnh" in said(answers)


def test_a_message_without_any_answer_goes_to_a_person_and_blocks_nobody(desk: Desk) -> None:
    """Rasa is well, but what decides fails every time."""
    desk.agrees("an")
    desk.dialogue.turn = lambda *_: []  # type: ignore[method-assign]
    desk.hears("an", "một tin lạ")
    for _ in range(25):
        desk.passes(seconds=20)
        desk.converse.step()
    assert "cán bộ trực" in said(desk.sent("an")[-1:])
    assert all(row.state == "done" for row in desk.inbox())


def test_choices_stand_on_the_last_message_where_they_would_vanish() -> None:
    urgent, agree = Button("Ghi phản ánh khẩn", "guide:file"), Button("Đồng ý", "consent:yes")
    moved = buttons_last([Outgoing("Gọi 114", (urgent,)), Outgoing("Tôi là trợ lý"), Outgoing("?", (agree, urgent))])
    assert [answer.buttons for answer in moved] == [(), (), (urgent, agree)]
    assert buttons_last([]) == []
