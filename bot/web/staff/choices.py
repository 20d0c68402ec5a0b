"""What a person may choose from: topics by group, outcomes, wards, units; and what a typed unit means."""

from __future__ import annotations

from dataclasses import dataclass

from bot.city import City
from bot.domain.routing import TRIAGE, Agency, route
from bot.errors import InvalidInput
from bot.services.track_case import ward_name
from bot.store.models import Case
from nlu.text.normalize import fold, normalize


@dataclass(frozen=True)
class Choice:
    id: str
    name: str


def topics(city: City) -> list[tuple[str, list[Choice]]]:
    """Groups in the catalogue's order, each with its topics by name."""
    found = []
    for group, name in city.groups.items():
        inside = sorted((Choice(t.id, t.name) for t in city.topics.values() if t.group == group), key=_by_name)
        if inside:
            found.append((name, inside))
    return found


def outcomes(city: City) -> list[Choice]:
    """What is no topic, in the catalogue's order."""
    return [Choice(o.id, o.name) for o in city.outcomes.values()]


def label_name(city: City, label: str | None) -> str:
    """The name of a topic or outcome."""
    known = city.topics.get(label or "") or city.outcomes.get(label or "")
    return known.name if known else "Chưa rõ"


def wards(city: City) -> list[Choice]:
    """All wards and communes by name."""
    return sorted((Choice(w.code, f"{w.name} ({w.kind})") for w in city.gazetteer.wards), key=_by_name)


def units(city: City) -> list[Agency]:
    """All units by name; those of the same kind stand together."""
    return sorted(city.agencies.values(), key=lambda a: (a.ward is not None, fold(a.name)))


def read_unit(city: City, typed: str) -> str | None:
    """The id of the unit that was typed: its name, without diacritics or in part. None when nothing was typed.

    Raises InvalidInput when no unit, or more than one, is meant.
    """
    if not typed:
        return None
    if typed in city.agencies:
        return typed
    wanted = _flat(typed)
    exact = [a for a in city.agencies.values() if _flat(a.name) == wanted]
    found = exact or [a for a in city.agencies.values() if wanted in _flat(a.name)]
    written = [a for a in exact if a.name.casefold() == typed.casefold()]
    if len(written) == 1:
        return written[0].id
    if len(found) == 1:
        return found[0].id
    if not found:
        raise InvalidInput(f"Không có đơn vị “{typed}”. Anh/chị chọn trong danh sách gợi ý.")
    several = ", ".join(a.name for a in found[:3])
    raise InvalidInput(f"Có nhiều đơn vị khớp “{typed}”: {several}… Anh/chị chọn một tên đầy đủ.")


def likely_units(city: City, case: Case) -> list[Agency]:
    """The units that the catalogue names for this topic and ward, the first one first; without the present one."""
    topic = city.topics.get(case.topic or "")
    if topic is None:
        return []
    way = route(topic, case.ward, city.agencies)
    ids = [way.agency] if way.sure else []
    for kind in topic.also:
        ids += [i for i in (kind, f"{kind}-{case.ward}") if i in city.agencies]
    return [city.agencies[i] for i in dict.fromkeys(ids) if i not in (case.agency, TRIAGE)]


def ward_words(city: City, code: str | None) -> str:
    """The ward's name, or nothing for a code that the gazetteer does not know (any more)."""
    if code is None or city.gazetteer.ward(code) is None:
        return ""
    return ward_name(city, code) or ""


def _flat(name: str) -> str:
    return " ".join(fold(normalize(name)).split())


def _by_name(choice: Choice) -> str:
    return fold(choice.name)
