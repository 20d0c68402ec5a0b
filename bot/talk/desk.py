"""The desk: decides which flow answers a message (the precedence of style.md §6 and domain.md §5).

a person has taken over        -> silence (bot/talk/person.py)
a button                       -> the flow named in its payload
consent not given yet          -> a report is kept aside and consent asked; all else is answered as ever
emergency                      -> numbers at once, whatever else is open
a tracking code, a command     -> answered, then back to where one was
an open question or draft      -> free text is its answer
otherwise                      -> the flow that Rasa's rule named
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from bot.domain.message import Incoming
from bot.store.models import Inbox
from bot.talk import after, aside, attach, consent, follow, guide, office, person, privacy, report, ties, track
from bot.talk.draft import find_draft
from bot.talk.merge import fits, only_a_place
from bot.talk.turn import Talk, Understanding
from nlu.text.normalize import marked_share

VERY_SURE = 0.75
_ANSWERS_NOTHING = frozenset({"skip", "affirm", "deny", "go_back"})
_PROTECTED = ("denunciation", "formal_complaint")
_FEW = 3
_VIETNAMESE = 0.5
"""Share of syllables with diacritics from which a message is Vietnamese."""
_ON_A_CASE = ("withdraw", "add_info", "not_done", "rate_good", "rate_ok", "rate_bad")
_WEAK = frozenset({"greeting", "thanks", "goodbye", "chitchat", "out_of_scope", "spam"})
_DOUBT = {
    **dict.fromkeys(_WEAK, 0.8),
    "procedure_question": 0.4,
    "praise": 0.4,
    "denunciation": 0.35,
    "formal_complaint": 0.35,
}
"""Below this probability words are not taken for what the machine says, but kept as a part of a story."""
_TOLD = ("report", "suggestion", "unclear", "correction")
_START: dict[str, Callable[[Talk], None]] = {
    "report": report.start,
    "track": track.start,
    "guide": guide.start,
    "after": after.start,
    "privacy": privacy.start,
    "small_talk": guide.small_talk,
}
_PRESS: dict[str, Callable[[Talk, str], None]] = {
    "report": report.press,
    "track": track.press,
    "guide": guide.press,
    "after": after.press,
    "privacy": privacy.press,
    "follow": follow.press,
    "person": person.press,
}
_KEEPING = frozenset({"report", "guide", "second"})
"""Flows whose buttons make a report."""


def answer(talk: Talk) -> None:
    """Answer one message: fills `talk.replies`."""
    if talk.message.event is not None:
        talk.conversation.reachable = talk.message.event != "blocked"
        return
    # A Vietnamese address alone does not change the language.
    if len(talk.text.split()) > 2 * _FEW and marked_share(talk.text) > _VIETNAMESE:
        talk.conversation.language = "vi"
    aside.translate(talk)
    aside.watch(talk)
    if person.has_it(talk):
        return
    if talk.message.payload:
        pressed(talk, talk.message.payload)
    elif _says_nothing(talk):
        talk.say("utter_unsupported" if talk.message.handle.get("unsupported") else "utter_no_words")
    elif ties.need_no_answer(talk):
        pass
    elif consent.settled(talk):
        _dispatch(talk)
    else:
        _before_consent(talk)
    if talk.message.handle.get("cut"):
        talk.say("utter_cut")
    consent.introduce(talk)


def _says_nothing(talk: Talk) -> bool:
    """Only signs and pictograms: nothing to understand, nothing to keep."""
    message = talk.message
    return not (fits(message.text) or message.media or message.location or message.phone)


def pressed(talk: Talk, payload: str) -> None:
    """A button, pressed or meant."""
    flow, _, argument = payload.partition(":")
    if flow == "consent":
        return _consent_pressed(talk, argument)
    if flow == "start":
        return _opened(talk, argument)
    if flow in _KEEPING and not consent.settled(talk):
        waiting = talk.state("held", [])
        talk.remember(held=[*waiting, talk.inbox_id])
        return consent.ask(talk, held=bool(waiting or talk.state("kept")))
    if flow == "second":
        return _second(talk)
    handler = _PRESS.get(flow)
    if handler is None:
        return talk.say("utter_stale_button")
    handler(talk, argument)


def _opened(talk: Talk, argument: str) -> None:
    """A deep link or the platform's start button; the argument may be a tracking code."""
    if argument:
        return track.by_code(talk, argument)
    return talk.say("utter_greeting") if consent.settled(talk) else consent.ask(talk, held=False)


def _consent_pressed(talk: Talk, argument: str) -> None:
    if argument == "no":
        return privacy.refuse(talk)
    if argument != "yes":
        return talk.say("utter_stale_button")
    _agree(talk)


def _agree(talk: Talk) -> None:
    held = consent.agree(talk)
    if held:
        return replay(talk, held)
    if find_draft(talk.session, talk.conversation) is not None:
        return report.resume(talk)
    kept = earlier(talk, talk.state("kept", []))
    if kept and kept[0].heard.intent == "emergency":
        return guide.press(talk, "file")
    if kept and kept[0].heard.intent in ("procedure_question", "praise"):
        label = "send_question" if kept[0].heard.intent == "procedure_question" else "send_praise"
        return talk.say("utter_ask_what", buttons=[talk.button(label, "guide:file")])
    talk.say("utter_ask_what")


def _before_consent(talk: Talk) -> None:
    """A report is kept aside and the question put; what needs nothing to be kept is answered at once."""
    intent = talk.heard.intent
    if intent == "english":
        talk.conversation.language = "en"
    if intent == "emergency" or _protected(talk):
        return guide.start(talk)
    if _answers_question(talk) or _about_consent(talk) or guide.again(talk):
        return None
    if _only_greets(talk):
        return consent.ask(talk, held=False)
    if _interruption(talk, inside=False) or _about_a_known_case(talk):
        return None
    if aside.mere_word(talk) and not talk.state("held"):
        return talk.say("utter_ask_what")
    if _is_story(talk) or _flow(talk) == "report":
        return consent.hold(talk)
    return talk.say("utter_help") if intent in _ANSWERS_NOTHING else _START[_flow(talk)](talk)


def _about_consent(talk: Talk) -> bool:
    """Yes, no, or "huỷ giúp tôi" before either."""
    if aside.about_us(talk) == "utter_about_consent":
        talk.say("utter_about_consent")
        consent.ask(talk, held=bool(talk.state("held")))
    elif consent.takes_back(talk):
        talk.say("utter_dropped" if consent.drop(talk) else "utter_nothing_open")
    elif consent.said_yes(talk):
        _agree(talk)
    elif consent.said_no(talk):
        privacy.refuse(talk)
    else:
        return False
    return True


def _only_greets(talk: Talk) -> bool:
    """The conversation begins with a word to whoever is there."""
    begins = not talk.conversation.introduced and talk.heard.intent in consent.WELCOMED
    return begins and not talk.heard.values("tracking_code") and not _is_story(talk)


def _about_a_known_case(talk: Talk) -> bool:
    """Who follows a case here may answer the office and speak of it: it was consented to where it was filed."""
    question = talk.state("question") or {}
    if question.get("flow") == "after" and after.answer(talk, question):
        return True
    return office.answers_question(talk) or office.says_not_done(talk)


def _is_story(talk: Talk) -> bool:
    """A picture, a pin, or words that hold a matter whatever else they are."""
    shown = bool(talk.message.media or talk.message.location)
    return shown or only_a_place(talk) or _tells(talk) or _hardly_a_word(talk) or _of_no_case(talk)


def _of_no_case(talk: Talk) -> bool:
    """ "Sửa rồi mà vẫn …" from somebody who has no case is a report: it was raised elsewhere, or never."""
    about = talk.heard.intent in ("not_done", "add_info") and not talk.heard.values("tracking_code")
    return about and len(talk.text.split()) > 2 * _FEW and not after.has_cases(talk)


def _tells(talk: Talk) -> bool:
    """A word to the assistant that holds a matter as well."""
    return talk.heard.tells(talk.city.topics, len(talk.text.split()))


def _flow(talk: Talk) -> str:
    return talk.flow if talk.flow in _START else "small_talk"


def _dispatch(talk: Talk) -> None:
    question = talk.state("question") or {}
    draft = find_draft(talk.session, talk.conversation)
    if talk.heard.intent == "emergency" and (draft is None or talk.heard.intent_confidence >= VERY_SURE):
        guide.emergency(talk)
        if draft is None:
            # What the office asked is answered all the same.
            office.answers_question(talk)
            return None
        return report.resume(talk) if report.of_another_kind(talk, draft) else report.answer(talk)
    if draft is not None and office.just_asked(talk) and office.answers_question(talk):
        return report.resume(talk)
    if _answers_question(talk) or draft is None and guide.again(talk):
        return None
    if _interruption(talk, inside=bool(question or draft)):
        return None
    if question.get("flow") == "after" and after.answer(talk, question):
        return None
    return _inside_draft(talk) if draft is not None else _outside(talk)


def _answers_question(talk: Talk) -> bool:
    """An answer to a question that no report asks: erase? which four digits? Then back to where one was."""
    flow = (talk.state("question") or {}).get("flow")
    if flow == "privacy":
        return privacy.answer(talk)
    if flow != "follow" or not follow.answer(talk):
        return False
    if not follow.waiting(talk):
        report.resume(talk)
    return True


def _outside(talk: Talk) -> None:
    """Nothing is open: an answer to the office, a new report, or what Rasa's rule named."""
    intent = talk.heard.intent
    if _protected(talk):
        return guide.protected(talk)
    if office.is_answered(talk) or attach.gives_up(talk):
        return None
    if talk.state("second") and aside.short(talk, _FEW * 2) and (talk.cue("go_on") or talk.agrees()):
        return _second(talk)
    if aside.mere_word(talk) and not attach.recent(talk):
        return talk.say("utter_ask_what")
    if intent in _TOLD or _is_story(talk):
        return None if attach.offer(talk) else report.start(talk)
    if intent in ("start_over", "go_back"):
        return talk.say("utter_ask_what")
    if intent == "cancel":
        return talk.say("utter_nothing_open")
    return _START[_flow(talk)](talk)


def _hardly_a_word(talk: Talk) -> bool:
    """What the machine half takes for small talk, a question or "not ours" may be the beginning of a story: keep it."""
    intent, words = talk.heard.intent, len(talk.text.split())
    if intent == "english":
        talk.conversation.language = "en"
        told = talk.conversation.introduced or talk.heard.place is not None
        return words > 2 * _FEW and told or words > _FEW and talk.cue("english_trouble")
    if intent == "spam" and talk.heard.place is not None and words > _FEW:
        return True  # however angry
    doubtful = talk.heard.intent_confidence < _DOUBT.get(intent, 0.0)
    return doubtful and (words > _FEW or talk.heard.place is not None)


def _protected(talk: Talk) -> bool:
    if aside.mere_word(talk):
        return False
    return talk.heard.intent in _PROTECTED and talk.heard.intent_confidence >= _DOUBT[talk.heard.intent]


def _inside_draft(talk: Talk) -> None:
    """Free text is an answer; only what is surely no part of a report is answered aside, then one goes on."""
    sure = talk.heard.intent_confidence >= VERY_SURE and not only_a_place(talk)
    if sure and talk.heard.intent in _PROTECTED and not report.insisted(talk):
        return guide.protected(talk)
    if sure and talk.heard.intent in ("procedure_question", "help", "chitchat") and not talk.message.media:
        _START[_flow(talk)](talk)
        return report.resume(talk)
    return report.answer(talk)


def _interruption(talk: Talk, inside: bool) -> bool:
    """Codes and commands: answered at any moment, then back to where one was."""
    intent, sure = talk.heard.intent, talk.heard.intent_confidence >= VERY_SURE
    if talk.message.media or talk.message.location:
        return False
    if intent == "ask_human" and (not inside or sure and talk.cue("human")):
        person.call(talk)
        return True
    if _beside(talk, inside):
        return True
    if intent == "start_over" and (sure or not inside):
        _restart(talk)
        return True
    if intent == "go_back" and inside and sure:
        report.back(talk)
        return True
    if intent == "delete_data" and (sure or not inside):
        privacy.start(talk)
        return True
    return _about_a_case(talk, inside)


def _beside(talk: Talk, inside: bool) -> bool:
    """A question about the assistant, or how the case goes; then back to where one was."""
    answer = aside.about_us(talk)
    asked = (talk.state("question") or {}).get("name")
    if answer is not None:
        talk.say(answer)
    elif asked in (None, "attach", "more") and aside.asks_status(talk):
        talk.remember(question=None)
        track.start(talk)
    else:
        return False
    if inside:
        report.resume(talk)
    return True


def _about_a_case(talk: Talk, inside: bool) -> bool:
    intent, sure = talk.heard.intent, talk.heard.intent_confidence >= VERY_SURE
    coded = bool(talk.heard.values("tracking_code"))
    if follow.wanted(talk):
        follow.start(talk)
        if inside and not follow.waiting(talk):
            report.resume(talk)
        return True
    # A bare code is a question about its status, whatever the machine has learned from sentences with codes.
    more = len(talk.text.split()) - sum(len(raw.split()) for raw in talk.heard.raws("tracking_code"))
    if coded and more >= 1 and talk.cue("case_verbs") and intent in _ON_A_CASE:
        after.start(talk)
        return True
    if coded and after.adds(talk):
        return True
    if inside and sure and intent in ("rate_good", "rate_ok", "rate_bad") and office.rateable(talk):
        after.start(talk)
        report.resume(talk)
        return True
    half = not coded and track.half_a_code(talk)
    if half:
        talk.say("utter_code_slip", code=half)
        if inside:
            report.resume(talk)
        return True
    if coded or intent in ("status_check", "my_cases") and inside and sure:
        track.start(talk)
        if inside:
            report.resume(talk)
        return True
    return False


def _restart(talk: Talk) -> None:
    draft = find_draft(talk.session, talk.conversation)
    if draft is not None:
        draft.state, draft.body = "dropped", {}
    elif talk.state("held"):
        consent.drop(talk)
    talk.remember(question=None)
    talk.say("utter_restarted")


def _second(talk: Talk) -> None:
    """The second matter of the same message gets a report of its own."""
    from bot.talk.draft import Body, open_draft
    from bot.talk.place import set_raw

    kept = talk.state("second")
    if not kept:
        return talk.say("utter_stale_button")
    draft = open_draft(talk.session, talk.conversation, talk.now)
    body = Body.from_json(draft.body)
    body.story = [kept["text"]]
    body.attachments = kept.get("attachments", [])
    if kept["topic"]:
        report.choose_topic(talk, body, kept["topic"])
    body.guessed = kept["topic"]
    if kept["place"]:
        set_raw(body.place, kept["place"], talk)
    talk.remember(second=None)
    report.next_step(talk, draft, body)


def earlier(talk: Talk, inbox_ids: Iterable[int]) -> list[Talk]:
    """Earlier messages of this conversation as turns of their own, as they were understood then."""
    turns = []
    for inbox_id in inbox_ids:
        row = talk.session.get(Inbox, inbox_id)
        if row is None or row.body.get("erased"):
            continue
        message = Incoming.from_json(row.body)
        heard = Understanding.from_parse(row.parse)
        flow = (row.parse or {}).get("flow", "report")
        turns.append(replace(talk, message=message, heard=heard, inbox_id=inbox_id, flow=flow, replies=[]))
    return turns


def replay(talk: Talk, inbox_ids: list[int]) -> None:
    """Take up messages that waited, in order; only the last answer is said, the others are overtaken by it."""
    last: list = []
    turns = earlier(talk, inbox_ids)
    for turn in turns:
        pressed(turn, turn.message.payload) if turn.message.payload else _dispatch(turn)
        last = turn.replies or last
        if turn is not turns[-1]:
            report.take_back(turn)
    talk.replies += last
    if not talk.replies:
        talk.say("utter_ask_what")
