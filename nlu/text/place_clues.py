"""What the parts of an address tell about the ward, and what they tell together."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from nlu.text.address import Address, Part
from nlu.text.gazetteer_data import OldWard


@dataclass
class Clue:
    """The meanings of one part that are still possible."""

    part: Part
    roads: tuple[str, ...] | None = None  # wards of a street or landmark
    street: bool = False
    news: tuple[str, ...] = ()
    olds: tuple[OldWard, ...] = ()
    district: str | None = None
    paired: bool = False  # old ward named together with its old district

    @property
    def explicit(self) -> bool:
        return self.part.kind == "ward" and bool(self.part.prefix)

    @property
    def area(self) -> bool:
        return bool(self.news or self.olds)


@dataclass(frozen=True)
class Found:
    """Candidates of the area that was named: (code, via); `certain` when a ward of today was named as such."""

    wards: tuple[tuple[str, str], ...] = ()
    certain: bool = False
    whole_district: bool = False


def read_in_order(clues: Sequence[Clue]) -> None:
    """After "ngõ 5" a bare name is a street, behind "tổ 5" or a street an area; a landmark is a landmark."""
    for clue in clues:
        if _two_ways(clue) and clue.part.after in ("house", "lane"):
            clue.news, clue.olds, clue.district = (), (), None
    pair(clues)
    street_seen = False
    previous = ""
    for clue in clues:
        if _two_ways(clue) and not clue.street:
            clue.news, clue.olds, clue.district = (), (), None
        elif _two_ways(clue) and (street_seen or previous in ("group", "village")):
            clue.roads, clue.street = None, False
        street_seen = street_seen or bool(clue.roads)
        previous = clue.part.kind


def _two_ways(clue: Clue) -> bool:
    return bool(not clue.part.prefix and clue.roads and (clue.area or clue.district))


def pair(clues: Sequence[Clue]) -> None:
    """ "Mai Dịch, Cầu Giấy": an old ward with its old district is read as such before anything else."""
    for clue in clues:
        for other in clues:
            same = tuple(old for old in clue.olds if old.district == other.district)
            if same and other is not clue:
                clue.olds, clue.paired, clue.district = same, True, None
                clue.roads, clue.street = None, False
                other.news, other.olds, other.roads, other.street = (), (), None, False


def rank(clue: Clue) -> int:
    if clue.paired:
        return 0
    if clue.explicit:
        return 1
    return 3 if clue.district else 2


def shared_roads(clues: Sequence[Clue], districts: Sequence[Sequence[str]]) -> list[str]:
    """Wards that all named streets and landmarks share, inside the named districts, as far as that leaves any."""
    found: list[str] = []
    for clue in clues:
        if clue.roads:
            both = [code for code in found if code in clue.roads]
            found = both or found or list(clue.roads)
    for district in districts:
        found = [code for code in found if code in district] or found
    return found


def narrow(
    wards: list[tuple[str, str]], road: list[str], certain: bool, same_part: bool
) -> tuple[list[tuple[str, str]], bool]:
    """Keeps the candidates that the street allows, and tells whether the first is certain now."""
    inside = [candidate for candidate in wards if candidate[0] in road]
    others = [candidate for candidate in wards if candidate[0] not in road]
    if same_part:  # one name that is a street and a ward: either may be meant, "Nguyễn Trãi" rather the street
        more = [(code, "street") for code in road if code not in dict(wards)]
        return [*inside, *more, *others], certain
    if certain:
        named_fits = bool(inside) and inside[0] == wards[0]
        return [*inside, *others], named_fits or not inside
    return (inside or wards), False


def same_part(clues: Sequence[Clue]) -> bool:
    sources = [clue for clue in clues if clue.roads or clue.area]
    return len(sources) == 1 and bool(sources[0].roads and sources[0].area)


def district_of(clues: Sequence[Clue]) -> str | None:
    for clue in clues:
        if clue.district:
            return clue.district
    return next((clue.olds[0].district for clue in clues if clue.paired), None)


# "xe đi Hải Phòng", "biển Nghệ An": a province named so is not where something is.
_GOODS = ("nem", "chua", "bún", "bánh", "chả", "bò", "hàng")
_ON_THE_WAY = frozenset(("đi", "di", "về", "tuyến", "hướng", "biển", "xe", "sang", "gốc", "từ", "nội", *_GOODS))


def outside(address: Address, clues: Sequence[Clue]) -> str | None:
    """The province that is meant instead of Hanoi: all that is named, or the end of an address no ward of ours fits."""
    if any(part.kind == "city" for part in (*address.parts, *address.rest)):
        return None
    if any(part.kind == "district" and part.value.isdigit() for part in address.parts):
        return "TP Hồ Chí Minh"
    provinces = [part for part in address.parts if part.kind == "province" and part.said_before not in _ON_THE_WAY]
    ours = any(clue.district or (clue.explicit and clue.area) for clue in clues)
    perhaps_ours = any(clue.area or clue.roads for clue in clues)
    if not provinces or ours or (perhaps_ours and address.parts[-1].kind != "province"):
        return None
    senses = provinces[0].match.senses if provinces[0].match else ()
    return next((str(sense.ref) for sense in senses if sense.kind == "province"), None)


def merge(groups: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for group in groups for code in group))


def interleave(groups: Iterable[Sequence[str]]) -> Iterator[str]:
    """The first of each group, then the rest: several old wards share one name."""
    rows = list(groups)
    yield from (row[0] for row in rows)
    yield from (code for row in rows for code in row[1:])


def unique(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for code, via in pairs:
        found.setdefault(code, via)
    return tuple(found.items())
