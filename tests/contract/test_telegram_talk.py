"""Whole conversations over Telegram: the real channel and its fake server around the scripted understanding."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from bot.channels.base import Rate
from bot.channels.telegram import words
from bot.channels.telegram.adapter import Telegram
from bot.services.handle_case import find, move
from bot.services.receive import keep
from bot.settings import Settings
from bot.store.models import Conversation, Outbox
from tests.scripted import Desk
from tests.servers.telegram import TOKEN, FakeTelegram, Person
from tests.vaults import MemoryVault

pytestmark = pytest.mark.timeout(60)
LIGHT = "đèn đường trước nhà văn hoá tổ 5 Kim Giang tắt cả tuần nay"
RIGHT = "đèn đường trước nhà văn hoá tổ 6 Kim Giang tắt cả tuần nay"
DARK = "đèn đường tắt cả tuần nay"


class Street:
    """An installation on Telegram, and An who writes to it."""

    def __init__(self, desk: Desk, fake: FakeTelegram) -> None:
        self.desk, self.fake = desk, fake
        settings = Settings(telegram_token=TOKEN, telegram_api_base=fake.url, telegram_timeout=5.0, secret_key="key")
        self.channel = Telegram(settings, MemoryVault(), lambda: desk.now)
        # Time stands still in these tests, so nobody waits for the pace of sending.
        self.channel.rate = Rate(overall=10_000, one=1_000, burst=1_000)
        desk.system.channels["telegram"] = self.channel
        self.an: Person = fake.user(700000001, "An")

    def brings(self, *updates: dict[str, Any]) -> None:
        """Telegram brings updates, one call each; what is due is answered and sent."""
        for update in updates:
            keep(self.desk.system.db, self.channel.parse(update), lambda: self.desk.now)
            for message in self.channel.parse(update):
                self.channel.acknowledge(message)
        self.works()

    def works(self) -> None:
        while self.desk.converse.step() or self.desk.deliver.step():
            pass

    def says(self, text: str) -> dict[str, Any]:
        update = self.fake.says(self.an, text)
        self.brings(update)
        return update

    def presses(self, label: str) -> None:
        self.brings(self.fake.presses(self.an, label))

    def passes(self, **time: float) -> None:
        self.desk.passes(**time)
        self.works()

    @property
    def heard(self) -> str:
        """All that An was told since they last did something."""
        return "\n".join(sent.text for sent in self.fake.sent(self.an)[self.an.read :])

    def conversation(self) -> Conversation:
        with self.desk.system.db.read() as session:
            return session.query(Conversation).filter_by(channel="telegram").one()

    def outbox(self) -> list[Outbox]:
        with self.desk.system.db.read() as session:
            return session.query(Outbox).order_by(Outbox.id).all()


@pytest.fixture
def street(desk: Desk) -> Iterator[Street]:
    for text in (LIGHT, RIGHT, DARK):
        desk.dialogue.means(text, "report", "street_lighting")
    desk.dialogue.means("xin chào", "greeting")
    with FakeTelegram() as fake:
        made = Street(desk, fake)
        made.says("xin chào")
        made.presses("Đồng ý")
        yield made
        made.channel.close()


def photo(width: int = 40) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, 30), "grey").save(out, "JPEG")
    return out.getvalue()


def test_a_report_is_filed_with_two_messages_and_its_code_comes_as_a_picture(street: Street) -> None:
    street.says(LIGHT)
    street.presses("Gửi")
    (case,) = street.desk.cases()
    assert (case.text, case.channel) == (LIGHT, "telegram")
    assert case.code in street.heard
    assert [sent.text for sent in street.fake.sent(street.an) if sent.photo][-1:] == [street.heard], "with its QR code"


def test_a_move_of_the_office_arrives(street: Street) -> None:
    street.says(LIGHT)
    street.presses("Gửi")
    (case,) = street.desk.cases()
    before = len(street.fake.sent(street.an))
    with street.desk.system.db.write() as session:
        move(session, street.desk.system.city, find(session, case.code), "need_info", street.desk.admin,
             street.desk.now, note="Cột số mấy ạ?")  # fmt: skip
    street.works()
    [told] = street.fake.sent(street.an)[before:]
    assert case.code in told.text
    assert "Cột số mấy ạ?" in told.text


def test_the_buttons_of_an_answered_message_give_way_to_the_choice(street: Street) -> None:
    street.says(LIGHT)
    street.presses("Gửi")
    summary = next(s for s in street.fake.sent(street.an) if "Chiếu sáng" in s.text)
    assert street.fake.wait(lambda: summary.rows == [["✓ Gửi"]])
    assert street.fake.wait(lambda: not street.fake.open_presses)


def test_an_old_button_is_answered_and_changes_nothing(street: Street) -> None:
    street.says(LIGHT)
    summary = next(s for s in reversed(street.fake.sent(street.an)) if s.buttons)
    send = next(b["callback_data"] for b in summary.buttons if b["text"] == "Gửi")
    street.presses("Gửi")
    (case,) = street.desk.cases()
    # Days later: Telegram shows nothing of the message any more, and the query is too old to be answered.
    street.passes(days=5)
    street.brings(
        street.fake.update(
            callback_query={
                "id": "long-ago",
                "from": {"id": street.an.id, "is_bot": False, "first_name": "An"},
                "message": {"message_id": summary.number, "date": 0, "chat": {"id": street.an.id, "type": "private"}},
                "data": send,
            }
        )
    )
    assert [c.code for c in street.desk.cases()] == [case.code]
    assert case.code in street.fake.sent(street.an)[-1].text


def test_only_ones_own_number_is_taken(street: Street) -> None:
    street.brings(street.fake.shares_contact(street.an, "+84900000999", own=False))
    assert street.conversation().resident.phone is None
    street.says(LIGHT)
    street.brings(street.fake.shares_contact(street.an, "+84900000123"))
    assert street.conversation().resident.phone == "+84900000123"


def test_blocked_is_noted_at_once_and_unblocked_too(street: Street) -> None:
    street.brings(street.fake.blocks(street.an))
    assert street.conversation().reachable is False
    street.brings(street.fake.unblocks(street.an))
    assert street.conversation().reachable is True


def test_slow_down_holds_the_answer_back_as_long_as_telegram_says(street: Street) -> None:
    street.fake.fail("sendMessage", 429, "Too Many Requests: retry after 7", retry_after=7)
    street.says(LIGHT)
    assert "Chiếu sáng" not in street.heard
    street.passes(seconds=6.9)
    assert "Chiếu sáng" not in street.heard
    street.passes(seconds=1)
    assert "Chiếu sáng" in street.heard


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
@pytest.mark.parametrize("apart", [0.0, 1.0, 5.0])
def test_an_album_is_one_report_and_its_late_parts_ask_nothing_again(
    street: Street, order: tuple[int, ...], apart: float
) -> None:
    parts = [
        street.fake.sends_photo(street.an, photo(40 + n), DARK if n == 0 else "", album="13400000001") for n in range(3)
    ]
    for number in order:
        street.brings(parts[number])
        street.passes(seconds=apart)
    street.passes(seconds=2)
    questions = [sent for sent in street.fake.sent(street.an) if sent.keyboard]
    assert len(questions) == 1, "where it is was asked once"
    street.says("ở phố Vọng")
    street.presses("Gửi")
    (case,) = street.desk.cases()
    assert (case.text.startswith(DARK), len(case.attachments)) == (True, 3)


def test_an_edited_message_corrects_the_report(street: Street) -> None:
    first = street.says(LIGHT)
    street.brings(street.fake.edits(street.an, RIGHT, first))
    assert "tổ 6" in street.heard
    street.presses("Gửi")
    assert [case.text for case in street.desk.cases()] == [RIGHT]


def test_an_edited_caption_corrects_the_report(street: Street) -> None:
    first = street.fake.sends_photo(street.an, photo(), LIGHT)
    street.brings(first)
    edited = street.fake.edits(street.an, RIGHT, first)
    message = edited["edited_message"]
    message |= {"caption": message.pop("text"), "photo": first["message"]["photo"]}
    street.brings(edited)
    street.presses("Gửi")
    (case,) = street.desk.cases()
    assert case.text == RIGHT
    assert [a.caption for a in case.attachments] == [RIGHT]


def test_a_live_location_is_where_it_was_when_it_was_shared(street: Street) -> None:
    street.says(DARK)
    pin = street.fake.sends_location(street.an, 21.0285, 105.8542, live=True)
    street.brings(pin)
    said = len(street.fake.sent(street.an))
    moved = {**pin["message"], "location": {"latitude": 21.05, "longitude": 105.9, "live_period": 900}}
    street.brings(street.fake.update(edited_message={**moved, "edit_date": moved["date"] + 60}))
    assert len(street.fake.sent(street.an)) == said, "nobody is told that they moved"
    street.presses("Gửi")
    (case,) = street.desk.cases()
    assert (case.lat, case.lon) == (21.0285, 105.8542)


def test_a_photo_sent_as_a_file_is_a_photo(street: Street) -> None:
    street.brings(street.fake.sends_file(street.an, "document", photo(), "image/jpeg", LIGHT))
    assert "1 ảnh" in street.heard
    street.presses("Gửi")
    (case,) = street.desk.cases()
    assert [a.kind for a in case.attachments] == ["photo"]


def test_a_file_over_20_mb_is_told_and_the_words_with_it_are_kept(street: Street) -> None:
    street.brings(street.fake.sends_file(street.an, "video", b"x", "video/mp4", LIGHT, size=25_000_000))
    assert words.TOO_BIG in street.heard
    assert "Chiếu sáng" in street.heard
    street.presses("Gửi")
    (case,) = street.desk.cases()
    assert (case.text, case.attachments) == (LIGHT, [])
