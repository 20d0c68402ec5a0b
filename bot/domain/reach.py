"""How a person may be reached now: the platform's windows, decided by state and not by trial and error.

Ways, in the order in which they are tried:
    free      ordinary words, allowed for a while after the person's last interaction (always, where there is no window)
    officer   words that a person typed, allowed for longer on some platforms
    template  an approved template, to the person's address on the platform
    phone     an approved template, to the phone number that the person gave
What no way can carry now waits for the person's next message, and is put before staff as a call to make.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

Way = Literal["free", "officer", "template", "phone"]
Kind = Literal["reply", "notice", "staff"]
WAYS: tuple[Way, ...] = get_args(Way)

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
QUIET_FROM, QUIET_TO = time(22), time(6)
AWAKE = timedelta(minutes=30)
"""Who wrote this recently is not woken by an answer."""
MARGIN = timedelta(hours=1)
"""A window counts as closed this long before the platform closes it: messages queue, and clocks differ."""


@dataclass(frozen=True)
class PushRules:
    """What a platform allows. `free` None means that there is no window."""

    free: timedelta | None = None
    officer: timedelta | None = None
    template: bool = False
    phone: bool = False


@dataclass(frozen=True)
class Contact:
    """What we know of a person on a channel. `refused`: ways that the platform has refused for this message."""

    last_interaction: datetime | None
    reachable: bool = True
    phone: str | None = None
    refused: frozenset[Way] = frozenset()


@dataclass(frozen=True)
class Message:
    """What is to be sent. `template`: an approved one exists that says it. `urgent` breaks the quiet hours."""

    kind: Kind
    template: bool = False
    urgent: bool = False


@dataclass(frozen=True)
class Send:
    """Go this way now."""

    way: Way


@dataclass(frozen=True)
class Hold:
    """Not before `until`."""

    until: datetime
    reason: str = "giờ nghỉ đêm, gửi sau 6 giờ"


@dataclass(frozen=True)
class Wait:
    """No way is open: first thing at the person's next message, and a call to make for staff."""

    reason: str


Step = Send | Hold | Wait


def next_step(rules: PushRules, contact: Contact, message: Message, now: datetime) -> Step:
    """What to do with a message now; `now` is aware."""
    if message.kind != "reply" and not message.urgent and not _within(contact, AWAKE, now):
        morning = quiet_until(now)
        if morning is not None:
            return Hold(morning)
    if not contact.reachable:
        return _by_phone(rules, contact, message) or Wait("người nhận đã chặn hoặc rời cuộc trò chuyện")
    way = _open_way(rules, contact, message, now)
    if way is not None:
        return Send(way)
    return _by_phone(rules, contact, message) or Wait(_why(rules, contact, message))


def quiet_until(now: datetime) -> datetime | None:
    """When the night ends, if `now` is in it."""
    local = now.astimezone(LOCAL)
    if QUIET_TO <= local.time() < QUIET_FROM:
        return None
    day = local.date() if local.time() < QUIET_TO else local.date() + timedelta(days=1)
    return datetime.combine(day, QUIET_TO, LOCAL)


def _open_way(rules: PushRules, contact: Contact, message: Message, now: datetime) -> Way | None:
    candidates: list[tuple[Way, bool]] = [
        ("free", rules.free is None or _within(contact, rules.free - MARGIN, now)),
        ("officer", message.kind == "staff" and rules.officer is not None
         and _within(contact, rules.officer - MARGIN, now)),
        ("template", rules.template and message.template),
    ]  # fmt: skip
    return next((way for way, open_now in candidates if open_now and way not in contact.refused), None)


def _by_phone(rules: PushRules, contact: Contact, message: Message) -> Send | None:
    possible = rules.phone and message.template and contact.phone and "phone" not in contact.refused
    return Send("phone") if possible else None


def _within(contact: Contact, span: timedelta, now: datetime) -> bool:
    return contact.last_interaction is not None and now - contact.last_interaction <= span


def _why(rules: PushRules, contact: Contact, message: Message) -> str:
    """The rule that closed the last way, for staff to read."""
    if contact.refused:
        return "nền tảng từ chối: " + ", ".join(sorted(_SAID[way] for way in contact.refused))
    if rules.template and not message.template:
        return "quá hạn nhắn tự do và tin này không có mẫu đã duyệt"
    return "quá hạn nhắn tự do của nền tảng"


_SAID: dict[Way, str] = {
    "free": "tin tự do",
    "officer": "tin của cán bộ",
    "template": "tin mẫu",
    "phone": "tin mẫu theo số điện thoại",
}
