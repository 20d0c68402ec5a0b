"""Promises of the rewriting: each way of typing does what it says and nothing else, and the same every time."""

import unicodedata

import pytest

from nlu.perturb import REGISTERS, SYLLABLES_A_SLIP, half, rewritten, slips, teencode, unmarked
from nlu.rows import Row
from nlu.text.normalize import fold

TEXT = "Đèn ở phố Huế không sáng, mọi người đi lại rất nguy hiểm và không ai được báo trước"
ROWS = [Row("a", TEXT, "street_lighting", "chat", frozenset({"noise"})), Row("b", TEXT, "street_lighting")]


def test_nothing_is_left_of_the_diacritics_but_case_and_length() -> None:
    assert unmarked("Đường Ngọc Khánh, ĐỀ NGHỊ") == "Duong Ngoc Khanh, DE NGHI"
    assert unmarked(unicodedata.normalize("NFD", TEXT)) == unmarked(TEXT)


def test_short_forms_are_whole_words_and_taken_in_turn() -> None:
    assert teencode("Không được, không biết") == "ko đc, k bít"
    assert teencode("Mọi người ơi") == "mn ơi"
    assert teencode("khôngkhí") == "khôngkhí"


def test_text_without_diacritics_gets_only_short_forms_that_cannot_be_another_word() -> None:
    assert teencode("khong ai qua day, nguoi dan buc xuc") == "ko ai qua day, ng dan buc xuc"


def test_every_second_word_loses_its_diacritics() -> None:
    assert half("đèn  tắt đã lâu\nrồi") == "đèn  tat đã lau\nrồi"


def test_decomposed_letters_are_the_same_text() -> None:
    typed = rewritten(ROWS, "nfd")[0].text
    assert typed != TEXT
    assert unicodedata.normalize("NFC", typed) == TEXT


def test_one_syllable_in_twelve_is_mistyped() -> None:
    text = " ".join(["đường"] * SYLLABLES_A_SLIP * 5)
    changed = [word for word in slips(text, "1").split() if word != "đường"]
    # swapping two equal letters or one that is on no key would change nothing; here every letter is on a key
    assert len(changed) == 5
    assert all(abs(len(word) - 5) <= 1 for word in changed)


def test_a_short_text_slips_now_and_then() -> None:
    touched = sum(slips("đèn tắt", str(seed)) != "đèn tắt" for seed in range(600))
    assert 60 <= touched <= 140  # 2 syllables of 12: a sixth of 600


def test_slips_are_the_same_every_time_and_differ_by_sentence() -> None:
    first, second = rewritten(ROWS, "slips")
    assert [row.text for row in rewritten(ROWS, "slips")] == [first.text, second.text]
    assert first.text != second.text


@pytest.mark.parametrize("register", REGISTERS)
def test_only_the_text_is_typed_otherwise(register: str) -> None:
    for before, after in zip(ROWS, rewritten(ROWS, register), strict=True):
        assert (after.id, after.topic, after.style, after.alt) == (before.id, before.topic, before.style, before.alt)
        assert after.text != before.text
        assert abs(len(fold(after.text)) - len(fold(before.text))) < len(before.text) / 3
