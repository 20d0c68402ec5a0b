"""Tokens that change by themselves: one change at a time over all workers, kept before anybody uses them."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from bot.errors import RetryLater
from bot.store import vault as module
from bot.store.models import Kept
from bot.store.vault import LEASE, DatabaseVault
from tests.scripted import Desk


def test_a_change_is_kept_and_read_by_others(desk: Desk) -> None:
    made = DatabaseVault(desk.system.db).change("zalo", lambda kept: {"before": kept, "n": 1})
    assert made == {"before": None, "n": 1}
    assert DatabaseVault(desk.system.db).read("zalo") == made
    assert DatabaseVault(desk.system.db).read("other") is None


def test_many_at_once_change_one_after_the_other(desk: Desk) -> None:
    inside: list[int] = []

    def count(kept: dict[str, Any] | None) -> dict[str, Any]:
        inside.append(1)
        assert len(inside) == 1
        inside.pop()
        return {"n": (kept or {"n": 0})["n"] + 1}

    workers = [threading.Thread(target=lambda: DatabaseVault(desk.system.db).change("zalo", count)) for _ in range(5)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert DatabaseVault(desk.system.db).read("zalo") == {"n": 5}


def test_a_failed_change_changes_nothing_and_frees_the_lease(desk: Desk) -> None:
    kept = DatabaseVault(desk.system.db)
    kept.change("zalo", lambda _: {"n": 1})

    def fail(_: dict[str, Any] | None) -> dict[str, Any]:
        raise RetryLater("no network")

    with pytest.raises(RetryLater):
        kept.change("zalo", fail)
    assert kept.change("zalo", lambda now: {"n": now["n"] + 1 if now else 0}) == {"n": 2}


def test_a_dead_holders_lease_ends(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = DatabaseVault(desk.system.db, lambda: desk.now)
    with desk.system.db.write() as session:
        session.add(Kept(name="zalo", body={"n": 1}, holder="killed", leased_until=desk.now + LEASE))
    monkeypatch.setattr(module, "LEASE", timedelta(seconds=0.1))
    with pytest.raises(RetryLater):
        kept.change("zalo", lambda _: {"n": 2})
    desk.passes(seconds=61)
    assert kept.change("zalo", lambda _: {"n": 2}) == {"n": 2}
