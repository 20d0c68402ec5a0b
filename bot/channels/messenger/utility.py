"""Utility templates: how to write to a person more than 24 hours after their last word (Meta: utility messages).

A template of ours (data/texts/templates.yml) becomes one at Meta with numbered parameters, in the order in which the
text names them, and one button that brings the person back: pressing it opens the case here in the conversation, and
with it the 24 hours in which anything may be said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.channels.messenger import words
from bot.channels.templates import TemplateText
from bot.domain.message import Template
from bot.errors import WayClosed
from bot.platforms.text import shortened

LANGUAGE = "vi"
SETTING = "LANGNGHE_MESSENGER_TEMPLATES"
BODY_LIMIT = 1024
BUTTON_LIMIT = 20
_NAMED = re.compile(r"\{(\w+)\}")


def content(texts: Mapping[str, TemplateText], names: Mapping[str, str], template: Template | None) -> dict[str, Any]:
    """The `message` object of a notice.

    Args:
        names: name at Meta of each approved template of ours.

    Raises:
        WayClosed: when there is no approved template for it.
        BrokenRequest: when a parameter is missing.
    """
    if template is None or template.name not in names or template.name not in texts:
        raise WayClosed("tin này không có mẫu đã được Messenger duyệt")
    text = texts[template.name]
    values = text.fill(template.parameters)
    parameters = [{"type": "text", "text": values[name]} for name in order(text)]
    components: list[dict[str, Any]] = [{"type": "body", "parameters": parameters}] if parameters else []
    code = code_parameter(text)
    if text.button and code:
        components.append({"type": "buttons", "parameters": [{"type": "POSTBACK", "payload": values[code]}]})
    made: dict[str, Any] = {"name": names[template.name], "language": {"code": LANGUAGE}}
    return {"template": {**made, "components": components} if components else made}


def definition(text: TemplateText, name: str) -> dict[str, Any]:
    """What Meta is asked to approve under `name`."""
    used = order(text)
    body: dict[str, Any] = {"type": "BODY", "text": body_text(text)}
    if used:
        body["example"] = {"body_text": [[words.EXAMPLES[text.parameters[name]] for name in used]]}
    components = [body]
    if text.button and code_parameter(text):
        # An example on this kind of button is refused (2388051).
        button = {"type": "POSTBACK", "text": shortened(text.button, BUTTON_LIMIT), "payload": "start:{{1}}"}
        components.append({"type": "BUTTONS", "buttons": [button]})
    return {"name": name, "language": LANGUAGE, "category": "UTILITY", "components": components}


def body_text(text: TemplateText) -> str:
    """The body with `{{1}}`, `{{2}}` … for its parameters."""
    numbers = {name: number for number, name in enumerate(order(text), 1)}
    return _NAMED.sub(lambda found: f"{{{{{numbers[found[1]]}}}}}", text.body)


def order(text: TemplateText) -> list[str]:
    """The parameters that the body names, in the order of their first place."""
    return list(dict.fromkeys(_NAMED.findall(text.body)))


def code_parameter(text: TemplateText) -> str | None:
    """The parameter that holds the tracking code."""
    return next((name for name, kind in text.parameters.items() if kind == "code"), None)
