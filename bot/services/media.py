"""Photos, voice notes, videos and files: checked, cleaned of what tells where the sender is, kept on disk."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PIL import Image, ImageOps
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import InvalidInput, NotFound, TooLarge
from bot.store.models import Media, new_id

_LONGEST_SIDE = 2560
_PICTURES = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
"""What phones and browsers send; the library's other readers stay out of strangers' reach."""
_VOICE = {b"OggS": "audio/ogg", b"ID3": "audio/mpeg", b"\x1aE\xdf\xa3": "audio/webm", b"RIFF": "audio/wav"}
_FILES = {b"%PDF": "application/pdf"}


@dataclass(frozen=True)
class Stored:
    """What a reader of a file needs."""

    path: Path
    content_type: str


class MediaStore:
    """Files under one folder, named by their row's id.

    Args:
        folder: where the files lie.
        limit: bytes that one file may have.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder
        self.limit = limit

    def put(self, session: Session, content: bytes, kind: str, conversation: str | None, now: datetime) -> Media:
        """Check and keep one file. Raises TooLarge or InvalidInput with a sentence for the sender."""
        if len(content) > self.limit:
            raise TooLarge(
                f"Tệp lớn quá {self.limit // 1_000_000} MB nên chưa nhận được. Anh/chị gửi tệp nhỏ hơn giúp ạ."
            )
        if not content:
            raise InvalidInput("Tệp này rỗng nên chưa nhận được.")
        content, content_type = _photo(content) if kind == "photo" else _other(content, kind)
        row = Media(
            id=new_id(),
            conversation_id=conversation,
            kind=kind,
            content_type=content_type,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            created_at=now,
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / row.id).write_bytes(content)
        session.add(row)
        session.flush()
        return row

    def get(self, session: Session, media_id: str) -> Stored:
        """Where a file lies. Raises NotFound when it never was or has been erased."""
        row = session.scalar(select(Media).where(Media.id == media_id, Media.erased_at.is_(None)))
        if row is None:
            raise NotFound("Không có tệp này.")
        return Stored(self.folder / row.id, row.content_type)

    def erase(self, row: Media, now: datetime) -> None:
        """Delete the file; the row stays as a trace that there was one."""
        (self.folder / row.id).unlink(missing_ok=True)
        row.erased_at = now


def _photo(content: bytes) -> tuple[bytes, str]:
    """Turned upright, scaled down, without metadata: a photo's EXIF tells where and when its owner was."""
    try:
        with Image.open(io.BytesIO(content), formats=_PICTURES) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
            upright.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
            out = io.BytesIO()
            upright.save(out, "JPEG", quality=85)
    except (OSError, ValueError, SyntaxError, NotImplementedError, Image.DecompressionBombError) as error:
        raise InvalidInput("Tệp này không phải ảnh đọc được. Anh/chị gửi ảnh JPG hoặc PNG giúp ạ.") from error
    return out.getvalue(), "image/jpeg"


def _other(content: bytes, kind: str) -> tuple[bytes, str]:
    known = _VOICE if kind == "voice" else _VOICE | _FILES
    for magic, content_type in known.items():
        if content.startswith(magic):
            return content, content_type
    if content[4:8] == b"ftyp":
        return content, "audio/mp4" if kind == "voice" else "video/mp4"
    raise InvalidInput("Loại tệp này chưa nhận được. Anh/chị gửi ảnh, ghi âm, video MP4 hoặc PDF giúp ạ.")
