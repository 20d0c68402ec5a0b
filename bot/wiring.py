"""Settings -> running system; the only module that knows all the parts."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.channels import open_channels
from bot.channels.base import Channel
from bot.city import City, load_city
from bot.dialogue import Dialogue
from bot.services.converse import Converse
from bot.services.deliver import Deliver
from bot.services.media import MediaStore
from bot.settings import Settings
from bot.store.database import Database, open_engine, upgrade, utc_now
from bot.store.vault import DatabaseVault
from bot.talk.once import Assistant


@dataclass(frozen=True)
class System:
    """The parts of a running system."""

    settings: Settings
    city: City
    db: Database
    media: MediaStore
    dialogue: Dialogue
    channels: dict[str, Channel]
    clock: Callable[[], datetime]

    @property
    def public_url(self) -> str:
        return self.settings.public_url or "http://127.0.0.1:8000"

    def assistant(self) -> Assistant:
        return Assistant(self.db, self.city, self.media, self.clock, self.dialogue.parse, self.public_url)

    def converse(self) -> Converse:
        slow = timedelta(seconds=self.settings.slow_after)
        return Converse(self.db, self.dialogue, self.city, self.media, self.channels, self.clock, slow)

    def deliver(self) -> Deliver:
        # Two threads are left for the other channels, whatever one platform does.
        share = max(1, self.settings.deliver_threads - 2)
        return Deliver(self.db, self.media, self.channels, self.clock, self.public_url, share)


def build(settings: Settings, clock: Callable[[], datetime] = utc_now, migrate: bool = True) -> System:
    """Open everything. Raises SettingsError for a bad setting or city file."""
    engine = open_engine(settings.database_url)
    if migrate:
        upgrade(engine)
    db = Database(engine)
    return System(
        settings=settings,
        city=_city(str(settings.city_dir)),
        db=db,
        media=MediaStore(settings.media_dir, settings.max_photo_mb * 1_000_000),
        dialogue=Dialogue(settings.rasa_urls, settings.rasa_timeout),
        channels=open_channels(settings, DatabaseVault(db)),
        clock=clock,
    )


@functools.cache
def _city(folder: str) -> City:
    from pathlib import Path

    return load_city(Path(folder))
