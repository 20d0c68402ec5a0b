"""A person has the conversation: the assistant is silent, but for danger, buttons and the words that always work.

"Trợ giúp" tells how things stand; "huỷ", "quay lại" and "bắt đầu lại" give the conversation back to the assistant.
"""

from __future__ import annotations

from bot.services.choose import plain
from bot.services.handoff import hand_over, take_back
from bot.talk import aside, report
from bot.talk.draft import find_draft
from bot.talk.turn import Talk


def call(talk: Talk) -> None:
    """The resident asks for a person."""
    hand_over(talk.conversation, talk.now)
    talk.say("utter_handoff", buttons=[talk.button("back_to_assistant", "person:back")])


def has_it(talk: Talk) -> bool:
    """Whether this message is for the person: then nothing, or only how to come back, is answered."""
    if talk.conversation.handed_over_at is None or talk.message.payload or talk.heard.intent == "emergency":
        return False
    command = _command(talk)
    if command == "start_over":
        take_back(talk.conversation)
        return False
    if command == "help":
        talk.say("utter_with_person", buttons=[talk.button("back_to_assistant", "person:back")])
    elif command in ("cancel", "go_back"):
        press(talk, "back")
    return True


def press(talk: Talk, verb: str) -> None:
    """`call`: a person, please. `back`: the assistant again, and where one was."""
    if verb == "call":
        return call(talk)
    if verb != "back":
        return talk.say("utter_stale_button")
    take_back(talk.conversation)
    talk.say("utter_assistant_back")
    if find_draft(talk.session, talk.conversation) is not None:
        report.resume(talk)


def _command(talk: Talk) -> str | None:
    """Only the bare words: to an officer, too, one says "thôi" and "giúp em"."""
    if talk.heard.intent == "start_over" and aside.short(talk):
        return "start_over"
    told, known = plain(talk.text), talk.city.texts["commands_to_assistant"].items()
    return next((intent for intent, words in known if told in words), None)
