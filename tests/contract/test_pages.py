"""What anybody may open: status by code, QR, published results, health, and the headers that protect all of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from bot.city import City
from bot.domain.tracking_code import ALPHABET, make
from bot.services import answer_case, direct_case
from bot.store.models import Heartbeat
from bot.web.app import create_app
from tests.databases import new_sqlite
from tests.scripted import Desk
from tests.unit.office import Office

SECRET = {
    "text": "Tôi là Nguyễn Văn An, 0912345678, nhà tôi ở số 15",
    "place_raw": "số 15 ngõ 79 phố Vọng",
    "fields": {"contact_phone": "0912345678"},
}
PAGE = {"accept": "text/html"}


@pytest.fixture
def desk(tmp_path: Path, city: City) -> Desk:
    """SQLite: pages are the same on every database."""
    return Desk(new_sqlite(tmp_path), tmp_path, city)


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    with TestClient(create_app(desk.system)) as client:
        yield client


# ---- status by code


def test_the_form_is_there(client: TestClient) -> None:
    page = client.get("/tra-cuu")
    assert page.status_code == 200
    assert "<form" in page.text


def test_a_code_is_found_however_it_is_typed(client: TestClient, office: Office) -> None:
    code = office.file(place_raw="ngõ 79 phố Vọng")
    for typed in (code, code.lower(), code.replace("-", ""), code.replace("-", " "), f"  {code}  "):
        for page in (client.get("/tra-cuu", params={"code": typed}), client.get(f"/tra-cuu/{typed}")):
            assert page.status_code == 200, typed
            assert code in page.text
            assert "Đã chuyển đơn vị xử lý" in page.text
            assert "Chiếu sáng công cộng" in page.text


def test_a_stranger_sees_nothing_of_the_person(client: TestClient, office: Office) -> None:
    code = office.file(**SECRET)
    office.act(code, answer_case.add_from_resident, "gọi tôi 0912345678", (), key="m")
    office.answered(code, "Đã gọi số 0912345678, nhà số 15")
    page = client.get(f"/tra-cuu/{code}").text
    assert "ngõ 79 phố Vọng" in page
    for hidden in ("Nguyễn Văn An", "0912345678", "số 15", "gọi tôi", "canbo"):
        assert hidden not in page


def test_the_way_so_far_is_shown_without_the_inner_steps(client: TestClient, office: Office) -> None:
    code = office.file()
    office.answered(code)
    page = client.get(f"/tra-cuu/{code}").text
    assert "Đã có kết quả" in page
    assert "chờ duyệt" not in page
    assert "Đã thay bóng" in page


def test_a_slip_and_an_unknown_code_are_told_apart(client: TestClient, office: Office) -> None:
    code = office.file()
    wrong = code[:-1] + next(c for c in ALPHABET if c != code[-1] and c not in "B8S5Z2G6VQDJT7")
    slip, unknown = client.get(f"/tra-cuu/{wrong}"), client.get(f"/tra-cuu/{make(date(2025, 1, 1))}")
    assert (slip.status_code, unknown.status_code) == (404, 404)
    assert "gõ nhầm" in slip.text
    assert "Không tìm thấy" in unknown.text


def test_whatever_is_typed_is_only_looked_up(client: TestClient) -> None:
    evil = ("<script>alert(1)</script>", "' OR 1=1 --", "\x00", "../../etc/passwd", "x" * 3000)
    for typed in (*evil, "{{7*7}}", "🙂", "/", "..", "%"):
        page = client.get("/tra-cuu", params={"code": typed})
        assert page.status_code in (200, 404), typed
        assert "<script>alert" not in page.text
        assert "Traceback" not in page.text


def test_the_page_is_not_for_search_engines(client: TestClient, office: Office) -> None:
    assert "noindex" in client.get(f"/tra-cuu/{office.file()}").text


# ---- QR


def test_the_qr_code_is_a_picture_of_a_real_case_only(client: TestClient, office: Office) -> None:
    good = client.get(f"/qr/{office.file()}.png")
    assert (good.status_code, good.headers["content-type"]) == (200, "image/png")
    assert good.content.startswith(b"\x89PNG")
    for code in (make(date(2025, 1, 1)), "x", "' OR 1=1", "%00", "..%2F..%2Fx"):
        assert client.get(f"/qr/{code}.png").status_code == 404


# ---- published results


def test_results_are_published_without_the_person(client: TestClient, office: Office) -> None:
    public, hidden, running = office.file(**SECRET), office.file(topic="staff_conduct"), office.file()
    office.answered(public)
    office.act(hidden, direct_case.assign, office.unit, office.dispatcher)
    office.answered(hidden, "Đã nhắc nhở")
    page = client.get("/cong-khai")
    assert page.status_code == 200
    assert public in page.text
    assert hidden not in page.text
    assert running not in page.text
    assert "0912345678" not in page.text
    assert "số 15" not in page.text


def test_results_can_be_narrowed_to_a_group(client: TestClient, office: Office) -> None:
    code = office.file()
    office.answered(code)
    assert code in client.get("/cong-khai", params={"group": "urban_infrastructure"}).text
    assert code not in client.get("/cong-khai", params={"group": "traffic"}).text


def test_a_strange_filter_breaks_nothing(client: TestClient) -> None:
    queries = ["page=0", "page=-3", "page=9999", "page=x", "page=" + "9" * 30, "group=ufo", "group=%00", "group='--"]
    for query in queries:
        assert client.get(f"/cong-khai?{query}", headers=PAGE).status_code in (200, 400, 404, 422), query


# ---- health


def test_alive_needs_nothing(client: TestClient, desk: Desk) -> None:
    desk.dialogue.down = True
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def beat(desk: Desk) -> None:
    with desk.system.db.write() as session:
        session.merge(Heartbeat(role="worker", at=desk.now))


def test_ready_means_database_rasa_and_worker(client: TestClient, desk: Desk) -> None:
    assert client.get("/readyz").status_code == 503
    beat(desk)
    good = client.get("/readyz")
    assert good.status_code == 200
    assert {part: good.json()[part]["ok"] for part in ("database", "rasa", "worker")} == {
        "database": True, "rasa": True, "worker": True,
    }  # fmt: skip
    desk.passes(minutes=2)
    assert client.get("/readyz").json()["worker"]["ok"] is False
    beat(desk)
    desk.dialogue.down = True
    bad = client.get("/readyz")
    assert (bad.status_code, bad.json()["rasa"]["ok"]) == (503, False)


def test_the_workers_lag_is_that_of_the_oldest_message(client: TestClient, desk: Desk) -> None:
    desk.dialogue.down = True
    desk.hears("an", "xin chào")
    desk.passes(seconds=42)
    assert client.get("/readyz").json()["worker"]["lag_seconds"] == 42.0


def test_metrics_count_cases_and_messages(client: TestClient, desk: Desk, office: Office) -> None:
    office.file()
    office.answered(office.file())
    desk.dialogue.down = True
    desk.hears("an", "xin chào")
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    assert 'langnghe_cases{status="assigned"} 1.0' in lines
    assert 'langnghe_cases{status="resolved"} 1.0' in lines
    assert 'langnghe_cases{status="closed"} 0.0' in lines
    assert "langnghe_inbox_waiting 1.0" in lines
    assert "xin chào" not in answer.text


# ---- what protects the pages


def test_every_answer_carries_the_headers(client: TestClient) -> None:
    paths = ("/", "/tra-cuu", "/cong-khai", "/healthz", "/readyz", "/nowhere", "/staff", "/static/icon.svg")
    for path in paths:
        headers = client.get(path, follow_redirects=False).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy, path
        assert "unsafe-inline" not in policy, path
        assert "unsafe-eval" not in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["x-frame-options"] == "DENY", path
        assert headers["referrer-policy"] in ("same-origin", "no-referrer", "strict-origin-when-cross-origin"), path


def test_the_chat_page_is_at_the_root(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "<html" in page.text
    assert 'lang="vi"' in page.text
    assert "<script>" not in page.text


def sentence(answer: Response) -> str:
    return answer.json()["message"] if "json" in answer.headers["content-type"] else answer.text


def test_what_is_not_there_is_told_in_vietnamese(client: TestClient) -> None:
    for headers in ({}, PAGE):
        answer = client.get("/khong-co", headers=headers)
        assert answer.status_code == 404
        assert "Không có trang này" in sentence(answer)
    assert client.delete("/tra-cuu").status_code == 405


def test_the_machine_description_is_there(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/chat/api/sessions", "/chat/api/messages"} <= set(paths)
    assert client.get("/docs").status_code == 200
