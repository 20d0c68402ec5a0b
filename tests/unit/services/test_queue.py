"""Claim, settle, revive: a conversation in order, conversations beside each other, nothing lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.domain.message import Incoming, Outgoing
from bot.domain.reach import Kind
from bot.services.notify import queue
from bot.services.receive import open_conversation, receive
from bot.store.models import Inbox, Outbox
from bot.store.queue import CLAIM, claim, revive, waiting
from tests.scripted import Desk
from tests.unit.services.test_receive import at_once

TABLES = [Inbox, Outbox]


def put(desk: Desk, table: type, who: str) -> int:
    number = str(next(desk.numbers))
    with desk.system.db.write() as session:
        if table is Inbox:
            return receive(session, Incoming("webchat", number, who, "x"), desk.now)
        conversation = open_conversation(session, "webchat", who, desk.now)
        queue(session, conversation.id, Outgoing("x"), number, "notice", desk.now)
        session.flush()
        return max(row.id for row in session.query(Outbox))


def take(desk: Desk, table: type) -> int | None:
    with desk.system.db.write() as session:
        return claim(session, table, desk.now)


def settle(desk: Desk, table: type, row_id: int) -> None:
    with desk.system.db.write() as session:
        session.get_one(table, row_id).state = "done" if table is Inbox else "sent"


@pytest.mark.parametrize("table", TABLES)
def test_a_conversation_goes_in_order(desk: Desk, table: type) -> None:
    first, second = put(desk, table, "an"), put(desk, table, "an")
    assert take(desk, table) == first
    assert take(desk, table) is None
    settle(desk, table, first)
    assert take(desk, table) == second


@pytest.mark.parametrize("table", TABLES)
def test_conversations_do_not_wait_for_each_other(desk: Desk, table: type) -> None:
    first, _, other = put(desk, table, "an"), put(desk, table, "an"), put(desk, table, "binh")
    assert take(desk, table) == first
    assert take(desk, table) == other
    assert take(desk, table) is None


def test_a_long_queue_of_one_person_does_not_hide_the_others(desk: Desk) -> None:
    first = put(desk, Inbox, "an")
    for _ in range(8):
        put(desk, Inbox, "an")
    other = put(desk, Inbox, "binh")
    assert [take(desk, Inbox), take(desk, Inbox)] == [first, other]


@pytest.mark.parametrize("table", TABLES)
def test_a_killed_workers_row_comes_back(desk: Desk, table: type) -> None:
    first, second = put(desk, table, "an"), put(desk, table, "an")
    assert take(desk, table) == first
    desk.now += CLAIM
    assert take(desk, table) is None
    desk.passes(seconds=1)
    assert take(desk, table) == first
    settle(desk, table, first)
    assert take(desk, table) == second


@pytest.mark.parametrize("table", TABLES)
def test_the_only_worker_takes_up_at_once_what_was_left(desk: Desk, table: type) -> None:
    first = put(desk, table, "an")
    take(desk, table)
    with desk.system.db.write() as session:
        revive(session, table)
    assert take(desk, table) == first


def test_a_row_is_not_taken_before_its_time_and_holds_up_what_follows(desk: Desk) -> None:
    first = put(desk, Outbox, "an")
    put(desk, Outbox, "an")
    with desk.system.db.write() as session:
        session.get_one(Outbox, first).available_at = desk.now + timedelta(seconds=30)
    assert take(desk, Outbox) is None
    desk.passes(seconds=30)
    assert take(desk, Outbox) == first


def test_a_look_says_whether_claiming_makes_sense(desk: Desk) -> None:
    def look() -> bool:
        with desk.system.db.read() as session:
            return waiting(session, Inbox, desk.now)

    assert not look()
    put(desk, Inbox, "an")
    assert look()
    take(desk, Inbox)
    assert not look()


def test_tries_are_counted(desk: Desk) -> None:
    row = put(desk, Inbox, "an")
    for _ in range(3):
        take(desk, Inbox)
        desk.passes(minutes=3)
    with desk.system.db.read() as session:
        assert session.get_one(Inbox, row).attempts == 3


def test_many_workers_at_once_take_each_row_once(desk: Desk) -> None:
    rows = {put(desk, Inbox, f"người {n}") for n in range(6)}

    def work(_: int) -> list[int]:
        taken = []
        for _ in range(10):
            row = take(desk, Inbox)
            if row is not None:
                taken.append(row)
        return taken

    taken = [row for found in at_once(4, work) for row in found]
    assert sorted(taken) == sorted(rows)


def notice(desk: Desk, who: str, kind: Kind = "notice", **more: bool) -> int:
    number = str(next(desk.numbers))
    with desk.system.db.write() as session:
        conversation = open_conversation(session, "webchat", who, desk.now)
        queue(session, conversation.id, Outgoing("x"), number, kind, desk.now, **more)
        session.flush()
        return session.scalars(select(Outbox.id).where(Outbox.key == number)).one()


def test_answers_and_urgent_news_do_not_wait_behind_notices(desk: Desk) -> None:
    notices = [notice(desk, f"n{number}") for number in range(3)]
    desk.passes(seconds=1)
    answer, urgent, staff = notice(desk, "an", "reply"), notice(desk, "binh", urgent=True), notice(desk, "c", "staff")
    assert [take(desk, Outbox) for _ in range(6)] == [answer, urgent, staff, *notices]


def test_what_is_on_its_way_to_somebody_who_writes_goes_first(desk: Desk) -> None:
    others = [notice(desk, f"n{number}") for number in range(3)]
    mine = notice(desk, "an")
    with desk.system.db.write() as session:
        receive(session, Incoming("webchat", "m1", "an", "alô"), desk.now)
    assert take(desk, Outbox) == mine
    answer = notice(desk, "an", "reply")
    assert take(desk, Outbox) == others[0]
    settle(desk, Outbox, mine)
    assert take(desk, Outbox) == answer


def test_who_writes_does_not_shorten_what_a_platform_asked_to_wait_for(desk: Desk) -> None:
    row = notice(desk, "an")
    with desk.system.db.write() as session:
        session.get_one(Outbox, row).available_at = desk.now + timedelta(seconds=30)
        session.get_one(Outbox, row).attempts = 3
        receive(session, Incoming("webchat", "m1", "an", "alô"), desk.now)
    assert take(desk, Outbox) is None
    desk.passes(seconds=30)
    assert take(desk, Outbox) == row
    with desk.system.db.read() as session:
        assert session.get_one(Outbox, row).attempts == 4


def test_a_closed_channel_is_passed_over(desk: Desk) -> None:
    closed, other = notice(desk, "an"), put(desk, Inbox, "an")
    with desk.system.db.write() as session:
        assert not waiting(session, Outbox, desk.now, ["webchat", "telegram"])
        assert claim(session, Outbox, desk.now, ["webchat", "telegram"]) is None
        assert claim(session, Outbox, desk.now, ["telegram"]) == closed
        assert claim(session, Inbox, desk.now) == other
