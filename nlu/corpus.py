"""The training sentences as plain pairs, read from the same files that Rasa reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nlu.labels import OUTCOMES, REPORT

FOLDERS = ("topics", "nlu")


@dataclass(frozen=True)
class Sentence:
    """`label` is the topic of a report, else the intent; `file` counts from the data folder.

    `against` is the label that the sentence was written to be told from: a contrast to one across the border.
    """

    text: str
    label: str
    file: str
    against: str | None = None


def sentences(data: Path) -> list[Sentence]:
    """All of `data/topics` and `data/nlu`, in the order of the files."""
    return [
        Sentence(text, _label(block), name, (block.get("metadata") or {}).get("against"))
        for name, block in _blocks(data)
        for text in _examples(block)
    ]


def groups(data: Path) -> dict[str, str]:
    """Topic -> its group, in the order of the groups; outcomes are a group of their own at the end."""
    topics = [_read(path)["topic"] for path in sorted((data / "topics").glob("*.yml"))]
    found = {topic["id"]: topic["group"] for topic in sorted(topics, key=lambda topic: (topic["group"], topic["id"]))}
    return {**found, **{outcome: "outcomes" for outcome in sorted(OUTCOMES)}}


def _blocks(data: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for folder in FOLDERS:
        for path in sorted((data / folder).glob("*.yml")):
            for block in _read(path).get("nlu") or []:
                if "intent" in block:  # not a synonym, regex or lookup
                    yield f"{folder}/{path.name}", block


def _label(block: dict[str, Any]) -> str:
    return block["metadata"]["topic"] if block["intent"] == REPORT else block["intent"]


def _examples(block: dict[str, Any]) -> list[str]:
    """As Rasa reads them: one a line, after a dash."""
    return [line[1:].strip() for line in block["examples"].splitlines() if line.startswith("-")]


def _read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
