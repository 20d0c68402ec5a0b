"""Photos and files: checked, cleaned of where the sender was, kept until they are erased."""

from __future__ import annotations

import io
import random
from contextlib import suppress
from typing import Any

import pytest
from PIL import Image

from bot.errors import InvalidInput, NotFound, TooLarge
from bot.services.media import MediaStore
from bot.store.models import Media
from tests.scripted import Desk
from tests.unit.office import picture

GPS = 0x8825


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Files do not depend on the kind of database."""
    return sqlite_url


@pytest.fixture
def store(desk: Desk) -> MediaStore:
    return desk.system.media


def put(desk: Desk, content: bytes, kind: str = "photo") -> Media:
    with desk.system.db.write() as session:
        return desk.system.media.put(session, content, kind, None, desk.now)


def opened(desk: Desk, row: Media) -> Image.Image:
    with desk.system.db.read() as session:
        return Image.open(io.BytesIO(desk.system.media.get(session, row.id).path.read_bytes()))


def with_exif(orientation: int) -> bytes:
    """A photo 64 wide and 48 high as the sensor saw it, taken at a known place."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Phone of Nguyen Van A"
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (21.0, 1.0, 42.0)
    return picture(exif=exif.tobytes())


def saved(kind: str, mode: str = "RGB", **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (40, 30)).save(out, kind, **more)
    return out.getvalue()


def test_a_photo_is_kept_and_found(desk: Desk) -> None:
    row = put(desk, picture())
    assert (row.kind, row.content_type) == ("photo", "image/jpeg")
    assert opened(desk, row).size == (64, 48)
    assert row.size == (desk.system.media.folder / row.id).stat().st_size


def test_where_and_who_is_removed(desk: Desk) -> None:
    assert b"Nguyen Van A" in with_exif(1)
    row = put(desk, with_exif(1))
    assert dict(opened(desk, row).getexif()) == {}
    assert b"Nguyen Van A" not in (desk.system.media.folder / row.id).read_bytes()


def test_a_photo_is_turned_upright(desk: Desk) -> None:
    assert opened(desk, put(desk, with_exif(6))).size == (48, 64)


def test_a_large_photo_is_scaled_down(desk: Desk) -> None:
    out = io.BytesIO()
    Image.new("RGB", (5000, 2500), "green").save(out, "JPEG", quality=10)
    assert opened(desk, put(desk, out.getvalue())).size == (2560, 1280)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "I;16"), ("GIF", "P"),
        ("WEBP", "RGBA"), ("BMP", "RGB"), ("TIFF", "RGB"),
    ],
)  # fmt: skip
def test_every_usual_kind_of_picture_becomes_a_jpeg(desk: Desk, kind: str, mode: str) -> None:
    assert opened(desk, put(desk, saved(kind, mode))).format == "JPEG"


def test_a_phones_picture_in_several_parts_is_taken(desk: Desk) -> None:
    parts = saved("MPO", save_all=True, append_images=[Image.new("RGB", (40, 30))])
    assert opened(desk, put(desk, parts)).size == (40, 30)


def test_thirty_megabytes_are_too_large(desk: Desk, store: MediaStore) -> None:
    with pytest.raises(TooLarge, match="20 MB"):
        put(desk, bytes(30_000_000))
    assert list(store.folder.glob("*")) == []


@pytest.mark.parametrize("kind", ["photo", "voice", "video", "file"])
def test_an_empty_file_is_told(desk: Desk, kind: str) -> None:
    with pytest.raises(InvalidInput, match="rỗng"):
        put(desk, b"", kind)


@pytest.mark.parametrize(
    "content", [b"MZ\x90\x00" + bytes(100), b"<svg onload=alert(1)>", b"%PDF-1.7", b"\xff\xd8\xff"]
)
def test_what_is_no_picture_is_no_photo(desk: Desk, content: bytes) -> None:
    with pytest.raises(InvalidInput, match="ảnh"):
        put(desk, content)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_half_a_photo_is_refused(desk: Desk, share: float) -> None:
    whole = io.BytesIO()
    Image.effect_noise((200, 200), 80).save(whole, "JPEG")
    content = whole.getvalue()
    with pytest.raises(InvalidInput, match="ảnh"):
        put(desk, content[: int(len(content) * share)])


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP"])
def test_a_damaged_picture_is_refused_or_read_but_never_breaks(desk: Desk, kind: str) -> None:
    dice = random.Random(kind)
    whole = saved(kind) if kind != "JPEG" else with_exif(6)
    for _ in range(60):
        content = bytearray(whole)
        for _ in range(dice.randint(1, 6)):
            content[dice.randrange(len(content))] = dice.randrange(256)
        cut = dice.randrange(1, len(content) + 1) if dice.random() < 0.3 else len(content)
        # Any other error would leave the resident without an answer.
        with suppress(InvalidInput):
            assert put(desk, bytes(content[:cut])).content_type == "image/jpeg"


@pytest.mark.parametrize(
    ("content", "kind", "content_type"),
    [
        (b"OggS" + bytes(50), "voice", "audio/ogg"),
        (b"ID3" + bytes(50), "voice", "audio/mpeg"),
        (b"\x1aE\xdf\xa3" + bytes(50), "voice", "audio/webm"),
        (b"\x00\x00\x00\x18ftypM4A " + bytes(50), "voice", "audio/mp4"),
        (b"\x00\x00\x00\x18ftypisom" + bytes(50), "video", "video/mp4"),
        (b"%PDF-1.7" + bytes(50), "file", "application/pdf"),
    ],
    ids=["ogg", "mp3", "webm", "m4a", "mp4", "pdf"],
)
def test_voice_video_and_papers_are_taken(desk: Desk, content: bytes, kind: str, content_type: str) -> None:
    row = put(desk, content, kind)
    assert (row.kind, row.content_type) == (kind, content_type)
    assert (desk.system.media.folder / row.id).read_bytes() == content


@pytest.mark.parametrize("kind", ["voice", "video", "file"])
@pytest.mark.parametrize(
    "content",
    [b"MZ\x90\x00" + bytes(50), b"<html><script>", b"PK\x03\x04" + bytes(50), b"x"],
    ids=["program", "page", "archive", "one byte"],
)
def test_a_wrong_type_is_told(desk: Desk, kind: str, content: bytes) -> None:
    with pytest.raises(InvalidInput, match="Loại tệp"):
        put(desk, content, kind)


def test_erased_means_gone(desk: Desk, store: MediaStore) -> None:
    row = put(desk, picture())
    with desk.system.db.write() as session:
        store.erase(session.get_one(Media, row.id), desk.now)
    assert not (store.folder / row.id).exists()
    with desk.system.db.read() as session, pytest.raises(NotFound):
        store.get(session, row.id)


def test_what_never_was_is_not_found(desk: Desk, store: MediaStore) -> None:
    with desk.system.db.read() as session, pytest.raises(NotFound):
        store.get(session, "../../etc/passwd")
