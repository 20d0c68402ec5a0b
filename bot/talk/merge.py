"""One message goes into the draft: an answer, a correction, more of the story, a place, a photo, a pin."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bot.talk import place, ties
from bot.talk.draft import Body
from bot.talk.turn import Talk, syllables

_SYLLABLES_OF_AN_ANSWER = 25
_SURELY = 0.8
_CHATTER = frozenset({"greeting", "help", "thanks", "affirm", "chitchat", "deny", "offer_later", "goodbye"})
_BESIDE = frozenset(
    {"skip", "my_cases", "status_check", "rate_good", "rate_ok", "rate_bad", "spam", "procedure_question"}
)
_SYLLABLES_OF_A_WORD = 8
_NUMBER = re.compile(r"\d+[A-Za-z]?(?:/\d+)*")
_NOT = r"(?:không|ko|k|hông|chả|chẳng|khong)\s+(?:phải|fải|phai)\s*(?:là\s+|la\s+)?"
_INSTEAD = (
    # "ngõ 97 chứ không phải 79", "97 mới đúng, không phải 79"
    re.compile(rf"(?P<new>.+?)[,;]?\s+(?:chứ|chu|mới đúng)[,;]?\s*{_NOT}(?P<old>.+)", re.I),
    # "không phải ngõ 79 mà là ngõ 97"
    re.compile(rf"{_NOT}(?P<old>.+?)[,;]?\s+(?:mà là|ma la|mà|đâu,?)\s+(?P<new>.+)", re.I),
)
_SLIP = re.compile(r"^(?P<told>.{12,}?)[\s,.;!]+(?P<right>(?:à|ý|ấy|ơ|nhầm|lộn|quên|không phải|chứ)\b.+)$", re.I | re.S)
_OPENING = re.compile(
    r"^(?:(?:à|ạ|ấy|ơ|ô|thôi|chết|ấy chết|xin lỗi|sorry)[,!.]?\s+)*"
    r"(?:(?:em|tôi|cháu|chị|anh|mình|bác|cô|tui|con)\s+)?(?:gõ |viết |ghi |nói )?"
    r"(?:(?:nhầm|lộn|sai)(?:\s+(?:rồi|r|mất|tí|chút|đấy))*[,:.!]?\s*|ý (?:em|tôi|mình|cháu|chị|anh|bác) là\s+"
    r"|(?:sửa|đổi)(?: lại)? (?:là|thành)\s+|đính chính[,:]?\s+)+",
    re.I,
)
_NO_BUT = re.compile(
    r"^(?:(?:à|ạ|ừ|ơ|ôi|thôi|chết|nhầm|xin lỗi|sorry)[\s,!.]+)*(?:không phải|ko phải|k phải|không|ko)[\s,.]+"
    r"(?P<new>.+)$",
    re.I,
)
_CHANGED_TO = re.compile(
    r"(?:sửa|đổi)(?: lại)?(?: địa điểm| địa chỉ| chỗ| phường| đường)?\s+(?:thành|là|sang)\s+(?P<new>.+)$", re.I
)
_MANNERS = re.compile(r"^(?:(?:à|ạ|dạ|vâng|ở|tại|là|địa chỉ|chỗ|nó|thì|phải là)[\s,:]+)+", re.I)
_TAIL = re.compile(r"[\s,.;!]*(?:nhé|nha|ạ|nghen|đấy|mới đúng|thôi|đó|cơ|chứ)*[\s,.;!]*$", re.I)
_ONLY_NUMBER = re.compile(rf"(?:(?:số nhà|nhà số|số|so nha|so)[\s,:]*)?(?P<number>{_NUMBER.pattern})", re.I)


def fits(text: str) -> bool:
    """Whether the text says anything at all (letters or digits)."""
    return any(c.isalnum() for c in text)


def _without_slip(talk: Talk, body: Body) -> Talk:
    """ "ngõ 20 Hồ Tùng Mậu, à mà ngõ 22 mới đúng" as a first message: what was told first goes into the draft; what is
    left corrects it."""
    found = _SLIP.match(talk.text) if not body.story else None
    if found is None or not talk.cue("correction", found["right"]):
        return talk
    told = replace(talk, message=replace(talk.message, text=found["told"]), heard=talk.understand(found["told"]))
    _take_text(told, body)
    return replace(talk, message=replace(talk.message, text=found["right"]), heard=talk.understand(found["right"]))


def only_a_place(talk: Talk) -> bool:
    """ "phường Giảng Võ thì phải": a place of the city and nothing else, whatever the machine takes it for."""
    found = talk.heard.place
    return found is not None and not found.get("outside") and not fits(_without_place(talk.text, found))


def take(talk: Talk, body: Body) -> str | None:
    """Merge the message into `body`. Returns `send` or `drop` when that is what was said."""
    _take_media(talk, body)
    _take_pin(talk, body)
    if talk.message.phone:
        body.fields["contact_phone"] = talk.message.phone
        talk.conversation.resident.phone = talk.message.phone
    text = talk.text
    if not fits(text):
        return None
    if talk.cue("drop"):
        return "drop"
    if _says_send(talk, body):
        return "send"
    if talk.heard.intent == "cancel":
        return "drop"
    talk = _without_slip(talk, body)
    if ties.correct(talk, body) or _correct(talk, body):
        return None
    _take_text(talk, body)
    return None


def _says_send(talk: Talk, body: Body) -> bool:
    """`đúng rồi, gửi đi` at the summary; "gửi luôn" also instead of an answer that is only asked once."""
    if not _short(talk.text) or talk.cue("disagree") or talk.asks() or talk.negates("gui"):
        return False
    if body.question == "confirm":
        return talk.heard.intent == "affirm" or talk.cue("send") or _only_sends(talk)
    return bool(body.story) and talk.cue("send") and talk.heard.intent in ("affirm", "skip", "report", "unclear")


def _only_sends(talk: Talk) -> bool:
    """ "gửi giùm em nhé": to send, and manners."""
    told = set(syllables(talk.text).split())
    texts = talk.city.texts
    return bool(told & set(texts["send_words"])) and told <= set(texts["send_manners"])


def _short(text: str) -> bool:
    return len(text.split()) <= 15


def _take_media(talk: Talk, body: Body) -> None:
    for item in talk.message.media:
        if item.media_id and all(item.media_id != kept[0] for kept in body.attachments):
            body.attachments.append([item.media_id, item.kind, item.caption or talk.text])
    if talk.message.media and body.question == "photo":
        body.question = None


def _take_pin(talk: Talk, body: Body) -> None:
    if talk.message.location is None:
        return
    distance = place.set_pin(body.place, talk.message.location, talk)
    if distance is None:
        talk.say("utter_pin_outside")


def _correct(talk: Talk, body: Body) -> bool:
    """`à nhầm, ngõ 97 chứ không phải 79`: exchange the old words for the new ones."""
    announced = talk.cue("correction") or _OPENING.match(talk.text) is not None
    if not (announced or talk.heard.intent == "correction" or _denies(talk, body)):
        return _replaces_place(talk, body)
    said = _TAIL.sub("", _OPENING.sub("", talk.text))
    if _replaces_place(talk, body):
        return True
    for pattern in _INSTEAD:
        found = pattern.search(said)
        if found:
            return _exchange(talk, body, _TAIL.sub("", found["old"]), found["new"].strip(" ,.;"))
    # Without such words "gần số 58" may be taken for a correction by the machine; it adds, it does not replace.
    return announced and _correct_place(talk, body, said)


def _replaces_place(talk: Talk, body: Body) -> bool:
    """ "à không, phố Vũ Phạm Hàm nhé", "sửa địa điểm thành đường Trường Chinh": only the last place counts."""
    found = _NO_BUT.match(talk.text) or _CHANGED_TO.search(talk.text)
    if found is None or not body.place.raw:
        return False
    said = _TAIL.sub("", found["new"])
    named = talk.understand(said).place
    if not named or fits(_without_place(said, named)):
        return False
    return _correct_place(talk, body, said)


def _denies(talk: Talk, body: Body) -> bool:
    """ "không phải rác mà là đèn hỏng" of something that was told."""
    found = _INSTEAD[1].search(talk.text)
    return found is not None and syllables(_TAIL.sub("", found["old"])) in syllables(body.text())


def _exchange(talk: Talk, body: Body, old: str, new: str) -> bool:
    """Exchange whole phrases; when only the numbers differ ("ngõ 97" for "79"), the numbers."""
    if _another_topic(talk, body, new):
        if not body.replace(old, new):
            body.story = [new]
        return True
    numbers = _NUMBER.findall(old), _NUMBER.findall(new)
    if len(numbers[0]) == 1 and len(numbers[1]) == 1:
        done = body.replace(numbers[0][0], numbers[1][0])
    else:
        done = body.replace(old, new)
    if done and body.place.raw:
        place.set_raw(body.place, body.place.raw, talk)
    return done or _correct_place(talk, body, new)


def _another_topic(talk: Talk, body: Body, new: str) -> bool:
    """Not a word but the matter itself was wrong: "ý tôi là cống tắc"."""
    heard = talk.understand(new)
    sure = heard.intent == "report" and heard.confidence >= 0.5 and heard.label in talk.city.topics
    if not sure or heard.label == body.topic or body.topic is None:
        return False
    body.topic_chosen = False
    return True


def _correct_place(talk: Talk, body: Body, said: str) -> bool:
    """Only the right place is said ("nhầm, ở phố Huế", "nhầm, 51"): it replaces the old one, in the story too."""
    number, numbers = _ONLY_NUMBER.fullmatch(said), _NUMBER.findall(body.place.raw)
    if number is not None and len(numbers) == 1:
        return _exchange(talk, body, numbers[0], number["number"])
    found = talk.understand(said).place if said else None
    if not found:
        return False
    old = body.place.raw
    if old and place.only_ward(found):
        place.set_ward(body.place, found, talk)
        return True
    if _NUMBER.fullmatch(said.split()[-1]) and len(_NUMBER.findall(old)) == 1:
        return _exchange(talk, body, _NUMBER.findall(old)[0], said.split()[-1])
    if old:
        body.replace(old, found["raw"])
    place.set_raw(body.place, found["raw"], talk)
    return True


def _take_text(talk: Talk, body: Body) -> None:
    question = body.question
    if talk.heard.intent == "skip" and question and question not in ("confirm", "description") and _short(talk.text):
        from bot.talk.report import skip

        return skip(talk, body)
    if question in ("new_text", "new_place"):
        return _rewrite(talk, body, question)
    if question in talk.city.fields and question not in ("description", "location"):
        return _answer_field(talk, body, question)
    found = talk.heard.place
    if found:
        place.merge(body.place, found, talk)
        elsewhere = talk.city.gazetteer.resolve(_without_place(talk.text, found))
        body.place.outside = body.place.outside or (elsewhere.outside if elsewhere else None)
    elif question in ("location", "narrow") and _could_be_place(talk):
        place.set_raw(body.place, f"{body.place.raw}, {talk.text}".strip(", "), talk)
        return
    rest = _without_place(talk.text, found)
    if found and not fits(rest) or _chatter(talk, body) and not found:
        return
    body.add_story(talk.text)


def _chatter(talk: Talk, body: Body) -> bool:
    """Surely only a word to the assistant, no part of the story."""
    if not _short(talk.text) or talk.heard.raws("time") or talk.heard.values("phone"):
        return False
    # The whole matter stands in the summary: a few words more that ask or nod are meant for us.
    few = body.question == "confirm" and len(talk.text.split()) <= _SYLLABLES_OF_A_WORD
    if few and (talk.asks() or talk.heard.intent in _CHATTER | _BESIDE):
        return True
    if talk.heard.intent not in _CHATTER:
        return False
    return talk.heard.intent_confidence >= _SURELY or len(talk.text.split()) <= 2


def _rewrite(talk: Talk, body: Body, question: str) -> None:
    body.question = None
    if question == "new_text":
        body.story = [talk.text]
        if talk.heard.place:
            place.merge(body.place, talk.heard.place, talk)
        return
    old = body.place.raw
    body.place = type(body.place)()
    place.set_raw(body.place, _MANNERS.sub("", _TAIL.sub("", talk.text)), talk)
    if old:
        body.replace(old, body.place.raw)


def _answer_field(talk: Talk, body: Body, question: str) -> None:
    """The answer to a question for one field; a longer text is more of the story as well."""
    body.said[question] = talk.text
    if question == "time_observed" and talk.heard.raws("time"):
        body.fields[question] = ", ".join(talk.heard.raws("time"))
        body.add_story(talk.text)
    elif question == "contact_phone" and not talk.heard.values("phone"):
        body.add_story(talk.text)
    else:
        value = talk.heard.values("phone")[0] if question == "contact_phone" else talk.text
        body.fields[question] = value
        if question != "contact_phone":
            body.add_story(talk.text)
    if question == "contact_phone" and talk.heard.values("phone"):
        talk.conversation.resident.phone = talk.heard.values("phone")[0]
    if talk.heard.place and not body.place.known():
        place.merge(body.place, talk.heard.place, talk)


def _could_be_place(talk: Talk) -> bool:
    """An answer to "where?" in which the gazetteer knows nothing: short, and no sure story of its own."""
    words = len(talk.text.split())
    story = talk.heard.intent == "report" and talk.heard.intent_confidence >= 0.6
    if (
        talk.cue("vague_place")
        or talk.heard.raws("time")
        or talk.asks()
        or _only_sends(talk)
        or talk.cue("asks_status")
    ):
        return False
    if talk.cue("nowhere") or talk.heard.intent in ("status_check", "chitchat", "help", "spam"):
        return False
    return words <= _SYLLABLES_OF_AN_ANSWER and not story and talk.heard.intent not in ("deny", "skip", "greeting")


def _without_place(text: str, found: dict[str, Any] | None) -> str:
    """What is left when the place and the small words around it are gone."""
    if not found:
        return text
    rest = text[: found["start"]] + " " + text[found["end"] :]
    rest = re.sub(r"\b(ở|tại|chỗ|khu|thuộc|thì phải|gần|ạ|nhé|nha|là|đoạn|trên|nằm|của)\b", " ", rest, flags=re.I)
    return rest
