"""What the page of a case shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from bot.city import City
from bot.domain.status import STATUSES, Clock, Move
from bot.services import track_case
from bot.services.handle_case import allowed
from bot.store.models import Case, Conversation, Resident
from bot.store.queries import Line, conversation_lines, lines_of_case, staff_names
from bot.web.staff import choices, words
from bot.web.staff.page import Visit

_IDENTITY = ("name", "contact_phone")


def case_values(session: Session, visit: Visit, case: Case) -> dict[str, Any]:
    """Everything that templates/staff/case.html needs."""
    city, now = visit.system.city, visit.now
    parent = session.get(Case, case.parent_id) if case.parent_id else None
    moves = allowed(visit.actor, case)
    conversation = session.get(Conversation, case.conversation_id) if case.conversation_id else None
    return {
        "case": case,
        "view": track_case.full_view(session, city, case, now),
        "state": STATUSES[case.status],
        "parent": parent.code if parent else None,
        "kind": words.KINDS.get(case.kind, case.kind),
        "level": city.levels[case.level].name if case.level in city.levels else case.level,
        "channel": channel_label(visit, case.channel),
        "left": _left(city, case, visit),
        "fields": _fields(city, visit, case),
        "sender": _sender(session, visit, case),
        "lines": _lines(session, visit, case),
        "names": staff_names(session),
        "moves": [_offer(m) for m in sorted(moves, key=_rank)],
        "deeds": _deeds(visit, case, moves),
        "reachable": conversation is not None and conversation.reachable,
        "topics": choices.topics(city),
        "units": choices.units(city),
        "likely": choices.likely_units(city, case),
    }


def channel_label(visit: Visit, channel: str) -> str:
    """How this way of writing to us is called."""
    known = visit.system.channels.get(channel)
    return known.label if known else {"phone": "Điện thoại, tại quầy"}.get(channel, channel)


def knows_sender(visit: Visit, case: Case) -> bool:
    """Whether this person may learn who filed."""
    return track_case.knows_sender(visit.system.city, visit.actor.role, case)


def _rank(move: Move) -> int:
    """The way forward first, what ends the case last."""
    if words.ends(move.target):
        return 3
    if not move.needs:
        return 0
    return 1 if move.needs & {"agency", "photo"} else 2


def _offer(move: Move) -> dict[str, Any]:
    return {
        "target": move.target,
        "verb": words.verb(move.source, move.target),
        "needs": move.needs,
        "note": words.note_label(move.source, move.target),
        "ends": words.ends(move.target),
        "tells": not move.silent and STATUSES[move.target].notice,
    }


def _deeds(visit: Visit, case: Case, moves: list[Move]) -> set[str]:
    """What else may be done now, beside the moves."""
    is_open = STATUSES[case.status].open
    in_time = case.due_at is not None and visit.now <= case.due_at
    possible = {
        "assign": is_open and not any("agency" in m.needs for m in moves),
        "reclassify": is_open,
        "extend": is_open and in_time and case.extended_at is None,
        "reply": True,
    }
    return {deed for deed, now in possible.items() if now and visit.may(deed)}


def _left(city: City, case: Case, visit: Visit) -> str:
    clock = STATUSES[case.status].clock
    if case.due_at is None or clock is Clock.STOPPED:
        return ""
    if clock is Clock.PAUSED:
        return "đồng hồ đang dừng chờ bổ sung"
    return words.left(city.calendar, case.due_at, visit.now)


def _fields(city: City, visit: Visit, case: Case) -> list[tuple[str, str]]:
    hidden = () if knows_sender(visit, case) else _IDENTITY
    labels = {"name": "Họ tên người gửi", **{f.id: f.label for f in city.fields.values()}}
    return [(labels.get(k, k), str(v)) for k, v in case.fields.items() if v and k not in hidden]


def _sender(session: Session, visit: Visit, case: Case) -> str:
    if not knows_sender(visit, case):
        return "Được giữ kín theo lĩnh vực này; chỉ bộ phận điều phối xem được."
    resident = session.get(Resident, case.resident_id) if case.resident_id else None
    if resident is None:
        return ""
    return ", ".join(part for part in (resident.name, resident.phone) if part)


def _lines(session: Session, visit: Visit, case: Case) -> list[Line]:
    """The talk: all of it for who sees every case, the part about this case for the unit's staff."""
    if case.conversation_id is None or not knows_sender(visit, case):
        return []
    if visit.may("see_all"):
        return conversation_lines(session, case.conversation_id)
    attached = {a.media_id for a in case.attachments}
    lines = lines_of_case(session, case)
    return [_without_foreign(line, attached) for line in lines]


def _without_foreign(line: Line, attached: set[str]) -> Line:
    return replace(line, media=tuple(m for m in line.media if m[0] in attached))
