"""Changing a draft from its summary: content, place, topic."""

from __future__ import annotations

from bot.domain.message import Button
from bot.store.models import Draft
from bot.talk.draft import Body, save
from bot.talk.turn import Talk

VERBS = frozenset({"change", "new_text", "new_place", "groups", "group", "keep"})
QUESTIONS = frozenset({"new_text", "new_place"})


def press(talk: Talk, draft: Draft, body: Body, verb: str, value: str) -> None:
    """One of the buttons that change something."""
    from bot.talk import summary

    if verb == "keep":
        return summary.show(talk, draft, body)
    if verb == "change":
        return menu(talk, draft, body)
    if verb == "groups":
        return groups(talk, draft)
    if verb == "group":
        return topics(talk, draft, value)
    body.question = verb
    save(draft, body, talk.now)
    ask(talk, draft, body)


def ask(talk: Talk, draft: Draft, body: Body) -> None:
    """Ask for the new content or place."""
    from bot.talk.report import payload
    from bot.talk.summary import shorten

    keep = talk.button("keep", payload(draft, "keep"))
    if body.question == "new_text":
        return talk.say("utter_ask_new_text", buttons=[keep], story=shorten(body.text()))
    talk.say("utter_ask_new_place", buttons=[keep], ask="location", place=body.place.raw or "…")


def menu(talk: Talk, draft: Draft, body: Body) -> None:
    """What is to be changed?"""
    from bot.talk.report import payload

    talk.say(
        "utter_ask_change",
        buttons=[
            talk.button("new_text", payload(draft, "new_text")),
            talk.button("new_place", payload(draft, "new_place")),
            talk.button("new_topic", payload(draft, "groups")),
            talk.button("keep", payload(draft, "keep")),
        ],
    )


def groups(talk: Talk, draft: Draft) -> None:
    """All groups of topics."""
    from bot.talk.report import payload

    talk.say(
        "utter_ask_group",
        buttons=[Button(name, payload(draft, f"group:{key}")) for key, name in talk.city.groups.items()],
    )


def topics(talk: Talk, draft: Draft, group: str) -> None:
    """The topics of one group."""
    from bot.talk.report import payload

    found = [t for t in talk.city.topics.values() if t.group == group]
    if not found:
        return groups(talk, draft)
    buttons = [Button(t.name, payload(draft, f"topic:{t.id}")) for t in found]
    talk.say("utter_ask_topic_of_group", buttons=[*buttons, talk.button("back_groups", payload(draft, "groups"))])
