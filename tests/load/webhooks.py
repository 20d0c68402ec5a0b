"""How fast a webhook is answered, and that nothing is lost or doubled.

50 Telegram events a second for a minute, in an open loop, one in twenty brought twice (half of these at the same
moment, half two seconds later), against the roles `web` and `worker` as processes of their own, on each kind of
database. Meanwhile the worker answers what comes: a scripted Rasa decides with the action server's own code, a fake
Telegram takes the answers. Measured from the moment at which a call is due, so that queueing counts.
Against: the same calls to a bare FastAPI route that answers `{}`, right before on the same machine.
Goal: 99 of 100 within 100 ms; every event exactly once in the inbox.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator

import requests
from sqlalchemy import select

from bot.processes import free_port
from bot.store.database import Database, open_engine
from bot.store.models import Inbox
from tests.load.open_loop import Answer, Call, drive, percentile
from tests.load.people import FIRST, TEXT
from tests.load.report import Figure, load_average
from tests.load.roles import KINDS, SECRET, Installation, installation

NAME = "webhooks"
_RATE = 50
_PEOPLE = 1000
_GOAL = 100.0
_HEADERS = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": SECRET}


def run(quick: bool) -> Iterator[Figure]:
    """Measure the bare route, then ours on each database."""
    seconds = 5 if quick else 60
    calls = _calls(seconds * _RATE)
    bare, load = _bare(calls)
    yield from _times("bare route", bare, load)
    for kind in KINDS:
        answers, once, backlog, load = _ours(kind, calls, seconds * _RATE)
        yield from _times(kind, answers, load, _GOAL)
        for share in (0.5, 0.99):
            ratio = round(percentile(answers, share) / percentile(bare, share), 1)
            yield Figure(NAME, kind, f"p{share * 100:.0f} as a multiple of the bare route", ratio, load=load)
        yield Figure(NAME, kind, "every event exactly once in the inbox", once, "", "yes", once, load)
        yield Figure(NAME, kind, "left for the worker at the end", backlog, "messages", load=load)


def _calls(events: int) -> list[Call]:
    calls = []
    for number in range(events):
        call = Call(number / _RATE, json.dumps(_update(number)).encode())
        calls.append(call)
        if number % 20 == 0:
            later = 2.0 if number % 40 else 0.0
            calls.append(Call(call.at + later, call.body))
    return calls


def _update(number: int) -> dict:
    person = {"id": FIRST + number % _PEOPLE, "is_bot": False, "first_name": "An", "language_code": "vi"}
    chat = {"id": person["id"], "type": "private", "first_name": "An"}
    said = {"message_id": number + 11, "date": int(time.time()), "from": person, "chat": chat, "text": _text(number)}
    return {"update_id": 800_001 + number, "message": said}


def _text(number: int) -> str:
    return f"{TEXT}, số {number}"


def _ours(kind: str, calls: list[Call], events: int) -> tuple[list[Answer], bool, int, tuple]:
    before = load_average()
    with installation(kind) as made:
        telegram, rasa = made.helper("tests.load.around", str(_PEOPLE)).split()
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        made.env |= {
            "LANGNGHE_TELEGRAM_API_BASE": telegram,
            "LANGNGHE_RASA_URLS": rasa,
            "LANGNGHE_PUBLIC_URL": url,
        }
        made.role("web", "--port", str(port))
        made.role("worker", "--alone")
        made.wait_ready(url)
        answers = drive(f"{url}/hooks/telegram", _HEADERS, calls)
        once, backlog = _inbox(made, events)
    return answers, once, backlog, (before, load_average())


def _inbox(made: Installation, events: int) -> tuple[bool, int]:
    """Whether each event stands there once and nothing else does; and how many wait for an answer."""
    engine = open_engine(made.database_url)
    with Database(engine).read() as session:
        rows = session.execute(select(Inbox.body, Inbox.state)).all()
    engine.dispose()
    stored = Counter(body["text"] for body, _ in rows)
    return stored == Counter(_text(n) for n in range(events)), sum(state != "done" for _, state in rows)


def _bare(calls: list[Call]) -> tuple[list[Answer], tuple]:
    before = load_average()
    with installation("sqlite") as made:
        port = free_port()
        made.helper("tests.load.bare", str(port))
        url = f"http://127.0.0.1:{port}/hooks/telegram"
        _wait(url)
        return drive(url, _HEADERS, calls), (before, load_average())


def _wait(url: str) -> None:
    for _ in range(100):
        try:
            requests.post(url, timeout=1)
            return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError("the bare route does not answer")


def _times(setting: str, answers: list[Answer], load: tuple, goal: float | None = None) -> Iterator[Figure]:
    refused = sum(answer.status != 200 for answer in answers)
    for share in (0.5, 0.95, 0.99, 1.0):
        value = percentile(answers, share)
        name = "slowest" if share == 1 else f"p{share * 100:.0f}"
        judged = {"goal": f"< {goal:g} ms", "met": value < goal} if share == 0.99 and goal else {}
        yield Figure(NAME, setting, f"answered, {name}", value, "ms", **judged, load=load)
    yield Figure(NAME, setting, "answers other than 200", refused, "", "0", refused == 0, load)
