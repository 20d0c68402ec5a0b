"""Names in the tokens of a text: which to believe, where they end.

A name is believed by how it is written (diacritics, capitals, an ordinary word or not) and by what stands before it.
"""

from collections.abc import Iterable

from nlu.text import address_words as words
from nlu.text.names import BARE, SLIP, Match, NameTrie, Sense, Token, tokenize

# What stands before a name: nothing (0), a number ("58 Linh Lang"), a word that announces it ("phố Linh Lang").
NUMBERED, ANNOUNCED = 1, 2

_FOREIGN = 6  # letters: "Ciputra", "Keangnam" are no Vietnamese syllables that could be words
_MARKED_SHARE = 0.3  # of the tokens of a text, from which a syllable without diacritics is meant to have none
_ABBREVIATIONS = frozenset(
    ("p", "q", "x", "h", "tt", "tx", "tp", "ng", "d", "sn", "s", "ql", "tl", "tdp", "kdt", "ktt")
)


def _prefix_trie() -> NameTrie:
    trie = NameTrie()
    for kind, phrases in words.PREFIXES.items():
        for phrase in phrases.split(","):
            trie.add(" ".join(phrase.split()), Sense(kind))
    return trie


PREFIXES = _prefix_trie()


class NameReader:
    """The tokens of one NFC text, and the known names in them."""

    def __init__(self, raw: str, names: NameTrie) -> None:
        self.raw = raw
        self.tokens = tokenize(raw)
        self.marked = sum(token.marked for token in self.tokens) > _MARKED_SHARE * len(self.tokens)
        self._names = names

    def known(self, at: int, *kinds: str, lifted: int = 0) -> Match | None:
        """The longest known name at a token with all its meanings; `lifted` says what stands before it."""
        best: list[Match] = []
        for match in self._names.matches(self.tokens, at):
            if (not kinds or match.means(*kinds)) and self._trusted(match, lifted):
                rank = (match.last, match.quality)
                if not best or rank > (best[0].last, best[0].quality):
                    best = [match]
                elif rank == (best[0].last, best[0].quality):
                    best.append(match)
        if not best:
            return None
        one = best[0]
        senses = tuple(sense for match in best for sense in match.senses)
        return Match(one.first, one.last, one.name, one.quality, senses, one.common, one.capital)

    def _trusted(self, match: Match, lifted: int) -> bool:
        if match.quality == SLIP or (match.quality == BARE and self.marked):
            sure = lifted == ANNOUNCED or match.capital
            return sure and match.size > 1 and (match.capital or not match.common)
        if match.size == 1 and len(match.name) < _FOREIGN:
            sure = match.quality > BARE or (lifted == ANNOUNCED and match.means("street", "ward", "old_ward"))
            return bool(lifted) and (match.capital or sure or match.means("city"))
        return not match.common or match.capital or lifted == ANNOUNCED or (lifted > 0 and match.quality > BARE)

    def listed_street(self, at: int) -> Match | None:
        """The longest street at a token, be its name an ordinary word or not."""
        found = [match for match in self._names.matches(self.tokens, at) if match.means("street") and match.size > 1]
        return max((match for match in found if match.quality > SLIP), key=lambda match: match.last, default=None)

    def spelled_out(self, name: str, at: int) -> Match | None:
        """A known name that other letters stand for ("hbt"), as if it had been written out."""
        senses = self._names.find(name)
        return Match(at, at + 1, name, BARE, senses, False, True) if senses else None

    def near(self, at: int) -> bool:
        """Whether there is a token and only a blank, or the dot of an abbreviation, stands before it."""
        if not 0 < at < len(self.tokens):
            return at == 0
        gap = self.tokens[at].gap
        dotted = gap.startswith(".") and self.tokens[at - 1].folded in _ABBREVIATIONS
        return not gap.strip(" .:-–" if dotted else " :-–")

    def run(self, at: int) -> int:
        """End of the words with capitals from a token on (at most four), before the next known name or prefix."""
        last = at
        while last < len(self.tokens) and last - at < 4 and self._continues(at, last):
            last += 1
        return last

    def _continues(self, at: int, last: int) -> bool:
        token = self.tokens[last]
        if not token.capital or (last == at and token.text[0].isdigit()):
            return False
        if last == at:
            return True
        prefixed = any(self.sure_word(match) for match in PREFIXES.matches(self.tokens, last))
        return token.joined and not prefixed and not self.known(last)

    def small_run(self, at: int) -> int:
        """End of a name in small letters: up to three words until an ordinary one."""
        last = at
        while last < len(self.tokens) and last - at < 3 and (last == at or self.tokens[last].joined):
            token = self.tokens[last]
            if not token.folded.isalpha() or is_one_of(token, words.ENDS_NAME):
                break
            last += 1
        return last

    def closes(self, at: int) -> bool:
        """Whether the text or the clause ends before a token."""
        return at >= len(self.tokens) or not self.tokens[at].joined

    def area_follows(self, at: int) -> bool:
        """Whether "xã", "huyện" … stand at a token."""
        return at < len(self.tokens) and is_one_of(self.tokens[at], words.AREAS)

    def counted(self, at: int) -> bool:
        """Whether the number at a token is an amount ("3 ngày") or the start of a longer one."""
        following = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
        decimal = following is not None and following.gap in (",", ".") and self.tokens[at].text.isdigit()
        if following is None or not (following.joined or decimal):
            return False
        is_unit = is_one_of(following, words.UNITS) and not self.known(at + 1, lifted=NUMBERED)
        return is_unit or following.folded.isdigit()

    def sure_word(self, match: Match) -> bool:
        return match.quality > BARE or (match.quality == BARE and not self.marked)


# ---- words with and without diacritics


def bare_forms(phrases: Iterable[str]) -> frozenset[str]:
    """The phrases as they are typed without diacritics."""
    return frozenset(" ".join(token.folded for token in tokenize(phrase)) for phrase in phrases)


_GROUPS = (
    words.CONNECT, words.UNITS, words.ENDS_NAME, words.LOCATES, words.AREAS, words.HOUSE, words.NO_HOUSE,
    *words.NOT_AFTER.values(),
)  # fmt: skip
_FOLDED = {group: bare_forms(group) for group in _GROUPS}


def is_one_of(token: Token, group: frozenset[str]) -> bool:
    """Whether a token is a word of the group, written with or without its diacritics."""
    return token.spelled in group or (not token.marked and token.folded in _FOLDED[group])
