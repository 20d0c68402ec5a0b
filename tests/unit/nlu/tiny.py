"""Training data and a measured file so small that a model learns in seconds; plots drawn in Rasa's environment."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.unit.nlu.rasa_side import EXAMPLES, PYTHON, ROOT

_GROUPS = {"street_lighting": "urban_infrastructure", "waste_collection": "environment"}
_TSV = """\
id\ttext\ttopic\tstyle\talt
t1\tđèn trong ngõ tắt tối om\tstreet_lighting\tchat\t
t2\trac dau ngo khong ai thu gom\twaste_collection\tnodiac\t
t3\tđèn đường tắt cả tuần\twaste_collection\tchat\tstreet_lighting
"""


def write_data(folder: Path) -> Path:
    """The folders `topics` and `nlu` with the examples of rasa_side.py."""
    for part in ("topics", "nlu"):
        (folder / part).mkdir(parents=True)
    for label, texts in EXAMPLES.items():
        examples = "  examples: |\n" + "".join(f"    - {text}\n" for text in texts)
        if label in _GROUPS:
            head = f"topic:\n  id: {label}\n  group: {_GROUPS[label]}\nnlu:\n- intent: report\n"
            (folder / "topics" / f"{label}.yml").write_text(f"{head}  metadata: {{topic: {label}}}\n{examples}")
        else:
            (folder / "nlu" / f"{label}.yml").write_text(f"nlu:\n- intent: {label}\n{examples}")
    return folder


def write_rows(path: Path) -> Path:
    path.write_text(_TSV, encoding="utf-8")
    return path


def run_module(module: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A module of nlu/ in Rasa's environment."""
    return subprocess.run(
        [str(PYTHON), "-W", "ignore", "-m", module, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=880,
        check=False,
    )


def _draw(folder: Path) -> dict[str, Any]:
    from nlu.plots import confusion, draw
    from nlu.rows import Row
    from nlu.scores import Answer

    wanted_said = [("noise", "noise", 0.95), ("noise", "praise", 0.35), ("noise", "praise", 0.38), ("spam", "odd", 0.7)]
    answers = [Answer(Row("x", "…", wanted), said, sure, (said,)) for wanted, said, sure in wanted_said]
    groups = {"noise": "environment", "stray_animals": "urban_order", "praise": "outcomes", "spam": "outcomes"}
    draw(answers, groups, folder)
    draw([], groups, folder / "nothing")
    axes = confusion(answers, groups).axes[0]
    return {
        "labels": [tick.get_text() for tick in axes.get_yticklabels()],
        "texts": [text.get_text() for text in axes.texts],
        "title": axes.get_title(),
    }


if __name__ == "__main__":
    print(json.dumps(_draw(Path(sys.argv[1]))))
