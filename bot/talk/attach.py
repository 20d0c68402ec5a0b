"""Right after a report was sent: does what comes now belong to it, begin another one, or take it back?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from bot.domain.status import STATUSES
from bot.services import answer_case, handle_case
from bot.services.track_case import cases_of, owns
from bot.store.models import Case
from bot.talk import after, aside, office, ties
from bot.talk.turn import Talk


def offer(talk: Talk) -> bool:
    """Soon after filing: a photo without words, or a short addition, may belong to that case. Asks which."""
    case = recent(talk)
    if case is None:
        return False
    # What was corrected after it was sent is no second report, however much it sounds like one.
    same = talk.heard.label == case.topic and not office.elsewhere(talk, case)
    if ties.original(talk) is None and not same and (after.new_matter(talk) or _long_or_sure(talk)):
        return False
    talk.remember(question={"flow": "after", "name": "attach", "code": case.code, "inbox": [talk.inbox_id]})
    talk.say(
        "utter_ask_attach",
        code=case.code,
        buttons=[
            talk.button("attach", "after:stay:"),
            talk.button("new_report", "after:other:"),
        ],
    )
    return True


def recent(talk: Talk) -> Case | None:
    """The case that was filed here a moment ago, while it is open."""
    last, at = talk.state("last_case"), talk.state("last_case_at")
    if not last or not at or talk.now - datetime.fromisoformat(at) > after.RECENT:
        return None
    case = talk.session.scalar(select(Case).where(Case.code == last))
    return case if case is not None and STATUSES[case.status].open else None


def gives_up(talk: Talk) -> bool:
    """ "thôi khỏi", "đổi ý không gửi nữa" right after sending, or "họ dọn rồi": take the case back? Asked, not done."""
    if not aside.short(talk, 12) or talk.cue("still_there"):
        return False
    case = recent(talk)
    if case is not None and (talk.heard.intent == "cancel" or talk.cue("change_mind") or talk.cue("drop")):
        after.ask_withdraw(talk, case)
        return True
    if not talk.cue("solved") or talk.heard.intent == "report" and talk.heard.confidence >= 0.5:
        return False
    mine = [c for c in cases_of(talk.session, talk.conversation) if STATUSES[c.status].open]
    if len(mine) != 1 or not owns(talk.conversation, mine[0]):
        return False
    after.ask_withdraw(talk, mine[0])
    return True


def _long_or_sure(talk: Talk) -> bool:
    return bool(talk.text) and (talk.heard.confidence >= 0.5 or len(talk.text.split()) > 25)


def answer(talk: Talk) -> bool:
    """Another fragment while we asked where the first belongs."""
    question = talk.state("question")
    if talk.agrees() or talk.refuses():
        settle(talk, "stay" if talk.agrees() else "other")
        return True
    if after.new_matter(talk):
        talk.remember(question=None)
        return False
    talk.remember(question={**question, "inbox": [*question["inbox"], talk.inbox_id]})
    settle(talk, "stay")
    return True


def settle(talk: Talk, verb: str) -> None:
    """`stay`: what was kept aside goes to the case; `other`: it begins a report of its own."""
    from bot.talk import desk

    question = talk.state("question")
    if not question or question.get("name") != "attach":
        return talk.say("utter_stale_button")
    talk.remember(question=None)
    if verb == "other":
        talk.remember(last_case_at=None)
        return desk.replay(talk, question["inbox"])
    case = handle_case.find(talk.session, question["code"])
    for earlier in desk.earlier(talk, question["inbox"]):
        media = tuple(m.media_id for m in earlier.message.media if m.media_id)
        answer_case.add_from_resident(
            talk.session, talk.city, case, earlier.text, media, talk.now, f"inbox-{earlier.inbox_id}"
        )
    talk.say("utter_added", code=case.code)
