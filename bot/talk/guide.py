"""Messages that are not (only) reports: explain, protect, point to the right place (domain.md §1.4, §5)."""

from __future__ import annotations

from typing import Any

from bot.services.privacy import forget_last
from bot.talk.draft import Body, find_draft, open_draft, save
from bot.talk.turn import Talk
from nlu.text.normalize import fold, normalize

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
    """Numbers first, nothing asked; then the offer to file."""
    numbers = hotlines(talk, talk.city.outcomes["emergency"].hotlines)
    talk.remember(kept=talk.inbox_id)
    talk.say("utter_emergency", numbers=numbers, buttons=[talk.button("file_urgent", "guide:file")])


def protected(talk: Talk) -> None:
    """Formal complaint or denunciation: explain, do not collect, do not keep the text."""
    talk.remember(referred=talk.heard.intent, held=[i for i in talk.state("held", []) if i != talk.inbox_id] or None)
    forget_last(talk.session, talk.media, [talk.inbox_id], talk.now)
    talk.say(f"utter_{talk.heard.intent}", buttons=[talk.button("only_report", "guide:insist")])


def question(talk: Talk) -> None:
    """A short answer from the editable base, or the place where it is answered; the question may be filed."""
    found = best_answer(talk.city.answers, talk.text)
    # Who wants the question passed on presses the button; its text is taken from this message then.
    talk.remember(kept=talk.inbox_id)
    buttons = [talk.button("send_question", "guide:file")]
    if found is None:
        return talk.say("utter_procedure_question", buttons=buttons)
    talk.say("utter_procedure_answer", answer=found["answer"], source=found["source"], buttons=buttons)


def best_answer(answers: list[dict[str, Any]], text: str) -> dict[str, Any] | None:
    """The answer with the most of its key phrases in the text; None when no phrase stands there."""
    words = f" {' '.join(fold(normalize(text)).split())} "
    scored = [(sum(len(k.split()) for k in a["keys"] if f" {k} " in words), a) for a in answers]
    score, best = max(scored, key=lambda pair: pair[0], default=(0, None))
    return best if score else None


def praise(talk: Talk) -> None:
    talk.remember(kept=talk.inbox_id)
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
    talk.remember(kept=talk.inbox_id)


def unclear(talk: Talk) -> None:
    from bot.talk import report

    report.start(talk)


def press(talk: Talk, verb: str) -> None:
    """`file`: make a report of the message that was answered. `insist`: it is only a report, a person decides."""
    from bot.talk import desk, place, report

    kept = talk.state("kept")
    draft = open_draft(talk.session, talk.conversation, talk.now)
    body = Body.from_json(draft.body)
    if verb == "insist":
        body.topic_chosen, body.topic, body.topic_sure = True, None, False
        body.question = "description"
        save(draft, body, talk.now)
        return talk.say("utter_insist")
    for earlier in desk.earlier(talk, [kept] if kept else []):
        body.add_story(earlier.text)
        if earlier.heard.place and not body.place.known() and verb != "in_city":
            place.merge(body.place, earlier.heard.place, talk)
        body.attachments += [[m.media_id, m.kind, m.caption] for m in earlier.message.media if m.media_id]
        if earlier.heard.intent == "emergency":
            body.level = "urgent"
        if earlier.heard.intent in ("praise", "procedure_question"):
            body.kind = {"praise": "praise", "procedure_question": "question"}[earlier.heard.intent]
    talk.remember(kept=None)
    body.asked["outside"] = 1
    report.understand(talk, body)
    report.next_step(talk, draft, body)


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
    """`đúng`, `không`, `bỏ qua` when nothing was asked."""
    last = talk.state("last_case")
    if talk.heard.intent == "affirm" and last and find_draft(talk.session, talk.conversation) is None:
        return talk.say("utter_already_filed", code=last)
    if talk.heard.intent in ("affirm", "deny"):
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
