"""What residents say when the office has asked or answered: in pieces, beside a draft, with a word or a pin."""

from __future__ import annotations

import pytest

from bot.services import direct_case, handle_case
from tests.scripted import Desk, said
from tests.unit.office import Office

LIGHT = "đèn đường trước nhà văn hoá tổ 5 Kim Giang tắt cả tuần nay"
DRAIN = "cống tắc ngõ 7 phố Vọng"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is said does not depend on the kind of database; test_report.py meets both."""
    return sqlite_url


@pytest.fixture(autouse=True)
def meanings(desk: Desk) -> None:
    means = desk.dialogue.means
    means(LIGHT, "report", "street_lighting")
    means(DRAIN, "report", "flooding_drainage")
    means("rút phiếu giúp tôi", "withdraw")
    means("rút cái phiếu đèn cơ", "withdraw", ranking=[("withdraw", 0.9), ("street_lighting", 0.05)])
    means("đồng ý", "affirm")
    means("ok", "affirm")
    means("chưa", "deny")
    means("tốt lắm các anh ạ", "praise")
    means("bổ sung phiếu: cột số BM 17 cạnh trạm bơm", "add_info")


@pytest.fixture
def code(desk: Desk) -> str:
    desk.agrees("an")
    return filed(desk, LIGHT)


def filed(desk: Desk, text: str) -> str:
    desk.hears("an", text)
    desk.presses("an", "Gửi")
    return desk.cases()[-1].code


@pytest.fixture
def unit(office: Office, code: str) -> Office:
    agency = office.case(code).agency
    if agency == "triage_desk":
        office.act(code, direct_case.assign, office.unit, office.dispatcher)
        agency = office.unit
    office.officer = handle_case.Actor("canbo", office.officer.role, agency)
    office.leader = handle_case.Actor("lanhdao", office.leader.role, agency)
    return office


def asked(unit: Office, code: str) -> None:
    unit.move(code, "need_info", unit.officer, note="Cột số mấy?")
    unit.desk.deliver.step()


def written(unit: Office, code: str) -> list[str]:
    return [message.text for message in unit.case(code).messages]


def test_an_answer_in_pieces_goes_to_the_case_whole(desk: Desk, unit: Office, code: str) -> None:
    asked(unit, code)
    for piece in ("ở cuối ngõ nhé", "chỗ cổng nhà văn hoá", "trước là chị Hoa trông"):
        desk.hears("an", piece)
    assert written(unit, code) == ["ở cuối ngõ nhé", "chỗ cổng nhà văn hoá", "trước là chị Hoa trông"]
    assert unit.case(code).status == "assigned"


def test_ok_alone_is_no_answer_yet(desk: Desk, unit: Office, code: str) -> None:
    asked(unit, code)
    desk.hears("an", "ok")
    assert unit.case(code).status == "need_info"
    desk.hears("an", "cột BM 17")
    assert written(unit, code) == ["cột BM 17"]


def test_a_pin_is_an_answer(desk: Desk, unit: Office, code: str) -> None:
    asked(unit, code)
    desk.shares("an", 20.975, 105.835)
    assert written(unit, code) == ["(vị trí đã ghim: 20.97500, 105.83500)"]
    assert (unit.case(code).lat, unit.case(code).lon) == (20.975, 105.835)


def test_an_answer_beside_an_open_draft_reaches_the_office_and_not_the_draft(
    desk: Desk, unit: Office, code: str
) -> None:
    desk.hears("an", "cống tắc ngõ 7 phố Vọng")
    asked(unit, code)
    told = said(desk.hears("an", "cột thứ hai từ đầu ngõ"))
    assert written(unit, code) == ["cột thứ hai từ đầu ngõ"]
    assert f"Nội dung: {DRAIN}\n" in told


@pytest.mark.parametrize("word", ["chưa", "chưa xong đâu", "đèn vẫn chưa sáng"])
def test_not_yet_asks_why_or_opens_the_case_again(desk: Desk, unit: Office, code: str, word: str) -> None:
    unit.answered(code)
    desk.deliver.step()
    told = said(desk.hears("an", word))
    assert code in told
    assert "chưa xong" in told or unit.case(code).status == "reopened"


def test_a_nod_shows_the_ratings(desk: Desk, unit: Office, code: str) -> None:
    unit.answered(code)
    desk.hears("an", "rồi ạ")
    desk.presses("an", "Hài lòng")
    assert unit.case(code).rating == "satisfied"


def test_anger_about_the_result_is_a_rating(desk: Desk, unit: Office, code: str) -> None:
    unit.answered(code)
    desk.hears("an", "làm ăn chán quá")
    assert unit.case(code).rating == "unsatisfied"


def test_praise_about_the_result_stays_with_the_case(desk: Desk, unit: Office, code: str) -> None:
    unit.answered(code)
    desk.hears("an", "tốt lắm các anh ạ")
    assert written(unit, code)[-1] == "tốt lắm các anh ạ"
    assert len(desk.cases()) == 1


def test_it_may_be_opened_again_after_a_good_rating(desk: Desk, unit: Office, code: str) -> None:
    unit.answered(code)
    desk.presses("an", "Hài lòng")
    desk.hears("an", "hôm nay đèn lại tắt rồi mọi người ạ")
    assert unit.case(code).status == "reopened"


def test_that_it_is_done_after_all_opens_nothing(desk: Desk, unit: Office, code: str) -> None:
    unit.answered(code)
    desk.presses("an", "Chưa xong")
    desk.hears("an", "thôi được rồi, đèn sáng rồi")
    assert unit.case(code).status == "resolved"


def test_of_two_open_cases_the_named_one_is_taken_back(desk: Desk, code: str) -> None:
    drain = filed(desk, DRAIN)
    asked_which = desk.hears("an", "rút phiếu giúp tôi")
    assert {code, drain} <= {b.label for m in asked_which for b in m.buttons}
    desk.presses("an", drain)
    assert code in said(desk.hears("an", "rút cái phiếu đèn cơ"))
    desk.presses("an", "Đúng, rút phiếu")
    assert {c.code: c.status == "withdrawn" for c in desk.cases()} == {code: True, drain: False}


@pytest.mark.parametrize(
    "words", ["mã {}, bổ sung: cột số BM 17 cạnh trạm bơm", "bổ sung phiếu: cột số BM 17 cạnh trạm bơm"]
)
def test_what_is_added_in_one_message_is_kept(desk: Desk, unit: Office, code: str, words: str) -> None:
    assert "Đã bổ sung" in said(desk.hears("an", words.format(code)))
    assert "BM 17" in written(unit, code)[0]


@pytest.mark.parametrize(
    "words",
    ["à không, phố Vũ Phạm Hàm nhé", "xin lỗi không phải, phố Vũ Phạm Hàm", "sửa địa điểm thành phố Vũ Phạm Hàm"],
)
def test_only_the_last_place_counts(desk: Desk, words: str) -> None:
    desk.agrees("an")
    desk.hears("an", DRAIN)
    told = said(desk.hears("an", words))
    assert "Địa điểm: phố Vũ Phạm Hàm" in told
    assert "không phải" not in told


def test_who_wants_to_die_gets_numbers_before_all_else(desk: Desk) -> None:
    assert said(desk.hears("binh", "tôi chán sống lắm rồi")).startswith("Nếu đang có người gặp nguy hiểm")


def test_erasing_takes_name_and_number_out_of_the_text(desk: Desk, office: Office) -> None:
    desk.agrees("an")
    text = f"{LIGHT}, tôi là Trần Thị Mai, số 0987 111 222"
    desk.dialogue.means("xoá dữ liệu của tôi", "delete_data")
    filed(desk, text)
    desk.hears("an", "xoá dữ liệu của tôi")
    desk.presses("an", "Xoá dữ liệu")
    kept = desk.cases()[0].text
    assert "Kim Giang" in kept
    assert not any(part in kept for part in ("Mai", "0987", "222"))


@pytest.mark.parametrize("words", ["sao lại từ chối?", "tôi không đồng ý, mở lại cho tôi"])
def test_a_refusal_may_be_contested(desk: Desk, unit: Office, code: str, words: str) -> None:
    unit.move(code, "received", unit.officer, note="Không phải việc của chúng tôi")
    unit.move(code, "rejected", unit.dispatcher, note="Đường nội bộ của toà nhà")
    desk.dialogue.means(words, "unclear")
    told = desk.hears("an", words)
    assert "Đường nội bộ" in said(told)
    assert "cán bộ trực" in said(desk.presses("an", "Gặp cán bộ"))
