"""Ours with and without encoder, Rasa's stock pipeline and a plain linear model: `python -m nlu.compare [FILE.tsv …]`.

Each learns the same sentences in a process of its own and then answers, in another one, sentence by sentence; what
that one holds at most is the memory told. The training time is that of the whole process.

The stock pipeline learns slowly: of all our sentences for the better part of a day. So all three learn the same few of
each label (`--per-label`). What nlu/encoder learned beforehand (adapter.npz) comes ready with ours, is not in its time,
and knows all sentences: `--adapter FILE` takes one that `python -m nlu.adapt --per-label N --out FILE` learned of the
same few, and the lexical view alone stands beside it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.contenders import DATA, NAMES
from nlu.corpus import FOLDERS, sentences, write_sample
from nlu.rows import read_rows

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "tests" / "nlu" / "development.tsv"
STOCK, OURS = "stock", "ours"
ADAPTER = ROOT / "nlu" / "encoder" / "adapter.npz"
PER_LABEL = 20
_ALL = "all"
_TELL_EVERY = 60.0  # seconds
_WIDTH = 12

# Name in the report, and where the share of right answers stands in what a system says of a file.
MEASURES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("strict accuracy", ("strict", "accuracy")),
    ("lenient accuracy", ("lenient", "accuracy")),
    ("macro-F1", ("strict", "macro_f1")),
    ("top-3", ("strict", "top3")),
    ("typed without diacritics, strict", ("nodiac", "strict", "accuracy")),
    ("typed without diacritics, lenient", ("nodiac", "lenient", "accuracy")),
    ("all folded, strict", ("folded", "strict", "accuracy")),
    ("all folded, lenient", ("folded", "lenient", "accuracy")),
)
_COSTS = (
    ("sentences a second, one by one", "per_second"),
    ("training, seconds", "train_seconds"),
    ("memory when serving, MiB", "memory_mb"),
    ("memory when training, MiB", "train_memory_mb"),
)


@dataclass(frozen=True)
class Plan:
    """`per_label` sentences of each label are learned, or None for all."""

    files: Sequence[Path]
    names: Sequence[str]
    data: Path
    per_label: int | None
    adapter: Path
    epochs: int


def compare(plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """The whole report; raises RuntimeError when a system cannot be trained or asked."""
    with tempfile.TemporaryDirectory(prefix="langnghe-compare-") as folder:
        work = Path(folder)
        # A copy: somebody may change the data while the slow one learns.
        write_sample(plan.data, work / DATA, plan.per_label)
        known = sentences(work / DATA)
        labels = len({sentence.label for sentence in known})
        say(f"{len(known)} training sentences, {labels} labels, {', '.join(plan.names)}")
        systems = {name: _measure(name, work, plan, say) for name in plan.names}
    return {
        "training_sentences": len(known),
        "labels": labels,
        "per_label": plan.per_label,
        "adapter": _adapter_name(plan.adapter),
        "epochs": plan.epochs,
        "systems": with_errors_against_stock(systems),
    }


def _measure(name: str, work: Path, plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    say(f"{name}: training" + (f", {plan.epochs} epochs" if name == STOCK else ""))
    options = {STOCK: [f"--epochs={plan.epochs}"], OURS: [f"--adapter={plan.adapter}"]}
    begin = time.monotonic()
    trained = _run(name, work, ["train", name, *options.get(name, [])], say)
    seconds = round(time.monotonic() - begin, 1)
    say(f"{name}: trained in {seconds:.0f} s; answering")
    served = _run(name, work, ["serve", name, *(str(path.resolve()) for path in plan.files)], say)
    served["files"] = dict(zip(map(str, plan.files), served["files"].values()))  # named as they were given
    return {"train_seconds": seconds, **trained, **served}


def _run(name: str, work: Path, arguments: list[str], say: Callable[[str], None]) -> dict[str, Any]:
    command = [sys.executable, "-W", "ignore", "-m", "nlu.contenders", *arguments, "--work", str(work)]
    begin = time.monotonic()
    with (work / "said.log").open("w+") as said:
        # From the working folder, so that Rasa's cache is not ours.
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(command, cwd=work, env=environment, stdout=said, stderr=said) as process:
            while True:
                try:
                    status = process.wait(_TELL_EVERY)
                    break
                except subprocess.TimeoutExpired:
                    say(f"{name}: still at it after {(time.monotonic() - begin) / 60:.0f} min")
                except KeyboardInterrupt:
                    process.terminate()
                    raise
        if status != 0:
            said.seek(0)
            ended = f"ended by signal {-status}" if status < 0 else f"ended with status {status}"
            last = (said.read().strip().splitlines() or [ended])[-1]
            raise RuntimeError(f"{name} could not {arguments[0]}: {last}")
    return json.loads((work / f"{name}.json").read_text(encoding="utf-8"))


def with_errors_against_stock(systems: dict[str, Any]) -> dict[str, Any]:
    """Adds to each file of each system the errors as a ratio to those of the stock pipeline.

    0.5 means half as many; None where there is no stock pipeline, nothing to count, or stock makes none.
    """
    for system in systems.values():
        for name, figures in system["files"].items():
            stock = systems.get(STOCK, {}).get("files", {}).get(name)
            figures["errors_against_stock"] = {
                measure: _ratio(_share(figures, path), _share(stock, path)) for measure, path in MEASURES
            }
    return systems


def _share(figures: dict[str, Any] | None, path: tuple[str, ...]) -> float | None:
    """None for figures of no sentence."""
    for key in path:
        if not figures or figures.get("sentences") == 0:
            return None
        figures = figures[key]
    return figures


def _ratio(share: float | None, stock: float | None) -> float | None:
    if share is None or stock is None or stock >= 1:
        return None
    return round((1 - share) / (1 - stock), 3)


def as_text(result: dict[str, Any]) -> str:
    """A table for people, one column for each system."""
    systems = result["systems"]
    lines = [_learned(result)]
    for name, first in next(iter(systems.values()))["files"].items():
        counted = f"{first['sentences']} sentences, {first['nodiac']['sentences']} typed without diacritics"
        lines += ["", f"{name}: {counted}", _row("", list(systems))]
        parts = [system["files"][name] for system in systems.values()]
        for measure, path in MEASURES:
            lines.append(_row(measure, [_shown(_share(part, path), "{:.3f}") for part in parts]))
        if STOCK in systems:
            lines.append("errors, stock = 1")
            for measure, _ in MEASURES:
                ratios = [part["errors_against_stock"][measure] for part in parts]
                lines.append(_row(f"  {measure}", [_shown(ratio, "{:.2f}") for ratio in ratios]))
    lines += ["", _row("", list(systems))]
    lines += [_row(cost, [f"{system[key]:.0f}" for system in systems.values()]) for cost, key in _COSTS]
    return "\n".join(lines)


def _learned(result: dict[str, Any]) -> str:
    many = f"{result['training_sentences']} training sentences"
    few = f", at most {result['per_label']} of each of the {result['labels']} labels"
    parts = [many + (few if result["per_label"] else f" of {result['labels']} labels")]
    if OURS in result["systems"]:
        parts.append(f"adapter of ours: {result['adapter']}")
    if STOCK in result["systems"]:
        parts.append(f"stock pipeline with {result['epochs']} epochs")
    return "; ".join(parts)


def _adapter_name(adapter: Path) -> str:
    return f"{adapter.name}, learned of all sentences" if adapter == ADAPTER else adapter.name


def _row(name: str, cells: Sequence[str]) -> str:
    return f"{name:36}" + "".join(f"{cell:>{_WIDTH}}" for cell in cells)


def _shown(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)


def _names(given: str) -> list[str]:
    names = [name.strip() for name in given.split(",")]
    if not set(names) <= set(NAMES):
        raise argparse.ArgumentTypeError(f"choose from {', '.join(NAMES)}")
    return [name for name in NAMES if name in names]


def _count(given: str) -> int:
    if not given.isdigit() or int(given) < 1:
        raise argparse.ArgumentTypeError("a whole number from 1")
    return int(given)


def _per_label(given: str) -> int | None:
    return None if given == _ALL else _count(given)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m nlu.compare", description=__doc__.split("\n")[0])
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE.tsv", help=f"default: {FILE.relative_to(ROOT)}")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--only", type=_names, default=list(NAMES), help=f"some of {','.join(NAMES)}: stock is slow")
    parser.add_argument("--epochs", type=_count, default=100, help="of the stock pipeline; 100 is what rasa init sets")
    parser.add_argument(
        "--per-label", type=_per_label, default=PER_LABEL, metavar="N", help=f"sentences to learn, or {_ALL}"
    )
    parser.add_argument("--adapter", type=Path, default=ADAPTER, metavar="FILE", help="of ours")
    parser.add_argument("--data", type=Path, default=ROOT / "data", help="folder with topics/ and nlu/")
    arguments = parser.parse_args()
    files = list({path.resolve(): path for path in arguments.files or [FILE]}.values())
    try:
        for path in files:
            read_rows(path)
        if not arguments.adapter.is_file():
            raise ValueError(f"there is no adapter {arguments.adapter}")
        for part in FOLDERS:
            if not (arguments.data / part).is_dir():
                raise ValueError(f"{arguments.data} has no folder {part}")
    except (OSError, ValueError) as error:
        print(f"nlu compare: {error}", file=sys.stderr)
        return 2
    try:
        learned = (arguments.data, arguments.per_label, arguments.adapter.resolve(), arguments.epochs)
        plan = Plan(files, arguments.only, *learned)
        result = compare(plan, _say)
    except (OSError, RuntimeError) as error:
        print(f"nlu compare: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 1
    print(json.dumps(result, ensure_ascii=False) if arguments.json else as_text(result))
    return 0


def _say(line: str) -> None:
    print(f"compare: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
