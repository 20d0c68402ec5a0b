"""The worker's threads: one looks, many work, a failure ends nobody."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bot.worker import Crew


class Pile:
    """Rows to be worked off; one of them may fail, and all wait for `go`."""

    def __init__(self, count: int = 0, bad: int | None = None) -> None:
        self.rows = list(range(count))
        self.bad = bad
        self.go = threading.Event()
        self.go.set()
        self.done: list[int] = []
        self.looks = 0
        self.looking = self.most_looking = self.carrying = self.most_carrying = 0

    def take(self) -> int | None:
        self.looks += 1
        self.looking += 1
        self.most_looking = max(self.most_looking, self.looking)
        time.sleep(0.001)
        self.looking -= 1
        return self.rows.pop(0) if self.rows else None

    def carry(self, row_id: int) -> None:
        self.carrying += 1
        self.most_carrying = max(self.most_carrying, self.carrying)
        self.go.wait(5)
        self.carrying -= 1
        if row_id == self.bad:
            raise RuntimeError("broken")
        self.done.append(row_id)


@contextmanager
def working(pile: Pile, size: int) -> Iterator[Crew]:
    stop = threading.Event()
    crew = Crew(pile, stop, size)
    for thread in crew.threads:
        thread.start()
    yield crew
    stop.set()
    pile.go.set()
    for thread in crew.threads:
        thread.join(5)
        assert not thread.is_alive()


def until(condition: object, seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.005)


def test_all_is_done_and_only_one_looks_at_a_time() -> None:
    pile = Pile(40)
    with working(pile, 6):
        until(lambda: len(pile.done) == 40)
    assert sorted(pile.done) == list(range(40))
    assert pile.most_looking == 1


def test_all_hands_work_at_once_and_no_more_is_taken_than_there_are_hands() -> None:
    pile = Pile(10)
    pile.go.clear()
    with working(pile, 4):
        until(lambda: pile.carrying == 4)
        time.sleep(0.05)
        assert (pile.most_carrying, len(pile.rows)) == (4, 6)


def test_a_failure_ends_neither_its_thread_nor_the_others() -> None:
    pile = Pile(4, bad=1)
    with working(pile, 1):
        until(lambda: len(pile.done) == 3)
    assert pile.done == [0, 2, 3]


def test_many_idle_threads_look_no_more_often_than_one() -> None:
    pile = Pile()
    with working(pile, 12):
        time.sleep(0.2)
    # 20 ms, then half as long again each time: five looks in 0.2 s, and one for each thread that ends.
    assert pile.looks <= 6 + 12


def test_news_is_heard_at_once() -> None:
    pile = Pile()
    with working(pile, 2) as crew:
        time.sleep(0.2)
        pile.rows.append(7)
        crew.news.set()
        until(lambda: pile.done == [7], seconds=0.15)


def test_what_one_crew_has_done_is_news_for_the_next() -> None:
    pile, news = Pile(1), threading.Event()
    with working(pile, 1) as crew:
        crew.tell = news
        assert news.wait(2)
