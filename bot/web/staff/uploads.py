"""Photos that come with a form: kept before the deed, thrown away again when the deed is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.errors import InvalidInput
from bot.store.models import Media
from bot.web.staff.page import PHOTOS, Form, Visit


@contextmanager
def photos(visit: Visit, form: Form) -> Iterator[tuple[str, ...]]:
    """Ids of the stored photos of a form. Raises InvalidInput or TooLarge for a file that is no usable photo.

    Each is stored in a transaction of its own: turning and shrinking takes a while.
    """
    kept: list[str] = []
    if len(form.photos) > PHOTOS:
        raise InvalidInput(f"Mỗi lần gửi tối đa {PHOTOS} ảnh.")
    try:
        for upload in form.photos:
            content = upload.file.read(visit.system.media.limit + 1)
            with visit.system.db.write() as session:
                kept.append(visit.system.media.put(session, content, "photo", None, visit.now).id)
        yield tuple(kept)
    except BaseException:
        discard(visit, kept)
        raise


def discard(visit: Visit, ids: list[str]) -> None:
    """Delete photos that nothing refers to."""
    if not ids:
        return
    with visit.system.db.write() as session:
        for media_id in ids:
            row = session.get(Media, media_id)
            if row is not None:
                visit.system.media.erase(row, visit.now)
