"""What the benches found: one table for people, `var/bench.json` for programs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path


def load_average() -> float | None:
    """What else the machine does: processes that ran or waited during the last minute."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


@dataclass(frozen=True)
class Figure:
    """One thing measured.

    Args:
        goal: in words; `met` is None where there is none.
        load: load average before the bench and after it.
    """

    bench: str
    setting: str
    what: str
    value: float | int | bool
    unit: str = ""
    goal: str = ""
    met: bool | None = None
    load: tuple[float | None, float | None] = field(default=(None, None))

    def cells(self) -> tuple[str, ...]:
        shown = ("no", "yes")[self.value] if isinstance(self.value, bool) else f"{self.value:g} {self.unit}".strip()
        verdict = {None: "", True: "met", False: "MISSED"}[self.met]
        return self.bench, self.setting, self.what, shown, self.goal, verdict, f"{self.load[0]} - {self.load[1]}"


def table(figures: Iterable[Figure]) -> str:
    """Columns as wide as what stands in them."""
    rows = [("bench", "setting", "measured", "value", "goal", "", "load average"), *(f.cells() for f in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def write(figures: Iterable[Figure], path: Path, quick: bool) -> None:
    """Keep the figures with the machine on which they were measured."""
    machine = {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}
    body = {"at": datetime.now(UTC).isoformat(), "quick": quick, "machine": machine}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**body, "figures": [asdict(f) for f in figures]}, ensure_ascii=False, indent=1) + "\n")
