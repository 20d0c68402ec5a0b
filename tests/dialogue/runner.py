"""Plays one conversation against the running system and keeps what was heard.

Consent is answered when it is asked; with `late`, like everything else, only when the script gets no further
without an answer. All other questions are left to the next turns first.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.settings import ROOT
from tests.dialogue import office
from tests.dialogue.chat import Message
from tests.dialogue.script import Script, message
from tests.dialogue.sentences import Sentence, Sentences
from tests.running import Running

_MOST_ANSWERS = 8
_SKIP = r"^(bỏ qua|tôi không rõ|skip|i don't know)"
SENTENCES = Sentences(ROOT / "data")


@dataclass(frozen=True)
class Heard:
    """One message of the assistant. `group` counts the resident's turns; 0 is what came before the first."""

    group: int
    kind: str
    text: str
    buttons: tuple[tuple[str, str], ...]
    sentence: Sentence | None

    @property
    def question(self) -> str | None:
        return self.sentence.question if self.sentence else None


@dataclass
class Play:
    """One conversation under way, and afterwards what came of it."""

    running: Running
    script: Script
    late: bool = False
    codes: dict[str, str] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    pressed: list[str] = field(default_factory=list)
    answered: list[tuple[int, str, str]] = field(default_factory=list)
    """(group, question, answer) of `if_asked`."""
    lines: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    group: int = 0
    sent: int = 0
    views: list[dict[str, Any]] = field(default_factory=list)
    """`case show` of every case that came up during the conversation, those of the setup first."""

    def run(self) -> Play:
        """Set up, play all turns, answer what is still asked, look at the cases."""
        self.chat = self.running.chat()
        began = datetime.now(UTC).isoformat()
        self._set_up()
        for together in self.script.bursts():
            self._turn(together)
        while self._answer():
            pass
        found = self.running.cases(began)
        known = list(self.codes.values())
        self.views = sorted(found, key=lambda v: known.index(v["code"]) if v["code"] in known else len(known))
        if any("restart" in turn for turn in self.script.turns):
            self.running.wait_ready()
        return self

    @property
    def filed(self) -> list[dict[str, Any]]:
        """The cases filed by this conversation, in order."""
        return [v for v in self.views if v["code"] not in self.codes.values()]

    def transcript(self) -> str:
        return "\n".join(self.lines)

    def _set_up(self) -> None:
        for entry in self.script.cases:
            owner = self.chat if entry.get("owner", "self") == "self" else self.running.chat()
            self.codes[entry["key"]] = office.file(self.running, entry, owner.session)
        self._listen("(trước đó)")

    # ---- turns

    def _turn(self, together: tuple[dict[str, Any], ...]) -> None:
        before = len(self.heard)
        if len(together) == 1:
            _PLAYED[_kind(together[0])](self, together[0])
        else:
            for key in [self._hand_over(turn) for turn in together]:
                self.chat.wait_for(key)
            said = zip(together, self.said[-len(together) :], strict=True)
            self._listen(" ⏎ ".join(self._shown(turn, words) for turn, words in said))
        if not self.late and self._question() == "consent":
            self._answer()
        self._judge(together[-1], self.heard[before:])

    def _hand_over(self, turn: dict[str, Any], key: str = "") -> str:
        """Send without waiting."""
        self.sent += 1
        content, files = message(turn, self.codes, self.sent)
        self.said.append(content.get("text", ""))
        return self.chat.post(content, files, key)

    def _share(self, turn: dict[str, Any]) -> None:
        """Text, photo, voice or pin."""
        if turn.get("twice"):
            return self._twice(turn)
        key = self._hand_over(turn)
        self.chat.wait_for(key)
        return self._listen(self._shown(turn, self.said[-1]))

    def _shown(self, turn: dict[str, Any], words: str) -> str:
        kind = _kind(turn)
        return words if kind == "text" else f"[{kind}: {turn[kind]}] {words}".strip()

    def _twice(self, turn: dict[str, Any]) -> None:
        """A shaky network: the same message arrives twice at the same moment."""
        key = uuid.uuid4().hex
        both = [threading.Thread(target=self._hand_over, args=(turn, key)) for _ in range(2)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        self.chat.wait_for(key)
        self._listen(f"{turn['text']} (đến hai lần)")

    def _button(self, turn: dict[str, Any]) -> None:
        while True:
            found = self._offered(turn["button"])
            if found is not None:
                return self._press(found)
            if not self._answer():
                break
        if "or" not in turn:
            self.problems.append(f"no button {turn['button']!r} on offer: {self._labels()}")
            return None
        return self._type(turn["or"])

    def _old_button(self, turn: dict[str, Any]) -> None:
        """A button of a message that has been overtaken."""
        earlier = [b for h in self.heard if h.group < self.group for b in h.buttons]
        found = [b for b in earlier if re.search(turn["old_button"], b[0], re.I)]
        if not found:
            self.problems.append(f"no earlier button {turn['old_button']!r}")
            return
        self._press(found[-1])

    def _restart(self, turn: dict[str, Any]) -> None:
        self.lines.append(f"··· {turn['restart']} được khởi động lại")
        if turn["restart"] == "all":
            self.running.stop()
            self.running.start()
        else:
            self.running.kill(turn["restart"])

    def _system(self, turn: dict[str, Any]) -> None:
        self.lines.append(f"··· {turn['system']}")
        told = office.act(self.running, turn["system"], self.codes)
        self._listen("", wait=3 if told else 0)

    def _wait(self, turn: dict[str, Any]) -> None:
        """The running system has no clock to turn: hours stand in the script for readers."""
        self.lines.append(f"··· {turn['wait']} giờ sau")

    # ---- talking

    def _type(self, text: str) -> None:
        self.said.append(text)
        self.chat.say(text)
        self._listen(text)

    def _press(self, button: tuple[str, str]) -> None:
        self.pressed.append(button[0])
        self.chat.press(button[1])
        self._listen(f"[{button[0]}]")

    def _listen(self, said: str, wait: float = 0) -> None:
        """Take down what was said and all that has come since."""
        if said:
            self.group += said != "(trước đó)"
            self.lines.append(f"NGƯỜI DÂN: {said[:300]}")
        for come in self.chat.since(wait):
            self.heard.append(self._as_heard(come))
            labels = "".join(f" [{label}]" for label, _ in self.heard[-1].buttons)
            name = self.heard[-1].sentence.name if self.heard[-1].sentence else "?"
            self.lines.append(f"    {come['kind']} {name}: {come['text']}{labels}")

    def _as_heard(self, come: Message) -> Heard:
        buttons = tuple((b["label"], b["payload"]) for b in come["buttons"])
        return Heard(self.group, come["kind"], come["text"], buttons, SENTENCES.find(come["text"]))

    # ---- questions and buttons

    def last(self) -> list[Heard]:
        """The newest messages that came together."""
        return [h for h in self.heard if h.group == self.heard[-1].group] if self.heard else []

    def _question(self) -> str | None:
        return next((h.question for h in reversed(self.last()) if h.question), None)

    def _labels(self) -> list[str]:
        return [label for h in self.last() for label, _ in h.buttons]

    def _offered(self, wanted: str | int) -> tuple[str, str] | None:
        buttons = [b for h in self.last() for b in h.buttons]
        if isinstance(wanted, int):
            return buttons[wanted - 1] if 0 < wanted <= len(buttons) else None
        return next((b for b in buttons if re.search(wanted, b[0], re.I)), None)

    def _answer(self) -> bool:
        """Answer the open question from `if_asked`. False when there is none, or no answer to it."""
        question = self._question()
        if question not in self.script.if_asked or len(self.answered) >= _MOST_ANSWERS:
            return False
        answer = self.script.if_asked[question]
        self.answered.append((self.group, question, str(answer)))
        label = f"^{re.escape(answer)}$" if isinstance(answer, str) else answer
        found = self._offered(_SKIP if answer == "skip" else label)
        if found is not None:
            self._press(found)
        else:
            self._type("bỏ qua" if answer == "skip" else str(answer))
        return True

    def _judge(self, turn: dict[str, Any], now: list[Heard]) -> None:
        """What the turn itself says about its answer."""
        words = "\n".join(f"{h.text} {' '.join(label for label, _ in h.buttons)}" for h in now)
        wanted, unwanted = turn.get("answer"), turn.get("answer_not")
        if turn.get("silent") and now:
            self.problems.append(f"after {turn}: must be silent")
        if wanted and not re.search(wanted, words, re.I | re.S):
            self.problems.append(f"after {turn}: {wanted!r} is missing")
        if unwanted and re.search(unwanted, words, re.I | re.S):
            self.problems.append(f"after {turn}: {unwanted!r} must not be said")


def _kind(turn: dict[str, Any]) -> str:
    return next(k for k in turn if k in _PLAYED)


_PLAYED: dict[str, Callable[[Play, dict[str, Any]], None]] = {
    "text": Play._share,
    "photo": Play._share,
    "voice": Play._share,
    "location": Play._share,
    "button": Play._button,
    "old_button": Play._old_button,
    "wait": Play._wait,
    "system": Play._system,
    "restart": Play._restart,
}
