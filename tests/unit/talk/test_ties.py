"""A correction by editing and a late picture of an album belong to what came before; nothing is asked or kept twice."""

from __future__ import annotations

import io
import itertools

import pytest
from PIL import Image

from bot.domain.message import Incoming, MediaRef, Outgoing
from bot.services.receive import receive
from tests.scripted import Desk, said

LIGHT = "đèn đường trước nhà văn hoá tổ 5 Kim Giang tắt cả tuần nay"
RIGHT = "đèn đường trước nhà văn hoá tổ 6 Kim Giang tắt cả tuần nay"
DARK = "đèn đường tắt cả tuần nay"
NUMBERS = itertools.count(100)


@pytest.fixture(autouse=True)
def meanings(desk: Desk) -> None:
    for text in (LIGHT, RIGHT, DARK, "đèn đường ở phố Vọng tắt", "đèn đường ở phố Huế tắt"):
        desk.dialogue.means(text, "report", "street_lighting")
    desk.dialogue.means("hát karaoke ầm ĩ ở ngõ 12 phố Vọng", "report", "noise")


def says(desk: Desk, text: str, number: int) -> list[Outgoing]:
    return desk.hears("an", text, handle={"number": number})


def edits(desk: Desk, text: str, number: int) -> list[Outgoing]:
    return desk.hears("an", text, handle={"edits": number})


# --- corrections ---


def test_a_correction_replaces_what_it_corrects(desk: Desk) -> None:
    desk.agrees("an")
    says(desk, LIGHT, 1)
    summary = said(edits(desk, RIGHT, 1))
    assert "tổ 6" in summary
    assert "tổ 5" not in summary
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert case.text == RIGHT
    assert "tổ 5" not in (case.place_raw or "")


def test_a_corrected_street_is_the_place_from_then_on(desk: Desk) -> None:
    desk.agrees("an")
    says(desk, "đèn đường ở phố Vọng tắt", 1)
    edits(desk, "đèn đường ở phố Huế tắt", 1)
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert case.text == "đèn đường ở phố Huế tắt"
    assert "Huế" in (case.place_raw or "")
    assert "Vọng" not in (case.place_raw or "")


def test_only_the_message_that_was_corrected_changes(desk: Desk) -> None:
    desk.agrees("an")
    says(desk, DARK, 1)
    says(desk, "ở phố Vọng", 2)
    edits(desk, "ở phố Huế", 2)
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert case.text.startswith(DARK)
    assert "Vọng" not in case.text + (case.place_raw or "")
    assert "Huế" in (case.place_raw or "")


def test_a_correction_at_the_summary_is_no_second_matter(desk: Desk) -> None:
    """Another topic at another place would be one if it were a message of its own."""
    desk.agrees("an")
    says(desk, LIGHT, 1)
    edits(desk, "hát karaoke ầm ĩ ở ngõ 12 phố Vọng", 1)
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert (case.topic, case.text) == ("noise", "hát karaoke ầm ĩ ở ngõ 12 phố Vọng")


def test_an_edit_that_changes_no_word_is_not_answered(desk: Desk) -> None:
    desk.agrees("an")
    says(desk, LIGHT, 1)
    assert edits(desk, LIGHT, 1) == []
    desk.presses("an", "Gửi")
    assert [case.text for case in desk.cases()] == [LIGHT]


def test_what_is_corrected_before_consent_is_kept_as_corrected(desk: Desk) -> None:
    says(desk, LIGHT, 1)
    edits(desk, RIGHT, 1)
    summary = said(desk.presses("an", "Đồng ý"))
    assert "tổ 6" in summary
    assert "tổ 5" not in summary


def test_a_correction_after_sending_is_offered_to_that_case(desk: Desk) -> None:
    desk.agrees("an")
    says(desk, LIGHT, 1)
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    asked = edits(desk, RIGHT, 1)
    assert case.code in said(asked)
    desk.hears("an", payload="after:stay:")
    (case,) = desk.cases()
    assert [m.text for m in case.messages] == [RIGHT]


def test_a_correction_of_something_unknown_is_a_message_of_its_own(desk: Desk) -> None:
    desk.agrees("an")
    summary = said(edits(desk, LIGHT, 77))
    assert "Chiếu sáng công cộng" in summary


def test_another_persons_message_with_the_same_number_is_left_alone(desk: Desk) -> None:
    for who in ("an", "binh"):
        desk.agrees(who)
    desk.hears("binh", LIGHT, handle={"number": 1})
    summary = said(desk.hears("an", RIGHT, handle={"edits": 1}))
    assert "tổ 6" in summary
    desk.presses("binh", "Gửi")
    assert [case.text for case in desk.cases()] == [LIGHT]


# --- albums ---


def picture(desk: Desk, text: str = "", album: str = "g1", answer: bool = True) -> list[Outgoing]:
    """One part of an album arrives; with `answer` it is the last one for a while."""
    out = io.BytesIO()
    Image.new("RGB", (next(NUMBERS), 20), "grey").save(out, "JPEG")
    with desk.system.db.write() as session:
        media = desk.system.media.put(session, out.getvalue(), "photo", None, desk.now).id
        message = Incoming("webchat", f"p{next(NUMBERS)}", "an", text, media=(MediaRef("photo", media, None, text),),
                           handle={"media_group_id": album})  # fmt: skip
        row_id = receive(session, message, desk.now)
    if answer:
        desk.passes(seconds=2)
        while desk.converse.step():
            pass
    return desk.answers(row_id)


def test_three_pictures_at_once_get_one_answer(desk: Desk) -> None:
    desk.agrees("an")
    before = len(desk.sent("an"))
    picture(desk, answer=False)
    picture(desk, DARK, answer=False)
    [last] = picture(desk)
    assert len(desk.sent("an")) - before == 1
    assert last.ask == "location", "the first two used up no question"


def test_three_pictures_held_until_consent_use_up_no_question(desk: Desk) -> None:
    for text in (DARK, "", ""):
        picture(desk, text, answer=False)
    picture(desk)
    asked = desk.presses("an", "Đồng ý")
    assert asked[-1].ask == "location"


def test_lines_that_come_at_once_use_up_no_question(desk: Desk) -> None:
    desk.agrees("an")
    for number, text in enumerate((DARK, "tối om", "nguy hiểm lắm")):
        with desk.system.db.write() as session:
            row_id = receive(session, Incoming("webchat", f"line-{number}", "an", text), desk.now)
    while desk.converse.step():
        pass
    assert [m.ask for m in desk.answers(row_id)] == ["location"]
    desk.hears("an", "ở phố Vọng")
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert "tối om" in case.text
    assert "tối om" not in (case.place_raw or ""), "it was no answer to a question that nobody had read"


@pytest.mark.parametrize("captioned", [0, 1, 2])
def test_an_album_is_one_report_however_far_apart_and_in_whatever_order_its_parts_come(
    desk: Desk, captioned: int
) -> None:
    desk.agrees("an")
    for number in range(3):
        picture(desk, LIGHT if number == captioned else "")
        desk.passes(seconds=5)
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert case.text == LIGHT
    assert [(a.kind, a.stage) for a in case.attachments] == [("photo", "report")] * 3


def test_late_pictures_use_up_no_question(desk: Desk) -> None:
    """Asked where, the resident has not answered yet: the album is only still arriving."""
    desk.agrees("an")
    [asked] = picture(desk, DARK)
    assert asked.ask == "location"
    for _ in range(3):
        assert picture(desk) == []
    desk.hears("an", "ở phố Vọng")
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert "Vọng" in (case.place_raw or "")
    assert len(case.attachments) == 4


def test_at_the_summary_a_late_picture_is_counted_aloud(desk: Desk) -> None:
    desk.agrees("an")
    assert "1 ảnh" in said(picture(desk, LIGHT))
    assert "2 ảnh" in said(picture(desk))


def test_before_consent_a_late_picture_waits_with_its_album(desk: Desk) -> None:
    asked = picture(desk, LIGHT)
    assert [b.label for b in asked[-1].buttons] == ["Đồng ý", "Không đồng ý"]
    assert picture(desk) == []
    assert "2 ảnh" in said(desk.presses("an", "Đồng ý"))


def test_a_picture_that_comes_after_sending_joins_the_case(desk: Desk) -> None:
    desk.agrees("an")
    picture(desk, LIGHT)
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert case.code in said(picture(desk))
    (case,) = desk.cases()
    assert [a.stage for a in case.attachments] == ["report", "more"]


def test_another_album_is_answered_for_itself(desk: Desk) -> None:
    desk.agrees("an")
    picture(desk, DARK)
    assert picture(desk, album="g2") != []


def test_where_a_platform_knows_no_albums_every_later_picture_is_answered(desk: Desk) -> None:
    """Zalo's pictures wait for one another under the sender's id."""
    desk.agrees("an")
    picture(desk, DARK, album="an")
    assert picture(desk, album="an") != []
