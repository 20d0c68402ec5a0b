"""What nothing could carry is told by phone or sent again, by whom it concerns, and never both."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from bot.domain.message import Outgoing
from bot.errors import NotAllowed, NotFound, WayClosed
from bot.services import call_instead
from bot.services.handle_case import Actor
from bot.services.notify import queue
from bot.services.privacy import erase_resident
from bot.services.receive import open_conversation
from bot.store.models import Attempt, Outbox
from tests.unit.office import Office
from tests.windows import Strict, delivers, strict, writes


@pytest.fixture
def channel(office: Office) -> Strict:
    return strict(office.desk)


def stuck(office: Office, who: str = "an", phone: str | None = None, days: int = 3, **more: Any) -> tuple[str, int]:
    """A case whose notice came too late for ordinary words. Returns its code and the notice's id."""
    writes(office.desk, who, phone)
    code = office.file(who, **more)
    office.desk.passes(days=days)
    office.move(code, "in_progress", office.officer if "topic" not in more else office.admin)
    delivers(office.desk)
    return code, office.notices(who)[-1].id


def listed(office: Office, actor: Actor) -> list[call_instead.Call]:
    with office.desk.system.db.read() as session:
        found = call_instead.calls(session, office.city, actor)
        assert call_instead.count(session, actor) == len(found)
    return found


def told(office: Office, notice: int, actor: Actor, note: str = "") -> bool:
    return office.change(lambda s: call_instead.mark_told(s, notice, note, actor, office.desk.now))


def again(office: Office, notice: int, actor: Actor) -> bool:
    return office.change(lambda s: call_instead.send_again(s, notice, actor, office.desk.now))


def state(office: Office, notice: int) -> str:
    return next(row.state for row in office.rows(Outbox) if row.id == notice)


def proof(office: Office, notice: int) -> list[tuple[str, str | None]]:
    return [(a.outcome, a.by) for a in office.rows(Attempt) if a.outbox_id == notice]


def test_what_waits_is_listed_with_all_that_a_caller_needs(office: Office, channel: Strict) -> None:
    code, notice = stuck(office, phone="0912 345 678", fields={"contact_phone": "0987654321"})
    (call,) = listed(office, office.officer)
    assert (call.id, call.code, call.kind, call.channel) == (notice, code, "notice", "webchat")
    assert f"Phiếu {code}" in call.text
    assert call.reason == "quá hạn nhắn tự do của nền tảng"
    assert (call.phones, call.hidden) == (("0912 345 678", "0987654321"), False)


def test_one_number_written_in_two_ways_is_one(office: Office, channel: Strict) -> None:
    stuck(office, phone="+84912345678", fields={"contact_phone": "0912 345 678"})
    assert listed(office, office.officer)[0].phones == ("+84912345678",)


def test_the_oldest_comes_first(office: Office, channel: Strict) -> None:
    first, _ = stuck(office, "an")
    second, _ = stuck(office, "binh")
    assert [call.code for call in listed(office, office.dispatcher)] == [first, second]


def test_only_the_own_unit_and_the_desk_see_a_call(office: Office, channel: Strict) -> None:
    _, notice = stuck(office)
    assert listed(office, office.stranger) == []
    assert len(listed(office, office.dispatcher)) == len(listed(office, office.leader)) == 1
    for actor in (office.stranger, office.resident, Actor.system()):
        with pytest.raises(NotFound):
            told(office, notice, actor)
        with pytest.raises(NotFound):
            again(office, notice, actor)
    with pytest.raises(NotFound):
        told(office, notice + 1000, office.admin)
    assert state(office, notice) == "waiting"


def test_what_belongs_to_no_case_is_the_desks(office: Office, channel: Strict) -> None:
    writes(office.desk, "an", "0912345678")
    office.desk.passes(days=3)
    office.change(lambda s: queue(s, open_conversation(s, "webchat", "an", office.desk.now).id,
                                  Outgoing("Cán bộ: mai tôi gọi"), "x", "staff", office.desk.now))  # fmt: skip
    delivers(office.desk)
    assert listed(office, office.officer) == []
    (call,) = listed(office, office.dispatcher)
    assert (call.code, call.phones) == (None, ("0912345678",))
    assert told(office, call.id, office.dispatcher)


def test_a_protected_topic_keeps_the_number_from_the_unit(office: Office, channel: Strict) -> None:
    code, _ = stuck(office, phone="0912345678", topic="social_welfare")
    unit = Actor("canbo", office.officer.role, office.case(code).agency)
    (hidden,), (shown,) = listed(office, unit), listed(office, office.dispatcher)
    assert (hidden.phones, hidden.hidden) == ((), True)
    assert (shown.phones, shown.hidden) == (("0912345678",), False)


def test_a_call_is_proved_once_and_ends_the_sending(office: Office, channel: Strict) -> None:
    code, notice = stuck(office)
    assert told(office, notice, office.officer, "  con gái nghe máy ")
    assert not told(office, notice, office.leader, "lần nữa")
    assert state(office, notice) == "told"
    assert proof(office, notice) == [("waiting", None), ("called", "canbo")]
    assert [(e.actor, e.note) for e in office.case(code).events if e.kind == "called"] == [
        ("canbo", "con gái nghe máy")
    ]
    with pytest.raises(NotAllowed, match="gọi điện"):
        again(office, notice, office.officer)
    writes(office.desk, "an")
    delivers(office.desk)
    assert (state(office, notice), channel.taken) == ("told", [])
    assert listed(office, office.officer) == []


def test_a_long_note_is_kept_in_the_history(office: Office, channel: Strict) -> None:
    code, notice = stuck(office)
    told(office, notice, office.officer, "dài " * 500)
    assert office.case(code).events[-1].note == ("dài " * 500).strip()
    assert len(office.rows(Attempt)[-1].reason) <= 300


def test_two_who_call_at_once_are_one_call(office: Office, channel: Strict) -> None:
    code, notice = stuck(office)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda actor: told(office, notice, actor), [office.officer, office.leader] * 2))
    assert sorted(done) == [False, False, False, True]
    assert [e.kind for e in office.case(code).events].count("called") == 1


def test_who_writes_is_told_by_message_and_not_by_phone(office: Office, channel: Strict) -> None:
    _, notice = stuck(office)
    writes(office.desk, "an")
    delivers(office.desk)
    assert state(office, notice) == "sent"
    assert len(channel.taken) == 1
    with pytest.raises(NotAllowed, match="đã gửi"):
        told(office, notice, office.officer)
    assert not again(office, notice, office.officer)
    delivers(office.desk)
    assert len(channel.taken) == 1


def test_sent_again_every_way_is_tried_anew(office: Office) -> None:
    channel = strict(office.desk, template=True)
    channel.failures = [WayClosed("mẫu chưa được duyệt")]
    _, notice = stuck(office)
    assert listed(office, office.officer)[0].reason == "mẫu chưa được duyệt"
    assert again(office, notice, office.officer)
    assert not again(office, notice, office.officer), "it is on its way"
    delivers(office.desk)
    assert [way for way, _ in channel.taken] == ["template"]
    assert proof(office, notice) == [("refused", None), ("waiting", None), ("resend", "canbo"), ("sent", None)]


def test_sent_again_in_vain_it_waits_again(office: Office, channel: Strict) -> None:
    _, notice = stuck(office)
    again(office, notice, office.officer)
    delivers(office.desk)
    assert [call.id for call in listed(office, office.officer)] == [notice]
    assert told(office, notice, office.officer)


def test_who_is_erased_is_not_called(office: Office, channel: Strict) -> None:
    _, notice = stuck(office, phone="0912345678")
    office.change(lambda s: erase_resident(
        s, office.desk.system.media, open_conversation(s, "webchat", "an", office.desk.now), "v1", office.desk.now
    ))  # fmt: skip
    assert listed(office, office.dispatcher) == []
    writes(office.desk, "an")
    delivers(office.desk)
    assert channel.taken == []
    with office.desk.system.db.read() as session:
        assert session.scalars(select(Outbox.state).where(Outbox.id == notice)).one() == "undeliverable"
