"""The summary before sending, sending itself, and presses on summaries of the past."""

from __future__ import annotations

from sqlalchemy import select

from bot.domain.deadline import in_words
from bot.domain.message import Button
from bot.domain.topics import Topic
from bot.services.file_case import Report, file_case, level_of, preview_route
from bot.services.handle_case import Actor
from bot.services.review import doubt
from bot.store.models import Case, Draft
from bot.talk import place, second
from bot.talk.draft import Body, save
from bot.talk.turn import Talk

_SHOWN = 600
_KINDS = {"photo": "ảnh", "voice": "ghi âm", "video": "video", "file": "tệp"}


def show(talk: Talk, draft: Draft, body: Body) -> None:
    """Topic, place with ward, text, attachments, agency, due date; send, change, drop."""
    from bot.talk.report import payload

    body.question = "confirm"
    more = _more_words(talk, body)
    save(draft, body, talk.now)
    report = _report(body, draft)
    way = preview_route(talk.city, report)
    limits = talk.city.limits(talk.city.topics.get(report.topic or ""), level_of(talk.city, report))
    due = limits.due(talk.city.calendar, talk.now, talk.now if way.sure else None)
    buttons = [
        talk.button("send", payload(draft, "send")),
        talk.button("change", payload(draft, "change")),
        talk.button("drop", payload(draft, "drop")),
        *_ward_buttons(body, payload(draft, "ward")),
    ]
    name = "utter_summary_suggestion" if body.kind == "suggestion" else "utter_summary"
    talk.say(
        name,
        buttons=buttons,
        topic=_topic_words(talk, body),
        place=_place_words(talk, body),
        story=shorten(body.text()) or talk.words("summary_no_text"),
        attachments=_attachment_words(talk, body),
        agency=talk.city.agency_name(way.agency),
        due=in_words(due),
        more=more,
    )


def send(talk: Talk, draft: Draft, body: Body) -> None:
    """File the draft and give the code. Whoever presses twice gets the same case."""
    from bot.talk.report import next_step

    if not body.story and not body.attachments:
        return next_step(talk, draft, body)
    conversation = talk.conversation
    case = file_case(
        talk.session, talk.city, _report(body, draft), conversation, conversation.channel, Actor.resident(), talk.now
    )
    if draft.state == "open":
        draft.state = "filed"
        conversation.epoch += 1
        _review(talk, body, case)
    talk.remember(last_case=case.code, last_case_at=talk.now.isoformat(), question=None)
    link = f"{talk.public_url}/tra-cuu/{case.code}"
    buttons = []
    if body.second and body.kind == "report" and not talk.state("second"):
        second.note(talk, body)
    if talk.state("second"):
        buttons = [talk.button("second", f"second:{case.code}")]
    talk.say(
        "utter_filed",
        code=case.code,
        due=in_words(case.due_at) if case.due_at else "",
        link=link,
        agency=talk.city.agency_name(case.agency),
        buttons=buttons,
        images=(f"/qr/{case.code}.png",),
    )


def shorten(text: str) -> str:
    """A long letter is not read out in full; the case has all of it."""
    return text if len(text) <= _SHOWN else text[:_SHOWN].rsplit(" ", 1)[0] + " …"


def stale(talk: Talk, mark: str) -> None:
    """A button of a draft that is filed, dropped or unknown."""
    case = talk.session.scalar(
        select(Case).where(Case.conversation_id == talk.conversation.id, Case.draft_id.startswith(mark))
        if len(mark) == 8
        else select(Case).where(Case.id == -1)
    )
    if case is not None:
        return talk.say("utter_already_filed", code=case.code)
    talk.say("utter_stale_button")


def _report(body: Body, draft: Draft) -> Report:
    chosen = body.topic_sure or body.topic_chosen
    return Report(
        text=body.text(),
        topic=body.topic,
        topic_sure=chosen,
        kind=body.kind,
        level=body.level,
        place_raw=body.place.raw or None,
        ward=body.place.ward,
        lat=body.place.lat,
        lon=body.place.lon,
        fields=dict(body.fields),
        attachments=tuple((m, k, c) for m, k, c in body.attachments),
        draft_id=draft.id,
    )


def _review(talk: Talk, body: Body, case: Case) -> None:
    understood = {"label": body.guessed, "confidence": round(body.confidence, 3), "ranking": body.ranking}
    if body.topic_chosen and body.topic != body.guessed:
        doubt(
            talk.session,
            "corrected",
            f"draft-{case.draft_id}",
            body.text(),
            understood,
            talk.now,
            conversation=talk.conversation.id,
            case=case.id,
            proposed=body.topic,
        )
    elif not body.topic_sure and body.kind == "report":
        doubt(
            talk.session,
            "unsure",
            f"draft-{case.draft_id}",
            body.text(),
            understood,
            talk.now,
            conversation=talk.conversation.id,
            case=case.id,
        )


def _ward_buttons(body: Body, prefix: str) -> list[Button]:
    """One old name that became several of today's wards: the likely one is set, the others are offered."""
    if not body.place.ambiguous or not len(body.place.wards) > 1:
        return []
    others = [(code, name) for code, name in body.place.wards if code != body.place.ward]
    return [Button(name, f"{prefix}:{code}") for code, name in others[:3]]


def _topic_words(talk: Talk, body: Body) -> str:
    return talk.city.topic_name(body.topic) if body.topic else talk.words("summary_no_topic")


def _place_words(talk: Talk, body: Body) -> str:
    if not body.place.known():
        return talk.words("summary_no_place")
    said = place.words(body.place)
    if body.place.ambiguous and len(body.place.wards) > 1:
        said += talk.words("summary_several_wards")
    return said


def _attachment_words(talk: Talk, body: Body) -> str:
    counts = {k: sum(kept[1] == k for kept in body.attachments) for k in _KINDS}
    said = ", ".join(f"{n} {_KINDS[k]}" for k, n in counts.items() if n)
    return said or talk.words("summary_no_attachment")


def _more_words(talk: Talk, body: Body) -> str:
    """What would help and is not there yet; an invitation, not a question."""
    topic = talk.city.topics.get(body.topic or "")
    if topic is None or body.kind != "report":
        return ""
    numbers = ", ".join(_danger_numbers(talk, body, topic))
    lines = [talk.words("summary_danger").format(numbers=numbers)] if numbers else []
    # Nobody shall stay near a danger for a picture; whoever goes on without one has heard it.
    if "photo" in topic.fields and body.level != "urgent" and not body.attachments and not body.asked.get("photo"):
        body.asked["photo"] = 1
        lines.append(talk.words("summary_invite_photo"))
    if body.second and body.second in talk.city.topics:
        lines.append(talk.words("summary_second").format(topic=talk.city.topic_name(body.second)))
    return ("\n" + "\n".join(lines)) if lines else ""


def _danger_numbers(talk: Talk, body: Body, topic: Topic) -> list[str]:
    """Whom to call: for a matter told as an emergency the numbers that save lives stand before the topic's own."""
    first = talk.city.outcomes["emergency"].hotlines if body.level == "urgent" else ()
    if not first and "urgent" not in (topic.level, topic.priority):
        return []
    known = talk.city.hotlines
    return [number for number in dict.fromkeys((*first, *topic.hotlines)) if number in known and known[number].shown]
