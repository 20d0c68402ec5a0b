"""The catalogue: topics, groups, levels, outcomes, hotlines. Plain values; `bot/city.py` reads the files."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """Something the assistant may ask for. kind: text | place | media | datetime_text | phone."""

    id: str
    label: str
    kind: str
    sensitive: bool = False


@dataclass(frozen=True)
class Topic:
    """What a report is about, who acts, how fast, what must be known."""

    id: str
    name: str
    group: str
    definition: str
    agency: str
    also: tuple[str, ...]
    level: str
    priority: str
    fields: dict[str, str]
    """field id -> `required` | `ask`; description is always required."""
    public: bool
    redact: tuple[str, ...] = ()
    hotlines: tuple[str, ...] = ()
    urgent_if: str = ""
    identity_protected: bool = False
    handling_hours: float | None = None
    radius_m: int = 0
    window_hours: int = 0

    def required(self) -> list[str]:
        return [f for f, need in self.fields.items() if need == "required" and f != "description"]

    def welcome(self) -> list[str]:
        return [f for f, need in self.fields.items() if need == "ask"]


@dataclass(frozen=True)
class Level:
    """urgent, normal, complex: label and working hours for handling."""

    id: str
    name: str
    hours: float


@dataclass(frozen=True)
class Outcome:
    """A message that is not (only) a report: emergency, complaint, question … (domain.md §5)."""

    id: str
    name: str
    creates_case: str
    hotlines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hotline:
    number: str
    name: str
    shown: bool
