"""Pictures made fit for Zalo: jpg or png of at most 1 MB (Zalo OA docs, image upload)."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image

from bot.channels.base import File
from bot.errors import BrokenRequest

MOST_BYTES: Final = 1_000_000
_SIDES = (2048, 1600, 1200, 900, 600, 300)
_FORMATS = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png")}


def fit(picture: File) -> File:
    """The picture itself when Zalo takes it, else a smaller JPEG. Raises BrokenRequest for what is no picture."""
    try:
        with Image.open(io.BytesIO(picture.content)) as image:
            known = _FORMATS.get(image.format or "")
            if known and len(picture.content) <= MOST_BYTES:
                # Named by what it is: the names of our files do not always tell.
                return File(picture.content, known[0], f"{picture.name.rpartition('.')[0] or 'anh'}.{known[1]}")
            return _smaller(_on_white(image))
    except (OSError, ValueError, SyntaxError, NotImplementedError, Image.DecompressionBombError) as error:
        raise BrokenRequest("tệp này không phải ảnh đọc được") from error


def _smaller(image: Image.Image) -> File:
    for side in _SIDES:
        image.thumbnail((side, side))
        out = io.BytesIO()
        image.save(out, "JPEG", quality=85)
        if out.tell() <= MOST_BYTES:
            return File(out.getvalue(), "image/jpeg", "anh.jpg")
    raise BrokenRequest("ảnh này không thu nhỏ được")


def _on_white(image: Image.Image) -> Image.Image:
    """JPEG knows no transparency; black would swallow dark writing."""
    seen = image.convert("RGBA")
    ground = Image.new("RGBA", seen.size, "white")
    return Image.alpha_composite(ground, seen).convert("RGB")
