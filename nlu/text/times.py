"""Dates and times as people write them: "6 giờ chiều", "từ tối qua", "3 hôm nay", "đêm nào cũng", "22h-2h sáng".

The words are not turned into a date: the officer reads them as they stand, so only the span matters. Patterns are
written with diacritics; a text without diacritics is matched by the same patterns, stripped.
"""

import re
from collections.abc import Iterator

from nlu.text.normalize import fold, marked_share, nfc

# Below this share of marked syllables a text counts as typed without diacritics.
UNACCENTED_BELOW = 0.3

_ATOMS = {
    "number": r"(?:\d{1,3}|một|hai|ba|bốn|năm|sáu|bảy|bẩy|tám|chín|mười|chục|mấy|vài|nửa|nhiều|bao nhiêu)",
    "part": r"(?:rạng sáng|sáng sớm|sáng|giữa trưa|trưa|chiều tối|chiều|chập tối|tối|nửa đêm|đêm khuya|đêm|khuya)",
    "unit": r"(?:phút|tiếng|giờ|ngày|hôm|đêm|buổi|tuần|tháng|quý|năm|mùa)",
    "weekday": r"(?:thứ ?(?:[2-7]|hai|ba|tư|năm|sáu|bảy|bẩy)|t[2-7]|chủ nhật|cn)",
    "day": r"(?:0?[1-9]|[12]\d|3[01])",
    "month": r"(?:0?[1-9]|1[0-2])",
    "hour": r"(?:[01]?\d|2[0-4])",
    # neither part of a longer number nor of an address ("ngõ 7 giờ rất bẩn")
    "alone": r"(?<![\d./:])(?<!\d-)(?<!ngõ )(?<!ngách )(?<!hẻm )(?<!số )(?<!nhà )(?<!tổ )(?<!khu )(?<!tòa )",
}

# One expression of time; the longer alternative first, because Python takes the first that fits.
_ONE = [
    # 18h30, 7:30, 7g, 6 giờ rưỡi chiều, 5 rưỡi sáng
    r"{alone}(?:{hour} ?[-–] ?)?{hour} ?(?:h|g|giờ) ?"
    r"(?:[0-5]?\d(?:p| ?phút)?(?![\d/])|rưỡi|kém \d{{1,2}})?(?: ?{part}(?: nay| qua| mai)?)?",
    r"{alone}{hour}:[0-5]\d(?: ?{part})?(?![\d:])",
    r"{alone}{hour} rưỡi(?: {part})?",
    # 18/11/2026, ngày 18/11, hôm 18, mùng 5 tết, ngày 2 tháng 9 năm 2026
    r"(?:(?:ngày|hôm|sáng|trưa|chiều|tối|đêm) )?(?<![\d/.-]){day} ?[/.-] ?{month} ?[/.-] ?(?:20)?\d\d(?![\d/])",
    r"(?:ngày|hôm|sáng|trưa|chiều|tối|đêm|{weekday}) {day}[/.-]{month}(?![\d/])",
    r"(?:(?:ngày|hôm|mùng|mồng) )?(?<![\d/.-]){day} tháng {month}(?![\d/])(?: năm (?:20\d\d|nay|ngoái))?",
    r"(?:ngày|mùng|mồng) {day}(?![\d/.]|\w)(?: tết| âm)?",
    r"(?:đầu|giữa|cuối) (?:giờ|buổi|tuần|tháng(?: {month}(?![\d.]))?|năm)(?: (?:này|nay|trước|ngoái|rồi))?",
    r"tháng {month}(?![\d.])(?:[/-]20\d\d| năm (?:20\d\d|nay|ngoái)| này| vừa rồi| trước)?",
    r"năm (?:19|20)\d\d",
    # sáng nay, từ tối qua, chiều hôm kia, đêm thứ 7, thứ 2 tuần trước
    r"{part} ?(?:hôm |ngày )?(?:nay|qua|kia|mai|nọ)",
    r"{part} {weekday}(?: (?:tuần )?(?:này|trước|rồi|vừa rồi|hàng tuần))?",
    r"(?:hôm )?{weekday}(?: (?:và|,|đến|-) ?{weekday})?(?: (?:tuần )?(?:này|trước|rồi|vừa rồi|hàng tuần))?",
    r"(?:hôm|bữa) (?:nay|qua|kia|nọ|trước|rồi|{day}(?![\d/.]|\w))",
    r"(?:tuần|tháng|năm|quý) (?:này|trước|rồi|vừa rồi|vừa qua|nay|ngoái|qua|sau|tới)",
    r"(?:ngày|sáng|chiều|tối|trưa) mai",
    r"(?:dạo|đợt|thời gian|mấy hôm|bữa) (?:này|nay|gần đây|trước|vừa rồi)",
    # cả tuần nay, hơn 3 tháng rồi, hai hôm liền, 3 hôm nay, suốt mấy ngày qua
    r"(?:(?:cả|suốt|hơn|gần|đã|được|ngót|trên|khoảng|tầm) ){{0,2}}(?:{number} ){{1,2}}(?:chục )?{unit}(?: {number})?"
    r" (?:nay|rồi|liền|liên tục|liên tiếp|qua|trời|trước|vừa qua|gần đây)",
    r"(?:cả|suốt) {unit}(?: (?:nay|rồi|liền|trời|đêm|lẫn đêm))?",
    r"suốt (?:từ )?{part}(?: (?:đến|tới) {part})?",
    # đêm nào cũng, hàng ngày, cứ tối đến, ban đêm, 24/7
    r"(?:{part}|ngày|hôm|tuần|tháng|năm|giờ|buổi) nào (?:cũng|mà chẳng)",
    r"(?:hàng|hằng|mỗi) (?:{part}|ngày|tuần|tháng|năm|giờ|{weekday})",
    r"cứ (?:đến |tầm |khoảng )?{part}",
    r"(?:ban|buổi) (?:ngày|{part})",
    r"(?:nửa đêm|đêm hôm|ngày đêm|cả ngày lẫn đêm|đêm đêm|ngày ngày|quanh năm|cuối tuần|đầu giờ sáng)",
    r"giờ (?:cao điểm|tan tầm|tan học|đi làm|hành chính|nghỉ trưa|tan ca)",
    r"(?<![\d/])24/(?:7|24)(?![\d/])",
]
_BEFORE = r"(?:(?:bắt đầu |kể )?từ |khoảng |tầm |lúc |vào |hồi |độ |gần |đến |tới |sau |trước )*"
# Only after another expression is a bare 20/11 a date and not a house number, "đến nay" an end and not a wish.
_AFTER = (
    r"(?: ?,? (?:ngày |hôm )?{day}/{month}(?![\d/]))?(?: (?:đến|tới|cho đến|cho tới) (?:nay|giờ|bây giờ|hiện tại))?"
)
_BETWEEN = r"(?: ?[-–] ?| (?:đến|tới|cho đến|cho tới|tới tận|và|hoặc|rồi|của) | ?, ?| )"

# Without diacritics "tôi qua đường" and "tối qua" are one string; such a follower gives the pronoun away.
_PRONOUN = re.compile(r"toi (?:qua (?:duong|cau|day|do|nha|cho|hoi|lai|ben)|mai\b(?! moi)|nay (?:da|la|hon)\b)")


def _compile(strip: bool) -> re.Pattern[str]:
    ones = [pattern.format(**_ATOMS) for pattern in _ONE]
    one = "(?:" + "|".join(f"(?:{pattern})" for pattern in ones) + r")(?!\w)"
    whole = rf"(?<!\w){_BEFORE}{one}(?:{_BETWEEN}(?:từ |khoảng |tầm |lúc )?{one})*"
    whole += _AFTER.format(**_ATOMS)
    return re.compile(_strip_letters(whole) if strip else whole)


def _strip_letters(pattern: str) -> str:
    """Folds the letters of a pattern and leaves its escapes (\\d, \\w) alone; the pattern is lower case."""
    return re.sub(r"\\.|[^\\]+", lambda part: part.group() if part.group()[0] == "\\" else fold(part.group()), pattern)


_ACCENTED, _UNACCENTED = _compile(strip=False), _compile(strip=True)
_GAP = re.compile(r"\s")


def find_times(text: str) -> Iterator[tuple[int, int]]:
    """Spans (start, end) of expressions of time in `nfc(text)`, left to right, without overlap."""
    text = nfc(text)
    bare = marked_share(text) < UNACCENTED_BELOW
    lowered = fold(text) if bare else _lower(text)
    for match in (_UNACCENTED if bare else _ACCENTED).finditer(_GAP.sub(" ", lowered)):
        if not (bare and _PRONOUN.match(lowered, match.start())):
            yield match.span()


def _lower(text: str) -> str:
    """In small letters, as long as before: the few letters that would become two ("İ") stay."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
