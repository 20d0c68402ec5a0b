"""Pictures of a measurement: is a confidence worth what it says, and which labels are taken for which."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nlu.scores import BINS, Answer, Bin, bins, calibration_error

_BARS = 10
_INK, _BLUE, _GREY = "#1f2933", "#2b6cb0", "#b8c2cc"
_OTHER = "other"
# Text stays text in the SVG, and the same measurement gives the same file.
_STYLE = {"svg.fonttype": "none", "svg.hashsalt": "langnghe", "font.family": "DejaVu Sans", "text.color": _INK}


def draw(answers: Sequence[Answer], groups: Mapping[str, str], folder: Path) -> None:
    """Write reliability.svg, reliability.png and confusion.png; `groups` is label -> group, in order.

    Raises OSError when the folder cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(_STYLE):
        figure = reliability(answers)
        figure.savefig(folder / "reliability.svg", metadata={"Date": None})
        figure.savefig(folder / "reliability.png", dpi=150)
        confusion(answers, groups).savefig(folder / "confusion.png", dpi=130)


def reliability(answers: Sequence[Answer]) -> Figure:
    """Accuracy (strict) over confidence in ten bins, with the number of answers in each."""
    figure = Figure(figsize=(7, 6.4), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (3, 1)})
    parts = bins(answers, _BARS)
    middles = (np.arange(_BARS) + 0.5) / _BARS
    above.bar(middles, [part.accuracy for part in parts], width=0.09, color=_BLUE, label="right (strict)")
    above.plot([0, 1], [0, 1], color=_INK, linestyle="--", linewidth=1, label="as sure as right")
    above.set(xlim=(0, 1), ylim=(0, 1.08), ylabel="share of right answers")
    for middle, part in zip(middles, parts):
        if part.count:
            above.annotate(f"{part.accuracy:.0%}", (middle, part.accuracy), ha="center", va="bottom", fontsize=8)
    error = calibration_error(answers)
    above.set_title(f"{len(answers)} sentences, expected calibration error {error:.3f} ({BINS} bins)")
    _counts(below, parts, middles)
    below.legend(*above.get_legend_handles_labels(), loc="upper left", frameon=False)  # there is room here
    return figure


def _counts(axes: Axes, parts: Sequence[Bin], middles: np.ndarray) -> None:
    counts = [part.count for part in parts]
    axes.bar(middles, counts, width=0.09, color=_GREY)
    for middle, count in zip(middles, counts):
        axes.annotate(str(count), (middle, count), ha="center", va="bottom", fontsize=8)
    axes.set(xlabel="confidence", ylabel="sentences", ylim=(0, max(counts, default=1) * 1.25 or 1))
    axes.set_xticks(np.linspace(0, 1, _BARS + 1))


def confusion(answers: Sequence[Answer], groups: Mapping[str, str]) -> Figure:
    """Counts of strict errors, wanted against said; labels of a group stand together."""
    wrong = Counter((a.row.topic, a.label) for a in answers if not a.right())
    strangers = sorted({label for pair in wrong for label in pair} - set(groups))
    known = {**groups, **dict.fromkeys(strangers, _OTHER)}
    labels = list(known)
    place = {label: at for at, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)))
    for (wanted, said), count in wrong.items():
        counts[place[wanted], place[said]] = count
    figure = Figure(figsize=(6 + 0.27 * len(labels), 5 + 0.27 * len(labels)), layout="constrained")
    axes = figure.subplots()
    axes.imshow(np.ma.masked_equal(counts, 0), cmap="YlOrRd", vmin=0, vmax=max(4, counts.max()))
    for (wanted, said), count in wrong.items():
        colour = "white" if count > 0.6 * max(4, counts.max()) else _INK
        axes.text(place[said], place[wanted], str(count), ha="center", va="center", fontsize=9, color=colour)
    _label(axes, labels, known)
    errors = sum(wrong.values())
    axes.set_title(f"{errors} errors in {len(answers)} sentences (strict): wanted, and what was said", pad=12)
    return figure


def _label(axes: Axes, labels: Sequence[str], groups: Mapping[str, str]) -> None:
    """Names on both sides, a line between groups, the name of each group at the right end of its rows."""
    count = len(labels)
    axes.set_xticks(range(count), labels, rotation=90, fontsize=8)
    axes.set_yticks(range(count), labels, fontsize=8)
    axes.set(xlabel="said", ylabel="wanted")
    axes.set_xticks(np.arange(count + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(count + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="#edf0f3", linewidth=0.6)
    axes.tick_params(which="both", length=0)
    axes.plot([-0.5, count - 0.5], [-0.5, count - 0.5], color=_GREY, linewidth=0.8)
    start = 0
    for group, members in groupby(labels, key=groups.__getitem__):
        end = start + len(list(members))
        axes.axhline(end - 0.5, color=_GREY, linewidth=1)
        axes.axvline(end - 0.5, color=_GREY, linewidth=1)
        axes.text(count - 0.2, (start + end - 1) / 2, group, va="center", fontsize=8, color=_BLUE)
        start = end
