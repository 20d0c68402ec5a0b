"""Reports: found by their folder, the same numbers on the page, in files and on the command line, for whom they are."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from bot.__main__ import main
from bot.domain.message import Outgoing
from bot.domain.proof import INSTEAD, STATES
from bot.domain.roles import STAFF_ROLES, Role, may
from bot.errors import InvalidInput
from bot.reports import all_reports, modules
from bot.reports.base import Asked, Column, Period, Report, read_period
from bot.reports.formats import as_csv, as_table, as_xlsx
from bot.services.call_instead import mark_told
from bot.services.handle_case import Actor
from bot.services.notify import queue
from bot.services.receive import open_conversation
from bot.store.models import Attempt, Case, Outbox
from bot.store.queries import Scope
from tests.contract.console_office import OTHER_WARD, UNIT, Office
from tests.scripted import MONDAY, Desk
from tests.windows import delivers, strict, writes

EVERYTHING = Scope(everything=True)
WEEK = Period(date(2026, 11, 23), date(2026, 11, 29))
DANGER = ["=HYPERLINK(1)", "+84912345678", "-1+1", "@SUM(A1)", "\tx", "\rx"]


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


def put(office: Office, code: str | None = None, **values: Any) -> int:
    """One notice of ours in the state that the test says, about a case or about none."""

    def putting(session: Any) -> int:
        case = session.scalars(select(Case).where(Case.code == code)).one() if code else None
        talk = open_conversation(session, "webchat", "an", office.desk.now)
        key = f"n{next(office.desk.numbers)}"
        kind = values.pop("kind", "notice")
        queue(session, talk.id, Outgoing("Tin"), key, kind, office.desk.now, case_id=case.id if case else None)
        session.flush()
        row = session.scalars(select(Outbox).where(Outbox.key == key)).one()
        for name, value in values.items():
            setattr(row, name, value)
        return row.id

    return office.change(putting)


def rows(office: Office, name: str, scope: Scope = EVERYTHING, period: Period = WEEK) -> list[tuple]:
    with office.desk.system.db.read() as session:
        return all_reports()[name].rows(session, Asked(period, scope, {"webchat": "Chat trên web"}))


# ---- what every report keeps to


@pytest.mark.parametrize("name", modules())
def test_every_report_is_whole(office: Office, name: str) -> None:
    report = all_reports()[name]
    assert report.title
    assert report.about
    assert any(may(role, report.deed) for role in STAFF_ROLES)
    code = office.report()
    put(office, code)
    put(office)
    found = rows(office, name)
    assert found
    assert {len(row) for row in found} == {len(report.columns)}
    assert rows(office, name, period=Period(date(2020, 1, 1), date(2020, 1, 31))) == []
    for row in found:
        for cell, column in zip(row, report.columns, strict=True):
            wanted = {"time": datetime, "number": (int, float)}.get(column.kind, str)
            assert cell is None or isinstance(cell, wanted), column


@pytest.mark.parametrize("name", modules())
def test_every_report_opens_in_the_console_and_as_files(office: Office, name: str) -> None:
    put(office, office.report())
    browser = office.at("dieuphoi")
    assert f"/staff/reports/{name}" in browser.open("/staff/reports").links
    page = browser.open(f"/staff/reports/{name}")
    assert all_reports()[name].title in page.text
    assert all(column.title in page.text for column in all_reports()[name].columns)
    for kind in ("csv", "xlsx"):
        link = next(link for link in page.links if f"format={kind}" in link)
        answer = browser.client.get(f"/staff/reports/{name}{link}")
        assert answer.status_code == 200
        assert f"{name}_2026-11-01_2026-11-23.{kind}" in answer.headers["content-disposition"]
        assert answer.headers["content-disposition"].startswith("attachment")


# ---- one row a notice


def test_a_notice_is_followed_from_writing_to_the_call(office: Office) -> None:
    strict(office.desk)
    code = office.report(who="an")
    writes(office.desk, "an")
    delivers(office.desk)
    office.desk.passes(days=3)
    office.at("canbo").does(code, "/move", target="in_progress")
    delivers(office.desk)
    notice = office.rows(Outbox)[-1].id
    office.change(lambda s: mark_told(s, notice, "bà nội nghe", Actor("dieuphoi", Role.DISPATCHER), office.desk.now))
    rule = "quá hạn nhắn tự do của nền tảng"
    assert rows(office, "deliveries") == [
        (office.desk.now, code, "Chat trên web", "Thông báo", None, STATES["told"], None, None, None, rule,
         INSTEAD["called"])
    ]  # fmt: skip


def test_times_and_way_of_what_arrived(office: Office) -> None:
    times = [MONDAY + timedelta(minutes=n) for n in (1, 2, 3)]
    row = put(office, state="read", way="template", sent_at=times[0], delivered_at=times[1], read_at=times[2])
    office.change(lambda s: [s.add(Attempt(outbox_id=row, at=t, outcome=o, way="template"))
                             for t, o in zip(times, ("sent", "delivered", "read"), strict=True)])  # fmt: skip
    assert rows(office, "deliveries") == [
        (MONDAY, None, "Chat trên web", "Thông báo", "tin mẫu", STATES["read"], *times,
         "quá hạn nhắn tự do của nền tảng", INSTEAD["template"])
    ]  # fmt: skip


def test_answers_inside_a_talk_are_no_notices(office: Office) -> None:
    put(office, kind="reply")
    assert rows(office, "deliveries") == rows(office, "notices_by_channel") == []


def test_days_are_hanois(office: Office) -> None:
    for moment in (
        datetime(2026, 11, 22, 16, 59, tzinfo=UTC),
        datetime(2026, 11, 22, 17, 0, tzinfo=UTC),
        datetime(2026, 11, 23, 16, 59, tzinfo=UTC),
        datetime(2026, 11, 23, 17, 0, tzinfo=UTC),
    ):
        put(office, created_at=moment)
    only = Period(date(2026, 11, 23), date(2026, 11, 23))
    found = [row[0] for row in rows(office, "deliveries", period=only)]
    assert found == [datetime(2026, 11, 22, 17, 0, tzinfo=UTC), datetime(2026, 11, 23, 16, 59, tzinfo=UTC)]


# ---- by channel


def test_channels_are_counted(office: Office) -> None:
    minutes = [MONDAY + timedelta(minutes=n) for n in (1, 2, 10, 30)]
    put(office, state="sent", way="free", sent_at=minutes[0])
    put(office, state="sent", way=None, sent_at=minutes[1])
    put(office, state="delivered", way="template", sent_at=minutes[2], delivered_at=minutes[3])
    put(office, state="read", way="phone", sent_at=minutes[3], delivered_at=minutes[3], read_at=minutes[3])
    put(office, kind="staff", state="sent", way="officer", sent_at=minutes[3])
    for state in ("queued", "waiting", "waiting", "told", "undeliverable"):
        put(office, state=state)
    put(office, state="waiting", channel="zalo_oa")
    headings = [column.title for column in all_reports()["notices_by_channel"].columns]
    web, off = rows(office, "notices_by_channel")
    assert dict(zip(headings, web, strict=True)) == {
        "Kênh": "Chat trên web", "Đã viết": 10, "Gửi tin thường": 2, "Gửi tin của cán bộ": 1, "Gửi tin mẫu": 1,
        "Gửi theo số điện thoại": 1, "Đã tới": 2, "Đã xem": 1, "Chưa gửi": 1, "Chờ gọi điện": 2, "Đã gọi điện": 1,
        "Không gửi được": 1, "Số phút tới khi gửi (trung vị)": 10.0,
    }  # fmt: skip
    assert (off[0], off[1], off[-1]) == ("zalo_oa", 1, None)


# ---- for whom


def test_a_leader_sees_the_own_units_rows_only(office: Office) -> None:
    mine, theirs = office.report(), office.report(ward=OTHER_WARD)
    put(office, mine)
    put(office, theirs)
    put(office)
    assert [row[1] for row in rows(office, "deliveries", Scope(agency=UNIT))] == [mine]
    assert rows(office, "notices_by_channel", Scope(agency=UNIT))[0][1] == 1
    assert rows(office, "notices_by_channel")[0][1] == 3
    leader = office.at("lanhdao")
    page = leader.open("/staff/reports/deliveries")
    assert mine in page.text
    assert theirs not in page.text
    assert theirs not in leader.client.get("/staff/reports/deliveries?format=csv").text


def test_who_has_no_right_sees_no_report(office: Office) -> None:
    officer = office.at("canbo")
    assert "/staff/reports" not in officer.open("/staff/cases").links
    for address in ("/staff/reports", "/staff/reports/deliveries", "/staff/reports/deliveries?format=csv"):
        assert officer.open(address).status == 403
    assert office.at("dieuphoi").open("/staff/reports/nope").status == 404


@pytest.mark.parametrize("query", ["from=x", "to=2026-13-01", "from=2026-11-24&to=2026-11-23", "from=0001-01-01",
                                   "to=9999-12-31", "from=%00"])  # fmt: skip
def test_odd_dates_are_told_and_break_nothing(office: Office, query: str) -> None:
    client = office.at("dieuphoi").client
    for more in ("", "&format=csv"):
        answer = client.get(f"/staff/reports/deliveries?{query}{more}")
        assert answer.status_code == 400
        assert "Ngày bắt đầu" in answer.text or "không phải một ngày" in answer.text


def test_without_dates_it_is_this_month_up_to_today() -> None:
    late = datetime(2026, 11, 30, 17, 30, tzinfo=UTC)
    assert read_period(None, None, late) == Period(date(2026, 12, 1), date(2026, 12, 1))
    assert read_period(None, "2026-10-20", late) == Period(date(2026, 10, 1), date(2026, 10, 20))
    with pytest.raises(InvalidInput):
        read_period("2026-12-02", None, late)


# ---- files


DANGEROUS = Report(
    "Thử", "", "report", (Column("Chữ"), Column("Số", "number"), Column("Lúc", "time")), lambda session, asked: []
)


def test_a_csv_cannot_run_in_a_spreadsheet() -> None:
    content = as_csv(DANGEROUS, [(text, -3, MONDAY) for text in DANGER] + [("Phố Huế, số 1", None, None)])
    assert content.startswith(b"\xef\xbb\xbf")
    heading, *lines = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert heading == ["Chữ", "Số", "Lúc"]
    assert [line[0] for line in lines] == [f"'{text}" for text in DANGER] + ["Phố Huế, số 1"]
    assert lines[0][1:] == ["-3", "2026-11-23 09:00:00"], "a number is a number; the hour is Hanoi's"
    assert lines[-1][1:] == ["", ""]


def test_a_workbook_holds_words_numbers_and_local_times() -> None:
    content = as_xlsx(DANGEROUS, [(text, 3, MONDAY) for text in [*DANGER, "a\x00b"]])
    sheet = load_workbook(io.BytesIO(content)).active
    assert [cell.value for cell in sheet[1]] == ["Chữ", "Số", "Lúc"]
    assert [cell.data_type for cell in sheet["A"]] == ["s"] * (len(DANGER) + 2)
    assert sheet["A2"].value == "=HYPERLINK(1)"
    assert sheet["A8"].value == "ab", "what the format cannot hold is left out"
    assert (sheet["B2"].value, sheet["C2"].value) == (3, datetime(2026, 11, 23, 9, 0))


def test_a_table_stands_in_columns() -> None:
    assert as_table(DANGEROUS, [("dài hơn", 3, MONDAY), ("ba", None, None)]).splitlines() == [
        "Chữ      Số  Lúc",
        "-------  --  ----------------",
        "dài hơn  3   09:00 23/11/2026",
        "ba",
    ]


# ---- the command line


@pytest.fixture
def there(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """`langnghe` works on this office's database."""
    monkeypatch.setenv("LANGNGHE_DATABASE_URL", office.desk.system.settings.database_url)
    monkeypatch.setenv("LANGNGHE_DATA_DIR", str(office.desk.system.settings.data_dir))
    return office


DAYS = ("--from", "2026-11-23", "--to", "2026-11-29")


def test_a_report_on_the_command_line(there: Office, tmp_path: Path, capsysbinary: Any) -> None:
    code = there.report()
    put(there, code)
    assert main(["report", "deliveries", *DAYS]) == 0
    table = capsysbinary.readouterr().out.decode()
    assert code in table
    assert "Chat trên web" in table
    assert main(["report", "deliveries", *DAYS, "--format", "csv"]) == 0
    printed = capsysbinary.readouterr().out
    out = tmp_path / "r.csv"
    assert main(["report", "deliveries", *DAYS, "--format", "csv", "--out", str(out)]) == 0
    assert out.read_bytes() == printed
    assert printed.startswith(b"\xef\xbb\xbf")
    assert main(["report", "deliveries", *DAYS, "--format", "xlsx"]) == 0
    sheet = load_workbook(io.BytesIO(capsysbinary.readouterr().out)).active
    assert sheet["B2"].value == code


def test_wrong_use_is_status_2_and_says_what_there_is(there: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "nope"]) == 2
    said = capsys.readouterr().err
    assert all(name in said for name in modules())
    for wrong in (["--from", "hôm qua"], ["--from", "2026-11-02", "--to", "2026-11-01"]):
        assert main(["report", "deliveries", *wrong]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_told(
    there: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "deliveries", *DAYS, "--out", str(tmp_path / "nowhere" / "r.csv")]) == 1
    assert "Không ghi được" in capsys.readouterr().err
