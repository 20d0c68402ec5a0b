"""Following a case from elsewhere: who may, how often one may guess, and what is told where."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.services import direct_case
from bot.services.follow_case import Answer, Outcome, follow, follows, may_try, unfollow
from bot.services.handle_case import find
from bot.services.privacy import erase_resident, forget_messages
from bot.services.receive import open_conversation
from bot.store.models import Conversation, Outbox
from tests.unit.office import Office

PHONE = "0912 345 678"


def filed(office: Office, **more: Any) -> str:
    return office.file(fields={"contact_phone": PHONE}, **more)


def conversation(session: Any, office: Office, who: str, channel: str = "zalo_oa") -> Conversation:
    return open_conversation(session, channel, who, office.desk.now)


def tries(office: Office, code: str, digits: str, who: str = "binh") -> Answer:
    now = office.desk.now
    return office.change(lambda s: follow(s, conversation(s, office, who), find(s, code), digits, now))


def listed(office: Office) -> list[tuple[str, str]]:
    """(channel, text) of every notice, oldest first."""
    return [(row.channel, row.body["text"]) for row in office.rows(Outbox) if row.kind != "reply"]


def test_the_right_digits_link_the_conversation_once(office: Office) -> None:
    code = filed(office)
    assert [tries(office, code, "5678").outcome for _ in range(2)] == [Outcome.FOLLOWED] * 2
    office.move(code, "in_progress", office.officer)
    assert sorted(channel for channel, _ in listed(office)) == ["webchat", "zalo_oa"]
    assert len({text for _, text in listed(office)}) == 1


def test_the_filing_conversation_keeps_the_key_of_old(office: Office) -> None:
    code = filed(office)
    tries(office, code, "5678")
    office.move(code, "in_progress", office.officer)
    event = office.case(code).events[-1].id
    keys = {row.channel: row.key for row in office.rows(Outbox)}
    assert keys["webchat"] == f"case-{office.case(code).id}-event-{event}"
    assert keys["zalo_oa"].startswith(keys["webchat"] + "-f")


def test_a_change_made_twice_is_told_once_to_each(office: Office) -> None:
    code = filed(office)
    tries(office, code, "5678")
    for _ in range(2):
        office.act(code, direct_case.reply, "Anh có nhà không?", office.officer, key="form-1")
    assert len(listed(office)) == 2


def test_the_phone_of_the_one_who_filed_counts_when_the_case_has_none(office: Office) -> None:
    code = office.file(fields={"contact_phone": "người gửi không rõ"})
    office.change(lambda s: setattr(open_conversation(s, "webchat", "an", office.desk.now).resident, "phone", PHONE))
    assert tries(office, code, "5678").outcome is Outcome.FOLLOWED


def test_without_a_phone_there_is_nothing_to_guess(office: Office) -> None:
    assert tries(office, office.file(), "5678").outcome is Outcome.NO_PHONE


def test_the_third_wrong_try_locks_for_an_hour_from_then(office: Office) -> None:
    code = filed(office)
    assert [tries(office, code, "0000").left for _ in range(2)] == [2, 1]
    office.desk.passes(minutes=30)
    locked = tries(office, code, "0000")
    assert (locked.outcome, locked.until) == (Outcome.LOCKED, office.desk.now + timedelta(hours=1))
    office.desk.passes(minutes=59)
    assert tries(office, code, "5678").outcome is Outcome.LOCKED
    office.desk.passes(minutes=1)
    assert tries(office, code, "5678").outcome is Outcome.FOLLOWED


def test_tries_far_apart_do_not_lock(office: Office) -> None:
    code = filed(office)
    for _ in range(5):
        assert tries(office, code, "0000").outcome is Outcome.WRONG
        office.desk.passes(minutes=31)


def test_guessing_from_many_conversations_locks_the_case(office: Office) -> None:
    code = filed(office)
    for who in ("a", "b", "c"):
        tries(office, code, "0000", who)
    assert tries(office, code, "5678", "d").outcome is Outcome.LOCKED


def test_guessing_at_many_cases_locks_the_conversation(office: Office) -> None:
    for _ in range(3):
        tries(office, filed(office), "0000")
    fresh = filed(office)
    assert tries(office, fresh, "5678").outcome is Outcome.LOCKED
    assert tries(office, fresh, "5678", "other").outcome is Outcome.FOLLOWED


def test_erasing_does_not_open_the_lock_of_a_case(office: Office) -> None:
    code = filed(office)
    for _ in range(3):
        tries(office, code, "0000")
    media, now = office.desk.system.media, office.desk.now
    office.change(lambda s: forget_messages(s, media, conversation(s, office, "binh"), now))
    assert tries(office, code, "5678").outcome is Outcome.LOCKED


def test_unfollowing_ends_the_notices_here_only(office: Office) -> None:
    code = filed(office)
    tries(office, code, "5678")
    office.change(lambda s: unfollow(s, conversation(s, office, "binh"), find(s, code)))
    office.move(code, "in_progress", office.officer)
    assert [channel for channel, _ in listed(office)] == ["webchat"]


def erase(office: Office, channel: str, who: str) -> int:
    media, now = office.desk.system.media, office.desk.now
    return office.change(lambda s: erase_resident(s, media, conversation(s, office, who, channel), "v1", now))


def test_a_follower_who_erases_is_told_no_more_and_the_case_keeps_its_resident(office: Office) -> None:
    code = filed(office)
    tries(office, code, "5678")
    assert erase(office, "zalo_oa", "binh") == 0
    office.move(code, "in_progress", office.officer)
    assert [channel for channel, _ in listed(office)] == ["webchat"]


def test_when_the_one_who_filed_erases_nobody_follows_any_more(office: Office) -> None:
    code = filed(office)
    tries(office, code, "5678")
    erase(office, "webchat", "an")
    office.move(code, "in_progress", office.officer)
    assert listed(office) == []

    def left(session: Any) -> tuple[bool, Answer | None]:
        here, case = conversation(session, office, "binh"), find(session, code)
        return follows(session, here, case), may_try(session, here, case, office.desk.now)

    assert office.change(left) == (False, Answer(Outcome.NO_PHONE))


def test_a_case_filed_on_the_phone_is_told_to_its_followers(office: Office) -> None:
    code = filed(office, who=None)
    tries(office, code, "5678")
    office.move(code, "in_progress", office.officer)
    assert [channel for channel, _ in listed(office)] == ["zalo_oa"]
