"""The channels, read by folder: every module with an `open_channel(settings, vault)` is one."""

from __future__ import annotations

import importlib
import pkgutil

from bot.channels.base import Channel, Vault
from bot.settings import Settings

_SHARED = ("base", "progress", "templates")
"""What channels are made of; no channels themselves."""


def modules() -> list[str]:
    """Names of all channel modules."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in _SHARED)


def open_channels(settings: Settings, vault: Vault) -> dict[str, Channel]:
    """All channels that have their keys, by name."""
    found = {}
    for name in modules():
        channel = importlib.import_module(f"{__name__}.{name}").open_channel(settings, vault)
        if channel is not None:
            found[channel.name] = channel
    return found
