"""What may be seen of a case: all by staff, little by a stranger (domain.md §6 "Public display")."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.domain.tracking_code import ALPHABET
from bot.services import answer_case, direct_case, handle_case
from bot.services.track_case import by_typed_code, full_view, public_view, redact
from tests.unit.office import Office

SECRET = {
    "text": "Tôi là Nguyễn Văn An, 0912 345 678, thấy xe 30A-123.45 ở số 15 ngõ 79 phố Vọng, hồ sơ H26.123-250101-0001",
    "place_raw": "số 15 ngõ 79 phố Vọng",
    "fields": {"contact_phone": "0912345678", "licence_plate": "30A-123.45", "dossier_code": "H26.123-250101-0001"},
    "lat": 21.00123,
    "lon": 105.84567,
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Views do not depend on the kind of database."""
    return sqlite_url


def public(office: Office, code: str) -> dict[str, Any]:
    return public_view(office.city, office.case(code), office.desk.now)


def full(office: Office, code: str) -> dict[str, Any]:
    with office.desk.system.db.read() as session:
        return full_view(session, office.city, handle_case.find(session, code), office.desk.now)


def test_a_stranger_sees_the_course_of_things(office: Office) -> None:
    code = office.file(place_raw="ngõ 79 phố Vọng")
    shown = public(office, code)
    ward = office.city.gazetteer.wards[0]
    assert shown["code"] == code
    assert shown["status_label"] == "Đã chuyển đơn vị xử lý"
    assert shown["topic"] == "Chiếu sáng công cộng"
    assert shown["group"] == "Hạ tầng kỹ thuật đô thị"
    assert ward.name in shown["ward"]
    assert ward.name in shown["agency"]
    assert shown["place"] == "ngõ 79 phố Vọng"
    assert shown["created_at"].endswith("+00:00")
    assert shown["overdue"] is False


@pytest.mark.parametrize(
    "hidden",
    [
        "Nguyễn Văn An",
        "0912",
        "345 678",
        "30A",
        "123.45",
        "số 15",
        "H26",
        "250101",
        "đèn tắt",
        "21.00",
        "105.8",
        "an-1",
    ],
)
def test_a_stranger_does_not_see_who_and_exactly_where(office: Office, hidden: str) -> None:
    code = office.file(who="an-1", **SECRET)
    office.act(code, answer_case.add_from_resident, "gọi tôi 0912345678", (office.photo(),), key="m")
    office.act(code, direct_case.reply, "Cán bộ Trần Bình đang đến", office.officer)
    shown = json.dumps(public(office, code), ensure_ascii=False)
    assert hidden not in shown
    assert "Trần Bình" not in shown
    assert "canbo" not in shown


def test_the_answer_is_shown_without_what_is_a_persons(office: Office) -> None:
    code = office.file(place_raw="phố Vọng")
    office.answered(code, "Đã gọi chị ở số nhà 15, máy 0912.345.678, xe 29H1-234.56 đã bị phạt")
    answer = public(office, code)["answer"]
    assert "đã bị phạt" in answer
    for hidden in ("15", "0912", "345.678", "29H1", "234.56"):
        assert hidden not in answer


def test_a_topic_that_is_not_public_shows_its_status_only(office: Office) -> None:
    code = office.file(topic="staff_conduct", **SECRET)
    shown = public(office, code)
    assert not {"place", "answer", "rating", "text"} & set(shown)
    assert shown["status_label"]


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("số 15 ngõ 79 phố Vọng", "ngõ 79 phố Vọng"),
        ("số nhà 15B ngõ 79 phố Vọng", "ngõ 79 phố Vọng"),
        ("SN 15/2 ngõ 79", "ngõ 79"),
        ("15 ngõ 79 phố Vọng", "ngõ 79 phố Vọng"),
        ("12A/5 phố Huế", "phố Huế"),
        ("12-14 phố Huế", "phố Huế"),
        ("nhà 15 ngõ 79 phố Vọng", "ngõ 79 phố Vọng"),
        ("phố Huế, số 12", "phố Huế"),
        ("căn hộ 1203 chung cư Hồ Gươm", "chung cư Hồ Gươm"),
        ("phòng 502 nhà B4 Kim Liên", "nhà B4 Kim Liên"),
        ("ngõ 79 phố Vọng", "ngõ 79 phố Vọng"),
        ("tổ 5 Kim Giang", "tổ 5 Kim Giang"),
        ("gầm cầu vượt Ngã Tư Sở", "gầm cầu vượt Ngã Tư Sở"),
    ],
)
def test_the_street_without_the_house(office: Office, place: str, shown: str) -> None:
    assert public(office, office.file(place_raw=place))["place"] == shown


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("gọi 0912345678 nhé", "gọi [đã ẩn số] nhé"),
        ("+84 912 345 678", "[đã ẩn số]"),
        ("máy bàn 024 3825 3536", "máy bàn [đã ẩn số]"),
        ("xe 30A-123.45", "xe [đã ẩn biển số]"),
        ("xe 29h1 23456", "xe [đã ẩn biển số]"),
        ("hồ sơ 000.00.19.H26-251120-0012", "hồ sơ [đã ẩn mã]"),
        ("ngày 20/11/2026 lúc 17 giờ", "ngày 20/11/2026 lúc 17 giờ"),
        ("gọi 1022 hoặc 19001009", "gọi 1022 hoặc 19001009"),
        (None, ""),
    ],
)
def test_redacting(said: str | None, kept: str) -> None:
    assert redact(said) == kept


def test_staff_see_the_whole_record(office: Office) -> None:
    code = office.file(**SECRET)
    office.act(code, answer_case.add_from_resident, "cột thứ ba", (office.photo(),), key="m")
    office.move(code, "in_progress", office.officer)
    shown = full(office, code)
    assert {
        "code", "status", "topic", "group", "level", "text", "place", "agency", "created_at", "due_at", "overdue",
        "attachments", "history", "messages", "notices", "rating", "public",
    } <= set(shown)  # fmt: skip
    assert shown["text"] == SECRET["text"]
    assert (shown["place"]["raw"], shown["place"]["lat"]) == (SECRET["place_raw"], SECRET["lat"])
    assert {"raw", "address", "ward", "lat", "lon"} <= set(shown["place"])
    assert [a["kind"] for a in shown["attachments"]] == ["photo"]
    assert [(h["from"], h["to"], h["actor"]) for h in shown["history"]] == [
        (None, "received", "resident"), ("received", "assigned", "system"), ("assigned", "in_progress", "canbo"),
    ]  # fmt: skip
    assert shown["messages"][0] | {"at": ""} == {"at": "", "from": "resident", "text": "cột thứ ba"}
    assert [(n["channel"], n["state"]) for n in shown["notices"]] == [("webchat", "queued")]
    assert shown["public"] == public(office, code)
    json.dumps(shown)


# ---- codes as people type them


def typed(office: Office, text: str) -> tuple[Any, Any]:
    with office.desk.system.db.read() as session:
        return by_typed_code(session, office.city, text)


def test_a_code_is_found_however_it_is_typed(office: Office) -> None:
    code = office.file()
    for text in (code, code.lower(), code.replace("-", ""), " ".join(code), f" {code} ", code.replace("-", "—")):
        case, _ = typed(office, text)
        assert case is not None, text
        assert case.code == code


def test_a_slip_is_told_from_an_unknown_code(office: Office) -> None:
    code = office.file()
    right = code[-1]
    wrong = next(c for c in ALPHABET if c != right and c not in "B8S5Z2G6VQDJT7")
    case, reading = typed(office, code[:-1] + wrong)
    assert case is None
    assert reading.slip
    assert typed(office, "xin chào") == (None, None)


def test_a_good_code_of_no_case_is_unknown(office: Office) -> None:
    from datetime import date

    from bot.domain.tracking_code import make

    case, reading = typed(office, make(date(2025, 1, 1)))
    assert case is None
    assert not reading.slip
