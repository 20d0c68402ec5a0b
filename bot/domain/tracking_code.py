"""Tracking codes: `HN2611-7K3QX-F` (interface.md §6).

Prefix, two-digit year, month, five random characters, one check character. The check character is a
weighted sum modulo 31, a prime, over the nine characters before it: any single wrong character and any
swap of two neighbours changes it.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import date

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_PRIME = 31
_DIGITS = "0123456789"
_LENGTH = 12
_DIGIT = str.maketrans("OIL", "011")
"""Letters that stand in no code, so that they can only mean a digit."""
_PERHAPS_DIGIT = str.maketrans("QDZSGB", "002568")
_LOOKALIKES = ("B8", "S5", "Z2", "G6", "V" + "U", "Q" + "0" + "OD", "J" + "1IL" + "T7")


def make(today: date, prefix: str = "HN") -> str:
    """A new random code for `today`; the caller makes sure that it is not taken."""
    while True:
        body = f"{today:%y%m}" + "".join(secrets.choice(ALPHABET) for _ in range(5))
        check = _checksum(body)
        if check < len(ALPHABET):
            return f"{prefix}{body[:4]}-{body[4:]}-{ALPHABET[check]}"


def _checksum(body: str) -> int:
    values = [_DIGITS.index(c) for c in body[:4]] + [ALPHABET.index(c) for c in body[4:]]
    return sum(weight * value for weight, value in enumerate(values, start=2)) % _PRIME


@dataclass(frozen=True)
class Reading:
    """What a person's typing may mean.

    `code` is set when the check character agrees; `guesses` are codes that agree after look-alikes are
    exchanged; `slip` is True when the shape is that of a code but nothing agrees as typed. A letter of the
    alphabet in year or month makes a guess, too: it may have changed places with a digit.
    """

    code: str | None
    guesses: tuple[str, ...] = ()

    @property
    def slip(self) -> bool:
        return self.code is None


def read(typed: str, prefix: str = "HN") -> Reading | None:
    """Read what somebody typed as a code. None when it has not the shape of one."""
    flat = unicodedata.normalize("NFKC", typed).upper().replace("Đ", "D")
    flat = re.sub(r"[^0-9A-Z]", "", flat)
    if len(flat) != _LENGTH or not flat.startswith(prefix):
        return None
    rest = flat[len(prefix) :]
    typed = rest[:4].translate(_DIGIT)
    month = typed.translate(_PERHAPS_DIGIT)
    if not month.isdigit():
        return None
    rest = month + rest[4:]
    if month == typed and _agrees(rest):
        return Reading(code=_format(prefix, rest))
    guesses = tuple(_format(prefix, g) for g in (rest, *_exchanges(rest)) if _agrees(g))
    return Reading(code=None, guesses=guesses)


def _agrees(rest: str) -> bool:
    body, check = rest[:9], rest[9]
    if any(c not in ALPHABET for c in body[4:] + check):
        return False
    return _checksum(body) == ALPHABET.index(check)


def _exchanges(rest: str) -> list[str]:
    """All variants in which one or two characters after the date are replaced by a look-alike."""
    variants = {rest}
    for position in range(4, 10):
        for variant in list(variants):
            for group in _LOOKALIKES:
                if variant[position] in group:
                    variants |= {variant[:position] + c + variant[position + 1 :] for c in group}
    unlike = [(sum(a != b for a, b in zip(v, rest, strict=True)), v) for v in variants]
    return [v for distance, v in sorted(unlike) if 0 < distance <= 2]


def _format(prefix: str, rest: str) -> str:
    return f"{prefix}{rest[:4]}-{rest[4:9]}-{rest[9]}"
