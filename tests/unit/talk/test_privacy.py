""" "Xoá dữ liệu của tôi": asked once, then gone."""

from __future__ import annotations

import pytest

from bot.store.models import Draft, Resident
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
    means("xoá dữ liệu của tôi", "delete_data")
    means("đồng ý", "affirm")
    means("thôi không", "deny")
    means("phiếu của tôi", "my_cases")


@pytest.fixture
def resident(desk: Desk) -> str:
    desk.agrees("an")
    desk.hears("an", LIGHT, phone="0912345678")
    desk.presses("an", "Gửi")
    return "an"


def test_it_is_asked_before_anything_goes(desk: Desk, resident: str) -> None:
    asked = desk.hears(resident, "xoá dữ liệu của tôi")
    assert [b.label for b in asked[-1].buttons] == ["Xoá dữ liệu", "Không xoá"]
    assert desk.cases()[0].resident_id is not None


@pytest.mark.parametrize("how", ["button", "word"])
def test_yes_removes_the_person_and_keeps_the_case(desk: Desk, office: Office, resident: str, how: str) -> None:
    desk.hears(resident, "xoá dữ liệu của tôi")
    told = desk.presses(resident, "Xoá dữ liệu") if how == "button" else desk.hears(resident, "đồng ý")
    assert "1 phiếu" in said(told)
    (case,) = desk.cases()
    assert (case.resident_id, case.conversation_id) == (None, None)
    assert all(r.phone is None and r.name is None for r in office.rows(Resident))
    assert all(LIGHT not in str(vars(row)) for row in desk.inbox())
    assert LIGHT not in said(desk.sent(resident))


@pytest.mark.parametrize("how", ["button", "word"])
def test_no_keeps_everything(desk: Desk, resident: str, how: str) -> None:
    desk.hears(resident, "xoá dữ liệu của tôi")
    kept = desk.presses(resident, "Không xoá") if how == "button" else desk.hears(resident, "thôi không")
    assert "giữ nguyên" in said(kept)
    assert desk.cases()[0].resident_id is not None


def test_a_no_that_holds_a_yes_erases_nothing(desk: Desk, resident: str) -> None:
    desk.dialogue.means("không đồng ý", "deny")
    desk.hears(resident, "xoá dữ liệu của tôi")
    desk.hears(resident, "không đồng ý")
    assert desk.cases()[0].resident_id is not None


def test_an_old_button_erases_nothing(desk: Desk, resident: str) -> None:
    desk.hears(resident, "xoá dữ liệu của tôi")
    payload = desk.button(resident, "Xoá dữ liệu")
    desk.presses(resident, "Không xoá")
    assert "tin nhắn cũ" in said(desk.hears(resident, payload=payload))
    assert desk.cases()[0].resident_id is not None


def test_afterwards_one_is_a_stranger_who_is_asked_again(desk: Desk, resident: str) -> None:
    code = desk.cases()[0].code
    desk.hears(resident, "xoá dữ liệu của tôi")
    desk.presses(resident, "Xoá dữ liệu")
    again = desk.hears(resident, LIGHT)
    assert [b.label for b in again[-1].buttons] == ["Đồng ý", "Không đồng ý"]
    public = desk.hears(resident, code)
    assert "nhà văn hoá" not in said(public)
    desk.presses(resident, "Đồng ý")
    desk.presses(resident, "Gửi")
    assert len(desk.cases()) == 2


def test_a_draft_goes_too(desk: Desk, office: Office) -> None:
    desk.agrees("an")
    desk.hears("an", HOLE)
    desk.hears("an", "xoá dữ liệu của tôi")
    told = desk.presses("an", "Xoá dữ liệu")
    assert "Đã xoá" in said(told)
    assert all(HOLE not in str(d.body) for d in office.rows(Draft))
    assert desk.cases() == []


def test_words_that_are_no_answer_erase_nothing(desk: Desk, resident: str) -> None:
    desk.hears(resident, "xoá dữ liệu của tôi")
    shown = desk.hears(resident, "phiếu của tôi")
    assert desk.cases()[0].code in said(shown)
    assert desk.cases()[0].resident_id is not None
