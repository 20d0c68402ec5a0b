"""From a resident's words to the ward of today: old names, streets, landmarks, with or without diacritics.

Hanoi has had 126 wards and communes since July 2025, and people go on saying the 526 old names and the 30 old
districts. A name often has several successors; then all are given, the likeliest first, for the assistant to ask.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.text import place_clues as tell
from nlu.text.address import Address, Part, find_address
from nlu.text.gazetteer_data import Ward, load
from nlu.text.place_clues import Clue, Found, interleave, merge, unique

_FAR_KM = 30.0
_WARD_KINDS = {"phường": "phường", "p": "phường", "xã": "xã", "x": "xã", "thị trấn": "thị trấn", "tt": "thị trấn"}


@dataclass(frozen=True)
class WardMatch:
    """A unit of today; `via` tells what led to it: ward, old_ward, district, street, landmark or position."""

    code: str
    name: str
    kind: str
    via: str


@dataclass(frozen=True)
class Place:
    """What a text says about where; `raw` is `nfc(text)[start:end]`, `wards` come likeliest first.

    `ambiguous`: a person should be asked which ward. `outside`: a province other than Hanoi is meant.
    """

    raw: str
    start: int
    end: int
    street: str | None = None
    house: str | None = None
    lane: str | None = None
    wards: tuple[WardMatch, ...] = ()
    ambiguous: bool = False
    district: str | None = None
    outside: str | None = None


class Gazetteer:
    """The place names of Hanoi, read once from a folder such as data/places (raises OSError, ValueError)."""

    def __init__(self, folder: str | Path) -> None:
        data = load(Path(folder))
        self._wards = data.wards
        self._districts = data.districts
        self.names = data.names

    # ---- look-ups

    def ward(self, code: str) -> Ward | None:
        return self._wards.get(code)

    @property
    def wards(self) -> tuple[Ward, ...]:
        """All 126, by code."""
        return tuple(self._wards.values())

    @property
    def districts(self) -> dict[str, tuple[str, ...]]:
        """Old district -> codes of the units of today that hold part of it, the largest part first."""
        return dict(self._districts)

    def nearest_ward(self, lat: float, lon: float) -> tuple[WardMatch, float] | None:
        """The ward a pin most likely lies in and the metres to its centre; None over 30 km from every centre.

        Borders are not known: the distance counts relative to the size of the ward (right for about nine in ten
        centres of old wards).
        """
        distances = {ward.code: _km(lat, lon, ward.lat, ward.lon) for ward in self.wards}
        if min(distances.values()) > _FAR_KM:
            return None
        code = min(distances, key=lambda code: distances[code] / math.sqrt(self._wards[code].area_km2))
        return self._match(code, "position"), 1000 * distances[code]

    def _match(self, code: str, via: str) -> WardMatch:
        ward = self._wards[code]
        return WardMatch(code, ward.name, ward.kind, via)

    # ---- resolution

    def resolve(self, text: str) -> Place | None:
        """The place a text names, or None when it names none; long texts are fine (about 1 ms for 100 words)."""
        address = find_address(text, self.names)
        if address is None:
            return None
        clues = [clue for clue in map(self._clue, address.parts) if clue]
        outside = tell.outside(address, clues)
        if outside:
            return _place(address, clues, outside=outside)
        if all(part.kind in ("city", "province") for part in address.parts):
            return None
        tell.read_in_order(clues)
        wards, certain = self._candidates(clues, address)
        return _place(
            address,
            clues,
            wards=tuple(self._match(code, via) for code, via in wards),
            ambiguous=len(wards) > 1 and not certain,
            district=tell.district_of(clues),
        )

    def _clue(self, part: Part) -> Clue | None:
        if part.match is None or part.kind in ("city", "province"):
            return None
        by_kind: dict[str, list[Any]] = {}
        for sense in part.match.senses:
            by_kind.setdefault(sense.kind, []).append(sense.ref)
        roads = by_kind.get("landmark") or by_kind.get("street")
        clue = Clue(
            part,
            roads=merge(roads) if roads else None,
            street="street" in by_kind and "landmark" not in by_kind,
            news=tuple(by_kind.get("ward", ())),
            olds=tuple(by_kind.get("old_ward", ())),
            district=next(iter(by_kind.get("district", ())), None),
        )
        return self._as_announced(clue)

    def _as_announced(self, clue: Clue) -> Clue:
        """What "đường", "phường", "quận" before a name leave of its meanings."""
        kind = clue.part.kind
        if kind == "district":
            return Clue(clue.part, district=clue.district)
        if clue.explicit:
            wanted = _WARD_KINDS[clue.part.prefix]
            news = tuple(code for code in clue.news if self._wards[code].kind == wanted)
            olds = tuple(old for old in clue.olds if old.kind == wanted)
            if not news and not olds:
                news, olds = clue.news, clue.olds
            district = None if news or olds else clue.district
            return Clue(clue.part, news=news, olds=olds, district=district)
        if clue.part.prefix and kind != "group" and clue.roads:
            return Clue(clue.part, roads=clue.roads, street=clue.street)
        return clue

    def _candidates(self, clues: Sequence[Clue], address: Address) -> tuple[list[tuple[str, str]], bool]:
        found = self._area(clues) or self._elsewhere_in_text(address)
        districts = [self._districts[clue.district] for clue in clues if clue.district]
        road = tell.shared_roads(clues, districts)
        wards = list(found.wards)
        for inside in () if found.certain or found.whole_district else districts:
            kept = [candidate for candidate in wards if candidate[0] in inside]
            # "Trần Phú, Ba Đình": no ward of that name there, but a street.
            wards = kept or ([] if set(road) & set(inside) else wards)
        if not wards:
            via = "landmark" if any(clue.roads and not clue.street for clue in clues) else "street"
            return [(code, via) for code in road], False
        if not road or (found.whole_district and tell.same_part(clues)):
            return wards, found.certain
        if found.whole_district:
            both = [(code, "street") for code in road if code in dict(wards)]
            named = [candidate for candidate in both if candidate[0] == wards[0][0]]  # "cầu Vĩnh Tuy phía Long Biên"
            return list(unique([*named, *both])) or wards, False
        return tell.narrow(wards, road, found.certain, tell.same_part(clues))

    def _area(self, clues: Sequence[Clue]) -> Found | None:
        """The best-named area: old ward with its district, then an announced ward, a bare ward, a whole district."""
        named = sorted((clue for clue in clues if clue.area), key=tell.rank)
        if not named:
            district = next((clue.district for clue in clues if clue.district), None)
            return self._whole(district) if district else None
        found = self._of(named[0])
        for other in named[1:]:
            codes = {code for code, _ in self._of(other).wards}
            both = tuple(candidate for candidate in found.wards if candidate[0] in codes)
            found = Found(both or found.wards, found.certain)
        return found

    def _of(self, clue: Clue) -> Found:
        news = [(code, "ward") for code in clue.news]
        olds = [(code, "old_ward") for code in interleave(old.wards for old in clue.olds)]
        if clue.paired:
            return Found(unique([*olds, *news]))
        if clue.district and not clue.explicit:
            whole = [(code, "district") for code in self._districts[clue.district]]
            return Found(unique([*news, *whole]), whole_district=True)
        return Found(unique([*news, *olds]), certain=clue.explicit and bool(news))

    def _whole(self, district: str) -> Found:
        wards = [(code, "district") for code in self._districts[district]]
        named = [(code, via) for code, via in wards if self._wards[code].name == district]
        return Found(unique([*named, *wards]), whole_district=True)

    def _elsewhere_in_text(self, address: Address) -> Found:
        """A ward or district that the text announces apart from the address itself."""
        announced = [part for part in address.rest if part.prefix and part.kind in ("ward", "district")]
        clues = [clue for clue in map(self._clue, announced) if clue]
        tell.pair(clues)
        return self._area(clues) or Found()


def _place(address: Address, clues: Sequence[Clue], **found: Any) -> Place:
    parts = address.parts
    named = [part.value for part in parts if part.kind == "street" and not part.match]
    house = next((part.value for part in parts if part.kind == "house"), None)
    lanes = [part.value for part in parts if part.kind == "lane" and not part.match]
    return Place(
        address.raw,
        address.start,
        address.end,
        street=next((clue.part.value for clue in clues if clue.street), named[0] if named else None),
        house=house,
        lane="/".join(lanes) or None,
        **found,
    )


def _km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Good to a metre or so over the few tens of kilometres of a city."""
    x = math.radians(other_lon - lon) * math.cos(math.radians((lat + other_lat) / 2))
    return 6371.0 * math.hypot(x, math.radians(other_lat - lat))
