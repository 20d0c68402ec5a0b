"""Telegram, through python-telegram-bot.

The way of a message through the modules:
    parse.py    an update of Telegram's -> Incoming
    render.py   Outgoing -> the parts that are sent
    adapter.py  the channel: sends, fetches, checks, sets up
    groups.py   which groups have been told today that we talk in private only
    receive.py  how updates come in: asked for by us (Poller) or brought by Telegram (Registrar)
    loop.py     the one event loop behind it all
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.channels.base import Vault
from bot.errors import SettingsError
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.channels.telegram.adapter import Telegram

_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


def open_channel(settings: Settings, vault: Vault) -> Telegram | None:
    """The channel, or None without a token. Raises SettingsError for a secret that Telegram would refuse."""
    if not settings.telegram_token:
        return None
    if settings.telegram_secret and not _SECRET.fullmatch(settings.telegram_secret):
        raise SettingsError("LANGNGHE_TELEGRAM_SECRET: chỉ gồm chữ cái không dấu, chữ số, _ và -, tối đa 256 ký tự")
    # The library takes half a second to load: only those who use it shall wait for it.
    from bot.channels.telegram.adapter import Telegram

    return Telegram(settings, vault)
