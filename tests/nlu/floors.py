"""What the trained model must reach: `floors.yml`, and the measuring behind it.

Setting the floors again after the understanding changed, on purpose and for the better (three minutes, more when the
model must be trained first):

    .venv/bin/python -m tests.nlu.floors

measures, writes every floor `MARGIN` below (a ceiling as much above) and prints what was measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.settings import ROOT

TABLE = Path(__file__).with_name("floors.yml")
MARGIN = 0.02
SAFETY = ("emergency", "denunciation", "formal_complaint")
CEILING = "calibration error"  # the one figure that must not rise
# However little was measured, no floor goes below these (the ceiling not above).
PROMISED = {
    CEILING: 0.05,
    "lenient": 0.88,
    "first three": 0.96,
    "macro-F1": 0.86,
    "written without diacritics": 0.8,
    "sure and right": 0.93,
    **{f"{label} recall": 0.95 for label in SAFETY},
    **{f"{label} precision": 0.85 for label in SAFETY},
}
_HEAD = """\
# What the trained model must reach at least on tests/nlu/*.tsv (`calibration error`: at most); shares from 0 to 1.
# Written by `.venv/bin/python -m tests.nlu.floors`, {margin} below what was measured on {day},
# but never below what is promised.
"""


@dataclass(frozen=True)
class Figure:
    """A measured share, and what went wrong behind it: `id: wanted -> said`."""

    value: float
    wrong: tuple[str, ...]


Figures = dict[str, dict[str, Figure]]  # file -> name of the figure


def measure() -> Figures:
    """Asks the trained model about both files; trains it when there is none of today's content."""
    return {
        "development": _development(_evaluate("development", "--registers")),
        "safety": _safety(_evaluate("safety")),
    }


def _evaluate(name: str, *options: str) -> dict[str, Any]:
    """What `langnghe nlu evaluate --json` says, with the model that all tests share."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", "nlu", "evaluate", f"tests/nlu/{name}.tsv", "--json", *options],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if not key.startswith("LANGNGHE_")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"nlu evaluate {name}: {done.stderr}")
    return json.loads(done.stdout)


def _development(said: dict[str, Any]) -> dict[str, Figure]:
    wrong = _named(said["wrong"])
    unmarked = _named([slip for slip in said["wrong"] if slip["style"] == "nodiac"])
    sure = said["sure"]
    surely_wrong = _named([slip for slip in said["wrong"] if slip["confidence"] >= 0.5])
    registers = {
        f"as {name}": Figure(part["strict"]["accuracy"], _named(part["wrong"]))
        for name, part in said["registers"].items()
    }
    return {
        "strict": Figure(said["strict"]["accuracy"], wrong),
        "lenient": Figure(said["lenient"]["accuracy"], wrong),
        "macro-F1": Figure(said["strict"]["macro_f1"], wrong),
        "first three": Figure(said["strict"]["top3"], wrong),
        "written without diacritics": Figure(said["styles"]["nodiac"]["strict"], unmarked),
        **registers,
        "sure share": Figure(sure["share"], ()),
        "sure and right": Figure(sure["accuracy"], surely_wrong),
        CEILING: Figure(said["calibration"]["strict"], ()),
    }


def _safety(said: dict[str, Any]) -> dict[str, Figure]:
    found = {
        "strict": Figure(said["strict"]["accuracy"], _named(said["wrong"])),
        "lenient": Figure(said["lenient"]["accuracy"], _named(said["wrong"])),
    }
    for label in SAFETY:
        missed = [slip for slip in said["wrong"] if slip["topic"] == label]
        mistaken = [slip for slip in said["wrong"] if slip["label"] == label]
        found[f"{label} recall"] = Figure(said["labels"][label]["recall"], _named(missed))
        found[f"{label} precision"] = Figure(said["labels"][label]["precision"], _named(mistaken))
    return found


def _named(slips: list[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(f"{slip['id']}: {slip['topic']} -> {slip['label']} ({slip['confidence']:.2f})" for slip in slips)


def read() -> dict[str, dict[str, float]]:
    return yaml.safe_load(TABLE.read_text(encoding="utf-8"))


def kept(name: str, value: float, floor: float) -> bool:
    return value <= floor if name == CEILING else value >= floor


def floor_below(name: str, value: float) -> float:
    """Where the floor (or ceiling) of a measured value goes."""
    if name == CEILING:
        return round(min(value + MARGIN, PROMISED[name]), 3)
    return round(max(value - MARGIN, PROMISED.get(name, 0.0)), 3)


def write(figures: Figures, day: str, table: Path = TABLE) -> None:
    floors = {
        file: {name: floor_below(name, figure.value) for name, figure in part.items()} for file, part in figures.items()
    }
    head = _HEAD.format(margin=MARGIN, day=day)
    table.write_text(head + yaml.safe_dump(floors, sort_keys=False), encoding="utf-8")


def main() -> int:
    from datetime import date

    figures = measure()
    write(figures, date.today().isoformat())
    for file, part in figures.items():
        for name, figure in part.items():
            print(f"{file:12} {name:30} {figure.value:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
