"""One turn of talk: what was said, what was understood, what is answered."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.city import City
from bot.domain.message import Button, Incoming
from bot.services.media import MediaStore
from bot.store.models import Conversation
from nlu.text.normalize import bare_words, fold, normalize

_A_FEW = 5
_NO_YES = frozenset({"offer_later", "thanks", "goodbye", "help"})
_NOT = "khong|ko|kg|hong|khoi|chua"
_UNDOES = "xoa|rut|gui|huy|bo|luu"
_ASKS = re.compile(r"\b(?:à|hả|nhỉ|hở)\s*[.!]*$", re.IGNORECASE)
_SOFT = frozenset({"greeting", "help", "thanks", "goodbye", "chitchat", "offer_later", "skip", "correction"})


@dataclass(frozen=True)
class Understanding:
    """What Rasa's parse says (the contract stands in nlu/README of config.yml's components)."""

    intent: str = "unclear"
    intent_confidence: float = 0.0
    label: str | None = None
    confidence: float = 0.0
    ranking: tuple[tuple[str, float], ...] = ()
    second: str | None = None
    entities: tuple[dict[str, Any], ...] = ()
    place: dict[str, Any] | None = None

    @classmethod
    def from_parse(cls, parse: dict[str, Any] | None) -> Understanding:
        parse = parse or {}
        intent = parse.get("intent") or {}
        return cls(
            intent=intent.get("name") or "unclear",
            intent_confidence=float(intent.get("confidence") or 0.0),
            label=parse.get("label"),
            confidence=float(parse.get("confidence") or 0.0),
            ranking=tuple((r["id"], float(r["confidence"])) for r in parse.get("ranking") or ()),
            second=parse.get("second"),
            entities=tuple(parse.get("entities") or ()),
            place=parse.get("place"),
        )

    def values(self, entity: str) -> list[str]:
        return [str(e["value"]) for e in self.entities if e.get("entity") == entity]

    def raws(self, entity: str) -> list[str]:
        return [str(e.get("raw") or e["value"]) for e in self.entities if e.get("entity") == entity]

    def topics(self, known: dict[str, Any]) -> list[tuple[str, float]]:
        """The topics of the ranking, best first, given that this is a story and no word to the assistant."""
        talks = self.intent not in ("report", *(label for label, _ in self.ranking))
        share = 1.0 - min(self.intent_confidence, 0.95) if talks else 1.0
        return [(t, min(c / share, 1.0)) for t, c in self.ranking if t in known]

    def tells(self, known: dict[str, Any], words: int) -> bool:
        """Whether a greeting, a thank-you or "tôi muốn phản ánh" holds a matter as well."""
        topic = max((c for t, c in self.ranking if t in known), default=0.0)
        return self.intent in _SOFT and self.intent_confidence < 0.9 and words > 6 and topic >= 0.01


@dataclass(frozen=True)
class Reply:
    """One answer: the name of a response of data/domain and what fills it."""

    name: str
    values: dict[str, Any] = field(default_factory=dict)
    buttons: tuple[Button, ...] = ()
    images: tuple[str, ...] = ()
    ask: str | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Talk:
    """All that a flow may use to answer one message."""

    session: Session
    city: City
    conversation: Conversation
    message: Incoming
    heard: Understanding
    inbox_id: int
    now: datetime
    understand: Callable[[str], Understanding]
    media: MediaStore
    public_url: str = ""
    flow: str = "report"
    replies: list[Reply] = field(default_factory=list)
    question: str | None = None
    """The question of a report that this turn puts, counted as put (bot/talk/report.py)."""

    @property
    def text(self) -> str:
        return self.message.text

    def say(
        self,
        name: str,
        *,
        buttons: tuple[Button, ...] | list[Button] = (),
        images: tuple[str, ...] = (),
        ask: str | None = None,
        **values: Any,
    ) -> None:
        """Answer with a response of data/domain; English speakers get its `_en` form where there is one."""
        if self.conversation.language == "en" and f"{name}_en" in self.city.replies:
            name = f"{name}_en"
        self.replies.append(Reply(name, values, tuple(buttons), images, ask))

    def button(self, label: str, payload: str) -> Button:
        """A button with a label of data/texts/buttons.yml."""
        words = self.city.texts["buttons"][label]
        if isinstance(words, dict):
            words = words.get(self.conversation.language, words["vi"])
        return Button(words, payload)

    def state(self, key: str, default: Any = None) -> Any:
        return self.conversation.state.get(key, default)

    def remember(self, **changes: Any) -> None:
        """Change what the conversation remembers; None forgets."""
        merged = {**self.conversation.state, **changes}
        self.conversation.state = {k: v for k, v in merged.items() if v is not None}

    def agrees(self) -> bool:
        """A typed yes. "Không đồng ý", "đừng xoá", "đồng ý cái gì" hold the words of a yes and are none."""
        if self.refuses() or self.asks() or self.negates() or self.heard.intent in _NO_YES:
            return False
        return self.heard.intent == "affirm" or (self.cue("agree") and len(self.text.split()) <= _A_FEW)

    def refuses(self) -> bool:
        """A typed no."""
        return self.cue("disagree") or self.heard.intent in ("deny", "cancel")

    def asks(self) -> bool:
        """A question, whatever the machine takes it for: "gửi cho ai vậy", "có đúng không đấy"."""
        return "?" in self.text or _ASKS.search(self.text) is not None or self.cue("asks")

    def negates(self, verbs: str = r"\w+") -> bool:
        """Whether one of these verbs (a pattern without diacritics) stands behind a "not": "ko xoá nữa", "đừng rút"."""
        told = fold(normalize(self.text).lower().replace("đừng", "khong"))
        for harmless in self.city.texts["cues"]["no_matter"]:
            told = told.replace(harmless, "")
        # "Dung" may be "đúng": only right before a verb that undoes something it is taken for "đừng".
        said = rf"\b(?:{_NOT})\s+(?:muon |can |phai |co |duoc |cho |voi )?(?:{verbs})\b"
        return re.search(said, told) is not None or re.search(rf"\bdung (?={_UNDOES})(?:{verbs})\b", told) is not None

    def words(self, name: str) -> str:
        """A phrase of data/texts in the resident's language."""
        said = self.city.texts[name]
        return str(said.get(self.conversation.language, said["vi"]) if isinstance(said, dict) else said)

    def cue(self, name: str, text: str | None = None) -> bool:
        """Whether one of the city's cue phrases (data/texts/cues.yml) stands in the text, diacritics aside."""
        told = syllables(self.text if text is None else text)
        return any(syllables(cue) in told for cue in self.city.texts["cues"][name])


def syllables(text: str) -> str:
    """Whole words between spaces, small, without diacritics and signs; a space before and after."""
    return f" {bare_words(text)} "
