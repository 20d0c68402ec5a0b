"""Who is speaking, what happens with the data, and whether the resident agrees.

What was written before the answer is kept aside (the inbox ids stand in the conversation's memory) and is taken
up after "đồng ý": nobody types twice. After "không" nothing is kept.
"""

from __future__ import annotations

from bot.services.privacy import forget_last, record_consent
from bot.services.track_case import filed_by
from bot.talk.turn import Talk

WELCOMED = frozenset({"greeting", "help", "chitchat", "english", "start_over"})
"""Who begins with these asks who is there: the introduction answers, and puts the question at once. Otherwise it is
put only when something is about to be kept as a report."""
_FEW = 6
"""Syllables up to which such words are taken at their word when nothing waits."""


def settled(talk: Talk) -> bool:
    """Whether the question is answered, or need not be put: the person has a case with us already."""
    if talk.conversation.consent in ("yes", "by_staff"):
        return True
    if talk.conversation.consent is None and filed_by(talk.session, talk.conversation):
        record_consent(talk.session, talk.conversation, "by_staff", version(talk), talk.now)
        return True
    return False


def version(talk: Talk) -> str:
    return talk.city.text("consent_version")


def introduce(talk: Talk) -> None:
    """The first reply of a conversation says that a machine is speaking (Law 134/2025/QH15)."""
    if talk.conversation.introduced or not talk.replies:
        return
    talk.conversation.introduced = True
    if any(r.name.startswith("utter_welcome") for r in talk.replies):
        return
    said, talk.replies = talk.replies, []
    talk.say("utter_intro")
    talk.replies = (
        [said[0], *talk.replies, *said[1:]] if said[0].name.startswith("utter_emergency") else talk.replies + said
    )


def ask(talk: Talk, held: bool) -> None:
    """Put the question: in full the first time, short the second, then only a reminder that something waits."""
    times = talk.state("consent_asked", 0)
    if talk.inbox_id == talk.state("consent_asked_at"):
        times = max(times - 1, 0)
    talk.remember(consent_asked=times + 1, consent_asked_at=talk.inbox_id)
    buttons = [talk.button("agree", "consent:yes"), talk.button("disagree", "consent:no")]
    if times == 0:
        name = "utter_welcome_held" if held else "utter_welcome"
    else:
        name = "utter_consent_again" if times == 1 else "utter_consent_waiting"
    talk.say(name, buttons=buttons, city=talk.city.name)


def hold(talk: Talk) -> None:
    """Keep this message aside until the resident has answered."""
    held = [i for i in talk.state("held", []) if i != talk.inbox_id]
    talk.remember(held=[*held, talk.inbox_id])
    ask(talk, held=True)


def said_yes(talk: Talk) -> bool:
    asked = talk.state("consent_asked", 0) > 0
    return asked and talk.agrees() and len(talk.text.split()) <= 12


def said_no(talk: Talk) -> bool:
    if len(talk.text.split()) > 12:
        return False
    asked = talk.state("consent_asked", 0) > 0
    return talk.cue("disagree") or asked and talk.refuses() and talk.heard.intent != "cancel"


def takes_back(talk: Talk) -> bool:
    """ "huỷ giúp tôi": what was kept aside is not wanted any more. "Không đồng ý, huỷ đi" refuses more than that."""
    meant = bool(talk.state("held") or talk.state("kept")) or len(talk.text.split()) <= _FEW
    return (talk.heard.intent == "cancel" or meant and talk.cue("drop")) and not talk.cue("disagree")


def drop(talk: Talk) -> bool:
    """Forget what was kept aside, words and files. False when nothing was."""
    aside = [*talk.state("held", []), *talk.state("kept", [])]
    forget_last(talk.session, talk.media, aside, talk.now)
    talk.remember(held=None, kept=None)
    return bool(aside)


def agree(talk: Talk) -> list[int]:
    """Record it. Returns the messages that waited, oldest first."""
    if talk.conversation.consent != "yes":
        record_consent(talk.session, talk.conversation, "yes", version(talk), talk.now)
    held = talk.state("held", [])
    talk.remember(held=None)
    return held
