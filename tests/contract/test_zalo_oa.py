"""The Zalo channel against the fake server: sending, pictures, templates, errors, files."""

from __future__ import annotations

import hashlib
import hmac
import io
import logging
import random
import threading
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from bot.channels import modules, open_channels
from bot.channels.base import File
from bot.channels.templates import read_templates
from bot.channels.zalo_oa import codes, open_channel, words
from bot.channels.zalo_oa.adapter import ZaloOA, international
from bot.channels.zalo_oa.codes import BUSINESS, BY_USER_ID, OPENAPI, until_morning, until_tomorrow
from bot.channels.zalo_oa.parse import MARK
from bot.channels.zalo_oa.pictures import MOST_BYTES, fit
from bot.channels.zalo_oa.render import split, units
from bot.domain.message import Button, Outgoing, Template
from bot.domain.reach import LOCAL
from bot.errors import BrokenRequest, ChannelDown, DeliveryError, RetryLater, SettingsError, Unreachable, WayClosed
from bot.settings import ROOT, Settings
from tests.servers.zalo_oa import APP_SECRET, OA_KEY, REFRESH, FakeZaloOA, Person, city_templates
from tests.vaults import MemoryVault

pytestmark = pytest.mark.timeout(60)

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=LOCAL)
UPDATE = Template("case_update", {"code": "HN2611-7K3QX-F", "filed": "20/11/2026", "status": "Đang xử lý"})


class Zalo(FakeZaloOA):
    """With a clock that the test sets."""

    def __init__(self) -> None:
        self.time = NOON
        super().__init__(now=lambda: self.time.timestamp())


@pytest.fixture
def fake() -> Iterator[Zalo]:
    with Zalo() as server:
        city_templates(server, ROOT / "data")
        yield server


@pytest.fixture
def an(fake: Zalo) -> Person:
    return fake.user("2460000000000000001", "An", phone="84901234567")


@pytest.fixture
def channel(fake: Zalo) -> Iterator[ZaloOA]:
    made = opened(fake)
    yield made
    made.close()


def opened(fake: Zalo, **more: Any) -> ZaloOA:
    settings = Settings(city_dir=ROOT / "data", **fake.settings(**more))
    made = open_channel(settings, MemoryVault())
    assert made is not None
    return ZaloOA(settings, MemoryVault(), made.texts, made.template_ids, lambda: fake.time)


def picture(colour: str = "red", kind: str = "JPEG") -> File:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, kind)
    return File(out.getvalue(), f"image/{kind.lower()}", f"{colour}.{kind.lower()}")


def buttons(count: int, label: str = "Lựa chọn") -> tuple[Button, ...]:
    return tuple(Button(f"{label} {number}", f"report:{number}") for number in range(1, count + 1))


# --- whether there is a channel ---


def test_without_keys_the_channel_is_off() -> None:
    assert open_channel(Settings(), MemoryVault()) is None
    assert "zalo_oa" in modules()


@pytest.mark.parametrize("key", ["app_id", "app_secret", "secret_key", "refresh_token"])
def test_with_one_key_missing_it_stays_off_and_the_log_names_it(
    fake: Zalo, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert open_channel(Settings(**fake.settings(**{f"zalo_oa_{key}": " "})), MemoryVault()) is None
    assert f"LANGNGHE_ZALO_OA_{key.upper()}" in caplog.text


def test_with_its_keys_it_is_found_by_its_folder(fake: Zalo) -> None:
    found = open_channels(Settings(**fake.settings()), MemoryVault())["zalo_oa"]
    assert (found.name, found.label, found.abilities.buttons, found.abilities.text) == ("zalo_oa", "Zalo", 5, 2000)
    assert (found.push.free, found.push.template, found.push.phone) == (timedelta(days=7), True, True)
    assert fake.calls == [], "opening a channel calls nobody"


def test_without_template_ids_there_is_only_the_window(fake: Zalo) -> None:
    found = opened(fake, zalo_oa_templates=())
    assert (found.push.free, found.push.template, found.push.phone) == (timedelta(days=7), False, False)


@pytest.mark.parametrize("pair", ["case_update", "case_update=", "=345", "no_such=345", "case_update=1,case_update=2"])
def test_a_bad_template_pair_stops_the_start(fake: Zalo, pair: str) -> None:
    settings = Settings(**fake.settings(zalo_oa_templates=tuple(pair.split(","))))
    with pytest.raises(SettingsError, match="LANGNGHE_ZALO_OA_TEMPLATES"):
        open_channel(settings, MemoryVault())


def test_an_unknown_signed_id_stops_the_start(fake: Zalo) -> None:
    with pytest.raises(SettingsError, match="LANGNGHE_ZALO_OA_SIGNED_ID"):
        open_channel(Settings(**fake.settings(zalo_oa_signed_id="page")), MemoryVault())


# --- sending ---


def test_a_text_arrives_as_it_was_written(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    number = channel.send(an.id, Outgoing("Phiếu *HN2611-7K3QX-F* & <b>\nHạn: thứ Hai"), [])
    [sent] = an.received
    assert (sent.text, sent.number) == ("Phiếu *HN2611-7K3QX-F* & <b>\nHạn: thứ Hai", number)


def test_the_token_is_a_bare_header_with_its_proof(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    channel.send(an.id, Outgoing("tin"), [])
    headers = fake.called("cs")[0]["headers"]
    proof = hmac.new(APP_SECRET.encode(), headers["access_token"].encode(), hashlib.sha256).hexdigest()
    assert (headers["appsecret_proof"], "authorization" in headers) == (proof, False)


def test_the_proof_is_the_one_of_the_reference(fake: Zalo) -> None:
    api = opened(fake, zalo_oa_app_secret="fbAppSecret01").api
    proof = api._headers("EAAB-example-token")["appsecret_proof"]
    assert proof == "912b3b2d45414747d1df1e1e04ca6ab21f178fd8730cddaf125b021af5419294"


def test_a_decomposed_text_is_composed(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    channel.send(an.id, Outgoing(unicodedata.normalize("NFD", "Ổ gà trước ngõ")), [])
    assert an.texts == ["Ổ gà trước ngõ"]


def test_five_buttons_are_buttons_whose_payload_is_marked(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    channel.send(an.id, Outgoing("Anh/chị chọn:", buttons(5)), [])
    [sent] = an.received
    assert sent.labels == an.buttons == [f"Lựa chọn {number}" for number in range(1, 6)]
    assert {button["type"] for button in sent.buttons} == {"oa.query.hide"}
    assert sent.buttons[0]["payload"] == f"{MARK}report:1"


@pytest.mark.parametrize("many", [buttons(6), buttons(2, "rất dài " * 13)], ids=["six", "long labels"])
def test_more_than_zalo_shows_is_numbered_text(
    fake: Zalo, an: Person, channel: ZaloOA, many: tuple[Button, ...]
) -> None:
    channel.send(an.id, Outgoing("Chọn:", many), [])
    [sent] = an.received
    assert sent.buttons == []
    lines = sent.text.splitlines()
    assert (lines[0], words.NUMBERED in lines) == ("Chọn:", True)
    assert lines[-len(many) :] == [f"{n}. {button.label.strip()}" for n, button in enumerate(many, 1)]


def test_a_label_of_100_characters_is_still_a_button(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    channel.send(an.id, Outgoing("Chọn:", (Button("đ" * 100, "a:b"),)), [])
    assert an.received[0].labels == ["đ" * 100]


def test_buttons_without_words_get_some(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    channel.send(an.id, Outgoing("", buttons(2)), [])
    assert (an.texts, len(an.received[0].buttons)) == ([words.CHOOSE], 2)


@pytest.mark.parametrize("button", [Button("Chọn", ""), Button(" ", "a:b"), Button("Chọn", "x" * 996)])
def test_a_button_that_zalo_would_refuse_is_our_fault(fake: Zalo, an: Person, channel: ZaloOA, button: Button) -> None:
    with pytest.raises(BrokenRequest, match="nút"):
        channel.send(an.id, Outgoing("tin", (button,)), [])
    assert fake.called("cs") == []


def test_an_empty_message_is_our_fault(an: Person, channel: ZaloOA) -> None:
    with pytest.raises(BrokenRequest):
        channel.send(an.id, Outgoing("  "), [])


def test_a_long_text_is_cut_between_paragraphs_and_keeps_every_word(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    paragraphs = [f"Đoạn {i}. " + "Nước ngập sâu đến đầu gối. " * 50 for i in range(4)]
    text = "\n\n".join(p.strip() for p in paragraphs)
    channel.send(an.id, Outgoing(text, buttons(2)), [])
    assert "\n\n".join(an.texts) == text
    assert all(units(t) <= 2000 for t in an.texts)
    assert [bool(sent.buttons) for sent in an.received] == [False] * (len(an.received) - 1) + [True]


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("", 10, []),
        ("Câu một. Câu hai dài.", 14, ["Câu một.", "Câu hai dài."]),
        ("một hai ba bốn", 8, ["một hai", "ba bốn"]),
        ("a" * 25, 10, ["a" * 10, "a" * 10, "a" * 5]),
        ("😀😀😀", 5, ["😀😀", "😀"]),
    ],
)
def test_where_a_text_is_cut(text: str, limit: int, pieces: list[str]) -> None:
    assert split(text, limit) == pieces


def test_a_place_is_asked_for_in_words(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    channel.send(an.id, Outgoing("Ở đâu ạ?", buttons(1), ask="location"), [])
    [sent] = an.received
    assert (sent.text, sent.labels) == (f"Ở đâu ạ?\n\n{words.LOCATION}", ["Lựa chọn 1"])


def test_a_phone_number_is_asked_for_with_zalos_form(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    for _ in range(2):
        channel.send(an.id, Outgoing("Số điện thoại ạ?", buttons(1), ask="phone"), [])
    text, form, *_ = an.received
    assert (text.text, len(text.buttons), form.kind, form.text) == ("Số điện thoại ạ?", 1, "form", words.PHONE_FORM)
    element = fake.called("cs")[1]["body"]["message"]["attachment"]["payload"]["elements"][0]
    assert (element["title"], element["image_url"]) == ("Lắng Nghe Hà Nội", "https://s.example/a.jpg")
    assert len(fake.called("getoa")) == 1, "the OA's name and picture are asked once"
    [message] = channel.parse(an.shares_phone())
    assert message.phone == "84901234567"


@pytest.mark.parametrize("code", [-201, -224, -235])
def test_a_form_that_zalo_refuses_is_left_out(fake: Zalo, an: Person, channel: ZaloOA, code: int) -> None:
    channel.send(an.id, Outgoing("một"), [])
    fake.fail("getoa", code)
    channel.send(an.id, Outgoing("Số điện thoại ạ?", ask="phone"), [])
    fake.api.profile = {}
    channel.send(an.id, Outgoing("Lần nữa ạ?", ask="phone"), [])
    assert an.texts == ["một", "Số điện thoại ạ?", "Lần nữa ạ?"]


def test_a_picture_carries_the_text_as_its_caption(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    red, code = picture(), picture("black", "PNG")
    channel.send(an.id, Outgoing("Đã sửa xong ạ.", images=("a", "b")), [red, code])
    assert [(s.text, s.photo) for s in an.received] == [("Đã sửa xong ạ.", red.content), ("", code.content)]


@pytest.mark.parametrize(
    "message",
    [Outgoing("Xong ạ.", buttons(1), ("a",)), Outgoing("dài " * 600, images=("a",))],
    ids=["buttons", "long text"],
)
def test_otherwise_pictures_come_first_and_the_text_last(
    fake: Zalo, an: Person, channel: ZaloOA, message: Outgoing
) -> None:
    channel.send(an.id, message, [picture()])
    first, *rest = an.received
    assert (first.kind, first.text) == ("picture", "")
    assert " ".join(sent.text for sent in rest) == message.text.strip()
    assert len(rest[-1].buttons) == len(message.buttons)


def test_what_is_no_picture_is_left_out_and_the_text_still_sent(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    channel.send(an.id, Outgoing("Kết quả đây ạ.", images=("a",)), [File(b"no picture", "image/jpeg", "a.jpg")])
    assert [(s.text, s.photo) for s in an.received] == [("Kết quả đây ạ.", None)]


def test_an_upload_that_is_gone_is_uploaded_again_once(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    fake.fail("cs", -100)
    channel.send(an.id, Outgoing("Ảnh ạ.", images=("a",)), [picture()])
    assert (len(fake.called("upload")), len(an.pictures)) == (2, 1)
    fake.fail("cs", -100, times=2)
    channel.send(an.id, Outgoing("Ảnh nữa ạ.", images=("a",)), [picture()])
    assert (len(fake.called("upload")), an.texts) == (4, ["Ảnh ạ.", "Ảnh nữa ạ."])
    assert len(an.pictures) == 1, "given up, and only the text came"


def noisy(side: int, kind: str, mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    noise = random.Random(1).randbytes(side * side * len(mode))
    Image.frombytes(mode, (side, side), noise).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("BMP", "RGB")])
def test_a_large_picture_is_made_small_enough(fake: Zalo, an: Person, channel: ZaloOA, kind: str, mode: str) -> None:
    content = noisy(900, kind, mode)
    assert len(content) > MOST_BYTES
    channel.send(an.id, Outgoing("Ảnh", images=("a",)), [File(content, "image/x", "a")])
    [small] = an.pictures
    assert len(small) <= MOST_BYTES
    assert Image.open(io.BytesIO(small)).format == "JPEG"


def test_a_small_picture_of_another_kind_becomes_a_jpeg_and_a_fitting_one_stays() -> None:
    kept = picture("red", "PNG")
    assert fit(kept) == File(kept.content, "image/png", "red.png")
    assert fit(picture("red", "WEBP")).content_type == "image/jpeg"
    assert fit(replace(kept, name="x.jpg")).name == "x.png", "named by what it is"


def test_trying_again_does_not_repeat_what_was_sent(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    message = Outgoing("Kết quả ạ.", buttons(1), ("a", "b"), ask="phone")
    files = [picture("red"), picture("blue")]
    fake.fail("upload", 503)
    with pytest.raises(RetryLater):
        channel.send(an.id, message, files)
    channel.send(an.id, message, files)
    assert [s.kind for s in an.received] == ["picture", "picture", "text", "form"]
    channel.send(an.id, message, files)
    assert len(an.received) == 8, "the same words another time are another message"


@pytest.mark.parametrize(("code", "kind"), [(-200, RetryLater), (-204, ChannelDown)])
def test_trying_again_goes_on_in_the_middle(
    fake: Zalo, an: Person, channel: ZaloOA, code: int, kind: type[DeliveryError]
) -> None:
    text = "\n\n".join(f"Đoạn {i}. " + "Nước ngập. " * 150 for i in range(3))
    channel.send(an.id, Outgoing("một"), [])
    original, count = channel.api.message, iter(range(9))

    def second_fails(user: str, message: dict[str, Any]) -> str:
        if next(count) == 1:
            fake.fail("cs", code)
        return original(user, message)

    channel.api.message = second_fails  # type: ignore[method-assign]
    with pytest.raises(kind):
        channel.send(an.id, Outgoing(text), [])
    channel.send(an.id, Outgoing(text), [])
    assert [t.split(".")[0] for t in an.texts] == ["một", "Đoạn 0", "Đoạn 1", "Đoạn 2"]


def test_many_threads_may_send_at_once_and_a_closed_channel_opens_again(
    fake: Zalo, an: Person, channel: ZaloOA
) -> None:
    threads = [threading.Thread(target=channel.send, args=(an.id, Outgoing(f"tin {i}"), [])) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(an.texts) == {f"tin {i}" for i in range(8)}
    channel.close()
    channel.send(an.id, Outgoing("sau"), [])
    assert an.texts[-1] == "sau"


def test_typing_and_receiver_are_nothing_on_zalo(channel: ZaloOA, fake: Zalo) -> None:
    channel.typing("1")
    assert channel.receiver(lambda messages: None) is None
    assert fake.calls == []


# --- windows and templates ---


def test_the_window_is_zalos_seven_days(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    fake.time = NOON + timedelta(days=7)
    channel.send(an.id, Outgoing("vừa kịp"), [])
    fake.time = NOON + timedelta(days=7, seconds=1)
    with pytest.raises(WayClosed, match="-230"):
        channel.send(an.id, Outgoing("quá hạn"), [])
    channel.send(an.id, Outgoing("quá hạn", template=UPDATE), [], "template")
    assert [s.kind for s in an.received] == ["text", "template"]


def test_a_template_goes_by_user_id(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    number = channel.send(an.id, Outgoing("Đang xử lý", template=UPDATE), [picture()], "template")
    [sent] = an.received
    assert (sent.number, sent.template, sent.values, sent.by_phone) == (number, "345001", UPDATE.parameters, False)
    assert fake.called("upload") == []


def test_a_template_goes_by_phone_with_a_tracking_id(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    message = Outgoing("Đang xử lý", template=UPDATE)
    number = channel.send("0901 234 567", message, [], "phone")
    channel.send("84901234567", message, [], "phone")
    sent = an.received[0]
    assert (sent.number, sent.template, sent.values, sent.by_phone) == (number, "345001", UPDATE.parameters, True)
    first, again = (call["body"]["tracking_id"] for call in fake.called("phone"))
    assert first == again, "a second try of the same day"
    fake.time = NOON + timedelta(days=1)
    channel.send("84901234567", message, [], "phone")
    assert fake.called("phone")[2]["body"]["tracking_id"] != first
    assert [m.handle["tracking"] for m in channel.parse(fake.delivered_by_phone(an.phone, sent, first))] == [first]


def test_values_are_composed_and_cut_to_size(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    long = unicodedata.normalize("NFD", "Đang chờ đơn vị xử lý xác minh tại hiện trường\nvà trả lời")
    template = Template("case_update", {**UPDATE.parameters, "status": long, "filed": " "})
    channel.send(an.id, Outgoing("x", template=template), [], "template")
    values = an.received[0].values
    assert (values["status"], values["filed"]) == ("Đang chờ đơn vị xử lý xác min…", "-")


@pytest.mark.parametrize("way", ["template", "phone"])
@pytest.mark.parametrize("template", [None, replace(UPDATE, name="not_approved")])
def test_without_an_approved_template_this_way_is_closed(
    fake: Zalo, an: Person, channel: ZaloOA, way: Any, template: Template | None
) -> None:
    with pytest.raises(WayClosed):
        channel.send("84901234567" if way == "phone" else an.id, Outgoing("x", template=template), [], way)
    assert fake.calls == []


def test_a_template_without_an_id_is_closed_though_it_has_a_text(fake: Zalo, an: Person) -> None:
    with pytest.raises(WayClosed):
        opened(fake, zalo_oa_templates=("case_result=1",)).send(an.id, Outgoing("x", template=UPDATE), [], "template")


def test_a_missing_parameter_is_our_fault(an: Person, channel: ZaloOA) -> None:
    with pytest.raises(BrokenRequest, match="filed"):
        channel.send(
            an.id, Outgoing("x", template=Template("case_update", {"code": "a", "status": "b"})), [], "template"
        )


def test_a_template_that_only_goes_by_phone_closes_the_way_by_user_id(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    fake.templates["345001"].by_user_id = False
    message = Outgoing("x", template=UPDATE)
    with pytest.raises(WayClosed, match="-249"):
        channel.send(an.id, message, [], "template")
    channel.send(an.phone, message, [], "phone")
    assert [s.by_phone for s in an.received] == [True]


def test_a_number_without_zalo_closes_the_way_by_phone(fake: Zalo, channel: ZaloOA) -> None:
    with pytest.raises(WayClosed, match="-118"):
        channel.send("84999999999", Outgoing("x", template=UPDATE), [], "phone")


@pytest.mark.parametrize(
    ("given", "number"),
    [("0901234567", "84901234567"), ("+84 901 234 567", "84901234567"), ("84901234567", "84901234567")],
)
def test_how_a_number_is_written_for_zalo(given: str, number: str) -> None:
    assert international(given) == number


@pytest.mark.parametrize("given", ["", "abc", "12345", "+1 202 555 0100"])
def test_a_number_that_is_none_closes_the_way(given: str) -> None:
    with pytest.raises(WayClosed):
        international(given)


# --- what goes wrong ---


def refused(channel: ZaloOA, who: Person, way: Any = "free") -> DeliveryError:
    address = who.phone if way == "phone" else who.id
    with pytest.raises(DeliveryError) as caught:
        channel.send(address, Outgoing("nội dung riêng", template=UPDATE), [], way)
    said = str(caught.value)
    assert "access-" not in said
    assert "riêng" not in said
    assert who.id not in said
    return caught.value


TOMORROW_7 = 19 * 3600.0
OPENAPI_ERRORS: dict[type[DeliveryError], set[int]] = {
    RetryLater: {-32, -200, -211, -218, -234, -311},
    WayClosed: {-213, -230, -232, -244, -249, -305},
    Unreachable: {-217, -227},
    BrokenRequest: {-201, -202, -210, -214, -233, -235, -240, -9999},
    ChannelDown: {-204, -205, -209, -212, -215, -219, -221, -223, -224, -242, -248, -320, -321},
}
BUSINESS_ERRORS: dict[type[DeliveryError], set[int]] = {
    RetryLater: {-32, -100, -133, -144, -1441, -147, -1471},
    WayClosed: {-108, -109, -110, -114, -117, -118, -119, -131, -134, -139, -140, -141, -146},
    BrokenRequest: {-111, -112, -113, -1121, -1122, -1123, -1124, -126, -127, -132, -9999},
    ChannelDown: {-115, -135, -1351, -136, -137, -138, -242},
}


def cases(table: dict[type[DeliveryError], set[int]]) -> list[Any]:
    return [pytest.param(code, kind, id=f"{code} {kind.__name__}") for kind in table for code in table[kind]]


def test_every_code_of_the_tables_is_tried_here() -> None:
    tried = set().union(*OPENAPI_ERRORS.values()) | {-100, -216, -220}
    assert OPENAPI.keys() == tried - {-9999}
    tried = set().union(*BUSINESS_ERRORS.values()) | {-124}
    assert BUSINESS.keys() == tried - {-9999}


@pytest.mark.parametrize(("code", "kind"), cases(OPENAPI_ERRORS))
def test_a_code_of_openapi_is_a_decision(
    fake: Zalo, an: Person, channel: ZaloOA, code: int, kind: type[DeliveryError]
) -> None:
    fake.fail("cs", code)
    error = refused(channel, an)
    assert (type(error), str(code) in str(error)) == (kind, True)
    assert len(fake.called("cs")) == 1


@pytest.mark.parametrize(("code", "kind"), cases(BUSINESS_ERRORS))
def test_a_code_of_the_business_host_is_a_decision(
    fake: Zalo, an: Person, channel: ZaloOA, code: int, kind: type[DeliveryError]
) -> None:
    fake.fail("phone", code)
    error = refused(channel, an, "phone")
    assert (type(error), str(code) in str(error)) == (kind, True)


@pytest.mark.parametrize(
    ("code", "kind"), [(-141, Unreachable), (-230, WayClosed), (-144, RetryLater), (-1122, BrokenRequest)]
)
def test_by_user_id_a_template_knows_the_codes_of_both_hosts(
    fake: Zalo, an: Person, channel: ZaloOA, code: int, kind: type[DeliveryError]
) -> None:
    fake.fail("template", code)
    assert type(refused(channel, an, "template")) is kind
    assert BY_USER_ID[-100] == OPENAPI[-100]


@pytest.mark.parametrize("code", [-211, -218])
def test_a_daily_quota_is_tried_tomorrow_at_seven_and_others_may_send(
    fake: Zalo, an: Person, channel: ZaloOA, code: int
) -> None:
    fake.fail("cs", code)
    error = refused(channel, an)
    assert isinstance(error, RetryLater)
    assert (error.after, error.everyone, error.uncertain) == (TOMORROW_7, False, False)


@pytest.mark.parametrize(("hour", "after"), [(23, 7 * 3600.0), (3, 3 * 3600.0), (12, 600.0)])
def test_at_night_a_message_waits_until_six(fake: Zalo, an: Person, channel: ZaloOA, hour: int, after: float) -> None:
    channel.send(an.id, Outgoing("một"), [])
    fake.time = NOON.replace(hour=hour)
    fake.api.ends = fake.now() + 99999
    fake.fail("cs", -234)
    error = refused(channel, an)
    assert isinstance(error, RetryLater)
    assert error.after == after


def test_the_times_are_hanois_whatever_zone_the_clock_has() -> None:
    late = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)  # 0:30 of the 23rd in Hanoi
    assert until_tomorrow(late) == 30.5 * 3600
    assert until_morning(late) == 5.5 * 3600


def test_a_rate_limit_holds_everyone(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    fake.fail("cs", -32)
    error = refused(channel, an)
    assert isinstance(error, RetryLater)
    assert (error.after, error.everyone) == (30.0, True)
    fake.fail("cs", 429, Retry_After="7")
    error = refused(channel, an)
    assert isinstance(error, RetryLater)
    assert (error.after, error.everyone) == (7.0, True)


def test_a_failed_sending_is_one_persons_affair(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    fake.fail("cs", -200)
    error = refused(channel, an)
    assert isinstance(error, RetryLater)
    assert (error.after, error.everyone, error.uncertain) == (None, False, False)


@pytest.mark.parametrize("code", [-204, -211, -320])
def test_what_the_operator_must_know_stands_in_the_log(
    fake: Zalo, an: Person, channel: ZaloOA, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    fake.fail("cs", code)
    refused(channel, an)
    assert [r.levelno for r in caplog.records if str(code) in r.getMessage()] == [logging.ERROR]


def test_a_resident_who_blocked_us_cannot_be_reached(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    [gone] = channel.parse(an.blocks())
    assert gone.event == "blocked"
    assert isinstance(refused(channel, an), Unreachable)
    [back] = channel.parse(an.follows())
    assert back.event == "unblocked"
    channel.send(an.id, Outgoing("chào"), [])


@pytest.mark.parametrize(("status", "uncertain"), [(500, False), (502, False), (504, True)])
def test_an_ill_server_is_tried_later_by_everyone(
    fake: Zalo, an: Person, channel: ZaloOA, status: int, uncertain: bool
) -> None:
    fake.fail("cs", status)
    error = refused(channel, an)
    assert isinstance(error, RetryLater)
    assert (error.everyone, error.uncertain) == (True, uncertain)


@pytest.mark.parametrize(("status", "kind"), [(401, ChannelDown), (403, ChannelDown), (404, BrokenRequest)])
def test_other_statuses_are_refusals(
    fake: Zalo, an: Person, channel: ZaloOA, status: int, kind: type[DeliveryError]
) -> None:
    fake.fail("cs", status)
    assert type(refused(channel, an)) is kind


def test_after_a_time_out_nobody_knows_whether_it_arrived(fake: Zalo, an: Person) -> None:
    channel = opened(fake, zalo_oa_timeout=0.1)
    fake.stall("cs", 0.2, after_doing=True)
    error = refused(channel, an)
    assert isinstance(error, RetryLater)
    assert (error.uncertain, error.everyone) == (True, False)
    assert an.texts == ["nội dung riêng"]


def test_an_upload_that_timed_out_leaves_no_doubt(fake: Zalo, an: Person) -> None:
    channel = opened(fake, zalo_oa_timeout=0.1)
    fake.stall("upload", 0.2)
    with pytest.raises(RetryLater) as caught:
        channel.send(an.id, Outgoing("Ảnh", images=("a",)), [picture()])
    assert not caught.value.uncertain
    time.sleep(0.1)


def test_a_server_that_is_not_there_is_tried_later_for_certain(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    for base in ("zalo_oa_api_base", "zalo_oa_oauth_base"):
        error = refused(opened(fake, **{base: "http://127.0.0.1:9"}), an)
        assert isinstance(error, RetryLater)
        assert (error.uncertain, error.everyone) == (False, True)


def test_no_log_line_holds_a_secret_or_a_word_of_the_message(
    fake: Zalo, an: Person, channel: ZaloOA, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "bot")
    for code in (-216, -204, 500, -9999):
        fake.fail("cs", code)
    for _ in range(3):
        refused(channel, an)
    channel.send(an.id, Outgoing("nội dung riêng", ask="phone"), [])
    channel.parse(an.says("lời riêng 0900000123"))
    for secret in (REFRESH, "access-", "refresh-", APP_SECRET, OA_KEY, "riêng", "0900000123", an.phone):
        assert secret not in caplog.text


# --- files ---


def test_a_file_is_fetched_whole_and_the_token_stays_here(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    channel.send(an.id, Outgoing("tin"), [])
    content = bytes(range(256)) * 3000
    [message] = channel.parse(an.sends_photo(content, "cống vỡ"))
    assert channel.fetch(message.media[0].remote or "") == content
    [call] = fake.called("cdn")
    assert not {"access_token", "appsecret_proof", "cookie", "authorization"} & call["headers"].keys()


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example/a.jpg",
        "https://evil.example/a.jpg",
        "https://zdn.vn.evil.example/a.jpg",
        "https://evilzdn.vn/a.jpg",
        "https://s.zdn.vn@evil.example/a.jpg",
        "https://user@s.zdn.vn/a.jpg",
        "file:///etc/passwd",
        "ftp://s.zdn.vn/a",
        "http://[::1",
        "//s.zdn.vn/a",
        "",
    ],
)
def test_only_named_hosts_are_asked(fake: Zalo, url: str) -> None:
    channel = opened(fake, zalo_oa_media_hosts=(".zdn.vn",))
    with pytest.raises(BrokenRequest, match="gửi lại giúp ạ"):
        channel.fetch(url)


def test_plain_http_is_for_servers_of_ones_own(fake: Zalo) -> None:
    url = fake.keep(b"x", "a.jpg")
    with pytest.raises(BrokenRequest):
        opened(fake, zalo_oa_api_base="https://openapi.zalo.me").fetch(url)
    assert fake.called("cdn") == []


def test_a_subdomain_of_a_named_host_is_asked(fake: Zalo) -> None:
    channel = opened(fake, zalo_oa_media_hosts=(".zdn.vn", "localhost"))
    allowed = channel._fetcher._allowed
    assert all(map(allowed, ("https://zdn.vn/a", "https://f1.photo.ZDN.vn./a", "https://localhost:8/a")))
    assert not allowed("https://azdn.vn/a")


def test_a_redirect_is_followed_only_to_named_hosts(fake: Zalo, channel: ZaloOA) -> None:
    good = fake.keep(b"photo", "a.jpg")
    fake.redirects["/cdn/near"] = good.removeprefix(fake.url)
    fake.redirects["/cdn/far"] = good.replace("127.0.0.1", "localhost")
    fake.redirects["/cdn/round"] = "/cdn/round"
    assert channel.fetch(f"{fake.url}/cdn/near") == b"photo"
    for path in ("far", "round"):
        with pytest.raises(BrokenRequest):
            channel.fetch(f"{fake.url}/cdn/{path}")
    assert len(fake.called("cdn")) == 2 + 1 + 4


def test_a_file_over_the_limit_brings_a_courteous_sentence(fake: Zalo) -> None:
    channel = opened(fake)
    channel._fetcher._most = 1000
    assert channel.fetch(fake.keep(b"x" * 1000, "a")) == b"x" * 1000
    with pytest.raises(BrokenRequest, match="gửi tệp nhỏ hơn giúp ạ"):
        channel.fetch(fake.keep(b"x" * 1001, "a"))
    assert opened(fake)._fetcher._most == 20_000_000


def test_a_file_that_is_gone_brings_a_courteous_sentence(fake: Zalo, channel: ZaloOA) -> None:
    with pytest.raises(BrokenRequest, match="gửi lại giúp ạ"):
        channel.fetch(f"{fake.url}/cdn/9/none.jpg")
    url = fake.keep(b"x", "a.jpg")
    fake.fail("cdn", 403)
    with pytest.raises(BrokenRequest, match="gửi lại giúp ạ"):
        channel.fetch(url)


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_file_that_cannot_be_fetched_now_is_fetched_later(fake: Zalo, channel: ZaloOA, status: int) -> None:
    url = fake.keep(b"voice", "a.m4a")
    fake.fail("cdn", status)
    with pytest.raises(RetryLater):
        channel.fetch(url)
    assert channel.fetch(url) == b"voice"


def test_templates_of_the_city_fit_the_limits_of_zalo() -> None:
    for text in read_templates(ROOT / "data" / "texts" / "templates.yml").values():
        assert 9 <= len(text.title) <= 65
        assert 9 <= len(text.body) <= 400
        assert text.button is not None
        assert 5 <= len(text.button) <= 30
        assert len(text.parameters) <= 10


def test_an_unknown_code_is_permanent_and_kept() -> None:
    error = codes.error(codes.rule(OPENAPI, -7), -7, NOON)
    assert (type(error), str(error)) == (BrokenRequest, "Zalo -7: mã lỗi chưa biết")


def test_an_upload_that_the_oa_may_not_make_is_an_alarm(fake: Zalo, an: Person, channel: ZaloOA) -> None:
    fake.fail("upload", -224)
    with pytest.raises(ChannelDown, match="-224"):
        channel.send(an.id, Outgoing("Ảnh", images=("a",)), [picture()])
