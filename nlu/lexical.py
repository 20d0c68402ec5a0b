"""The lexical view: a linear SVM over syllables and pairs, its margins turned into calibrated probabilities.

Trains on 6,000 sentences in half a minute on one core and needs nothing but the sentences. Saved without pickles:
plain text and arrays.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from sklearn.svm import LinearSVC

from nlu.ngrams import Block
from nlu.text.normalize import fold

FOLDS = 4
_TEMPERATURES = np.geomspace(0.05, 2.0, 60)


def log_softmax(scores: np.ndarray) -> np.ndarray:
    """Row-wise; (n, labels) to (n, labels)."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


class LexicalView:
    """Text to log-probabilities over `labels` (sorted ids); texts come rewritten by the lexicon."""

    def __init__(self) -> None:
        self.labels: list[str] = []
        self.blocks = [Block(folded=False), Block(folded=True)]
        self.weights = np.zeros((0, 0), np.float32)  # (features, labels): a sentence reads few rows
        self.bias = np.zeros(0, np.float32)
        self.temperature = 1.0

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> "LexicalView":
        """Learns from the texts and from their copies without diacritics; deterministic."""
        self.temperature = self._calibrate(texts, labels)
        self._fit_weights(texts, labels)
        return self

    def log_probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """(texts, labels)."""
        return log_softmax(self._margins(texts) / self.temperature)

    def _fit_weights(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        # A text that is typed without diacritics anyway would only be counted twice.
        bare = [(folded, label) for text, label in zip(texts, labels) if (folded := fold(text)) != text]
        all_texts = [*texts, *(text for text, _ in bare)]
        all_labels = [*labels, *(label for _, label in bare)]
        for block in self.blocks:
            block.fit(all_texts)
        machine = LinearSVC(C=1.0, random_state=0).fit(self._rows(all_texts), all_labels)
        self.labels = list(machine.classes_)
        weights, bias = machine.coef_, machine.intercept_
        if len(self.labels) == 2:  # scikit-learn keeps one row for two classes
            weights, bias = np.vstack([-weights, weights]), np.array([-bias[0], bias[0]])
        self.weights = np.ascontiguousarray(weights.T, dtype=np.float32)
        self.bias = bias.astype(np.float32)

    def _rows(self, texts: Sequence[str]) -> sparse.csr_matrix:
        return sparse.hstack([block.rows(texts) for block in self.blocks], format="csr")

    def _margins(self, texts: Sequence[str]) -> np.ndarray:
        return np.asarray(self._rows(texts) @ self.weights + self.bias, dtype=np.float64)

    def _calibrate(self, texts: Sequence[str], labels: Sequence[str]) -> float:
        """The temperature under which sentences that were not trained on are most likely."""
        margins, answers = [], []
        for held_out in folds(labels):
            kept = [at for at in range(len(texts)) if at not in held_out]
            part = LexicalView()
            part._fit_weights([texts[at] for at in kept], [labels[at] for at in kept])
            column = {label: at for at, label in enumerate(part.labels)}
            asked = [at for at in sorted(held_out) if labels[at] in column]
            # Half of them as people without diacritics would type them.
            margins.append(part._margins([fold(texts[at]) if n % 2 else texts[at] for n, at in enumerate(asked)]))
            answers += [(len(margins) - 1, column[labels[at]]) for at in asked]
        return _best_temperature(margins, answers)

    def save(self, folder: Path) -> None:
        """Writes into an existing folder."""
        (folder / "labels.json").write_text(json.dumps(self.labels), encoding="utf-8")
        for number, block in enumerate(self.blocks):
            (folder / f"grams{number}.txt").write_text("\n".join(block.vocabulary), encoding="utf-8")
        idf = {f"idf{number}": block.idf for number, block in enumerate(self.blocks)}
        np.savez(folder / "lexical.npz", weights=self.weights, bias=self.bias, temperature=self.temperature, **idf)

    @classmethod
    def load(cls, folder: Path) -> "LexicalView":
        """Reads what `save` wrote; never unpickles."""
        view = cls()
        view.labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        with np.load(folder / "lexical.npz", allow_pickle=False) as arrays:
            view.weights, view.bias = arrays["weights"], arrays["bias"]
            view.temperature = float(arrays["temperature"])
            for number, block in enumerate(view.blocks):
                block.idf = arrays[f"idf{number}"]
                grams = (folder / f"grams{number}.txt").read_text(encoding="utf-8").split("\n")
                block.vocabulary = {gram: at for at, gram in enumerate(grams)}
        return view


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


def _best_temperature(margins: list[np.ndarray], answers: list[tuple[int, int]]) -> float:
    columns = [[column for number, column in answers if number == at] for at in range(len(margins))]

    def loss(temperature: float) -> float:
        return -sum(
            log_softmax(part / temperature)[np.arange(len(wanted)), wanted].sum()
            for part, wanted in zip(margins, columns)
            if len(wanted)
        )

    return float(min(_TEMPERATURES, key=loss)) if answers else 1.0
