"""Where a conversation goes another way on a platform than on the web chat, and why."""

from __future__ import annotations

import dataclasses

from tests.dialogue.script import Script

CHANNELS = ("telegram", "zalo_oa", "messenger", "zalo_bot")

NOT_CARRIED: dict[str, dict[str, str]] = {
    "messenger": {"old_button": "choices vanish from the screen when the next message comes"},
    "zalo_bot": {"old_button": "there are no buttons: a number chooses from the newest message"},
}
"""Kinds of turns that a platform cannot make."""

OTHER_WAY: dict[str, dict[str, str]] = {
    "telegram": {
        "presses-a-button-of-a-dropped-report": "of a message's buttons only the pressed one stays on the screen",
        "twenty-thousand-characters": "the app sends pieces of 4096 characters, none of which is too long",
    },
    "zalo_bot": {"pin-outside-hanoi-then-address": "the place is named in words, and words outside Hanoi end a report"},
}
"""Conversations that a platform leads elsewhere."""

OTHER_END: dict[str, dict[str, str]] = {
    "zalo_bot": {"pin": "Zalo hands on no places: the address is typed instead"},
}
"""What is not expected at the end of a conversation."""

ALONE = "restart"
"""A turn that concerns everybody: nobody else may be talking."""


def carried(channel: str, script: Script) -> bool:
    """Whether a platform can carry a conversation at all."""
    if script.id in OTHER_WAY.get(channel, {}):
        return False
    return not any(kind in turn for kind in NOT_CARRIED.get(channel, {}) for turn in script.turns)


def adapted(channel: str, script: Script) -> Script:
    """A conversation with what is to be expected on a platform."""
    left_out = OTHER_END.get(channel, {})
    expect = {name: wanted for name, wanted in script.expect.items() if name not in left_out}
    return dataclasses.replace(script, expect=expect)
