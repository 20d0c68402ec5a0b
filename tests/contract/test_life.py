"""A complete life: filed on Telegram, handled in the console, pushed, "chưa xong", reopened, resolved, rated."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.channels.telegram import open_channel
from bot.city import City
from bot.domain.message import Incoming
from bot.services.receive import keep
from bot.settings import Settings
from tests.contract.console_browser import picture
from tests.contract.console_office import Office
from tests.scripted import Desk
from tests.servers.telegram import TOKEN, FakeTelegram, Person
from tests.vaults import MemoryVault

TEXT = "Mất nắp cống trước trường mầm non, phường Ba Đình, ai đi không để ý là sụp chân"


class Town(Office):
    """The office of a town whose residents write on Telegram."""

    def __init__(self, desk: Desk, fake: FakeTelegram, folder: Path) -> None:
        settings = Settings(
            data_dir=folder, database_url="-", secret_key="test", telegram_token=TOKEN, telegram_api_base=fake.url
        )
        channel = open_channel(settings, MemoryVault())
        assert channel is not None
        desk.system = replace(desk.system, channels={**desk.system.channels, "telegram": channel})
        desk.converse, desk.deliver = desk.system.converse(), desk.system.deliver()
        super().__init__(desk)
        self.fake, self.channel = fake, channel
        self.receiver = channel.receiver(self._store)
        self.receiver.start()

    def _store(self, messages: list[Incoming]) -> None:
        keep(self.desk.system.db, messages, self.desk.system.clock)

    def works_until(self, person: Person, words: str) -> None:
        """The worker works until the resident has read these words."""

        until = time.monotonic() + 20
        while time.monotonic() < until:
            self.works()
            if any(words in sent.text for sent in self.fake.sent(person)):
                return
            # More than five messages in a moment are spread over seconds, by the clock of the platform.
            time.sleep(0.05)
            self.desk.passes(seconds=0.05)
        raise AssertionError(f"not heard: {words!r}; heard: {[s.text for s in self.fake.sent(person)]}")

    def works(self) -> None:
        while self.desk.converse.step() or self.desk.deliver.step():
            pass

    def close(self) -> None:
        self.receiver.stop()
        self.channel.close()


@pytest.fixture
def town(desk: Desk, tmp_path: Path, city: City) -> Iterator[Town]:
    with FakeTelegram() as fake:
        town = Town(desk, fake, tmp_path)
        yield town
        town.close()


def test_from_the_first_message_to_satisfied(town: Town) -> None:
    fake, an = town.fake, town.fake.user(7001, "An")
    town.desk.dialogue.means(TEXT, "report", "manhole_cover")
    town.desk.dialogue.means("vẫn chưa lắp nắp nào cả", "not_done")
    fake.says(an, TEXT)
    town.works_until(an, "không phải viết lại")
    fake.presses(an, "Đồng ý")
    town.works_until(an, "Tôi ghi lại như sau")
    fake.presses(an, "Gửi")
    town.works_until(an, "Đã gửi xong")
    (case,) = town.desk.cases()
    assert case.channel == "telegram"
    officer, leader = town.at("canbo"), town.at("lanhdao")

    officer.does(case.code, "/move", target="in_progress")
    town.works_until(an, "đang xử lý")
    officer.does(case.code, "/move", picture(), target="pending_approval", note="Đã lắp nắp cống mới.")
    leader.does(case.code, "/move", target="resolved")
    town.works_until(an, "Đã lắp nắp cống mới.")
    assert fake.sent(an)[-2].photo, "the photo of the result comes with it"

    fake.presses(an, "Chưa xong")
    town.works_until(an, "chỗ nào chưa xong")
    fake.says(an, "vẫn chưa lắp nắp nào cả")
    town.works_until(an, "Đã mở lại phiếu")
    officer.does(case.code, "/move", target="in_progress")
    officer.does(case.code, "/move", picture(), target="pending_approval", note="Đã lắp lại và bắt vít.")
    leader.does(case.code, "/move", target="resolved")
    town.works_until(an, "Đã lắp lại và bắt vít.")
    fake.presses(an, "Hài lòng")
    town.works_until(an, "Cảm ơn anh/chị đã đánh giá")

    (case,) = town.desk.cases()
    assert (case.status, case.rating, case.reopened) == ("closed", "satisfied", 1)
    _in_order_and_once(
        [sent.text for sent in fake.sent(an)],
        ["Đã gửi xong", "đang xử lý", "Đã lắp nắp cống mới.", "chỗ nào chưa xong", "Đã mở lại phiếu",
         "đang xử lý", "Đã lắp lại và bắt vít.", "Cảm ơn anh/chị đã đánh giá"],
    )  # fmt: skip


def _in_order_and_once(said: list[str], words: list[str]) -> None:
    """Every text that holds one of the words, reduced to it, is exactly the list."""
    found = [w for text in said for w in dict.fromkeys(words) if w in text]
    assert found == words
