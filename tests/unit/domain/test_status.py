"""The status table (domain.md §6): every status is reachable, has a way out unless it ends, and its sentence."""

from __future__ import annotations

import string

import pytest

from bot.city import City
from bot.domain.roles import Role
from bot.domain.status import FIRST, MOVES, STATUSES, Clock, Phase, find_move, moves_for, path

D, O, L, A, R, S = Role.DISPATCHER, Role.OFFICER, Role.LEADER, Role.ADMIN, Role.RESIDENT, Role.SYSTEM  # noqa: E741
FACTS = {"code", "topic", "agency", "due", "note", "answer", "days", "parent", "until"}
"""What a notice may name."""

FROM_THE_DOMAIN = {
    # (from, to): (who must be able to, who must not)
    ("received", "assigned"): ({S, D}, {R, O}),
    ("received", "need_info"): ({D, O}, {R}),
    ("need_info", "received"): ({R}, {O}),
    ("need_info", "assigned"): ({R}, {O}),
    ("need_info", "rejected"): ({D}, {O, L, R}),
    ("received", "rejected"): ({D}, {O, L, R, S}),
    ("received", "merged"): ({D}, {O, L, R}),
    ("assigned", "in_progress"): ({O}, {R, S}),
    ("assigned", "received"): ({O}, {R, S}),
    ("in_progress", "pending_approval"): ({O}, {R, S, D}),
    ("pending_approval", "resolved"): ({L}, {O, D, R, S}),
    ("pending_approval", "in_progress"): ({L}, {O, R, S}),
    ("resolved", "closed"): ({R, S}, {O, L}),
    ("resolved", "reopened"): ({R, D}, {O, L, S}),
    ("closed", "reopened"): ({R, D}, {O, L, S}),
    **{(s.id, "referred_out"): ({D}, {O, L, R}) for s in STATUSES.values() if s.open},
    **{(s.id, "withdrawn"): ({R}, {O, L}) for s in STATUSES.values() if s.open},
}


def reached() -> set[str]:
    found, edge = {FIRST}, [FIRST]
    while edge:
        here = edge.pop()
        new = {m.target for m in MOVES if m.source == here} - found
        found |= new
        edge += new
    return found


def test_every_status_of_the_domain_is_there() -> None:
    assert set(STATUSES) == {
        "received", "need_info", "assigned", "in_progress", "pending_approval", "resolved", "closed", "reopened",
        "rejected", "referred_out", "merged", "withdrawn",
    }  # fmt: skip


def test_overdue_and_extended_are_no_statuses() -> None:
    assert not {"overdue", "extended"} & set(STATUSES)


def test_every_status_is_reachable() -> None:
    assert reached() == set(STATUSES)


@pytest.mark.parametrize("status", STATUSES.values(), ids=lambda s: s.id)
def test_there_is_a_way_out_unless_it_has_ended(status) -> None:
    ways = [m for m in MOVES if m.source == status.id]
    assert ways or status.phase is Phase.ENDED


@pytest.mark.parametrize("status", [s for s in STATUSES.values() if s.open], ids=lambda s: s.id)
def test_every_open_case_can_come_to_an_answer(status) -> None:
    edge, found = [status.id], {status.id}
    while edge:
        here = edge.pop()
        new = {m.target for m in MOVES if m.source == here} - found
        found |= new
        edge += new
    assert any(STATUSES[s].phase is Phase.ANSWERED for s in found)


def test_a_paused_clock_can_resume_by_the_resident() -> None:
    paused = [s for s in STATUSES.values() if s.clock is Clock.PAUSED]
    assert paused
    for status in paused:
        targets = {STATUSES[m.target].clock for m in moves_for(status.id, Role.RESIDENT)}
        assert {Clock.RECEIVE, Clock.HANDLE} <= targets


def test_what_is_answered_or_ended_has_a_stopped_clock() -> None:
    for status in STATUSES.values():
        assert (status.clock is Clock.STOPPED) == (status.phase in (Phase.ANSWERED, Phase.ENDED)), status.id


@pytest.mark.parametrize("move", MOVES, ids=lambda m: f"{m.source}-{m.target}")
def test_moves_name_known_statuses_once(move) -> None:
    assert move.source in STATUSES
    assert move.target in STATUSES
    assert move.who
    assert sum((m.source, m.target) == (move.source, move.target) for m in MOVES) == 1


@pytest.mark.parametrize(("way", "who"), FROM_THE_DOMAIN.items(), ids=["-".join(way) for way in FROM_THE_DOMAIN])
def test_the_roles_are_those_of_the_domain(way, who) -> None:
    move = find_move(*way)
    assert move is not None
    must, must_not = who
    assert must <= move.who
    assert not must_not & move.who


def test_what_the_domain_wants_to_be_given_is_needed() -> None:
    def needs(source: str, target: str) -> frozenset[str]:
        move = find_move(source, target)
        assert move is not None
        return move.needs

    assert "note" in needs("received", "need_info")
    assert "note" in needs("received", "rejected")
    assert "parent" in needs("received", "merged")
    assert "note" in needs("assigned", "received")
    assert {"note", "photo"} <= needs("in_progress", "pending_approval")
    assert "note" in needs("resolved", "reopened")
    assert all("note" in needs(s.id, "referred_out") for s in STATUSES.values() if s.open)


@pytest.mark.parametrize("status", ["resolved", "closed", "rejected", "referred_out", "merged", "withdrawn"])
def test_nobody_withdraws_what_is_over(status: str) -> None:
    assert find_move(status, "withdrawn") is None


def test_a_withdrawn_rejected_or_merged_case_stays_so() -> None:
    for status in ("withdrawn", "rejected", "merged", "referred_out"):
        assert not [m for m in MOVES if m.source == status]


@pytest.mark.parametrize("status", [s for s in STATUSES.values() if s.notice], ids=lambda s: s.id)
def test_every_told_status_has_its_sentence_and_it_renders(city: City, status) -> None:
    sentence = city.text(f"notice_{status.id}")
    forms = list(sentence.values()) if isinstance(sentence, dict) else [sentence]
    for form in forms:
        named = {field for _, field, _, _ in string.Formatter().parse(form) if field is not None}
        assert named <= FACTS
        assert "code" in named
        said = form.format(**{fact: f"<{fact}>" for fact in FACTS})
        assert "<code>" in said
        assert "{" not in said


def test_sending_back_for_a_better_answer_is_an_inner_matter() -> None:
    move = find_move("pending_approval", "in_progress")
    assert move is not None
    assert move.silent
    assert not STATUSES["pending_approval"].notice


def test_an_administrator_passes_every_step_on_the_way() -> None:
    chain = path("received", "resolved", Role.ADMIN)
    assert chain is not None
    assert [m.target for m in chain] == ["assigned", "in_progress", "pending_approval", "resolved"]


def test_an_officer_does_not_reach_the_result_alone() -> None:
    chain = path("assigned", "pending_approval", Role.OFFICER)
    assert chain is not None
    assert [m.target for m in chain] == ["in_progress", "pending_approval"]
    assert path("assigned", "resolved", Role.OFFICER) is None
    assert path("resolved", "closed", Role.OFFICER) is None


@pytest.mark.parametrize("role", list(Role))
def test_a_way_never_leads_through_an_end_or_a_pause(role: Role) -> None:
    for source in STATUSES:
        for target in STATUSES:
            for step in (path(source, target, role) or [])[:-1]:
                assert STATUSES[step.target].phase is not Phase.ENDED or step.target == "closed"
                assert STATUSES[step.target].clock is not Clock.PAUSED
                assert role in step.who
