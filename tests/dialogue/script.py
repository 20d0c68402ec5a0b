"""Scripts of conversations: what a resident does, turn by turn, and what must be true at the end.

The format is that of conversations/README.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.domain.tracking_code import ALPHABET, read
from tests.dialogue.chat import picture, sound

TURNS = ("text", "photo", "location", "button", "voice", "wait", "system", "restart", "old_button")
_CODE = re.compile(r"\{code:(\w+)(?::(\w+))?\}")


@dataclass(frozen=True)
class Script:
    """One conversation. `if_asked` answers questions that no turn has answered."""

    id: str
    turns: tuple[dict[str, Any], ...]
    cases: tuple[dict[str, Any], ...]
    if_asked: dict[str, str]
    expect: dict[str, Any]

    def bursts(self) -> Iterator[tuple[dict[str, Any], ...]]:
        """Turns that arrive together, in order."""
        together: list[dict[str, Any]] = []
        for turn in self.turns:
            if together and not turn.get("burst"):
                yield tuple(together)
                together = []
            together.append(turn)
        if together:
            yield tuple(together)


def load(path: Path) -> list[Script]:
    """All conversations of one file; its own `if_asked` holds for every one that has none."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [_script(entry, content.get("if_asked") or {}) for entry in content["dialogues"]]


def _script(entry: dict[str, Any], answers: dict[str, str]) -> Script:
    for turn in entry["turns"]:
        assert len(set(turn) & set(TURNS)) == 1, f"{entry['id']}: one kind a turn: {turn}"
    return Script(
        id=entry["id"],
        turns=tuple(entry["turns"]),
        cases=tuple((entry.get("setup") or {}).get("cases") or ()),
        if_asked=entry.get("if_asked", answers),
        expect=entry["expect"],
    )


def message(turn: dict[str, Any], codes: dict[str, str], number: int) -> tuple[dict[str, Any], list[tuple[str, bytes]]]:
    """What a turn sends: fields of the web chat's JSON, and files. Every `number` makes other pictures."""
    if "text" in turn:
        text = _CODE.sub(lambda m: _way(codes[m[1]], m[2] or "plain"), str(turn["text"]))
        return {"text": _repeated(text, turn["characters"]) if "characters" in turn else text}, []
    if "location" in turn:
        return {"location": {"lat": turn["location"][0], "lon": turn["location"][1]}}, []
    if "voice" in turn:
        return {"text": ""}, [("voice", sound())]
    about = turn["photo"] if isinstance(turn["photo"], dict) else {"note": turn["photo"], **turn}
    pictures = [picture(str(about["note"]), number * 10 + n) for n in range(about.get("count", 1))]
    return {"text": about.get("caption") or ""}, [("photo", p) for p in pictures]


def _repeated(text: str, length: int) -> str:
    return (f"{text} " * (length // (len(text) + 1) + 1))[:length].strip()


def _way(code: str, way: str) -> str:
    ways = {"plain": code, "lower": code.lower(), "spaced": code.replace("-", " "), "nosep": code.replace("-", "")}
    return _typo(code) if way == "typo" else ways[way]


def _typo(code: str) -> str:
    """One wrong character that is no look-alike of the right one."""
    head, middle, check = code.split("-")
    for other in ALPHABET:
        slipped = f"{head}-{middle[:2]}{other}{middle[3:]}-{check}"
        reading = read(slipped)
        if slipped != code and reading is not None and reading.slip and code not in reading.guesses:
            return slipped
    raise ValueError(f"no slip can be made of {code}")
