"""What test_encoder.py asks of Rasa's environment: one JSON object on standard output."""

import json
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

import numpy as np

from nlu.encoder.adapter import Adapter
from nlu.encoder.tokens import LONGEST, Pieces
from nlu.encoder.view import EncoderView
from nlu.encoder.weights import Weights, find_weights
from nlu.pool import pool

ASKED = [
    "bóng cao áp đầu ngõ tắt ngóm mấy tối nay",
    "den duong trong ngo tat toi om",
    "ba hôm nay chưa có ai đến lấy, túi nào túi nấy bốc mùi trước cửa",
]


def answer() -> dict:
    path = find_weights()
    if path is None:
        return {"installed": False}
    weights = Weights(path)
    pieces = Pieces(weights)
    text = "Đèn đường, ngõ 97"
    with tempfile.TemporaryDirectory() as folder:
        built = EncoderView.build(Path(folder))
        view = EncoderView.load(Path(folder))
        with patch("nlu.encoder.view.find_weights", lambda: None):
            gone = EncoderView.load(Path(folder))
        chances = view.log_probabilities(ASKED)
        alone = [view.log_probabilities([text]) for text in ASKED]
        again = EncoderView.load(Path(folder)).log_probabilities(ASKED)
        empty = EncoderView.load(Path(folder) / "nothing")
    adapter = Adapter.load()
    lexical = np.log(np.array([[0.6, 0.3, 0.1]]))
    encoded = np.log(np.array([[0.2, 0.8]]))
    return {
        "installed": True,
        "built": built,
        "without_weights": gone is None,
        "without_network": empty is None,
        "cut": "".join(weights.pieces[at] for at in pieces(text)[1:-1]).replace("\u2581", " ").strip(),
        "ends": [int(pieces(text)[0]) == weights.first, int(pieces(text)[-1]) == weights.last],
        "longest": len(pieces("ngập nước " * 500)) == LONGEST,
        "said": [view.labels[int(row.argmax())] for row in chances],
        "sums": [float(total) for total in np.exp(chances).sum(axis=1)],
        "one_by_one": bool(np.allclose(chances, np.concatenate(alone), atol=1e-5)),
        "same_again": bool(np.array_equal(chances, again)),
        "labels": sorted(adapter.labels),
        "pooled": np.exp(pool(lexical, ["a", "b", "c"], encoded, ["a", "b"], 0.5))[0].tolist(),
        "only_lexical": np.exp(pool(lexical, ["a", "b", "c"], encoded, ["a", "b"], 0.0))[0].tolist(),
    }


if __name__ == "__main__":
    json.dump(answer(), sys.stdout)
