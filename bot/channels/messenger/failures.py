"""The Graph API's errors, translated into our decisions by (code, error_subcode) (Meta: Messenger error codes)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from bot.domain.reach import Way
from bot.errors import BrokenRequest, ChannelDown, DeliveryError, RetryLater, Unreachable, WayClosed

_SLOW_DOWN = 180.0
"""Seconds: Meta's limits count over hours, so seconds of waiting are in vain."""
_OTHER_APP = 600.0
"""Seconds until the conversation may be ours again while another application has it."""

_Make = Callable[[str], DeliveryError]


def _limit(said: str) -> DeliveryError:
    return RetryLater(f"Messenger yêu cầu gửi chậm lại {said}", after=_SLOW_DOWN, everyone=True)


def _unwell(said: str) -> DeliveryError:
    return RetryLater(f"Messenger đang trục trặc {said}")


def _window(said: str) -> DeliveryError:
    return WayClosed(f"quá 24 giờ kể từ tin cuối của người nhận {said}")


def _person(said: str) -> DeliveryError:
    return Unreachable(f"người nhận đã chặn, đã khoá tài khoản hoặc không nhận tin trên Messenger {said}")


def _template(said: str) -> DeliveryError:
    return WayClosed(f"Messenger không nhận mẫu tin: số tham số hoặc nút không khớp với mẫu đã duyệt {said}")


def _token(said: str) -> DeliveryError:
    return ChannelDown(f"Messenger không nhận mã trong LANGNGHE_MESSENGER_PAGE_TOKEN, cần tạo mã mới {said}")


def _permission(said: str) -> DeliveryError:
    return ChannelDown(f"ứng dụng chưa được Meta cấp quyền nhắn tin cho Trang {said}")


def _restricted(said: str) -> DeliveryError:
    return ChannelDown(f"Meta đang hạn chế Trang, xem Chất lượng Trang (Page Quality) {said}")


def _broken(said: str) -> DeliveryError:
    return BrokenRequest(f"Messenger từ chối tin này {said}")


def _picture(said: str) -> DeliveryError:
    return BrokenRequest(f"Messenger không nhận ảnh này {said}")


def _elsewhere(said: str) -> DeliveryError:
    return RetryLater(f"một ứng dụng khác đang giữ cuộc trò chuyện này {said}", after=_OTHER_APP)


_EXACT: Final[dict[int, _Make]] = {
    # Looked up by subcode first, then by code: some of these come as either.
    2018278: _window,
    2018065: _window,
    2018108: _person,
    2018001: _person,
    2018344: _person,
    1545041: _person,
    1893063: _restricted,
    2018047: _picture,
    2018109: _picture,
    2018300: _elsewhere,
    2018321: _elsewhere,
    1893029: _template,
    2018416: _template,
    2388051: _template,
}
_CODES: Final[dict[int, _Make]] = {
    1: _unwell,
    2: _unwell,
    **dict.fromkeys((4, 17, 32, 613, 80006), _limit),
    10: _permission,
    100: _broken,
    190: _token,
    200: _permission,
    368: _restricted,
    551: _person,
}
_OF_THE_WAY: Final = {10, 100, 200}
"""What these refuse outside the free window is only this way: the feature is not granted, the template not approved."""
_NAMES: Final = {
    "officer": "tin của cán bộ (HUMAN_AGENT); ứng dụng cần được duyệt tính năng Human Agent",
    "template": "tin mẫu; xem mẫu đã duyệt chưa và ứng dụng có quyền gửi tin mẫu chưa",
}


def refused(status: int, body: Any, way: Way) -> DeliveryError:
    """Our error for an answer of the Graph API.

    Args:
        status: of HTTP.
        body: the answer's JSON, or None when it is none.
    """
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        # Not the Graph API speaks, but something in front of it.
        said = f"Messenger không trả lời đúng cách (HTTP {status})"
        return RetryLater(said, uncertain=status in (200, 504), everyone=status != 200)
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    # Codes only: the sentence beside them may repeat what we sent.
    said = f"(mã {code}/{subcode}, {error.get('fbtrace_id') or 'không có dấu vết'})"
    exact = _EXACT.get(subcode) or _EXACT.get(code)
    if exact is not None:
        return exact(said)
    if way in _NAMES and code in _OF_THE_WAY:
        return WayClosed(f"Messenger không nhận {_NAMES[way]} {said}")
    known = _CODES.get(code)
    if known is not None:
        return known(said)
    if status == 429:
        return _limit(said)
    return _unwell(said) if status >= 500 else _broken(said)


def _number(value: Any) -> int:
    return value if isinstance(value, int) else int(value) if isinstance(value, str) and value.isdigit() else 0
