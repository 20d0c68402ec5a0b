"""Who may do what."""

from __future__ import annotations

import pytest

from bot.domain.roles import DEEDS, LABELS, STAFF_ROLES, Role, may
from bot.domain.status import moves_for


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_its_deeds_and_its_name(role: Role) -> None:
    assert role in DEEDS
    assert LABELS[role]


def test_residents_and_the_system_are_no_staff() -> None:
    assert set(STAFF_ROLES) == set(Role) - {Role.RESIDENT, Role.SYSTEM}


def test_the_administrator_may_all_that_others_may() -> None:
    assert all(DEEDS[role] <= DEEDS[Role.ADMIN] for role in Role)


def test_only_leaders_grant_more_time_and_approve() -> None:
    for deed in ("extend", "approve"):
        assert {r for r in Role if may(r, deed)} == {Role.LEADER, Role.ADMIN}


def test_an_officer_sees_only_the_cases_of_the_unit() -> None:
    assert not may(Role.OFFICER, "see_all")
    assert not may(Role.LEADER, "see_all")
    assert may(Role.DISPATCHER, "see_all")


def test_only_an_administrator_acts_alone_and_keeps_the_accounts() -> None:
    for deed in ("act_alone", "staff"):
        assert {r for r in Role if may(r, deed)} == {Role.ADMIN}


def test_a_resident_has_no_deed_of_staff() -> None:
    assert DEEDS[Role.RESIDENT] == frozenset()


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.SYSTEM])
def test_every_person_has_something_to_do(role: Role) -> None:
    assert any(moves_for(s, role) for s in ("received", "need_info", "assigned", "in_progress", "pending_approval"))


def test_an_unknown_deed_is_nobodys() -> None:
    assert not any(may(role, "fly") for role in Role)
