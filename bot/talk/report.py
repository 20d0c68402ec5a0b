"""Reporting: whatever is said goes into the draft; then the next missing thing is asked, or the summary shown.

Inside a draft free text is an answer; only a button, a tracking code or a very sure command is anything else
(bot/talk/desk.py decides that). A question is asked once; what is not answered then goes on without.
"""

from __future__ import annotations

from bot.domain.message import Button
from bot.store.models import Draft
from bot.talk import aside, change, guide, place, second, summary, ties
from bot.talk.draft import Body, find_draft, open_draft, save
from bot.talk.merge import take
from bot.talk.turn import Talk, Understanding

SURE = 0.5
"""From here on the topic is taken; the model is calibrated so that it is then right 93 times in 100."""
ANOTHER = 0.75
"""From here on words at the summary are another matter, when their place is another too."""
UNSURE = 0.02
"""Below, the machine is lost and asks one clarifying question. Confidences are cautious (nlu/lexical.py): this is a
plain probability of about 0.4."""
CHOICES = 3
_LIKELY = 0.5
_NO_PART = frozenset({"help", "chitchat", "greeting", "thanks", "goodbye", "procedure_question"})
"""What is said to the assistant and is no part of a report."""
_NAMED_BY_CUE = {
    "agency_name": "names_office",
    "account_type": "names_service",
    "establishment": "names_establishment",
    "project_name": "names_project",
}
"""Fields that a story mostly names by itself, and the cue phrases that show it."""
_NAMED_BY_PLACE = frozenset({"establishment", "building"})


def start(talk: Talk) -> None:
    """The resident tells of something wrong, or adds to what was told."""
    draft = open_draft(talk.session, talk.conversation, talk.now)
    body = Body.from_json(draft.body)
    if talk.heard.label == "suggestion" and not body.story:
        body.kind = "suggestion"
    go_on(talk, draft, body)


def answer(talk: Talk) -> None:
    """Free text, media or a pin while a draft is open."""
    draft = open_draft(talk.session, talk.conversation, talk.now)
    go_on(talk, draft, Body.from_json(draft.body))


def go_on(talk: Talk, draft: Draft, body: Body) -> None:
    """Take the message into the draft, then say what comes next."""
    if ties.original(talk) is None and _another_matter(talk, body):
        return _note_second(talk, draft, body)
    if body.question == "drop":
        return _answer_drop(talk, draft, body)
    if _wants_a_change(talk, draft, body) or _beside(talk, draft, body):
        return None
    done = take(talk, body)
    if done == "send":
        return summary.send(talk, draft, body)
    if done == "drop":
        body.question = "drop"
        save(draft, body, talk.now)
        return ask_drop(talk, draft)
    if talk.heard.intent == "emergency":
        body.level = "urgent"
    if talk.replies and not talk.text and not talk.message.media:
        # A pin outside the city was told already; nothing else came with it.
        return save(draft, body, talk.now)
    if body.place.outside and not body.asked.get("outside"):
        return _outside_city(talk, draft, body)
    understand(talk, body)
    next_step(talk, draft, body)


def _answer_drop(talk: Talk, draft: Draft, body: Body) -> None:
    """ "Bỏ phản ánh này?" was asked: a typed yes, or "huỷ" once more, is a yes; all else keeps it."""
    keeps = talk.negates("huy|bo|xoa") or talk.asks()
    if not keeps and (talk.cue("drop") or talk.heard.intent in ("cancel", "affirm") or talk.agrees()):
        return drop(talk, draft)
    body.question = "confirm"
    if keeps and aside.short(talk):
        return next_step(talk, draft, body)
    if talk.refuses() or aside.short(talk, 4):
        return next_step(talk, draft, body)
    go_on(talk, draft, body)


def drop(talk: Talk, draft: Draft) -> None:
    draft.state, draft.body = "dropped", {}
    talk.say("utter_dropped")


def _wants_a_change(talk: Talk, draft: Draft, body: Body) -> bool:
    """ "đổi lĩnh vực", "sai phường rồi": what a button of the summary does, typed, while nothing else is said."""
    if not body.story or not aside.short(talk) or body.question in change.QUESTIONS:
        return False
    wanted = next((w for w in ("change_topic", "change_place", "change_text") if talk.cue(w)), None)
    if wanted is None:
        return False
    verb = {"change_topic": "groups", "change_place": "new_place", "change_text": "new_text"}[wanted]
    if wanted == "change_topic" and len(body.ranking) > 1:
        body.topic_sure = body.topic_chosen = False
        body.question = "topic"
        save(draft, body, talk.now)
        ask_topic(talk, draft, body)
    else:
        change.press(talk, draft, body, verb, "")
    return True


def _beside(talk: Talk, draft: Draft, body: Body) -> bool:
    """At the summary, words to the assistant and not about the matter: answered, and the summary shown again."""
    if aside.asks_to_wait(talk):
        talk.say("utter_waiting")
        return True
    if body.question == "confirm" and aside.hurries(talk):
        talk.say("utter_hurry")
        summary.show(talk, draft, body)
        return True
    if body.question != "confirm" or not aside.short(talk) or talk.heard.raws("time"):
        return False
    if talk.heard.intent == "withdraw" and not talk.heard.values("tracking_code"):
        body.question = "drop"
        save(draft, body, talk.now)
        ask_drop(talk, draft)
        return True
    if talk.heard.intent not in _NO_PART or talk.heard.intent_confidence < _LIKELY:
        return False
    guide.start(talk) if talk.heard.intent == "procedure_question" else guide.small_talk(talk)
    summary.show(talk, draft, body)
    return True


def _another_matter(talk: Talk, body: Body) -> bool:
    """At the summary a whole new report comes: another topic for sure, at another place."""
    heard = talk.heard
    if body.question != "confirm" or not (body.topic_sure or body.topic_chosen) or heard.label == body.topic:
        return False
    sure = heard.intent == "report" and heard.confidence >= ANOTHER and heard.label in talk.city.topics
    return sure and heard.place is not None and bool(body.place.raw) and not talk.cue("correction")


def _note_second(talk: Talk, draft: Draft, body: Body) -> None:
    """Kept for a report of its own, which is offered as soon as this one is sent."""
    place_raw = (talk.heard.place or {}).get("raw", "")
    talk.remember(second={"text": talk.text, "topic": talk.heard.label, "place": place_raw})
    talk.say("utter_second_noted", topic=talk.city.topic_name(talk.heard.label))
    summary.show(talk, draft, body)


def put_aside(talk: Talk) -> None:
    """Something urgent comes first: what was being written waits as the second matter."""
    draft = find_draft(talk.session, talk.conversation)
    body = Body.from_json(draft.body) if draft is not None else Body()
    if draft is None or not body.story:
        return
    draft.state = "dropped"
    waits = {"text": body.text(), "topic": body.topic, "place": body.place.raw, "attachments": body.attachments}
    talk.remember(second=waits)


def _outside_city(talk: Talk, draft: Draft, body: Body) -> None:
    """Another province is named: not ours, unless the resident says that it is here after all."""
    body.asked["outside"] = 1
    save(draft, body, talk.now)
    here = talk.button("in_city", payload(draft, "in_city"))
    if len(body.story) <= 1:
        draft.state = "dropped"
        talk.remember(kept=[talk.inbox_id])
        here = talk.button("in_city", "guide:in_city")
    talk.say("utter_outside_province", province=body.place.outside, buttons=[here])


def understand(talk: Talk, body: Body) -> None:
    """Classify the whole story as it stands now, unless the resident has chosen the topic."""
    if body.topic_chosen or not body.story:
        return
    heard = talk.understand(body.text())
    topics = heard.topics(talk.city.topics)
    body.ranking = [[t, c] for t, c in topics]
    body.second = heard.second if heard.second in talk.city.topics else None
    body.confidence = topics[0][1] if topics else 0.0
    body.guessed = topics[0][0] if topics else None
    if body.confidence >= UNSURE:
        body.topic, body.topic_sure = body.guessed, body.confidence >= SURE
    if body.level == "urgent" and body.topic is None:
        # The dispatcher gets the likeliest one to begin with.
        body.topic, body.topic_sure = body.guessed, False
    if body.level == "urgent" and not body.topic_sure:
        body.topic = guide.emergency_topic(talk, body.text()) or body.topic
    second.own_place(talk, body)
    # Below, words that were added last do not take away what was understood before.
    _fill_from_story(talk, body, heard)


def _fill_from_story(talk: Talk, body: Body, heard: Understanding) -> None:
    """What the story says already is not asked again."""
    for name in ("licence_plate", "dossier_code", "route_number"):
        if heard.values(name):
            body.fields.setdefault(name, ", ".join(heard.values(name)))
    if heard.raws("time"):
        body.fields.setdefault("time_observed", ", ".join(heard.raws("time")))
    if heard.values("phone"):
        body.fields.setdefault("contact_phone", heard.values("phone")[0])
    if talk.conversation.resident.phone:
        body.fields.setdefault("contact_phone", talk.conversation.resident.phone)


def next_step(talk: Talk, draft: Draft, body: Body) -> None:
    """Ask the first thing that is missing, or show the summary."""
    question = _missing(talk, body)
    body.question = question or "confirm"
    if question is None:
        save(draft, body, talk.now)
        return summary.show(talk, draft, body)
    body.asked[question] = body.asked.get(question, 0) + 1
    body.trail = [*[q for q in body.trail if q != question], question]
    save(draft, body, talk.now)
    talk.question = question
    ask(talk, draft, body, question)


def take_back(talk: Talk) -> None:
    """The question of this turn was not put after all, as more had come already: it does not count, and what came is
    no answer to it."""
    draft = find_draft(talk.session, talk.conversation)
    if draft is None or talk.question is None:
        return
    body = Body.from_json(draft.body)
    body.asked[talk.question] = max(body.asked.get(talk.question, 0) - 1, 0)
    body.question = None
    save(draft, body, talk.now)


def _missing(talk: Talk, body: Body) -> str | None:
    """The next question, in the order in which people tell: what, where, which kind, the rest."""
    if not body.story:
        spoken = any(kind in ("voice", "video") for _, kind, _ in body.attachments)
        return None if spoken or body.attachments and body.asked.get("description", 0) >= 2 else "description"
    # Who reports an emergency is not questioned, and who writes English is not understood any better by asking:
    # the dispatcher decides.
    plain = body.kind == "report" and body.level != "urgent" and talk.conversation.language == "vi"
    lost = body.topic is None and not body.topic_chosen
    if lost and plain and not body.asked.get("clarify"):
        return "clarify"
    if body.place.too_wide and not body.asked.get("narrow"):
        return "narrow"
    if _needs_place(talk, body) and body.asked.get("location", 0) < 2:
        return "location"
    if _needs_ward(talk, body) and not body.asked.get("location"):
        return "location"
    unsure = body.topic is not None and not (body.topic_sure or body.topic_chosen)
    if unsure and plain and not body.asked.get("topic"):
        return "topic"
    if plain:
        for name in _required(talk, body):
            if not body.asked.get(name) and not _told(talk, body, name):
                return name
    return None


def _told(talk: Talk, body: Body, name: str) -> bool:
    """Whether this field is known, or named somewhere in the story, which the officer reads anyway."""
    if name in body.fields:
        return True
    if name in _NAMED_BY_PLACE and body.place.raw:
        return True
    return name in _NAMED_BY_CUE and talk.cue(_NAMED_BY_CUE[name], body.text())


def _needs_place(talk: Talk, body: Body) -> bool:
    if body.kind != "report" or body.place.known():
        return False
    topic = talk.city.topics.get(body.topic or "")
    return topic is None or topic.fields.get("location") == "required"


def _needs_ward(talk: Talk, body: Body) -> bool:
    """ "ngõ 5" alone leads nowhere: asked once for the street or the ward."""
    topic = talk.city.topics.get(body.topic or "")
    needed = topic is None or topic.fields.get("location") == "required"
    plain = body.kind == "report" and body.level != "urgent"
    return needed and plain and bool(body.place.raw) and not body.place.wards and body.place.lat is None


def _required(talk: Talk, body: Body) -> list[str]:
    topic = talk.city.topics.get(body.topic or "")
    return [f for f in topic.required() if f != "location"] if topic else []


def ask(talk: Talk, draft: Draft, body: Body, question: str) -> None:
    """Put one question."""
    drop = talk.button("drop", payload(draft, "drop"))
    if question == "description":
        return talk.say(
            "utter_ask_description_photo" if body.attachments or body.place.known() else "utter_ask_description",
            buttons=[drop],
        )
    if question == "clarify":
        return talk.say("utter_ask_clarify_what" if body.place.known() else "utter_ask_clarify", buttons=[drop])
    if question == "topic":
        return ask_topic(talk, draft, body)
    again = body.asked.get(question, 0) > 1 or bool(body.place.raw)
    if question == "location":
        return talk.say("utter_ask_location_again" if again else "utter_ask_location", ask="location", buttons=[drop])
    if question == "narrow":
        return talk.say(
            "utter_ask_narrow",
            ask="location",
            place=body.place.raw,
            buttons=[talk.button("skip", payload(draft, "skip"))],
        )
    known = f"utter_ask_{question}"
    name = known if known in talk.city.replies else "utter_ask_field"
    talk.say(
        name,
        label=talk.city.fields[question].label,
        ask="phone" if question == "contact_phone" else None,
        buttons=[talk.button("skip_unknown", payload(draft, "skip"))],
    )


def ask_topic(talk: Talk, draft: Draft, body: Body) -> None:
    """Up to three likely topics, and `other`."""
    buttons = [talk_button(talk, t, payload(draft, f"topic:{t}")) for t, _ in body.ranking[:CHOICES]] + [
        talk.button("other_topic", payload(draft, "groups"))
    ]
    talk.say("utter_ask_topic", buttons=buttons)


def talk_button(talk: Talk, topic: str, code: str) -> Button:
    """A button with a topic's name."""
    return Button(talk.city.topics[topic].name, code)


def ask_drop(talk: Talk, draft: Draft) -> None:
    talk.say(
        "utter_ask_drop",
        buttons=[
            talk.button("drop_yes", payload(draft, "drop_yes")),
            talk.button("keep", payload(draft, "keep")),
        ],
    )


def payload(draft: Draft, verb: str) -> str:
    """A button's payload: it names the draft, so that a press on an old message is known as such."""
    return f"report:{draft.id[:8]}:{verb}"


def insisted(talk: Talk) -> bool:
    """Whether the resident has said that it is only a report: a person decides, it is not refused again."""
    draft = find_draft(talk.session, talk.conversation)
    return draft is not None and bool(Body.from_json(draft.body).asked.get("insist"))


def of_another_kind(talk: Talk, draft: Draft) -> bool:
    """Whether an emergency at the summary is none of what was being reported ("cháy nhà rồi" beside rubbish)."""
    body = Body.from_json(draft.body)
    likely = guide.emergency_topic(talk, talk.text)
    known = {body.topic, *(topic for topic, _ in body.ranking)}
    return body.question == "confirm" and likely is not None and likely not in known


def resume(talk: Talk) -> None:
    """After an interruption: show again where one was."""
    draft = find_draft(talk.session, talk.conversation)
    if draft is None:
        return
    body = Body.from_json(draft.body)
    if body.question in (None, "confirm", "drop"):
        return summary.show(talk, draft, body)
    ask(talk, draft, body, body.question) if body.question not in change.QUESTIONS else change.ask(talk, draft, body)


def press(talk: Talk, argument: str) -> None:
    """A button of a draft. One of an older draft is told as such and changes nothing."""
    mark, _, verb = argument.partition(":")
    draft = find_draft(talk.session, talk.conversation)
    if draft is None or draft.id[:8] != mark:
        return summary.stale(talk, mark)
    body = Body.from_json(draft.body)
    verb, _, value = verb.partition(":")
    if verb == "send":
        return summary.send(talk, draft, body)
    if verb == "drop":
        return ask_drop(talk, draft)
    if verb == "drop_yes":
        return drop(talk, draft)
    if verb == "skip":
        skip(talk, body)
    elif verb == "in_city":
        body.place.outside = None
        understand(talk, body)
    elif verb == "ward" and any(code == value for code, _ in body.place.wards):
        place.choose(body.place, value, talk)
    elif verb == "topic" and value in talk.city.topics:
        choose_topic(talk, body, value)
    elif verb in change.VERBS:
        return change.press(talk, draft, body, verb, value)
    next_step(talk, draft, body)


def skip(talk: Talk, body: Body) -> None:
    """The open question is left out. A required field says so to the officer."""
    if body.question in talk.city.fields:
        body.fields.setdefault(body.question, talk.city.text("field_unknown"))
    if body.question == "location":
        body.asked["location"] = 2


def choose_topic(talk: Talk, body: Body, topic: str) -> None:
    """The resident's word counts; what the machine had thought is kept for the review list."""
    body.topic, body.topic_sure, body.topic_chosen = topic, True, True


def back(talk: Talk) -> None:
    """Undo the last answer and ask it again."""
    draft = find_draft(talk.session, talk.conversation)
    if draft is None:
        return talk.say("utter_nothing_open")
    body = Body.from_json(draft.body)
    if not body.trail:
        return change.menu(talk, draft, body)
    question = body.trail[-1] if body.question != body.trail[-1] or len(body.trail) == 1 else body.trail[-2]
    body.trail = body.trail[: body.trail.index(question) + 1]
    body.fields.pop(question, None)
    answered = body.said.pop(question, None)
    body.story = [part for part in body.story if part != answered]
    if question == "location":
        body.place = type(body.place)()
    if question == "topic":
        body.topic_chosen = body.topic_sure = False
    body.question = question
    save(draft, body, talk.now)
    ask(talk, draft, body, question)
