"""Filing: once for each draft, with code, route, clock and history."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from bot.domain import tracking_code
from bot.errors import InvalidInput
from tests.unit.office import Office


def test_a_known_topic_and_ward_go_straight_to_the_unit(office: Office) -> None:
    case = office.case(office.file())
    assert case.status == "assigned"
    assert case.agency == office.unit
    assert [(e.source, e.target) for e in case.events] == [(None, "received"), ("received", "assigned")]
    assert case.events[1].actor == "system"
    # Handed over at once on Monday at 9: forty working hours are over a week later at 9.
    assert case.due_at == datetime(2026, 11, 30, 2, 0, tzinfo=UTC)


def test_the_code_can_be_read_back_and_names_the_month(office: Office) -> None:
    code = office.file()
    assert re.fullmatch(r"HN2611-.{5}-.", code)
    reading = tracking_code.read(code.lower().replace("-", " "))
    assert reading is not None
    assert reading.code == code


def test_the_month_of_a_code_is_that_of_hanoi(office: Office) -> None:
    office.desk.now = datetime(2026, 11, 30, 18, 0, tzinfo=UTC)
    assert office.file().startswith("HN2612-")


def test_the_same_draft_files_once(office: Office) -> None:
    first, again = office.file(draft_id="d" * 32), office.file(draft_id="d" * 32, text="khác")
    assert first == again
    assert len(office.desk.cases()) == 1


def test_a_guessed_topic_waits_for_a_dispatcher(office: Office) -> None:
    case = office.case(office.file(topic_sure=False))
    assert (case.status, case.agency) == ("received", "triage_desk")


def test_an_unknown_ward_waits_for_a_dispatcher(office: Office) -> None:
    case = office.case(office.file(ward=None))
    assert (case.status, case.agency) == ("received", "triage_desk")
    # Eight hours to receive and forty to handle from Monday at 9.
    assert case.due_at == datetime(2026, 12, 1, 2, 0, tzinfo=UTC)


def test_an_urgent_level_counts_four_hours_from_receipt(office: Office) -> None:
    office.desk.now = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # 17:00 in Hanoi
    case = office.case(office.file(level="urgent"))
    assert case.due_at == datetime(2026, 11, 24, 4, 30, tzinfo=UTC)  # 11:30 in Hanoi


def test_a_report_that_says_nothing_is_refused(office: Office) -> None:
    with pytest.raises(InvalidInput, match="nội dung"):
        office.file(text=" \n")
    with pytest.raises(InvalidInput, match="lĩnh vực"):
        office.file(topic="ufo")
    assert office.desk.cases() == []


def test_a_photo_alone_is_a_report(office: Office) -> None:
    case = office.case(office.file(text="", attachments=((office.photo(), "photo", "đây"),)))
    assert case.text
    assert [(a.kind, a.caption, a.stage) for a in case.attachments] == [("photo", "đây", "report")]


def test_a_caller_has_no_conversation_and_no_notice_is_lost_on_nobody(office: Office) -> None:
    code = office.file(who=None)
    office.move(code, "in_progress", office.officer)
    assert office.case(code).conversation_id is None
    assert office.notices() == []
