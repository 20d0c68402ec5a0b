"""One city: reads everything under `data/` that is no training sentence into the values of `bot.domain`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import holidays
import yaml

from bot.domain.deadline import Limits, WorkCalendar
from bot.domain.routing import Agency
from bot.domain.status import Phase
from bot.domain.topics import Field, Hotline, Level, Outcome, Topic
from bot.errors import SettingsError
from nlu.text.places import Gazetteer

_TEMPLATES = "templates.yml"

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """The content of one YAML file. Raises SettingsError naming the file when it cannot be read."""
    try:
        with path.open(encoding="utf-8") as file:
            return yaml.load(file, Loader=_LOADER)
    except (OSError, yaml.YAMLError) as error:
        raise SettingsError(f"{path}: không đọc được ({error})") from error


@dataclass(frozen=True)
class City:
    """Everything that is true of one city. Read once at the start; never changed while running."""

    name: str
    code_prefix: str
    topics: dict[str, Topic]
    groups: dict[str, str]
    fields: dict[str, Field]
    levels: dict[str, Level]
    outcomes: dict[str, Outcome]
    agencies: dict[str, Agency]
    agency_kinds: dict[str, str]
    hotlines: dict[str, Hotline]
    calendar: WorkCalendar
    gazetteer: Gazetteer
    texts: dict[str, Any]
    templates: dict[str, dict[str, Any]]
    replies: frozenset[str]
    answers: list[dict[str, Any]]
    receive_hours: float
    reopen_days: int
    pause_hours: float
    draft_days: int

    def limits(self, topic: Topic | None, level: str) -> Limits:
        """Working hours for a case of this topic and level."""
        hours = self.levels[level].hours
        if topic is not None and topic.handling_hours and level == topic.level:
            hours = topic.handling_hours
        return Limits(self.receive_hours, hours, urgent=level == "urgent")

    def topic_name(self, topic: str | None) -> str:
        return self.topics[topic].name if topic in self.topics else "Chưa phân loại"

    def agency_name(self, agency: str | None) -> str:
        return self.agencies[agency].name if agency in self.agencies else self.agencies["triage_desk"].name

    def template_saying(self, state: str) -> str:
        """Name of the approved template for a phase of a case, or for `paused`."""
        return next(name for name, block in self.templates.items() if state in block["says"])

    def text(self, name: str) -> str:
        """A sentence of `data/texts/`. Raises KeyError when there is none."""
        return self.texts[name]


def load_city(folder: Path) -> City:
    """Read a city's folder. Raises SettingsError naming the file and the fault."""
    catalogue = read_yaml(folder / "catalogue.yml")
    gazetteer = Gazetteer(folder / "places")
    agencies = _agencies(read_yaml(folder / "agencies.yml"), gazetteer)
    topics = _topics(folder / "topics")
    city = City(
        name=catalogue["city"],
        code_prefix=catalogue["code_prefix"],
        topics=topics,
        groups=catalogue["groups"],
        fields={k: Field(id=k, **v) for k, v in catalogue["fields"].items()},
        levels={k: Level(k, v["name"], v["handling_working_hours"]) for k, v in catalogue["levels"].items()},
        outcomes={
            k: Outcome(k, v["name"], v["creates_case"], tuple(v.get("hotlines", ())))
            for k, v in catalogue["outcomes"].items()
        },
        agencies=agencies,
        agency_kinds=catalogue["agency_kinds"],
        hotlines={k: Hotline(k, v["name"], v["shown"]) for k, v in read_yaml(folder / "hotlines.yml").items()},
        calendar=_calendar(folder / "calendar"),
        gazetteer=gazetteer,
        texts=_texts(folder / "texts"),
        templates=read_yaml(folder / "texts" / _TEMPLATES),
        replies=_replies(folder / "domain"),
        answers=read_yaml(folder / "answers.yml"),
        receive_hours=catalogue["receive_working_hours"],
        reopen_days=catalogue["reopen_days"],
        pause_hours=catalogue["pause_working_hours"],
        draft_days=catalogue["draft_days"],
    )
    _check(city)
    return city


def _topics(folder: Path) -> dict[str, Topic]:
    topics = {}
    for path in sorted(folder.glob("*.yml")):
        block = read_yaml(path)["topic"]
        if block["id"] != path.stem:
            raise SettingsError(f"{path}: id {block['id']!r} khác tên tệp")
        topics[block["id"]] = _topic(block)
    return topics


def _topic(block: dict[str, Any]) -> Topic:
    near = block.get("near", {})
    return Topic(
        id=block["id"],
        name=block["name"],
        group=block["group"],
        definition=block["definition"],
        agency=block["agency"]["primary"],
        also=tuple(block["agency"].get("also", ())),
        level=block["level"],
        priority=block["priority"],
        fields=block["fields"],
        public=block["public"],
        redact=tuple(block.get("redact", ())),
        hotlines=tuple(block.get("hotlines", ())),
        urgent_if=block.get("urgent_if", ""),
        identity_protected=block.get("identity_protected", False),
        handling_hours=block.get("handling_working_hours"),
        radius_m=near.get("radius_m", 0),
        window_hours=near.get("window_hours", 0),
    )


def _agencies(data: dict[str, Any], gazetteer: Gazetteer) -> dict[str, Agency]:
    """Expand kinds that are bound to wards (`by: ward`) over all wards; the others are single units."""
    found: dict[str, Agency] = {}
    for kind, block in data.items():
        if block.get("by") != "ward":
            found[kind] = Agency(kind, block["name"], kind)
            continue
        for ward in gazetteer.wards:
            name = block["name"].format(kind=ward.kind, ward=ward.name)
            found[f"{kind}-{ward.code}"] = Agency(f"{kind}-{ward.code}", name, kind, ward.code)
    return found


def _calendar(folder: Path) -> WorkCalendar:
    """National holidays of the package `holidays`, corrected by our editable files."""
    rules = read_yaml(folder / "work.yml")
    this_year = datetime.now(UTC).year
    off = {d for d in holidays.country_holidays("VN", years=range(this_year - 2, this_year + 4))}
    off |= {date.fromisoformat(str(d)) for d in rules.get("days_off") or ()}
    on = {date.fromisoformat(str(d)) for d in rules.get("days_on") or ()}
    hours = tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in rules["hours"])
    return WorkCalendar(hours, frozenset(rules["weekdays"]), frozenset(off - on), frozenset(on))


def _texts(folder: Path) -> dict[str, Any]:
    texts: dict[str, Any] = {}
    for path in sorted(folder.glob("*.yml")):
        # Approved templates have a form of their own.
        for key, value in (read_yaml(path) or {}).items() if path.name != _TEMPLATES else ():
            if key in texts:
                raise SettingsError(f"{path}: câu {key!r} đã có ở tệp khác")
            texts[key] = value
    return texts


def _replies(folder: Path) -> frozenset[str]:
    """Names of all that the assistant can say (Rasa renders them)."""
    return frozenset(name for path in folder.glob("*.yml") for name in (read_yaml(path).get("responses") or {}))


def _check(city: City) -> None:
    _check_topics(city)
    said = {state for block in city.templates.values() for state in block["says"]}
    if lacking := {*Phase, "paused"} - said:
        raise SettingsError(f"texts/templates.yml: chưa có mẫu cho {', '.join(sorted(lacking))}")


def _check_topics(city: City) -> None:
    kinds = {a.kind for a in city.agencies.values()}
    for topic in city.topics.values():
        if topic.group not in city.groups:
            raise SettingsError(f"topics/{topic.id}.yml: nhóm {topic.group!r} không có")
        if topic.level not in city.levels:
            raise SettingsError(f"topics/{topic.id}.yml: mức {topic.level!r} không có")
        for kind in (topic.agency, *topic.also):
            if kind not in city.agency_kinds:
                raise SettingsError(f"topics/{topic.id}.yml: loại đơn vị {kind!r} không có")
        for name in topic.fields:
            if name not in city.fields:
                raise SettingsError(f"topics/{topic.id}.yml: trường {name!r} không có")
    for kind in city.agency_kinds:
        if kind not in kinds and kind not in ("named_agency", "project_owner", "telecom_operator"):
            raise SettingsError(f"agencies.yml: loại {kind!r} chưa có đơn vị")
