"""The Telegram channel through the real library against the fake server: sending, files, errors, setting up."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Iterator

import pytest
from PIL import Image

from bot.channels import open_channels
from bot.channels.base import File
from bot.channels.telegram import open_channel, words
from bot.channels.telegram.adapter import Telegram
from bot.channels.telegram.render import split, units
from bot.domain.message import Button, Outgoing
from bot.errors import BrokenRequest, ChannelDown, DeliveryError, RetryLater, SettingsError, Unreachable
from bot.settings import Settings
from tests.servers.telegram import TOKEN, FakeTelegram, Person
from tests.vaults import MemoryVault

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram() as server:
        yield server


@pytest.fixture
def an(fake: FakeTelegram) -> Person:
    return fake.user(700000001, "An")


@pytest.fixture
def channel(fake: FakeTelegram) -> Iterator[Telegram]:
    made = open_channel(settings(fake), MemoryVault())
    assert made is not None
    yield made
    made.close()


def settings(fake: FakeTelegram, **more: object) -> Settings:
    given = {"telegram_token": TOKEN, "telegram_api_base": fake.url, "telegram_timeout": 5.0, "secret_key": "key"}
    return Settings(**{**given, **more})  # type: ignore[arg-type]


def picture(colour: str = "red") -> File:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "JPEG")
    return File(out.getvalue(), "image/jpeg", f"{colour}.jpg")


def to(who: Person) -> str:
    return str(who.id)


# --- whether there is a channel ---


def test_without_a_token_the_channel_is_off() -> None:
    assert open_channel(Settings(), MemoryVault()) is None
    assert "telegram" not in open_channels(Settings(), MemoryVault())


def test_with_a_token_it_is_found_by_its_folder(fake: FakeTelegram) -> None:
    found = open_channels(settings(fake), MemoryVault())["telegram"]
    assert (found.name, found.label, found.abilities.text) == ("telegram", "Telegram", 4096)
    assert fake.calls == [], "opening a channel calls nobody"


def test_a_secret_that_telegram_would_refuse_stops_the_start(fake: FakeTelegram) -> None:
    with pytest.raises(SettingsError, match="LANGNGHE_TELEGRAM_SECRET"):
        open_channel(settings(fake, telegram_secret="có dấu"), MemoryVault())


# --- sending ---


def test_a_text_arrives_as_it_was_written(fake: FakeTelegram, an: Person, channel: Telegram) -> None:
    text = "Phiếu <b>HN2611-7K3QX-F</b> *đã* được_chuyển & đang xử lý\nHạn: thứ Hai"
    number = channel.send(to(an), Outgoing(text), [])
    [sent] = fake.sent(an)
    assert (sent.text, str(sent.number)) == (text, number)
    assert "parse_mode" not in fake.called("sendMessage")[0]


def test_short_buttons_stand_in_pairs_and_long_ones_alone(fake: FakeTelegram, an: Person, channel: Telegram) -> None:
    labels = ["Gửi", "Sửa", "Bỏ", "Nắp cống, hố ga hỏng", "Ngập úng", "Thoát nước"]
    buttons = tuple(Button(label, f"report:{i}") for i, label in enumerate(labels))
    channel.send(to(an), Outgoing("Anh/chị chọn:", buttons), [])
    [sent] = fake.sent(an)
    assert sent.rows == [["Gửi", "Sửa"], ["Bỏ"], ["Nắp cống, hố ga hỏng"], ["Ngập úng", "Thoát nước"]]
    assert [b["callback_data"] for b in sent.buttons] == [f"report:{i}" for i in range(6)]


def test_a_payload_of_64_bytes_passes_and_65_is_our_fault(fake: FakeTelegram, an: Person, channel: Telegram) -> None:
    channel.send(to(an), Outgoing("vừa", (Button("Chọn", "ă" * 32),)), [])
    with pytest.raises(BrokenRequest, match="64 byte"):
        channel.send(to(an), Outgoing("quá", (Button("Chọn", "ă" * 32 + "x"),)), [])
    assert [sent.text for sent in fake.sent(an)] == ["vừa"]


def test_an_empty_message_is_our_fault(channel: Telegram, an: Person) -> None:
    with pytest.raises(BrokenRequest):
        channel.send(to(an), Outgoing("  "), [])


def test_a_long_text_is_cut_between_paragraphs_and_keeps_every_word(
    fake: FakeTelegram, an: Person, channel: Telegram
) -> None:
    paragraphs = [f"Đoạn {i}. " + "Nước ngập sâu đến đầu gối. " * 50 for i in range(6)]
    text = "\n\n".join(p.strip() for p in paragraphs)
    channel.send(to(an), Outgoing(text, (Button("Gửi", "report:send"),)), [])
    sent = fake.sent(an)
    assert len(sent) > 1
    assert all(units(s.text) <= 4096 for s in sent)
    assert "\n\n".join(s.text for s in sent) == text
    assert [bool(s.buttons) for s in sent] == [False] * (len(sent) - 1) + [True]


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("", 10, []),
        ("ngắn", 10, ["ngắn"]),
        ("Câu một. Câu hai dài.", 14, ["Câu một.", "Câu hai dài."]),
        ("một hai ba bốn", 8, ["một hai", "ba bốn"]),
        ("dòng một\ndòng hai", 12, ["dòng một", "dòng hai"]),
        ("a" * 25, 10, ["a" * 10, "a" * 10, "a" * 5]),
        ("😀😀😀", 5, ["😀😀", "😀"]),
    ],
)
def test_where_a_text_is_cut(text: str, limit: int, pieces: list[str]) -> None:
    assert split(text, limit) == pieces


@pytest.mark.parametrize(("ask", "flag"), [("location", "request_location"), ("phone", "request_contact")])
def test_asking_to_share_brings_the_keyboard_for_it(
    fake: FakeTelegram, an: Person, channel: Telegram, ask: str, flag: str
) -> None:
    channel.send(to(an), Outgoing("Việc này ở đâu ạ?", ask=ask), [])
    [sent] = fake.sent(an)
    [button] = sent.keyboard
    assert button["text"] == words.SHARE_BUTTON[ask]
    assert [name for name in ("request_location", "request_contact") if button.get(name)] == [flag]
    assert sent.markup["one_time_keyboard"] is True


def test_with_buttons_the_keyboard_comes_in_a_second_short_message(
    fake: FakeTelegram, an: Person, channel: Telegram
) -> None:
    channel.send(to(an), Outgoing("Ở đâu ạ?", (Button("Bỏ qua", "report:skip"),), ask="location"), [])
    first, second = fake.sent(an)
    assert (first.text, first.rows, first.keyboard) == ("Ở đâu ạ?", [["Bỏ qua"]], [])
    assert second.text == words.SHARE_INVITATION["location"]
    assert [b["text"] for b in second.keyboard] == [words.SHARE_BUTTON["location"]]


def test_a_picture_carries_a_short_text_as_its_caption(fake: FakeTelegram, an: Person, channel: Telegram) -> None:
    red, blue = picture("red"), picture("blue")
    channel.send(to(an), Outgoing("Đã sửa xong ạ.", images=("a", "b")), [red, blue])
    assert [(s.text, s.photo) for s in fake.sent(an)] == [("Đã sửa xong ạ.", red.content), ("", blue.content)]


@pytest.mark.parametrize(
    "message",
    [
        Outgoing("Đã sửa xong ạ.", (Button("Hài lòng", "after:satisfied"),), ("a",)),
        Outgoing("dài " * 300, images=("a",)),
    ],
    ids=["buttons", "long text"],
)
def test_otherwise_pictures_come_first_and_the_text_last(
    fake: FakeTelegram, an: Person, channel: Telegram, message: Outgoing
) -> None:
    red = picture()
    channel.send(to(an), message, [red])
    photo, text = fake.sent(an)
    assert (photo.photo, photo.text, photo.buttons) == (red.content, "", [])
    assert (text.text, len(text.buttons)) == (message.text.strip(), len(message.buttons))


def test_a_picture_that_telegram_refuses_is_left_out_and_the_text_still_sent(
    fake: FakeTelegram, an: Person, channel: Telegram
) -> None:
    channel.send(to(an), Outgoing("Kết quả đây ạ.", images=("a",)), [File(b"no picture", "image/jpeg", "a.jpg")])
    assert [(s.text, s.photo) for s in fake.sent(an)] == [("Kết quả đây ạ.", None)]


def test_trying_again_does_not_repeat_what_was_sent(fake: FakeTelegram, an: Person, channel: Telegram) -> None:
    message = Outgoing("Kết quả đây ạ.", (Button("Hài lòng", "after:satisfied"),), ("a", "b"))
    files = [picture("red"), picture("blue")]
    fake.fail("sendMessage", 429, "Too Many Requests: retry after 3", retry_after=3)
    with pytest.raises(RetryLater):
        channel.send(to(an), message, files)
    channel.send(to(an), message, files)
    assert [s.photo for s in fake.sent(an)] == [files[0].content, files[1].content, None]
    channel.send(to(an), message, files)
    assert len(fake.sent(an)) == 6, "the same words another time are another message"


def test_the_typing_sign_is_shown_and_its_failure_is_of_no_account(
    fake: FakeTelegram, an: Person, channel: Telegram
) -> None:
    fake.fail("sendChatAction", 500)
    channel.typing(to(an))
    assert fake.wait(lambda: fake.called("sendChatAction"))
    channel.typing(to(an))
    assert fake.wait(lambda: fake.actions == [(an.id, "typing")])


def test_many_threads_may_send_at_once(fake: FakeTelegram, an: Person, channel: Telegram) -> None:
    threads = [threading.Thread(target=channel.send, args=(to(an), Outgoing(f"tin {i}"), [])) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {s.text for s in fake.sent(an)} == {f"tin {i}" for i in range(12)}


def test_a_closed_channel_leaves_no_thread_and_opens_again(fake: FakeTelegram, an: Person, channel: Telegram) -> None:
    channel.send(to(an), Outgoing("một"), [])
    assert "telegram" in {t.name for t in threading.enumerate()}
    channel.close()
    assert "telegram" not in {t.name for t in threading.enumerate()}
    channel.send(to(an), Outgoing("hai"), [])
    assert [s.text for s in fake.sent(an)] == ["một", "hai"]


# --- what goes wrong ---


def refused(channel: Telegram, who: Person) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.send(to(who), Outgoing("tin"), [])
    assert TOKEN not in str(caught.value)
    return caught.value


def test_slow_down_says_how_long_to_wait(fake: FakeTelegram, an: Person, channel: Telegram) -> None:
    fake.fail("sendMessage", 429, "Too Many Requests: retry after 7", retry_after=7)
    error = refused(channel, an)
    assert isinstance(error, RetryLater)
    assert (error.after, error.uncertain) == (7.0, False)


def test_a_resident_who_blocked_us_cannot_be_reached(fake: FakeTelegram, an: Person, channel: Telegram) -> None:
    fake.blocks(an)
    assert isinstance(refused(channel, an), Unreachable)


def test_a_resident_who_never_pressed_start_cannot_be_reached(fake: FakeTelegram, channel: Telegram) -> None:
    assert isinstance(refused(channel, fake.user(700000002, "Bình", started=False)), Unreachable)


def test_a_chat_that_does_not_exist_is_never_tried_again(channel: Telegram) -> None:
    assert isinstance(refused(channel, Person(42, "Ai")), BrokenRequest)


def test_a_chat_that_became_a_group_is_never_tried_again(fake: FakeTelegram, an: Person, channel: Telegram) -> None:
    fake.fail("sendMessage", 400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-100123)
    assert isinstance(refused(channel, an), BrokenRequest)


@pytest.mark.parametrize("token", ["123456789:AAF-revoked-token-of-the-tests-000000", "malformed"])
def test_a_refused_token_stops_the_channel(fake: FakeTelegram, an: Person, token: str) -> None:
    channel = Telegram(settings(fake, telegram_token=token), MemoryVault())
    with pytest.raises(ChannelDown, match="LANGNGHE_TELEGRAM_TOKEN"):
        channel.send(to(an), Outgoing("tin"), [])
    channel.close()


@pytest.mark.parametrize("status", [500, 502, 503])
def test_an_ill_server_is_tried_later(fake: FakeTelegram, an: Person, channel: Telegram, status: int) -> None:
    fake.fail("sendMessage", status)
    error = refused(channel, an)
    assert isinstance(error, RetryLater)
    assert not error.uncertain


def test_after_a_time_out_nobody_knows_whether_it_arrived(fake: FakeTelegram, an: Person) -> None:
    channel = Telegram(settings(fake, telegram_timeout=0.3), MemoryVault())
    fake.stall("sendMessage", 0.8, after_doing=True)
    error = refused(channel, an)
    assert isinstance(error, RetryLater)
    assert error.uncertain
    assert [s.text for s in fake.sent(an)] == ["tin"]
    channel.close()


def test_a_server_that_is_not_there_is_tried_later_for_certain(fake: FakeTelegram, an: Person) -> None:
    channel = Telegram(settings(fake, telegram_api_base="http://127.0.0.1:9"), MemoryVault())
    error = refused(channel, an)
    assert isinstance(error, RetryLater)
    assert not error.uncertain
    channel.close()


def test_no_log_line_holds_the_token(
    fake: FakeTelegram, an: Person, channel: Telegram, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fake.fail("sendMessage", 500)
    refused(channel, an)
    channel.send(to(an), Outgoing("tin"), [])
    channel.fetch(fake.keep(b"x", "a.ogg")["file_id"])
    assert TOKEN not in caplog.text


# --- files ---


def test_a_file_is_fetched_whole(fake: FakeTelegram, an: Person, channel: Telegram) -> None:
    content = bytes(range(256)) * 3000
    update = fake.sends_photo(an, content, "cống vỡ")
    [message] = channel.parse(update)
    assert channel.fetch(message.media[0].remote or "") == content


def test_a_file_over_20_mb_brings_a_courteous_sentence(fake: FakeTelegram, an: Person, channel: Telegram) -> None:
    update = fake.sends_file(an, "video", b"x", "video/mp4", size=25_000_000)
    [message] = channel.parse(update)
    with pytest.raises(BrokenRequest, match="20 MB.*gửi tệp nhỏ hơn giúp ạ"):
        channel.fetch(message.media[0].remote or "")


def test_a_file_that_is_gone_brings_a_courteous_sentence(fake: FakeTelegram, channel: Telegram) -> None:
    with pytest.raises(BrokenRequest, match="gửi lại giúp ạ"):
        channel.fetch("no-such-file")
    file_id = fake.keep(b"x", "a.ogg")["file_id"]
    fake.fail("download", 404)
    with pytest.raises(BrokenRequest, match="gửi lại giúp ạ"):
        channel.fetch(file_id)


@pytest.mark.parametrize(("method", "status"), [("getFile", 500), ("download", 503), ("getFile", 401)])
def test_a_file_that_cannot_be_fetched_now_is_fetched_later(
    fake: FakeTelegram, channel: Telegram, method: str, status: int
) -> None:
    file_id = fake.keep(b"voice", "a.ogg")["file_id"]
    fake.fail(method, status)
    with pytest.raises(RetryLater):
        channel.fetch(file_id)
    assert channel.fetch(file_id) == b"voice"


# --- a pressed button ---


def test_a_pressed_button_stops_spinning_and_shows_the_choice(
    fake: FakeTelegram, an: Person, channel: Telegram
) -> None:
    channel.send(
        to(an), Outgoing("Kiểm tra giúp ạ.", (Button("Gửi", "report:send"), Button("Sửa", "report:change"))), []
    )
    update = fake.presses(an, "Gửi")
    [message] = channel.parse(update)
    channel.acknowledge(message)
    assert fake.wait(lambda: fake.answered and fake.sent(an)[0].rows == [["✓ Gửi"]])
    assert fake.open_presses == set()
    assert fake.sent(an)[0].buttons[0]["callback_data"] == "report:send"


def test_pressing_the_ticked_button_again_is_quiet(
    fake: FakeTelegram, an: Person, channel: Telegram, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.channels.telegram")
    channel.send(to(an), Outgoing("Kiểm tra giúp ạ.", (Button("Gửi", "report:send"),)), [])
    for label in ("Gửi", "✓ Gửi"):
        [message] = channel.parse(fake.presses(an, label))
        channel.acknowledge(message)
        assert fake.wait(lambda: not fake.open_presses and fake.sent(an)[0].rows == [["✓ Gửi"]])
    channel.acknowledge(message)
    assert fake.wait(lambda: len(fake.called("answerCallbackQuery")) == 3)
    assert fake.wait(lambda: len(fake.called("editMessageReplyMarkup")) == 3)
    channel.close()
    assert caplog.text == ""


def test_a_press_on_a_message_telegram_no_longer_shows_takes_its_buttons_away(
    fake: FakeTelegram, an: Person, channel: Telegram
) -> None:
    channel.send(to(an), Outgoing("Kiểm tra giúp ạ.", (Button("Gửi", "report:send"),)), [])
    update = fake.presses(an, "Gửi")
    del update["callback_query"]["message"]["reply_markup"]
    [message] = channel.parse(update)
    channel.acknowledge(message)
    assert fake.wait(lambda: fake.sent(an)[0].markup == {})


def test_a_plain_message_needs_no_acknowledgement(fake: FakeTelegram, an: Person, channel: Telegram) -> None:
    [message] = channel.parse(fake.says(an, "xin chào"))
    channel.acknowledge(message)
    channel.send(to(an), Outgoing("chào"), [])
    assert [name for name, _ in fake.calls] == ["sendMessage"]


# --- setting up ---


def test_the_menu_is_in_vietnamese(fake: FakeTelegram, channel: Telegram) -> None:
    channel.set_commands()
    assert {c["command"]: c["description"] for c in fake.commands} == dict(words.COMMANDS)


def test_the_secret_follows_from_the_installations_key(fake: FakeTelegram) -> None:
    one, same, other = (Telegram(settings(fake, secret_key=key), MemoryVault()) for key in ("a", "a", "b"))
    assert one.secret == same.secret != other.secret
    assert Telegram(settings(fake, telegram_secret="own"), MemoryVault()).secret == "own"
    assert not Telegram(settings(fake, secret_key=""), MemoryVault()).verify(
        {"X-Telegram-Bot-Api-Secret-Token": ""}, b"{}"
    )


def test_only_the_secret_in_the_header_proves_a_webhook_call(channel: Telegram) -> None:
    assert channel.verify({"X-Telegram-Bot-Api-Secret-Token": channel.secret}, b"{}")
    assert channel.verify({"x-telegram-bot-api-secret-token": channel.secret}, b"{}")
    assert not channel.verify({"X-Telegram-Bot-Api-Secret-Token": channel.secret[:-1] + "é"}, b"{}")
    assert not channel.verify({}, b"{}")


@pytest.mark.parametrize(
    ("public_url", "base", "expected"),
    [
        ("", "http://127.0.0.1:8081", False),
        ("http://192.168.1.5:8000", "https://api.telegram.org", False),
        ("https://nghe.example", "https://api.telegram.org", True),
        ("http://192.168.1.5:8000", "http://127.0.0.1:8081", True),
    ],
)
def test_when_updates_are_brought_and_when_they_are_asked_for(public_url: str, base: str, expected: bool) -> None:
    made = Telegram(Settings(telegram_token=TOKEN, telegram_api_base=base, public_url=public_url), MemoryVault())
    assert made.uses_webhook is expected


def test_the_doctor_says_that_all_is_well_while_polling(channel: Telegram) -> None:
    findings = channel.doctor()
    assert [well for well, _ in findings] == [True, True]
    assert "@lang_nghe_bot" in findings[0][1]


def test_the_doctor_sees_a_webhook_that_takes_our_messages_away(fake: FakeTelegram, channel: Telegram) -> None:
    channel.set_webhook("https://khac.example/hooks/telegram", "s")
    well, sentence = channel.doctor()[1]
    assert not well
    assert "khac.example" in sentence


def test_the_doctor_sees_a_missing_a_right_and_a_failing_webhook(fake: FakeTelegram, an: Person) -> None:
    channel = Telegram(settings(fake, public_url="http://127.0.0.1:9"), MemoryVault())
    assert [well for well, _ in channel.doctor()] == [True, False]
    channel.set_webhook(channel.webhook_url, channel.secret)
    assert [well for well, _ in channel.doctor()] == [True, True]
    fake.says(an, "có ai nghe không")
    assert fake.wait(lambda: fake.api.last_error)
    well, sentence = channel.doctor()[1]
    assert not well
    assert "1 tin đang chờ" in sentence
    channel.close()


def test_the_doctor_knows_a_wrong_token_from_a_missing_network(fake: FakeTelegram) -> None:
    for wrong, hint in (
        ({"telegram_token": "123456789:AAF-revoked-token-of-the-tests-000000"}, "@BotFather"),
        ({"telegram_api_base": "http://127.0.0.1:9"}, "LANGNGHE_TELEGRAM_API_BASE"),
    ):
        channel = Telegram(settings(fake, **wrong), MemoryVault())
        [(well, sentence)] = channel.doctor()
        assert not well
        assert hint in sentence
        channel.close()
