"""Zalo Official Account, spoken to over HTTP (the reference: developers.zalo.me/docs).

The way of a message through the modules:
    signature.py  whether a webhook call is Zalo's own
    parse.py      an event of Zalo's -> Incoming
    render.py     Outgoing -> the messages that are sent; pictures.py makes pictures fit
    adapter.py    the channel: sends, verifies, fetches (fetch.py)
    api.py        Zalo's calls, over http.py, with the tokens of tokens.py; codes.py decides what an error means
    doctor.py     what is well; setup.py what an administrator must do
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot.channels.base import Vault
from bot.errors import SettingsError
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.channels.zalo_oa.adapter import ZaloOA

log = logging.getLogger(__name__)

_KEYS = ("zalo_oa_app_id", "zalo_oa_app_secret", "zalo_oa_secret_key", "zalo_oa_refresh_token")


def open_channel(settings: Settings, vault: Vault) -> ZaloOA | None:
    """The channel, or None when a key is missing. Raises SettingsError for a bad template pair or signed id."""
    missing = [f"LANGNGHE_{key.upper()}" for key in _KEYS if not getattr(settings, key).strip()]
    if missing:
        if len(missing) < len(_KEYS):
            log.warning("zalo_oa: the channel stays off, missing: %s", ", ".join(missing))
        return None
    if settings.zalo_oa_signed_id not in ("app", "oa"):
        raise SettingsError("LANGNGHE_ZALO_OA_SIGNED_ID: dùng app hoặc oa")
    # Only those who use the channel shall wait for what it needs.
    from bot.channels.templates import FILE, read_templates, template_ids
    from bot.channels.zalo_oa.adapter import ZaloOA

    path = settings.city_dir / FILE
    texts = read_templates(path) if settings.zalo_oa_templates or path.exists() else {}
    ids = template_ids("LANGNGHE_ZALO_OA_TEMPLATES", settings.zalo_oa_templates, texts)
    return ZaloOA(settings, vault, texts, ids)
