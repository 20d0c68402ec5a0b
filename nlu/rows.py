"""Labelled files to measure on: tab-separated id, text, topic and, if wanted, style and alt.

`alt` are other labels that a second reader would accept, separated by | or a comma.
"""

import csv
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One labelled text; `alt` are the other labels that count in the lenient score."""

    id: str
    text: str
    topic: str
    style: str = ""
    alt: frozenset[str] = frozenset()


def read_rows(path: Path) -> list[Row]:
    """Raises OSError, and ValueError when a needed column or every row is missing or it is not UTF-8."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        missing = {"id", "text", "topic"} - set(reader.fieldnames or ())
        if missing:
            raise ValueError(f"{path.name} lacks the column {', '.join(sorted(missing))}")
        rows = [_row(cells) for cells in reader]
    if not rows:
        raise ValueError(f"{path.name} holds no sentence")
    return rows


def _row(cells: dict[str, str | None]) -> Row:
    alt = frozenset(filter(None, re.split(r"[|,;\s]+", cells.get("alt") or "")))
    return Row(cells["id"] or "", cells["text"] or "", cells["topic"] or "", cells.get("style") or "", alt)
