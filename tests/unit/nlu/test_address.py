"""Promises of the address grammar: which parts, where they begin and end, with and without known names."""

import pytest

from nlu.text.address import find_address
from nlu.text.names import BARE, EXACT, SLIP, NameTrie, Sense, tokenize, weigh


@pytest.fixture(scope="module")
def names() -> NameTrie:
    trie = NameTrie(common=["giải phóng", "van con", "thống nhất"])
    for name in ("Linh Lang", "Thịnh Quang", "Giải Phóng", "Đại Cồ Việt", "Tạ Quang Bửu", "Láng", "Hàng Bạc"):
        trie.add(name, Sense("street", ("00001",)))
    for name in ("Kim Giang", "Mai Dịch", "Vân Côn", "Thống Nhất", "Láng", "Mỹ Đình 1"):
        trie.add(name, Sense("old_ward", name))
    trie.add("Cầu Giấy", Sense("district", "Cầu Giấy"))
    trie.add("Hai Bà Trưng", Sense("district", "Hai Bà Trưng"))
    trie.add("chợ Hôm", Sense("landmark", ("00002",)))
    trie.add("HN", Sense("city", "Hà Nội"))
    return trie


def kinds(text: str, names: NameTrie | None = None) -> list[tuple[str, str]]:
    found = find_address(text, names)
    return [(part.kind, part.value) for part in found.parts] if found else []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("số 58", [("house", "58")]),
        ("số nhà 12B", [("house", "12B")]),
        ("sn 7", [("house", "7")]),
        ("ngõ 12/34/5", [("lane", "12/34/5")]),
        ("ngo 12 ngach 34 hem 5", [("lane", "12"), ("lane", "34"), ("lane", "5")]),
        ("ng. 79", [("lane", "79")]),
        ("kiệt 3", [("lane", "3")]),
        ("tổ dân phố số 4", [("group", "4")]),
        ("tdp 11", [("group", "11")]),
        ("thôn Đoài", [("village", "Đoài")]),
        ("xóm 6", [("village", "6")]),
        ("tòa CT4", [("building", "CT4")]),
        ("HH2A", [("building", "HH2A")]),
        ("toà S2.02", [("building", "S2.02")]),
        ("khu đô thị Nam Cường", [("estate", "Nam Cường")]),
        ("ktt Dệt Kim", [("estate", "Dệt Kim")]),
        ("đường 70", [("street", "70")]),
        ("QL32", [("street", "QL32")]),
        ("đường trần hữu phúc tối om", [("street", "trần hữu phúc")]),
        ("phường Tân An", [("ward", "Tân An")]),
        ("trường tiểu học Hoa Sen", [("landmark", "Hoa Sen")]),
        ("ngã tư Bà Tám", [("junction", "Bà Tám")]),
    ],
)
def test_parts_are_found_without_knowing_any_name(text: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(text) == expected


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("ngõ 79 Thịnh Quang có người đốt rác nhé", "ngõ 79 Thịnh Quang"),
        ("đèn hỏng ở phố Linh Lang", "phố Linh Lang"),
        ("58 linh lang mất nước", "58 linh lang"),
        ("nhà 36 phố Linh Lang mất điện", "nhà 36 phố Linh Lang"),
        ("36 phố Linh Lang mất điện", "36 phố Linh Lang"),
        ("nha 12 ngo 5 Linh Lang co o ga", "nha 12 ngo 5 Linh Lang"),
        ("12 ngo 5 linh lang co o ga", "12 ngo 5 linh lang"),
        ("chỗ 35 ngách 4/12 mất nước", "chỗ 35 ngách 4/12"),
        ("ngay 12 ngo 5 linh lang mat nuoc", "ngo 5 linh lang"),
        ("tầng 27 phố Linh Lang mất sóng", "phố Linh Lang"),
        ("hơn 10 ngõ 5 Linh Lang ngập", "ngõ 5 Linh Lang"),
        ("nhà 2 tầng phố Linh Lang cháy", "phố Linh Lang"),
        ("2 phố Linh Lang và Đại Cồ Việt ngập", "phố Linh Lang và Đại Cồ Việt"),
        ("buýt 32 phố Linh Lang bỏ bến", "phố Linh Lang"),
        ("cán bộ một cửa phường Mai Dịch quát tôi", "phường Mai Dịch"),
        ("trước cửa phường Mai Dịch có ổ gà", "trước cửa phường Mai Dịch"),
        ("den duong truoc nha van hoa to 5 kim giang tat ca tuan nay", "truoc nha van hoa to 5 kim giang"),
        (
            "ngã tư Đại Cồ Việt chỗ rẽ sang Tạ Quang Bửu đèn đỏ chớp vàng",
            "ngã tư Đại Cồ Việt chỗ rẽ sang Tạ Quang Bửu",
        ),
        ("P. Mai Dịch, Q. Cầu Giấy, HN nhé", "P. Mai Dịch, Q. Cầu Giấy, HN"),
        ("duong giai phong tac qua", "duong giai phong"),
        ("quận Cầu Giấy cũ thì nộp ở đâu", "quận Cầu Giấy cũ"),
        ("đối diện chợ Hôm, q. hbt có hố", "đối diện chợ Hôm, q. hbt"),
        ("sáng nay ngay đầu ngõ 12 đường Láng", "ngay đầu ngõ 12 đường Láng"),
        ("KHU VỰC NGÕ 3 LINH LANG NGẬP", "KHU VỰC NGÕ 3 LINH LANG"),
        ("58 Linh Lang. Phường Mai Dịch. Cảm ơn", "58 Linh Lang. Phường Mai Dịch"),
    ],
)
def test_the_address_is_kept_as_written_and_ends_where_the_story_begins(names: NameTrie, text: str, raw: str) -> None:
    found = find_address(text, names)
    assert found is not None
    assert found.raw == raw
    assert text[found.start : found.end] == raw


@pytest.mark.parametrize(
    "text",
    [
        "đèn đường tắt",
        "con đường ngập hết",
        "cứ 3 ngày một lần",
        "có 12 ngõ nhỏ không đèn",
        "tổ 3 người đi kiểm tra",
        "số 0912345678",
        "biển số 29",
        "bão số 3",
        "dự án đường 2,5",
        "thành phố",
        "van con toi lam",
        "mọi người thống nhất rồi",
        "giải phóng mặt bằng",
        "cho em hỏi",
        "chợ",
        "",
        "👍",
    ],
)
def test_words_that_only_look_like_an_address_are_left(names: NameTrie, text: str) -> None:
    assert find_address(text, names) is None


def test_the_weightiest_address_of_a_text_is_kept_and_the_rest_is_told(names: NameTrie) -> None:
    found = find_address("Tôi ở quận Cầu Giấy. Hôm qua đi qua ngõ 5 phố Linh Lang thấy hố rất sâu", names)
    assert found is not None
    assert found.raw == "ngõ 5 phố Linh Lang"
    assert [part.value for part in found.rest] == ["Cầu Giấy"]


def test_a_name_in_small_letters_is_known_by_its_diacritics(names: NameTrie) -> None:
    assert kinds("ở mai dịch", names) == [("ward", "Mai Dịch")]
    assert kinds("ở mai địch", names) == []  # one wrong mark, nothing that makes a place likely
    assert kinds("ở phường mai địch", names) == [("ward", "Mai Dịch")]
    assert kinds("ở Mai Địch", names) == [("ward", "Mai Dịch")]


def test_a_longer_name_wins_over_its_beginning() -> None:
    trie = NameTrie()
    trie.add("Thanh Xuân", Sense("district", "Thanh Xuân"))
    trie.add("Thanh Xuân Bắc", Sense("old_ward", "Thanh Xuân Bắc"))
    assert kinds("phường Thanh Xuân Bắc", trie) == [("ward", "Thanh Xuân Bắc")]


def test_names_do_not_run_over_a_comma() -> None:
    trie = NameTrie()
    trie.add("Mỹ Đình", Sense("street", ()))
    assert kinds("ngõ 5 Mỹ, Đình", trie) == [("lane", "5")]


def test_tokens_tell_words_numbers_and_capitals() -> None:
    tokens = tokenize("Ngõ 12/34, P.Mai Dịch")
    assert [token.text for token in tokens] == ["Ngõ", "12/34", "P", "Mai", "Dịch"]
    assert [token.joined for token in tokens] == [True, True, False, False, True]
    assert [token.capital for token in tokenize("NGÕ 5 PHỐ HUẾ")] == [False] * 4


@pytest.mark.parametrize(
    ("typed", "name", "quality"),
    [
        ("Vĩnh Hưng", "vĩnh hưng", EXACT),
        ("vinh hung", "vĩnh hưng", BARE),
        ("vĩnh hung", "vĩnh hưng", BARE),
        ("Vĩnh Hùng", "vĩnh hưng", SLIP),
        ("Vinh Hùng", "vĩnh hưng", SLIP),
        ("vịnh hùng", "vĩnh hưng", 0),
        ("hoà", "hòa", EXACT),
        ("láng", "làng", 0),
    ],
)
def test_diacritics_are_weighed(typed: str, name: str, quality: int) -> None:
    assert weigh(tokenize(typed), name.split()) == quality


def test_one_syllable_spelled_with_i_or_y_is_one() -> None:
    trie = NameTrie()
    trie.add("Mỹ Đình", Sense("street", ()))
    assert kinds("phố Mĩ Đình", trie) == [("street", "Mỹ Đình")]
