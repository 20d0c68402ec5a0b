"""A person takes over the talk and gives it back."""

from __future__ import annotations

import pytest

from bot.errors import InvalidInput, NotAllowed, NotFound
from bot.services.handoff import hand_back, hand_over, say, waiting
from bot.services.receive import open_conversation
from tests.unit.office import Office


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Handing over does not depend on the kind of database."""
    return sqlite_url


def taken(office: Office, who: str = "an") -> str:
    with office.desk.system.db.write() as session:
        conversation = open_conversation(session, "webchat", who, office.desk.now)
        hand_over(conversation, office.desk.now)
        return conversation.id


def test_who_waits_longest_comes_first(office: Office) -> None:
    first = taken(office)
    office.desk.passes(minutes=1)
    second = taken(office, "binh")
    office.desk.passes(minutes=1)
    taken(office)
    with office.desk.system.db.read() as session:
        assert [c.id for c in waiting(session)] == [first, second]


def test_staff_write_and_give_back_once(office: Office) -> None:
    conversation = taken(office)
    office.change(lambda s: say(s, office.city, conversation, "Tôi nghe đây", office.dispatcher, office.desk.now))
    for _ in range(2):
        office.change(lambda s: hand_back(s, office.city, conversation, office.dispatcher, office.desk.now))
    assert [row.body["text"].partition(":")[2].strip() for row in office.notices()][0] == "Tôi nghe đây"
    assert office.told().count("trợ lý tự động") == 1
    with office.desk.system.db.read() as session:
        assert waiting(session) == []


def test_handed_over_again_it_is_told_again(office: Office) -> None:
    for _ in range(2):
        conversation = taken(office)
        office.change(lambda s, c=conversation: hand_back(s, office.city, c, office.dispatcher, office.desk.now))
        office.desk.passes(hours=1)
    assert office.told().count("trợ lý tự động") == 2


def test_who_may_and_what(office: Office) -> None:
    conversation = taken(office)
    now = office.desk.now
    with pytest.raises(NotAllowed):
        office.change(lambda s: say(s, office.city, conversation, "chào", office.officer, now))
    with pytest.raises(NotAllowed):
        office.change(lambda s: hand_back(s, office.city, conversation, office.leader, now))
    with pytest.raises(InvalidInput):
        office.change(lambda s: say(s, office.city, conversation, " \n", office.dispatcher, now))
    with pytest.raises(NotFound):
        office.change(lambda s: say(s, office.city, "nobody", "chào", office.dispatcher, now))
