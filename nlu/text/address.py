"""Finds an address in what a resident writes: "den duong truoc nha van hoa to 5 kim giang tat ca tuan nay".

A grammar over tokens, no model. `address_parts` reads the parts; here parts with only joining words between them
become one address, and the weightiest one in the text is kept as the person wrote it.
"""

import re
from dataclasses import dataclass, field

from nlu.text import address_words as words
from nlu.text.address_names import bare_forms, is_one_of
from nlu.text.address_parts import Piece, Reader
from nlu.text.names import Match, NameTrie
from nlu.text.normalize import nfc

# Weight of a part when the best address of a text is chosen.
_WEIGHT = {
    "house": 3.0, "lane": 3.0, "building": 3.0, "street": 3.0, "junction": 3.0, "estate": 3.0, "landmark": 3.0,
    "ward": 2.5, "name": 2.5, "village": 2.0, "group": 2.0, "district": 1.5, "province": 0.5, "city": 0.3,
}  # fmt: skip
_AREAS = ("ward", "district", "city", "province", "name")
# Without diacritics these are other words too often: "công", "của", "chặn", "cho", "đọc".
_LEAD_FOLDED = bare_forms(words.LEAD) - {"cong", "cua", "bo", "cho", "phia", "chan", "khuc", "quang", "doc"}


@dataclass(frozen=True)
class Part:
    """One part: `raw` is `nfc(text)[start:end]`; `value` its number or name as it should be written."""

    kind: str
    value: str
    raw: str
    start: int
    end: int
    match: Match | None = field(default=None, compare=False, repr=False)
    prefix: str = ""  # the word that announced it ("phường"), empty for a bare name
    after: str = ""  # kind of the part directly before it
    said_before: str = ""  # the word before it, in small letters


@dataclass(frozen=True)
class Address:
    """The best address of a text as it was written, its parts, and the parts found elsewhere in the text."""

    raw: str
    start: int
    end: int
    parts: tuple[Part, ...]
    rest: tuple[Part, ...] = ()


def find_address(text: str, names: NameTrie | None = None) -> Address | None:
    """The address in the text, or None; `names` are the streets, wards … that are known."""
    raw = nfc(text)
    reader = Reader(raw, names or NameTrie())
    clusters = _clusters(reader)
    if not clusters:
        return None
    best = max(clusters, key=lambda cluster: sum(1.0 if piece.weak else _WEIGHT[piece.kind] for piece in cluster))
    first, last = _lead(reader, best[0].first), _tail(reader, best[-1].last)
    start, end = reader.tokens[first].start, reader.tokens[last - 1].end
    rest = tuple(_part(reader, piece) for cluster in clusters if cluster is not best for piece in cluster)
    return Address(raw[start:end], start, end, tuple(_part(reader, piece) for piece in best), rest)


def _clusters(reader: Reader) -> list[list[Piece]]:
    """Pieces with only joining words between them, in the order of the text."""
    clusters: list[list[Piece]] = []
    for piece in reader.pieces():
        if clusters and _joins(reader, clusters[-1][-1], piece):
            clusters[-1].append(piece)
        else:
            clusters.append([piece])
    for cluster in clusters:  # "bệnh viện Bạch Mai bãi xe chặt chém": what has no name may lead, not end
        while cluster and cluster[-1].weak:
            cluster.pop()
    return [cluster for cluster in clusters if cluster]


def _joins(reader: Reader, left: Piece, right: Piece) -> bool:
    between = reader.tokens[left.last : right.first]
    gaps = [token.gap for token in (*between, reader.tokens[right.first])]
    if any(re.search(r"[.!?;…]|\n\s*\n", gap) for gap in gaps):
        return not between and right.kind in _AREAS and not re.search(r"[!?;…]", gaps[0])
    if "province" in (left.kind, right.kind) and between:
        return False
    return len(between) <= 4 and all(is_one_of(token, words.CONNECT) for token in between)


def _lead(reader: Reader, first: int) -> int:
    """Takes "trước cổng", "gần", "đoạn từ" before an address into it."""
    while first:
        width = next((n for n in (3, 2, 1) if _leads(reader, first - n, first)), 0)
        if not width or _one_stop(reader, first - width):
            return first
        first -= width
    return first


def _one_stop(reader: Reader, at: int) -> bool:
    """ "một cửa phường Láng" is an office, no door."""
    return at > 0 and [token.folded for token in reader.tokens[at - 1 : at + 1]] == ["mot", "cua"]


def _leads(reader: Reader, start: int, end: int) -> bool:
    if start < 0 or any(not token.joined for token in reader.tokens[start + 1 : end + 1]):
        return False
    spelled = " ".join(token.spelled for token in reader.tokens[start:end])
    return spelled in words.LEAD or (not reader.marked and spelled in _LEAD_FOLDED)


def _tail(reader: Reader, last: int) -> int:
    """ "quận Cầu Giấy cũ" keeps its "cũ"."""
    return last + 1 if reader.near(last) and reader.tokens[last].spelled == "cũ" else last


def _part(reader: Reader, piece: Piece) -> Part:
    start, end = reader.tokens[piece.first].start, reader.tokens[piece.last - 1].end
    after = next((other.kind for other in reader.found if other.last == piece.first), "")
    said = reader.tokens[piece.first - 1].spelled if piece.first else ""
    return Part(piece.kind, piece.value, reader.raw[start:end], start, end, piece.match, piece.prefix, after, said)
