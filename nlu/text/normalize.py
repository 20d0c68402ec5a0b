"""One spelling for Vietnamese text, whatever keyboard it came from.

Phones send decomposed letters, zero-width marks and both tone conventions ("hoà", "hòa"); a classifier that
sees them as different words loses half its accuracy. Standard library only: the service uses these as well.
"""

import re
import unicodedata
from functools import lru_cache

_TONES = "\u0300\u0301\u0303\u0309\u0323"  # huyền, sắc, ngã, hỏi, nặng
_QUALITY = "ăâêôơư"
_VOWELS = "aăâeêioôơuưy"

# Format characters (zero-width, direction, soft hyphen, BOM), variation selectors and control characters
# other than the white space that separates words.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]"
)
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[^\W\d_]+")
_WORD_OR_NUMBER = re.compile(r"[^\W_]+")
_TWICE = re.compile(r"([^\W\d_])\1")
_SYLLABLE = re.compile(rf"(qu(?=[{_VOWELS}])|gi(?=[{_VOWELS}])|[^{_VOWELS}]*)([{_VOWELS}]+)([^{_VOWELS}]*)\Z")
_CODAS = frozenset(("", "c", "ch", "m", "n", "ng", "nh", "p", "t"))

# Where the tone stands in vowels without ă â ê ô ơ ư, (open syllable, closed syllable): "hòa" but "hoàn".
_TONE_PLACE = {
    "oa": (0, 1), "oe": (0, 1), "uy": (0, 1), "oo": (0, 1),
    "ai": (0, 0), "ao": (0, 0), "au": (0, 0), "ay": (0, 0), "eo": (0, 0), "ia": (0, 0), "iu": (0, 0), "oi": (0, 0),
    "ua": (0, 1), "ui": (0, 0), "oai": (1, 1), "oay": (1, 1), "oao": (1, 1), "oeo": (1, 1), "uya": (1, 1),
    "uyu": (1, 1), "uao": (1, 1), "uai": (1, 1), "uay": (1, 1),
}  # fmt: skip


def nfc(text: str) -> str:
    """The composed form; spans of entities count characters of this form."""
    return unicodedata.normalize("NFC", text)


def normalize(text: str) -> str:
    """NFC, invisible characters out, tones on their one place, single spaces; case and words stay as written."""
    visible = _INVISIBLE.sub("", nfc(text))
    return _SPACE.sub(" ", _WORD.sub(lambda word: place_tone(word.group()), visible)).strip()


@lru_cache(maxsize=65536)
def place_tone(syllable: str) -> str:
    """Moves the tone of one syllable to its conventional vowel ("hoà" -> "hòa"); anything else comes back as it was."""
    tone, letters = "", []
    for char in syllable:
        parts = unicodedata.normalize("NFD", char)
        found = "".join(mark for mark in parts if mark in _TONES)
        tone += found
        letters.append(unicodedata.normalize("NFC", "".join(p for p in parts if p not in _TONES)) if found else char)
    if len(tone) != 1:
        return syllable
    bare = "".join(letters)
    match = _SYLLABLE.match(bare.lower())
    if not match or len(bare) != len(bare.lower()) or match[3] not in _CODAS:
        return syllable
    place = _place(match[2], bool(match[3]))
    if place is None:
        return syllable
    place += match.start(2)
    letters[place] = unicodedata.normalize("NFC", letters[place] + tone)
    return "".join(letters)


def _place(vowels: str, closed: bool) -> int | None:
    if len(vowels) == 1:
        return 0
    marked = [i for i, char in enumerate(vowels) if char in _QUALITY]
    if marked:
        return marked[-1]  # "ươ" takes it on the second, every other pair has only one such letter
    places = _TONE_PLACE.get(vowels)
    return None if places is None else places[closed]


_REMEMBERED = 8192  # letters: a text of all the signs there are shall not fill the memory


class _Folded(dict[int, str]):
    """Code point -> its one folded letter, worked out when it is first met; for `str.translate`."""

    def __missing__(self, code: int) -> str:
        base = unicodedata.normalize("NFD", chr(code))[0].lower()[0]
        folded = "d" if base == "đ" else base
        if len(self) < _REMEMBERED:
            self[code] = folded
        return folded


_FOLDED = _Folded()


def fold(text: str) -> str:
    """Lower case without diacritics, đ as d; exactly one character for each character of `nfc(text)`."""
    return nfc(text).translate(_FOLDED)


def bare_words(text: str) -> str:
    """The words and numbers of a text between single blanks: small, without diacritics and signs."""
    return " ".join(_WORD_OR_NUMBER.findall(fold(normalize(text))))


def marked_share(text: str) -> float:
    """Share (0 to 1) of the syllables that carry a diacritic or đ; 0.0 for a text without letters."""
    words = _WORD.findall(nfc(text))
    if not words:
        return 0.0
    return sum(fold(word) != word.lower() for word in words) / len(words)


def squeeze(text: str) -> str:
    """Drawn-out letters become one: "quáááá" and "quaaaá" -> "quá"; "xoong" and numbers stay."""
    text = nfc(text)
    folded = fold(text)
    if not _TWICE.search(folded):
        return text
    kept, start = [], 0
    while start < len(text):
        end = start + 1
        while end < len(text) and text[start].isalpha() and folded[end] == folded[start]:
            end += 1
        run = text[start:end]
        drawn = len(run) > 2 or (len(run) == 2 and run[0].lower() == run[1].lower() != folded[start])
        kept.append(_loudest(run) if drawn else run)
        start = end
    return "".join(kept)


def _loudest(run: str) -> str:
    return next((char for char in run if fold(char) != char.lower()), run[0])
