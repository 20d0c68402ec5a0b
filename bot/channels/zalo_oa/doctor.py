"""What `langnghe doctor` says about the Zalo Official Account."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.channels.zalo_oa.signature import text_id
from bot.channels.zalo_oa.tokens import LIFE, WARN_FROM
from bot.errors import ChannelDown, DeliveryError

if TYPE_CHECKING:
    from bot.channels.zalo_oa.adapter import ZaloOA

Findings = list[tuple[bool, str]]


def examine(channel: ZaloOA) -> Findings:
    """Token, its age, the way in, templates. Each finding is (well, sentence)."""
    try:
        name = channel.api.profile().name or "không rõ tên"
    except ChannelDown as error:
        return [(False, f"Zalo: {error}.")]
    except DeliveryError as error:
        base = channel.settings.zalo_oa_api_base
        return [(False, f"Zalo: chưa hỏi được {base} ({error}). Xem mạng hoặc LANGNGHE_ZALO_OA_API_BASE.")]
    found: Findings = [(True, f"Zalo: mã truy cập đúng, OA là “{name}”.")]
    return found + _age(channel.api.tokens.age()) + _webhook(channel) + _templates(channel)


def _age(age: timedelta | None) -> Findings:
    """A refresh token that nobody uses for three months is lost."""
    if age is None or age < WARN_FROM:
        return []
    left = max((LIFE - age).days, 0)
    return [
        (False, f"Zalo: mã làm mới đã {age.days} ngày chưa đổi, còn {left} ngày là hết hạn. Quản trị viên OA mở lại "
         "liên kết cấp quyền và đặt mã mới vào LANGNGHE_ZALO_OA_REFRESH_TOKEN.")
    ]  # fmt: skip


def _webhook(channel: ZaloOA) -> Findings:
    if not channel.settings.public_url.startswith("https://"):
        return [
            (False, "Zalo: webhook cần LANGNGHE_PUBLIC_URL là một tên miền https; chưa có thì OA không nhận được tin.")
        ]
    return [(True, f"Zalo: webhook phải là {channel.webhook_url} (Zalo không cho hỏi; xem `langnghe channels setup`).")]


def _templates(channel: ZaloOA) -> Findings:
    if not channel.template_ids:
        return [
            (False, "Zalo: chưa có mẫu tin nào trong LANGNGHE_ZALO_OA_TEMPLATES, nên quá 7 ngày không báo kết quả "
             "được. Chạy `langnghe channels setup` để lấy câu chữ gửi duyệt.")
        ]  # fmt: skip
    return [_template(channel, name, number) for name, number in channel.template_ids.items()]


def _template(channel: ZaloOA, name: str, number: str) -> tuple[bool, str]:
    try:
        told = channel.api.template_info(number)
    except DeliveryError as error:
        return False, f"Zalo: mẫu {name} ({number}) không hỏi được: {error}. Xem LANGNGHE_ZALO_OA_TEMPLATES."
    status = text_id(told.get("status")).upper()
    if status not in ("", "ENABLE"):
        return (
            False,
            f"Zalo: mẫu {name} ({number}) đang ở trạng thái {status}, chưa gửi được. Xem trang quản lý mẫu ZBS.",
        )
    return True, f"Zalo: mẫu {name} ({number}) dùng được."
