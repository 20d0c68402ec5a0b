"""What `langnghe channels setup` says about the Zalo Official Account.

Zalo has no call for the webhook, the menu or the greeting: all of it is done in two consoles by hand, so the lines
give the exact values to paste. What is done by call is to prove that the token works.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bot.channels.templates import LIMITS, TemplateText
from bot.channels.zalo_oa import words

if TYPE_CHECKING:
    from bot.channels.zalo_oa.adapter import ZaloOA

EVENTS: Final = (
    "user_send_text", "user_send_image", "user_send_location", "user_send_audio", "user_send_video",
    "user_send_sticker", "user_send_gif", "user_send_file", "user_send_link", "user_send_business_card",
    "follow", "unfollow", "user_submit_info", "user_received_message", "user_seen_message",
)  # fmt: skip
"""The events to tick on the webhook page: those that the channel reads, and no others."""


def instruct(channel: ZaloOA) -> list[str]:
    """The lines for the administrator. Raises a DeliveryError when Zalo refuses the token."""
    profile = channel.api.profile()
    oa = profile.oa_id or "<mã OA>"
    return [
        f"Đã làm: mã truy cập dùng được, OA là “{profile.name or 'không rõ tên'}” ({oa}).",
        "Làm bằng tay ở developers.zalo.me, ứng dụng của OA:",
        "  1. Trang Webhook: chép “OA Secret Key” của trang này vào LANGNGHE_ZALO_OA_SECRET_KEY (không phải khoá của",
        "     ứng dụng) và khởi động lại trợ lý, rồi mới điền địa chỉ và bấm kiểm tra.",
        f"     Webhook URL: {channel.webhook_url}",
        f"     Bật các sự kiện: {', '.join(EVENTS)}",
        "     Tắt tuỳ chọn chỉ nhận tin bắt đầu bằng dấu #.",
        f"  2. Trang Xác thực domain, cho {channel.settings.public_url or 'LANGNGHE_PUBLIC_URL'}: chọn cách thẻ meta,",
        "     chép phần content vào LANGNGHE_ZALO_OA_VERIFICATION, khởi động lại trợ lý rồi bấm xác thực.",
        "  3. Trang Official Account: liên kết OA, cấp quyền gửi tin, quản lý người quan tâm và gửi tin mẫu (ZBS).",
        "Làm bằng tay ở oa.zalo.me:",
        "  4. Menu, mỗi mục là loại gửi tin nhắn tới OA:",
        *(f"     {label}: {said}" for label, said in words.MENU),
        "  5. Lời chào khi quan tâm: mời người dân nhắn điều cần phản ánh; tắt trả lời tự động và chatbot khác.",
        f"     Liên kết để in và chia sẻ: https://zalo.me/{oa}",
        "Gửi duyệt ở trang quản lý mẫu ZBS (tài khoản ZBS đã liên kết ứng dụng và có tiền), nhãn “Giao dịch”:",
        *(line for text in channel.texts.values() for line in _template(channel, text)),
        "Mẫu được duyệt: ghi mã vào LANGNGHE_ZALO_OA_TEMPLATES="
        + ",".join(f"{name}={channel.template_ids.get(name, '<mã>')}" for name in channel.texts),
    ]


def _template(channel: ZaloOA, text: TemplateText) -> list[str]:
    """Name, wording and parameters; Zalo writes a parameter as `<code>`."""
    known = channel.template_ids.get(text.name)
    kinds = ", ".join(f"<{name}> loại {kind}, tối đa {LIMITS[kind]}" for name, kind in text.parameters.items())
    button = f"{text.button} → {channel.settings.public_url}/tra-cuu/<code>" if text.button else "không"
    return [
        f"  Mẫu {text.name}" + (f" (đang dùng mã {known}):" if known else ":"),
        f"     Tiêu đề: {_zalo(text.title)}",
        f"     Nội dung: {_zalo(text.body)}",
        f"     Tham số: {kinds}",
        f"     Nút: {button}",
    ]


def _zalo(text: str) -> str:
    return re.sub(r"\{(\w+)\}", r"<\1>", text)
