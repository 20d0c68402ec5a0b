"""How well a model understands a labelled file: `python -m nlu.evaluate --model FILE FILE.tsv [--json]`.

The file has the columns id, text, topic and, if wanted, style and alt (other labels that a second reader would accept,
separated by | or a comma). Strict counts `topic` only, lenient also `alt`.
"""

import argparse
import csv
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.parse import Understanding

_TOP = 3
_WORST = 15
_SURE = 0.5


@dataclass(frozen=True)
class Row:
    """One labelled text; `alt` are the other labels that count in the lenient score."""

    id: str
    text: str
    topic: str
    style: str = ""
    alt: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Answer:
    """A row and what the model said to it; `ranking` holds ids, best first."""

    row: Row
    label: str
    confidence: float
    ranking: tuple[str, ...]

    def right(self, lenient: bool = False) -> bool:
        return self.label == self.row.topic or (lenient and self.label in self.row.alt)

    def among_first(self, lenient: bool = False) -> bool:
        wanted = {self.row.topic} | (self.row.alt if lenient else frozenset())
        return bool(wanted & set(self.ranking[:_TOP]))


def read_rows(path: Path) -> list[Row]:
    """Raises ValueError when a needed column is missing."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        missing = {"id", "text", "topic"} - set(reader.fieldnames or ())
        if missing:
            raise ValueError(f"{path.name} lacks the column {', '.join(sorted(missing))}")
        return [_row(cells) for cells in reader]


def _row(cells: dict[str, str | None]) -> Row:
    alt = frozenset(filter(None, re.split(r"[|,;\s]+", cells.get("alt") or "")))
    return Row(cells["id"] or "", cells["text"] or "", cells["topic"] or "", cells.get("style") or "", alt)


def ask(understanding: Understanding, rows: Iterable[Row]) -> list[Answer]:
    """The model's answer to each row."""
    answers = []
    for row in rows:
        said = understanding.parse(row.text)
        ranking = tuple(place["id"] for place in said["ranking"])
        answers.append(Answer(row, said["label"], said["confidence"], ranking))
    return answers


def scores(answers: Sequence[Answer]) -> dict[str, Any]:
    """All figures of the report; shares between 0 and 1."""
    styles = defaultdict(list)
    for answer in answers:
        styles[answer.row.style or "-"].append(answer)
    confused = Counter((a.row.topic, a.label) for a in answers if not a.right())
    sure = [answer for answer in answers if answer.confidence >= _SURE]
    return {
        "sentences": len(answers),
        "strict": _scores(answers, lenient=False),
        "lenient": _scores(answers, lenient=True),
        "sure": {"share": len(sure) / max(1, len(answers)), "accuracy": _share(a.right(True) for a in sure)},
        "styles": {
            style: {
                "sentences": len(part),
                "strict": _share(a.right() for a in part),
                "lenient": _share(a.right(True) for a in part),
            }
            for style, part in sorted(styles.items())
        },
        "confusions": [{"topic": t, "label": said, "count": n} for (t, said), n in confused.most_common(_WORST)],
    }


def _scores(answers: Sequence[Answer], lenient: bool) -> dict[str, float]:
    return {
        "accuracy": _share(answer.right(lenient) for answer in answers),
        "macro_f1": _macro_f1([(a.row.topic, a.row.topic if a.right(lenient) else a.label) for a in answers]),
        "top3": _share(answer.among_first(lenient) for answer in answers),
    }


def _share(marks: Iterable[bool]) -> float:
    marks = list(marks)
    return round(sum(marks) / len(marks), 4) if marks else 0.0


def _macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """Mean F1 of the labels that occur as truth; pairs are (truth, said)."""
    hits = Counter(truth for truth, said in pairs if truth == said)
    truths, said = Counter(truth for truth, _ in pairs), Counter(label for _, label in pairs)
    each = [2 * hits[label] / (truths[label] + said[label]) for label in truths]
    return round(sum(each) / len(each), 4) if each else 0.0


def as_text(result: dict[str, Any]) -> str:
    """The figures as a table for people."""
    lines = [f"{result['sentences']} sentences", "", f"{'':10}{'accuracy':>10}{'macro-F1':>10}{'top-3':>8}"]
    for kind in ("strict", "lenient"):
        part = result[kind]
        lines.append(f"{kind:10}{part['accuracy']:>10.3f}{part['macro_f1']:>10.3f}{part['top3']:>8.3f}")
    sure = result["sure"]
    lines += [
        "",
        f"confidence >= {_SURE}: {sure['share']:.1%} of the sentences, {sure['accuracy']:.1%} of them right",
        "",
    ]
    lines += [f"{s:14}{p['sentences']:>6}{p['strict']:>9.3f}{p['lenient']:>9.3f}" for s, p in result["styles"].items()]
    lines += ["", "worst confusions"]
    lines += [f"{c['count']:>4}  {c['topic']} -> {c['label']}" for c in result["confusions"]]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m nlu.evaluate", description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, required=True, help="a model that nlu.train made")
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    arguments = parser.parse_args()
    try:
        rows = read_rows(arguments.file)
        result = scores(ask(Understanding(arguments.model), rows))
    except (OSError, ValueError) as error:
        print(f"nlu evaluate: {error}", file=sys.stderr)
        return 1
    print(json.dumps(result, ensure_ascii=False) if arguments.json else as_text(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
