"""What the office said last is being answered: its question, its words, the result that it told."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from bot.domain.status import STATUSES
from bot.services.notify import rating_buttons
from bot.services.track_case import cases_of
from bot.store.models import Case, Outbox
from bot.talk import after, aside
from bot.talk.turn import Talk, syllables

_ANSWER_WITHIN = timedelta(days=7)
_SURE = 0.5
_NO_ANSWER = frozenset({"greeting", "thanks", "goodbye", "help", "procedure_question", "praise", "spam", "offer_later"})


def is_answered(talk: Talk) -> bool:
    """Whether the words answer what the office asked, wrote or did."""
    return answers_question(talk) or answers_result(talk) or contests_refusal(talk) or says_not_done(talk)


def answers_question(talk: Talk) -> bool:
    """The office asked, or wrote, last: what comes now is the answer, unless it is surely a new matter."""
    asked = talk.session.scalar(
        select(Outbox)
        .where(Outbox.conversation_id == talk.conversation.id, Outbox.case_id.is_not(None))
        .order_by(Outbox.id.desc())
        .limit(1)
    )
    case = talk.session.get(Case, asked.case_id) if asked is not None else None
    if asked is None or case is None or not STATUSES[case.status].open:
        return False
    waits = case.status == "need_info" or (asked.kind == "staff" and talk.now - asked.created_at < _ANSWER_WITHIN)
    word = talk.heard.intent in _NO_ANSWER and talk.heard.intent_confidence >= 0.8 and not talk.message.media
    if not waits or word or (after.new_matter(talk) and talk.heard.label != case.topic):
        return False
    if talk.heard.intent == "affirm" and aside.short(talk, 3):
        # "ok" promises an answer and is none.
        talk.say("utter_ask_more", code=case.code)
        return True
    after.add(talk, case)
    # Answers come in pieces: what follows soon belongs to it, too.
    talk.remember(question={"flow": "after", "name": "more", "code": case.code, "at": talk.now.isoformat()})
    return True


def just_asked(talk: Talk) -> bool:
    """Whether the newest message here is the office's: then it is what is being answered, also beside a draft."""
    newest = _newest(talk)
    return newest is not None and newest.kind != "reply" and newest.case_id is not None


def _newest(talk: Talk) -> Outbox | None:
    mine = select(Outbox).where(Outbox.conversation_id == talk.conversation.id)
    return talk.session.scalars(mine.order_by(Outbox.id.desc()).limit(1)).first()


def rateable(talk: Talk) -> bool:
    """Whether a result waits to be rated."""
    cases = cases_of(talk.session, talk.conversation)
    return any(c.status in ("resolved", "closed") and c.rating is None for c in cases)


def answers_result(talk: Talk) -> bool:
    """The result was just told ("Việc đã được giải quyết chưa ạ?"): "rồi", "chưa", "tệ quá" and praise answer that."""
    newest = _newest(talk)
    case = talk.session.get(Case, newest.case_id) if newest is not None and newest.case_id is not None else None
    if case is None or newest is None or newest.kind == "reply" or case.status not in ("resolved", "closed"):
        return False
    intent = talk.heard.intent
    if case.rating is not None or talk.heard.values("tracking_code") or intent in after.RATED:
        return False
    few = aside.short(talk, 6)
    told_again = intent == "report" and talk.heard.label == case.topic and not elsewhere(talk, case)
    if talk.cue("still_there") or intent == "not_done" or told_again or few and (talk.refuses() or _nods(talk, "no")):
        after.not_done(talk, case, said=True)
    elif talk.cue("bad") and aside.short(talk, 12):
        after.rate(talk, case, "unsatisfied")
    elif few and (talk.agrees() or _nods(talk, "yes")):
        talk.say("utter_please_rate", code=case.code, buttons=list(rating_buttons(talk.city, case.code)))
    elif intent in ("praise", "suggestion") and talk.heard.place is None:
        after.comment(talk, case)
    else:
        return False
    return True


def contests_refusal(talk: Talk) -> bool:
    """ "Sao lại từ chối", "mở lại cho tôi" after a refusal: the reason once more, and who may look at it again."""
    if not aside.short(talk, 12) or not (talk.cue("contests") or talk.cue("reopen")):
        return False
    mine = [case for case in cases_of(talk.session, talk.conversation) if case.status == "rejected"]
    if not mine or talk.heard.intent == "report" and talk.heard.confidence >= _SURE:
        return False
    case = mine[0]
    why = next((event.note for event in reversed(case.events) if event.target == "rejected" and event.note), "")
    talk.say("utter_refused_before", code=case.code, why=why, buttons=[talk.button("person", "person:call")])
    return True


def _nods(talk: Talk, which: str) -> bool:
    return syllables(talk.text).strip() in talk.city.texts["nods"][which]


def elsewhere(talk: Talk, case: Case) -> bool:
    """Whether the words name another place than the case's."""
    raw = (talk.heard.place or {}).get("raw", "")
    return bool(raw) and syllables(raw).strip() not in syllables(case.place_raw or "")


def says_not_done(talk: Talk) -> bool:
    """ "báo là dọn rồi mà vẫn còn nguyên": the matter of a case that got its result, told again."""
    if not talk.cue("still_there") or talk.message.location is not None:
        return False
    near = {label for label, _ in talk.heard.ranking[:3]}
    done = [c for c in cases_of(talk.session, talk.conversation) if c.status in ("resolved", "closed")]
    case = next((c for c in done if c.topic in near and c.resolved_at is not None), None)
    if case is None:
        return False
    after.not_done(talk, case, said=True)
    return True
