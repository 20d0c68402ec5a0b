"""From answers to figures; standard library only. Shares are between 0 and 1.

Strict counts a row's `topic` only, lenient also its `alt`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from nlu.rows import Row

SURE = 0.5
BINS = 15  # of the calibration error
_DRAWS = 300
_TOP = 3
_WORST = 15


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


@dataclass(frozen=True)
class Bin:
    """Answers of about the same confidence: how many, their mean confidence, and the share that is right."""

    count: int
    confidence: float
    accuracy: float


def scores(answers: Sequence[Answer]) -> dict[str, Any]:
    """All figures of the report on one file."""
    styles = defaultdict(list)
    for answer in answers:
        styles[answer.row.style or "-"].append(answer)
    confused = Counter((a.row.topic, a.label) for a in answers if not a.right())
    return {
        **quality(answers),
        "sure": _sure(answers),
        "calibration": {
            "bins": BINS,
            "on": "confidence",
            "strict": calibration_error(answers),
            "lenient": calibration_error(answers, lenient=True),
            "by_chance": calibration_error_by_chance(answers),
        },
        "styles": {
            style: {
                "sentences": len(part),
                "strict": share(a.right() for a in part),
                "lenient": share(a.right(True) for a in part),
            }
            for style, part in sorted(styles.items())
        },
        "labels": _labels(answers),
        "confusions": [{"topic": t, "label": said, "count": n} for (t, said), n in confused.most_common(_WORST)],
    }


def quality(answers: Sequence[Answer]) -> dict[str, Any]:
    """How many, accuracy, macro-F1 and top-3, and which went wrong (strictly)."""
    return {
        "sentences": len(answers),
        "strict": _scores(answers, lenient=False),
        "lenient": _scores(answers, lenient=True),
        "wrong": [
            {
                "id": a.row.id,
                "style": a.row.style,
                "topic": a.row.topic,
                "label": a.label,
                "confidence": a.confidence,
            }
            for a in answers
            if not a.right()
        ],
    }


def share(marks: Iterable[bool]) -> float:
    """0.0 for none."""
    marks = list(marks)
    return round(sum(marks) / len(marks), 4) if marks else 0.0


def bins(answers: Sequence[Answer], count: int, lenient: bool = False) -> list[Bin]:
    """`count` bins of equal width over the confidence; a confidence on an edge belongs to the upper one."""
    parts: list[list[Answer]] = [[] for _ in range(count)]
    for answer in answers:
        parts[min(int(answer.confidence * count), count - 1)].append(answer)
    return [
        Bin(
            len(part),
            sum(a.confidence for a in part) / len(part) if part else 0.0,
            sum(a.right(lenient) for a in part) / len(part) if part else 0.0,
        )
        for part in parts
    ]


def calibration_error(answers: Sequence[Answer], lenient: bool = False) -> float:
    """Expected calibration error over `BINS` bins: the mean gap between confidence and accuracy, by answers."""
    gaps = (part.count * abs(part.accuracy - part.confidence) for part in bins(answers, BINS, lenient))
    return round(sum(gaps) / max(1, len(answers)), 4)


def calibration_error_by_chance(answers: Sequence[Answer]) -> float:
    """What answers of these confidences would measure if each were right exactly as often as it says.

    Few answers in many bins always leave a gap: of a hundred answers 0.07. Mean of draws that are always the same.
    """
    luck = Random(0)
    drawn = [
        calibration_error([replace(a, label=a.row.topic if luck.random() < a.confidence else "") for a in answers])
        for _ in range(_DRAWS)
    ]
    return round(sum(drawn) / _DRAWS, 4)


def _sure(answers: Sequence[Answer]) -> dict[str, float]:
    """How many answers are sure, and the share of these that is right (`accuracy` leniently)."""
    sure = [answer for answer in answers if answer.confidence >= SURE]
    return {
        "share": share(answer.confidence >= SURE for answer in answers),
        "accuracy": share(a.right(True) for a in sure),
        "strict": share(a.right() for a in sure),
    }


def _scores(answers: Sequence[Answer], lenient: bool) -> dict[str, float]:
    return {
        "accuracy": share(answer.right(lenient) for answer in answers),
        "macro_f1": _macro_f1([(a.row.topic, a.row.topic if a.right(lenient) else a.label) for a in answers]),
        "top3": share(answer.among_first(lenient) for answer in answers),
    }


def _macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """Mean F1 of the labels that occur as truth; pairs are (truth, said)."""
    hits = Counter(truth for truth, said in pairs if truth == said)
    truths, said = Counter(truth for truth, _ in pairs), Counter(label for _, label in pairs)
    each = [2 * hits[label] / (truths[label] + said[label]) for label in truths]
    return round(sum(each) / len(each), 4) if each else 0.0


def _labels(answers: Sequence[Answer]) -> dict[str, dict[str, float]]:
    """Recall and precision (strict) of each label that occurs as truth; a label never said has precision 0."""
    hits = Counter(a.label for a in answers if a.right())
    truths, said = Counter(a.row.topic for a in answers), Counter(a.label for a in answers)
    return {
        label: {
            "sentences": truths[label],
            "recall": round(hits[label] / truths[label], 4),
            "precision": round(hits[label] / said[label], 4) if said[label] else 0.0,
        }
        for label in sorted(truths)
    }
