"""The training sentences as plain pairs, read from the same files that Rasa reads."""

from collections import Counter, defaultdict
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


def write_sample(data: Path, target: Path, per_label: int | None) -> None:
    """The folders of `data` with at most so many sentences of each label (None: with all), written into `target`.

    They are taken at even distances, so that every writer and every contrast has the same chance; always the same ones.
    """
    every = sentences(data)
    counts = Counter(sentence.label for sentence in every)
    seen: Counter[str] = Counter()
    kept: dict[str, list[bool]] = defaultdict(list)
    for sentence in every:
        at, size = seen[sentence.label], counts[sentence.label]
        seen[sentence.label] += 1
        few = min(per_label or size, size)
        kept[sentence.file].append((at + 1) * few // size > at * few // size)
    for folder in FOLDERS:
        (target / folder).mkdir(parents=True)
        for path in sorted((data / folder).glob("*.yml")):
            text = _thinned(_read(path), iter(kept[f"{folder}/{path.name}"]))
            (target / folder / path.name).write_text(text, encoding="utf-8")


def _thinned(content: dict[str, Any], kept: Iterator[bool]) -> str:
    blocks = []
    for block in content.get("nlu") or []:
        if "intent" in block:
            texts = [text for text in _examples(block) if next(kept)]
            block = {**block, "examples": "".join(f"- {text}\n" for text in texts)}
        if block.get("examples"):
            blocks.append(block)
    return yaml.safe_dump({**content, "nlu": blocks}, allow_unicode=True, sort_keys=False)


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
