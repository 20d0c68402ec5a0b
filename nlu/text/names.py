"""Finds known names in tokens, forgiving as people type: no diacritics, one wrong one, any case.

Everything is keyed on folded syllables; what diacritics were typed is then weighed, so that "Vĩnh Hưng" does not
become "Vĩnh Hùng" and "có bị" never becomes Cổ Bi.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from nlu.text.normalize import fold, nfc, place_tone

EXACT, BARE, SLIP = 3, 2, 1  # diacritics as in the name; left out; one of them wrong

_TOKEN = re.compile(r"\d\w*(?:/\w+)+|\d+-\d+(?!\w)|[^\W_]+")
_LAST_Y = re.compile(r"(?<=[bcdghklmnpqrstvx])y$")


@dataclass(frozen=True)
class Token:
    """One word or number; `start` and `end` count characters of `nfc(text)`."""

    text: str
    start: int
    end: int
    spelled: str  # lower case, tone on its conventional vowel
    folded: str
    capital: bool
    gap: str  # what stands between it and the token before

    @property
    def marked(self) -> bool:
        return self.spelled != self.folded

    @property
    def joined(self) -> bool:
        """Only blanks or a hyphen since the token before: one name may run on."""
        return not self.gap.strip(" -–")


@dataclass(frozen=True)
class Sense:
    """One meaning of a name: ward, old_ward, district, street, landmark, city, province – or a kind of prefix."""

    kind: str
    ref: Any = None


@dataclass(frozen=True)
class Match:
    """One name found at tokens `first` to `last` (exclusive): the name as it should be written, and its meanings."""

    first: int
    last: int
    name: str
    quality: int
    senses: tuple[Sense, ...]
    common: bool  # in this spelling an ordinary word as well
    capital: bool  # every syllable has one, in a text that uses them

    @property
    def size(self) -> int:
        return self.last - self.first

    def means(self, *kinds: str) -> bool:
        return any(sense.kind in kinds for sense in self.senses)


def tokenize(text: str) -> list[Token]:
    """Words and numbers of the text; "12/34/5" is one. A text all in capitals counts as one without."""
    raw = nfc(text)
    shouting = sum(map(str.isupper, raw)) > 0.7 * sum(map(str.isalpha, raw))
    tokens, end = [], 0
    for found in _TOKEN.finditer(raw):
        word = found.group()
        spelled, folded = _forms(word)
        capital = not shouting and (word[0].isupper() or word[0].isdigit())
        tokens.append(Token(word, found.start(), found.end(), spelled, folded, capital, raw[end : found.start()]))
        end = found.end()
    return tokens


@lru_cache(maxsize=32768)
def _forms(text: str) -> tuple[str, str]:
    return place_tone(text.lower()), fold(text)


@lru_cache(maxsize=32768)
def _key(folded: str) -> str:
    """ "mĩ" and "mỹ" are one syllable."""
    return _LAST_Y.sub("i", folded)


def weigh(tokens: Sequence[Token], spelled: Sequence[str]) -> int:
    """How well the diacritics fit a name of the same folded syllables: EXACT, BARE, SLIP, or 0 for another word."""
    wrong = bare = 0
    for token, right in zip(tokens, spelled, strict=True):
        if token.spelled == right or token.folded.isdigit():
            continue
        if token.marked:
            wrong += 1
        else:
            bare += 1
    if wrong > 1 or (wrong and len(spelled) == 1):
        return 0
    return SLIP if wrong else BARE if bare else EXACT


@dataclass
class _Node:
    children: dict[str, "_Node"] = field(default_factory=dict)
    names: dict[str, list[Sense]] = field(default_factory=dict)  # the name -> its senses


class NameTrie:
    """Names of any length -> senses; a look-up costs a few dictionary accesses whatever the number of names."""

    def __init__(self, common: Iterable[str] = ()) -> None:
        self._root = _Node()
        self._common = frozenset(" ".join(token.spelled for token in tokenize(name)) for name in common)

    def add(self, name: str, sense: Sense) -> None:
        """`name` with its diacritics; the same name may be added again with another sense."""
        node = self._root
        for token in tokenize(name):
            node = node.children.setdefault(_key(token.folded), _Node())
        node.names.setdefault(name, []).append(sense)

    def starts(self, token: Token) -> bool:
        """Whether any name begins with this syllable."""
        return _key(token.folded) in self._root.children

    def find(self, name: str) -> tuple[Sense, ...]:
        """The senses of exactly this name; empty when it is not known."""
        node: _Node | None = self._root
        for token in tokenize(name):
            node = node.children.get(_key(token.folded)) if node else None
        return tuple(node.names.get(name, ())) if node else ()

    def matches(self, tokens: Sequence[Token], first: int) -> Iterator[Match]:
        """Every name that starts at token `first`, shorter ones earlier, whatever its quality."""
        node = self._root
        for last in range(first, len(tokens)):
            child = node.children.get(_key(tokens[last].folded))
            if child is None or (last > first and not tokens[last].joined):
                return
            node = child
            for name, senses in node.names.items():
                found = self._match(tokens, first, last + 1, name, senses)
                if found:
                    yield found

    def _match(self, tokens: Sequence[Token], first: int, last: int, name: str, senses: list[Sense]) -> Match | None:
        run = tokens[first:last]
        quality = weigh(run, _spelled(name))
        if not quality:
            return None
        written = " ".join(token.spelled for token in run)
        common = written in self._common or (quality == BARE and " ".join(_spelled(name)) in self._common)
        common = common or (quality == SLIP and " ".join(token.folded for token in run) in self._common)
        capital = all(token.capital for token in run)
        return Match(first, last, name, quality, tuple(senses), common, capital)


@lru_cache(maxsize=16384)
def _spelled(name: str) -> tuple[str, ...]:
    return tuple(token.spelled for token in tokenize(name))
