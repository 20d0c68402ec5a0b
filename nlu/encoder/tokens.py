"""Text to the pieces of the encoder's unigram vocabulary (SentencePiece, as XLM-RoBERTa cuts it)."""

import re

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import Unigram

from nlu.encoder.weights import Weights

_PREFIX = "query: "  # the encoder was trained on texts that begin so
_SPACE = "\u2581"
# Vietnamese, English, punctuation, signs and emoji, in pieces no longer than a syllable with its blank. The other seven
# in ten of the vocabulary belong to other languages and would only take memory.
_LETTERS = "ăâđêôơưáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ"
_SIGNS = "\u0300-\u036f\u2000-\u2bff\u3000-\u303f\ufe00-\ufe0f\uff00-\uff65\U0001f000-\U0001faff"
_WRITTEN_HERE = re.compile(f"[\u0000-\u007f{_LETTERS}{_LETTERS.upper()}{_SIGNS}]{{1,8}}")
LONGEST = 128
"""Pieces of one text, its two ends included; about 90 syllables. The rest of a letter repeats its beginning."""


class Pieces:
    """Cuts texts; `spelling` and blanks are handled here, the search for the likeliest pieces by the library."""

    def __init__(self, weights: Weights) -> None:
        self._ends = weights.first, weights.last
        self._spelling = weights.spelling
        pieces, unknown = weights.pieces, weights.unknown
        kept = [at for at, piece in enumerate(pieces) if at == unknown or _WRITTEN_HERE.fullmatch(piece)]
        self._ids = np.array(kept, np.int64)
        vocabulary = [(pieces[at], float(weights.scores[at])) for at in kept]
        self._cut = Tokenizer(Unigram(vocabulary, unk_id=kept.index(unknown), byte_fallback=False))

    def __call__(self, text: str) -> np.ndarray:
        """(n,) ids, n at most LONGEST."""
        spelled = (_PREFIX + text).translate(self._spelling)
        marked = "".join(_SPACE + word for word in spelled.split())
        first, last = self._ends
        return np.array([first, *self._ids[self._cut.encode(marked).ids][: LONGEST - 2], last], np.int64)
