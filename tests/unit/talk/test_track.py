"""Status at any moment: by code, by "phiếu của tôi"; then back to where one was."""

from __future__ import annotations

from datetime import date

import pytest

from bot.domain.tracking_code import ALPHABET, make
from bot.services import direct_case
from tests.scripted import Desk, said
from tests.unit.office import Office

LIGHT = "đèn đường trước nhà văn hoá tổ 5 Kim Giang tắt cả tuần nay"
HOLE = "ổ gà to lắm"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is said does not depend on the kind of database; test_report.py meets both."""
    return sqlite_url


@pytest.fixture(autouse=True)
def meanings(desk: Desk) -> None:
    means = desk.dialogue.means
    means(LIGHT, "report", "street_lighting")
    means(HOLE, "report", "road_damage")
    means("phiếu của tôi", "my_cases")
    means("đến đâu rồi", "status_check")


@pytest.fixture
def code(desk: Desk) -> str:
    desk.agrees("an")
    desk.hears("an", LIGHT)
    desk.presses("an", "Gửi")
    return desk.cases()[0].code


def test_the_owner_sees_place_and_buttons(desk: Desk, code: str) -> None:
    shown = desk.hears("an", code)
    assert "Kim Giang" in said(shown)
    assert "Chiếu sáng công cộng" in said(shown)
    assert [b.label for b in shown[-1].buttons] == ["Bổ sung", "Rút phiếu"]


@pytest.mark.parametrize("how", ["{code}", "cho hỏi mã {code} đến đâu rồi", "{lower}", "{spaced}"])
def test_a_code_is_read_however_it_is_written(desk: Desk, code: str, how: str) -> None:
    text = how.format(code=code, lower=code.lower(), spaced=code.replace("-", " "))
    assert f"Phiếu {code}" in said(desk.hears("an", text))


def test_a_stranger_sees_the_public_view_only(desk: Desk, code: str) -> None:
    shown = desk.hears("binh", code)
    assert code in said(shown)
    assert "Chiếu sáng công cộng" in said(shown)
    assert "nhà văn hoá" not in said(shown)
    assert "tắt cả tuần" not in said(shown)
    assert [b.payload for m in shown for b in m.buttons] == [f"follow:{code}"]


def test_a_stranger_needs_no_consent_to_ask(desk: Desk, code: str) -> None:
    shown = desk.hears("binh", code)
    assert "Đơn vị" in said(shown)
    assert "trợ lý tự động" in said(shown)


def test_a_slip_is_told_as_a_slip(desk: Desk, code: str) -> None:
    wrong = next(c for c in ALPHABET if c != code[-1] and c not in "B8S5Z2G6VQDJT7")
    told = desk.hears("an", code[:-1] + wrong)
    assert "gõ nhầm" in said(told)
    assert "không tìm thấy" not in said(told)


def test_an_unknown_code_is_told_as_unknown(desk: Desk) -> None:
    desk.agrees("an")
    told = desk.hears("an", make(date(2025, 3, 1)))
    assert "không tìm thấy" in said(told)
    assert "gõ nhầm" not in said(told)


def test_status_in_the_middle_of_a_report_then_back_to_it(desk: Desk, code: str) -> None:
    desk.passes(hours=1)
    desk.hears("an", HOLE)
    shown = desk.hears("an", code)
    assert f"Phiếu {code}" in shown[0].text
    assert "ở chỗ nào" in shown[-1].text
    summary = desk.hears("an", "ngõ 12 phố Vọng")
    assert HOLE in said(summary)
    assert code not in said(summary)
    desk.presses("an", "Gửi")
    assert len(desk.cases()) == 2


@pytest.mark.parametrize("asked", ["phiếu của tôi", "đến đâu rồi"])
def test_asking_without_a_code_shows_the_own_case(desk: Desk, code: str, asked: str) -> None:
    assert f"Phiếu {code}" in said(desk.hears("an", asked))


def test_several_cases_are_listed_newest_first_and_pressed(desk: Desk, code: str) -> None:
    desk.passes(hours=2)
    desk.hears("an", "ổ gà to lắm ở ngõ 12 phố Vọng")
    desk.presses("an", "Gửi")
    newest = desk.cases()[1].code
    listed = desk.hears("an", "phiếu của tôi")
    assert "2 phiếu" in said(listed)
    assert [b.label for b in listed[-1].buttons] == [newest, code]
    assert f"Phiếu {code}" in said(desk.presses("an", code))


def test_nobody_has_no_cases(desk: Desk, code: str) -> None:
    desk.agrees("binh")
    answer = desk.hears("binh", "phiếu của tôi")
    assert "chưa có phiếu nào" in said(answer)
    assert code not in said(answer)


def test_an_answered_case_shows_its_answer_and_the_way_back(desk: Desk, office: Office, code: str) -> None:
    office.act(code, direct_case.assign, office.unit, office.dispatcher)
    office.answered(code, "Đã thay ba bóng")
    shown = desk.hears("an", code)
    assert "Đã thay ba bóng" in said(shown)
    assert [b.label for b in shown[-1].buttons] == ["Chưa xong"]


def test_overdue_is_said_openly(desk: Desk, code: str) -> None:
    desk.passes(days=30)
    assert "quá hạn" in said(desk.hears("an", code))


def test_a_link_with_a_code_opens_its_status(desk: Desk, code: str) -> None:
    shown = desk.hears("binh", payload=f"start:{code}")
    assert f"Phiếu {code}" in said(shown)


def test_two_codes_are_two_answers(desk: Desk, code: str) -> None:
    desk.passes(hours=2)
    desk.hears("an", "ổ gà to lắm ở ngõ 12 phố Vọng")
    desk.presses("an", "Gửi")
    other = desk.cases()[1].code
    shown = desk.hears("an", f"{code} và {other} đến đâu rồi")
    assert f"Phiếu {code}" in said(shown)
    assert f"Phiếu {other}" in said(shown)
