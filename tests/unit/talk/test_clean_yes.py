"""What cannot be undone takes a clean yes: no "not", no question, whatever the machine takes the words for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.scripted import Desk, said
from tests.unit.office import Office

WASTE = "rác đầy ngõ 97 Hoàng Cầu"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is said does not depend on the kind of database."""
    return sqlite_url


@pytest.fixture(autouse=True)
def meanings(desk: Desk) -> None:
    desk.dialogue.means(WASTE, "report", "waste_collection")
    desk.dialogue.means("xoá dữ liệu của tôi", "delete_data")
    desk.dialogue.means("rút phiếu", "withdraw")


def filed(desk: Desk) -> str:
    desk.agrees("an")
    desk.hears("an", WASTE)
    desk.presses("an", "Gửi")
    return desk.cases()[-1].code


@pytest.mark.parametrize(
    "words", ["ko xoá", "đừng xoá", "khong xoa nua", "thôi đừng xoá", "xoá là mất phiếu à", "xoá cái gì vậy"]
)
@pytest.mark.parametrize("intent", ["delete_data", "affirm"])
def test_nothing_is_erased(desk: Desk, words: str, intent: str) -> None:
    filed(desk)
    desk.hears("an", "xoá dữ liệu của tôi")
    desk.dialogue.means(words, intent)
    desk.hears("an", words)
    assert desk.cases()[0].resident_id is not None


@pytest.mark.parametrize("words", ["đừng rút", "ko rút nữa", "dung rut", "rút là sao", "không rút đâu"])
@pytest.mark.parametrize("intent", ["withdraw", "affirm"])
def test_nothing_is_withdrawn(desk: Desk, words: str, intent: str) -> None:
    filed(desk)
    desk.hears("an", "rút phiếu")
    desk.dialogue.means(words, intent)
    assert desk.hears("an", words)
    assert desk.cases()[0].status != "withdrawn"


def test_not_to_withdraw_needs_no_question(desk: Desk) -> None:
    filed(desk)
    desk.dialogue.means("đừng rút phiếu của tôi nhé", "withdraw")
    assert "phải không" not in said(desk.hears("an", "đừng rút phiếu của tôi nhé"))


@pytest.mark.parametrize("words", ["chưa gửi nhé để xem lại", "gửi cho ai vậy", "gửi đi đâu thế", "có đúng không đấy"])
def test_nothing_is_sent(desk: Desk, words: str) -> None:
    desk.agrees("an")
    desk.hears("an", WASTE)
    desk.dialogue.means(words, "affirm")
    assert desk.hears("an", words)
    assert desk.cases() == []
    desk.presses("an", "Gửi")
    assert desk.cases()[0].text == WASTE


@pytest.mark.parametrize(
    "words", ["sao tôi phải đồng ý", "tôi có phải đồng ý không", "đồng ý cái gì", "nếu không đồng ý thì sao"]
)
def test_a_question_about_consent_is_answered_and_is_none(desk: Desk, words: str) -> None:
    desk.hears("an", WASTE)
    desk.dialogue.means(words, "affirm")
    told = desk.hears("an", words)
    assert "lưu" in said(told)
    assert [b.label for b in told[-1].buttons] == ["Đồng ý", "Không đồng ý"]
    assert WASTE in said(desk.presses("an", "Đồng ý"))


@pytest.mark.parametrize("words", ["cũng được", "được thôi", "không vấn đề gì", "không sao"])
def test_a_yes_with_a_shrug_is_one(desk: Desk, words: str) -> None:
    desk.hears("an", WASTE)
    desk.dialogue.means(words, "rate_ok")
    assert WASTE in said(desk.hears("an", words))


def test_sarcasm_is_no_satisfaction(desk: Desk, office: Office) -> None:
    code = filed(desk)
    agency = office.case(code).agency
    office.officer, office.leader = (replace(actor, agency=agency) for actor in (office.officer, office.leader))
    office.answered(code)
    desk.dialogue.means("hài lòng cái gì mà hài lòng, vẫn y nguyên", "rate_good")
    desk.hears("an", "hài lòng cái gì mà hài lòng, vẫn y nguyên")
    (case,) = desk.cases()
    assert (case.rating, case.status) == (None, "reopened")


@pytest.mark.parametrize("words", ["ơ nhầm chưa hài lòng", "không hài lòng nhé"])
def test_a_rating_pressed_by_mistake_is_put_right(desk: Desk, office: Office, words: str) -> None:
    code = filed(desk)
    agency = office.case(code).agency
    office.officer, office.leader = (replace(actor, agency=agency) for actor in (office.officer, office.leader))
    office.answered(code)
    desk.presses("an", "Hài lòng")
    desk.dialogue.means(words, "rate_good")
    desk.hears("an", words)
    assert desk.cases()[0].rating == "unsatisfied"
