"""What a sentence names that a rule can find: codes, phone numbers, plates, bus routes, times.

Patterns run on the folded text, which has one character for each of the raw NFC text, so that a span found there
is a span of what the person wrote, and texts without diacritics need nothing of their own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nlu.text.normalize import fold, nfc
from nlu.text.times import find_times


@dataclass(frozen=True)
class Entity:
    """One find; `raw` is `nfc(text)[start:end]`, `value` its cleaned form."""

    entity: str
    value: str
    raw: str
    start: int
    end: int


Found = Iterator[tuple[int, int, str]]  # start, end, value

# ---- tracking code: HN + year and month + 5 characters + 1 check character; whether it is right is not judged here
_SEP = r"[\s\-._/–—]{0,3}"
_SPELLED = _SEP.join(["h", "n"] + ["[0-9oil]"] * 4 + ["[0-9a-z]"] * 6)
_TRACKING = re.compile(rf"(?<![0-9a-z]){_SPELLED}(?![0-9a-z])")
_HEADLESS = re.compile(r"(?<![0-9a-z.\-])[0-9oil]{4}[-–][0-9a-z]{5}[-–][0-9a-z](?![0-9a-z.\-])")
_WORD = re.compile(
    r"(?:ngh|ng|nh|ph|th|tr|ch|gh|kh|gi|qu|[bcdghklmnpqrstvx])?[aeiouy]{1,3}(?:ng|nh|ch|[cmnpt])?\Z"
)  # a Vietnamese syllable
_LOOKALIKE = str.maketrans("OIL", "011")


def _tracking_codes(raw: str, folded: str) -> Found:
    for match in _TRACKING.finditer(folded):
        written = raw[match.start() : match.end()]
        # "hn 2611 duong 5" has the shape, too: a piece of a code written apart is not a word in small letters.
        if not any(len(piece) > 1 and _WORD.match(piece) for piece in written.split()[1:]):
            yield from _dated(match.span(), written)
    for match in _HEADLESS.finditer(folded):
        if re.search("[a-z]", match.group()[5:]) and re.search("[0-9]", match.group()[5:]):
            yield from _dated(match.span(), "HN" + raw[match.start() : match.end()])


def _dated(span: tuple[int, int], written: str) -> Found:
    """Only what can be a year and month after HN; letters with diacritics belong to words, not to codes."""
    code = re.sub(r"[\s\-._/–—]", "", written).upper()
    code = code[:2] + code[2:6].translate(_LOOKALIKE) + code[6:]
    if code.isascii() and code[2:4] >= "20" and "01" <= code[4:6] <= "12":
        yield *span, code


# ---- dossier code of the public service portals: H26.123-250101-0001, 000.00.19.H26-251120-0012
_DOSSIER = re.compile(
    r"(?<![\w.])(?:\d{3}\.\d{2}\.\d{2,3}\.)?[hg]\d{2}(?:\.\d{1,3}){0,3}(?:\s?[-–]\s?|\s)\d{6}(?:\s?[-–]\s?|\s)\d{3,6}(?!\w)"
)


def _dossier_codes(raw: str, folded: str) -> Found:
    for match in _DOSSIER.finditer(folded):
        yield *match.span(), re.sub(r"\s?[-–]\s?|\s", "-", match.group().upper())


# ---- phone: mobile, landline, 1900/1800, 024.1022, and three-digit hotlines that are named as such
_GAP = r"[\s.\-]{0,2}"
_HEAD = r"(?:\(?\+?84\)?[\s.\-]{0,2}(?:\(?0\)?)?|\(?0)"
_PHONE = re.compile(
    rf"(?<![\d.+/])(?<!\d-)(?:"
    rf"{_HEAD}{_GAP}[35789](?:{_GAP}\d){{8}}"
    rf"|{_HEAD}{_GAP}2{_GAP}\d\)?(?:{_GAP}\d){{8}}"
    rf"|\(?024\)?{_GAP}1022"
    rf"|1[89]00(?:{_GAP}\d){{6}}|1[89]00(?:{_GAP}\d){{4}}"
    rf")(?!\d|[.\-]\d)"
)
_HOTLINE = re.compile(
    r"(?:goi|so|nong|tong dai|hotline|dien thoai|bam|alo)(?: cho| so| den)?\s(11[1-5]|1022|113|114|115)(?![\w./])"
)


def _phones(raw: str, folded: str) -> Found:
    for match in _PHONE.finditer(folded):
        digits = re.sub(r"\D", "", match.group())
        if digits.startswith("84") and len(digits) > 10:
            digits = "0" + digits[2:].lstrip("0")
        yield *match.span(), digits
    for match in _HOTLINE.finditer(folded):
        yield *match.span(1), match[1]


# ---- licence plate: 29A-123.45, 30K1-234.56, 29-B1 12345, 29H 1234
_PLATE = re.compile(
    r"(?<![\w.\-/])([1-9]\d)(\s?-?\s?)([a-hk-npr-vxyzđ]{1,2}\d?)(\s?[-.]?\s?)(\d{3}[.,\s]\d{2}|\d{4,5})(?![\w]|[.,]\d)"
)
_PLATE_NAMED = re.compile(r"\b(?:bien(?: so| xe| kiem soat)*|bks|bs|xe|oto|o to|taxi)\b[^.!?]{0,24}\Z")
_PLATE_MARKED = re.compile(r"\b(?:bien(?: so| xe| kiem soat)*|bks|bs)\b[^.!?]{0,24}\Z")


def _plates(raw: str, folded: str) -> Found:
    for match in _PLATE.finditer(folded):
        province, _, series, gap, number = match.groups()
        written = raw[match.start() : match.end()]
        sure = "-" in written or "." in number or written != written.lower()
        # "18h 2000", "30k 20000" are an hour and a price unless something says plate.
        named = _PLATE_NAMED if series != "k" else _PLATE_MARKED
        if sure or named.search(folded[: match.start()]):
            digits = re.sub(r"\D", "", number)
            digits = f"{digits[:3]}.{digits[3:]}" if len(digits) == 5 else digits
            yield *match.span(), f"{province}{series.upper()}-{digits}"


# ---- bus route: "tuyến 32", "xe buýt 103A", "bus số 09B", "BRT01"
_ROUTE = re.compile(
    r"(?:tuyen(?: xe)?(?: buyt| bus)?|xe buyt|xe bus|buyt|bus)(?: tuyen)?(?: so| ma)?(?: hieu)? ?"
    r"((?:brt|cng|e)? ?\d{1,3}[a-dt]{0,2})"
    r"(?![\w./,]\w|\w| ?(?:m|km|met|cho|chuyen|nguoi|gio|phut|xe|duong|lan|tuyen)\b)"
    r"|(?<!\w)((?:brt|cng) ?\d{1,2})(?!\w)"
)


def _routes(raw: str, folded: str) -> Found:
    for match in _ROUTE.finditer(folded):
        group = 1 if match[1] else 2
        yield *match.span(group), match[group].upper().replace(" ", "")


def _times(raw: str, folded: str) -> Found:
    for start, end in find_times(raw):
        yield start, end, " ".join(raw[start:end].split())


# In this order: what an earlier rule took, a later one does not read again as something else.
_RULES = {
    "tracking_code": _tracking_codes,
    "dossier_code": _dossier_codes,
    "phone": _phones,
    "licence_plate": _plates,
    "route_number": _routes,
    "time": _times,
}


# What stands in a sentence for a find that differs from message to message; words that nobody types.
_STAND_INS = {
    "tracking_code": "maphieuphananh",
    "dossier_code": "mahosothutuc",
    "phone": "sodienthoaiai",
    "licence_plate": "biensoxeai",
}
_DIGIT = re.compile(r"\d")


def mask_codes(text: str) -> str:
    """`nfc(text)` with codes, numbers of phones and of plates replaced by one word for each kind."""
    raw = nfc(text)
    if not _DIGIT.search(raw):  # none of these goes without
        return raw
    for found in reversed(find_entities(raw)):
        if found.entity in _STAND_INS:
            raw = f"{raw[: found.start]} {_STAND_INS[found.entity]} {raw[found.end :]}"
    return raw


def find_entities(text: str) -> list[Entity]:
    """All finds in the order of the text, without overlap; spans count characters of `nfc(text)`."""
    raw = nfc(text)
    folded = fold(raw)
    taken = bytearray(len(raw))
    found = []
    for name, rule in _RULES.items():
        for start, end, value in rule(raw, folded):
            if not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                found.append(Entity(name, value, raw[start:end], start, end))
    return sorted(found, key=lambda entity: entity.start)
