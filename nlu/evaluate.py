"""How well a model understands a labelled file: `python -m nlu.evaluate --model FILE FILE.tsv [--json]`.

nlu/rows.py tells the columns, nlu/scores.py what is counted, nlu/perturb.py how the same rows are typed otherwise.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from nlu.parse import Understanding
from nlu.perturb import REGISTERS, rewritten
from nlu.rows import Row, read_rows
from nlu.scores import SURE, Answer, quality, scores

ROOT = Path(__file__).resolve().parents[1]


def ask(understanding: Understanding, rows: Iterable[Row]) -> list[Answer]:
    """The model's answer to each row."""
    answers = []
    for row in rows:
        said = understanding.parse(row.text)
        ranking = tuple(place["id"] for place in said["ranking"])
        answers.append(Answer(row, said["label"], said["confidence"], ranking))
    return answers


def as_text(result: dict[str, Any]) -> str:
    """The figures as a table for people."""
    lines = [f"{result['sentences']} sentences", "", f"{'':10}{'accuracy':>10}{'macro-F1':>10}{'top-3':>8}"]
    lines += [_line(f"{kind:10}", result[kind]) for kind in ("strict", "lenient")]
    sure, calibration = result["sure"], result["calibration"]
    lines += [
        "",
        f"confidence >= {SURE}: {sure['share']:.1%} of the sentences, {sure['accuracy']:.1%} of them right "
        f"(strict {sure['strict']:.1%})",
        f"expected calibration error: {calibration['strict']:.3f} strict, {calibration['lenient']:.3f} lenient "
        f"({calibration['bins']} equal-width bins on `{calibration['on']}`, which is cautious on purpose; "
        f"chance alone makes {calibration['by_chance']:.3f} of so few)",
        "",
    ]
    lines += [f"{s:14}{p['sentences']:>6}{p['strict']:>9.3f}{p['lenient']:>9.3f}" for s, p in result["styles"].items()]
    if "registers" in result:
        lines += ["", "as typed otherwise: the same sentences, strict"]
        lines += [_line(f"{name:10}", part["strict"]) for name, part in result["registers"].items()]
    lines += ["", "worst confusions"]
    lines += [f"{c['count']:>4}  {c['topic']} -> {c['label']}" for c in result["confusions"]]
    return "\n".join(lines)


def _line(name: str, part: dict[str, float]) -> str:
    return f"{name}{part['accuracy']:>10.3f}{part['macro_f1']:>10.3f}{part['top3']:>8.3f}"


def measure(model: Path, rows: Sequence[Row], registers: bool, plots: Path | None) -> dict[str, Any]:
    """The whole report; pictures go into the folder `plots`."""
    understanding = Understanding(model)
    answers = ask(understanding, rows)
    result = scores(answers)
    if registers:
        result["registers"] = {name: quality(ask(understanding, rewritten(rows, name))) for name in REGISTERS}
    if plots is not None:
        from nlu.corpus import groups  # matplotlib takes a second to import
        from nlu.plots import draw

        draw(answers, groups(ROOT / "data"), plots)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m nlu.evaluate", description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, required=True, help="a model that nlu.train made")
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--registers", action="store_true", help="also the same sentences as typed otherwise")
    parser.add_argument("--plots", type=Path, help="folder for reliability.svg, reliability.png and confusion.png")
    arguments = parser.parse_args()
    try:
        rows = read_rows(arguments.file)
    except (OSError, ValueError) as error:
        print(f"nlu evaluate: {error}", file=sys.stderr)
        return 2
    try:
        result = measure(arguments.model, rows, arguments.registers, arguments.plots)
    except (OSError, ValueError) as error:
        print(f"nlu evaluate: {error}", file=sys.stderr)
        return 1
    print(json.dumps(result, ensure_ascii=False) if arguments.json else as_text(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
