"""The console's own words: what a move is called, why something is on a list, what was just done."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bot.city import City
from bot.domain import proof
from bot.domain.deadline import ZONE, WorkCalendar, in_words
from bot.domain.roles import LABELS, STAFF_ROLES, Role
from bot.domain.status import STATUSES, Phase
from bot.services.deliver import international
from bot.store.models import CaseEvent, ChannelState

DONE = {
    "moved": "Đã cập nhật phiếu.",
    "assigned": "Đã chuyển đơn vị.",
    "topic": "Đã đổi lĩnh vực.",
    "extended": "Đã gia hạn và báo cho người gửi.",
    "replied": "Đã gửi tin cho người gửi phản ánh.",
    "noted": "Đã lưu nội dung trao đổi vào phiếu.",
    "gone": "Đã cập nhật phiếu. Phiếu không còn thuộc đơn vị của anh/chị nên không hiện ở đây nữa.",
    "filed": "Đã ghi phiếu. Anh/chị đọc mã phản ánh cho người gọi.",
    "again": "Việc này đã được ghi nhận rồi, không cần gửi lại.",
    "decided": "Đã ghi nhãn đúng.",
    "said": "Đã gửi tin nhắn.",
    "handed_back": "Đã trả hội thoại cho trợ lý tự động.",
    "added": "Đã thêm tài khoản.",
    "password": "Đã đặt mật khẩu mới. Các phiên đăng nhập cũ đã kết thúc.",
    "deactivated": "Đã ngừng tài khoản.",
    "activated": "Đã mở lại tài khoản.",
    "signed_out": "Anh/chị đã đăng xuất.",
    "called": "Đã ghi nhận cuộc gọi; tin này sẽ không gửi lại nữa.",
    "resent": "Đã đưa tin vào hàng gửi lại. Nếu vẫn không gửi được, tin sẽ trở lại danh sách này.",
}
PHASES = {
    Phase.WAITING: "Chờ xử lý",
    Phase.WORKING: "Đang làm",
    Phase.ANSWERED: "Đã có kết quả",
    Phase.ENDED: "Đã kết thúc",
}
WHY = {
    "unsure": "Máy chưa chắc",
    "corrected": "Người dân đã sửa",
    "rerouted": "Cán bộ đã đổi lĩnh vực hoặc đơn vị",
}
SENDING = proof.STATES
INSTEAD = proof.INSTEAD
NOTICES = proof.KINDS
RATINGS = {"satisfied": "Hài lòng", "acceptable": "Chấp nhận được", "unsatisfied": "Chưa hài lòng"}
KINDS = {"report": "Phản ánh", "suggestion": "Sáng kiến, góp ý"}
STAGES = {"report": "Kèm phản ánh", "more": "Bổ sung sau", "result": "Sau khi xử lý"}
FILES = {"photo": "Ảnh", "voice": "Ghi âm", "video": "Video", "file": "Tệp"}
SPEAKERS = {"resident": "Người dân", "reply": "Trợ lý tự động", "notice": "Thông báo", "staff": "Cán bộ"}
ROLES = {role.value: LABELS[role] for role in STAFF_ROLES}
_ACTORS = {Role.RESIDENT.value: LABELS[Role.RESIDENT], Role.SYSTEM.value: LABELS[Role.SYSTEM]}

_VERBS = {
    ("assigned", "in_progress"): "Nhận xử lý",
    ("reopened", "in_progress"): "Xử lý tiếp",
    ("pending_approval", "in_progress"): "Trả lại để làm tiếp",
    ("assigned", "received"): "Trả lại bộ phận điều phối",
    ("need_info", "received"): "Đưa về chờ phân loại",
}
_VERBS_TO = {
    "assigned": "Chuyển đơn vị xử lý",
    "need_info": "Hỏi thêm người gửi",
    "rejected": "Không tiếp nhận",
    "merged": "Gộp vào phiếu khác",
    "pending_approval": "Trình kết quả",
    "resolved": "Duyệt và gửi kết quả",
    "reopened": "Mở lại phiếu",
    "referred_out": "Chuyển cơ quan ngoài hệ thống",
    "withdrawn": "Ghi nhận người gửi rút phiếu",
}
_NOTES = {
    ("assigned", "received"): "Lý do, nêu rõ đơn vị đúng thẩm quyền",
    ("pending_approval", "in_progress"): "Cần làm thêm việc gì (nội bộ)",
}
_NOTES_TO = {
    "need_info": "Câu hỏi gửi người dân (một câu, rõ ràng)",
    "pending_approval": "Kết quả trả lời người dân",
    "referred_out": "Chuyển tới đâu, số và ngày văn bản, cách liên hệ",
    "rejected": "Lý do và nơi tiếp nhận đúng (người dân sẽ đọc)",
}


def verb(source: str, target: str) -> str:
    """What the button of a move says."""
    return _VERBS.get((source, target)) or _VERBS_TO.get(target) or STATUSES[target].label


def note_label(source: str, target: str) -> str:
    """What to write with a move."""
    return _NOTES.get((source, target)) or _NOTES_TO.get(target) or "Lý do"


def ends(target: str) -> bool:
    """Whether a move ends the case, so that one click must not do."""
    return STATUSES[target].phase is Phase.ENDED


def person(name: str, names: dict[str, str]) -> str:
    """Who: the person's name for an account, a word for the resident and the system."""
    return _ACTORS.get(name) or names.get(name, name)


def event(city: City, row: CaseEvent) -> str:
    """One line of the history."""
    source, target = row.source or "", row.target or ""
    if row.kind == "transfer":
        return f"Chuyển từ {city.agency_name(source)} sang {city.agency_name(target)}"
    if row.kind == "topic":
        return f"Đổi lĩnh vực từ “{city.topic_name(source)}” sang “{city.topic_name(target)}”"
    if row.kind == "rating":
        return f"Đánh giá: {RATINGS.get(target, target)}"
    if row.kind == "extended":
        return f"Gia hạn từ {source} đến {target}"
    if row.kind == "reminder":
        return "Hệ thống nhắc hạn"
    if row.kind == "supervisor":
        return "Báo chưa xong lần nữa, chờ giám sát của Thành phố"
    if row.kind == "called":
        return "Đã gọi điện báo người gửi"
    if row.kind == "status" and target in STATUSES:
        return STATUSES[target].label
    return " → ".join(part for part in (source, target) if part)


def step(attempt: dict[str, Any], names: dict[str, str]) -> str:
    """One attempt to tell the resident: `Đã gửi (tin mẫu)`, `Đã gọi điện báo – Cao Cán Bộ: con gái nghe máy`."""
    said = proof.OUTCOMES.get(attempt["outcome"], attempt["outcome"])
    if attempt["way"]:
        said += f" ({proof.WAYS.get(attempt['way'], attempt['way'])})"
    if attempt["by"]:
        said += f" – {person(attempt['by'], names)}"
    return f"{said}: {attempt['reason']}" if attempt["reason"] else said


def way(notice: dict[str, Any]) -> str:
    """By which way a notice went, for one that went."""
    return proof.WAYS.get(notice["way"] or "", "") if notice["state"] in proof.SENT else ""


def trouble(label: str, state: ChannelState) -> str:
    """What is wrong with a channel, and who has to do something."""
    since = f" từ {short(state.since)}" if state.since else ""
    why = f" ({state.reason})" if state.reason else ""
    if state.down:
        return (
            f"Kênh {label} không gửi được tin{since}{why}. Tin đang được giữ lại, không mất; "
            "quản trị hệ thống cần kiểm tra khóa và tài khoản của kênh này."
        )
    again = f" lúc {short(state.until)}" if state.until else ""
    return f"Kênh {label} đang gián đoạn{since}{why}. Tin đang được giữ lại, hệ thống tự gửi tiếp{again}."


def tel(number: str) -> str:
    """A phone number as a link dials it: `+84912345678`."""
    return f"+{international(number)}"


def short(moment: datetime) -> str:
    """`17:30 01/12/2026`, local time."""
    return f"{moment.astimezone(ZONE):%H:%M %d/%m/%Y}"


def long(moment: datetime) -> str:
    """`17 giờ 30 thứ Ba, ngày 01/12/2026`."""
    return in_words(moment)


def left(calendar: WorkCalendar, due: datetime, now: datetime) -> str:
    """How much official time is left, or has passed since."""
    late = now > due
    working = calendar.between(due, now) if late else calendar.between(now, due)
    return f"{'quá' if late else 'còn'} {_span(working)}"


def ago(since: datetime, now: datetime) -> str:
    """`12 phút`, `3 giờ`, `2 ngày`."""
    minutes = int((now - since).total_seconds() // 60)
    if minutes < 60:
        return f"{max(minutes, 0)} phút"
    return f"{minutes // 60} giờ" if minutes < 48 * 60 else f"{minutes // 1440} ngày"


def _span(working: timedelta) -> str:
    minutes = int(working.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} phút làm việc"
    days, hours = divmod(minutes // 60, 8)
    if not days:
        return f"{hours} giờ làm việc"
    return f"{days} ngày {hours} giờ làm việc" if hours else f"{days} ngày làm việc"


def percent(confidence: float) -> str:
    """`87%`."""
    return f"{confidence:.0%}"


def iso(moment: str) -> str:
    """The same as `short`, for a time written in ISO 8601."""
    return short(datetime.fromisoformat(moment))
