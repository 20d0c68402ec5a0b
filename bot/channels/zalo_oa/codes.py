"""Zalo's error codes and what follows from each: one table for each of the two hosts (channels.md A.5).

Errors come with HTTP 200. The same number may mean two things: -100 is a lost attachment on openapi.zalo.me and an
unknown failure on business.openapi.zalo.me. A code that no table knows is permanent; the number is kept for staff.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum
from typing import Final

from bot.domain.reach import LOCAL, quiet_until
from bot.errors import BrokenRequest, ChannelDown, DeliveryError, RetryLater, Unreachable, WayClosed

DAY_BEGINS: Final = time(7)
"""When a daily quota is tried again: residents are awake, and the platform's day has begun (local time)."""
_SLOW_DOWN = 30.0
_NIGHT_AGAIN = 600.0


class Decision(Enum):
    """What a code means for a message."""

    REFRESH = "get a new access token once, then try once more"
    UPLOAD = "upload the attachment again, then try once more"
    SOON = "try again with our own back-off"
    SLOW_DOWN = "everyone waits"
    TOMORROW = "a daily quota is used up: tomorrow at 7, local time"
    MORNING = "not at night: after 6, local time"
    OTHER_WAY = "this way is closed, another one may be open"
    GONE = "this person cannot be reached"
    BROKEN = "our request is wrong"
    STOP = "credentials, permission or money: stop and raise the alarm"


@dataclass(frozen=True)
class Rule:
    """One code: what follows, and why in words for staff. `alarm`: the operator must know at once."""

    decision: Decision
    said: str
    alarm: bool = False


class AttachmentLost(BrokenRequest):
    """What was uploaded is not there any more: upload it again."""


_D = Decision
_QUOTA = Rule(_D.TOMORROW, "hết hạn mức gửi tin", alarm=True)
_TEMPLATE_QUOTA = Rule(_D.TOMORROW, "hết hạn mức tin mẫu trong ngày", alarm=True)
_WINDOW = Rule(_D.OTHER_WAY, "người dân không nhắn trong thời hạn Zalo cho phép")
_MISMATCH = Rule(_D.BROKEN, "dữ liệu không khớp mẫu")
_BILLING = Rule(_D.STOP, "tài khoản ZBS chưa liên kết hoặc hết tiền")
_TOKEN = Rule(_D.REFRESH, "Zalo không nhận mã truy cập")
_TEMPLATE_OFF = Rule(_D.OTHER_WAY, "mẫu chưa được duyệt hoặc đã bị tắt", alarm=True)
_NO_RECEIVER = Rule(_D.OTHER_WAY, "số điện thoại này không nhận được tin Zalo")
_OA_OFF = Rule(_D.STOP, "OA bị khoá, chưa xác thực hoặc không tồn tại")
_APP_OFF = Rule(_D.STOP, "ứng dụng chưa hoạt động, chưa liên kết với OA hoặc chưa đăng ký quyền này")

OPENAPI: Final[dict[int, Rule]] = {
    -32: Rule(_D.SLOW_DOWN, "gửi quá nhanh"),
    -100: Rule(_D.UPLOAD, "tệp đính kèm hết hạn"),
    -200: Rule(_D.SOON, "gửi không thành công"),
    -201: Rule(_D.BROKEN, "tham số không hợp lệ"),
    -202: Rule(_D.BROKEN, "mã xác thực không hợp lệ"),
    -204: _OA_OFF,
    -205: _OA_OFF,
    -209: _APP_OFF,
    -210: Rule(_D.BROKEN, "tham số dài quá giới hạn"),
    -211: _QUOTA,
    -212: _APP_OFF,
    -213: Rule(_D.OTHER_WAY, "người dân không quan tâm OA"),
    -214: Rule(_D.BROKEN, "bài viết đang được xử lý"),
    -215: Rule(_D.STOP, "sai mã ứng dụng (LANGNGHE_ZALO_OA_APP_ID)"),
    -216: _TOKEN,
    -217: Rule(_D.GONE, "người dân đã chặn lời mời của OA"),
    -218: Rule(_D.TOMORROW, "người dân đã nhận đủ số tin trong ngày"),
    -219: _APP_OFF,
    -220: _TOKEN,
    -221: _OA_OFF,
    -223: _APP_OFF,
    -224: Rule(_D.STOP, "gói dịch vụ của OA không đủ cho tính năng này"),
    -227: Rule(_D.GONE, "tài khoản bị khoá hoặc không hoạt động quá 45 ngày"),
    -230: _WINDOW,
    -232: _WINDOW,
    -233: Rule(_D.BROKEN, "loại tin không hợp lệ"),
    -234: Rule(_D.MORNING, "loại tin này không gửi ban đêm"),
    -235: Rule(_D.BROKEN, "loại OA này không gửi được tin này"),
    -240: Rule(_D.BROKEN, "gọi phiên bản API đã đóng"),
    -242: Rule(_D.STOP, "sai appsecret_proof (LANGNGHE_ZALO_OA_APP_SECRET)"),
    -244: Rule(_D.OTHER_WAY, "người dân không nhận loại tin này"),
    -248: Rule(_D.STOP, "OA vi phạm quy định của Zalo"),
    -249: Rule(_D.OTHER_WAY, "mẫu này chỉ gửi được theo số điện thoại"),
    -305: _WINDOW,
    -311: _QUOTA,
    -320: _BILLING,
    -321: _BILLING,
}
"""Codes of openapi.zalo.me."""

BUSINESS: Final[dict[int, Rule]] = {
    -32: Rule(_D.SLOW_DOWN, "gửi quá nhanh"),
    -100: Rule(_D.SOON, "lỗi chưa rõ của Zalo"),
    -108: Rule(_D.OTHER_WAY, "số điện thoại không hợp lệ"),
    -109: _TEMPLATE_OFF,
    -110: Rule(_D.OTHER_WAY, "ứng dụng Zalo của người dân quá cũ"),
    **dict.fromkeys((-111, -112, -113, -1121, -1122, -1123, -1124), _MISMATCH),
    -114: _NO_RECEIVER,
    -115: _BILLING,
    -117: _TEMPLATE_OFF,
    -118: _NO_RECEIVER,
    -119: _NO_RECEIVER,
    -124: _TOKEN,
    -126: Rule(_D.BROKEN, "chế độ thử nghiệm chỉ gửi được cho quản trị viên"),
    -127: Rule(_D.BROKEN, "chế độ thử nghiệm chỉ gửi được cho quản trị viên"),
    -131: _TEMPLATE_OFF,
    -132: Rule(_D.BROKEN, "tham số không hợp lệ"),
    -133: Rule(_D.MORNING, "mẫu này không gửi ban đêm"),
    -134: _TEMPLATE_OFF,
    -135: Rule(_D.STOP, "OA không được gửi tin mẫu"),
    -1351: Rule(_D.STOP, "OA không được gửi tin mẫu"),
    -136: _BILLING,
    -137: _BILLING,
    -138: _APP_OFF,
    -139: Rule(_D.OTHER_WAY, "người dân không nhận loại tin này"),
    -140: Rule(_D.OTHER_WAY, "OA không được gửi tin chăm sóc cho người này"),
    # By phone the number may be another Zalo account than the one that talks with us: only this way is closed.
    -141: Rule(_D.OTHER_WAY, "người dân không nhận tin của OA này"),
    -144: _TEMPLATE_QUOTA,
    -1441: _TEMPLATE_QUOTA,
    -146: _TEMPLATE_OFF,
    -147: _TEMPLATE_QUOTA,
    -1471: _TEMPLATE_QUOTA,
    -242: OPENAPI[-242],
}
"""Codes of business.openapi.zalo.me, where templates go by phone number."""

BY_USER_ID: Final[dict[int, Rule]] = {
    **BUSINESS,
    **OPENAPI,
    -141: Rule(_D.GONE, "người dân không nhận tin của OA này"),
}
"""Templates by user id: on openapi.zalo.me, with the codes of templates besides its own."""

_UNKNOWN = Rule(_D.BROKEN, "mã lỗi chưa biết")


def rule(table: dict[int, Rule], code: int) -> Rule:
    """What follows from a code; permanent when the table does not know it."""
    return table.get(code, _UNKNOWN)


def error(found: Rule, code: int, now: datetime) -> DeliveryError:
    """Our error for a code. `now` is aware. A token or attachment that was renewed in vain ends up here, too."""
    return _ERRORS[found.decision](f"Zalo {code}: {found.said}", now)


def until_tomorrow(now: datetime) -> float:
    """Seconds until 7 o'clock of the next local day."""
    day = now.astimezone(LOCAL).date() + timedelta(days=1)
    return (datetime.combine(day, DAY_BEGINS, LOCAL) - now).total_seconds()


def until_morning(now: datetime) -> float:
    """Seconds until the night is over; ten minutes when it already is by our clock."""
    morning = quiet_until(now)
    return (morning - now).total_seconds() if morning is not None else _NIGHT_AGAIN


_ERRORS: Final[dict[Decision, Callable[[str, datetime], DeliveryError]]] = {
    _D.REFRESH: lambda said, now: ChannelDown(said),
    _D.UPLOAD: lambda said, now: AttachmentLost(said),
    _D.SOON: lambda said, now: RetryLater(said),
    _D.SLOW_DOWN: lambda said, now: RetryLater(said, after=_SLOW_DOWN, everyone=True),
    _D.TOMORROW: lambda said, now: RetryLater(said, after=until_tomorrow(now)),
    _D.MORNING: lambda said, now: RetryLater(said, after=until_morning(now)),
    _D.OTHER_WAY: lambda said, now: WayClosed(said),
    _D.GONE: lambda said, now: Unreachable(said),
    _D.BROKEN: lambda said, now: BrokenRequest(said),
    _D.STOP: lambda said, now: ChannelDown(said),
}
