"""Texts to log-probabilities over labels by the adapted encoder; absent where its weights are not installed."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from nlu.encoder.adapter import FILE, Adapter
from nlu.encoder.tokens import Pieces
from nlu.encoder.weights import Weights, find_weights
from nlu.lexical import log_softmax

NETWORK, ADAPTER = "encoder.onnx", "adapter.npz"


class EncoderView:
    """`labels` are those that the adapter learned; a text costs about 10 ms for 30 syllables on one core."""

    def __init__(self, weights: Weights, adapter: Adapter, network: Path) -> None:
        options = onnxruntime.SessionOptions()
        # One thread: the other core answers somebody else, and two are slower when it is busy.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])
        self._pieces = Pieces(weights)
        self._weights = weights
        kind = weights.vector("emb.type")[: weights.width]
        self._positions = weights.vector("emb.pos").reshape(-1, weights.width) + kind
        self.adapter = adapter
        self.labels = adapter.labels

    @classmethod
    def build(cls, folder: Path, adapter: Path = FILE) -> bool:
        """Write network and adapter into a model's folder. False where the weights are not installed."""
        path = find_weights()
        if path is None:
            return False
        # Only training needs the libraries that make networks; they would take 50 MB of the server.
        from nlu.encoder.graph import build

        build(Weights(path), Adapter.load(adapter).changes(), folder / NETWORK)
        shutil.copyfile(adapter, folder / ADAPTER)
        return True

    @classmethod
    def load(cls, folder: Path) -> "EncoderView | None":
        """What `build` wrote; None when there is nothing, or the weights are gone since."""
        path = find_weights()
        if path is None or not (folder / NETWORK).exists():
            return None
        return cls(Weights(path), Adapter.load(folder / ADAPTER), folder / NETWORK)

    def log_probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """(texts, labels); texts come rewritten by the lexicon."""
        adapter = self.adapter
        meanings = np.stack([self._meaning(text) for text in texts])
        return log_softmax((meanings @ adapter.weights.T + adapter.bias) / adapter.temperature)

    def _meaning(self, text: str) -> np.ndarray:
        """(width,)."""
        pieces = self._pieces(text)
        embedded = self._weights.embeddings(pieces) + self._positions[: len(pieces)]
        return self._session.run(None, {"pieces": embedded})[0]
