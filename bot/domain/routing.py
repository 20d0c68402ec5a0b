"""Topic and place -> the unit that acts, with the triage desk as the floor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.topics import Topic
from nlu.text.normalize import bare_words

TRIAGE = "triage_desk"


@dataclass(frozen=True)
class Agency:
    """A unit. `kind` is one of the agency kinds of the catalogue; `ward` its ward's code when it serves one."""

    id: str
    name: str
    kind: str
    ward: str | None = None


@dataclass(frozen=True)
class Route:
    """Where a case goes. `sure` is False when a person must decide; `why` says it in Vietnamese."""

    agency: str
    sure: bool
    why: str = ""


def complained_about(topic: Topic | None, agency: Agency, words: str) -> bool:
    """Whether a case on conduct names this very unit, which then may not answer about itself (domain.md §6).

    A ward's police and its People's Committee bear the same ward's name: who names the police means the police.
    """
    if topic is None or topic.agency != "named_agency" or not topic.identity_protected:
        return False
    told, name = _plain(words), _plain(agency.name).strip()
    if name.startswith("ubnd "):
        name = name.removeprefix("ubnd ")
        told = told.replace(f" cong an {name} ", " ")
    return f" {name} " in told


def _plain(text: str) -> str:
    """Small letters without diacritics and signs; a blank before, between and after the words."""
    return f" {bare_words(text)} ".replace(" uy ban nhan dan ", " ubnd ")


def route(topic: Topic | None, ward: str | None, agencies: Mapping[str, Agency], trusted: bool = True) -> Route:
    """Choose the unit.

    Args:
        topic: None when nobody knows yet.
        ward: code of the ward of the place, None when unknown.
        agencies: all units by id; a unit that serves one ward has the id `<kind>-<ward code>`.
        trusted: False when the topic is only the machine's guess: then a dispatcher decides.
    """
    if topic is None:
        return Route(TRIAGE, False, "chưa rõ lĩnh vực")
    if not trusted:
        return Route(TRIAGE, False, "lĩnh vực do máy đoán, chưa chắc")
    if topic.agency in agencies:
        return Route(topic.agency, True)
    if ward and f"{topic.agency}-{ward}" in agencies:
        return Route(f"{topic.agency}-{ward}", True)
    return Route(TRIAGE, False, "chưa rõ phường, xã" if not ward else "chưa có đơn vị phụ trách")
