"""Reads the parts of an address: what a word announces, a number before a known street, a known name by itself."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from nlu.text import address_words as words
from nlu.text.address_names import ANNOUNCED, NUMBERED, PREFIXES, NameReader, is_one_of
from nlu.text.names import BARE, Match, NameTrie

_NUMBER = re.compile(r"[1-9]\d{0,3}[a-eđ]?\d?(?:/\w+)*\Z|\d{1,4}-\d{1,4}\Z")
_SMALL = re.compile(r"\d{1,3}[a-e]?\Z")
_CODE = re.compile(r"[a-z]{1,3}\d{1,3}[a-z]?\Z|\d{1,2}[a-e]\Z")
_HIGHWAY = re.compile(r"(?:ql|tl|dt)\d{1,3}[a-d]?\Z")
_BLOCK = re.compile(r"(?:ct|hh|vp|no|cc|bt|lk|oct)\d{1,3}[a-z]?\Z")

_PLACES = ("street", "landmark", "ward", "old_ward", "district", "city", "province")
_SURE_KINDS = ("street", "ward", "district", "province")


@dataclass(frozen=True)
class Piece:
    """One part at tokens `first` to `last` (exclusive); `weak` is a kind of place without a name."""

    kind: str
    value: str
    first: int
    last: int
    match: Match | None = None
    weak: bool = False
    prefix: str = ""


class Reader(NameReader):
    """Walks once over the tokens of a text; `found` holds the pieces so far."""

    def __init__(self, raw: str, names: NameTrie) -> None:
        super().__init__(raw, names)
        self.found: list[Piece] = []

    def pieces(self) -> list[Piece]:
        at = 0
        while at < len(self.tokens):
            piece = self._read(at)
            if piece:
                self.found.append(piece)
            at = piece.last if piece else at + 1
        return self.found

    def _read(self, at: int) -> Piece | None:
        """The longest reading at a token; a known name wins over the same words read as prefix and name."""
        token = self.tokens[at]
        readings = [self._bare(at)] if self._names.starts(token) else []
        if not token.folded.isalpha():
            readings += [self._numbered(at), self._code(at)]
        if PREFIXES.starts(token):
            readings.append(self._prefixed(at))
        return max((piece for piece in readings if piece), key=lambda piece: piece.last, default=None)

    def _bare(self, at: int) -> Piece | None:
        match = self.known(at, lifted=NUMBERED if self._after_number(at) else 0) or self._short(at) or self._listed(at)
        if not match:
            return None
        kinds = {sense.kind for sense in match.senses}
        kind = kinds.pop() if len(kinds) == 1 else "name"
        return Piece("ward" if kind == "old_ward" else kind, match.name, at, match.last, match)

    def _short(self, at: int) -> Match | None:
        """A name of one syllable that its surroundings make sure: "ở Vinh", "quận Cầu Giấy, hn"."""
        token = self.tokens[at]
        behind = bool(self.found) and self.found[-1].last == at
        located = at > 0 and token.capital and is_one_of(self.tokens[at - 1], words.LOCATES)
        city = self.known(at, "city", lifted=NUMBERED) if behind or token.capital else None
        return city or (self.known(at, lifted=NUMBERED) if located else None)

    def _listed(self, at: int) -> Match | None:
        """An area behind a comma that ends the address: "ngo 10 pho vong, dong tam"."""
        if not self.found or self.found[-1].last != at or self.tokens[at].gap.strip() != ",":
            return None
        match = self.known(at, "ward", "old_ward", "district", lifted=ANNOUNCED)
        return match if match and self.closes(match.last) else None

    def _after_number(self, at: int) -> bool:
        last = self.found[-1] if self.found else None
        return bool(last and last.last == at and last.kind in ("house", "lane", "group", "building") and self.near(at))

    def _numbered(self, at: int) -> Piece | None:
        """ "58 Linh Lang", "36 phố Bà Triệu": a number just before a known street is a house."""
        token = self.tokens[at]
        if not _NUMBER.match(token.folded) or not self.near(at + 1):
            return None
        match = self.known(at + 1, "street", "landmark", lifted=NUMBERED)
        named = match and (match.capital or (match.means("street") and not match.common))
        return Piece("house", token.text, at, at + 1) if named or self.road_after(at) else None

    def road_after(self, at: int) -> bool:
        """Whether a lane with its number or a known road is announced behind this number and belongs to it: two of
        "2 đường" are roads, 32 in "buýt 32 đường Láng" is a bus, 12 in "ngày 12 ngõ 20 mất nước" a day."""
        before = self.tokens[at - 1] if at > 0 else None
        house = before is not None and is_one_of(before, words.HOUSE)
        other = before is not None and is_one_of(before, words.NO_HOUSE)
        if not self.near(at + 1) or other or not (house or len(self.tokens[at].text) > 1):
            return False
        piece = self._prefixed(at + 1) if PREFIXES.starts(self.tokens[at + 1]) else None
        if piece is None:
            return False
        if piece.kind == "lane":
            return house or _NUMBER.match(piece.value.lower()) is not None
        return piece.kind == "street" and piece.match is not None

    def _code(self, at: int) -> Piece | None:
        token = self.tokens[at]
        kind = "building" if _BLOCK.match(token.folded) else "street" if _HIGHWAY.match(token.folded) else ""
        return Piece(kind, token.text, at, at + 1) if kind else None

    def _prefixed(self, at: int) -> Piece | None:
        prefixes = [match for match in PREFIXES.matches(self.tokens, at) if self.sure_word(match)]
        for prefix in sorted(prefixes, key=lambda match: -match.last):
            if not self._blocked(prefix):
                piece = _RULES[prefix.senses[0].kind](self, prefix, self._doubtful(prefix))
                if piece:
                    return piece
        return None

    def _blocked(self, prefix: Match) -> bool:
        """ "đèn đường", "thành phố": the word belongs to the one before."""
        refused = words.NOT_AFTER.get(prefix.name)
        if not refused or prefix.first == 0 or not self.tokens[prefix.first].joined:
            return False
        return is_one_of(self.tokens[prefix.first - 1], refused)

    def _doubtful(self, prefix: Match) -> bool:
        run = self.tokens[prefix.first : prefix.last]
        return not any(token.marked for token in run) and " ".join(t.folded for t in run) in words.DOUBTFUL_BARE

    def piece(self, prefix: Match, last: int, match: Match | None = None, kind: str = "") -> Piece:
        """A piece from a prefix and what follows it."""
        value = match.name if match else self.raw[self.tokens[prefix.last].start : self.tokens[last - 1].end]
        return Piece(kind or prefix.senses[0].kind, value, prefix.first, last, match, prefix=prefix.name)


# ---- what may follow each kind of prefix: (reader, prefix, doubtful) -> piece

_Rule = Callable[[Reader, Match, bool], "Piece | None"]


def _number(reader: Reader, prefix: Match, pattern: "re.Pattern[str]") -> Piece | None:
    at = prefix.last
    if (
        reader.near(at)
        and at < len(reader.tokens)
        and pattern.match(reader.tokens[at].folded)
        and not reader.counted(at)
    ):
        return reader.piece(prefix, at + 1)
    return None


def _house(reader: Reader, prefix: Match, doubtful: bool) -> Piece | None:
    return _number(reader, prefix, _NUMBER)


def _lane(reader: Reader, prefix: Match, doubtful: bool) -> Piece | None:
    return _number(reader, prefix, _NUMBER) or _named(reader, prefix, doubtful)


def _group(reader: Reader, prefix: Match, doubtful: bool) -> Piece | None:
    return _number(reader, prefix, _SMALL)


def _village(reader: Reader, prefix: Match, doubtful: bool) -> Piece | None:
    found = _number(reader, prefix, _SMALL) or _named(reader, prefix, doubtful)
    if found or prefix.name not in ("thôn", "xóm") or not reader.near(prefix.last):
        return found
    last = reader.small_run(prefix.last)
    return reader.piece(prefix, last) if last > prefix.last and reader.area_follows(last) else None


def _building(reader: Reader, prefix: Match, doubtful: bool) -> Piece | None:
    found = _number(reader, prefix, _CODE)
    if found:
        dotted = found.last < len(reader.tokens) and reader.tokens[found.last].gap in (".", "-")
        return reader.piece(prefix, found.last + 1) if dotted else found
    return _house_of(reader, prefix) if prefix.name == "nhà" else _landmark(reader, prefix, doubtful)


def _house_of(reader: Reader, prefix: Match) -> Piece | None:
    """ "nhà 36 phố Bà Triệu", "nhà 12 ngõ 5": a number and its road; "nhà 2 tầng" is none."""
    found = _number(reader, prefix, _NUMBER)
    if found is None or not reader.road_after(prefix.last):
        return None
    return Piece("house", found.value, found.first, found.last, prefix=prefix.name)


def _street(reader: Reader, prefix: Match, doubtful: bool) -> Piece | None:
    at = prefix.last
    if not reader.near(at) or at >= len(reader.tokens):
        return None
    match = reader.known(at, "street", lifted=NUMBERED if doubtful else ANNOUNCED)
    if not match and reader.tokens[at - 1].folded == "duong" and not reader.marked:
        match = reader.listed_street(at)  # "duong giai phong": an ordinary word, but there is such a street
    if match:
        return reader.piece(prefix, match.last, match)
    road = _number(reader, prefix, _SMALL) if prefix.name != "phố" else None
    return road or _named(reader, prefix, doubtful) or _like_a_person(reader, prefix)


def _like_a_person(reader: Reader, prefix: Match) -> Piece | None:
    last = reader.small_run(prefix.last)
    if last - prefix.last >= 2 and reader.tokens[prefix.last].spelled in words.SURNAMES:
        return reader.piece(prefix, last)
    return None


def _landmark(reader: Reader, prefix: Match, doubtful: bool) -> Piece | None:
    found = _named(reader, prefix, doubtful)
    if found or doubtful or prefix.name not in words.STANDS_ALONE:
        return found
    return Piece(prefix.senses[0].kind, prefix.name, prefix.first, prefix.last, weak=True, prefix=prefix.name)


def _ward(reader: Reader, prefix: Match, doubtful: bool) -> Piece | None:
    number = None if doubtful else _number(reader, prefix, _SMALL)
    return number or _named(reader, prefix, doubtful, "ward", "old_ward", "district")


def _district(reader: Reader, prefix: Match, doubtful: bool) -> Piece | None:
    at = prefix.last
    if not reader.near(at) or at >= len(reader.tokens):
        return None
    letters = words.DISTRICT_LETTERS.get(reader.tokens[at].spelled)
    if letters:
        return Piece("district", letters, prefix.first, at + 1, reader.spelled_out(letters, at), prefix=prefix.name)
    number = _number(reader, prefix, _SMALL) if prefix.name in ("quận", "q") else None
    return number or _named(reader, prefix, doubtful, "district")


def _province(reader: Reader, prefix: Match, doubtful: bool) -> Piece | None:
    match = reader.known(prefix.last, "province", "city", lifted=ANNOUNCED) if reader.near(prefix.last) else None
    if not match:
        return None
    return reader.piece(prefix, match.last, match, "city" if match.means("city") else "province")


def _named(reader: Reader, prefix: Match, doubtful: bool, *kinds: str) -> Piece | None:
    """A known name of these kinds, or (when the prefix is sure) an unknown one with capitals."""
    at, kind = prefix.last, prefix.senses[0].kind
    if not reader.near(at):
        return None
    sure = prefix.quality > BARE or kind in _SURE_KINDS
    lifted = 0 if doubtful else ANNOUNCED if sure else NUMBERED
    match = reader.known(at, *(kinds or _PLACES), lifted=lifted)
    if match and not (doubtful and kind in ("landmark", "village", "building")):
        return reader.piece(prefix, match.last, match)
    last = reader.run(at)
    return reader.piece(prefix, last) if last > at and not doubtful else None


_RULES: dict[str, _Rule] = {
    "house": _house, "lane": _lane, "group": _group, "village": _village, "building": _building, "estate": _landmark,
    "street": _street, "junction": _landmark, "landmark": _landmark, "ward": _ward, "district": _district,
    "province": _province,
}  # fmt: skip
