"""Runs the benches, one after the other, and shows one table."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from bot.settings import ROOT
from tests.load import fan_out, webhooks
from tests.load.report import Figure, table, write

BENCHES = {"webhooks": webhooks, "fan_out": fan_out}


def main(arguments: list[str] | None = None) -> int:
    """Returns 1 when a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("benches", nargs="*", metavar="bench", help=f"of {', '.join(BENCHES)}; all when none is named")
    parser.add_argument("--quick", action="store_true", help="5 s and 300 notices: whether it works, not how fast")
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "bench.json")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.benches) - set(BENCHES):
        parser.error(f"no bench is called {', '.join(sorted(unknown))}")
    figures: list[Figure] = []
    for figure in (found for name in chosen.benches or BENCHES for found in BENCHES[name].run(chosen.quick)):
        # Kept as they come: a run takes twenty minutes, and what was measured shall survive if it is broken off.
        figures.append(figure)
        write(figures, chosen.out, chosen.quick)
    print(table(figures))
    return 1 if any(figure.met is False for figure in figures) else 0


if __name__ == "__main__":
    # Whoever ends us ends the roles and databases of the bench with us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
