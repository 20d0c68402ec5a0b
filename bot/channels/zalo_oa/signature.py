"""Whether a webhook call is Zalo's own (Zalo OA docs, webhook signature; channels.md A.1).

X-ZEvent-Signature: mac=<hex>,  mac = sha256(app id + raw body + timestamp + OA secret key), a plain digest
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

log = logging.getLogger(__name__)

FRESH: Final = timedelta(hours=13)
"""Older (or newer) calls are refused. Zalo repeats a call for an hour, by an older description for twelve."""

_SIGNATURE = "x-zevent-signature"
_TIMESTAMP = "x-zevent-timestamp"
_SERVER = "x-zevent-server"
_DIGITS = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True)
class Keys:
    """What the signature is made with. `signed_id`: whose id stands first, `app` or `oa`."""

    app_id: str
    oa_key: str = field(repr=False)
    app_secret: str = field(repr=False)
    signed_id: str = "app"


def genuine(keys: Keys, headers: dict[str, str], raw: bytes, now: float) -> bool:
    """Judge one call.

    Args:
        headers: names in any case.
        raw: the body as it came; re-serialised JSON would not match.
        now: seconds since the epoch.
    """
    given = {name.lower(): value for name, value in headers.items()}
    mac = given.get(_SIGNATURE, "").strip().removeprefix("mac=").lower()
    body = _body(raw)
    stamp = text_id(body.get("timestamp")) or given.get(_TIMESTAMP, "")
    if not (keys.oa_key and mac and _DIGITS.fullmatch(stamp)) or text_id(body.get("app_id")) != keys.app_id:
        return False
    if abs(now - int(stamp) / 1000) > FRESH.total_seconds():
        log.warning("zalo_oa: a call of %s ms since the epoch is too old or too new", stamp)
        return False
    if _matches(mac, _first_terms(keys, body, keys.signed_id), raw, stamp, keys.oa_key):
        return True
    _diagnose(keys, mac, body, raw, stamp, given.get(_SERVER, ""))
    return False


def signed(headers: dict[str, str]) -> bool:
    """Whether a call carries a signature at all, right or wrong. `headers`: names in any case."""
    return any(name.lower() == _SIGNATURE for name in headers)


def sign(first: str, raw: bytes, stamp: str, key: str) -> str:
    """The digest in lower-case hex."""
    return hashlib.sha256(first.encode() + raw + stamp.encode() + key.encode()).hexdigest()


def text_id(value: Any) -> str:
    """An id or a timestamp as text: Zalo's go beyond 2^53, and come as text or as a number. Empty for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) else ""


def _matches(mac: str, firsts: Iterable[str], raw: bytes, stamp: str, key: str) -> bool:
    # Compared as bytes: a header may hold anything, and text with other than ASCII cannot be compared.
    return any([hmac.compare_digest(sign(first, raw, stamp, key).encode(), mac.encode()) for first in firsts])


def _first_terms(keys: Keys, body: dict[str, Any], signed_id: str) -> list[str]:
    """The app's id; or the OA's, which stands in the body at a place that depends on the direction of the event."""
    if signed_id == "app":
        return [keys.app_id]
    places = [body.get("oa_id"), *(_holder(body, name).get("id") for name in ("recipient", "sender"))]
    return [found for found in map(text_id, places) if _DIGITS.fullmatch(found)]


def _holder(body: dict[str, Any], name: str) -> dict[str, Any]:
    found = body.get(name)
    return found if isinstance(found, dict) else {}


def _body(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _diagnose(keys: Keys, mac: str, body: dict[str, Any], raw: bytes, stamp: str, server: str) -> None:
    """Say in the log which mistake would explain the signature. Nobody without our secrets can make it speak."""
    other = "oa" if keys.signed_id == "app" else "app"
    if keys.app_secret and _matches(mac, _first_terms(keys, body, "app"), raw, stamp, keys.app_secret):
        log.error(
            "zalo_oa: chữ ký khớp với khoá của ứng dụng: LANGNGHE_ZALO_OA_SECRET_KEY phải là “OA Secret Key” ở trang "
            "Webhook, hoặc Zalo ký bằng khoá khác"
        )
    elif _matches(mac, _first_terms(keys, body, other), raw, stamp, keys.oa_key):
        log.error("zalo_oa: chữ ký khớp nếu đặt LANGNGHE_ZALO_OA_SIGNED_ID=%s", other)
    elif server:
        log.warning("zalo_oa: a template event (X-ZEvent-Server) has a signature that does not match")
