"""Files of cases and conversations, for those who may see them."""

from __future__ import annotations

import io

from fastapi import Depends, Response
from PIL import Image

from bot.domain.message import clean_text
from bot.services.media import Stored
from bot.store.queries import media_visible
from bot.web.staff.page import Missing, Visit, visiting

_SMALL = 360
"""Longest side of a thumbnail, pixels."""
_SHOWN = ("image/", "audio/", "video/")


def show(media_id: str, visit: Visit = Depends(visiting)) -> Response:
    """The file; with `?small=1` a thumbnail of a photo. Others than pictures and sound are offered for download."""
    media_id = clean_text(media_id)
    with visit.system.db.read() as session:
        if not media_visible(session, visit.scope, media_id):
            raise Missing("Không có tệp này.")
        stored = visit.system.media.get(session, media_id)
    content, kind = _read(stored, small="small" in visit.request.query_params)
    place = "inline" if kind.startswith(_SHOWN) else "attachment"
    headers = {"Cache-Control": "private, max-age=600", "Content-Disposition": place}
    return Response(content, media_type=kind, headers=headers)


def _read(stored: Stored, small: bool) -> tuple[bytes, str]:
    try:
        content = stored.path.read_bytes()
    except OSError as error:
        raise Missing("Tệp này không còn trên máy chủ.") from error
    if not small or not stored.content_type.startswith("image/"):
        return content, stored.content_type
    with Image.open(io.BytesIO(content)) as image:
        image.draft("RGB", (_SMALL, _SMALL))
        image.thumbnail((_SMALL, _SMALL))
        out = io.BytesIO()
        image.convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue(), "image/jpeg"
