"""From a neutral message to the parts that Messenger takes, in the order in which they are sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.channels.base import File
from bot.channels.messenger import words
from bot.domain.message import Button, Outgoing
from bot.errors import BrokenRequest
from bot.platforms.text import numbered, shortened, split, units

TEXT_LIMIT = 1999
"""Meta: text must be shorter than 2000 characters."""
QUICK_REPLIES = 13
TITLE_LIMIT = 20
PAYLOAD_LIMIT = 1000
TEMPLATE_TEXT = 640
TEMPLATE_BUTTONS = 3
PICTURE_LIMIT = 25_000_000

_PHONE_CHIP = {"content_type": "user_phone_number"}


@dataclass(frozen=True)
class Part:
    """One message of Messenger's: the `message` object, and the picture that is uploaded with it."""

    message: dict[str, Any]
    photo: File | None = None


def plan(message: Outgoing, files: Sequence[File]) -> list[Part]:
    """The parts of a message: pictures, then the text; choices stand on the last part, as they vanish when another
    message follows.

    Raises:
        BrokenRequest: when there is nothing to send, or a button's payload is empty or longer than Meta takes.
    """
    _check(message.buttons)
    parts = [Part(_picture(), file) for file in files if len(file.content) <= PICTURE_LIMIT]
    links = [button for button in message.buttons if _is_link(button)]
    if links and len(message.buttons) <= TEMPLATE_BUTTONS:
        parts += _with_links(message)
    else:
        parts += _with_choices(message, links)
    if not parts:
        raise BrokenRequest("tin không có nội dung")
    return parts


def _with_choices(message: Outgoing, links: Sequence[Button]) -> list[Part]:
    """Texts, with quick replies on the last; links beyond a template's room stand in the text."""
    text = "\n".join(filter(None, [message.text.strip(), *(f"{link.label}: {link.payload}" for link in links)]))
    choices = [button for button in message.buttons if not _is_link(button)]
    chips = [_PHONE_CHIP] if message.ask == "phone" else []
    room = QUICK_REPLIES - len(chips)
    titles = [shortened(button.label, TITLE_LIMIT) for button in choices]
    if len(choices) > room:
        text = _listed(text, choices) + "\n" + words.BY_NUMBER
        choices = []
    elif len(set(titles)) < len(titles):
        # Cut to 20 characters two labels look alike: the list tells them apart.
        text = _listed(text, choices)
        titles = [shortened(f"{n}. {button.label}", TITLE_LIMIT) for n, button in enumerate(choices, 1)]
    replies = [
        {"content_type": "text", "title": title, "payload": button.payload} for title, button in zip(titles, choices)
    ] + chips
    texts = split(text, TEXT_LIMIT) or ([words.CHOOSE] if replies else [])
    made: list[dict[str, Any]] = [{"text": piece} for piece in texts]
    if replies:
        made[-1]["quick_replies"] = replies
    return [Part(body) for body in made]


def _with_links(message: Outgoing) -> list[Part]:
    """The end of the text as a template whose buttons open pages; its buttons stay in the conversation."""
    texts = split(message.text, TEXT_LIMIT) or [words.CHOOSE]
    if units(texts[-1]) > TEMPLATE_TEXT:
        texts = [*texts[:-1], *split(texts[-1], TEMPLATE_TEXT)]
    buttons = [_template_button(button) for button in message.buttons]
    body = {"template_type": "button", "text": texts[-1], "buttons": buttons}
    return [*(Part({"text": piece}) for piece in texts[:-1]), Part({"attachment": _attachment("template", body)})]


def _template_button(button: Button) -> dict[str, str]:
    title = shortened(button.label, TITLE_LIMIT)
    if _is_link(button):
        return {"type": "web_url", "title": title, "url": button.payload}
    return {"type": "postback", "title": title, "payload": button.payload}


def _listed(text: str, choices: Sequence[Button]) -> str:
    return "\n".join(filter(None, [text or words.CHOOSE, numbered([button.label for button in choices])]))


def _is_link(button: Button) -> bool:
    return button.payload.startswith(("https://", "http://"))


def _picture() -> dict[str, Any]:
    return {"attachment": _attachment("image", {"is_reusable": False})}


def _attachment(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "payload": payload}


def _check(buttons: Sequence[Button]) -> None:
    for button in buttons:
        if not button.label.strip() or not 1 <= units(button.payload) <= PAYLOAD_LIMIT:
            raise BrokenRequest(
                f"nút “{button.label}” không có chữ, hoặc mang mã rỗng hay dài quá {PAYLOAD_LIMIT} ký tự"
            )
