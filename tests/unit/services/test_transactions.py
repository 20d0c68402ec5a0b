"""A change, its history and its notices are one transaction on either database, and each happens once."""

from __future__ import annotations

import pytest

from bot.errors import InvalidInput
from bot.services import handle_case
from bot.store.models import CaseEvent, Outbox
from tests.unit.office import Office


def test_a_failing_transaction_leaves_neither_change_nor_notice(office: Office) -> None:
    code = office.file()
    before = len(office.rows(CaseEvent)), len(office.rows(Outbox))

    def deed(session) -> None:
        case = handle_case.find(session, code)
        handle_case.move(session, office.city, case, "in_progress", office.officer, office.desk.now)
        session.flush()
        raise RuntimeError("the power is gone")

    with pytest.raises(RuntimeError):
        office.change(deed)
    assert office.case(code).status == "assigned"
    assert (len(office.rows(CaseEvent)), len(office.rows(Outbox))) == before


def test_a_refusal_on_the_way_takes_back_the_steps_before(office: Office) -> None:
    code = office.file()
    with pytest.raises(InvalidInput):
        office.move(code, "pending_approval", office.officer, note="Xong")
    assert office.steps(code) == ["received", "assigned"]
    assert office.notices() == []


def test_a_notice_is_written_once_for_each_change(office: Office) -> None:
    code = office.file()
    for _ in range(3):
        office.move(code, "in_progress", office.officer)
    assert len(office.notices()) == 1
    assert len({row.key for row in office.rows(Outbox)}) == len(office.rows(Outbox))
