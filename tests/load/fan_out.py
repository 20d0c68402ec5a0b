"""How close to a platform's limit we send, and that nobody is told twice or not at all.

10,000 notices for 10,000 conversations wait in the outbox; the role `worker` sends them to a Telegram that lets 30
messages through in any second, refuses more with 429 ("retry after 1"), and answers 1 % of the calls with 429 and 1 %
with 500 for no fault of ours. Half-way one of those who still wait for their notice writes and is answered: how long
until they read it. Measured from the first call to the last delivery, by the fake's own record.
Against: the 30 a second that the platform permits.
Goal: delivered exactly once; at least 0.95 of what is permitted.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

from sqlalchemy import func, select

from bot.domain.message import Outgoing
from bot.services.notify import queue
from bot.services.receipts import release
from bot.store.database import Database, open_engine, utc_now
from bot.store.models import Conversation, Outbox, Resident
from tests.load.people import FIRST
from tests.load.report import Figure, load_average
from tests.load.roles import KINDS, Installation, installation
from tests.load.strict import ALLOWED, StrictTelegram

NAME = "fan-out"
_ANSWER = "Trả lời"
_SETTLES = 20.0
"""Seconds in which the last row must be settled."""


def run(quick: bool) -> Iterator[Figure]:
    """Measure on each database."""
    for kind in KINDS:
        yield from _on(kind, 300 if quick else 10_000)


def _on(kind: str, people: int) -> Iterator[Figure]:
    before = load_average()
    with StrictTelegram() as fake, installation(kind, TELEGRAM_API_BASE=fake.url) as made:
        made.env["LANGNGHE_PUBLIC_URL"] = "http://127.0.0.1:1"
        engine = open_engine(made.database_url)
        db = Database(engine)
        for number in range(people):
            fake.user(FIRST + number, "An")
        _fill(db, people)
        made.role("worker", "--alone")
        _wait(fake, people // 2, people, made)
        answered = _answer_one(db, fake, people - 1)
        _wait(fake, people + 1, people, made)
        settled = _settled(db)
        engine.dispose()
    load = (before, load_average())
    expected = Counter({(FIRST + n, _text(n)): 1 for n in range(people)} | {(FIRST + people - 1, _ANSWER): 1})
    once = Counter((chat, text) for _, chat, text in fake.api.delivered) == expected
    seconds = max(at for at, _, _ in fake.api.delivered) - (fake.api.began or 0.0)
    rate = (people + 1) / seconds
    share, refused = round(rate / ALLOWED, 3), fake.api.outcomes["over the limit"]
    yield Figure(NAME, kind, "every notice delivered exactly once", once, "", "yes", once, load)
    yield Figure(NAME, kind, "every row of the outbox settled as sent", settled, "", "yes", settled, load)
    yield Figure(
        NAME, kind, f"delivered of the {ALLOWED} permitted a second", share, "", ">= 0.95", share >= 0.95, load
    )
    yield Figure(NAME, kind, "duration", round(seconds, 1), "s", load=load)
    yield Figure(NAME, kind, "429 that we provoked ourselves", refused, "", load=load)
    yield Figure(NAME, kind, "an answer amid the notices, until read", round(answered, 2), "s", load=load)


def _fill(db: Database, people: int) -> None:
    """Everybody wrote a moment ago, so that no notice is kept for the morning."""
    now = utc_now()
    with db.write() as session:
        for number in range(people):
            address = str(FIRST + number)
            resident = Resident(id=address, created_at=now)
            person = Conversation(
                id=address, channel="telegram", address=address, resident=resident, created_at=now, state={},
                last_seen_at=now,
            )  # fmt: skip
            session.add(person)
        session.flush()
        for number in range(people):
            queue(session, str(FIRST + number), Outgoing(_text(number)), f"n{number}", "notice", now)


def _text(number: int) -> str:
    return f"Phản ánh của anh/chị đã có kết quả xử lý (thông báo {number})."


def _wait(fake: StrictTelegram, count: int, people: int, made: Installation) -> None:
    """Until so many have been delivered; a run that takes three times the permitted time has failed."""
    fake.wait(lambda: len(fake.messages) >= count, timeout=60 + 3 * people / ALLOWED)
    assert len(fake.messages) >= count, f"only {len(fake.messages)} of {count} delivered:\n{made.log()}"


def _answer_one(db: Database, fake: StrictTelegram, number: int) -> float:
    """One of the last in the queue writes and is answered. Returns the seconds until they have the answer."""
    began, now = time.monotonic(), utc_now()
    with db.write() as session:
        release(session, str(FIRST + number), now)
        queue(session, str(FIRST + number), Outgoing(_ANSWER), "answer", "reply", now)
    person = fake.people[FIRST + number]
    assert fake.wait(lambda: any(sent.text == _ANSWER for sent in fake.sent(person)), timeout=400)
    return time.monotonic() - began


def _settled(db: Database) -> bool:
    end = time.monotonic() + _SETTLES
    while time.monotonic() < end:
        with db.read() as session:
            left = session.scalar(select(func.count()).select_from(Outbox).where(Outbox.state != "sent"))
        if not left:
            return True
        time.sleep(0.2)
    return False
