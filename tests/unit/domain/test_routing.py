"""Topic and place lead to a unit; whatever is unknown lands on the triage desk, never nowhere."""

from __future__ import annotations

import pytest

from bot.city import City
from bot.domain.routing import TRIAGE, Agency, complained_about, route


@pytest.fixture
def ward(city: City) -> str:
    return city.gazetteer.wards[0].code


def test_nobody_knows_the_topic(city: City, ward: str) -> None:
    way = route(None, ward, city.agencies)
    assert (way.agency, way.sure) == (TRIAGE, False)
    assert way.why


def test_a_machines_guess_is_for_a_person_to_decide(city: City, ward: str) -> None:
    way = route(city.topics["street_lighting"], ward, city.agencies, trusted=False)
    assert (way.agency, way.sure) == (TRIAGE, False)
    assert way.why


def test_a_street_matter_goes_to_the_ward_of_the_place(city: City) -> None:
    for ward in city.gazetteer.wards:
        way = route(city.topics["street_lighting"], ward.code, city.agencies)
        assert way.sure
        assert city.agencies[way.agency].ward == ward.code
        assert city.agencies[way.agency].kind == "commune"
        assert ward.name in city.agencies[way.agency].name


def test_noise_goes_to_the_wards_police(city: City, ward: str) -> None:
    way = route(city.topics["noise"], ward, city.agencies)
    assert (city.agencies[way.agency].kind, city.agencies[way.agency].ward) == ("commune_police", ward)


@pytest.mark.parametrize("ward", [None, "", "99999"])
def test_without_a_known_ward_the_desk_decides(city: City, ward: str | None) -> None:
    way = route(city.topics["street_lighting"], ward, city.agencies)
    assert (way.agency, way.sure) == (TRIAGE, False)
    assert way.why


def test_a_unit_of_the_whole_city_needs_no_ward(city: City) -> None:
    of_the_city = [t for t in city.topics.values() if t.agency in city.agencies]
    assert of_the_city
    for topic in of_the_city:
        way = route(topic, None, city.agencies)
        assert (way.agency, way.sure) == (topic.agency, True)


def test_a_unit_that_does_not_exist_is_never_named(city: City, ward: str) -> None:
    """Who is complained about is not the one to handle it: staff_conduct names no unit of its own."""
    for topic in city.topics.values():
        for where in (ward, None):
            assert route(topic, where, city.agencies).agency in city.agencies
    assert route(city.topics["staff_conduct"], ward, city.agencies).agency == TRIAGE


def test_the_floor_stands_even_in_an_empty_city(city: City, ward: str) -> None:
    assert route(city.topics["noise"], ward, {TRIAGE: Agency(TRIAGE, "Điều phối", TRIAGE)}).agency == TRIAGE


def test_all_wards_of_the_city_have_their_units(city: City) -> None:
    assert len(city.gazetteer.wards) == 126
    kinds = {(a.kind, a.ward) for a in city.agencies.values()}
    for ward in city.gazetteer.wards:
        assert ("commune", ward.code) in kinds
        assert ("commune_police", ward.code) in kinds


@pytest.mark.parametrize(
    ("words", "unit", "itself"),
    [
        ("cán bộ một cửa phường Láng quát mắng tôi", "UBND phường Láng", True),
        ("can bo uy ban nhan dan phuong lang quat mang toi", "UBND phường Láng", True),
        ("công an phường Láng hách dịch", "Công an phường Láng", True),
        ("công an phường Láng hách dịch", "UBND phường Láng", False),
        ("cán bộ phường Láng Hạ cũ quát mắng tôi", "UBND phường Đống Đa", False),
    ],
)
def test_who_is_complained_about_is_known_by_name(city: City, words: str, unit: str, itself: bool) -> None:
    assert complained_about(city.topics["staff_conduct"], Agency("x", unit, "commune"), words) is itself
    assert not complained_about(city.topics["road_damage"], Agency("x", unit, "commune"), words)
