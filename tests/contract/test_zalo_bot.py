"""The Zalo Bot channel against the fake platform: sending, files, errors, setting up."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator

import pytest

from bot.channels import open_channels
from bot.channels.zalo_bot import open_channel, words
from bot.channels.zalo_bot.adapter import ZaloBot
from bot.domain.message import Button, Outgoing
from bot.domain.reach import PushRules
from bot.errors import (
    BrokenRequest,
    ChannelDown,
    DeliveryError,
    RetryLater,
    SettingsError,
    Unreachable,
    WayClosed,
)
from bot.settings import Settings
from tests.servers.zalo_bot import TOKEN, FakeZaloBot, Person
from tests.vaults import MemoryVault

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def fake() -> Iterator[FakeZaloBot]:
    with FakeZaloBot() as server:
        yield server


@pytest.fixture
def an(fake: FakeZaloBot) -> Person:
    return fake.user("6ede9afa66b88fe6d6a9", "An")


@pytest.fixture
def channel(fake: FakeZaloBot) -> Iterator[ZaloBot]:
    made = ZaloBot(settings(fake))
    yield made
    made.close()


@pytest.fixture
def public(fake: FakeZaloBot) -> Iterator[ZaloBot]:
    """An installation that Zalo can call."""
    made = ZaloBot(settings(fake, public_url="https://nghe.example"))
    yield made
    made.close()


def settings(fake: FakeZaloBot, **more: object) -> Settings:
    given = {"zalo_bot_token": TOKEN, "zalo_bot_api_base": fake.url, "zalo_bot_timeout": 5.0, "secret_key": "key"}
    return Settings(**{**given, **more})  # type: ignore[arg-type]


# --- whether there is a channel ---


def test_without_a_token_the_channel_is_off() -> None:
    assert open_channel(Settings(), MemoryVault()) is None
    assert open_channel(Settings(zalo_bot_token=" "), MemoryVault()) is None


def test_with_a_token_it_is_found_by_its_folder(fake: FakeZaloBot) -> None:
    found = open_channels(settings(fake), MemoryVault())["zalo_bot"]
    assert (found.name, found.label, found.abilities.buttons, found.abilities.text) == ("zalo_bot", "Zalo Bot", 0, 2000)
    assert found.push == PushRules(), "no window is known, so a late message is tried"
    assert fake.calls == [], "opening a channel calls nobody"


@pytest.mark.parametrize("secret", ["short12", "x" * 257, "có dấu tiếng Việt", "with a blank"])
def test_a_secret_that_zalo_would_refuse_stops_the_start(fake: FakeZaloBot, secret: str) -> None:
    with pytest.raises(SettingsError, match="LANGNGHE_ZALO_BOT_SECRET"):
        open_channel(settings(fake, zalo_bot_secret=secret), MemoryVault())


@pytest.mark.parametrize("secret", ["12345678", "x" * 256])
def test_a_secret_that_fits_is_used_as_it_is(fake: FakeZaloBot, secret: str) -> None:
    made = open_channel(settings(fake, zalo_bot_secret=secret), MemoryVault())
    assert made is not None
    assert made.secret == secret


# --- sending ---


def test_a_text_arrives_as_it_was_written(fake: FakeZaloBot, an: Person, channel: ZaloBot) -> None:
    text = "Phiếu <b>HN2611-7K3QX-F</b> *đã* được_chuyển & đang xử lý\nHạn: thứ Hai"
    number = channel.send(an.id, Outgoing(text), [])
    [sent] = fake.sent(an)
    assert (sent.text, sent.number) == (text, number)
    assert fake.called("sendMessage") == [{"chat_id": an.id, "text": text}], "no parse_mode: nothing is markup"


def test_choices_are_numbered_and_a_number_answers(fake: FakeZaloBot, an: Person, channel: ZaloBot) -> None:
    buttons = (Button("Đèn đường", "report:1"), Button("Rác  thải", "report:2"))
    channel.send(an.id, Outgoing("Việc gì ạ?", buttons), [])
    assert an.texts == [f"Việc gì ạ?\n1. Đèn đường\n2. Rác thải\n{words.BY_NUMBER}"]
    [message] = channel.parse(an.presses("Rác thải"))
    assert (message.text, message.payload) == ("2", None)


def test_choices_without_words_get_some(fake: FakeZaloBot, an: Person, channel: ZaloBot) -> None:
    channel.send(an.id, Outgoing(" ", (Button("Gửi", "report:send"),)), [])
    assert an.texts == [f"{words.CHOOSE}\n1. Gửi\n{words.BY_NUMBER}"]


def test_an_empty_message_is_our_fault(channel: ZaloBot, an: Person) -> None:
    with pytest.raises(BrokenRequest):
        channel.send(an.id, Outgoing("  "), [])


def test_a_long_text_is_cut_between_sentences_and_keeps_every_word(
    fake: FakeZaloBot, an: Person, channel: ZaloBot
) -> None:
    text = " ".join(f"Câu số {i} nói về nước ngập sâu đến đầu gối." for i in range(150))
    channel.send(an.id, Outgoing(text), [])
    assert len(an.texts) > 1
    assert " ".join(an.texts) == text
    assert all(len(piece) <= 2000 and piece.endswith(".") for piece in an.texts)


def test_a_decomposed_text_is_composed_before_it_is_counted(fake: FakeZaloBot, an: Person, channel: ZaloBot) -> None:
    channel.send(an.id, Outgoing("ê\u0323" * 2000), [])
    assert an.texts == ["ệ" * 2000]


@pytest.mark.parametrize("ask", ["location", "phone"])
def test_asking_to_share_is_done_by_the_words_alone(fake: FakeZaloBot, an: Person, channel: ZaloBot, ask: str) -> None:
    channel.send(an.id, Outgoing("Việc này ở đâu ạ?", ask=ask), [])
    assert an.texts == ["Việc này ở đâu ạ?"]


def test_a_picture_with_a_public_address_follows_the_text(fake: FakeZaloBot, an: Person, public: ZaloBot) -> None:
    number = public.send(an.id, Outgoing("Đã gửi xong.", images=("/qr/HN2611-7K3QX-F.png",)), [])
    text, picture = fake.sent(an)
    assert (text.text, text.photo) == ("Đã gửi xong.", "")
    assert picture.photo == "https://nghe.example/qr/HN2611-7K3QX-F.png"
    assert number == picture.number


def test_without_a_public_address_the_picture_is_replaced_by_its_link(fake: FakeZaloBot, an: Person) -> None:
    settled = settings(fake, public_url="http://10.0.0.5", zalo_bot_api_base="https://bot-api.zaloplatforms.com")
    channel = ZaloBot(settled)
    assert not channel.can_be_called
    assert not channel.abilities.pictures
    from bot.channels.zalo_bot.render import plan

    message = Outgoing("Đã gửi xong.", images=("/qr/HN2611-7K3QX-F.png",))
    [part] = plan(message, "http://10.0.0.5", False)
    assert part.text == "Đã gửi xong.\nhttp://10.0.0.5/tra-cuu/HN2611-7K3QX-F"
    said = Outgoing("Mở http://10.0.0.5/tra-cuu/HN2611-7K3QX-F", images=message.images)
    assert [p.text for p in plan(said, "http://10.0.0.5", False)] == [said.text], "a link is not said twice"


def test_a_stored_picture_has_no_address_and_is_told(fake: FakeZaloBot, an: Person, public: ZaloBot) -> None:
    public.send(an.id, Outgoing("Kết quả:", images=("media-1",)), [])
    assert (an.texts, an.pictures) == ([f"Kết quả:\n{words.PICTURE_LEFT_OUT}"], [])


def test_a_picture_that_zalo_refuses_is_left_out(fake: FakeZaloBot, an: Person, public: ZaloBot) -> None:
    fake.fail("sendPhoto", 400)
    number = public.send(an.id, Outgoing("Xong.", images=("/qr/A.png",)), [])
    assert (an.texts, an.pictures) == (["Xong."], [])
    assert number == fake.sent(an)[0].number


def test_trying_again_does_not_repeat_what_was_sent(fake: FakeZaloBot, an: Person, public: ZaloBot) -> None:
    message = Outgoing("Xong.", images=("/qr/A.png", "/qr/B.png"))
    fake.fail("sendPhoto", 503)
    with pytest.raises(RetryLater):
        public.send(an.id, message, [])
    public.send(an.id, message, [])
    assert [bool(sent.photo) for sent in fake.sent(an)] == [False, True, True]
    public.send(an.id, message, [])
    assert len(fake.sent(an)) == 6, "the same words another time are another message"


@pytest.mark.parametrize("way", ["officer", "template", "phone"])
def test_there_is_no_other_way_than_the_free_one(an: Person, channel: ZaloBot, way: str) -> None:
    with pytest.raises(WayClosed):
        channel.send(an.id, Outgoing("tin"), [], way)  # type: ignore[arg-type]


def test_the_typing_sign_is_shown_and_its_failure_is_of_no_account(
    fake: FakeZaloBot, an: Person, channel: ZaloBot
) -> None:
    fake.fail("sendChatAction", 500)
    channel.typing(an.id)
    channel.typing(an.id)
    assert fake.wait(lambda: fake.actions == [(an.id, "typing")])


def test_the_typing_sign_keeps_nobody_waiting(fake: FakeZaloBot, an: Person, channel: ZaloBot) -> None:
    fake.stall("sendChatAction", 0.2)
    begun = time.monotonic()
    channel.typing(an.id)
    assert time.monotonic() - begun < 0.1


def test_many_threads_may_send_at_once(fake: FakeZaloBot, an: Person, channel: ZaloBot) -> None:
    threads = [threading.Thread(target=channel.send, args=(an.id, Outgoing(f"tin {i}"), [])) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(an.texts) == {f"tin {i}" for i in range(12)}


def test_a_closed_channel_leaves_no_thread_and_opens_again(fake: FakeZaloBot, an: Person, channel: ZaloBot) -> None:
    channel.typing(an.id)
    assert fake.wait(lambda: fake.actions)
    channel.close()
    assert "zalo_bot-aside" not in {t.name for t in threading.enumerate()}
    channel.send(an.id, Outgoing("hai"), [])
    assert an.texts == ["hai"]


# --- what goes wrong ---


def refused(channel: ZaloBot, who: Person) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.send(who.id, Outgoing("tin"), [])
    assert TOKEN not in str(caught.value)
    assert TOKEN not in repr(caught.value.__cause__)
    return caught.value


def test_slow_down_holds_the_whole_channel(fake: FakeZaloBot, an: Person, channel: ZaloBot) -> None:
    fake.fail("sendMessage", 429)
    error = refused(channel, an)
    assert isinstance(error, RetryLater)
    assert error.everyone
    assert error.after
    assert not error.uncertain


def test_a_resident_who_blocked_us_cannot_be_reached(fake: FakeZaloBot, an: Person, channel: ZaloBot) -> None:
    fake.blocks(an)
    assert isinstance(refused(channel, an), Unreachable)


@pytest.mark.parametrize("code", [400, 404, 413])
def test_a_wrong_request_is_never_tried_again(fake: FakeZaloBot, an: Person, channel: ZaloBot, code: int) -> None:
    fake.fail("sendMessage", code, f"Bad Request of {TOKEN}")
    assert isinstance(refused(channel, an), BrokenRequest)


def test_a_refused_token_stops_the_channel(fake: FakeZaloBot, an: Person) -> None:
    channel = ZaloBot(settings(fake, zalo_bot_token="123:wrong"))
    with pytest.raises(ChannelDown, match="LANGNGHE_ZALO_BOT_TOKEN"):
        channel.send(an.id, Outgoing("tin"), [])
    channel.close()


@pytest.mark.parametrize(("status", "uncertain"), [(500, False), (502, False), (504, True)])
@pytest.mark.parametrize("html", [True, False])
def test_an_ill_platform_is_tried_later(
    fake: FakeZaloBot, an: Person, channel: ZaloBot, status: int, uncertain: bool, html: bool
) -> None:
    fake.fail("sendMessage", status, html=html)
    error = refused(channel, an)
    assert isinstance(error, RetryLater)
    assert (error.everyone, error.uncertain) == (True, uncertain)


def test_after_a_time_out_nobody_knows_whether_it_arrived(fake: FakeZaloBot, an: Person) -> None:
    channel = ZaloBot(settings(fake, zalo_bot_timeout=0.1))
    fake.stall("sendMessage", 0.2, after_doing=True)
    error = refused(channel, an)
    assert isinstance(error, RetryLater)
    assert error.uncertain
    assert an.texts == ["tin"]
    channel.close()


def test_a_platform_that_is_not_there_is_tried_later_for_certain(fake: FakeZaloBot, an: Person) -> None:
    channel = ZaloBot(settings(fake, zalo_bot_api_base="http://127.0.0.1:9"))
    error = refused(channel, an)
    assert isinstance(error, RetryLater)
    assert (error.uncertain, error.everyone) == (False, True)
    channel.close()


def test_no_log_line_holds_the_token_or_the_words(
    fake: FakeZaloBot, an: Person, channel: ZaloBot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fake.fail("sendMessage", 500)
    refused(channel, an)
    channel.send(an.id, Outgoing("số của tôi 0900000123"), [])
    channel.parse(an.says("số của tôi 0900000123"))
    channel.fetch(fake.keep(b"x", "a.jpg"))
    assert TOKEN not in caplog.text
    assert "0900000123" not in caplog.text


# --- files ---


def test_a_picture_is_fetched_whole(fake: FakeZaloBot, an: Person, channel: ZaloBot) -> None:
    content = bytes(range(256)) * 3000
    [message] = channel.parse(an.sends_photo(content, "cống vỡ"))
    assert channel.fetch(message.media[0].remote or "") == content


def test_a_picture_that_is_too_large_brings_a_courteous_sentence(fake: FakeZaloBot) -> None:
    channel = ZaloBot(settings(fake, max_photo_mb=1))
    with pytest.raises(BrokenRequest, match="quá 1 MB.*gửi tệp nhỏ hơn giúp ạ"):
        channel.fetch(fake.keep(b"x" * 1_000_001, "i.jpg"))
    assert len(channel.fetch(fake.keep(b"x" * 1_000_000, "i.jpg"))) == 1_000_000
    channel.close()


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/i.jpg",
        "https://zdn.vn.evil.example/i.jpg",
        "file:///etc/passwd",
        "https://[",
        "ftp://a.zdn.vn/x",
    ],
)
def test_nothing_is_fetched_from_strangers(channel: ZaloBot, url: str) -> None:
    with pytest.raises(BrokenRequest, match="gửi lại giúp ạ"):
        channel.fetch(url)


def test_a_picture_that_is_gone_and_one_that_comes_later(fake: FakeZaloBot, channel: ZaloBot) -> None:
    with pytest.raises(BrokenRequest, match="gửi lại giúp ạ"):
        channel.fetch(f"{fake.url}/media/99/i.jpg")
    url = fake.keep(b"x", "i.jpg")
    for status in (429, 503):
        fake.fail("media", status, html=True)
        with pytest.raises(RetryLater):
            channel.fetch(url)
    assert channel.fetch(url) == b"x"


# --- setting up ---


def test_the_secret_follows_from_the_installations_key(fake: FakeZaloBot) -> None:
    one, same, other = (ZaloBot(settings(fake, secret_key=key)) for key in ("a", "a", "b"))
    assert one.secret == same.secret != other.secret
    assert 8 <= len(one.secret) <= 256
    assert not ZaloBot(settings(fake, secret_key="")).verify({"X-Bot-Api-Secret-Token": ""}, b"{}")


def test_only_the_secret_in_the_header_proves_a_webhook_call(channel: ZaloBot) -> None:
    assert channel.verify({"X-Bot-Api-Secret-Token": channel.secret}, b"{}")
    assert channel.verify({"x-bot-api-secret-token": channel.secret}, b"{}")
    assert not channel.verify({"X-Bot-Api-Secret-Token": channel.secret[:-1] + "é"}, b"{}")
    assert not channel.verify({"X-Bot-Api-Secret-Token": ""}, b"{}")
    assert not channel.verify({}, b"{}")


@pytest.mark.parametrize(
    ("public_url", "base", "expected"),
    [
        ("", "http://127.0.0.1:8081", False),
        ("http://192.168.1.5:8000", "https://bot-api.zaloplatforms.com", False),
        ("http://192.168.1.5:8000", "https://bot-api.zapps.me", False),
        ("https://nghe.example", "https://bot-api.zaloplatforms.com", True),
        ("http://192.168.1.5:8000", "http://127.0.0.1:8081", True),
    ],
)
def test_when_updates_are_brought_and_when_they_are_asked_for(public_url: str, base: str, expected: bool) -> None:
    made = ZaloBot(Settings(zalo_bot_token=TOKEN, zalo_bot_api_base=base, public_url=public_url))
    assert made.can_be_called is expected


def test_setup_sets_the_webhook(fake: FakeZaloBot, public: ZaloBot) -> None:
    lines = public.setup()
    assert fake.webhook == {"url": "https://nghe.example/hooks/zalo-bot", "secret": public.secret}
    assert "https://nghe.example/hooks/zalo-bot" in "\n".join(lines)
    assert "chưa gọi được" not in "\n".join(lines)
    assert public.secret not in "\n".join(lines)
    fake.verification_fails = 1
    assert "chưa gọi được" in "\n".join(public.setup())


def test_setup_without_a_public_address_takes_the_webhook_away(fake: FakeZaloBot, channel: ZaloBot) -> None:
    fake.webhook = {"url": "https://old.example", "secret": "12345678"}
    assert "tự hỏi lấy tin" in channel.setup()[1]
    assert fake.webhook == {}


def test_setup_with_a_wrong_token_says_so(fake: FakeZaloBot) -> None:
    with pytest.raises(ChannelDown):
        ZaloBot(settings(fake, zalo_bot_token="123:wrong")).setup()


def test_the_doctor_sees_where_messages_go(fake: FakeZaloBot, channel: ZaloBot, public: ZaloBot) -> None:
    assert [well for well, _ in channel.doctor()] == [True, True]
    assert "Lắng Nghe" in channel.doctor()[0][1]
    well, sentence = public.doctor()[1]
    assert not well
    assert "chưa đặt" in sentence
    public.setup()
    assert [well for well, _ in public.doctor()] == [True, True]
    well, sentence = channel.doctor()[1]
    assert not well
    assert "nghe.example" in sentence


def test_the_doctor_knows_a_wrong_token_from_a_missing_network(fake: FakeZaloBot) -> None:
    for wrong, hint in (
        ({"zalo_bot_token": "123:wrong"}, "Zalo Bot Manager"),
        ({"zalo_bot_api_base": "http://127.0.0.1:9"}, "LANGNGHE_ZALO_BOT_API_BASE"),
    ):
        channel = ZaloBot(settings(fake, **wrong))
        [(well, sentence)] = channel.doctor()
        assert not well
        assert hint in sentence
        channel.close()
