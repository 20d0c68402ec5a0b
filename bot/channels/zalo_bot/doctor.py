"""What `langnghe doctor` says about Zalo Bot."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.errors import ChannelDown, DeliveryError

if TYPE_CHECKING:
    from bot.channels.zalo_bot.adapter import ZaloBot


def examine(channel: ZaloBot) -> list[tuple[bool, str]]:
    """Token, then the way in. Each finding is (well, sentence)."""
    try:
        found = [(True, f"Zalo Bot: mã đúng, trợ lý là “{channel.account()}”.")]
        return [*found, _way_in(channel, channel.webhook_set())]
    except ChannelDown:
        return [(False, "Zalo Bot: mã trong LANGNGHE_ZALO_BOT_TOKEN không đúng. Lấy mã mới ở Zalo Bot Manager.")]
    except DeliveryError as error:
        base = channel.api_base
        return [(False, f"Zalo Bot: chưa hỏi được {base} ({error}). Xem mạng hoặc LANGNGHE_ZALO_BOT_API_BASE.")]


def _way_in(channel: ZaloBot, now: str) -> tuple[bool, str]:
    is_at = f"đang là {urlsplit(now).netloc}" if now else "chưa đặt"
    if channel.can_be_called and now != channel.webhook_url:
        return False, f"Zalo Bot: webhook {is_at}, cần là {channel.webhook_url}. Chạy `langnghe up` để đặt lại."
    if channel.can_be_called:
        return True, f"Zalo Bot: webhook đã đặt ở {now}."
    if now:
        return False, f"Zalo Bot: webhook {is_at}. Chạy `langnghe up` thì máy này sẽ nhận thay."
    why = "LANGNGHE_PUBLIC_URL chưa phải https" if channel.public_url else "chưa có LANGNGHE_PUBLIC_URL"
    return True, f"Zalo Bot: máy này tự hỏi lấy tin ({why})."
