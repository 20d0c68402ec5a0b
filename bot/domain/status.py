"""The life of a case: one row a status, one row a move (domain.md §6).

draft ─> received ─> assigned ─> in_progress ─> pending_approval ─> resolved ─> closed
            │  ^         │            │                │               │           │
            │  └─────────┘ returned   └────── <────────┘ sent back     └> reopened <┘ (twice at most)
            ├> need_info (clock paused) ─> received | assigned | rejected
            └> rejected · merged · referred_out · withdrawn (any open one)

Nobody compares a status by name: ask the row for its phase, its clock, its notice.
`overdue` and `extended` are flags of a case, not statuses: they must not hide where the case is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.roles import Role


class Phase(StrEnum):
    """The kind of step."""

    WAITING = "waiting"
    WORKING = "working"
    ANSWERED = "answered"
    ENDED = "ended"


class Clock(StrEnum):
    """What the deadline does meanwhile."""

    RECEIVE = "receive"
    HANDLE = "handle"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Status:
    """One status: its words for the resident, its phase, what its clock does, whether it tells the resident."""

    id: str
    label: str
    phase: Phase
    clock: Clock
    notice: bool = True

    @property
    def open(self) -> bool:
        return self.phase in (Phase.WAITING, Phase.WORKING)


_ROWS = (
    Status("received", "Đã tiếp nhận, chờ phân loại", Phase.WAITING, Clock.RECEIVE),
    Status("need_info", "Cần bổ sung thông tin", Phase.WAITING, Clock.PAUSED),
    Status("assigned", "Đã chuyển đơn vị xử lý", Phase.WAITING, Clock.HANDLE),
    Status("in_progress", "Đang xử lý", Phase.WORKING, Clock.HANDLE),
    Status("pending_approval", "Đang xử lý, chờ duyệt kết quả", Phase.WORKING, Clock.HANDLE, notice=False),
    Status("resolved", "Đã có kết quả, mời đánh giá", Phase.ANSWERED, Clock.STOPPED),
    Status("closed", "Đã hoàn thành", Phase.ENDED, Clock.STOPPED),
    Status("reopened", "Mở lại theo yêu cầu", Phase.WORKING, Clock.HANDLE),
    Status("rejected", "Không tiếp nhận, kèm lý do", Phase.ENDED, Clock.STOPPED),
    Status("referred_out", "Đã chuyển cơ quan ngoài hệ thống", Phase.ENDED, Clock.STOPPED),
    Status("merged", "Gộp vào phiếu khác", Phase.ENDED, Clock.STOPPED),
    Status("withdrawn", "Người gửi đã rút", Phase.ENDED, Clock.STOPPED),
)
STATUSES: dict[str, Status] = {row.id: row for row in _ROWS}
FIRST = "received"


@dataclass(frozen=True)
class Move:
    """One permitted change. `needs` names what must come with it: `note`, `agency`, `photo`, `parent`."""

    source: str
    target: str
    who: frozenset[Role]
    needs: frozenset[str] = frozenset()
    silent: bool = False
    """True: the resident is not told again (an internal return)."""


_D, _O, _L, _A, _R, _S = Role.DISPATCHER, Role.OFFICER, Role.LEADER, Role.ADMIN, Role.RESIDENT, Role.SYSTEM


def _move(source: str, target: str, *who: Role, needs: tuple[str, ...] = (), silent: bool = False) -> Move:
    return Move(source, target, frozenset(who), frozenset(needs), silent)


_OPEN = tuple(s.id for s in _ROWS if s.open)

MOVES: tuple[Move, ...] = (
    _move("received", "assigned", _S, _D, _A, needs=("agency",)),
    _move("received", "need_info", _D, _O, _A, needs=("note",)),
    _move("assigned", "need_info", _D, _O, _L, _A, needs=("note",)),
    _move("need_info", "received", _R, _S, _D, _A),
    _move("need_info", "assigned", _R, _S, _D, _A, needs=("agency",)),
    _move("need_info", "rejected", _D, _A, needs=("note",)),
    _move("received", "rejected", _D, _A, needs=("note",)),
    _move("received", "merged", _D, _A, needs=("parent",)),
    _move("assigned", "merged", _D, _A, needs=("parent",)),
    _move("assigned", "in_progress", _O, _L, _D, _A),
    _move("assigned", "received", _O, _L, _A, needs=("note",)),
    _move("in_progress", "pending_approval", _O, _L, _A, needs=("note", "photo")),
    _move("pending_approval", "resolved", _L, _A),
    _move("pending_approval", "in_progress", _L, _A, needs=("note",), silent=True),
    _move("reopened", "in_progress", _O, _L, _D, _A),
    _move("resolved", "closed", _R, _S),
    _move("resolved", "reopened", _R, _D, _A, needs=("note",)),
    _move("closed", "reopened", _R, _D, _A, needs=("note",)),
    *(_move(s, "referred_out", _D, _A, needs=("note",)) for s in _OPEN),
    *(_move(s, "withdrawn", _R, _D, _A) for s in _OPEN),
)

REOPEN_LIMIT = 2
RETURN_LIMIT = 2


def find_move(source: str, target: str) -> Move | None:
    """The row that leads from `source` to `target`, if there is one."""
    return next((m for m in MOVES if m.source == source and m.target == target), None)


def moves_for(source: str, role: Role) -> list[Move]:
    """All moves that `role` may make from `source`, in the table's order."""
    return [m for m in MOVES if m.source == source and role in m.who]


def path(source: str, target: str, role: Role) -> list[Move] | None:
    """The shortest chain of moves of `role` along the ordinary road (no rejection, return or withdrawal on the way).

    An officer who closes a case in one go still passes every step, and the history shows each.
    """
    road = ("received", "need_info", "assigned", "reopened", "in_progress", "pending_approval", "resolved", "closed")
    seen = {source}
    queue: list[tuple[str, list[Move]]] = [(source, [])]
    while queue:
        here, so_far = queue.pop(0)
        for move in moves_for(here, role):
            chain = [*so_far, move]
            if move.target == target:
                return chain
            forward = move.target in road and (move.source not in road or road.index(move.target) > road.index(here))
            if forward and move.target not in seen and move.target != "need_info":
                seen.add(move.target)
                queue.append((move.target, chain))
    return None
