"""Coordinates in what people share: a pin, or a link to a map. Nothing is fetched: a short link tells no place."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from bot.domain.message import Location

_MAPS = re.compile(r"(^|\.)(google\.[a-z.]+|bing\.com|apple\.com|openstreetmap\.org|facebook\.com|here\.com)$")
_PAIR = re.compile(r"(?<![\d.])(-?\d{1,2}\.\d+)\s*[,~]\s*(-?\d{1,3}\.\d+)(?![\d.])")
_DATA = re.compile(r"!3d(-?\d{1,2}\.\d+)!4d(-?\d{1,3}\.\d+)")
_AT = re.compile(r"/@(-?\d{1,2}\.\d+),(-?\d{1,3}\.\d+)")
_QUERIES = ("q", "query", "ll", "sll", "destination", "daddr", "where1", "cp", "center", "u")
_LINK = re.compile(r"https?://\S+")
_DEPTH = 3


def pin(payload: Any) -> Location | None:
    """The place of a `location` attachment: `{"coordinates": {"lat": …, "long": …}}`."""
    coordinates = payload.get("coordinates") if isinstance(payload, dict) else None
    if not isinstance(coordinates, dict):
        return None
    lat = coordinates.get("lat", coordinates.get("latitude"))
    lon = coordinates.get("long", coordinates.get("lon", coordinates.get("longitude")))
    return _location(lat, lon)


def in_link(url: str | None, depth: int = _DEPTH) -> Location | None:
    """The place that a link to a map shows; links through another page (`l.facebook.com/l.php?u=…`) are looked into."""
    if not url or depth == 0:
        return None
    try:
        parts = urlsplit(url.strip())
        host, query = parts.hostname or "", parse_qs(parts.query)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not _MAPS.search(host):
        return None
    # The marked place (!3d!4d) before the middle of the picture (@).
    path = unquote(f"{parts.path}#{parts.fragment}")
    if found := _DATA.search(path) or _DATA.search(unquote(parts.query)):
        return _location(*found.groups())
    for value in (value for name in _QUERIES for value in query.get(name, ())):
        place = in_link(value, depth - 1) if value.startswith("http") else _pair(value)
        if place is not None:
            return place
    if "mlat" in query and "mlon" in query:
        return _location(query["mlat"][0], query["mlon"][0])
    found = _AT.search(path)
    return _location(*found.groups()) if found else None


def in_text(text: str) -> tuple[Location | None, str]:
    """The place of the first map link in a text that shows one, and the text without that link."""
    for link in _LINK.finditer(text):
        place = in_link(link[0].rstrip(".,;)"))
        if place is not None:
            return place, f"{text[: link.start()].rstrip()} {text[link.end() :].lstrip()}".strip()
    return None, text


def _pair(value: str) -> Location | None:
    found = _PAIR.search(value)
    return _location(*found.groups()) if found else None


def _location(lat: Any, lon: Any) -> Location | None:
    try:
        lat, lon = float(lat), float(lon)
    except (TypeError, ValueError):
        return None
    return Location(lat, lon) if -90 <= lat <= 90 and -180 <= lon <= 180 else None
