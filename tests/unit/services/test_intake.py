"""Many messages at once: all are stored, and nobody hears "kept" before it is true."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from bot.domain.message import Incoming
from bot.services.intake import Intake
from tests.scripted import Desk
from tests.unit.services.test_receive import at_once


def message(number: int) -> Incoming:
    return Incoming("telegram", f"m{number}", f"người {number}", f"tin {number}")


@pytest.fixture
def intake(desk: Desk) -> Intake:
    return Intake(desk.system.db, lambda: desk.now)


def texts(desk: Desk) -> list[str]:
    return sorted(row.body["text"] for row in desk.inbox())


@contextmanager
def refused(desk: Desk, message_id: str) -> Iterator[None]:
    """The database fails for this message."""

    def fail(connection: object, cursor: object, statement: str, given: object, *_: object) -> None:
        if statement.startswith("INSERT INTO inbox") and message_id in str(given):
            raise RuntimeError("disk full")

    event.listen(desk.system.db.engine, "before_cursor_execute", fail)
    yield
    event.remove(desk.system.db.engine, "before_cursor_execute", fail)


def while_writing(desk: Desk, intake: Intake, numbers: list[int]) -> tuple[list[BaseException], int]:
    """Bring messages while another transaction is written. Returns what failed and how many transactions it took."""
    begun, go_on, failures, commits = Event(), Event(), [], []

    def slow(session: Session) -> None:
        commits.append(session)
        begun.set()
        go_on.wait(5)

    def bring(number: int) -> None:
        try:
            intake.keep([message(number)])
        except RuntimeError as error:
            failures.append(error)

    event.listen(Session, "before_commit", slow)
    try:
        first = Thread(target=bring, args=(0,))
        first.start()
        assert begun.wait(5)
        others = [Thread(target=bring, args=(number,)) for number in numbers]
        for thread in others:
            thread.start()
        while len(intake._waiting) < len(numbers):
            time.sleep(0.005)
        go_on.set()
        for thread in [first, *others]:
            thread.join(10)
    finally:
        event.remove(Session, "before_commit", slow)
    return failures, len(commits)


def test_all_of_many_at_once_are_stored(desk: Desk, intake: Intake) -> None:
    at_once(8, lambda number: intake.keep([message(number)]))
    assert texts(desk) == sorted(f"tin {number}" for number in range(8))


def test_the_same_message_at_once_is_one_row(desk: Desk, intake: Intake) -> None:
    at_once(8, lambda _: intake.keep([message(1)]))
    assert texts(desk) == ["tin 1"]


def test_those_who_come_meanwhile_share_one_transaction(desk: Desk, intake: Intake) -> None:
    failures, transactions = while_writing(desk, intake, [1, 2, 3, 4, 5])
    assert (failures, transactions) == ([], 2)
    assert texts(desk) == [f"tin {number}" for number in range(6)]


def test_what_fails_for_one_is_told_to_that_one_alone(desk: Desk, intake: Intake) -> None:
    with refused(desk, "m3"):
        failures, _ = while_writing(desk, intake, [1, 2, 3, 4])
    assert [str(failure) for failure in failures] == ["disk full"]
    assert texts(desk) == ["tin 0", "tin 1", "tin 2", "tin 4"]
    intake.keep([message(3)])
    assert "tin 3" in texts(desk)
