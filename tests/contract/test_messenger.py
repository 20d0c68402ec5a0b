"""The Messenger channel against the fake Graph API: sending, windows, templates, files, errors, setting up."""

from __future__ import annotations

import io
import json
import logging
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from PIL import Image

from bot.channels import open_channels
from bot.channels.base import File
from bot.channels.messenger import open_channel, words
from bot.channels.messenger.adapter import Messenger
from bot.channels.messenger.failures import refused as refused_by
from bot.channels.messenger.graph import appsecret_proof
from bot.channels.messenger.setup import FIELDS
from bot.domain.message import Button, Outgoing, Template
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
from bot.platforms.text import shortened, split, units
from bot.settings import Settings
from tests.servers.messenger import APP_SECRET, PAGE_TOKEN, VERIFY_TOKEN, FakeMessenger, Person
from tests.vaults import MemoryVault

pytestmark = pytest.mark.timeout(60)

APPROVED = ("case_update=case_update", "case_result=case_result_v2", "case_question=case_question")
UPDATE = Template("case_update", {"code": "HN2611-7K3QX-F", "filed": "01/11/2026", "status": "Đang xử lý"})


@pytest.fixture
def fake() -> Iterator[FakeMessenger]:
    with FakeMessenger() as server:
        yield server


@pytest.fixture
def an(fake: FakeMessenger) -> Person:
    """Somebody who has just written."""
    who = fake.user("7200000000000001", "An")
    who.says("xin chào")
    return who


@pytest.fixture
def channel(fake: FakeMessenger) -> Iterator[Messenger]:
    made = Messenger(settings(fake))
    yield made
    made.close()


@pytest.fixture
def approved(fake: FakeMessenger) -> Iterator[Messenger]:
    """With templates that Meta has approved."""
    made = Messenger(settings(fake, messenger_templates=("case_update=case_update",)))
    made.setup()
    yield made
    made.close()


def settings(fake: FakeMessenger, **more: object) -> Settings:
    given = {
        "messenger_app_secret": APP_SECRET,
        "messenger_verify_token": VERIFY_TOKEN,
        "messenger_page_token": PAGE_TOKEN,
        "messenger_graph_base": fake.url,
        "messenger_timeout": 5.0,
        "public_url": "https://nghe.example",
    }
    return Settings(**{**given, **more})  # type: ignore[arg-type]


def picture(colour: str = "red") -> File:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "JPEG")
    return File(out.getvalue(), "image/jpeg", f"{colour}.jpg")


def buttons(*labels: str) -> tuple[Button, ...]:
    return tuple(Button(label, f"report:{i}") for i, label in enumerate(labels))


# --- whether there is a channel ---


@pytest.mark.parametrize("missing", ["app_secret", "verify_token", "page_token"])
def test_without_one_of_its_keys_the_channel_is_off(
    fake: FakeMessenger, missing: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert open_channel(settings(fake, **{f"messenger_{missing}": " "}), MemoryVault()) is None
    assert f"LANGNGHE_MESSENGER_{missing.upper()}" in caplog.text
    assert PAGE_TOKEN not in caplog.text


def test_without_any_key_it_is_off_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    assert open_channel(Settings(), MemoryVault()) is None
    assert caplog.text == ""


def test_with_its_keys_it_is_found_by_its_folder(fake: FakeMessenger) -> None:
    found = open_channels(settings(fake), MemoryVault())["messenger"]
    assert (found.name, found.label, found.abilities.buttons) == ("messenger", "Messenger", 13)
    assert found.push == PushRules(free=timedelta(hours=24), officer=timedelta(days=7))
    assert fake.calls == [], "opening a channel calls nobody"


def test_templates_are_a_way_only_when_some_are_approved(fake: FakeMessenger) -> None:
    made = Messenger(settings(fake, messenger_templates=APPROVED))
    assert (made.push.template, made.push.phone) == (True, False)


@pytest.mark.parametrize("pair", ["case_update", "case_update=", "=x", "case_unknown=x"])
def test_a_bad_pair_stops_the_start_and_names_the_setting(fake: FakeMessenger, pair: str) -> None:
    with pytest.raises(SettingsError, match="LANGNGHE_MESSENGER_TEMPLATES"):
        open_channel(settings(fake, messenger_templates=(pair,)), MemoryVault())


# --- sending ---


def test_a_text_arrives_as_it_was_written(fake: FakeMessenger, an: Person, channel: Messenger) -> None:
    text = "Phiếu <b>HN2611-7K3QX-F</b> *đã* được_chuyển & đang xử lý\nHạn: thứ Hai"
    number = channel.send(an.id, Outgoing(text), [])
    [sent] = fake.sent(an)
    assert (sent.text, sent.mid, sent.kind) == (text, number, "RESPONSE")


def test_every_call_carries_the_token_and_its_proof(fake: FakeMessenger, an: Person, channel: Messenger) -> None:
    channel.send(an.id, Outgoing("tin"), [])
    [given] = fake.called("messages")
    assert (given["access_token"], given["appsecret_proof"]) == (PAGE_TOKEN, appsecret_proof(PAGE_TOKEN, APP_SECRET))


def test_the_proof_of_the_reference() -> None:
    proof = "912b3b2d45414747d1df1e1e04ca6ab21f178fd8730cddaf125b021af5419294"
    assert appsecret_proof("EAAB-example-token", "fbAppSecret01") == proof


def test_choices_are_quick_replies_and_a_press_brings_the_payload(
    fake: FakeMessenger, an: Person, channel: Messenger
) -> None:
    channel.send(an.id, Outgoing("Kiểm tra giúp ạ.", buttons("Gửi", "Sửa")), [])
    assert an.buttons == ["Gửi", "Sửa"]
    [message] = channel.parse(an.presses("Sửa"))
    assert (message.payload, message.text) == ("report:1", "")


def test_thirteen_choices_pass_and_fourteen_become_numbers(fake: FakeMessenger, an: Person, channel: Messenger) -> None:
    labels = [f"Lĩnh vực {i}" for i in range(1, 15)]
    channel.send(an.id, Outgoing("Việc gì ạ?", buttons(*labels[:13])), [])
    channel.send(an.id, Outgoing("Việc gì ạ?", buttons(*labels)), [])
    thirteen, fourteen = fake.sent(an)
    assert (thirteen.text, thirteen.titles) == ("Việc gì ạ?", labels[:13])
    assert fourteen.titles == []
    numbers = [f"{i}. {label}" for i, label in enumerate(labels, 1)]
    assert fourteen.text.split("\n") == ["Việc gì ạ?", *numbers, words.BY_NUMBER]


def test_a_long_label_ends_at_a_word(fake: FakeMessenger, an: Person, channel: Messenger) -> None:
    channel.send(an.id, Outgoing("Việc gì ạ?", buttons("Đèn chiếu sáng công cộng hỏng", "Nắp cống, hố ga hỏng")), [])
    [sent] = fake.sent(an)
    assert sent.titles == ["Đèn chiếu sáng công…", "Nắp cống, hố ga hỏng"]
    assert sent.text == "Việc gì ạ?"


def test_labels_that_look_alike_when_cut_are_told_apart_by_numbers(
    fake: FakeMessenger, an: Person, channel: Messenger
) -> None:
    labels = ("Phường Hoàn Kiếm, khu phía Đông", "Phường Hoàn Kiếm, khu phía Tây")
    channel.send(an.id, Outgoing("Nơi nào ạ?", buttons(*labels)), [])
    [sent] = fake.sent(an)
    assert sent.text == f"Nơi nào ạ?\n1. {labels[0]}\n2. {labels[1]}"
    assert [title[:2] for title in sent.titles] == ["1.", "2."]
    assert all(len(title) <= 20 for title in sent.titles)


@pytest.mark.parametrize(
    ("label", "cut"),
    [
        ("ngắn", "ngắn"),
        ("vừa đúng hai mươi ch", "vừa đúng hai mươi ch"),
        ("Xe hợp đồng, trá hình, chạy dù", "Xe hợp đồng, trá…"),
        ("Khôngcókhoảngtrắngnàocả", "Khôngcókhoảngtrắngn…"),
        ("ê\u0323" * 20, "ệ" * 20),
        ("A " + "b" * 30, "A " + "b" * 17 + "…"),
        ("😀" * 12, "😀" * 9 + "…"),
    ],
)
def test_where_a_label_is_cut(label: str, cut: str) -> None:
    assert shortened(label, 20) == cut
    assert units(shortened(label, 20)) <= 20


def test_choices_without_words_get_some(fake: FakeMessenger, an: Person, channel: Messenger) -> None:
    channel.send(an.id, Outgoing("", buttons("Gửi")), [])
    assert [(s.text, s.titles) for s in fake.sent(an)] == [(words.CHOOSE, ["Gửi"])]


def test_a_button_that_opens_a_page_stays_in_the_conversation(
    fake: FakeMessenger, an: Person, channel: Messenger
) -> None:
    offered = (Button("Mở trang", "https://nghe.example/x"), Button("Gửi", "report:send"))
    channel.send(an.id, Outgoing("Dài. " * 200, offered), [])
    first, second = fake.sent(an)
    assert [b["type"] for b in second.template_buttons] == ["web_url", "postback"]
    assert units(second.text) <= 640
    assert f"{first.text} {second.text}" == ("Dài. " * 200).strip()
    [message] = channel.parse(an.presses("Gửi"))
    assert message.payload == "report:send"


def test_pages_among_many_choices_stand_in_the_text(fake: FakeMessenger, an: Person, channel: Messenger) -> None:
    offered = (Button("Mở trang", "https://nghe.example/x"), *buttons("A", "B", "C"))
    channel.send(an.id, Outgoing("Chọn ạ", offered), [])
    assert [(s.text, s.titles) for s in fake.sent(an)] == [
        ("Chọn ạ\nMở trang: https://nghe.example/x", ["A", "B", "C"])
    ]


@pytest.mark.parametrize("button", [Button("Chọn", ""), Button("Chọn", "x" * 1001), Button(" ", "x")])
def test_a_button_that_meta_would_refuse_is_our_fault(channel: Messenger, an: Person, button: Button) -> None:
    with pytest.raises(BrokenRequest):
        channel.send(an.id, Outgoing("quá", (button,)), [])


def test_an_empty_message_is_our_fault(channel: Messenger, an: Person) -> None:
    with pytest.raises(BrokenRequest):
        channel.send(an.id, Outgoing("  "), [])


def test_asking_for_the_phone_offers_the_one_of_the_profile(
    fake: FakeMessenger, an: Person, channel: Messenger
) -> None:
    channel.send(an.id, Outgoing("Số điện thoại ạ?", buttons("Bỏ qua"), ask="phone"), [])
    [sent] = fake.sent(an)
    assert [chip["content_type"] for chip in sent.quick_replies] == ["text", "user_phone_number"]
    channel.send(an.id, Outgoing("Số ạ?", buttons(*(f"Mục {i}" for i in range(13))), ask="phone"), [])
    assert fake.sent(an)[1].titles == [], "the chip takes the place of one choice"


def test_asking_for_the_place_is_done_by_the_words_alone(fake: FakeMessenger, an: Person, channel: Messenger) -> None:
    channel.send(an.id, Outgoing("Việc này ở đâu ạ?", ask="location"), [])
    assert [(s.text, s.quick_replies) for s in fake.sent(an)] == [("Việc này ở đâu ạ?", [])]


def test_a_long_text_is_cut_between_paragraphs_and_keeps_every_word(
    fake: FakeMessenger, an: Person, channel: Messenger
) -> None:
    paragraphs = [f"Đoạn {i}. " + "Nước ngập sâu đến đầu gối. " * 30 for i in range(6)]
    text = "\n\n".join(p.strip() for p in paragraphs)
    channel.send(an.id, Outgoing(text, buttons("Gửi")), [])
    sent = fake.sent(an)
    assert len(sent) > 1
    assert "\n\n".join(s.text for s in sent) == text
    assert [bool(s.quick_replies) for s in sent] == [False] * (len(sent) - 1) + [True]


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("", 10, []),
        ("Câu một. Câu hai dài.", 14, ["Câu một.", "Câu hai dài."]),
        ("dòng một\ndòng hai", 12, ["dòng một", "dòng hai"]),
        ("a" * 25, 10, ["a" * 10, "a" * 10, "a" * 5]),
        ("😀😀😀", 5, ["😀😀", "😀"]),
        ("ê\u0323" * 4, 4, ["ệ" * 4]),
    ],
)
def test_where_a_text_is_cut(text: str, limit: int, pieces: list[str]) -> None:
    assert split(text, limit) == pieces


def test_a_text_of_2000_characters_is_too_long_for_one(fake: FakeMessenger, an: Person, channel: Messenger) -> None:
    channel.send(an.id, Outgoing("a" * 1999), [])
    channel.send(an.id, Outgoing("b" * 2000), [])
    assert [len(s.text) for s in fake.sent(an)] == [1999, 1999, 1]


def test_pictures_are_uploaded_and_come_first(fake: FakeMessenger, an: Person, channel: Messenger) -> None:
    red, blue = picture("red"), picture("blue")
    number = channel.send(an.id, Outgoing("Đã sửa xong ạ.", buttons("Hài lòng"), ("a", "b")), [red, blue])
    first, second, text = fake.sent(an)
    assert (first.photo, second.photo) == (red.content, blue.content)
    assert (text.text, text.titles, text.mid) == ("Đã sửa xong ạ.", ["Hài lòng"], number)
    assert {s.kind for s in fake.sent(an)} == {"RESPONSE"}


def test_a_picture_that_meta_refuses_is_left_out_and_the_text_still_sent(
    fake: FakeMessenger, an: Person, channel: Messenger
) -> None:
    channel.send(an.id, Outgoing("Kết quả đây ạ.", images=("a",)), [File(b"no picture", "image/jpeg", "a.jpg")])
    assert (an.texts, an.pictures) == (["Kết quả đây ạ."], [])


def test_trying_again_does_not_repeat_what_was_sent_and_bears_the_same_mark(
    fake: FakeMessenger, an: Person, channel: Messenger
) -> None:
    message, files = Outgoing("Kết quả đây ạ.", images=("a",)), [picture()]
    channel.send(an.id, Outgoing("trước"), [])
    fake.fail("messages", 400, 613, times=1)
    with pytest.raises(RetryLater):
        channel.send(an.id, message, files)
    fake.stall("messages", 0)
    with pytest.raises(RetryLater):
        channel.send(an.id, message, files)
    channel.send(an.id, message, files)
    assert [bool(s.photo) for s in fake.sent(an)] == [False, True, False]
    marks = [sent.metadata for sent in fake.sent(an)]
    assert len(set(marks)) == 3
    assert all(mark.startswith("ln:") and len(mark) < 1000 for mark in marks)
    tried = [json.loads(m) if isinstance(m := c["message"], str) else m for c in fake.called("messages")]
    assert tried[1]["metadata"] == tried[2]["metadata"] == tried[3]["metadata"] == marks[1]


def test_a_second_part_that_fails_is_all_that_is_sent_again(
    fake: FakeMessenger, an: Person, channel: Messenger
) -> None:
    message = Outgoing("a" * 1999 + " bb")
    sends = channel._post
    calls: list[int] = []

    def post(*given: object) -> str:
        calls.append(1)
        if len(calls) == 2:
            fake.fail("messages", 400, 2, 1200)
        return sends(*given)  # type: ignore[arg-type]

    channel._post = post  # type: ignore[method-assign]
    with pytest.raises(RetryLater):
        channel.send(an.id, message, [])
    channel.send(an.id, message, [])
    assert [len(text) for text in an.texts] == [1999, 2]


def test_the_typing_sign_is_shown_and_its_failure_is_of_no_account(
    fake: FakeMessenger, an: Person, channel: Messenger
) -> None:
    fake.fail("messages", 500)
    channel.typing(an.id)
    channel.typing(an.id)
    assert fake.wait(lambda: fake.actions == [(an.id, "typing_on")])


def test_the_typing_sign_keeps_nobody_waiting(fake: FakeMessenger, an: Person, channel: Messenger) -> None:
    fake.stall("messages", 0.2)
    begun = time.monotonic()
    channel.typing(an.id)
    assert time.monotonic() - begun < 0.1


def test_many_threads_may_send_at_once(fake: FakeMessenger, an: Person, channel: Messenger) -> None:
    threads = [threading.Thread(target=channel.send, args=(an.id, Outgoing(f"tin {i}"), [])) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(an.texts) == {f"tin {i}" for i in range(12)}


def test_a_closed_channel_leaves_no_thread_and_opens_again(fake: FakeMessenger, an: Person, channel: Messenger) -> None:
    channel.typing(an.id)
    assert fake.wait(lambda: fake.actions)
    channel.close()
    assert "messenger-aside" not in {t.name for t in threading.enumerate()}
    channel.send(an.id, Outgoing("hai"), [])
    assert an.texts == ["hai"]


# --- windows and ways ---


def test_after_24_hours_the_free_way_is_closed(fake: FakeMessenger, an: Person, channel: Messenger) -> None:
    fake.passes(hours=23)
    channel.send(an.id, Outgoing("còn kịp"), [])
    fake.passes(hours=2)
    with pytest.raises(WayClosed, match="24 giờ"):
        channel.send(an.id, Outgoing("muộn rồi"), [])
    an.says("tôi đây")
    channel.send(an.id, Outgoing("lại được"), [])
    assert an.texts == ["còn kịp", "lại được"]


def test_an_officer_may_write_for_seven_days(fake: FakeMessenger, an: Person, channel: Messenger) -> None:
    fake.passes(days=6)
    channel.send(an.id, Outgoing("Cán bộ: mời ông/bà bổ sung", images=("a",)), [picture()], "officer")
    assert [(call["messaging_type"], call["tag"]) for call in fake.called("messages")] == [
        ("MESSAGE_TAG", "HUMAN_AGENT")
    ] * 2
    fake.passes(days=2)
    with pytest.raises(WayClosed):
        channel.send(an.id, Outgoing("Cán bộ: muộn"), [], "officer")


def test_without_the_human_agent_feature_only_that_way_is_closed(
    fake: FakeMessenger, an: Person, channel: Messenger
) -> None:
    fake.human_agent = False
    with pytest.raises(WayClosed, match="Human Agent"):
        channel.send(an.id, Outgoing("Cán bộ: …"), [], "officer")
    channel.send(an.id, Outgoing("tin"), [])


def test_a_template_reaches_a_person_after_weeks_and_its_button_brings_them_back(
    fake: FakeMessenger, an: Person, approved: Messenger
) -> None:
    fake.passes(days=20)
    number = approved.send(an.id, Outgoing("lời tự do không được gửi", template=UPDATE), [picture()], "template")
    [sent] = fake.sent(an)
    assert (sent.mid, sent.kind, sent.template, sent.photo) == (number, "UTILITY", "case_update", None)
    assert sent.text == (
        "Phản ánh HN2611-7K3QX-F của ông/bà gửi ngày 01/11/2026 hiện ở trạng thái: Đang xử lý. "
        "Cảm ơn ông/bà đã phản ánh với thành phố."
    )
    assert sent.metadata.startswith("ln:")
    [message] = approved.parse(an.presses("Xem chi tiết"))
    assert message.payload == "start:HN2611-7K3QX-F"
    approved.send(an.id, Outgoing("cửa sổ đã mở lại"), [])


def test_parameters_are_cut_to_size(fake: FakeMessenger, an: Person, approved: Messenger) -> None:
    long = Template("case_update", {**UPDATE.parameters, "status": "Đang chờ đơn vị khác phối hợp xử lý cùng"})
    approved.send(an.id, Outgoing("", template=long), [], "template")
    assert len(fake.called("messages")[0]["message"]["template"]["components"][0]["parameters"][2]["text"]) <= 30


@pytest.mark.parametrize("template", [None, Template("case_result", {}), Template("unknown", {})])
def test_without_an_approved_template_the_way_is_closed(
    an: Person, approved: Messenger, template: Template | None
) -> None:
    with pytest.raises(WayClosed, match="mẫu"):
        approved.send(an.id, Outgoing("tin", template=template), [], "template")


def test_a_template_that_meta_does_not_take_closes_only_that_way(
    fake: FakeMessenger, an: Person, approved: Messenger
) -> None:
    message = Outgoing("tin", template=UPDATE)
    fake.utility_permission = False
    with pytest.raises(WayClosed):
        approved.send(an.id, message, [], "template")
    fake.utility_permission = True
    fake.templates[("case_update", "vi")]["status"] = "PAUSED"
    with pytest.raises(WayClosed):
        approved.send(an.id, message, [], "template")
    fake.templates[("case_update", "vi")] |= {
        "status": "APPROVED",
        "components": [{"type": "BODY", "text": "x {{1}} y"}],
    }
    with pytest.raises(WayClosed):
        approved.send(an.id, message, [], "template")
    approved.send(an.id, message, [])


def test_a_missing_parameter_is_our_fault(an: Person, approved: Messenger) -> None:
    with pytest.raises(BrokenRequest, match="status"):
        approved.send(
            an.id, Outgoing("", template=Template("case_update", {"code": "x", "filed": "y"})), [], "template"
        )


def test_there_is_no_way_by_phone(an: Person, channel: Messenger) -> None:
    with pytest.raises(WayClosed):
        channel.send("84901234567", Outgoing("tin", template=UPDATE), [], "phone")


# --- what goes wrong ---


def refused(channel: Messenger, who: Person) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.send(who.id, Outgoing("tin của tôi"), [])
    said = f"{caught.value} {caught.value.__cause__!r}"
    assert PAGE_TOKEN not in said
    assert "tin của tôi" not in said
    return caught.value


@pytest.mark.parametrize(
    ("code", "subcode", "expected"),
    [
        (1, None, RetryLater),
        (2, 1200, RetryLater),
        (4, None, RetryLater),
        (17, None, RetryLater),
        (32, None, RetryLater),
        (613, None, RetryLater),
        (80006, None, RetryLater),
        (10, None, ChannelDown),
        (10, 2018278, WayClosed),
        (10, 2018065, WayClosed),
        (10, 2018108, Unreachable),
        (10, 1893063, ChannelDown),
        (100, None, BrokenRequest),
        (100, 2018001, Unreachable),
        (100, 2018047, BrokenRequest),
        (100, 2018109, BrokenRequest),
        (100, 1893029, WayClosed),
        (100, 99, BrokenRequest),
        (190, None, ChannelDown),
        (190, 463, ChannelDown),
        (190, 460, ChannelDown),
        (200, None, ChannelDown),
        (200, 1545041, Unreachable),
        (551, None, Unreachable),
        (551, 1545041, Unreachable),
        (368, None, ChannelDown),
        (2018300, None, RetryLater),
        (10, 2018321, RetryLater),
        (2018344, None, Unreachable),
        (9999, None, BrokenRequest),
    ],
)
def test_each_error_is_a_decision(
    fake: FakeMessenger, an: Person, channel: Messenger, code: int, subcode: int | None, expected: type[DeliveryError]
) -> None:
    fake.fail("messages", 400, code, subcode)
    error = refused(channel, an)
    assert type(error) is expected
    if isinstance(error, RetryLater):
        assert error.everyone is (code in (4, 17, 32, 613, 80006))
        assert not error.uncertain
        assert (error.after or 0) >= 60 or code in (1, 2)


@pytest.mark.parametrize("way", ["officer", "template"])
@pytest.mark.parametrize(
    ("code", "subcode", "expected"),
    [
        (10, None, WayClosed),
        (100, None, WayClosed),
        (200, None, WayClosed),
        (190, None, ChannelDown),
        (368, None, ChannelDown),
        (10, 1893063, ChannelDown),
        (551, 1545041, Unreachable),
        (4, None, RetryLater),
    ],
)
def test_what_refuses_a_way_does_not_stop_the_channel(
    way: str, code: int, subcode: int | None, expected: type[DeliveryError]
) -> None:
    error = refused_by(400, {"error": {"code": code, "error_subcode": subcode}}, way)  # type: ignore[arg-type]
    assert type(error) is expected


@pytest.mark.parametrize(
    ("status", "body", "everyone", "uncertain"),
    [
        (500, None, True, False),
        (502, None, True, False),
        (504, None, True, True),
        (403, None, True, False),
        (200, None, False, True),
        (500, {"error": {"code": 9999}}, False, False),
        (429, {"error": {"code": "x"}}, True, False),
    ],
)
def test_answers_that_are_not_the_graph_apis(status: int, body: object, everyone: bool, uncertain: bool) -> None:
    error = refused_by(status, body, "free")
    assert isinstance(error, RetryLater)
    assert (error.everyone, error.uncertain) == (everyone, uncertain)


def test_a_resident_who_blocked_us_or_is_not_known_cannot_be_reached(
    fake: FakeMessenger, an: Person, channel: Messenger
) -> None:
    fake.blocks(an)
    assert isinstance(refused(channel, an), Unreachable)
    assert isinstance(refused(channel, Person("1", "Ai", fake)), Unreachable)


def test_a_refused_token_or_proof_stops_the_channel(fake: FakeMessenger, an: Person) -> None:
    channel = Messenger(settings(fake, messenger_page_token="EAAB-old"))
    with pytest.raises(ChannelDown, match="LANGNGHE_MESSENGER_PAGE_TOKEN") as caught:
        channel.send(an.id, Outgoing("tin"), [])
    assert "EAAB-old" not in str(caught.value)
    channel.close()


def test_after_a_time_out_nobody_knows_whether_it_arrived(fake: FakeMessenger, an: Person) -> None:
    channel = Messenger(settings(fake, messenger_timeout=0.1))
    fake.stall("messages", 0.2, after_doing=True)
    error = refused(channel, an)
    assert isinstance(error, RetryLater)
    assert (error.uncertain, error.everyone) == (True, False)
    assert an.texts == ["tin của tôi"]
    channel.close()


def test_a_server_that_is_not_there_is_tried_later_for_certain(fake: FakeMessenger, an: Person) -> None:
    channel = Messenger(settings(fake, messenger_graph_base="http://127.0.0.1:9"))
    error = refused(channel, an)
    assert isinstance(error, RetryLater)
    assert (error.uncertain, error.everyone) == (False, True)
    channel.close()


def test_no_log_line_holds_the_token_or_the_words(
    fake: FakeMessenger, an: Person, channel: Messenger, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fake.fail("messages", 500)
    refused(channel, an)
    channel.send(an.id, Outgoing("số của tôi 0900000123"), [])
    channel.parse(an.says("số của tôi 0900000123"))
    channel.fetch(fake.keep(b"x", "a.jpg"))
    with pytest.raises(BrokenRequest):
        channel.fetch("https://evil.example/a.jpg?sig=geheim")
    assert PAGE_TOKEN not in caplog.text
    assert "0900000123" not in caplog.text
    assert "geheim" not in caplog.text


# --- files ---


def test_a_file_is_fetched_whole_and_no_token_goes_along(fake: FakeMessenger, an: Person, channel: Messenger) -> None:
    content = bytes(range(256)) * 3000
    [message] = channel.parse(an.sends_photo(content, "cống vỡ"))
    assert channel.fetch(message.media[0].remote or "") == content


def test_a_file_that_is_too_large_brings_a_courteous_sentence(fake: FakeMessenger) -> None:
    channel = Messenger(settings(fake, max_photo_mb=1))
    with pytest.raises(BrokenRequest, match="quá 1 MB.*gửi tệp nhỏ hơn giúp ạ"):
        channel.fetch(fake.keep(b"x" * 1_000_001, "a.mp4"))
    assert len(channel.fetch(fake.keep(b"x" * 1_000_000, "a.mp4"))) == 1_000_000
    channel.close()


def test_a_file_that_is_gone_and_one_that_comes_later(fake: FakeMessenger, channel: Messenger) -> None:
    with pytest.raises(BrokenRequest, match="gửi lại giúp ạ"):
        channel.fetch(f"{fake.url}/media/99/a.jpg?sig=1")
    url = fake.keep(b"x", "a.jpg")
    for status in (429, 503):
        fake.fail("media", status)
        with pytest.raises(RetryLater):
            channel.fetch(url)
    assert channel.fetch(url) == b"x"


@pytest.mark.parametrize(
    ("base", "url", "allowed"),
    [
        ("https://graph.facebook.com", "https://scontent.xx.fbcdn.net/a.jpg?x=1", True),
        ("https://graph.facebook.com", "https://fbsbx.com/a.jpg", True),
        ("https://graph.facebook.com", "https://SCONTENT.FBCDN.NET/a.jpg", True),
        ("https://graph.facebook.com", "http://scontent.fbcdn.net/a.jpg", False),
        ("https://graph.facebook.com", "https://evilfbcdn.net/a.jpg", False),
        ("https://graph.facebook.com", "https://fbcdn.net.evil.example/a.jpg", False),
        ("https://graph.facebook.com", "https://fbcdn.net@evil.example/a.jpg", False),
        ("https://graph.facebook.com", "https://graph.facebook.com/a.jpg", False),
        ("https://graph.facebook.com", "file:///etc/passwd", False),
        ("https://graph.facebook.com", "https://[/", False),
        ("http://127.0.0.1:9", "http://127.0.0.1:7/a.jpg", True),
        ("http://127.0.0.1:9", "http://10.0.0.1/a.jpg", False),
        ("http://127.0.0.1:9", "ftp://127.0.0.1/a.jpg", False),
    ],
)
def test_files_come_from_known_hosts_only(base: str, url: str, allowed: bool) -> None:
    channel = Messenger(
        Settings(
            messenger_app_secret="s", messenger_verify_token="v", messenger_page_token="t", messenger_graph_base=base
        )
    )
    assert channel._source.allows(url) is allowed


def test_a_redirect_leads_to_no_other_host(fake: FakeMessenger, channel: Messenger) -> None:
    from tests.servers.rest import Answer, Failure

    good = fake.keep(b"x", "a.jpg")
    for target in ("https://evil.example/a.jpg", "http://127.0.0.2/a.jpg", "file:///etc/passwd"):
        fake.script.failures.append(Failure("media", Answer(302, b"", {"Location": target})))
        with pytest.raises(BrokenRequest):
            channel.fetch(good)
    fake.script.failures.append(Failure("media", Answer(302, b"", {"Location": fake.keep(b"moved", "b.jpg")})))
    assert channel.fetch(good) == b"moved"
    fake.script.failures += [Failure("media", Answer(302, b"", {"Location": good}))] * 4
    with pytest.raises(BrokenRequest):
        channel.fetch(good)


# --- setting up ---


def test_setup_does_what_can_be_done_by_api(fake: FakeMessenger, channel: Messenger) -> None:
    lines = "\n".join(channel.setup())
    assert fake.profile["get_started"] == {"payload": "GET_STARTED"}
    [menu] = fake.profile["persistent_menu"]
    assert [entry["title"] for entry in menu["call_to_actions"]] == [title for _, title in words.MENU]
    assert fake.profile["greeting"][0]["text"] == words.GREETING
    assert set(fake.subscribed) == set(FIELDS)
    assert set(fake.templates) == {("case_update", "vi"), ("case_result", "vi"), ("case_question", "vi")}
    for needed in ("https://nghe.example/hooks/messenger", "pages_utility_messaging", "Human Agent", *FIELDS):
        assert needed in lines
    assert (
        "LANGNGHE_MESSENGER_TEMPLATES=case_update=case_update,case_result=case_result,case_question=case_question"
        in lines
    )
    for secret in (PAGE_TOKEN, APP_SECRET, VERIFY_TOKEN):
        assert secret not in lines


def test_what_is_put_before_meta_says_what_our_file_says(fake: FakeMessenger, channel: Messenger) -> None:
    channel.setup()
    body, pressed = fake.templates[("case_result", "vi")]["components"]
    assert body["text"].startswith("Phản ánh {{1}} của ông/bà gửi ngày {{2}} đã có kết quả: {{3}}, ngày {{4}}.")
    assert len(body["example"]["body_text"][0]) == 4
    assert pressed["buttons"] == [{"type": "POSTBACK", "text": "Xem kết quả", "payload": "start:{{1}}"}]


def test_setup_twice_creates_nothing_twice(fake: FakeMessenger, channel: Messenger) -> None:
    channel.setup()
    channel.setup()
    creations = [given for given in fake.called("message_templates") if "components" in given]
    assert len(creations) == 3
    settled = Messenger(
        settings(fake, messenger_templates=tuple(f"{n}={n}" for n in ("case_update", "case_result", "case_question")))
    )
    assert "ghi vào .env" not in "\n".join(settled.setup()), "nothing is left to write down"


def test_a_new_wording_gets_a_new_name(fake: FakeMessenger, channel: Messenger) -> None:
    channel.setup()
    fake.templates[("case_result", "vi")]["components"][0]["text"] = "Câu cũ {{1}} ạ."
    fake.new_templates_are = "PENDING"
    lines = "\n".join(channel.setup())
    assert ("case_result_v2", "vi") in fake.templates
    assert "“case_result_v2”, đang chờ duyệt" in lines
    assert "case_result=case_result_v2" in lines
    assert channel.setup() == lines.split("\n"), "and keeps it"


def test_without_the_permission_for_templates_the_rest_is_set_up(fake: FakeMessenger, channel: Messenger) -> None:
    fake.utility_permission = False
    lines = "\n".join(channel.setup())
    assert lines.count("chưa gửi duyệt được") == 3
    assert fake.subscribed
    assert fake.profile


def test_setup_with_a_refused_token_says_so(fake: FakeMessenger) -> None:
    with pytest.raises(ChannelDown):
        Messenger(settings(fake, messenger_page_token="EAAB-old")).setup()


def test_setup_without_a_public_address_asks_for_it_first(fake: FakeMessenger) -> None:
    made = Messenger(settings(fake, public_url=""))
    assert "LANGNGHE_PUBLIC_URL" in "\n".join(made.setup())


# --- the doctor ---


def well(channel: Messenger) -> dict[bool, str]:
    found = channel.doctor()
    return {good: "\n".join(said for fine, said in found if fine is good) for good in (True, False)}


def test_the_doctor_says_that_all_is_well(fake: FakeMessenger, approved: Messenger) -> None:
    found = well(approved)
    assert found[False] == ""
    for said in ("Lắng Nghe", "không có hạn", "đủ quyền", "https://nghe.example/hooks/messenger", "đã được duyệt"):
        assert said in found[True]
    assert PAGE_TOKEN not in found[True]


def test_the_doctor_sees_a_page_that_sends_us_nothing(fake: FakeMessenger, approved: Messenger) -> None:
    fake.subscribed = ["messages"]
    assert "messaging_postbacks" in well(approved)[False]
    fake.subscribed = []
    assert "channels setup" in well(approved)[False]


def test_another_applications_subscription_is_not_ours(
    fake: FakeMessenger, approved: Messenger, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.fail("subscribed_apps", 400, 1)
    assert "chưa hỏi được" in well(approved)[False]
    from bot.channels.messenger.setup import lacking

    assert lacking(approved, "5100000000000001") == []
    assert lacking(approved, "another") == list(FIELDS)
    assert lacking(approved) == []


def test_the_doctor_sees_what_the_token_lacks_and_when_it_ends(fake: FakeMessenger, approved: Messenger) -> None:
    fake.token_facts |= {"scopes": ["pages_messaging", "pages_manage_metadata"], "expires_at": int(time.time()) + 86400}
    found = well(approved)[False]
    assert "pages_utility_messaging" in found
    assert "hết hạn ngày" in found
    fake.token_facts |= {"expires_at": int(time.time()) + 90 * 86400}
    assert "còn hạn tới" in well(approved)[True]
    fake.token_facts |= {"is_valid": False}
    assert "hết hiệu lực" in well(approved)[False]


def test_a_token_that_may_not_ask_about_itself_is_no_fault(fake: FakeMessenger, approved: Messenger) -> None:
    fake.fail("debug_token", 400, 100)
    assert well(approved)[False] == ""


def test_the_doctor_sees_templates_that_are_not_approved(fake: FakeMessenger, approved: Messenger) -> None:
    fake.templates[("case_update", "vi")]["status"] = "REJECTED"
    assert "bị từ chối" in well(approved)[False]
    del fake.templates[("case_update", "vi")]
    assert "không có mẫu" in well(approved)[False]


def test_the_doctor_misses_templates_and_a_public_address(fake: FakeMessenger) -> None:
    found = well(Messenger(settings(fake, public_url="http://192.168.1.5", messenger_graph_base=fake.url)))[False]
    assert "LANGNGHE_MESSENGER_TEMPLATES" in found
    channel = Messenger(settings(fake, public_url=""))
    assert "LANGNGHE_PUBLIC_URL" in well(channel)[False]


def test_the_doctor_knows_a_wrong_token_from_a_missing_network(fake: FakeMessenger) -> None:
    for wrong, hint in (
        ({"messenger_page_token": "EAAB-old"}, "LANGNGHE_MESSENGER_PAGE_TOKEN"),
        ({"messenger_graph_base": "http://127.0.0.1:9"}, "LANGNGHE_MESSENGER_GRAPH_BASE"),
    ):
        channel = Messenger(settings(fake, **wrong))
        [(good, sentence)] = channel.doctor()
        assert not good
        assert hint in sentence
        channel.close()
