"""Consent in every order in which people meet the question (domain.md §1.5): silence is no consent."""

from __future__ import annotations

import pytest

from bot.domain.message import Outgoing
from bot.services.track_case import cases_of
from bot.store.models import Consent, Conversation, Draft, Media
from tests.scripted import Desk, said
from tests.unit.office import Office, picture

LIGHT = "đèn đường trước nhà văn hoá tổ 5 Kim Giang tắt cả tuần nay"
FIRE = "cháy nhà ở ngõ 12 phố Vọng có người mắc kẹt"
NOTHING_TO_KEEP = (
    FIRE,
    "tôi tố cáo ông Trần Văn Xấu",
    "tôi khiếu nại quyết định số 15",
    "đăng ký khai sinh ở đâu",
    "khen các anh công nhân",
    "mua hàng giảm giá",
    "phiếu của tôi",
    "xoá dữ liệu của tôi",
    "đồng ý",
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is said does not depend on the kind of database; test_report.py meets both."""
    return sqlite_url


@pytest.fixture(autouse=True)
def meanings(desk: Desk) -> None:
    means = desk.dialogue.means
    means(LIGHT, "report", "street_lighting")
    means("xin chào", "greeting")
    means("đồng ý", "affirm")
    means("ok", "affirm")
    means("không đồng ý", "deny")
    means("không ai dọn", "deny")
    means("đăng ký khai sinh ở đâu", "procedure_question")
    means("cái này để làm gì", "help")
    means(FIRE, "emergency")
    means("tôi tố cáo ông Trần Văn Xấu", "denunciation")
    means("tôi khiếu nại quyết định số 15", "formal_complaint")
    means("khen các anh công nhân", "praise")
    means("mua hàng giảm giá", "spam")
    means("phiếu của tôi", "my_cases")
    means("xoá dữ liệu của tôi", "delete_data")
    means("huỷ giúp tôi", "cancel")
    means("huỷ", "cancel")
    means("bắt đầu lại", "start_over")


@pytest.mark.parametrize("first", ["xin chào", LIGHT, "đăng ký khai sinh ở đâu", "chẳng hiểu gì"])
def test_the_first_answer_says_that_a_machine_speaks(desk: Desk, first: str) -> None:
    assert "trợ lý tự động (AI)" in said(desk.hears("an", first))


@pytest.mark.parametrize("taken_for", ["procedure_question", "out_of_scope", "praise", "chitchat"])
def test_a_bare_place_is_kept_with_the_story_whatever_the_machine_takes_it_for(desk: Desk, taken_for: str) -> None:
    desk.dialogue.means("phường Giảng Võ thì phải", taken_for)
    desk.dialogue.means("đèn ngõ tắt mấy hôm nay rồi", "report", "street_lighting")
    desk.hears("an", "đèn ngõ tắt mấy hôm nay rồi")
    assert asked(desk.hears("an", "phường Giảng Võ thì phải"))
    assert "Giảng Võ" in said(desk.presses("an", "Đồng ý"))


def asked(messages: list[Outgoing]) -> bool:
    return any(b.payload.startswith("consent:") for m in messages for b in m.buttons)


@pytest.mark.parametrize("first", NOTHING_TO_KEEP)
def test_what_keeps_nothing_asks_nothing_and_still_introduces(desk: Desk, first: str) -> None:
    answer = desk.hears("an", first)
    assert not asked(answer)
    assert "trợ lý tự động (AI)" in said(answer)
    assert "ghi phản ánh" in said(answer)


@pytest.mark.parametrize("text", NOTHING_TO_KEEP[:5])
def test_nor_does_it_later(desk: Desk, text: str) -> None:
    desk.hears("an", "xin chào")
    answer = desk.hears("an", text)
    assert answer
    assert not asked(answer)


@pytest.mark.parametrize("first", ["xin chào", "cái này để làm gì"])
def test_who_begins_with_a_greeting_is_asked_with_the_introduction(desk: Desk, first: str) -> None:
    (answer,) = desk.hears("an", first)
    assert asked([answer])
    assert "trợ lý tự động (AI)" in answer.text


def test_greeting_again_is_answered_and_not_asked_again(desk: Desk) -> None:
    desk.hears("an", "xin chào")
    assert not asked(desk.hears("an", "xin chào"))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("đăng ký khai sinh ở đâu", "Chuyển câu hỏi"),
        ("khen các anh công nhân", "Chuyển lời khen"),
        (FIRE, "Ghi phản ánh khẩn"),
    ],
)
def test_passing_it_on_asks_and_goes_on_after_the_yes(desk: Desk, text: str, label: str) -> None:
    desk.hears("an", text)
    assert asked(desk.presses("an", label))
    assert text in said(desk.presses("an", "Đồng ý"))
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert text in case.text


def test_numbers_come_at_once_with_a_picture_too(desk: Desk) -> None:
    answer = desk.sends_photo("an", picture(), FIRE)
    assert "114" in answer[0].text
    desk.presses("an", "Ghi phản ánh khẩn")
    desk.presses("an", "Đồng ý")
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert (case.level, [a.kind for a in case.attachments]) == ("urgent", ["photo"])


def test_erasing_needs_no_consent_and_its_yes_is_none(desk: Desk, office: Office) -> None:
    desk.hears("an", "xin chào")
    desk.hears("an", "xoá dữ liệu của tôi")
    assert "Đã xoá" in said(desk.hears("an", "đồng ý"))
    assert [proof.answer for proof in office.rows(Consent)] == ["withdrawn"]


@pytest.mark.parametrize("words", ["huỷ giúp tôi", "huỷ", "thôi, đừng gửi nữa nhé"])
def test_taking_it_back_drops_what_was_kept_aside_and_says_so(desk: Desk, office: Office, words: str) -> None:
    desk.sends_photo("an", picture(), LIGHT)
    (media,) = office.rows(Media)
    assert "bản nháp đã bỏ" in said(desk.hears("an", words))
    assert all(LIGHT not in str(vars(row)) for row in desk.inbox())
    assert not (desk.system.media.folder / media.id).exists()
    assert office.rows(Consent) == []
    assert "Kim Giang" not in said(desk.presses("an", "Đồng ý"))
    assert desk.cases() == []


def test_taking_back_twice_is_no_cry_for_help(desk: Desk) -> None:
    desk.hears("an", LIGHT)
    desk.hears("an", "huỷ giúp tôi")
    again = said(desk.hears("an", "huỷ giúp tôi"))
    assert "không có phản ánh nào đang viết dở" in again
    assert "phiếu của tôi" not in again


def test_a_no_with_taking_back_is_a_no(desk: Desk, office: Office) -> None:
    desk.hears("an", LIGHT)
    desk.hears("an", "không đồng ý, huỷ đi")
    assert [proof.answer for proof in office.rows(Consent)] == ["no"]


def test_after_taking_back_a_new_report_is_asked_for_and_kept(desk: Desk) -> None:
    desk.hears("an", LIGHT)
    desk.hears("an", "huỷ giúp tôi")
    desk.dialogue.means("ổ gà to lắm", "report", "road_damage")
    assert asked(desk.hears("an", "ổ gà to lắm ở ngõ 12 phố Vọng"))
    summary = said(desk.presses("an", "Đồng ý"))
    assert "phố Vọng" in summary
    assert "Kim Giang" not in summary


def test_from_the_start_forgets_what_was_kept_aside(desk: Desk) -> None:
    desk.hears("an", LIGHT)
    assert "lại từ đầu" in said(desk.hears("an", "bắt đầu lại"))
    assert "Kim Giang" not in said(desk.presses("an", "Đồng ý"))


def test_it_is_said_once(desk: Desk) -> None:
    desk.agrees("an")
    desk.hears("an", LIGHT)
    assert said(desk.sent("an")).count("trợ lý tự động (AI)") == 1


def test_silence_is_no_consent(desk: Desk, office: Office) -> None:
    desk.hears("an", LIGHT)
    desk.passes(days=3)
    desk.hears("an", "chưa thấy gì cả")
    assert desk.cases() == []
    assert office.rows(Draft) == []
    assert office.rows(Consent) == []


@pytest.mark.parametrize("yes", ["đồng ý", "ok"])
def test_a_typed_yes_counts_with_its_proof(desk: Desk, office: Office, yes: str) -> None:
    desk.hears("an", "xin chào")
    desk.hears("an", yes)
    (proof,) = office.rows(Consent)
    assert (proof.answer, proof.channel, proof.at) == ("yes", "webchat", desk.now)
    assert proof.text_version


def test_yes_before_the_question_is_no_answer_to_it(desk: Desk, office: Office) -> None:
    desk.hears("an", "đồng ý")
    assert office.rows(Consent) == []


@pytest.mark.parametrize("no", ["không đồng ý", "tôi không đồng ý đâu", "ko đồng ý", "Không đồng ý nhé"])
def test_a_typed_no_is_never_a_yes(desk: Desk, office: Office, no: str) -> None:
    desk.hears("an", LIGHT)
    refused = desk.hears("an", no)
    assert "không giữ lại" in said(refused)
    assert [proof.answer for proof in office.rows(Consent)] == ["no"]


def test_agreeing_twice_is_agreeing_once(desk: Desk, office: Office) -> None:
    desk.hears("an", LIGHT)
    payload = desk.button("an", "Đồng ý")
    for _ in range(2):
        assert "Kim Giang" in said(desk.hears("an", payload=payload))
    assert len(office.rows(Consent)) == 1
    desk.presses("an", "Gửi")
    assert len(desk.cases()) == 1


def test_a_photo_before_consent_is_used_afterwards(desk: Desk) -> None:
    desk.sends_photo("an", picture(), LIGHT)
    assert "1 ảnh" in said(desk.presses("an", "Đồng ý"))


def test_a_pin_before_consent_is_used_afterwards(desk: Desk) -> None:
    desk.shares("an", 21.0285, 105.8542)
    desk.hears("an", "đèn tắt")
    desk.dialogue.means("đèn tắt", "report", "street_lighting")
    assert "Địa điểm: chưa có" not in said(desk.presses("an", "Đồng ý"))


def test_refusing_erases_photo_and_words(desk: Desk, office: Office) -> None:
    desk.sends_photo("an", picture(), LIGHT)
    (media,) = office.rows(Media)
    with desk.system.db.write() as session:
        conversation = session.query(Conversation).one()
        session.get_one(Media, media.id).conversation_id = conversation.id
    desk.presses("an", "Không đồng ý")
    assert not (desk.system.media.folder / media.id).exists()
    assert all(LIGHT not in str(vars(row)) for row in desk.inbox())
    assert [proof.answer for proof in office.rows(Consent)] == ["no"]


def test_whoever_refused_may_agree_after_all(desk: Desk) -> None:
    desk.hears("an", LIGHT)
    refused = desk.hears("an", "không đồng ý")
    assert "024.1022" in said(refused)
    assert "việc gì" in said(desk.presses("an", "Tôi đồng ý"))
    assert "Kim Giang" in said(desk.hears("an", LIGHT))


def test_writing_on_after_refusing_asks_again_and_keeps_nothing_meanwhile(desk: Desk) -> None:
    desk.hears("an", LIGHT)
    desk.presses("an", "Không đồng ý")
    again = desk.hears("an", LIGHT)
    assert "Đồng ý" in [b.label for b in again[-1].buttons]
    assert desk.cases() == []


def test_a_question_needs_no_consent(desk: Desk) -> None:
    assert "khai sinh" in said(desk.hears("an", "đăng ký khai sinh ở đâu"))


def test_buttons_of_a_report_need_consent(desk: Desk) -> None:
    answer = desk.hears("an", payload="report:12345678:send")
    assert "Đồng ý" in [b.label for b in answer[-1].buttons]
    assert desk.cases() == []


def test_a_case_filed_by_staff_needs_no_second_question(desk: Desk, office: Office) -> None:
    code = office.file(who="an")
    summary = desk.hears("an", LIGHT)
    assert "Kim Giang" in said(summary)
    with desk.system.db.read() as session:
        conversation = session.query(Conversation).one()
        assert conversation.consent == "by_staff"
        assert [c.code for c in cases_of(session, conversation)] == [code]


def test_the_buttons_fit_every_platform(desk: Desk) -> None:
    desk.hears("an", LIGHT)
    desk.presses("an", "Đồng ý")
    desk.presses("an", "Sửa")
    desk.presses("an", "Lĩnh vực")
    for message in desk.sent("an"):
        for button in message.buttons:
            assert 0 < len(button.payload.encode()) <= 64, button
            assert button.label
