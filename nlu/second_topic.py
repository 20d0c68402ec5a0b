"""Two matters in one message: "đèn tắt cả tuần. Ngoài ra đầu ngõ có đống rác"."""

import re
from collections.abc import Callable, Sequence

import numpy as np

# Both halves must be this sure; held-out letters on one matter: 2 to 7 of 100 are cut in error.
SURE = 0.5
_SHORTEST = 5  # syllables of a half
_MOST_CUTS = 12
_CUT = re.compile(
    r"(?<=[.!?;…])\s+|\n+|,?\s(?=(?:ngoài ra|thứ hai là|với lại|tiện thể|nhân tiện|đồng thời|à mà|"
    r"còn (?:cái|vụ|chuyện)|ngoai ra|thu hai la|voi lai|tien the|nhan tien|dong thoi|a ma|con (?:cai|vu|chuyen))\b)",
    re.IGNORECASE,
)


def second_topic(
    text: str,
    first: str,
    labels: Sequence[str],
    topics: frozenset[str],
    probabilities: Callable[[list[str]], np.ndarray],
) -> str | None:
    """The other topic when the text falls into two parts, one on `first` and one surely on something else.

    `probabilities` maps texts to (texts, labels).
    """
    halves = [half for cut in list(_CUT.finditer(text))[:_MOST_CUTS] if (half := _halves(text, cut))]
    if not halves:
        return None
    chances = probabilities([part for half in halves for part in half])
    chances = chances * np.array([label in topics for label in labels])
    best, second = SURE, None
    for head, tail in zip(chances[::2], chances[1::2]):
        pair = {labels[int(head.argmax())], labels[int(tail.argmax())]}
        sure = float(min(head.max(), tail.max()))
        if len(pair) == 2 and first in pair and sure >= best:
            best, second = sure, (pair - {first}).pop()
    return second


def _halves(text: str, cut: re.Match[str]) -> tuple[str, str] | None:
    head, tail = text[: cut.start()], text[cut.end() :]
    return (head, tail) if min(len(head.split()), len(tail.split())) >= _SHORTEST else None
