"""Texts cut to what a platform takes. Lengths are in UTF-16 units, so an emoji is two: the most cautious count."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# Where a long text may be cut, the best place first: paragraph, line, sentence, word.
_BREAKS = tuple(re.compile(p) for p in (r"\n\s*\n", r"\n", r"(?<=[.!?…;])\s", r"\s"))


def units(text: str) -> int:
    """The length of a text."""
    return len(text.encode("utf-16-le")) // 2


def split(text: str, limit: int) -> list[str]:
    """A text (made NFC first) in pieces of at most `limit`; none for an empty text. Nothing but blanks is left out."""
    pieces, rest = [], unicodedata.normalize("NFC", text).strip()
    while units(rest) > limit:
        cut = _cut(_head(rest, limit))
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [piece for piece in (*pieces, rest) if piece]


def shortened(label: str, limit: int) -> str:
    """A label of at most `limit`, cut at a word where that leaves enough of it, with an ellipsis."""
    label = unicodedata.normalize("NFC", " ".join(label.split()))
    if units(label) <= limit:
        return label
    head = _head(label, limit - 1)
    at_word = head if label[len(head)] == " " else head.rpartition(" ")[0]
    return (at_word if len(at_word) > len(head) // 2 else head).rstrip(" ,.;:–-(/") + "…"


def numbered(labels: Sequence[str]) -> str:
    """Choices as lines `1. …`; a person answers with the number."""
    return "\n".join(f"{number}. {' '.join(label.split())}" for number, label in enumerate(labels, 1))


def _head(text: str, limit: int) -> str:
    return text.encode("utf-16-le")[: limit * 2].decode("utf-16-le", "ignore")


def _cut(head: str) -> int:
    """Where to end a piece: at the best break that does not leave it too short."""
    for pattern in _BREAKS:
        ends = [found.end() for found in pattern.finditer(head)]
        if ends and ends[-1] > len(head) // 3:
            return ends[-1]
    return len(head)
