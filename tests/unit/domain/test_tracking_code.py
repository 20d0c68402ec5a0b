"""Tracking codes (interface.md §6): every slip is caught, every reasonable way of typing is read."""

from __future__ import annotations

import re
import string
from datetime import date

import pytest

from bot.domain import tracking_code
from bot.domain.tracking_code import ALPHABET, make, read

DAY = date(2026, 11, 22)
CODES = [make(date(2026, month, 1)) for month in range(1, 13)]


def caught(typed: str, meant: str) -> bool:
    """Whether `typed` is not taken for some other code than the one meant."""
    reading = read(typed)
    return reading is None or reading.code in (None, meant)


def test_the_alphabet_has_nothing_that_looks_alike() -> None:
    assert not set(ALPHABET) & set("0O1ILU")
    assert len(set(ALPHABET)) == len(ALPHABET)
    assert set(ALPHABET) <= set(string.digits + string.ascii_uppercase)


@pytest.mark.parametrize("code", CODES, ids=range(1, 13))
def test_a_code_has_the_shape_that_was_promised(code: str) -> None:
    assert re.fullmatch(rf"HN26(0[1-9]|1[0-2])-[{ALPHABET}]{{5}}-[{ALPHABET}]", code)
    reading = read(code)
    assert reading is not None
    assert reading.code == code
    assert not reading.slip


def test_codes_cannot_be_walked_through() -> None:
    assert len({make(DAY) for _ in range(500)}) == 500


def test_the_year_and_month_are_those_of_the_day_given() -> None:
    assert make(date(2031, 2, 28)).startswith("HN3102-")
    assert make(DAY, prefix="DN").startswith("DN2611-")


@pytest.mark.parametrize("code", CODES, ids=range(1, 13))
def test_every_single_wrong_character_is_caught(code: str) -> None:
    for position, right in enumerate(code):
        if right == "-":
            continue
        for wrong in set(string.digits + string.ascii_uppercase) - {right}:
            typed = code[:position] + wrong + code[position + 1 :]
            assert caught(typed, code), typed


@pytest.mark.parametrize("code", CODES, ids=range(1, 13))
def test_a_wrong_character_of_the_body_is_told_as_a_slip(code: str) -> None:
    for position in (7, 8, 9, 10, 11, 13):
        for wrong in set(ALPHABET) - {code[position]}:
            reading = read(code[:position] + wrong + code[position + 1 :])
            assert reading is not None
            assert reading.slip


@pytest.mark.parametrize("code", CODES, ids=range(1, 13))
def test_every_swap_of_neighbours_is_caught(code: str) -> None:
    flat = code.replace("-", "")
    for i in range(len(flat) - 1):
        typed = flat[:i] + flat[i + 1] + flat[i] + flat[i + 2 :]
        assert caught(typed, code), typed


def test_swaps_across_the_hyphen_are_caught_for_every_pair() -> None:
    """The month's last digit and the first random character are counted by different tables."""
    for month in range(1, 13):
        for first in ALPHABET:
            body = f"26{month:02d}{first}7K3Q"
            check = tracking_code._checksum(body)
            if check >= len(ALPHABET) or body[3] == first:
                continue
            typed = "HN" + body[:3] + first + body[3] + body[5:] + ALPHABET[check]
            meant = f"HN{body[:4]}-{body[4:]}-{ALPHABET[check]}"
            assert caught(typed, meant), f"{typed} for {meant}"


@pytest.mark.parametrize("code", CODES[:5], ids=range(1, 6))
def test_separators_case_and_spaces_do_not_matter(code: str) -> None:
    flat = code.replace("-", "")
    ways = (
        flat,
        code.lower(),
        flat.lower(),
        code.replace("-", " "),
        code.replace("-", "."),
        code.replace("-", "–"),
        " ".join(flat),
        f"  {code}\n",
        f"“{code}”",
        code.replace("-", " - "),
        "".join(chr(ord(c) + 0xFEE0) for c in flat),
    )
    for typed in ways:
        reading = read(typed)
        assert reading is not None, typed
        assert reading.code == code, typed


@pytest.mark.parametrize(
    ("right", "typed"), [("8", "B"), ("5", "S"), ("2", "Z"), ("6", "G"), ("B", "8"), ("S", "5"), ("Z", "2"), ("V", "U")]
)
def test_a_look_alike_in_the_body_leads_to_the_code(right: str, typed: str) -> None:
    for code in (make(DAY) for _ in range(3000)):
        place = code.find(right, 7)
        if place > 0:
            break
    reading = read(code[:place] + typed + code[place + 1 :])
    assert reading is not None
    assert code in (reading.code, *reading.guesses)


@pytest.mark.parametrize(("right", "typed"), [("0", "O"), ("1", "I"), ("1", "l"), ("2", "Z"), ("6", "G")])
def test_a_look_alike_in_year_and_month_leads_to_the_code(right: str, typed: str) -> None:
    code = make(date(2026, 10, 3))
    place = code.index(right, 2, 6)
    reading = read(code[:place] + typed + code[place + 1 :])
    assert reading is not None
    assert code in (reading.code, *reading.guesses)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "HN",
        "xin chào",
        "HN2611",
        "0912345678",
        "H26.123-250101-0001",
        "HN2611-7K3QX-FF",
        "XX2611-7K3QX-F",
        "🙂" * 12,
    ],
)
def test_what_has_not_the_shape_is_no_code(typed: str) -> None:
    assert read(typed) is None
