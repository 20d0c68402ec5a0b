"""Promises of the restorer: diacritics for what was typed without, and hands off the rest."""

from typing import Any

import pytest

from tests.unit.nlu.rasa_side import ask


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    return ask("restore")


def test_what_it_read_it_writes(said: dict[str, Any]) -> None:
    assert said["bare"] == "đèn đường trước nhà tôi tắt cả tuần"


def test_neighbours_decide_between_the_readings_of_a_syllable(said: dict[str, Any]) -> None:
    assert said["by_its_neighbours"] == ["không gửi nữa", "bóng đèn đầu ngõ", "rác để đầu ngõ"]


def test_what_is_marked_or_unknown_stays(said: dict[str, Any]) -> None:
    assert said["partly_marked"] == "đèn đường tắt cả tuần"
    assert said["unknown"] == "zzz 97 , qwerty"
    assert said["empty"] == ["", "den duong"]


def test_only_a_text_with_few_marks_is_touched(said: dict[str, Any]) -> None:
    assert said["where_bare"] == ["đèn đường tắt", "đèn đường tắt dau ngo"]


def test_it_stays_as_it_was_saved(said: dict[str, Any]) -> None:
    assert said["same_after_loading"]
