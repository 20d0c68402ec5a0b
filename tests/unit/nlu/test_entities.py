"""Promises about codes, numbers and times: found as people write them, with the span of what was written."""

import unicodedata

import pytest

from nlu.text.entities import find_entities, mask_codes
from nlu.text.normalize import fold, nfc


def found(text: str, entity: str) -> list[tuple[str, str]]:
    return [(each.value, each.raw) for each in find_entities(text) if each.entity == entity]


@pytest.mark.parametrize(
    "written",
    [
        "HN2611-7K3QX-F",
        "hn26117k3qxf",
        "HN 2611 7K3QX F",
        "hn.2611.7k3qx.f",
        "h n 2 6 1 1 7 k 3 q x f",
        "HN26 117K 3QXF",
        "HN26ll-7K3QX-F",
    ],
)
def test_a_tracking_code_is_read_in_any_writing(written: str) -> None:
    assert found(f"cho hỏi phiếu {written} đến đâu rồi", "tracking_code") == [("HN26117K3QXF", written)]


@pytest.mark.parametrize("text", ["ở hn 2611 duong 5 nhà", "HN2613-7K3QX-F", "nhà ở HN năm 2611", "thẻ BN2611-7K3QX-F"])
def test_what_only_looks_like_a_tracking_code_is_none(text: str) -> None:
    assert found(text, "tracking_code") == []


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("H26.123-250101-0001", "H26.123-250101-0001"),
        ("000.00.19.H26-251120-0012", "000.00.19.H26-251120-0012"),
        ("h26.9.12 - 251120 - 0012", "H26.9.12-251120-0012"),
    ],
)
def test_dossier_codes(written: str, value: str) -> None:
    assert found(f"hồ sơ {written} quá hạn", "dossier_code") == [(value, written)]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0900 000 123", "0900000123"),
        ("+84 900.000.123", "0900000123"),
        ("84-900-000-123", "0900000123"),
        ("(024) 3825 0000", "02438250000"),
        ("0243.825.0000", "02438250000"),
        ("1900 1288", "19001288"),
        ("19001009", "19001009"),
        ("024.1022", "0241022"),
    ],
)
def test_phones(written: str, value: str) -> None:
    assert found(f"liên hệ {written} nhé", "phone") == [(value, written)]


@pytest.mark.parametrize(
    "text", ["số nhà 115 ngõ 12", "tài khoản 0900000123456", "căn cước 001203004567", "phạt 1900000 đồng"]
)
def test_other_numbers_are_no_phones(text: str) -> None:
    assert found(text, "phone") == []


def test_a_hotline_of_three_digits_is_one_only_when_named_so() -> None:
    assert found("gọi 113 không ai nghe", "phone") == [("113", "113")]
    assert found("nhà 113 bị ngập", "phone") == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("xe 29A-123.45 đỗ chắn cửa", "29A-123.45"),
        ("30K1-234.56 vượt đèn đỏ", "30K1-234.56"),
        ("biển 29-B1 12345", "29B1-123.45"),
        ("xe tải bks 29h 1234", "29H-1234"),
        ("taxi 30e 123 45 không bật đồng hồ", "30E-123.45"),
    ],
)
def test_licence_plates(text: str, value: str) -> None:
    assert [value for value, _ in found(text, "licence_plate")] == [value]


@pytest.mark.parametrize("text", ["lúc 18h 2000 người tụ tập", "gửi xe 30k 20000", "tòa 15 a 1 cao 30 tầng"])
def test_hours_and_prices_are_no_plates(text: str) -> None:
    assert found(text, "licence_plate") == []


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("tuyến 32 chạy ẩu", "32"),
        ("xe buýt 103A bỏ bến", "103A"),
        ("bus số 09B", "09B"),
        ("xe bus tuyen E01", "E01"),
        ("BRT01", "BRT01"),
    ],
)
def test_bus_routes(text: str, route: str) -> None:
    assert [value for value, _ in found(text, "route_number")] == [route]


def test_a_width_is_no_bus_route() -> None:
    assert found("tuyến 32 m đang làm", "route_number") == []


TIMES = [
    "từ 6 giờ chiều đến 10h tối",
    "18h30 hôm qua",
    "từ tối qua",
    "sáng nay",
    "3 hôm nay",
    "hơn một tháng nay",
    "cả tuần nay",
    "đêm nào cũng",
    "thứ 7",
    "hôm 18/11",
    "22h-2h sáng",
    "chiều thứ 6 tuần trước",
    "khoảng 5 rưỡi sáng",
    "ngày 18 tháng 11 năm 2026",
    "từ đầu tháng 10 đến nay",
    "giờ cao điểm",
]


@pytest.mark.parametrize("time", TIMES)
def test_times_with_and_without_diacritics(time: str) -> None:
    for text in (f"nước chảy {time} ở ngõ này", fold(f"nước chảy {time} ở ngõ này")):
        assert [raw for _, raw in found(text, "time")] == [text[10 : 10 + len(time)]]


@pytest.mark.parametrize(
    "text", ["số nhà 12/5 ngõ 105", "toi qua duong bi nga", "ngõ 7 giờ rất bẩn", "tôi qua đường thì ngã"]
)
def test_addresses_and_pronouns_are_no_times(text: str) -> None:
    assert found(text, "time") == []


def test_spans_count_the_composed_text_and_do_not_overlap() -> None:
    text = unicodedata.normalize("NFD", "Tối qua xe 29A-123.45 đỗ từ 18h30, gọi 0900000123 về phiếu HN2611-7K3QX-F")
    entities = find_entities(text)
    assert [each.entity for each in entities] == ["time", "licence_plate", "time", "phone", "tracking_code"]
    assert all(nfc(text)[each.start : each.end] == each.raw for each in entities)
    assert all(first.end <= second.start for first, second in zip(entities, entities[1:], strict=False))


def test_masking_leaves_no_code_and_keeps_the_words() -> None:
    masked = mask_codes("phiếu HN2611-7K3QX-F, gọi 0900 000 123 từ tối qua")
    assert "7K3QX" not in masked
    assert "0900" not in masked
    assert masked.startswith("phiếu ")
    assert "từ tối qua" in masked
