"""Telegram's errors, translated into our decisions (channels are the only place where the library's names appear)."""

from __future__ import annotations

from datetime import timedelta

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.errors import BrokenRequest, ChannelDown, DeliveryError, RetryLater, Unreachable

_OF_NO_ACCOUNT = ("message is not modified", "query is too old")
_NOT_SENT = (httpx.ConnectTimeout, httpx.PoolTimeout)


def of_no_account(error: Exception) -> bool:
    """Whether a refusal only says that there was nothing left to do."""
    return isinstance(error, BadRequest) and any(known in error.message.lower() for known in _OF_NO_ACCOUNT)


def translate(error: TelegramError | TimeoutError, token: str) -> DeliveryError:
    """Our error for the library's. The order matters: BadRequest and TimedOut are both a NetworkError."""
    # The library puts addresses into some messages, and Telegram's addresses contain the token.
    said = str(error).replace(token, "…")
    if isinstance(error, RetryAfter):
        seconds = _seconds(error)
        return RetryLater(f"Telegram yêu cầu gửi chậm lại {seconds:.0f} giây", after=seconds)
    if isinstance(error, Forbidden):
        return Unreachable("người nhận đã chặn, đã xoá tài khoản hoặc chưa mở trợ lý trên Telegram")
    if isinstance(error, ChatMigrated):
        return BrokenRequest("cuộc trò chuyện này đã thành nhóm, trợ lý chỉ trả lời riêng từng người")
    if isinstance(error, BadRequest):
        return BrokenRequest(f"Telegram từ chối: {said}")
    if isinstance(error, InvalidToken):
        return ChannelDown("Telegram không nhận mã trong LANGNGHE_TELEGRAM_TOKEN")
    if isinstance(error, Conflict):
        return ChannelDown(f"một máy khác đang nhận tin Telegram bằng cùng mã, hoặc webhook còn bật: {said}")
    if isinstance(error, TimedOut | TimeoutError):
        unsent = isinstance(error.__cause__, _NOT_SENT)
        return RetryLater("Telegram không trả lời kịp", uncertain=not unsent, everyone=True)
    return RetryLater(f"chưa nối được với Telegram: {said}", everyone=True)


def _seconds(error: RetryAfter) -> float:
    # A number or a timedelta, depending on an environment variable of the library.
    after = error.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)
