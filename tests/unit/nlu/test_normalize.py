"""Promises about spelling: whatever the keyboard sends, one form comes out, and folding never moves a character."""

import unicodedata

import pytest

from nlu.text.lexicon import Lexicon
from nlu.text.normalize import fold, marked_share, nfc, normalize, place_tone, squeeze

RIGHT = ["quý", "quả", "gì", "già", "giữa", "giếng", "thuở", "hoàn", "khuỷu", "người", "rượu", "quyết", "múa", "mía"]
SENTENCE = "Đường Hoàng Hoa Thám ngập, quý vị xử lý giùm; khoẻ khoắn thuở ấy ƠƯĂÂÊÔ đã qua"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("hoà", "hòa"),
        ("khoẻ", "khỏe"),
        ("thuý", "thúy"),
        ("uỷ", "ủy"),
        ("hòan", "hoàn"),
        ("tòan", "toàn"),
        ("qúy", "quý"),
        ("gìa", "già"),
        ("nghiã", "nghĩa"),
        ("muà", "mùa"),
        ("HOÀ", "HÒA"),
        ("Thuỷ", "Thủy"),
    ],
)
def test_the_tone_stands_on_one_place_whatever_the_convention(written: str, expected: str) -> None:
    assert place_tone(written) == expected


@pytest.mark.parametrize("word", RIGHT)
def test_a_tone_that_stands_right_stays(word: str) -> None:
    assert place_tone(nfc(word)) == nfc(word)


def test_decomposed_text_and_invisible_characters_disappear() -> None:
    typed = unicodedata.normalize("NFD", "Cống\u200b  tắc\ufeff\n\tba ngày\u00ad nay ")
    assert normalize(typed) == "Cống tắc ba ngày nay"


def test_folding_keeps_the_length_so_that_spans_carry_over() -> None:
    for text in (SENTENCE, unicodedata.normalize("NFD", SENTENCE), "İstanbul ß ﬁ 12h30 😀 e\u0301x\u0301"):
        assert len(fold(text)) == len(nfc(text))
    assert fold("Đường Nguyễn Trãi") == "duong nguyen trai"


def test_share_of_marked_syllables_tells_typing_without_diacritics() -> None:
    assert marked_share("duong hong roi 12") == 0.0
    assert marked_share("đèn hỏng") == 1.0
    assert marked_share("đèn tắt hai lan") == 0.5
    assert marked_share("123 !!") == 0.0


@pytest.mark.parametrize(
    ("drawn", "plain"),
    [
        ("quáááá", "quá"),
        ("quaaaá", "quá"),
        ("khôngggg", "không"),
        ("xoong", "xoong"),
        ("1000000", "1000000"),
        ("hươu", "hươu"),
    ],
)
def test_drawn_out_letters_become_one(drawn: str, plain: str) -> None:
    assert squeeze(drawn) == plain


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon(
        {
            "ko": ("không", "teencode"),
            "dc": ("được", "teencode"),
            "tui": ("tôi", "dialect"),
            "kẹt xe": ("tắc đường", "dialect"),
        }
    )


def test_the_lexicon_takes_whole_syllables_and_the_longest_form(lexicon: Lexicon) -> None:
    assert lexicon.rewrite("Tui Ko đi DC, kẹt xe quá") == "tôi không đi được , tắc đường quá"
    assert lexicon.rewrite("kokoro") == "kokoro"


def test_dialect_is_not_read_into_text_without_diacritics(lexicon: Lexicon) -> None:
    assert lexicon.rewrite("cai tui rac ko dc don") == "cai tui rac không được don"
