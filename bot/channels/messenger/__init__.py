"""Facebook Messenger: a Page's conversations, through the Graph API.

The way of a message through the modules:
    parse.py     a webhook call of Meta's -> Incoming (places.py: pins and map links)
    render.py    Outgoing -> the parts that are sent
    utility.py   a notice -> an approved template; templates.yml -> what Meta is asked to approve
    adapter.py   the channel: sends, fetches, checks
    graph.py     one call of the Graph API; failures.py: what its errors mean for us
    setup.py     what `langnghe channels setup` does; doctor.py: what `langnghe doctor` says
    receive.py   keeps the Page's events coming to us
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot.channels.base import Vault
from bot.settings import PREFIX, Settings

if TYPE_CHECKING:
    from bot.channels.messenger.adapter import Messenger

log = logging.getLogger(__name__)

_KEYS = ("messenger_app_secret", "messenger_verify_token", "messenger_page_token")


def open_channel(settings: Settings, vault: Vault) -> Messenger | None:
    """The channel, or None without its keys.

    Raises:
        SettingsError: for a pair in LANGNGHE_MESSENGER_TEMPLATES that is none or names no template of ours.
    """
    missing = [name for name in _KEYS if not getattr(settings, name).strip()]
    if missing:
        if len(missing) < len(_KEYS):
            log.warning("messenger: off, for want of %s", ", ".join(PREFIX + name.upper() for name in missing))
        return None
    from bot.channels.messenger.adapter import Messenger

    return Messenger(settings)
