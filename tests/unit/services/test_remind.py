"""What the clock does by itself (domain.md §6): repeat a question, stop waiting, remind, escalate, close, drop."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from bot.services import answer_case, direct_case
from bot.services.receive import open_conversation
from bot.services.remind import tick
from bot.store.models import Draft
from tests.unit.office import Office


def hanoi(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=7)


def ticks(office: Office, at: datetime) -> int:
    office.desk.now = at
    return office.change(lambda s: tick(s, office.city, at))


def reminders(office: Office, code: str) -> list[str | None]:
    return [e.target for e in office.case(code).events if e.kind == "reminder"]


@pytest.fixture
def asked(office: Office) -> str:
    """A unit's case whose resident was asked on Monday at 9: the answer is due on Thursday at 9."""
    code = office.file()
    office.move(code, "need_info", office.officer, note="Cột số mấy ạ?")
    return code


# ---- waiting for the resident


def test_the_question_says_until_when_the_clock_stands(office: Office, asked: str) -> None:
    assert "tạm dừng đến 9 giờ thứ Năm, ngày 26/11/2026" in office.told()


def test_the_question_is_repeated_once_after_half_the_time(office: Office, asked: str) -> None:
    # Twelve of the 24 working hours from Monday at 9: Tuesday at 14:30.
    assert ticks(office, hanoi(24, 14, 29)) == 0
    assert ticks(office, hanoi(24, 14, 30)) == 1
    again = office.notices()[-1].body
    assert "nhắc lại" in again["text"]
    assert "Cột số mấy" in again["text"]
    assert again["template"]["name"] == "case_question"
    assert [ticks(office, hanoi(24, 15)), ticks(office, hanoi(26, 8, 59))] == [0, 0]
    assert office.told().count("nhắc lại") == 1


def test_unanswered_for_three_working_days_the_dispatcher_decides(office: Office, asked: str) -> None:
    due = hanoi(30, 9)
    ticks(office, hanoi(24, 14, 30))
    assert ticks(office, hanoi(26, 9)) == 1
    case = office.case(asked)
    assert (case.status, case.agency, case.paused_at) == ("received", "triage_desk", None)
    assert case.due_at == due + timedelta(days=3)
    last = [e for e in case.events if e.kind == "status"][-1]
    assert (last.actor, last.source, last.target) == ("system", "need_info", "received")
    assert "3 ngày làm việc" in (last.note or "")
    told = office.notices()[-1].body
    assert "xem xét tiếp" in told["text"]
    assert [b["payload"] for b in told["buttons"]] == [f"after:add:{asked}"]
    assert ticks(office, hanoi(26, 9, 1)) == 0


def test_the_dispatcher_confirms_with_reason_and_the_way_back(office: Office, asked: str) -> None:
    ticks(office, hanoi(26, 9))
    office.move(asked, "rejected", office.dispatcher, note="Không rõ địa điểm")
    assert "Không rõ địa điểm" in office.told()
    assert "gửi phản ánh mới" in office.told()


def test_or_gives_it_to_a_unit_again(office: Office, asked: str) -> None:
    ticks(office, hanoi(26, 9))
    case = office.act(asked, direct_case.assign, office.unit, office.dispatcher)
    assert (case.status, case.agency) == ("assigned", office.unit)
    assert case.due_at == hanoi(3, 9, month=12)


def test_whoever_answers_in_time_is_not_reminded(office: Office, asked: str) -> None:
    office.desk.now = hanoi(24, 9)
    office.act(asked, answer_case.add_from_resident, "cột 12", (), key="m1")
    for at in (hanoi(24, 14, 30), hanoi(26, 9)):
        ticks(office, at)
    assert "nhắc lại" not in office.told()
    assert office.case(asked).status == "assigned"


def test_a_second_question_has_its_own_reminder(office: Office, asked: str) -> None:
    ticks(office, hanoi(24, 14, 30))
    office.act(asked, answer_case.add_from_resident, "cột 12", (), key="m1")
    office.move(asked, "need_info", office.officer, note="Màu gì ạ?")
    ticks(office, hanoi(26, 9, 30))
    assert office.told().count("nhắc lại") == 2
    assert office.told().count("Màu gì") == 2


# ---- running


def test_half_four_fifths_all_of_the_time_then_every_working_day(office: Office) -> None:
    code = office.file()
    # Forty working hours from Monday at 9: half on Wednesday 14:30, four fifths on Friday 9:00, due on Monday 9:00.
    for at, marks in (
        (hanoi(25, 14, 29), []),
        (hanoi(25, 14, 30), ["half"]),
        (hanoi(27, 8, 59), ["half"]),
        (hanoi(27, 9), ["half", "most"]),
        (hanoi(30, 9), ["half", "most", "due"]),
        (hanoi(1, 8, 59, month=12), ["half", "most", "due"]),
        (hanoi(1, 9, month=12), ["half", "most", "due", "late-1"]),
    ):
        ticks(office, at)
        assert reminders(office, code) == marks, at
    assert office.notices() == []


def test_a_clock_that_stood_still_says_only_the_newest(office: Office) -> None:
    code = office.file()
    assert ticks(office, hanoi(27, 17)) == 1
    assert reminders(office, code) == ["most"]


def test_two_working_days_overdue_the_supervisor_looks_at_it_once(office: Office) -> None:
    code = office.file()
    ticks(office, hanoi(2, 8, 59, month=12))
    assert not office.case(code).supervised
    for at in (hanoi(2, 9, month=12), hanoi(3, 9, month=12), hanoi(4, 9, month=12)):
        ticks(office, at)
    assert office.case(code).supervised
    assert reminders(office, code).count("escalated") == 1


def test_the_desk_is_reminded_of_its_eight_hours(office: Office) -> None:
    code = office.file(ward=None)
    ticks(office, hanoi(23, 14, 30))
    ticks(office, hanoi(24, 9))
    assert reminders(office, code) == ["half", "due"]
    assert not office.case(code).supervised


def test_a_pause_does_not_use_up_the_time(office: Office, asked: str) -> None:
    office.desk.now = hanoi(25, 9)
    office.act(asked, answer_case.add_from_resident, "cột 12", (), key="m1")
    # Sixteen hours of pause: half of the forty is over on Friday at 14:30.
    ticks(office, hanoi(27, 14, 29))
    assert "half" not in reminders(office, asked)
    ticks(office, hanoi(27, 14, 30))
    assert "half" in reminders(office, asked)


def test_a_reopened_case_begins_anew(office: Office) -> None:
    code = office.file()
    ticks(office, hanoi(25, 14, 30))
    office.answered(code)
    office.desk.now = hanoi(26, 9)
    office.act(code, answer_case.reopen, "vẫn tối")
    # Twenty hours from Thursday at 9: half on Friday at 11.
    ticks(office, hanoi(27, 11))
    assert reminders(office, code) == ["half", "half"]


def test_a_nearer_due_time_is_noticed_at_once(office: Office) -> None:
    code = office.file()
    ticks(office, hanoi(23, 10))
    office.act(code, direct_case.reclassify, "manhole_cover", office.dispatcher)
    ticks(office, hanoi(23, 14, 30))
    assert reminders(office, code) == ["due"]


def test_looking_does_not_outdate_a_form_that_is_open(office: Office) -> None:
    code = office.file()
    before = office.case(code).version
    ticks(office, hanoi(25, 14, 30))
    assert office.case(code).version == before


@pytest.mark.parametrize("end", ["withdrawn", "referred_out"])
def test_what_is_over_is_left_alone(office: Office, end: str) -> None:
    code = office.file()
    office.move(code, end, office.dispatcher, note="xong")
    assert ticks(office, hanoi(30, 9, month=12)) == 0
    assert reminders(office, code) == []


# ---- several workers


def test_workers_at_the_same_moment_do_each_thing_once(office: Office, asked: str) -> None:
    other = office.file(who="binh")
    at = hanoi(25, 14, 30)
    with ThreadPoolExecutor(4) as pool:
        done = sum(pool.map(lambda _: office.change(lambda s: tick(s, office.city, at)), range(4)))
    assert done == 2
    assert office.told().count("nhắc lại") == 1
    assert reminders(office, other) == ["half"]


# ---- results and drafts


def test_nobody_rates_for_five_working_days_and_it_closes(office: Office) -> None:
    code = office.file()
    office.answered(code)
    office.desk.now = hanoi(30, 8, 59)
    assert office.change(lambda s: tick(s, office.city, office.desk.now)) == 0
    office.desk.now = hanoi(30, 9)
    assert office.change(lambda s: tick(s, office.city, office.desk.now)) == 1
    assert office.case(code).status == "closed"
    assert office.case(code).events[-1].actor == "system"
    assert "đã hoàn thành" in office.told()
    assert office.change(lambda s: tick(s, office.city, office.desk.now)) == 0
    assert office.act(code, answer_case.reopen, "vẫn tối").status == "reopened"


def test_a_report_that_was_never_sent_is_dropped_after_a_week(office: Office) -> None:
    now = office.desk.now

    def begin(session) -> None:
        for who, days in (("an", 0), ("binh", 3)):
            talk = open_conversation(session, "webchat", who, now)
            touched = now + timedelta(days=days)
            session.add(Draft(conversation_id=talk.id, body={"story": [who]}, created_at=now, updated_at=touched))

    office.change(begin)
    assert ticks(office, now + timedelta(days=7)) == 0
    assert ticks(office, now + timedelta(days=7, seconds=1)) == 1
    assert sorted((d.state, str(d.body)) for d in office.rows(Draft)) == [
        ("dropped", "{}"),
        ("open", "{'story': ['binh']}"),
    ]
