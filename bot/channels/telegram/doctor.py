"""What `langnghe doctor` says about Telegram."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.errors import ChannelDown, DeliveryError

if TYPE_CHECKING:
    from bot.channels.telegram.adapter import Telegram

_RECENT = timedelta(hours=1)


def examine(channel: Telegram) -> list[tuple[bool, str]]:
    """Token, then the way in. Each finding is (well, sentence)."""
    try:
        name = channel.username()
        findings = [(True, f"Telegram: mã đúng, trợ lý là @{name}.")]
        return findings + (_webhook(channel) if channel.uses_webhook else _polling(channel))
    except ChannelDown:
        sentence = "Telegram: mã trong LANGNGHE_TELEGRAM_TOKEN không đúng hoặc đã bị thu hồi. Lấy mã mới ở @BotFather."
        return [(False, sentence)]
    except DeliveryError as error:
        base = channel.api_base
        return [(False, f"Telegram: chưa nối được tới {base} ({error}). Xem mạng hoặc LANGNGHE_TELEGRAM_API_BASE.")]


def _polling(channel: Telegram) -> list[tuple[bool, str]]:
    url = channel.webhook_info().url
    if url:
        host = urlsplit(url).netloc
        return [(False, f"Telegram: tin đang được chuyển tới {host}. Chạy `langnghe up` thì máy này sẽ nhận thay.")]
    why = "LANGNGHE_PUBLIC_URL chưa phải https" if channel.public_url else "chưa có LANGNGHE_PUBLIC_URL"
    return [(True, f"Telegram: máy này tự hỏi lấy tin ({why}).")]


def _webhook(channel: Telegram) -> list[tuple[bool, str]]:
    info = channel.webhook_info()
    if info.url != channel.webhook_url:
        now = f"đang là {urlsplit(info.url).netloc}" if info.url else "chưa đặt"
        return [(False, f"Telegram: webhook {now}, cần là {channel.webhook_url}. Chạy `langnghe up` để đặt lại.")]
    if info.last_error_date and datetime.now(UTC) - info.last_error_date < _RECENT:
        said = info.last_error_message or "không rõ lý do"
        return [
            (False, f"Telegram: gần đây gọi tới {info.url} bị lỗi ({said}); {info.pending_update_count} tin đang chờ. "
             "Kiểm tra địa chỉ này mở được từ Internet bằng https.")
        ]  # fmt: skip
    return [(True, f"Telegram: webhook đã đặt ở {info.url}, {info.pending_update_count} tin đang chờ.")]
