"""Teencode, abbreviations and dialect put into the words of the training sentences (data/nlu/lexicon.tsv)."""

import csv
import re
from collections.abc import Mapping
from pathlib import Path

from nlu.text.normalize import marked_share, normalize, squeeze
from nlu.text.times import UNACCENTED_BELOW

_TOKEN = re.compile(r"đ/c|\w+|[^\w\s]")


class Lexicon:
    """Rewrites whole syllables; an entry is form -> (meaning, kind) in small letters."""

    def __init__(self, entries: Mapping[str, tuple[str, str]]) -> None:
        self.entries = dict(entries)
        self._longest: dict[str, int] = {}  # first syllable -> syllables of its longest form
        for form in entries:
            first, *others = form.split(" ")
            self._longest[first] = max(self._longest.get(first, 0), 1 + len(others))

    @classmethod
    def read(cls, path: Path) -> "Lexicon":
        """Reads tab-separated `form, meaning, kind`; lines that begin with # are comments."""
        with path.open(encoding="utf-8", newline="") as file:
            lines = (line for line in file if not line.startswith("#"))
            rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
        return cls({normalize(row["form"]): (normalize(row["meaning"]), row["kind"]) for row in rows})

    def rewrite(self, text: str) -> str:
        """The text in small letters, normalised, with its drawn-out letters, teencode and dialect put straight."""
        tokens = _TOKEN.findall(squeeze(normalize(text)).lower())
        bare = marked_share(text) < UNACCENTED_BELOW
        words, at = [], 0
        while at < len(tokens):
            length, meaning = self._longest_at(tokens, at, bare)
            words.append(meaning)
            at += length
        return " ".join(words)

    def _longest_at(self, tokens: list[str], at: int, bare: bool) -> tuple[int, str]:
        for length in range(min(self._longest.get(tokens[at], 0), len(tokens) - at), 0, -1):
            meaning, kind = self.entries.get(" ".join(tokens[at : at + length]), (None, ""))
            if meaning is not None and not (bare and kind == "dialect"):
                return length, meaning
        return 1, tokens[at]
