"""The lexical view: one linear model over syllables and pairs, its margins turned into calibrated probabilities.

The weights are those of a linear SVM plus a share of complement naive Bayes, which knows the rare words better: on
writers held out of training the sum is right 1.2 points more often than the SVM alone (1.5 without diacritics) and
costs nothing when asked. Logistic regression was 1 to 3 points worse than the SVM. Needs nothing but the sentences.
Saved without pickles: plain text and arrays.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from itertools import islice
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from sklearn.naive_bayes import ComplementNB
from sklearn.svm import LinearSVC

from nlu.ngrams import Block
from nlu.text.normalize import fold

FOLDS = 4
_ASKED = 1  # of the folds; more would only cost time
_CLOSE_ENOUGH = 0.05  # to the best weights: nearer takes a third longer and answers nothing otherwise
_BAYES_SHARE = 0.3  # spread of the naive Bayes part, relative to that of the SVM
# An answer of this confidence is acted upon; the promise is that so many of them are right, for people never read.
SURE, SURE_RIGHT = 0.5, 0.93
_MOST_CAUTION = 4.0
_TEMPERATURES = np.geomspace(0.05, 2.0, 60)  # tried ones; margins of the SVM are of order 1

Part = tuple[np.ndarray, np.ndarray]  # margins (n, labels), right columns (n,)


def log_softmax(scores: np.ndarray) -> np.ndarray:
    """Row-wise; (n, labels) to (n, labels)."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


class LexicalView:
    """Text to log-probabilities over `labels` (sorted ids); texts come rewritten by the lexicon."""

    def __init__(self) -> None:
        self.labels: list[str] = []
        self.blocks = [Block(folded=False), Block(folded=True)]
        self.weights = np.zeros((0, 0), np.float16)  # (features, labels): a sentence reads few rows
        self.bias = np.zeros(0, np.float32)
        self.temperature = 1.0
        self.caution = 1.0  # a probability to this power is a confidence that keeps the promise of SURE_RIGHT

    def fit(self, texts: Sequence[str], labels: Sequence[str], another: Executor) -> "LexicalView":
        """Learns from the texts and from their copies without diacritics; `another` sees to the held-out ones."""
        held_out = another.submit(_held_out, texts, labels)
        self._fit_weights(texts, labels)
        parts = held_out.result()
        self.temperature = _best_temperature(parts)
        self.caution = _caution(parts, self.temperature)
        return self

    def log_probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """(texts, labels)."""
        return log_softmax(self._margins(texts) / self.temperature)

    def _fit_weights(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        # A text that is typed without diacritics anyway would only be counted twice.
        bare = [(folded, label) for text, label in zip(texts, labels) if (folded := fold(text)) != text]
        all_texts = [*texts, *(text for text, _ in bare)]
        all_labels = [*labels, *(label for _, label in bare)]
        rows = sparse.hstack([block.fit(all_texts) for block in self.blocks], format="csr")
        machine = LinearSVC(C=1.0, tol=_CLOSE_ENOUGH, random_state=0).fit(rows, all_labels)
        self.labels = list(machine.classes_)
        weights, bias = machine.coef_, machine.intercept_
        if len(self.labels) == 2:  # scikit-learn keeps one row for two classes
            weights, bias = np.vstack([-weights, weights]), np.array([-bias[0], bias[0]])
        bayes = ComplementNB(alpha=0.1).fit(rows, all_labels).feature_log_prob_
        bayes = bayes - bayes.mean(axis=0)
        share = _BAYES_SHARE * _spread(rows @ weights.T) / _spread(rows @ bayes.T)
        self.weights = np.ascontiguousarray((weights + share * bayes).T, dtype=np.float16)
        self.bias = bias.astype(np.float32)

    def _margins(self, texts: Sequence[str]) -> np.ndarray:
        return np.stack([self._margin(text) for text in texts])

    def _margin(self, text: str) -> np.ndarray:
        """(labels,); without a sparse matrix, which costs more than it saves for one text."""
        margin, first = self.bias.astype(np.float64), 0
        for block in self.blocks:
            columns, values = block.row(text)
            margin += values @ self.weights[first + columns].astype(np.float32)
            first += len(block.known)
        return margin

    def save(self, folder: Path) -> None:
        """Writes into an existing folder."""
        (folder / "labels.json").write_text(json.dumps(self.labels), encoding="utf-8")
        grams = {f"known{number}": block.known for number, block in enumerate(self.blocks)}
        idf = {f"idf{number}": block.idf for number, block in enumerate(self.blocks)}
        np.savez(
            folder / "lexical.npz", weights=self.weights, bias=self.bias, scale=[self.temperature, self.caution],
            **grams, **idf,
        )  # fmt: skip

    @classmethod
    def load(cls, folder: Path) -> "LexicalView":
        """Reads what `save` wrote; never unpickles."""
        view = cls()
        view.labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        with np.load(folder / "lexical.npz", allow_pickle=False) as arrays:
            view.weights, view.bias = arrays["weights"], arrays["bias"]
            view.temperature, view.caution = (float(value) for value in arrays["scale"])
            for number, block in enumerate(view.blocks):
                block.known, block.idf = arrays[f"known{number}"], arrays[f"idf{number}"]
        return view


def _held_out(texts: Sequence[str], labels: Sequence[str]) -> list[Part]:
    """Margins and right columns of sentences that were not trained on."""
    parts = []
    for held_out in islice(folds(labels), 0, None, FOLDS // _ASKED):
        kept = [at for at in range(len(texts)) if at not in held_out]
        view = LexicalView()
        view._fit_weights([texts[at] for at in kept], [labels[at] for at in kept])
        column = {label: at for at, label in enumerate(view.labels)}
        asked = [at for at in sorted(held_out) if labels[at] in column]
        # Half of them as people without diacritics would type them.
        typed = [fold(texts[at]) if n % 2 else texts[at] for n, at in enumerate(asked)]
        if asked:
            parts.append((view._margins(typed), np.array([column[labels[at]] for at in asked])))
    return parts


def _spread(margins: np.ndarray) -> float:
    """Mean over the rows of the standard deviation over the labels."""
    return float(margins.std(axis=1).mean())


def folds(labels: Sequence[str]) -> Iterator[set[int]]:
    """Sets of positions to hold out; each takes a connected stretch of every label.

    Sentences of one writer stand together in the files, so that a stretch is close to a writer the model never read;
    a random split would promise more than new people's sentences keep.
    """
    places = defaultdict(list)
    for at, label in enumerate(labels):
        places[label].append(at)
    for number in range(FOLDS):
        yield {
            at
            for positions in places.values()
            for at in positions[number * len(positions) // FOLDS : (number + 1) * len(positions) // FOLDS]
        }


def _best_temperature(parts: list[Part]) -> float:
    """The one under which the right answers are likeliest."""

    def loss(temperature: float) -> float:
        return -sum(log_softmax(part / temperature)[np.arange(len(right)), right].sum() for part, right in parts)

    return float(min(_TEMPERATURES, key=loss)) if parts else 1.0


def _caution(parts: list[Part], temperature: float) -> float:
    """The exponent that brings the probability above which answers are right often enough down to `SURE`."""
    if not parts:
        return 1.0
    chances = np.concatenate([np.exp(log_softmax(part / temperature).max(axis=1)) for part, _ in parts])
    marks = np.concatenate([part.argmax(axis=1) == right for part, right in parts])
    order = np.argsort(-chances, kind="stable")
    shares = np.cumsum(marks[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(shares >= SURE_RIGHT)
    lowest = float(chances[order][enough[-1]]) if len(enough) else 1.0
    return float(np.clip(np.log(SURE) / np.log(min(max(lowest, SURE), 0.999)), 1.0, _MOST_CAUTION))
