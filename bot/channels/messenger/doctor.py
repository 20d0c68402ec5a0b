"""What `langnghe doctor` says about Messenger."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.channels.messenger.setup import found_template, lacking, state_in_words
from bot.errors import ChannelDown, DeliveryError

if TYPE_CHECKING:
    from bot.channels.messenger.adapter import Messenger

Finding = tuple[bool, str]

_SOON = 14 * 86400
_NEEDED = ("pages_messaging", "pages_manage_metadata")


def examine(channel: Messenger) -> list[Finding]:
    """Token, permissions, the way in, templates. Each finding is (well, sentence)."""
    try:
        page = channel.graph.get("/me", fields="id,name")
        found = [(True, f"Messenger: mã đúng, Trang là “{page.get('name', '')}”.")]
        known = _inspected(channel)
        events = _events(channel, str(known.get("app_id") or ""))
        return found + _token(channel, known) + events + _templates(channel)
    except ChannelDown as error:
        return [(False, f"Messenger: {error}. Xem mã của Trang trong LANGNGHE_MESSENGER_PAGE_TOKEN.")]
    except DeliveryError as error:
        base = channel.settings.messenger_graph_base
        return [(False, f"Messenger: chưa hỏi được {base} ({error}). Xem mạng hoặc LANGNGHE_MESSENGER_GRAPH_BASE.")]


def _inspected(channel: Messenger) -> dict[str, Any]:
    """What Meta tells about the token; nothing when it may not ask about itself, which says nothing about sending."""
    try:
        return channel.graph.inspected()
    except DeliveryError:
        return {}


def _token(channel: Messenger, known: dict[str, Any]) -> list[Finding]:
    """How long the token lives and what it may do, as far as Meta tells."""
    if not known:
        return [(True, "Messenger: Meta không cho xem hạn và quyền của mã.")]
    if known.get("is_valid") is False:
        return [(False, "Messenger: mã của Trang hết hiệu lực. Tạo mã mới, ghi vào LANGNGHE_MESSENGER_PAGE_TOKEN.")]
    return [*_expiry(known), *_permissions(channel, known)]


def _expiry(known: dict[str, Any]) -> list[Finding]:
    ends = known.get("expires_at") or 0
    if not ends:
        return [(True, "Messenger: mã không có hạn.")]
    day = f"{datetime.fromtimestamp(ends, UTC):%d/%m/%Y}"
    if ends - time.time() < _SOON:
        said = f"Messenger: mã hết hạn ngày {day}. Lấy mã không hạn từ mã người dùng dài hạn hoặc người dùng hệ thống."
        return [(False, said)]
    return [(True, f"Messenger: mã còn hạn tới ngày {day}.")]


def _permissions(channel: Messenger, known: dict[str, Any]) -> list[Finding]:
    if "scopes" not in known:
        return []
    needed = [*_NEEDED, *([channel.settings.messenger_utility_permission] if channel.templates else [])]
    missing = [name for name in needed if name not in known["scopes"]]
    if missing:
        return [(False, f"Messenger: mã thiếu quyền {', '.join(missing)}. Cấp quyền trong ứng dụng rồi tạo lại mã.")]
    return [(True, "Messenger: mã có đủ quyền.")]


def _events(channel: Messenger, app_id: str) -> list[Finding]:
    if not channel.can_be_called:
        return [(False, "Messenger: không nhận được tin vì LANGNGHE_PUBLIC_URL chưa phải https.")]
    missing = lacking(channel, app_id)
    if missing:
        said = f"Messenger: Trang chưa gửi cho ta {', '.join(missing)}. Chạy `langnghe channels setup`."
        return [(False, said)]
    return [(True, f"Messenger: sự kiện của Trang được gửi tới ứng dụng; webhook phải là {channel.webhook_url}.")]


def _templates(channel: Messenger) -> list[Finding]:
    if not channel.templates:
        said = "chưa có mẫu tin nào (LANGNGHE_MESSENGER_TEMPLATES): sau 24 giờ không báo được kết quả cho người dân"
        return [(False, f"Messenger: {said}. Chạy `langnghe channels setup`.")]
    return [_template(channel, ours, theirs) for ours, theirs in channel.templates.items()]


def _template(channel: Messenger, ours: str, theirs: str) -> Finding:
    found = found_template(channel, theirs)
    if found is None:
        return False, f"Messenger: ở Meta không có mẫu “{theirs}” (cho {ours}). Chạy `langnghe channels setup`."
    status = str(found.get("status") or "")
    return status == "APPROVED", f"Messenger: mẫu {ours} (“{theirs}”) {state_in_words(status)}."
