"""Zalo Bot: text and pictures through the Zalo Bot Platform; a pilot channel beside the Official Account.

The way of a message through the modules:
    parse.py    an update of Zalo's -> Incoming
    render.py   Outgoing -> the texts and pictures that are sent (choices become numbers)
    adapter.py  the channel: sends, fetches, checks, sets up
    api.py      one call of the API, and what its errors mean for us
    receive.py  how updates come in: asked for by us (Poller) or brought by Zalo (Registrar)
    doctor.py   what `langnghe doctor` says
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.channels.base import Vault
from bot.errors import SettingsError
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.channels.zalo_bot.adapter import ZaloBot

_SHORTEST, _LONGEST = 8, 256


def open_channel(settings: Settings, vault: Vault) -> ZaloBot | None:
    """The channel, or None without a token. Raises SettingsError for a secret that Zalo would refuse."""
    if not settings.zalo_bot_token.strip():
        return None
    secret = settings.zalo_bot_secret
    fits = _SHORTEST <= len(secret) <= _LONGEST and secret.isascii() and secret.isprintable() and " " not in secret
    if secret and not fits:
        raise SettingsError(
            f"LANGNGHE_ZALO_BOT_SECRET: từ {_SHORTEST} đến {_LONGEST} ký tự, không dấu và không khoảng trắng"
        )
    from bot.channels.zalo_bot.adapter import ZaloBot

    return ZaloBot(settings)
