"""What the machine was unsure about, what was corrected, what was sent elsewhere: once each, decided by a person."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import InvalidInput, NotAllowed, NotFound
from bot.services import direct_case
from bot.services.review import decide, doubt, open_reviews
from bot.store.models import Review
from tests.scripted import Desk
from tests.unit.office import Office

UNSURE = "rác ở ngõ 12 phố Vọng"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The list does not depend on the kind of database."""
    return sqlite_url


@pytest.fixture(autouse=True)
def meanings(desk: Desk) -> None:
    desk.dialogue.means(
        UNSURE, "report", "waste_collection", 0.4, ranking=[("waste_collection", 0.4), ("illegal_dumping", 0.3)]
    )
    desk.dialogue.means("đèn tắt ở ngõ 12 phố Vọng", "report", "street_lighting")
    desk.dialogue.means("gửi đi", "affirm")


def judged(office: Office, label: str, actor: Any = None) -> Review:
    (review,) = office.rows(Review)
    return office.change(
        lambda s: decide(s, office.city, review.id, label, actor or office.dispatcher, office.desk.now)
    )


def test_an_unsure_topic_that_the_resident_chose_is_a_correction(office: Office, desk: Desk) -> None:
    desk.agrees("an")
    desk.hears("an", UNSURE)
    desk.presses("an", "Đổ trộm rác, phế thải xây dựng")
    desk.presses("an", "Gửi")
    (review,) = office.rows(Review)
    assert (review.why, review.proposed, review.text) == ("corrected", "illegal_dumping", UNSURE)
    assert review.understood["label"] == "waste_collection"
    assert review.understood["confidence"] == 0.4


def test_an_unsure_topic_that_stays_unsure_is_on_the_list(office: Office, desk: Desk) -> None:
    desk.agrees("an")
    desk.hears("an", UNSURE)
    desk.hears("an", "thế nào cũng được, chọn giúp tôi")
    desk.presses("an", "Gửi")
    (review,) = office.rows(Review)
    assert (review.why, review.proposed) == ("unsure", None)
    (case,) = desk.cases()
    assert (case.agency, review.case_id) == ("triage_desk", case.id)


def test_a_sure_topic_needs_no_review(office: Office, desk: Desk) -> None:
    desk.agrees("an")
    desk.hears("an", "đèn tắt ở ngõ 12 phố Vọng")
    desk.presses("an", "Gửi")
    assert len(desk.cases()) == 1
    assert office.rows(Review) == []


def test_the_same_doubt_twice_is_one_entry(office: Office) -> None:
    for _ in range(2):
        office.change(lambda s: doubt(s, "unsure", "k1", "x", {}, office.desk.now))
    assert len(office.rows(Review)) == 1


def test_the_list_shows_what_is_undecided_oldest_first(office: Office) -> None:
    for number in range(3):
        office.change(lambda s, n=number: doubt(s, "unsure", f"k{n}", str(n), {}, office.desk.now))
    first = office.rows(Review)[0].id
    office.change(lambda s: decide(s, office.city, first, "noise", office.dispatcher, office.desk.now))
    assert [r.text for r in office.change(open_reviews)] == ["1", "2"]


def test_a_decision_sets_the_cases_topic_and_opens_no_new_doubt(office: Office) -> None:
    code = office.file(topic_sure=False)
    case = office.case(code)
    office.change(lambda s: doubt(s, "unsure", "k", case.text, {}, office.desk.now, case=case.id))
    judged(office, "noise")
    assert (office.case(code).topic, office.case(code).topic_sure) == ("noise", True)
    (review,) = office.rows(Review)
    assert (review.label, review.decided_by, review.decided_at) == ("noise", "dieuphoi", office.desk.now)


def test_an_outcome_is_a_label_and_leaves_the_case_alone(office: Office) -> None:
    code = office.file()
    case = office.case(code)
    office.change(lambda s: doubt(s, "unsure", "k", case.text, {}, office.desk.now, case=case.id))
    assert judged(office, "spam").label == "spam"
    assert office.case(code).topic == "street_lighting"


def test_only_who_may_decides_only_what_there_is(office: Office) -> None:
    office.change(lambda s: doubt(s, "unsure", "k", "x", {}, office.desk.now))
    with pytest.raises(NotAllowed):
        judged(office, "noise", office.officer)
    with pytest.raises(InvalidInput, match="ufo"):
        judged(office, "ufo")
    with pytest.raises(NotFound):
        office.change(lambda s: decide(s, office.city, 10**6, "noise", office.dispatcher, office.desk.now))


def test_rerouting_shows_what_it_was_taken_for(office: Office) -> None:
    code = office.file()
    office.act(code, direct_case.reclassify, "noise", office.dispatcher)
    (review,) = office.rows(Review)
    assert (review.why, review.understood["label"], review.proposed) == ("rerouted", "street_lighting", "noise")
