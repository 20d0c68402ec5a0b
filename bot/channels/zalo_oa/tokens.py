"""The OA's tokens, kept in the vault (Zalo OA docs, OAuth v4; channels.md A.5).

How the pair moves:
    settings   the refresh token that the consent link gave        -> the first exchange
    kept       {"access_token", "refresh_token", "expires_at", "refreshed_at", "began_with"} -> the next exchange
    settings   again, only when it is another one than the kept pair began with (an administrator consented anew)

A refresh token is good for one use: whoever exchanges it holds the vault's lock, looks first whether somebody else
has just done it, and the new pair is stored before anybody uses it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.channels.base import Vault
from bot.channels.zalo_oa.parse import NAME
from bot.channels.zalo_oa.signature import text_id
from bot.errors import ChannelDown, DeliveryError

log = logging.getLogger(__name__)

MARGIN: Final = timedelta(hours=1)
"""A token is renewed this long before it expires; shorter-lived ones in the last fifth of their life."""
WARN_FROM: Final = timedelta(days=75)
LIFE: Final = timedelta(days=90)
"""What a refresh token lives."""
_UNTOLD = 3600
"""Seconds that a token is taken to live when Zalo does not say."""
_PAUSE = timedelta(minutes=1)

Exchange = Callable[[str], dict[str, Any]]
"""A refresh token to Zalo's answer `{"access_token", "refresh_token", "expires_in"}`. Raises a DeliveryError."""


class Tokens:
    """Gives the access token of the moment.

    Args:
        start: the refresh token of the settings.
        exchange: asks Zalo.
        clock: the time, aware.
    """

    def __init__(self, vault: Vault, start: str, exchange: Exchange, clock: Callable[[], datetime]) -> None:
        self._vault = vault
        self._start = start
        self._began = hashlib.sha256(start.encode()).hexdigest()
        self._exchange = exchange
        self._clock = clock
        self._seen: dict[str, Any] | None = None
        self._rest_until = datetime.min.replace(tzinfo=UTC)

    def access(self) -> str:
        """A token that is good for a while. Raises ChannelDown when Zalo gives none, RetryLater when it is away."""
        if not self._good(self._seen, MARGIN):
            self._seen = self._vault.read(NAME)
        if self._good(self._seen, MARGIN):
            return str((self._seen or {})["access_token"])
        return self._renew_early() if self._good(self._seen, timedelta()) else self.renewed(None)

    def renewed(self, refused: str | None) -> str:
        """Another token than the one that Zalo refused: somebody else's new one, or a new one of our own.

        Args:
            refused: None when the token at hand only has expired.
        """
        self._seen = self._vault.change(NAME, lambda kept: self._next(kept, refused))
        return str(self._seen["access_token"])

    def age(self) -> timedelta | None:
        """How long ago the refresh token was given; None when none is kept yet."""
        kept = self._vault.read(NAME)
        given = _time(kept, "refreshed_at")
        return self._clock() - given if given is not None and self._ours(kept) else None

    def _renew_early(self) -> str:
        """Shortly before its end a token still works: trouble with renewing must not stop the talk yet."""
        if self._clock() >= self._rest_until:
            try:
                return self.renewed(None)
            except DeliveryError as error:
                self._rest_until = self._clock() + _PAUSE
                log.error("zalo_oa: the access token ends soon and could not be renewed: %s", error)
        return str((self._seen or {})["access_token"])

    def _next(self, kept: dict[str, Any] | None, refused: str | None) -> dict[str, Any]:
        """What is kept from now on; runs under the vault's lock."""
        if kept is not None and self._good(kept, MARGIN) and kept["access_token"] != refused:
            return kept
        token = str((kept or {}).get("refresh_token") or "") if self._ours(kept) else ""
        answer, now = self._exchange(token or self._start), self._clock()
        life = timedelta(seconds=_seconds(answer.get("expires_in")))
        if not (text_id(answer.get("access_token")) and text_id(answer.get("refresh_token"))):
            raise ChannelDown("Zalo không trả mã truy cập mới")
        return {
            "access_token": answer["access_token"],
            "refresh_token": answer["refresh_token"],
            "expires_at": (now + life).isoformat(),
            "refreshed_at": now.isoformat(),
            "began_with": self._began,
        }

    def _good(self, kept: dict[str, Any] | None, margin: timedelta) -> bool:
        """Whether a pair is ours and its access token lives longer than the margin."""
        ends = _time(kept, "expires_at")
        if kept is None or ends is None or not kept.get("access_token") or not self._ours(kept):
            return False
        given = _time(kept, "refreshed_at")
        margin = min(margin, (ends - given) / 5) if given is not None else margin
        return self._clock() < ends - margin

    def _ours(self, kept: dict[str, Any] | None) -> bool:
        return bool(kept) and (kept or {}).get("began_with", self._began) == self._began


def _time(kept: dict[str, Any] | None, name: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(str((kept or {}).get(name)))
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _seconds(told: Any) -> float:
    """`expires_in` comes as text."""
    try:
        seconds = float(told)
    except (TypeError, ValueError):
        return _UNTOLD
    return seconds if 0 < seconds < 10**8 else _UNTOLD
