"""After filing: more words or photos, withdrawing, rating, "chưa xong"."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlalchemy import select

from bot.domain.deadline import in_words
from bot.domain.message import Button
from bot.domain.roles import Role
from bot.domain.status import REOPEN_LIMIT, STATUSES, find_move
from bot.errors import NotAllowed
from bot.services import answer_case, handle_case
from bot.services.handle_case import Actor
from bot.services.track_case import by_typed_code, cases_of, knows, owns
from bot.store.models import Case
from bot.talk import aside
from bot.talk.turn import Talk

RECENT = timedelta(minutes=30)
_TELLS = 4
"""Syllables that say something about a case."""
_WISH = re.compile(
    r"(?:cho )?(?:mã|phiếu|phản ánh)(?: số| của (?:tôi|em|chị|anh))?|"
    r"(?:xin |cho (?:tôi|em) )?(?:bổ sung|ghi thêm|gửi thêm|nhắn|thêm)"
    r"(?: giúp| giùm| thêm| vào| thông tin| ảnh| cho(?: cán bộ| đơn vị)?)*|\blà\b",
    re.I,
)
_RATINGS = {"satisfied": "satisfied", "acceptable": "acceptable", "unsatisfied": "unsatisfied"}
_FOR_GOOD = frozenset({"withdraw", "withdraw_yes", "keep_case"})
RATED = {"rate_good": "satisfied", "rate_ok": "acceptable", "rate_bad": "unsatisfied"}


def start(talk: Talk) -> None:
    """Words about a filed case: which case, then what."""
    intent = talk.heard.intent
    verb = RATED.get(intent) or {"not_done": "not_done", "withdraw": "withdraw", "add_info": "add"}[intent]
    coded = bool(talk.heard.values("tracking_code"))
    if verb in _RATINGS and not coded and not has_cases(talk):
        return talk.say("utter_ask_what")
    if verb == "withdraw" and talk.negates("rut"):
        return talk.say("utter_later")
    if verb in _RATINGS:
        verb = _meant_rating(talk, verb)
    case = meant(talk, verb)
    if case is not None:
        act(talk, verb, case, said=True)


def _meant_rating(talk: Talk, verb: str) -> str:
    """ "Hài lòng cái gì, vẫn y nguyên" holds the word and says the contrary."""
    if talk.cue("still_there"):
        return "not_done"
    return "unsatisfied" if talk.negates("hai long|tot|on|dat") or talk.asks() else verb


def has_cases(talk: Talk) -> bool:
    """Whether anything was filed or is followed here."""
    return bool(cases_of(talk.session, talk.conversation))


def meant(talk: Talk, verb: str) -> Case | None:
    """The case that is spoken of: by code, the only fitting one, or a choice by buttons."""
    codes = talk.heard.values("tracking_code")
    if codes:
        case, _ = by_typed_code(talk.session, talk.city, codes[0])
        if case is None:
            talk.say("utter_code_slip", code=codes[0])
        elif not knows(talk.session, talk.conversation, case):
            talk.say("utter_not_yours", code=case.code, buttons=[talk.button("follow", f"follow:{case.code}")])
            case = None
        elif not _may(talk, verb, case):
            talk.say("utter_withdraw_elsewhere", code=case.code)
            case = None
        return case
    fitting = [c for c in cases_of(talk.session, talk.conversation) if _fits(verb, c) and _may(talk, verb, c)]
    if not fitting:
        talk.say("utter_no_fitting_case")
        return None
    named = _named(talk, fitting)
    if named is not None:
        return named
    # Taking back is for good: among several it is asked which.
    if len(fitting) == 1 or verb not in _FOR_GOOD and fitting[0].code == talk.state("last_case"):
        return fitting[0]
    buttons = [Button(c.code, f"after:{verb}:{c.code}") for c in fitting[:5]]
    talk.say("utter_which_case", buttons=buttons)
    return None


def _named(talk: Talk, cases: list[Case]) -> Case | None:
    """The one whose matter the words name: "rút cái phiếu đèn"."""
    near = [label for label, _ in talk.heard.ranking if label in talk.city.topics][:2]
    meant = [c for label in near for c in cases if c.topic == label]
    return meant[0] if len(meant) == 1 else None


def _may(talk: Talk, verb: str, case: Case) -> bool:
    """Whoever follows a case speaks of it like the one who filed it, but cannot take it back."""
    if verb in _FOR_GOOD:
        return owns(talk.conversation, case)
    return knows(talk.session, talk.conversation, case)


def _fits(verb: str, case: Case) -> bool:
    is_open = STATUSES[case.status].open
    return is_open if verb in ("add", "withdraw") else case.status in ("resolved", "closed")


def press(talk: Talk, argument: str) -> None:
    """A button `after:<verb>:<code>`."""
    verb, _, code = argument.partition(":")
    if verb in ("stay", "other"):
        from bot.talk import attach

        return attach.settle(talk, verb)
    case, _ = by_typed_code(talk.session, talk.city, code)
    if case is None or not _may(talk, verb, case):
        return talk.say("utter_stale_button")
    act(talk, verb, case)


def act(talk: Talk, verb: str, case: Case, said: bool = False) -> None:
    """Do one thing to one case."""
    if verb in _RATINGS:
        return rate(talk, case, _RATINGS[verb])
    if verb == "not_done":
        return not_done(talk, case, said)
    if verb == "withdraw":
        return ask_withdraw(talk, case)
    if verb == "withdraw_yes":
        return withdraw(talk, case)
    if verb == "keep_case":
        talk.remember(question=None)
        return talk.say("utter_kept" if STATUSES[case.status].open else "utter_withdrawn", code=case.code)
    if verb == "add":
        return ask_more(talk, case)
    talk.say("utter_stale_button")


def rate(talk: Talk, case: Case, rating: str) -> None:
    """Keep the rating; then room for words, or for "not done"."""
    if case.status not in ("resolved", "closed"):
        return talk.say("utter_cannot_rate", code=case.code)
    answer_case.rate(talk.session, talk.city, case, rating, talk.now)
    if rating == "unsatisfied":
        talk.remember(question={"flow": "after", "name": "why", "code": case.code})
        return talk.say(
            "utter_rated_bad",
            code=case.code,
            buttons=[
                talk.button("not_done", f"after:not_done:{case.code}"),
            ],
        )
    talk.remember(question={"flow": "after", "name": "comment", "code": case.code})
    talk.say("utter_rated", code=case.code)


def not_done(talk: Talk, case: Case, said: bool) -> None:
    """Ask why, unless it was said already; the third time a supervisor looks at it."""
    if find_move(case.status, "reopened") is None:
        return talk.say("utter_cannot_reopen", code=case.code)
    if case.reopened >= REOPEN_LIMIT:
        return _to_supervisor(talk, case)
    told = talk.state("why") or {}
    if said and len(talk.text.split()) >= 6:
        return reopen(talk, case, talk.text)
    if not said and told.get("code") == case.code:
        # Told already when it was rated.
        return reopen(talk, case, told["text"])
    talk.remember(question={"flow": "after", "name": "reopen", "code": case.code})
    talk.say("utter_ask_reopen", code=case.code)


def _to_supervisor(talk: Talk, case: Case) -> None:
    """Noted for the supervisor each time; what the resident writes next belongs to it."""
    handle_case.record(talk.session, case, Actor.resident(), talk.now, None, None, talk.text, kind="supervisor")
    case.supervised = True
    told = talk.state("question") or {}
    if told.get("name") == "supervisor":
        return comment(talk, case)
    talk.remember(question={"flow": "after", "name": "supervisor", "code": case.code})
    talk.say("utter_supervisor", code=case.code)


def reopen(talk: Talk, case: Case, why: str) -> None:
    """Open the case again with the resident's reason."""
    talk.remember(question=None)
    try:
        # A picture of what is not done is a reason as well.
        answer_case.reopen(talk.session, talk.city, case, why or talk.city.text("reason_shown"), talk.now)
    except NotAllowed as refusal:
        return talk.say("utter_refused", why=str(refusal))
    media = tuple(m.media_id for m in talk.message.media if m.media_id)
    answer_case.add_from_resident(talk.session, talk.city, case, "", media, talk.now, f"inbox-{talk.inbox_id}")
    talk.say("utter_reopened", code=case.code, due=in_words(case.due_at) if case.due_at else "")


def ask_withdraw(talk: Talk, case: Case) -> None:
    """One question back, no why."""
    if not any(
        m.who & {Role.RESIDENT} and m.target == "withdrawn" for m in handle_case.allowed(Actor.resident(), case)
    ):
        return talk.say("utter_cannot_withdraw", code=case.code, status=STATUSES[case.status].label)
    talk.remember(question={"flow": "after", "name": "withdraw", "code": case.code})
    talk.say(
        "utter_ask_withdraw",
        code=case.code,
        topic=talk.city.topic_name(case.topic),
        buttons=[
            talk.button("withdraw_yes", f"after:withdraw_yes:{case.code}"),
            talk.button("withdraw_no", f"after:keep_case:{case.code}"),
        ],
    )


def withdraw(talk: Talk, case: Case) -> None:
    """Withdraw for good. Pressed twice it is still one withdrawal."""
    talk.remember(question=None)
    if case.status == "withdrawn":
        return talk.say("utter_withdrawn", code=case.code)
    try:
        handle_case.move(talk.session, talk.city, case, "withdrawn", Actor.resident(), talk.now)
    except NotAllowed:
        return talk.say("utter_cannot_withdraw", code=case.code, status=STATUSES[case.status].label)
    talk.say("utter_withdrawn", code=case.code)


def ask_more(talk: Talk, case: Case) -> None:
    """More words or photos: those of this very message when it holds any, else the next ones."""
    if not STATUSES[case.status].open:
        return talk.say("utter_cannot_add", code=case.code)
    if talk.message.media or len(_addition(talk).split()) >= _TELLS:
        return add(talk, case)
    talk.remember(question={"flow": "after", "name": "more", "code": case.code})
    talk.say("utter_ask_more", code=case.code)


def _addition(talk: Talk) -> str:
    """What is told after "bổ sung phiếu …:"; "" when only the wish to add is there."""
    rest = talk.text
    for raw in talk.heard.raws("tracking_code"):
        rest = rest.replace(raw, " ")
    return _WISH.sub(" ", rest).strip(" ,.:;-")


def adds(talk: Talk) -> bool:
    """ "mã HN…, bổ sung: cột số BM/17": the words go to that case at once."""
    if not talk.cue("add_words") or len(_addition(talk).split()) < _TELLS:
        return False
    case, _ = by_typed_code(talk.session, talk.city, talk.heard.values("tracking_code")[0])
    if case is None or not knows(talk.session, talk.conversation, case) or not STATUSES[case.status].open:
        return False
    add(talk, case)
    return True


def add(talk: Talk, case: Case) -> None:
    """Put this message's words, files and pin with the case."""
    media = tuple(m.media_id for m in talk.message.media if m.media_id)
    words, pin = talk.text, talk.message.location
    if pin is not None:
        words = f"{words} {talk.words('pinned').format(lat=pin.lat, lon=pin.lon)}".strip()
        if case.lat is None:
            case.lat, case.lon = pin.lat, pin.lon
    answer_case.add_from_resident(talk.session, talk.city, case, words, media, talk.now, f"inbox-{talk.inbox_id}")
    talk.say("utter_added", code=case.code)


def answer(talk: Talk, question: dict) -> bool:
    """Free text while one of our questions is open. False when it is no answer to it."""
    case = talk.session.scalar(select(Case).where(Case.code == question["code"]))
    if case is None:
        talk.remember(question=None)
        return False
    name = question["name"]
    if name == "withdraw":
        return _answer_withdraw(talk, case)
    if name == "attach":
        from bot.talk import attach

        return attach.answer(talk)
    if name == "reopen":
        return _answer_reopen(talk, case)
    if name == "supervisor" and not new_matter(talk):
        comment(talk, case)
        return True
    if name == "more" and _stale(talk, question):
        talk.remember(question=None)
        return False
    if _takes_back(talk, case) or name in ("why", "comment") and (_rates_again(talk, case) or _undone(talk, case)):
        return True
    if new_matter(talk) and talk.heard.label != case.topic:
        talk.remember(question=None)
        return False
    if name == "why":
        talk.remember(why={"code": case.code, "text": talk.text})
    comment(talk, case)
    return True


def _takes_back(talk: Talk, case: Case) -> bool:
    meant = aside.short(talk, 12) and (talk.heard.intent == "withdraw" or talk.cue("withdraw"))
    if not meant or not STATUSES[case.status].open:
        return False
    ask_withdraw(talk, case)
    return True


def _undone(talk: Talk, case: Case) -> bool:
    """ "lại tắt rồi" after the rating."""
    undone = talk.heard.intent == "not_done" or talk.cue("reopen") or talk.cue("still_there")
    if not undone or STATUSES[case.status].open:
        return False
    not_done(talk, case, said=True)
    return True


def _rates_again(talk: Talk, case: Case) -> bool:
    """ "ơ nhầm, chưa hài lòng" right after a rating."""
    if talk.heard.intent not in RATED or not aside.short(talk, 8):
        return False
    act(talk, _meant_rating(talk, RATED[talk.heard.intent]), case, said=True)
    return True


def _answer_reopen(talk: Talk, case: Case) -> bool:
    """Why is it not done? "thôi được rồi, đèn sáng rồi" is no reason."""
    if aside.short(talk, 10) and talk.cue("good_end") and not talk.cue("still_there"):
        talk.remember(question=None)
        talk.say("utter_thanks")
    else:
        reopen(talk, case, talk.text)
    return True


def _stale(talk: Talk, question: dict) -> bool:
    """What the office asked half an hour ago swallows no more messages once it was answered."""
    at = question.get("at")
    return at is not None and talk.now - datetime.fromisoformat(at) > RECENT


def _answer_withdraw(talk: Talk, case: Case) -> bool:
    talk.remember(question=None)
    others = [
        c for c in cases_of(talk.session, talk.conversation) if _fits("withdraw", c) and owns(talk.conversation, c)
    ]
    named = _named(talk, others) if talk.heard.intent == "withdraw" or talk.cue("withdraw") else None
    if named is not None and named.id != case.id:
        ask_withdraw(talk, named)
        return True
    if talk.refuses() or talk.negates("rut"):
        talk.say("utter_kept", code=case.code)
        return True
    if talk.asks():
        ask_withdraw(talk, case)
        return True
    if talk.agrees() or talk.heard.intent == "withdraw" or talk.cue("withdraw"):
        withdraw(talk, case)
        return True
    return False


def new_matter(talk: Talk) -> bool:
    """Words that are surely a new report and no comment on the old one."""
    sure = talk.heard.intent == "report" and talk.heard.confidence >= 0.5
    return sure and talk.heard.place is not None


def comment(talk: Talk, case: Case) -> None:
    """Praise, advice, thanks or more detail: kept with the case; thanked once."""
    media = tuple(m.media_id for m in talk.message.media if m.media_id)
    answer_case.add_from_resident(talk.session, talk.city, case, talk.text, media, talk.now, f"inbox-{talk.inbox_id}")
    talk.say("utter_added" if STATUSES[case.status].open else "utter_comment_kept", code=case.code)
