"""Who may do what. A role is a set of deeds; a deed is a word, never a check on the role's name."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """Roles of staff, and the two actors that are no staff."""

    DISPATCHER = "dispatcher"
    OFFICER = "officer"
    LEADER = "leader"
    ADMIN = "admin"
    RESIDENT = "resident"
    SYSTEM = "system"


LABELS = {
    Role.DISPATCHER: "Điều phối viên",
    Role.OFFICER: "Cán bộ xử lý",
    Role.LEADER: "Lãnh đạo đơn vị",
    Role.ADMIN: "Quản trị hệ thống",
    Role.RESIDENT: "Người dân",
    Role.SYSTEM: "Hệ thống",
}

STAFF_ROLES = (Role.DISPATCHER, Role.OFFICER, Role.LEADER, Role.ADMIN)

DEEDS: dict[Role, frozenset[str]] = {
    Role.DISPATCHER: frozenset({"see_all", "assign", "reply", "review", "handoff", "merge", "reclassify", "report"}),
    Role.OFFICER: frozenset({"reply", "return"}),
    Role.LEADER: frozenset({"reply", "return", "extend", "approve", "report"}),
    Role.ADMIN: frozenset(
        {
            "see_all",
            "assign",
            "reply",
            "review",
            "handoff",
            "merge",
            "reclassify",
            "return",
            "extend",
            "approve",
            "report",
            "staff",
            "act_alone",
        }
    ),
    Role.RESIDENT: frozenset(),
    Role.SYSTEM: frozenset({"assign"}),
}


def may(role: Role, deed: str) -> bool:
    """Whether `role` may do `deed`."""
    return deed in DEEDS[role]
