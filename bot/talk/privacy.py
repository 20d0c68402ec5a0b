"""Refusing, and "xoá dữ liệu của tôi"."""

from __future__ import annotations

from bot.services.privacy import erase_resident, forget_messages, record_consent
from bot.talk import consent, guide
from bot.talk.turn import Talk


def refuse(talk: Talk) -> None:
    """Nothing is kept; the other ways are told."""
    record_consent(talk.session, talk.conversation, "no", consent.version(talk), talk.now)
    forget_messages(talk.session, talk.media, talk.conversation, talk.now)
    talk.remember(consent_asked=1)
    talk.say(
        "utter_refused_consent",
        numbers=guide.hotlines(talk, ("024.1022", "19001009")),
        buttons=[talk.button("agree_after_all", "consent:yes")],
    )


def start(talk: Talk) -> None:
    """Ask once before erasing."""
    talk.remember(question={"flow": "privacy", "name": "erase"})
    talk.say(
        "utter_ask_erase",
        buttons=[
            talk.button("erase_yes", "privacy:yes"),
            talk.button("erase_no", "privacy:no"),
        ],
    )


def press(talk: Talk, verb: str) -> None:
    if (talk.state("question") or {}).get("flow") != "privacy":
        return talk.say("utter_stale_button")
    if verb != "yes":
        talk.remember(question=None)
        return talk.say("utter_erase_kept")
    kept = erase_resident(talk.session, talk.media, talk.conversation, consent.version(talk), talk.now)
    talk.say("utter_erased_cases" if kept else "utter_erased", count=kept)
    talk.conversation.introduced = True


def answer(talk: Talk) -> bool:
    """A typed answer to the question before erasing."""
    if talk.refuses() or talk.negates("xoa") or talk.cue("keep_data"):
        press(talk, "no")
        return True
    if talk.asks():
        start(talk)
        return True
    if talk.agrees() or talk.heard.intent == "delete_data":
        press(talk, "yes")
        return True
    talk.remember(question=None)
    return False
