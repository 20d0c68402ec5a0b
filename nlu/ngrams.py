"""Sentences as sparse TF-IDF rows of syllables and syllable pairs, once with and once without diacritics.

Measured on writers held out of training: pairs add ten points to single syllables; letter n-grams (even on texts with
slips), triples, skipped pairs and segmented words add nothing to these and cost most of the time. A pair that stands in
one sentence only is left out: together they would take almost half of the memory and decide nothing.

A gram is known by a number of 64 bits made of its letters, not by the letters: a sorted array of 400,000 numbers takes
3 MB, a dictionary of as many texts 70.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b

import numpy as np
import scipy.sparse as sparse
from sklearn.preprocessing import normalize

from nlu.text.normalize import fold

_LEAST = 2  # texts that a pair stands in, to be kept
_SYLLABLE = re.compile("\\w+|[?\u2600-\u27bf\U0001f300-\U0001faff]")  # a question mark or an emoji says something, too
_PAIR = np.uint64(1)  # the lowest bit tells a pair from a single syllable
_FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)  # odd: no bit of a syllable is lost


def grams(text: str) -> np.ndarray:
    """(n,) uint64, the single syllables and then the neighbouring pairs; every number is the same number."""
    words = ("0" if word[0].isdigit() else word for word in _SYLLABLE.findall(text))
    singles = np.array([_syllable(word) for word in words], np.uint64)
    pairs = singles[:-1] * _FIRST + singles[1:] * _SECOND | _PAIR
    return np.concatenate([singles, pairs])


@lru_cache(maxsize=32768)
def _syllable(word: str) -> int:
    """The same on every machine and in every run, unlike `hash`."""
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little") & ~1


@dataclass
class Block:
    """Syllables and pairs as written or folded: the sorted numbers of the known ones, one for each column."""

    folded: bool
    known: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint64))
    idf: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))

    def fit(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Takes the grams and their inverse document frequencies from these texts; gives their (texts, known) rows."""
        each = [self._grams(text) for text in texts]
        found, columns = np.unique(np.concatenate(each), return_inverse=True)
        starts = np.cumsum([0, *map(len, each)])
        rows = sparse.csr_matrix((np.ones(len(columns), np.float32), columns, starts), (len(each), len(found)))
        rows.sum_duplicates()
        seen = np.bincount(rows.indices, minlength=len(found))  # texts that a gram stands in
        kept = (seen >= _LEAST) | (found & _PAIR == 0)
        self.known = found[kept]
        self.idf = (np.log((1 + len(texts)) / (1 + seen[kept])) + 1).astype(np.float32)
        rows = rows[:, kept]
        rows.data = self._values(rows.data, rows.indices)
        return normalize(rows, copy=False)

    def row(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """(n,) columns and (n,) float32 values: sublinear counts times idf, of length 1."""
        found, counts = np.unique(self._grams(text), return_counts=True)
        columns = np.searchsorted(self.known, found)
        is_known = self.known[np.minimum(columns, len(self.known) - 1)] == found
        columns = columns[is_known]
        values = self._values(counts[is_known].astype(np.float32), columns)
        length = np.sqrt(values @ values)
        return columns, values / length if length else values

    def _grams(self, text: str) -> np.ndarray:
        return grams(fold(text) if self.folded else text)

    def _values(self, counts: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return (1 + np.log(counts)) * self.idf[columns]
