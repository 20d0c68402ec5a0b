"""Messages that are not (only) reports: explain, protect, point to the right place (domain.md §1.4, §5)."""

from __future__ import annotations

from typing import Any

from bot.services.privacy import forget_last
from bot.talk import aside, consent, second, track
from bot.talk.draft import Body, find_draft, open_draft, save
from bot.talk.turn import Talk, syllables
from nlu.text.normalize import fold, normalize

_QUESTION = 10
"""Syllables up to which words right after an answer of ours still belong to it."""
_FEW = 4
"""Syllables up to which "bỏ qua", "quay lại" … are taken at their word when nothing is open."""


def start(talk: Talk) -> None:
    """Answer by outcome."""
    _ANSWERS.get(talk.heard.intent, unclear)(talk)


def hotlines(talk: Talk, numbers: tuple[str, ...]) -> str:
    """`114 – Chữa cháy, cứu nạn`, a line each; only confirmed ones."""
    known = [talk.city.hotlines[n] for n in numbers if n in talk.city.hotlines and talk.city.hotlines[n].shown]
    return "\n".join(f"• {h.number} – {h.name}" for h in known)


def emergency(talk: Talk) -> None:
    """Numbers first, nothing asked; then the offer to file. What is said next about it joins what was said first."""
    numbers = hotlines(talk, talk.city.outcomes["emergency"].hotlines)
    told = talk.state("told") or {}
    talk.remember(calm=None)
    _keep(talk, "emergency", told["inbox"] if told.get("of") == "emergency" else [])
    talk.say("utter_emergency", numbers=numbers, buttons=[talk.button("file_urgent", "guide:file")])


def again(talk: Talk) -> bool:
    """What follows the answer to an emergency, a denunciation or a question, and begins nothing new."""
    from bot.talk import desk

    told = talk.state("told") or {}
    talk.remember(told=None)
    if talk.message.media or talk.message.location or not told:
        return False
    if told["of"] == "emergency":
        return _more_of_the_emergency(talk, told)
    if told["of"] in ("denunciation", "formal_complaint") and talk.cue("only_report") and aside.short(talk, 12):
        desk.pressed(talk, "guide:insist")
        return True
    asks = len(talk.text.split()) <= _QUESTION and talk.cue("where_to_file") and not talk.heard.place
    if told["of"] in ("denunciation", "formal_complaint") and asks:
        talk.say(f"utter_{told['of']}", buttons=[talk.button("only_report", "guide:insist")])
        talk.remember(told=told)
        return True
    offered = told["of"] in ("praise", "procedure_question")
    if offered and talk.agrees() and len(talk.text.split()) <= _FEW:
        # The matter told beside a question was offered last.
        desk.pressed(talk, "second:") if told.get("matter") else _file(talk)
        return True
    return False


def _file(talk: Talk) -> None:
    """A typed yes to the offer to make a report of it."""
    press(talk, "file") if consent.settled(talk) else consent.ask(talk, held=True)


def _more_of_the_emergency(talk: Talk, told: dict[str, Any]) -> bool:
    """ "người ta gọi rồi", "ở ngõ 5 Tôn Đức Thắng nhé": kept with it; the numbers stand above already."""
    few = len(talk.text.split()) <= _QUESTION
    if not few or talk.heard.intent in ("thanks", "goodbye", "ask_human", "delete_data", "start_over"):
        return False
    if talk.cue("false_alarm") or talk.cue("record"):
        _after_all(talk, told, urgent=not talk.cue("false_alarm"))
        return True
    if aside.asks_status(talk) or talk.heard.intent in ("status_check", "my_cases"):
        return False
    another = talk.heard.intent == "report" and talk.heard.confidence >= 0.5 and talk.heard.place is not None
    if another or talk.refuses() or talk.heard.values("tracking_code"):
        return False
    if talk.agrees():
        _file(talk)
        return True
    _keep(talk, "emergency", told.get("inbox", []))
    talk.say("utter_emergency_more", buttons=[talk.button("file_urgent", "guide:file")])
    return True


def _after_all(talk: Talk, told: dict[str, Any], urgent: bool) -> None:
    """It is to be filed; without danger as the matter that it otherwise is."""
    if not urgent:
        talk.remember(calm=True)
    talk.remember(kept=told.get("inbox", []))
    _file(talk)


def _keep(talk: Talk, of: str, before: list[int] | None = None) -> None:
    """What was just answered may become a report: by a button, or by a typed yes right after."""
    kept = [*(before or []), talk.inbox_id]
    talk.remember(kept=kept, told={"of": of, "inbox": kept})


def protected(talk: Talk) -> None:
    """Formal complaint or denunciation: explain, do not collect, do not keep the text."""
    held = [i for i in talk.state("held", []) if i != talk.inbox_id] or None
    talk.remember(held=held, told={"of": talk.heard.intent})
    forget_last(talk.session, talk.media, [talk.inbox_id], talk.now)
    talk.say(f"utter_{talk.heard.intent}", buttons=[talk.button("only_report", "guide:insist")])


def question(talk: Talk) -> None:
    """A short answer from the editable base, or the place where it is answered; the question may be filed."""
    found = best_answer(talk.city.answers, talk.text)
    # Who wants the question passed on presses the button; its text is taken from this message then.
    _keep(talk, "procedure_question")
    buttons = [talk.button("send_question", "guide:file")]
    if found is None:
        talk.say("utter_procedure_question", buttons=buttons)
    else:
        talk.say("utter_procedure_answer", answer=found["answer"], source=found["source"], buttons=buttons)
    matter = second.matter_in(talk)
    if matter is not None:
        talk.remember(second=matter, told={**talk.state("told", {}), "matter": True})
        topic = talk.city.topic_name(matter["topic"])
        talk.say("utter_question_and_matter", topic=topic, buttons=[talk.button("second_now", "second:")])


def best_answer(answers: list[dict[str, Any]], text: str) -> dict[str, Any] | None:
    """The answer with the most of its key phrases in the text; None when no phrase stands there."""
    words = f" {' '.join(fold(normalize(text)).split())} "
    scored = [(sum(len(k.split()) for k in a["keys"] if f" {k} " in words), a) for a in answers]
    score, best = max(scored, key=lambda pair: pair[0], default=(0, None))
    return best if score else None


def praise(talk: Talk) -> None:
    _keep(talk, "praise")
    talk.say("utter_praise", buttons=[talk.button("send_praise", "guide:praise")])


def spam(talk: Talk) -> None:
    """Once a gentle word, then quiet; a real report afterwards is welcome."""
    if talk.state("spam_told"):
        return
    talk.remember(spam_told=True)
    talk.say("utter_spam")


def province_named(talk: Talk) -> str | None:
    """Another province in the text, also beside a street that Hanoi has as well."""
    found = talk.heard.place
    if not found or found.get("outside"):
        return (found or {}).get("outside")
    rest = talk.text[: found["start"]] + " " + talk.text[found["end"] :]
    elsewhere = talk.city.gazetteer.resolve(rest)
    return elsewhere.outside if elsewhere else None


def outside(talk: Talk) -> None:
    province = province_named(talk) or ""
    name = "utter_outside_province" if province else "utter_out_of_scope"
    talk.say(name, province=province, buttons=[talk.button("only_report", "guide:insist_out")])
    talk.remember(kept=[talk.inbox_id])


def unclear(talk: Talk) -> None:
    from bot.talk import report

    report.start(talk)


def press(talk: Talk, verb: str) -> None:
    """`file`: make a report of the message that was answered. `insist`: it is only a report, a person decides."""
    from bot.talk import desk, place, report

    kept, calm = talk.state("kept", []), talk.state("calm", False)
    if not calm and any(turn.heard.intent == "emergency" for turn in desk.earlier(talk, kept)):
        report.put_aside(talk)
    draft = open_draft(talk.session, talk.conversation, talk.now)
    body = Body.from_json(draft.body)
    if verb == "insist":
        body.topic_chosen, body.topic, body.topic_sure = True, None, False
        body.asked["insist"] = 1
        body.question = "description"
        save(draft, body, talk.now)
        return talk.say("utter_insist")
    for earlier in desk.earlier(talk, kept):
        body.add_story(earlier.text)
        if earlier.heard.place and not body.place.known() and verb != "in_city":
            place.merge(body.place, earlier.heard.place, talk)
        body.attachments += [[m.media_id, m.kind, m.caption] for m in earlier.message.media if m.media_id]
        if earlier.heard.intent == "emergency" and not calm:
            body.level = "urgent"
            body.topic = emergency_topic(talk, body.text()) or body.topic
        if earlier.heard.intent in ("praise", "procedure_question"):
            body.kind = {"praise": "praise", "procedure_question": "question"}[earlier.heard.intent]
    talk.remember(kept=None, told=None, calm=None)
    body.asked["outside"] = 1
    report.understand(talk, body)
    report.next_step(talk, draft, body)


def emergency_topic(talk: Talk, text: str) -> str | None:
    """What an emergency most likely is about; the dispatcher decides."""
    table = talk.city.texts["emergency_topics"]
    return next((t for t, words in table.items() if any(syllables(w) in syllables(text) for w in words)), None)


def small_talk(talk: Talk) -> None:
    """Greetings, thanks, questions about the assistant; with a draft open, back to it."""
    name = {
        "greeting": "utter_greeting",
        "thanks": "utter_thanks",
        "goodbye": "utter_goodbye",
        "help": "utter_help",
        "chitchat": "utter_chitchat",
        "offer_later": "utter_later",
        "english": "utter_english",
    }.get(talk.heard.intent)
    if name is None:
        return _nothing_open(talk)
    if name == "utter_help" and talk.cue("wants_to_report"):
        name = "utter_ask_what"
    if name == "utter_english":
        talk.conversation.language = "en"
    talk.say(name, city=talk.city.name)


def _nothing_open(talk: Talk) -> None:
    """`đúng`, `không`, `bỏ qua`, `nhầm rồi` when nothing was asked."""
    last = talk.state("last_case")
    if talk.heard.intent == "affirm" and last and find_draft(talk.session, talk.conversation) is None:
        return talk.say("utter_already_filed", code=last)
    if talk.heard.intent == "affirm":
        return talk.say("utter_ask_what")
    if talk.heard.intent == "deny" and last and talk.cue("mistaken"):
        return track.by_code(talk, last)  # what stands there, with the buttons that change it
    if talk.heard.intent == "deny":
        return talk.say("utter_later")
    talk.say("utter_help" if len(talk.text.split()) > _FEW else "utter_nothing_open")


_ANSWERS = {
    "emergency": emergency,
    "formal_complaint": protected,
    "denunciation": protected,
    "procedure_question": question,
    "praise": praise,
    "spam": spam,
    "out_of_scope": outside,
}
