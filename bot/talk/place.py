"""What a message says about the place goes into the draft's place."""

from __future__ import annotations

import re
from typing import Any

from bot.domain.message import Location
from bot.services.track_case import ward_name
from bot.talk.draft import Place
from bot.talk.turn import Talk

NARROW = 3
"""So many candidate wards can be offered as buttons; more means that the name is too wide."""


def merge(place: Place, found: dict[str, Any], talk: Talk) -> None:
    """Add a newly found place; the two together are resolved again, as if they had been said at once."""
    raw = found["raw"].strip(" ,.;")
    if raw.lower() in place.raw.lower():
        raw = place.raw
    elif place.raw:
        raw = f"{place.raw}, {raw}"
    set_raw(place, raw, talk)


def set_raw(place: Place, raw: str, talk: Talk) -> None:
    """Replace the words of the place and look up its ward."""
    place.raw = raw
    found = talk.city.gazetteer.resolve(raw)
    if found is None:
        return
    place.outside = found.outside
    place.wards = [[w.code, w.name] for w in found.wards]
    place.ambiguous = found.ambiguous
    narrowed = bool(found.street or found.house or found.lane)
    place.too_wide = found.ambiguous and len(found.wards) > NARROW and not narrowed
    if found.wards and place.lat is None:
        _choose(place, found.wards[0].code, talk)


def only_ward(found: dict[str, Any]) -> bool:
    """Whether a found place names a ward and nothing finer."""
    return bool(found["wards"]) and not (found["street"] or found["house"] or found["lane"])


def set_ward(place: Place, found: dict[str, Any], talk: Talk) -> None:
    """Another ward for the same spot: street and number stay, the ward that was named before goes."""
    old = talk.city.gazetteer.resolve(place.raw)
    names = [ward.name for ward in old.wards] if old else []
    raw = place.raw
    for name in names:
        named = rf"[\s,]*(?:phường|xã|thị trấn|P\.?)?\s*{re.escape(name)}\b"
        raw = re.sub(named, "", raw, count=1, flags=re.I) or raw
    set_raw(place, f"{raw.strip(' ,.')}, {found['raw']}".strip(" ,"), talk)
    code = found["wards"][0]["code"]
    if code not in [known for known, _ in place.wards]:
        place.wards = [[ward["code"], ward["name"]] for ward in found["wards"]]
    _choose(place, code, talk)
    place.ambiguous = place.too_wide = False


def set_pin(place: Place, pin: Location, talk: Talk) -> int | None:
    """Take a shared pin. Returns the distance to the ward's centre in metres, None when outside the city."""
    near = talk.city.gazetteer.nearest_ward(pin.lat, pin.lon)
    if near is None:
        return None
    ward, distance = near
    place.lat, place.lon, place.outside = pin.lat, pin.lon, None
    codes = [code for code, _ in place.wards]
    if not place.raw or ward.code not in codes or place.ward is None:
        place.wards = [[ward.code, ward.name]]
    _choose(place, ward.code, talk)
    place.ambiguous = place.too_wide = False
    return round(distance)


def choose(place: Place, code: str, talk: Talk) -> None:
    """The resident pressed a ward's button."""
    _choose(place, code, talk)
    place.ambiguous = place.too_wide = False


def _choose(place: Place, code: str, talk: Talk) -> None:
    place.ward, place.ward_name = code, ward_name(talk.city, code)


def words(place: Place) -> str:
    """One line for summaries and pages: as written, then today's ward."""
    raw = place.raw or "vị trí đã ghim"
    if place.ward_name and place.ward_name.split(" ", 1)[1].lower() not in raw.lower():
        return f"{raw} ({place.ward_name})"
    if place.ward_name and place.ward_name.lower() not in raw.lower():
        return f"{raw} (nay là {place.ward_name})"
    return raw
