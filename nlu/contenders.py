"""The systems that nlu/compare.py sets side by side; each trains and serves in a process of its own.

    ours    the pipeline of config.yml
    lexical the same without its encoder
    stock   what `rasa init` of Rasa 3.6 writes; every topic is an intent. Its ResponseSelector is left out: there
            are no retrieval intents for it to learn
    plain   words, TF-IDF and logistic regression, as scikit-learn sets them

`python -m nlu.contenders train|serve NAME …` writes `NAME.json` into the working folder.
"""

import argparse
import json
import re
import resource
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from nlu.corpus import groups, sentences
from nlu.evaluate import ask
from nlu.parse import Understanding
from nlu.perturb import rewritten
from nlu.quiet import quiet_rasa
from nlu.rows import Row, read_rows
from nlu.scores import Answer, quality
from nlu.train import train_pipeline

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("stock", "plain", "lexical", "ours")
DATA = "data"  # the copy of the training sentences in the working folder
_RANKED = 5
_WARM_UP = 20
_NODIAC = "nodiac"  # the style of rows whose writers left the diacritics out, and the register that drops them

_STOCK = """\
recipe: default.v1
assistant_id: stock
language: en
pipeline:
  - name: WhitespaceTokenizer
  - name: RegexFeaturizer
  - name: LexicalSyntacticFeaturizer
  - name: CountVectorsFeaturizer
  - name: CountVectorsFeaturizer
    analyzer: char_wb
    min_ngram: 1
    max_ngram: 4
  - name: DIETClassifier
    epochs: {epochs}
  - name: EntitySynonymMapper
  - name: FallbackClassifier
    threshold: 0.3
    ambiguity_threshold: 0.1
"""

Ask = Callable[[Sequence[Row]], list[Answer]]


def train_ours(work: Path, options: argparse.Namespace) -> None:
    _train_pipeline(work, "ours", options.adapter)


def train_lexical(work: Path, options: argparse.Namespace) -> None:
    _train_pipeline(work, "lexical", None)


def _train_pipeline(work: Path, name: str, adapter: str | None) -> None:
    config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    for component in config["pipeline"]:
        if component["name"].endswith("TopicClassifier"):
            component["adapter"] = adapter
    written = work / f"{name}-config.yml"
    written.write_text(yaml.safe_dump(config), encoding="utf-8")
    train_pipeline(work / f"{name}.tar.gz", str(written), [str(work / DATA)])


def train_stock(work: Path, options: argparse.Namespace) -> None:
    texts: dict[str, list[str]] = {}
    for sentence in sentences(work / DATA):
        texts.setdefault(sentence.label, []).append(f"- {sentence.text}\n")
    blocks = [{"intent": label, "examples": "".join(lines)} for label, lines in texts.items()]
    training = work / "stock-training.yml"
    training.write_text(yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True), encoding="utf-8")
    config = work / "stock-config.yml"
    config.write_text(_STOCK.format(epochs=options.epochs), encoding="utf-8")
    with quiet_rasa():
        from rasa.model_training import train_nlu

        made = train_nlu(str(config), str(training), output=str(work), fixed_model_name="stock")
    if not made:
        raise RuntimeError("Rasa trained no model for stock")


def train_plain(work: Path, options: argparse.Namespace) -> None:
    import joblib
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    known = sentences(work / DATA)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the default number of steps may not be enough: that is the default
        model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(
            [sentence.text for sentence in known], [sentence.label for sentence in known]
        )
    joblib.dump(model, work / "plain.joblib")


def open_ours(work: Path, cases: frozenset[str]) -> Ask:
    return _open_pipeline(work / "ours.tar.gz")


def open_lexical(work: Path, cases: frozenset[str]) -> Ask:
    return _open_pipeline(work / "lexical.tar.gz")


def _open_pipeline(model: Path) -> Ask:
    understanding = Understanding(model)
    return lambda rows: ask(understanding, rows)


def open_stock(work: Path, cases: frozenset[str]) -> Ask:
    understanding = Understanding(work / "stock.tar.gz")

    def answer(row: Row) -> Answer:
        ranking = understanding.message(row.text)["intent_ranking"]
        return _best_case(row, ((place["name"], place["confidence"]) for place in ranking), cases)

    return lambda rows: [answer(row) for row in rows]


def open_plain(work: Path, cases: frozenset[str]) -> Ask:
    import joblib

    model = joblib.load(work / "plain.joblib")  # written by train_plain a moment ago

    def answer(row: Row) -> Answer:
        chances = zip(model.classes_, model.predict_proba([row.text])[0])
        return _best_case(row, sorted(chances, key=lambda pair: -pair[1]), cases)

    return lambda rows: [answer(row) for row in rows]


def _best_case(row: Row, ranking: Iterable[tuple[str, float]], cases: frozenset[str]) -> Answer:
    """The best topic or outcome stands, as it does in our own answers; dialogue intents are not what is scored."""
    kept = [(label, float(chance)) for label, chance in ranking if label in cases][:_RANKED]
    label, confidence = kept[0] if kept else ("", 0.0)
    return Answer(row, label, confidence, tuple(name for name, _ in kept))


_TRAIN = {"ours": train_ours, "lexical": train_lexical, "stock": train_stock, "plain": train_plain}
_OPEN = {"ours": open_ours, "lexical": open_lexical, "stock": open_stock, "plain": open_plain}


def serve(work: Path, name: str, files: Sequence[Path]) -> dict[str, Any]:
    """Load the model, answer every row alone, and tell figures by file, speed and memory."""
    begin = time.perf_counter()
    answer = _OPEN[name](work, frozenset(groups(work / DATA)))
    loaded = time.perf_counter() - begin
    measured, seconds, asked = {}, 0.0, 0
    for path in files:
        rows = read_rows(path)
        answer(rows[:_WARM_UP])
        begin = time.perf_counter()
        answers = answer(rows)
        seconds, asked = seconds + time.perf_counter() - begin, asked + len(rows)
        measured[str(path)] = {
            **_brief(answers),
            "nodiac": _brief([a for a in answers if a.row.style == _NODIAC]),
            "folded": _brief(answer(rewritten(rows, _NODIAC))),
        }
    return {
        "files": measured,
        "per_second": round(asked / seconds, 1),
        "load_seconds": round(loaded, 1),
        "memory_mb": peak_memory_mb(),
    }


def _brief(answers: Sequence[Answer]) -> dict[str, Any]:
    return {key: value for key, value in quality(answers).items() if key != "wrong"}


def peak_memory_mb() -> int:
    """The most memory this process has held so far, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():  # what `resource` tells on Linux begins with the peak of the process that started us
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        if found:
            return int(found[1]) // 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 * 1024 if sys.platform == "darwin" else 1024)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m nlu.contenders", description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("train", "serve"))
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=100, help="of stock")
    parser.add_argument("--adapter", help="of ours")
    arguments = parser.parse_args()
    if arguments.what == "train":
        _TRAIN[arguments.name](arguments.work, arguments)
        result: dict[str, Any] = {"train_memory_mb": peak_memory_mb()}
    else:
        result = serve(arguments.work, arguments.name, arguments.files)
    (arguments.work / f"{arguments.name}.json").write_text(json.dumps(result), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
