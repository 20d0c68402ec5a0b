"""Diacritics for texts that were typed without: the likeliest syllables by how often they follow one another.

A bigram model of marked syllables (Witten-Bell smoothing, Viterbi search), counted in our own sentences and the names
in them. It is there for the encoder, which learned Vietnamese as it is written. On writers that it never read it marks
93 of 100 syllables right; triples would bring three more in a thousand for three times the memory.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from nlu.text.normalize import fold, marked_share
from nlu.text.times import UNACCENTED_BELOW

FILE = "restorer.npz"
_START = ""
_FLOOR = 1e-7  # probability of a syllable that was never seen
_TEACHES = 0.5  # share of marked syllables from which a text teaches how they are marked
_END = np.iinfo(np.int64).max  # behind the last pair, so that every search ends at one


class Restorer:
    """Syllables by number, how often each was seen, and how often each pair; `pairs` is sorted."""

    def __init__(self, syllables: Sequence[str], seen: np.ndarray, pairs: np.ndarray, together: np.ndarray) -> None:
        self.syllables = list(syllables)
        self.seen, self.pairs, self.together = seen, pairs, together
        self._number = {syllable: at for at, syllable in enumerate(self.syllables)}
        self._forms: dict[str, list[int]] = {}
        for at, syllable in enumerate(self.syllables):
            self._forms.setdefault(fold(syllable), []).append(at)
        followers = np.bincount(pairs[:-1] // len(self.syllables), minlength=len(self.syllables))
        self._trust = seen / (seen + np.maximum(followers, 1))
        self._alone = seen / seen.sum()

    @classmethod
    def fit(cls, texts: Iterable[str]) -> "Restorer":
        """Counts in small-lettered texts whose words stand between blanks; those without diacritics teach nothing."""
        singles: Counter[str] = Counter({_START: 1})
        pairs: Counter[tuple[str, str]] = Counter()
        for text in texts:
            if marked_share(text) >= _TEACHES:
                words = [_START, *text.split()]
                singles.update(words)
                pairs.update(zip(words, words[1:]))
        syllables = sorted(singles)
        number = {syllable: at for at, syllable in enumerate(syllables)}
        known = {number[a] * len(syllables) + number[b]: count for (a, b), count in pairs.items()}
        keys = [*sorted(known), _END]
        together = np.array([known.get(key, 0) for key in keys], np.int32)
        return cls(syllables, np.array([singles[s] for s in syllables], np.int64), np.array(keys, np.int64), together)

    def where_bare(self, text: str) -> str:
        """The text as the encoder reads it: restored when few of its syllables are marked, else as it is."""
        return self(text) if marked_share(text) < UNACCENTED_BELOW else text

    def __call__(self, text: str) -> str:
        """The text with its unmarked words marked; what is marked already stays. Words stand between blanks."""
        words = text.split()
        choices = [self._choices(word) for word in words]
        back: list[np.ndarray] = []
        before = [self._number[_START]]
        scores = np.zeros(1)
        for numbers in choices:
            steps = scores[:, None] + np.log(self._chances(before, numbers))
            back.append(steps.argmax(axis=0))
            scores, before = steps.max(axis=0), numbers
        at, found = int(scores.argmax()), []
        for word, numbers, links in zip(reversed(words), reversed(choices), reversed(back)):
            found.append(self.syllables[numbers[at]] if numbers[at] >= 0 else word)
            at = int(links[at])
        return " ".join(reversed(found))

    def _choices(self, word: str) -> list[int]:
        """Numbers of what the word may be; -1 for itself where it was never seen."""
        if fold(word) == word:
            return self._forms.get(word) or [-1]
        return [self._number.get(word, -1)]

    def _chances(self, before: Sequence[int], after: Sequence[int]) -> np.ndarray:
        """(before, after) probabilities."""
        first, second = np.array(before), np.array(after)
        alone = np.where(second >= 0, self._alone[second], _FLOOR)
        keys = first[:, None] * len(self.syllables) + second
        at = np.searchsorted(self.pairs, keys)
        known = (first[:, None] >= 0) & (second >= 0) & (self.pairs[at] == keys)
        following = np.where(known, self.together[at] / self.seen[first][:, None], 0.0)
        trust = np.where(first >= 0, self._trust[first], 0.0)[:, None]
        return trust * following + (1 - trust) * alone

    def save(self, folder: Path) -> None:
        """Writes into an existing folder; nothing is pickled."""
        np.savez_compressed(
            folder / FILE, syllables=np.array("\n".join(self.syllables)), seen=self.seen, pairs=self.pairs,
            together=self.together,
        )  # fmt: skip

    @classmethod
    def load(cls, folder: Path) -> "Restorer":
        """Reads what `save` wrote; never unpickles."""
        with np.load(folder / FILE, allow_pickle=False) as arrays:
            syllables = str(arrays["syllables"]).split("\n")
            return cls(syllables, arrays["seen"], arrays["pairs"], arrays["together"])
