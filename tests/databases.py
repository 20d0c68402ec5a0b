"""Empty databases, quickly: the tables are made once in a run and copied."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from bot.store.database import open_engine, upgrade


def make_tables(url: str) -> None:
    """Bring the database at `url` to the newest migration."""
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()


@cache
def _empty_sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        make_tables(f"sqlite:///{path}")
        return path.read_bytes()


def new_sqlite(folder: Path) -> str:
    """The address of a new SQLite database in `folder` with empty tables."""
    path = folder / "test.db"
    path.write_bytes(_empty_sqlite())
    return f"sqlite:///{path}"
