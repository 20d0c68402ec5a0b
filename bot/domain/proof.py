"""What can be proved of a message of ours: which rule stopped it, what was done instead, and the words that say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SENT = ("sent", "delivered", "read")
"""States of a message that the platform has taken."""

STATES = {
    "queued": "Đang chờ gửi",
    "claimed": "Đang gửi",
    "sent": "Đã gửi",
    "delivered": "Đã tới người nhận",
    "read": "Người nhận đã xem",
    "waiting": "Chưa gửi được, cần gọi điện",
    "told": "Đã gọi điện báo",
    "undeliverable": "Không gửi được",
}
OUTCOMES = {
    "sent": "Đã gửi",
    "retry": "Chưa gửi được, sẽ thử lại",
    "refused": "Nền tảng từ chối",
    "held": "Giữ lại qua đêm",
    "waiting": "Không còn cách gửi",
    "undeliverable": "Không gửi được",
    "called": "Đã gọi điện báo",
    "resend": "Yêu cầu gửi lại",
    "delivered": "Đã tới người nhận",
    "read": "Người nhận đã xem",
}
WAYS = {
    "free": "tin thường",
    "officer": "tin của cán bộ",
    "template": "tin mẫu",
    "phone": "tin mẫu theo số điện thoại",
}
KINDS = {"notice": "Thông báo", "staff": "Tin cán bộ viết"}
INSTEAD = {
    "call": "chờ người dân nhắn lại, đồng thời cần gọi điện",
    "called": "cán bộ đã gọi điện báo",
    "officer": "gửi bằng tin của cán bộ",
    "template": "gửi bằng tin mẫu đã duyệt",
    "phone": "gửi tin mẫu theo số điện thoại",
    "written": "gửi khi người dân nhắn lại",
    "resend": "cán bộ cho gửi lại và đã gửi được",
    "morning": "giữ qua đêm, gửi từ 6 giờ sáng",
}
_CLOSED = {
    # The way itself tells: ordinary words come first wherever they are allowed (bot/domain/reach.py).
    "officer": "quá hạn nhắn tự do của nền tảng",
    "template": "quá hạn nhắn tự do của nền tảng",
    "phone": "không nhắn được vào tài khoản (quá hạn nhắn tự do hoặc người nhận đã chặn)",
}
_STOPS = ("refused", "waiting", "held", "undeliverable")


@dataclass(frozen=True)
class Step:
    """One attempt: its outcome (a key of OUTCOMES) and the reason that was given."""

    outcome: str
    reason: str | None = None


def stopped_by(state: str, way: str | None, steps: Sequence[Step]) -> str | None:
    """The last rule or refusal that stood in the way, oldest step first; None when nothing did."""
    given = next((step.reason for step in reversed(steps) if step.outcome in _STOPS), None)
    return given or (_CLOSED.get(way or "") if state in SENT else None)


def instead(state: str, way: str | None, steps: Sequence[Step]) -> str | None:
    """What was done instead of ordinary words at once: a key of INSTEAD, None when nothing else was needed."""
    if state in ("told", "waiting"):
        return "called" if state == "told" else "call"
    if state in SENT:
        if way in _CLOSED:
            return way
        freed = next((step.outcome for step in reversed(steps) if step.outcome in ("waiting", "resend")), None)
        if freed is not None:
            return "written" if freed == "waiting" else "resend"
    held = state != "undeliverable" and any(step.outcome == "held" for step in steps)
    return "morning" if held else None
