"""From a neutral message to the texts and pictures that Zalo Bot takes, in the order in which they are sent."""

from __future__ import annotations

from dataclasses import dataclass

from bot.channels.zalo_bot import words
from bot.domain.message import Outgoing
from bot.errors import BrokenRequest
from bot.platforms.text import numbered, split

TEXT_LIMIT = 2000
_CODE_PICTURE = "/qr/"


@dataclass(frozen=True)
class Part:
    """A text, or the public address of a picture."""

    text: str = ""
    photo: str = ""


def plan(message: Outgoing, public_url: str, pictures: bool) -> list[Part]:
    """The parts of a message: the text first, as Zalo takes its time to fetch a picture.

    Args:
        public_url: our address on the Internet.
        pictures: whether Zalo can fetch from there.

    Raises:
        BrokenRequest: when there is nothing to send.
    """
    # Only what lies under a public path has an address that Zalo can open; a stored picture has none.
    public = [image for image in message.images if image.startswith("/")]
    shown = public if pictures else []
    lines = [message.text.strip() or (words.CHOOSE if message.buttons else "")]
    lines += [numbered([button.label for button in message.buttons]), words.BY_NUMBER] if message.buttons else []
    if len(public) < len(message.images):
        lines.append(words.PICTURE_LEFT_OUT)
    if not pictures and public_url:
        lines += [link for link in (_link(public_url, image) for image in public) if link not in message.text]
    parts = [Part(text=piece) for piece in split("\n".join(filter(None, lines)), TEXT_LIMIT)]
    parts += [Part(photo=public_url + image) for image in shown]
    if not parts:
        raise BrokenRequest("tin không có nội dung")
    return parts


def _link(public_url: str, image: str) -> str:
    """Where a person finds what the picture shows: a tracking code's picture stands for the page of its case."""
    if image.startswith(_CODE_PICTURE):
        return f"{public_url}/tra-cuu/{image.removeprefix(_CODE_PICTURE).removesuffix('.png')}"
    return public_url + image
