"""What `langnghe channels setup` does for Messenger, and what it leaves to a person with the exact values to paste."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.channels.messenger import utility, words
from bot.channels.messenger.parse import GET_STARTED, MENU
from bot.channels.templates import TemplateText
from bot.errors import BrokenRequest, WayClosed

if TYPE_CHECKING:
    from bot.channels.messenger.adapter import Messenger

FIELDS = (
    "messages", "messaging_postbacks", "messaging_referrals", "messaging_optins", "message_deliveries",
    "message_reads", "message_echoes", "message_reactions", "message_edits", "messaging_policy_enforcement",
    "message_template_status_update",
)  # fmt: skip
"""Events of the Page that we ask for (Meta: Page subscriptions)."""
_VERSIONS = 20
_APPROVED = "APPROVED"
_STATES = {
    _APPROVED: "đã được duyệt",
    "PENDING": "đang chờ duyệt",
    "REJECTED": "bị từ chối: sửa câu trong data/texts/templates.yml rồi chạy lại",
    "PAUSED": "đang bị Meta tạm dừng",
    "DISABLED": "đã bị Meta tắt",
}


def set_up(channel: Messenger) -> list[str]:
    """Button to begin, greeting, menu, events, templates. Returns what was done, then what must be done by hand.

    Raises:
        DeliveryError: when Meta refuses or does not answer.
    """
    page = channel.graph.get("/me", fields="id,name")
    channel.graph.post("/me/messenger_profile", profile())
    subscribe(channel)
    done = [
        f"Messenger: Trang “{page.get('name', '')}” (mã {page.get('id', '')}).",
        "Đã đặt nút “Bắt đầu”, lời chào và thực đơn.",
        f"Đã đăng ký nhận {len(FIELDS)} loại sự kiện của Trang.",
    ]
    return [*done, *_templates(channel), *by_hand(channel)]


def profile() -> dict[str, Any]:
    """What stands around the conversation."""
    entries = [
        {"type": "postback", "title": title, "payload": GET_STARTED if name == "start" else MENU + name}
        for name, title in words.MENU
    ]
    return {
        "get_started": {"payload": GET_STARTED},
        "greeting": [{"locale": "default", "text": words.GREETING}],
        "persistent_menu": [{"locale": "default", "composer_input_disabled": False, "call_to_actions": entries}],
    }


def subscribe(channel: Messenger) -> None:
    """Have the Page's events sent to our application. Raises a DeliveryError."""
    channel.graph.post("/me/subscribed_apps", subscribed_fields=",".join(FIELDS))


def lacking(channel: Messenger, app_id: str = "") -> list[str]:
    """The events of the Page that are not sent to our application; to any, when ours is not known by its id.

    Raises:
        DeliveryError: when Meta refuses or does not answer.
    """
    apps = channel.graph.get("/me/subscribed_apps").get("data") or []
    ours = [app for app in apps if not app_id or str(app.get("id")) == app_id]
    fields = {field for app in ours for field in app.get("subscribed_fields") or ()}
    return [field for field in FIELDS if field not in fields]


def found_template(channel: Messenger, name: str) -> dict[str, Any] | None:
    """The template of this name in our language, as Meta has it. Raises a DeliveryError."""
    listed = channel.graph.get("/me/message_templates", "template", name=name).get("data") or []
    return next((t for t in listed if t.get("name") == name and t.get("language") == utility.LANGUAGE), None)


def state_in_words(status: str) -> str:
    """A template's status for people to read."""
    return _STATES.get(status, f"đang ở trạng thái {status or 'không rõ'}")


def _templates(channel: Messenger) -> list[str]:
    """Create what is missing at Meta. An approved text cannot be changed: a new wording gets a new name."""
    lines, pairs = [], []
    for text in channel.texts.values():
        try:
            name, status = _submitted(channel, text)
        except (WayClosed, BrokenRequest) as error:
            # Most often the permission is still missing; the rest can be done without it.
            lines.append(f"Mẫu {text.name}: chưa gửi duyệt được ({error}). Xem mục 3 ở dưới rồi chạy lại lệnh này.")
            continue
        pairs.append(f"{text.name}={name}")
        lines.append(f"Mẫu {text.name}: ở Meta là “{name}”, {state_in_words(status)}.")
    setting = ",".join(pairs)
    if pairs and sorted(pairs) != sorted(f"{ours}={theirs}" for ours, theirs in channel.templates.items()):
        lines.append(f"Khi các mẫu đã được duyệt, ghi vào .env: {utility.SETTING}={setting}")
    return lines


def _submitted(channel: Messenger, text: TemplateText) -> tuple[str, str]:
    """Name and status at Meta of the template with exactly our words; submitted when there is none."""
    for version in range(1, _VERSIONS):
        name = text.name if version == 1 else f"{text.name}_v{version}"
        found = found_template(channel, name)
        if found is None:
            made = channel.graph.post("/me/message_templates", utility.definition(text, name), "template")
            return name, str(made.get("status") or "")
        if _body(found) in (None, utility.body_text(text)):
            return name, str(found.get("status") or "")
    return name, "đã có quá nhiều bản"


def _body(template: dict[str, Any]) -> str | None:
    """The words of a template as Meta shows it; None when it does not show them."""
    parts = template.get("components") or []
    return next((part.get("text") for part in parts if str(part.get("type")).upper() == "BODY"), None)


def by_hand(channel: Messenger) -> list[str]:
    """What only a person can do in Meta's console, with the values to paste."""
    settings = channel.settings
    if not channel.can_be_called:
        url = "đặt LANGNGHE_PUBLIC_URL=https://… trước, rồi chạy lại lệnh này để có địa chỉ webhook"
    else:
        url = f"Callback URL: {channel.webhook_url}"
    permissions = f"pages_messaging, pages_manage_metadata, pages_show_list, {settings.messenger_utility_permission}"
    return [
        "Việc phải làm bằng tay ở developers.facebook.com → ứng dụng của anh/chị:",
        f"1. Messenger → Settings → Webhooks → {url}",
        "   Verify token: đúng chuỗi đã ghi ở LANGNGHE_MESSENGER_VERIFY_TOKEN.",
        "   Bấm “Verify and save” khi máy chủ đang chạy.",
        f"2. Ở cùng trang, với đối tượng Page, bật các mục: {', '.join(FIELDS)}",
        f"3. App Review → Permissions and features: xin Advanced Access cho {permissions}; "
        "và tính năng Human Agent (cán bộ trả lời trong 7 ngày).",
        "4. Chuyển ứng dụng sang chế độ Live; trước đó chỉ người có vai trò trong ứng dụng nhắn được.",
    ]
