"""Which of the assistant's sentences a message is, and what was filled in.

Read from the data, so that tests follow the words when somebody changes them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_GAP = re.compile(r"\{(\w+)\}")
_ALIASES = {"contact_phone": "phone", "new_report": "attach"}
_CONSENT = re.compile(r"utter_(welcome|consent_again|consent_waiting)")
_ENDINGS = re.compile(r"_(en|again|photo|what)$")
RESIDENTS_WORDS = frozenset({"story", "place", "code", "province"})
"""What residents wrote and a sentence repeats: no test of our own words may look at it."""


@dataclass(frozen=True)
class Sentence:
    """One response of data/domain or notice of data/texts. `fills` are what stood in its gaps."""

    name: str
    fills: dict[str, str]
    own: str
    """The message without what residents wrote."""

    @property
    def question(self) -> str | None:
        """What it asks: consent, confirm (the summary), location, phone, time_observed …; None when it asks nothing."""
        if _CONSENT.match(self.name):
            return "consent"
        if self.name.startswith("utter_summary"):
            return "confirm"
        if not self.name.startswith("utter_ask_"):
            return None
        kind = self.name.removeprefix("utter_ask_")
        while _ENDINGS.search(kind):
            kind = _ENDINGS.sub("", kind)
        return _ALIASES.get(kind, kind)


class Sentences:
    """All sentences of a city's data folder."""

    def __init__(self, data: Path) -> None:
        self.known: list[tuple[int, str, re.Pattern[str], str]] = []
        for path in sorted((data / "domain").glob("*.yml")):
            for name, forms in (_read(path).get("responses") or {}).items():
                for form in forms:
                    self._add(name, form["text"])
        for name, text in _read(data / "texts" / "notices.yml").items():
            for form in text.values() if isinstance(text, dict) else [text]:
                if isinstance(form, str):
                    self._add(name, form)
        # The one with most fixed words first: a sentence that is mostly a gap fits everything.
        self.known.sort(key=lambda row: -row[0])

    def _add(self, name: str, text: str) -> None:
        text, seen = text.strip(), set[str]()
        pattern = ""
        for number, part in enumerate(_GAP.split(text)):
            if number % 2 == 0:
                pattern += re.escape(part)
            elif part in seen:
                pattern += f"(?P={part})"
            else:
                pattern += f"(?P<{part}>.*?)"
                seen.add(part)
        self.known.append((len(_GAP.sub("", text)), name, re.compile(pattern, re.DOTALL), text))

    def find(self, text: str) -> Sentence | None:
        """The sentence that a message is; None for one that stands nowhere in the data."""
        for _, name, pattern, template in self.known:
            found = pattern.fullmatch(text.strip())
            if found:
                return Sentence(name, found.groupdict(), _own(template, found.groupdict()))
        return None


def _own(template: str, fills: dict[str, str]) -> str:
    return _GAP.sub(lambda gap: "" if gap[1] in RESIDENTS_WORDS else fills[gap[1]], template)


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
