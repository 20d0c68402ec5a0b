"""Understands texts without a server, through the very graph that the server runs: `python -m nlu.parse --model FILE`.

Reads one text a line on standard input, writes one JSON object a line, in order.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from nlu.quiet import quiet_rasa

_KEYS = ("label", "confidence", "ranking", "second", "entities", "place", "unaccented")


class Understanding:
    """The understanding half of a trained model; loading it takes as long as importing Rasa does."""

    def __init__(self, model: Path) -> None:
        with quiet_rasa(), tempfile.TemporaryDirectory() as folder:
            from rasa.core.channels.channel import UserMessage
            from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
            from rasa.engine.loader import load_predict_graph_runner
            from rasa.engine.runner.dask import DaskGraphRunner
            from rasa.engine.storage.local_model_storage import LocalModelStorage

            loaded = load_predict_graph_runner(Path(folder), model, LocalModelStorage, DaskGraphRunner)
        metadata, self._runner = loaded
        self._target = metadata.nlu_target
        self._inputs = lambda text: {PLACEHOLDER_MESSAGE: [UserMessage(text)], PLACEHOLDER_TRACKER: None}

    def parse(self, text: str) -> dict[str, Any]:
        """What `/model/parse` answers, in the shape of the command line's contract."""
        parsed = self.message(text)
        intent = parsed["intent"]
        rest = {key: parsed.get(key) for key in _KEYS}  # Rasa leaves out what is None
        return {"text": parsed["text"], "intent": intent["name"], "intent_confidence": intent["confidence"], **rest}

    def message(self, text: str) -> dict[str, Any]:
        """All that the components of this model put out, whichever they are."""
        found = self._runner.run(inputs=self._inputs(text), targets=[self._target])[self._target][0]
        return found.as_dict(only_output_properties=True)


def parse_lines(model: Path, lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """One result a line, also for an empty one."""
    understanding = Understanding(model)
    for line in lines:
        yield understanding.parse(line.rstrip("\r\n"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m nlu.parse", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a model that nlu.train made")
    model = parser.parse_args().model
    if not model.exists():
        print(f"nlu parse: there is no model {model}", file=sys.stderr)
        return 1
    sys.stdin.reconfigure(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8")
    for result in parse_lines(model, sys.stdin):
        print(json.dumps(result, ensure_ascii=False), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
