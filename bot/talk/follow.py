""" "theo dõi HN2611-7K3QX-F" away from where it was filed: four digits of its phone number, then it is told here."""

from __future__ import annotations

import re

from bot.domain.deadline import in_words
from bot.domain.status import STATUSES
from bot.services import follow_case
from bot.services.follow_case import DIGITS, Answer, Outcome
from bot.services.handle_case import find
from bot.services.track_case import by_typed_code, knows, owns
from bot.store.models import Case
from bot.talk import track
from bot.talk.turn import Talk
from nlu.text.normalize import fold

_SHORT = 12
"""Syllables up to which a message with digits is an answer and no story."""
_SURE = 0.5
_FOUR = re.compile(rf"(?<!\d)\d{{{DIGITS}}}(?!\d)")
_COUNTED = re.compile(r"\b4\s*(?=(?:chu )?so\b)")
"""The 4 of "4 số cuối là 0678"."""


def wanted(talk: Talk) -> bool:
    """Whether a named case is to be followed here, or no longer."""
    return bool(talk.heard.values("tracking_code")) and (talk.cue("follow") or talk.cue("unfollow"))


def waiting(talk: Talk) -> bool:
    """Whether digits have been asked for."""
    return (talk.state("question") or {}).get("flow") == "follow"


def start(talk: Talk) -> None:
    """Follow the case that is named, or stop following it."""
    typed = talk.heard.values("tracking_code")[0]
    case, _ = by_typed_code(talk.session, talk.city, typed)
    if case is None:
        return track.by_code(talk, typed)
    return _stop(talk, case) if talk.cue("unfollow") else ask(talk, case)


def press(talk: Talk, code: str) -> None:
    """The button below the public view."""
    case, _ = by_typed_code(talk.session, talk.city, code)
    return talk.say("utter_stale_button") if case is None else ask(talk, case)


def ask(talk: Talk, case: Case) -> None:
    """Ask for the digits, unless there is nothing to prove or no way to prove it."""
    if knows(talk.session, talk.conversation, case):
        return track.show(talk, case)
    refusal = follow_case.may_try(talk.session, talk.conversation, case, talk.now)
    if refusal is not None:
        return _tell(talk, case, refusal)
    talk.remember(question={"flow": "follow", "name": "digits", "code": case.code})
    talk.say("utter_ask_follow", code=case.code, status=track.label(talk, STATUSES[case.status]))


def answer(talk: Talk) -> bool:
    """The digits, or thinking better of it. False when the message is neither; the question is closed then."""
    case = find(talk.session, talk.state("question")["code"])
    given = digits(talk)
    if given is not None:
        _tell(talk, case, follow_case.follow(talk.session, talk.conversation, case, given, talk.now))
        return True
    if _meant_digits(talk):
        talk.say("utter_ask_follow_again", code=case.code)
        return True
    talk.remember(question=None)
    if talk.refuses() or talk.cue("drop"):
        talk.say("utter_follow_left", code=case.code)
        return True
    return False


def digits(talk: Talk) -> str | None:
    """The four digits of a message: alone, with words around them, or at the end of the whole number."""
    if talk.message.phone:
        return _last(talk.message.phone)
    if not _may_be_digits(talk):
        return None
    text = _COUNTED.sub("", fold(talk.text))
    alone = _FOUR.findall(text)
    if len(alone) == 1:
        return alone[0]
    every = re.sub(r"\D", "", text)
    return every[-DIGITS:] if len(every) == DIGITS or 9 <= len(every) <= 12 else None


def _last(number: str) -> str | None:
    found = re.sub(r"\D", "", number)
    return found[-DIGITS:] if len(found) >= DIGITS else None


def _may_be_digits(talk: Talk) -> bool:
    message, heard = talk.message, talk.heard
    if message.media or message.location or heard.values("tracking_code") or heard.place is not None:
        return False
    return len(talk.text.split()) <= _SHORT


def _meant_digits(talk: Talk) -> bool:
    """Some digits, though not four, in what is no story of its own."""
    story = talk.heard.intent == "report" and talk.heard.confidence >= _SURE
    return _may_be_digits(talk) and any(c.isdigit() for c in talk.text) and not story


def _tell(talk: Talk, case: Case, came: Answer) -> None:
    if came.outcome is Outcome.WRONG:
        return talk.say("utter_follow_wrong", code=case.code, left=came.left)
    talk.remember(question=None)
    if came.outcome is Outcome.FOLLOWED:
        talk.say("utter_followed", code=case.code)
        return track.show(talk, case)
    until = in_words(came.until) if came.until else ""
    talk.say(f"utter_follow_{came.outcome.value}", code=case.code, link=track.link(talk, case), until=until)


def _stop(talk: Talk, case: Case) -> None:
    if owns(talk.conversation, case):
        return talk.say("utter_follow_own", code=case.code)
    if not knows(talk.session, talk.conversation, case):
        return talk.say("utter_not_followed", code=case.code)
    follow_case.unfollow(talk.session, talk.conversation, case)
    talk.say("utter_unfollowed", code=case.code)
