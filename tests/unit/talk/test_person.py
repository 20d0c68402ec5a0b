"""While a person has the conversation: silence, but for danger, buttons and the words that always work."""

from __future__ import annotations

import pytest

from bot.services.handoff import waiting
from tests.scripted import Desk, said

LIGHT = "đèn đường ngõ 12 Kim Giang hỏng"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is said does not depend on the kind of database."""
    return sqlite_url


@pytest.fixture(autouse=True)
def called(desk: Desk) -> None:
    desk.dialogue.means("gặp cán bộ", "ask_human")
    desk.dialogue.means(LIGHT, "report", "street_lighting")
    desk.agrees("an")


def with_a_person(desk: Desk) -> bool:
    with desk.system.db.read() as session:
        return bool(waiting(session))


@pytest.mark.parametrize("words", ["huỷ", "Hủy nhé", "huy", "quay lại", "quay lai a", "thôi bot cũng được"])
def test_the_words_that_always_work_give_it_back(desk: Desk, words: str) -> None:
    desk.hears("an", "gặp cán bộ")
    assert "trợ lý tự động" in said(desk.hears("an", words))
    assert not with_a_person(desk)
    assert "Kim Giang" in said(desk.hears("an", LIGHT))


def test_back_in_the_middle_of_a_report_goes_on_where_one_was(desk: Desk) -> None:
    desk.hears("an", LIGHT)
    desk.hears("an", "gặp cán bộ")
    assert "Kim Giang" in said(desk.hears("an", "huỷ"))
    desk.presses("an", "Gửi")
    assert desk.cases()[0].text == LIGHT


def test_help_tells_how_things_stand_and_leaves_them_so(desk: Desk) -> None:
    desk.hears("an", "gặp cán bộ")
    assert "cán bộ trực" in said(desk.hears("an", "trợ giúp"))
    assert with_a_person(desk)
    assert desk.hears("an", LIGHT) == []


def test_the_button_gives_it_back_once(desk: Desk) -> None:
    desk.hears("an", "gặp cán bộ")
    assert "trợ lý tự động" in said(desk.presses("an", "Quay lại trợ lý"))
    assert not with_a_person(desk)


@pytest.mark.parametrize("words", ["thôi", "giúp em với", "huỷ cái lịch hẹn hôm qua giúp tôi", "tôi chờ lại cũng được"])
def test_words_to_the_person_are_not_taken_for_commands(desk: Desk, words: str) -> None:
    desk.hears("an", "gặp cán bộ")
    assert desk.hears("an", words) == []
    assert with_a_person(desk)


def test_other_buttons_are_answered_meanwhile_and_change_nothing(desk: Desk) -> None:
    desk.hears("an", LIGHT)
    desk.presses("an", "Gửi")
    desk.hears("an", "gặp cán bộ")
    code = desk.cases()[0].code
    assert code in said(desk.hears("an", payload=f"track:{code}"))
    assert with_a_person(desk)
