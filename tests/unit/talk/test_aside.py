"""Words beside the matter: no report swallows them, and each is answered as its writer would want."""

from __future__ import annotations

import pytest

from tests.scripted import Desk, said

WASTE = "rác đầy ngõ 97 Hoàng Cầu"
LIGHT = "đèn đường hỏng"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is said does not depend on the kind of database; test_report.py meets both."""
    return sqlite_url


@pytest.fixture(autouse=True)
def meanings(desk: Desk) -> None:
    means = desk.dialogue.means
    means("rác đầy", "report", "waste_collection")
    means(WASTE, "report", "waste_collection")
    means(LIGHT, "report", "street_lighting")
    means("huỷ", "cancel")
    means("ừ", "affirm")
    means("cháy nhà ở ngõ 5 Tôn Đức Thắng", "emergency")
    means("tôi muốn tố cáo cán bộ nhận tiền", "denunciation")
    means("bác", "formal_complaint")
    means("khen các anh công an phường", "praise")
    desk.agrees("an")


def at_summary(desk: Desk) -> None:
    assert "Chiếu sáng" not in said(desk.hears("an", WASTE))


def filed(desk: Desk) -> str:
    at_summary(desk)
    desk.presses("an", "Gửi")
    return desk.cases()[-1].code


@pytest.mark.parametrize("words", ["gửi giùm em nhé", "gửi lẹ đi", "gui giup toi", "ok gửi đi em", "Gửi"])
def test_to_send_may_be_said_in_many_ways(desk: Desk, words: str) -> None:
    at_summary(desk)
    assert "Đã gửi xong" in said(desk.hears("an", words))
    assert desk.cases()[0].text == WASTE


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("có mất phí không", "miễn phí"),
        ("thông tin của tôi có bị lộ không", "không hiện trên trang công khai"),
        ("bạn là người hay máy", "trợ lý tự động"),
        ("thế gọi số nào", "024.1022"),
    ],
)
def test_questions_about_the_service_are_answered_and_are_no_part_of_a_report(
    desk: Desk, words: str, answer: str
) -> None:
    at_summary(desk)
    told = said(desk.hears("an", words))
    assert answer in told
    assert "Tôi ghi lại như sau" in told
    desk.presses("an", "Gửi")
    assert desk.cases()[0].text == WASTE


@pytest.mark.parametrize("words", ["bao giờ xong", "sao lau the", "chưa ai đến"])
def test_how_it_goes_is_told_right_after_filing(desk: Desk, words: str) -> None:
    code = filed(desk)
    assert f"Phiếu {code}" in said(desk.hears("an", words))
    assert len(desk.cases()) == 1


def test_a_half_code_is_told_as_a_slip_and_not_as_another_case(desk: Desk) -> None:
    code = filed(desk)
    desk.dialogue.means("phiếu HN2611-MFY3K thế nào", "status_check")
    told = said(desk.hears("an", "phiếu HN2611-MFY3K thế nào"))
    assert "HN2611-MFY3K" in told
    assert code not in told


@pytest.mark.parametrize("yes", ["ừ", "huỷ", "đồng ý", "Huỷ, không gửi"])
def test_a_typed_yes_drops_the_report(desk: Desk, yes: str) -> None:
    at_summary(desk)
    desk.hears("an", "huỷ")
    desk.hears("an", yes)
    assert "Hoàng Cầu" not in said(desk.hears("an", LIGHT))


def test_another_ward_changes_nothing_but_the_ward(desk: Desk) -> None:
    at_summary(desk)
    told = said(desk.hears("an", "phường Láng mới đúng"))
    assert "ngõ 97 Hoàng Cầu, phường Láng" in told
    assert f"Nội dung: {WASTE}" in told
    desk.presses("an", "Gửi")
    assert desk.cases()[0].agency.endswith(desk.cases()[0].ward)


def test_a_slip_within_the_first_message_loses_nothing(desk: Desk) -> None:
    told = said(desk.hears("an", f"{LIGHT} ngõ 20 Hồ Tùng Mậu, à mà ngõ 22 mới đúng"))
    assert "ngõ 22 Hồ Tùng Mậu" in told
    assert f"Nội dung: {LIGHT} ngõ 22 Hồ Tùng Mậu" in told


def test_another_matter_altogether_takes_the_place_of_the_first(desk: Desk) -> None:
    at_summary(desk)
    told = said(desk.hears("an", f"không phải rác mà là {LIGHT}"))
    assert "Chiếu sáng" in told
    assert "Hoàng Cầu" in told


def test_the_wrong_ward_without_another_asks_where_it_is(desk: Desk) -> None:
    at_summary(desk)
    desk.hears("an", "sai phường rồi")
    assert "ngõ 5 Kim Mã" in said(desk.hears("an", "ngõ 5 Kim Mã"))


def test_the_wrong_subject_offers_others(desk: Desk) -> None:
    at_summary(desk)
    assert "chọn giúp" in said(desk.hears("an", "sai lĩnh vực"))
    desk.presses("an", "Môi trường, vệ sinh")
    assert "Lĩnh vực: Đổ trộm rác" in said(desk.presses("an", "Đổ trộm rác, phế thải xây dựng"))


def test_who_wants_to_take_a_picture_first_is_waited_for(desk: Desk) -> None:
    at_summary(desk)
    assert "tôi chờ" in said(desk.hears("an", "đừng gửi vội, để em chụp ảnh đã"))
    desk.presses("an", "Gửi")
    assert desk.cases()[0].text == WASTE


@pytest.mark.parametrize("word", ["bác", "ông ơi", "dạ"])
def test_a_lone_word_is_no_matter_yet(desk: Desk, word: str) -> None:
    assert "phản ánh việc gì" in said(desk.hears("an", word))


def test_what_is_said_after_an_emergency_joins_it(desk: Desk) -> None:
    desk.hears("an", "cháy nhà ở ngõ 5 Tôn Đức Thắng")
    desk.hears("an", "người ta gọi rồi")
    told = said(desk.presses("an", "Ghi phản ánh khẩn"))
    assert "cháy nhà ở ngõ 5 Tôn Đức Thắng, người ta gọi rồi" in told
    assert "Nguy cơ cháy nổ" in told


def test_danger_at_the_summary_is_a_report_of_its_own(desk: Desk) -> None:
    at_summary(desk)
    assert "114" in said(desk.hears("an", "cháy nhà ở ngõ 5 Tôn Đức Thắng"))
    desk.presses("an", "Ghi phản ánh khẩn")
    desk.presses("an", "Gửi")
    assert desk.cases()[0].text == "cháy nhà ở ngõ 5 Tôn Đức Thắng"
    assert WASTE in said(desk.presses("an", "Ghi việc thứ hai"))


def test_where_to_file_is_told_again_after_a_denunciation(desk: Desk) -> None:
    desk.hears("an", "tôi muốn tố cáo cán bộ nhận tiền")
    assert "nơi tiếp công dân" in said(desk.hears("an", "vậy gửi đơn ở đâu"))


def test_praise_is_passed_on_after_a_typed_yes(desk: Desk) -> None:
    desk.hears("an", "khen các anh công an phường")
    assert "khen các anh công an phường" in said(desk.hears("an", "đồng ý"))


def test_a_change_of_mind_after_sending_offers_to_withdraw(desk: Desk) -> None:
    code = filed(desk)
    assert f"rút phiếu {code}" in said(desk.hears("an", "thôi khỏi"))


def test_good_news_offers_to_withdraw(desk: Desk) -> None:
    code = filed(desk)
    assert f"rút phiếu {code}" in said(desk.hears("an", "họ dọn rồi nhé, cảm ơn"))


def test_the_assistant_comes_back_when_it_is_called(desk: Desk) -> None:
    desk.dialogue.means("gặp cán bộ", "ask_human")
    desk.dialogue.means("bắt đầu lại", "start_over")
    desk.hears("an", "gặp cán bộ")
    assert desk.hears("an", WASTE) == []
    assert desk.hears("an", "bắt đầu lại")
    assert "Hoàng Cầu" in said(desk.hears("an", WASTE))


def test_a_person_named_in_a_report_is_no_call_for_one(desk: Desk) -> None:
    desk.dialogue.means("nhờ chuyển cho chú Tuấn", "ask_human")
    at_summary(desk)
    desk.hears("an", "nhờ chuyển cho chú Tuấn")
    assert desk.presses("an", "Gửi")


def test_commands_in_english(desk: Desk) -> None:
    desk.dialogue.means("hello, I speak English", "english")
    desk.hears("an", "hello, I speak English")
    assert "free of charge" in said(desk.hears("an", "help"))
    assert "Delete" in [b.label for m in desk.hears("an", "delete my data") for b in m.buttons]


def test_a_refusal_before_any_question_tells_the_other_ways(desk: Desk) -> None:
    told = said(desk.hears("binh", "tôi không đồng ý đâu nhé"))
    assert "024.1022" in told


def test_each_of_two_matters_keeps_its_own_place(desk: Desk) -> None:
    drain, lamp = "cống tắc ngõ 10 Tôn Thất Tùng.", "Ngoài ra đèn đường trước số 5 Khương Thượng hỏng"
    means = desk.dialogue.means
    means(drain, "report", "flooding_drainage")
    means(lamp, "report", "street_lighting")
    means(f"{drain} {lamp}", "report", "street_lighting", second="flooding_drainage")
    assert "số 5 Khương Thượng" in said(desk.hears("an", f"{drain} {lamp}"))
    desk.presses("an", "Gửi")
    told = said(desk.presses("an", "Ghi việc thứ hai"))
    assert "Địa điểm: ngõ 10 Tôn Thất Tùng" in told
    assert "Nội dung: cống tắc ngõ 10 Tôn Thất Tùng." in told


@pytest.mark.parametrize("words", ["nhanh lên nhé", "gấp lắm rồi"])
def test_impatience_is_heard_and_is_no_part_of_the_matter(desk: Desk, words: str) -> None:
    at_summary(desk)
    assert "cần gấp" in said(desk.hears("an", words))
    desk.presses("an", "Gửi")
    code = desk.cases()[0].code
    assert desk.cases()[0].text == WASTE
    assert f"Phiếu {code}" in said(desk.hears("an", words))


@pytest.mark.parametrize("words", ["bao giờ thì xong vậy", "mã là gì", "gửi xong rồi thì ai làm", "không có ảnh đâu"])
def test_what_is_asked_or_nodded_at_the_summary_is_not_written_into_it(desk: Desk, words: str) -> None:
    desk.dialogue.means(words, "deny", confidence=0.5)
    at_summary(desk)
    desk.hears("an", words)
    desk.presses("an", "Gửi")
    assert desk.cases()[0].text == WASTE


@pytest.mark.parametrize("words", ["gửi", "sao phải hỏi địa chỉ", "bao giờ có lại"])
def test_no_place_is_made_of_words_to_us(desk: Desk, words: str) -> None:
    desk.hears("an", "rác đầy")
    desk.hears("an", words)
    desk.hears("an", "ngõ 97 Hoàng Cầu")
    desk.presses("an", "Gửi")
    assert words not in (desk.cases()[0].place_raw or "")


@pytest.mark.parametrize("words", ["nhầm, 51", "à nhầm, 51", "nhầm số nhà, 51 cơ", "số 51 mới đúng"])
def test_a_number_alone_corrects_the_only_number(desk: Desk, words: str) -> None:
    desk.hears("an", "rác đầy trước số 15 Cát Linh")
    told = said(desk.hears("an", words))
    assert "51 Cát Linh" in told
    assert "15" not in told.split("Hạn trả lời")[0].replace("1560", "")


def test_only_the_wrong_word_is_exchanged(desk: Desk) -> None:
    text = "đèn đường hỏng ngõ 5 Vĩnh Hồ"
    desk.dialogue.means("đèn giao thông", "report", "traffic_signal")
    desk.hears("an", text)
    desk.hears("an", "à nhầm đèn giao thông chứ ko phải đèn đường")
    desk.presses("an", "Gửi")
    assert desk.cases()[0].text == "đèn giao thông hỏng ngõ 5 Vĩnh Hồ"


@pytest.mark.parametrize("words", ["đừng huỷ", "ko bỏ"])
def test_not_to_drop_keeps_the_draft(desk: Desk, words: str) -> None:
    at_summary(desk)
    desk.hears("an", "huỷ")
    desk.dialogue.means(words, "cancel")
    assert "Tôi ghi lại" in said(desk.hears("an", words))


@pytest.mark.parametrize("words", ["ghi tiếp đi", "có", "làm tiếp việc kia giúp"])
def test_the_second_matter_is_taken_up_by_words(desk: Desk, words: str) -> None:
    both = f"{WASTE}. Ngoài ra {LIGHT} ngõ 5 Kim Giang"
    desk.dialogue.means(both, "report", "waste_collection", second="street_lighting")
    desk.dialogue.means("có", "affirm")
    desk.hears("an", both)
    desk.presses("an", "Gửi")
    assert "Chiếu sáng" in said(desk.hears("an", words))


def test_a_reason_given_with_the_rating_is_not_asked_again(desk: Desk) -> None:
    code = filed(desk)
    with desk.system.db.write() as session:
        from bot.services.handle_case import find

        case = find(session, code)
        case.status, case.resolved_at = "resolved", desk.now
    desk.hears("an", payload=f"after:unsatisfied:{code}")
    desk.dialogue.means("vẫn thấy cả đống ở góc", "unclear")
    desk.hears("an", "rác góc chợ để nguyên đấy")
    desk.hears("an", payload=f"after:not_done:{code}")
    assert desk.cases()[0].status == "reopened"
