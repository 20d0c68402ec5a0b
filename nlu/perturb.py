"""The same sentence as other people would type it: deterministic, so that two measurements compare.

    nodiac    no diacritics at all
    teencode  small letters, the short forms of chat
    slips     one syllable in twelve with a neighbouring key, a lost letter or two letters swapped
    half      every second word without diacritics
    nfd       decomposed letters, as some phones send them

The short forms are what people write, whether data/nlu/lexicon.tsv knows them or not: this measures the lexicon, too.
"""

import random
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from nlu.rows import Row
from nlu.text.normalize import fold, marked_share, nfc

SYLLABLES_A_SLIP = 12
_SHORT = {
    "bao giờ": ["bg"],
    "bây giờ": ["bh", "bjo"],
    "công an": ["ca"],
    "gia đình": ["gđ"],
    "giải quyết": ["gq"],
    "hôm nay": ["hnay"],
    "hôm qua": ["hqua"],
    "học sinh": ["hs"],
    "mọi người": ["mn", "mng"],
    "như thế nào": ["ntn"],
    "nhân viên": ["nv"],
    "số điện thoại": ["sđt"],
    "điện thoại": ["đt"],
    "biết": ["bít", "bt"],
    "chuyện": ["chiện"],
    "chưa": ["chx"],
    "cũng": ["cx", "cg"],
    "em": ["e"],
    "gì": ["j"],
    "không": ["ko", "k", "hok"],
    "luôn": ["lun"],
    "làm": ["lm"],
    "muốn": ["mún"],
    "mình": ["mk", "mik"],
    "người": ["ng"],
    "nhiều": ["nhìu"],
    "nhưng": ["nhg"],
    "những": ["nhữg"],
    "nước": ["nc"],
    "nói": ["ns"],
    "phường": ["fường", "p"],
    "phải": ["fải"],
    "phố": ["fố"],
    "quá": ["wá", "qá"],
    "quận": ["q"],
    "rồi": ["r", "rùi"],
    "thôi": ["thui"],
    "trước": ["trc"],
    "tôi": ["t"],
    "vậy": ["z", "zậy"],
    "với": ["vs", "v"],
    "đang": ["đag"],
    "được": ["đc", "dc", "đx"],
    "đường": ["đg"],
}
# Without diacritics only what can hardly be another word: "qua" may be quá or qua.
_SHORT_BARE = {fold(form): [fold(f) for f in short] for form, short in _SHORT.items() if len(fold(form)) > 3}
_BARE_BELOW = 0.1
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_LETTERS = re.compile(r"[^\W\d_]{2,}")


def unmarked(text: str) -> str:
    """Without diacritics, đ as d; case stays."""
    stripped = (char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    return nfc("".join(stripped)).replace("đ", "d").replace("Đ", "D")


def teencode(text: str) -> str:
    """Small letters and short forms; a word with several takes them in turn."""
    text = nfc(text).lower()
    table = _SHORT_BARE if marked_share(text) < _BARE_BELOW else _SHORT
    forms = "|".join(sorted(map(re.escape, table), key=len, reverse=True))
    seen: Counter[str] = Counter()

    def short(match: re.Match[str]) -> str:
        form = match.group()
        seen[form] += 1
        return table[form][(seen[form] - 1) % len(table[form])]

    return re.sub(rf"\b(?:{forms})\b", short, text)


def slips(text: str, seed: str = "") -> str:
    """One syllable in `SYLLABLES_A_SLIP` mistyped, the rest of the division by chance; `seed` chooses."""
    text = nfc(text)
    chance = random.Random(f"slips {seed}")
    spans = [match.span() for match in _LETTERS.finditer(text)]
    wanted, rest = divmod(len(spans), SYLLABLES_A_SLIP)
    wanted += chance.random() < rest / SYLLABLES_A_SLIP
    # From the end, so that the places before keep their meaning.
    for start, end in sorted(chance.sample(spans, wanted), reverse=True):
        text = text[:start] + _slip(text[start:end], chance) + text[end:]
    return text


def _slip(syllable: str, chance: random.Random) -> str:
    kind, at = chance.choice(("key", "drop", "swap")), chance.randrange(len(syllable))
    if kind == "drop":
        return syllable[:at] + syllable[at + 1 :]
    if kind == "swap":
        at = min(at, len(syllable) - 2)
        return syllable[:at] + syllable[at + 1] + syllable[at] + syllable[at + 2 :]
    return syllable[:at] + _neighbour(syllable[at], chance) + syllable[at + 1 :]


def _neighbour(letter: str, chance: random.Random) -> str:
    """A key beside that of the letter; a letter that is on no key stays."""
    key = fold(letter)
    row = next((row for row in _KEYS if key in row), key)
    at = row.index(key)
    return chance.choice([row[n] for n in (at - 1, at + 1) if 0 <= n < len(row)] or [letter])


def half(text: str) -> str:
    """Every second word without diacritics, the first one as it was."""
    parts = re.split(r"(\s+)", nfc(text))  # words on even places, white space between them
    return "".join(unmarked(part) if at % 4 == 2 else part for at, part in enumerate(parts))


REGISTERS: dict[str, Callable[[Row], str]] = {
    "nodiac": lambda row: unmarked(row.text),
    "teencode": lambda row: teencode(row.text),
    "slips": lambda row: slips(row.text, row.id),
    "half": lambda row: half(row.text),
    "nfd": lambda row: unicodedata.normalize("NFD", row.text),
}


def rewritten(rows: Iterable[Row], register: str) -> list[Row]:
    """The rows with their texts typed otherwise."""
    change = REGISTERS[register]
    return [replace(row, text=change(row)) for row in rows]
