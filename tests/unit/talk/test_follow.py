""" "theo dõi HN…" in a conversation that did not file it: four digits of the phone number, then as at home."""

from __future__ import annotations

import pytest

from bot.services import direct_case
from bot.store.models import Consent
from tests.scripted import Desk, said
from tests.unit.office import Office

PHONE = "0912 345 678"
HOLE = "ổ gà to lắm"
PLACE = "ngõ 12 phố Vọng"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is said does not depend on the kind of database; test_follow_case.py meets both."""
    return sqlite_url


@pytest.fixture
def code(office: Office) -> str:
    """An's case, filed in another conversation."""
    return office.file(fields={"contact_phone": PHONE}, place_raw=PLACE)


@pytest.mark.parametrize(
    "words",
    [
        "theo dõi {}",
        "theo doi {lower}",
        "Cho tôi theo dõi phiếu {} với",
        "e muon theo doi phieu {spaced} o day dc ko",
        "có tin gì về {} thì báo cho tôi nhé",
        "follow {}",
    ],
)
def test_many_manners_ask_for_the_digits(desk: Desk, code: str, words: str) -> None:
    asked = desk.hears("binh", words.format(code, lower=code.lower(), spaced=code.replace("-", " ").lower()))
    assert "4 số cuối" in said(asked)
    assert code in said(asked)
    assert PLACE not in said(asked)
    assert "trợ lý tự động (AI)" in said(asked)


@pytest.mark.parametrize("given", ["5678", "số cuối là 5678 nhé", "5 6 7 8", "4 số cuối là: 5678", "0912345678"])
def test_the_right_digits_open_the_case(desk: Desk, code: str, given: str) -> None:
    desk.hears("binh", f"theo dõi {code}")
    followed = desk.hears("binh", given)
    assert "báo cả ở đây" in said(followed)
    assert PLACE in said(followed)


def follow(desk: Desk, code: str, who: str = "binh") -> None:
    desk.hears(who, f"theo dõi {code}")
    desk.hears(who, "5678")


def test_the_button_below_the_public_view_does_the_same(desk: Desk, code: str) -> None:
    desk.hears("binh", code)
    assert "4 số cuối" in said(desk.presses("binh", "Theo dõi ở đây"))
    assert PLACE in said(desk.hears("binh", "5678"))


def test_nothing_here_asks_for_consent(desk: Desk, office: Office, code: str) -> None:
    follow(desk, code)
    assert office.rows(Consent) == []
    assert not [b for m in desk.sent("binh") for b in m.buttons if b.payload.startswith("consent:")]


def test_a_report_of_ones_own_still_needs_it(desk: Desk, code: str) -> None:
    follow(desk, code)
    desk.dialogue.means(HOLE, "report", "road_damage")
    assert "Đồng ý" in [b.label for b in desk.hears("binh", HOLE)[-1].buttons]


def test_news_come_here_and_where_it_was_filed(desk: Desk, office: Office, code: str) -> None:
    follow(desk, code)
    office.move(code, "in_progress", office.officer)
    for who in ("an", "binh"):
        assert office.told(who).count("đang xử lý") == 1


def test_my_cases_lists_it(desk: Desk, office: Office, code: str) -> None:
    follow(desk, code)
    desk.dialogue.means("phiếu của tôi", "my_cases")
    assert f"Phiếu {code}" in said(desk.hears("binh", "phiếu của tôi"))


@pytest.mark.parametrize("label", ["Hài lòng", "Chưa hài lòng"])
def test_it_is_rated_here(desk: Desk, office: Office, code: str, label: str) -> None:
    follow(desk, code)
    office.answered(code)
    answer = desk.presses("binh", label)
    assert "Đồng ý" not in [b.label for m in answer for b in m.buttons]
    assert office.case(code).rating == {"Hài lòng": "satisfied", "Chưa hài lòng": "unsatisfied"}[label]
    desk.hears("binh", "thợ làm cẩn thận")
    assert [m.text for m in office.case(code).messages] == ["thợ làm cẩn thận"]


def test_a_question_of_the_office_is_answered_here(desk: Desk, office: Office, code: str) -> None:
    follow(desk, code)
    office.move(code, "need_info", office.officer, note="Cột số mấy ạ?")
    assert "Cột số mấy" in office.told("binh")
    desk.hears("binh", "cột số 12 cạnh quán nước")
    case = office.case(code)
    assert case.status == "assigned"
    assert [m.text for m in case.messages] == ["cột số 12 cạnh quán nước"]


def test_it_is_not_withdrawn_here(desk: Desk, office: Office, code: str) -> None:
    follow(desk, code)
    shown = desk.hears("binh", code)
    assert [b.label for b in shown[-1].buttons] == ["Bổ sung"]
    desk.dialogue.means(f"rút phiếu {code}", "withdraw")
    assert "nơi đã gửi" in said(desk.hears("binh", f"rút phiếu {code}"))
    assert "tin nhắn cũ" in said(desk.hears("binh", payload=f"after:withdraw_yes:{code}"))
    assert office.is_open(code)


def test_wrong_digits_are_told_and_the_third_locks(desk: Desk, code: str) -> None:
    desk.hears("binh", f"theo dõi {code}")
    assert "còn 2 lần" in said(desk.hears("binh", "1111"))
    assert "còn 1 lần" in said(desk.hears("binh", "2222"))
    locked = said(desk.hears("binh", "3333"))
    assert "10 giờ thứ Hai" in locked
    assert f"/tra-cuu/{code}" in locked
    assert PLACE not in said(desk.hears("binh", "5678"))
    assert "10 giờ thứ Hai" in said(desk.hears("binh", f"theo dõi {code}"))
    desk.passes(hours=1)
    follow(desk, code)
    assert PLACE in said(desk.hears("binh", code))


def test_too_few_digits_are_no_try(desk: Desk, code: str) -> None:
    desk.hears("binh", f"theo dõi {code}")
    for _ in range(4):
        assert "đúng 4 chữ số" in said(desk.hears("binh", "678"))
    assert PLACE in said(desk.hears("binh", "5678"))


@pytest.mark.parametrize("words", ["thôi", "huỷ giúp tôi"])
def test_thinking_better_of_it(desk: Desk, code: str, words: str) -> None:
    desk.dialogue.means("thôi", "deny")
    desk.hears("binh", f"theo dõi {code}")
    assert "không báo tin" in said(desk.hears("binh", words))
    assert PLACE not in said(desk.hears("binh", "5678"))


def test_a_case_without_a_phone_is_followed_only_where_it_was_filed(desk: Desk, office: Office) -> None:
    code = office.file()
    told = said(desk.hears("binh", f"theo dõi {code}"))
    assert "nơi đã gửi" in told
    assert f"/tra-cuu/{code}" in told


def test_the_one_who_filed_simply_sees_it(desk: Desk, code: str) -> None:
    assert PLACE in said(desk.hears("an", f"theo dõi {code}"))


def test_a_slip_in_the_code_is_told(desk: Desk, code: str) -> None:
    wrong = "3" if code[-1] != "3" else "4"
    told = said(desk.hears("binh", f"theo dõi {code[:-1]}{wrong}"))
    assert "4 số cuối" not in told
    assert "gõ nhầm" in told or "không tìm thấy" in told


def test_in_the_middle_of_a_report_and_back_to_it(desk: Desk, code: str) -> None:
    desk.agrees("binh")
    desk.dialogue.means(HOLE, "report", "road_damage")
    desk.hears("binh", HOLE)
    asked = desk.hears("binh", f"theo dõi {code}")
    assert "4 số cuối" in asked[-1].text
    back = desk.hears("binh", "5678")
    assert "báo cả ở đây" in back[0].text
    assert "ở chỗ nào" in back[-1].text
    summary = desk.hears("binh", "phố Linh Lang")
    assert HOLE in said(summary)
    assert "5678" not in said(summary)


def test_a_story_instead_of_digits_is_heard_as_a_story(desk: Desk, code: str) -> None:
    desk.agrees("binh")
    desk.dialogue.means(HOLE, "report", "road_damage")
    desk.hears("binh", f"theo dõi {code}")
    desk.hears("binh", f"{HOLE} ở số 1234 phố Vọng")
    desk.presses("binh", "Gửi")
    assert [c.topic for c in desk.cases()] == ["street_lighting", "road_damage"]


def test_danger_comes_before_digits(desk: Desk, code: str) -> None:
    desk.dialogue.means("cháy to số 1234", "emergency")
    desk.hears("binh", f"theo dõi {code}")
    assert "114" in desk.hears("binh", "cháy to số 1234")[0].text


def test_enough_of_it(desk: Desk, office: Office, code: str) -> None:
    follow(desk, code)
    assert "không báo tin" in said(desk.hears("binh", f"bỏ theo dõi {code}"))
    office.move(code, "in_progress", office.officer)
    assert office.told("binh") == ""
    assert PLACE not in said(desk.hears("binh", code))
    assert "không có gì phải dừng" in said(desk.hears("binh", f"bỏ theo dõi {code}"))
    assert "gửi từ đây" in said(desk.hears("an", f"bỏ theo dõi {code}"))


def test_english_is_answered_in_english(desk: Desk, code: str) -> None:
    desk.dialogue.means("hello", "english")
    desk.hears("binh", "hello")
    assert "last 4 digits" in said(desk.hears("binh", f"follow {code}"))
    assert "Done" in said(desk.hears("binh", "5678"))


def test_erasing_here_ends_it(desk: Desk, office: Office, code: str) -> None:
    follow(desk, code)
    desk.dialogue.means("xoá dữ liệu của tôi", "delete_data")
    desk.hears("binh", "xoá dữ liệu của tôi")
    desk.presses("binh", "Xoá dữ liệu")
    office.move(code, "in_progress", office.officer)
    assert office.told("binh") == ""
    assert "đang xử lý" in office.told("an")
    assert office.act(code, direct_case.reply, "Xin chào", office.officer)
