"""The console proves what was done to tell a resident: the case page, calls to make, channels that are not well."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from bot.__main__ import main
from bot.domain.proof import INSTEAD, STATES, Step, instead, stopped_by
from bot.errors import WayClosed
from bot.services.channel_state import mark_down, mark_waiting, mark_well
from bot.store.models import Attempt, ChannelState, Heartbeat, Outbox
from tests.contract.console_office import Office
from tests.databases import new_sqlite
from tests.scripted import Desk
from tests.windows import Strict, delivers, strict, writes

RULE = "quá hạn nhắn tự do của nền tảng"


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


@pytest.fixture
def channel(office: Office) -> Strict:
    return strict(office.desk)


def late(office: Office, who: str = "an", phone: str | None = None, **more: Any) -> str:
    """A case whose resident has not written for three days. Returns its code."""
    code = office.report(who=who, **more)
    writes(office.desk, who, phone)
    delivers(office.desk)
    office.desk.passes(days=3)
    return code


def stuck(office: Office, who: str = "an", phone: str | None = None, **more: Any) -> str:
    """A case whose last notice came too late for ordinary words. Returns its code."""
    code = late(office, who, phone, **more)
    office.at("quantri").does(code, "/move", target="in_progress")
    delivers(office.desk)
    return code


def last(office: Office) -> Outbox:
    return max(office.rows(Outbox), key=lambda row: row.id)


def shown(code: str, office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """`case show --json`, the notices of it."""
    settings = office.desk.system.settings
    monkeypatch.setenv("LANGNGHE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("LANGNGHE_DATA_DIR", str(settings.data_dir))
    capsys.readouterr()
    assert main(["case", "show", code, "--json"]) == 0
    return json.loads(capsys.readouterr().out)["notices"]


# ---- the case page and its JSON


def test_the_case_page_shows_each_step_of_a_notice(office: Office) -> None:
    channel = strict(office.desk, template=True)
    code = late(office)
    channel.failures = [WayClosed("mẫu chưa được duyệt")]
    office.at("canbo").does(code, "/move", target="in_progress")
    delivers(office.desk)
    page = office.at("canbo").open(f"/staff/cases/{code}")
    assert STATES["waiting"] in page.text
    assert "Vướng: mẫu chưa được duyệt" in page.text
    assert f"Thay bằng: {INSTEAD['call']}" in page.text
    assert "Nền tảng từ chối (tin mẫu): mẫu chưa được duyệt" in page.text
    assert "/staff/calls" in page.links
    writes(office.desk, "an")
    delivers(office.desk)
    page = office.at("canbo").open(f"/staff/cases/{code}")
    assert "Đã gửi (tin thường)" in page.text
    assert f"Thay bằng: {INSTEAD['written']}" in page.text
    assert "Nền tảng từ chối (tin mẫu)" in page.text, "what was tried before stays"


def test_the_json_proves_a_template_and_its_receipts(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    strict(office.desk, template=True)
    code, sent_at = stuck(office), office.desk.now
    writer = office.desk.now + timedelta(minutes=2)
    office.change(lambda s: _received(s, last(office).id, writer))
    notice = shown(code, office, monkeypatch, capsys)[-1]
    assert {k: notice[k] for k in ("channel", "state", "reason", "kind", "way", "stopped_by", "instead")} == {
        "channel": "webchat", "state": "read", "reason": None, "kind": "notice", "way": "template",
        "stopped_by": RULE, "instead": "template",
    }  # fmt: skip
    assert notice["written_at"] == notice["sent_at"] == sent_at.isoformat()
    assert notice["at"] == notice["delivered_at"] == notice["read_at"] == writer.isoformat()
    assert notice["attempts"] == [
        {"at": sent_at.isoformat(), "outcome": "sent", "way": "template", "reason": None, "by": None}
    ]


def _received(session: Any, row_id: int, at: Any) -> None:
    row = session.get_one(Outbox, row_id)
    row.state, row.delivered_at, row.read_at = "read", at, at


@pytest.mark.parametrize(
    ("state", "way", "steps", "rule", "done"),
    [
        ("sent", "free", [("sent", None)], None, None),
        ("sent", None, [], None, None),
        ("queued", None, [("retry", "busy")], None, None),
        ("queued", None, [("held", "đêm")], "đêm", "morning"),
        ("sent", "free", [("held", "đêm"), ("sent", None)], "đêm", "morning"),
        ("sent", "officer", [("sent", None)], RULE, "officer"),
        ("sent", "phone", [("refused", "-249"), ("sent", None)], "-249", "phone"),
        ("sent", "free", [("waiting", RULE), ("sent", None)], RULE, "written"),
        ("sent", "free", [("waiting", RULE), ("resend", None), ("sent", None)], RULE, "resend"),
        ("sent", "free", [("waiting", "a"), ("resend", None), ("waiting", "b"), ("sent", None)], "b", "written"),
        ("waiting", None, [("waiting", RULE)], RULE, "call"),
        ("told", None, [("waiting", RULE), ("called", "vợ nghe")], RULE, "called"),
        ("undeliverable", "template", [("held", "đêm"), ("undeliverable", "sai mẫu")], "sai mẫu", None),
    ],
)
def test_which_rule_stopped_it_and_what_was_done_instead(
    state: str, way: str | None, steps: list[tuple[str, str | None]], rule: str | None, done: str | None
) -> None:
    taken = [Step(*step) for step in steps]
    assert (stopped_by(state, way, taken), instead(state, way, taken)) == (rule, done)


# ---- calls to make


def test_a_call_is_made_noted_and_shown_in_the_case(office: Office, channel: Strict) -> None:
    code = stuck(office, phone="0912 345 678")
    browser = office.at("canbo")
    page = browser.open("/staff/calls")
    assert "Cần gọi điện , đang chờ: 1" in page.text, "the badge"
    assert code in page.text
    assert "0912 345 678" in page.text
    assert "tel:+84912345678" in page.links
    assert RULE in page.text
    form = page.form("/told")
    page = browser.send(form, note="Đã gặp chị An")
    assert "Đã ghi nhận cuộc gọi" in page.text
    assert "Không có tin nào cần gọi điện" in page.text
    assert "đang chờ: 1" not in page.text
    assert "đã được ghi nhận rồi" in browser.send(form, note="Đã gặp chị An").text
    page = browser.open(f"/staff/cases/{code}")
    assert "Đã gọi điện báo người gửi – Cao Cán Bộ Đã gặp chị An" in page.text, "the history"
    assert "Đã gọi điện báo – Cao Cán Bộ: Đã gặp chị An" in page.text, "the proof of the notice"
    writes(office.desk, "an")
    delivers(office.desk)
    assert last(office).state == "told"
    assert not any("đang xử lý" in text for _, text in channel.taken)


def test_sent_again_from_the_page(office: Office, channel: Strict) -> None:
    code = stuck(office)
    browser = office.at("canbo")
    form = browser.open("/staff/calls").form("/again")
    assert "Đã đưa tin vào hàng gửi lại" in browser.send(form).text
    assert "đã được ghi nhận rồi" in browser.send(form).text
    assert last(office).state == "queued"
    assert [a.by for a in office.rows(Attempt) if a.outcome == "resend"] == ["canbo"]
    assert "Yêu cầu gửi lại – Cao Cán Bộ" in browser.open(f"/staff/cases/{code}").text


def test_a_form_that_comes_too_late_says_so_and_keeps_the_note(office: Office, channel: Strict) -> None:
    stuck(office)
    other = stuck(office, "binh")
    browser = office.at("dieuphoi")
    form = next(f for f in browser.open("/staff/calls").forms if f.action.endswith("/told"))
    writes(office.desk, "an")
    delivers(office.desk)
    page = browser.send(form, note="chị An nói cảm ơn")
    assert page.status == 403
    assert "không còn chờ gọi" in page.text
    assert other in page.text
    assert [a for a in office.rows(Attempt) if a.outcome == "called"] == []


def test_others_neither_see_nor_make_a_units_calls(office: Office, channel: Strict) -> None:
    code = stuck(office, phone="0912345678")
    form = office.at("canbo").open("/staff/calls").form("/told")
    stranger = office.at("noikhac")
    page = stranger.open("/staff/calls")
    assert code not in page.text
    assert "0912345678" not in page.html
    assert "đang chờ: 1" not in page.text
    token = stranger.open("/staff/cases/new").form("/new").fields["token"]
    for action in (form.action, form.action.replace("told", "again"), "/staff/calls/999999/told"):
        assert stranger.client.post(action, data={**form.fields, "token": token}).status_code == 404
    assert stranger.client.post(form.action, data={"key": form.fields["key"]}).status_code == 403, "no token"
    assert last(office).state == "waiting"


def test_a_protected_number_is_for_the_desk_only(office: Office, channel: Strict) -> None:
    stuck(office, phone="0912345678", topic="social_welfare", fields={"contact_phone": "0987654321"})
    page = office.at("canbo").open("/staff/calls")
    assert "được giữ kín" in page.text
    assert "912345678" not in page.html
    assert "987654321" not in page.html
    assert "0912345678" in office.at("dieuphoi").open("/staff/calls").text


def test_what_is_to_be_said_is_shown_as_words(office: Office, channel: Strict) -> None:
    code = stuck(office)
    office.at("canbo").does(code, "/reply", note="<script>alert(1)</script>")
    delivers(office.desk)
    page = office.at("canbo").open("/staff/calls")
    assert page.scripts == 1
    assert "<script>alert(1)</script>" in page.text


# ---- channels that are not well


@pytest.fixture
def down(tmp_path: Any, city: Any) -> Office:
    """An office whose web chat the platform refuses (as far as the tables say)."""
    office = Office(Desk(new_sqlite(tmp_path), tmp_path, city))
    office.change(lambda s: s.merge(Heartbeat(role="worker", at=office.desk.now)))
    office.change(lambda s: mark_down(s, "webchat", "khóa bị từ chối", office.desk.now))
    return office


def test_the_first_page_warns_of_a_channel_that_is_down(down: Office) -> None:
    page = down.at("canbo").open("/staff/cases")
    assert "Kênh Chat trên web không gửi được tin từ 09:00 23/11/2026 (khóa bị từ chối)" in page.text
    down.change(lambda s: mark_well(s, "webchat", down.desk.now + timedelta(minutes=5)))
    assert "Kênh Chat trên web" not in down.at("canbo").open("/staff/cases").text


def test_a_pause_is_told_while_it_lasts_and_bad_luck_not_at_all(office: Office) -> None:
    office.change(lambda s: mark_waiting(s, "webchat", "500", None, office.desk.now))
    assert "gián đoạn" not in office.at("canbo").open("/staff/cases").text
    office.change(lambda s: mark_waiting(s, "webchat", "429", 90, office.desk.now))
    assert "Kênh Chat trên web đang gián đoạn" in office.at("canbo").open("/staff/cases").text
    office.desk.passes(seconds=91)
    assert "gián đoạn" not in office.at("canbo").open("/staff/cases").text


def test_a_channel_that_is_off_warns_nobody(down: Office) -> None:
    down.change(lambda s: s.add(ChannelState(channel="zalo_oa", down=True, since=down.desk.now, reason="cũ")))
    assert "zalo_oa" not in down.at("canbo").open("/staff/cases").text


def test_ready_tells_of_channels_and_stays_ready(down: Office) -> None:
    answer = TestClient(down.app).get("/readyz")
    until = (down.desk.now + timedelta(minutes=5)).isoformat()
    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    assert answer.json()["channels"] == {"webchat": {"ok": False, "down": True, "until": until}}
    assert "khóa" not in answer.text, "reasons are for staff"
    down.change(lambda s: mark_well(s, "webchat", down.desk.now + timedelta(minutes=5)))
    answer = TestClient(down.app).get("/readyz").json()["channels"]
    assert answer == {"webchat": {"ok": True, "down": False, "until": None}}


def test_metrics_count_what_waits_on_each_channel(down: Office) -> None:
    strict(down.desk)
    down.change(lambda s: mark_well(s, "webchat", down.desk.now + timedelta(minutes=5)))
    stuck(down)
    lines = TestClient(down.app).get("/metrics").text.splitlines()
    assert 'langnghe_outbox{channel="webchat",state="waiting"} 1.0' in lines
    assert 'langnghe_channel_down{channel="webchat"} 0.0' in lines
    down.change(lambda s: mark_down(s, "webchat", "x", down.desk.now))
    lines = TestClient(down.app).get("/metrics").text.splitlines()
    assert 'langnghe_channel_down{channel="webchat"} 1.0' in lines


def test_the_doctor_names_a_channel_that_is_down(
    down: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANGNGHE_DATABASE_URL", down.desk.system.settings.database_url)
    monkeypatch.setenv("LANGNGHE_DATA_DIR", str(down.desk.system.settings.data_dir))
    monkeypatch.setenv("LANGNGHE_RASA_URLS", "http://127.0.0.1:9")
    assert main(["doctor"]) == 1
    assert "✗ Kênh Chat trên web không gửi được tin" in capsys.readouterr().out
