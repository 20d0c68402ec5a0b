"""What Zalo brings to the webhook: whose call it is, what each event means, and that nothing comes twice."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from bot.channels.zalo_oa.adapter import ZaloOA
from bot.channels.zalo_oa.parse import MARK, parse_event
from bot.channels.zalo_oa.signature import FRESH, Keys, genuine
from bot.domain.message import MAX_TEXT, Button, Incoming, Location, MediaRef, Outgoing
from bot.settings import ROOT, Settings
from bot.store.models import Inbox
from bot.web.webhooks import webhooks_router
from bot.wiring import System, build
from tests.servers.zalo_oa import APP_SECRET, OA_ID, OA_KEY, FakeZaloOA

pytestmark = pytest.mark.timeout(60)

USER = "2460000000000000001"

# --- the signature, with the vector of channels.md F ---

VECTOR = (
    '{"app_id":"1234567890123456789","user_id_by_app":"5500000000000000001","event_name":"user_send_text",'
    '"timestamp":"1790000000000","sender":{"id":"2460000000000000001"},"recipient":{"id":"3850000000000000001"},'
    '"message":{"msg_id":"96d3cdf3af150460909","text":"Ổ gà trước số 12 Lê Lợi"}}'
).encode()
MAC = "fa60c69ea19ceb95388537e906b823659a0e90693e2bdb2b99173fe1cf858d80"
KEYS = Keys("1234567890123456789", "oaSecretKEY01", "appSecret01")
NOW = 1790000000.0


def signed(
    raw: bytes, first: str = KEYS.app_id, stamp: str = "1790000000000", key: str = KEYS.oa_key
) -> dict[str, str]:
    mac = hashlib.sha256(first.encode() + raw + stamp.encode() + key.encode()).hexdigest()
    return {"X-ZEvent-Signature": f"mac={mac}"}


def test_the_vector_of_the_reference_is_genuine() -> None:
    assert len(VECTOR) == 295
    assert genuine(KEYS, {"X-ZEvent-Signature": f"mac={MAC}"}, VECTOR, NOW)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-zevent-signature": MAC},
        {"X-ZEVENT-SIGNATURE": f"mac={MAC.upper()}"},
        {"X-ZEvent-Signature": f" mac={MAC} "},
    ],
    ids=["no prefix", "upper case", "blanks"],
)
def test_the_ways_in_which_a_signature_may_be_written(headers: dict[str, str]) -> None:
    assert genuine(KEYS, headers, VECTOR, NOW)


@pytest.mark.parametrize(
    ("headers", "raw"),
    [
        ({}, VECTOR),
        ({"X-ZEvent-Signature": ""}, VECTOR),
        ({"X-ZEvent-Signature": "mac="}, VECTOR),
        ({"X-ZEvent-Signature": "mac=" + MAC[:-1] + "1"}, VECTOR),
        ({"X-ZEvent-Signature": "mac=ổ"}, VECTOR),
        ({"X-ZEvent-Signature": f"mac={MAC}"}, VECTOR + b" "),
        ({"X-ZEvent-Signature": f"mac={MAC}"}, VECTOR.replace(b"12 L", b"13 L")),
        ({"X-ZEvent-Signature": f"mac={MAC}"}, json.dumps(json.loads(VECTOR)).encode()),
        ({"X-ZEvent-Signature": f"mac={MAC}"}, b""),
        ({"X-ZEvent-Signature": f"mac={MAC}"}, b"[1]"),
        (signed(VECTOR, key="another key"), VECTOR),
    ],
)
def test_a_forged_or_missing_signature_is_refused(headers: dict[str, str], raw: bytes) -> None:
    assert not genuine(KEYS, headers, raw, NOW)


def test_an_hmac_is_no_signature_of_zalos() -> None:
    import hmac

    mac = hmac.new(KEYS.oa_key.encode(), VECTOR, hashlib.sha256).hexdigest()
    assert not genuine(KEYS, {"X-ZEvent-Signature": f"mac={mac}"}, VECTOR, NOW)


def test_another_apps_event_is_refused_even_when_it_is_signed_with_our_key() -> None:
    raw = VECTOR.replace(b"1234567890123456789", b"1234567890123456780")
    assert not genuine(KEYS, signed(raw), raw, NOW)
    assert not genuine(KEYS, signed(raw, first="1234567890123456780"), raw, NOW)
    raw = VECTOR.replace(b'"app_id":"1234567890123456789",', b"")
    assert not genuine(KEYS, signed(raw), raw, NOW)


def test_without_an_oa_key_nothing_is_genuine() -> None:
    assert not genuine(Keys(KEYS.app_id, "", "x"), signed(VECTOR, key=""), VECTOR, NOW)


@pytest.mark.parametrize(("away", "good"), [(12.9, True), (-12.9, True), (13.1, False), (-13.1, False)])
def test_a_call_is_good_for_thirteen_hours_on_both_sides(away: float, good: bool) -> None:
    assert timedelta(hours=13) == FRESH
    assert genuine(KEYS, signed(VECTOR), VECTOR, NOW + away * 3600) is good


def test_the_switch_puts_the_oas_id_first(caplog: pytest.LogCaptureFixture) -> None:
    by_oa = Keys(KEYS.app_id, KEYS.oa_key, KEYS.app_secret, "oa")
    headers = signed(VECTOR, first=OA_ID)
    assert genuine(by_oa, headers, VECTOR, NOW)
    assert not genuine(by_oa, signed(VECTOR), VECTOR, NOW)
    caplog.clear()
    assert not genuine(KEYS, headers, VECTOR, NOW)
    assert "LANGNGHE_ZALO_OA_SIGNED_ID=oa" in caplog.text


@pytest.mark.parametrize("body", [{"oa_id": OA_ID, "follower": {"id": USER}}, {"sender": {"id": OA_ID}}])
def test_the_oas_id_stands_where_the_event_has_it(body: dict[str, Any]) -> None:
    by_oa = Keys(KEYS.app_id, KEYS.oa_key, KEYS.app_secret, "oa")
    raw = json.dumps({"app_id": KEYS.app_id, "timestamp": "1790000000000", **body}).encode()
    assert genuine(by_oa, signed(raw, first=OA_ID), raw, NOW)


def test_a_time_in_the_header_counts_only_when_the_body_has_none() -> None:
    raw = VECTOR.replace(b'"timestamp":"1790000000000",', b"")
    headers = {**signed(raw), "X-ZEvent-Timestamp": "1790000000000"}
    assert genuine(KEYS, headers, raw, NOW)
    assert not genuine(KEYS, signed(raw), raw, NOW)
    other = {**signed(VECTOR, stamp="1790000000001"), "X-ZEvent-Timestamp": "1790000000001"}
    assert not genuine(KEYS, other, VECTOR, NOW)


def test_a_time_written_as_a_number_is_the_same_time() -> None:
    raw = VECTOR.replace(b'"1790000000000"', b"1790000000000")
    assert genuine(KEYS, signed(raw), raw, NOW)


def test_the_log_names_the_mistake_of_taking_the_apps_key(caplog: pytest.LogCaptureFixture) -> None:
    assert not genuine(KEYS, signed(VECTOR, key=KEYS.app_secret), VECTOR, NOW)
    assert "LANGNGHE_ZALO_OA_SECRET_KEY" in caplog.text
    assert KEYS.app_secret not in caplog.text
    caplog.clear()
    assert not genuine(KEYS, {**signed(VECTOR, key="x"), "X-ZEvent-Server": "ZNS"}, VECTOR, NOW)
    assert "template event" in caplog.text


# --- what an event means ---


def event(name: str, message: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "app_id": "4100000000000000001",
        "user_id_by_app": "5500000000000000001",
        "event_name": name,
        "timestamp": "1790000001000",
        "sender": {"id": USER},
        "recipient": {"id": OA_ID},
    }
    if message is not None:
        body["message"] = {"msg_id": "96d3cdf3af150460910", **message}
    return {**body, **more}


def attached(kind: str, payload: dict[str, Any], **message: Any) -> dict[str, Any]:
    return event(f"user_send_{kind}", {"attachments": [{"type": kind, "payload": payload}], **message})


PIN = Location(21.028511, 105.804817)
ADDRESS = {"latitude": "21.028511", "longitude": "105.804817"}
URL = "https://cdn.example/full.jpg"

MEANINGS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "text": (event("user_send_text", {"text": "Đèn đường hỏng"}), {"text": "Đèn đường hỏng"}),
    "reply to an earlier message": (
        event("user_send_text", {"text": "vẫn hỏng", "quote_msg_id": "96d3"}),
        {"text": "vẫn hỏng"},
    ),
    "decomposed text": (event("user_send_text", {"text": "O\u0302\u0309 ga\u0300"}), {"text": "Ổ gà"}),
    "pressed button": (event("user_send_text", {"text": f"{MARK}report:send:7"}), {"payload": "report:send:7"}),
    "user_click_button": (event("user_click_button", {"text": f"{MARK}after:ok"}), {"payload": "after:ok"}),
    "a typed payload": (event("user_send_text", {"text": "report:send:7"}), {"text": "report:send:7"}),
    "only the mark": (event("user_send_text", {"text": MARK}), {"text": MARK}),
    "photo": (
        attached("image", {"url": URL, "thumbnail": "https://cdn.example/t.jpg"}),
        {"media": (MediaRef("photo", None, URL),), "handle": {"media_group_id": USER}},
    ),
    "photo with a caption": (
        attached("image", {"url": URL}, text="cống vỡ"),
        {
            "text": "cống vỡ",
            "media": (MediaRef("photo", None, URL, "cống vỡ"),),
            "handle": {"media_group_id": USER},
        },
    ),
    "two photos in one event": (
        event("user_send_image", {"attachments": [{"type": "image", "payload": {"url": u}} for u in (URL, URL + "2")]}),
        {
            "media": (MediaRef("photo", None, URL), MediaRef("photo", None, URL + "2")),
            "handle": {"media_group_id": USER},
        },
    ),
    "attachments beside the message": (
        event("user_send_audio", {}, attachments=[{"type": "audio", "payload": {"url": URL}}]),
        {"media": (MediaRef("voice", None, URL),)},
    ),
    "voice": (attached("audio", {"url": URL}), {"media": (MediaRef("voice", None, URL),)}),
    "video": (attached("video", {"url": URL, "description": ""}), {"media": (MediaRef("video", None, URL),)}),
    "file": (
        attached("file", {"url": URL, "name": "don.pdf", "size": "48213", "type": "pdf", "checksum": "0f"}),
        {"media": (MediaRef("file", None, URL),)},
    ),
    "recording as a file": (
        attached("file", {"url": URL, "name": "ghi âm.M4A"}),
        {"media": (MediaRef("voice", None, URL),)},
    ),
    "picture as a file": (
        attached("file", {"url": URL, "name": "a", "type": "PNG"}),
        {"media": (MediaRef("photo", None, URL),)},
    ),
    "sticker": (attached("sticker", {"id": "46991", "url": URL}), {}),
    "gif": (attached("gif", {"url": URL, "thumbnail": URL}), {}),
    "business card": (attached("business_card", {"whatever": "0900000123"}), {}),
    "a kind of tomorrow": (event("user_send_hologram", {}), {}),
    "link": (
        attached("link", {"url": "https://vi.example/bai", "thumbnail": "", "description": "Tiêu đề"}),
        {"text": "Tiêu đề\nhttps://vi.example/bai"},
    ),
    "link that is its own text": (
        attached("link", {"url": "https://vi.example/bai"}, text="https://vi.example/bai"),
        {"text": "https://vi.example/bai"},
    ),
    "pin": (attached("location", {"coordinates": ADDRESS}), {"location": PIN}),
    "pin as numbers": (
        attached("location", {"coordinates": {"latitude": 21.028511, "longitude": 105.804817}}),
        {"location": PIN},
    ),
    "pin under short names": (
        attached("location", {"coordinates": {"lat": "21.028511", "long": "105.804817"}}),
        {"location": PIN},
    ),
    "pin without a box": (attached("location", dict(ADDRESS)), {"location": PIN}),
    "pin in the message": (event("user_send_location", {"location": ADDRESS}), {"location": PIN}),
    "pin beside the message": (
        event("user_send_location", {}, attachments=[{"type": "location", "payload": {"coordinates": ADDRESS}}]),
        {"location": PIN},
    ),
    "pin with an address": (
        attached("location", {"coordinates": ADDRESS, "address": "12 Lê Lợi"}),
        {"location": PIN, "text": "12 Lê Lợi"},
    ),
    "pin outside the globe": (
        attached("location", {"coordinates": {"latitude": "nan", "longitude": "181"}, "address": "12 Lê Lợi"}),
        {"text": "12 Lê Lợi"},
    ),
    "follow": (
        {"event_name": "follow", "oa_id": OA_ID, "timestamp": "1790000001000", "follower": {"id": USER}},
        {"event": "unblocked"},
    ),
    "unfollow": (
        {"event_name": "unfollow", "oa_id": OA_ID, "timestamp": "1790000001000", "follower": {"id": USER}},
        {"event": "blocked"},
    ),
    "chat opened": (event("user_click_chatnow"), {"event": "unblocked"}),
    "form": (
        event("user_submit_info", info={"name": "An", "phone": "84901234567", "address": "12 Lê Lợi", "ward": "x"}),
        {"phone": "84901234567"},
    ),
    "form with a number as a number": (
        event("user_submit_info", info={"phone": 84901234567}),
        {"phone": "84901234567"},
    ),
    "newer form": (
        event("user_submit_info", info={"phone": "+84901234567", "full_address": {"user_city": "Hà Nội"}}),
        {"phone": "84901234567"},
    ),
    "form without a number": (event("user_submit_info", info={"name": "An"}), {}),
}


def swapped(name: str, message: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An event from the OA to the resident."""
    return event(name, message, sender={"id": OA_ID}, recipient={"id": USER}, **more)


RECEIPTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "delivered": (swapped("user_received_message", {}), {"event": "delivered", "ids": ["96d3cdf3af150460910"]}),
    "read": (swapped("user_seen_message", {}), {"event": "read", "ids": ["96d3cdf3af150460910"]}),
    "several": (
        swapped("user_seen_message", {"msg_id": None, "msg_ids": ["a", "b", "a"]}),
        {"event": "read", "ids": ["a", "b"]},
    ),
}


def meaning(message: Incoming) -> dict[str, Any]:
    """All that is not empty, without what every message has."""
    fields = {
        name: getattr(message, name) for name in ("text", "payload", "location", "media", "phone", "event", "handle")
    }
    return {name: value for name, value in fields.items() if value}


@pytest.mark.parametrize("name", MEANINGS)
def test_an_event_means_what_the_resident_meant(name: str) -> None:
    given, expected = MEANINGS[name]
    [message] = parse_event(given)
    assert meaning(message) == expected
    assert (message.channel, message.sender) == ("zalo_oa", USER)
    assert message.sent_at == datetime.fromtimestamp(1790000001, UTC)
    assert Incoming.from_json(json.loads(json.dumps(message.to_json()))) == message


@pytest.mark.parametrize("name", RECEIPTS)
def test_a_receipt_names_our_messages(name: str) -> None:
    given, expected = RECEIPTS[name]
    [message] = parse_event(given)
    assert {"event": message.event, "ids": message.handle["ids"]} == expected
    assert message.sender == USER


def test_in_a_receipt_the_resident_is_whoever_is_not_the_oa() -> None:
    turned = event("user_seen_message", {}, sender={"id": USER}, recipient={"id": OA_ID})
    assert [m.sender for m in parse_event(turned, OA_ID)] == [USER]
    assert [m.sender for m in parse_event({**turned, "oa_id": OA_ID})] == [USER]


def test_the_receipt_of_a_template_by_phone_names_the_number() -> None:
    given = swapped("user_received_message", {"tracking_id": "ln-1", "delivery_time": "1790000000999"})
    [message] = parse_event({**given, "recipient": {"id": "84901234567"}})
    assert (message.sender, message.event) == ("84901234567", "delivered")
    assert message.handle == {"ids": ["96d3cdf3af150460910"], "tracking": "ln-1"}


NOTHING_FOR_US = {
    **{
        f"echo {kind}": swapped(f"oa_send_{kind}", {"text": "Đã nhận"})
        for kind in ("text", "image", "gif", "list", "file", "sticker", "template")
    },
    "echo of an officer": swapped("oa_send_text", {"text": "x"}) | {"sender": {"id": OA_ID, "admin_id": "9"}},
    **{
        f"visitor {kind}": event(f"anonymous_send_{kind}", {"text": "x", "conversation_id": "c"})
        for kind in ("text", "image", "file", "sticker")
    },
    "reaction": event("user_reacted_message", {"react_icon": "/-heart"}),
    "tag": event("add_user_to_tag"),
    "quota": {"event_name": "change_oa_daily_quota", "timestamp": "1790000001000"},
    "template": {"event_name": "change_template_status", "timestamp": "1790000001000"},
    "unknown": event("something_new", {"text": "x"}),
    "receipt for nothing": swapped("user_seen_message", {"msg_id": ""}),
    "our own words": event("user_send_text", {"text": "x"}, sender={"id": ""}),
    "no sender": event("user_send_text", {"text": "x"}, sender=None),
    "a number that lost digits": event("user_send_text", {"text": "x"}, sender={"id": 2.46e18}),
    "empty": {},
    "no name": {"event_name": None},
    "a list for a name": {"event_name": ["user_send_text"]},
    "attachments that are none": event("user_send_image", {"attachments": 5}),
    "message that is none": event("user_send_text") | {"message": [1]},
    "time that is none": event("user_send_text", {"text": "x"}, timestamp="yesterday"),
    "follow without a follower": {"event_name": "follow", "timestamp": "1", "follower": {}},
}


@pytest.mark.parametrize("name", NOTHING_FOR_US)
def test_what_is_not_a_residents_word_is_left_out(name: str) -> None:
    assert parse_event(NOTHING_FOR_US[name]) == []


def test_the_oas_own_id_is_never_taken_for_a_resident() -> None:
    assert parse_event(event("user_send_text", {"text": "x"}, sender={"id": OA_ID}), OA_ID) == []


def test_an_unknown_event_is_named_in_the_log_and_nothing_of_its_content(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    parse_event(event("something_new", {"text": "0900000123"}))
    parse_event(event("bad name 0900000123", {"text": "x"}))
    assert "something_new" in caplog.text
    assert "0900000123" not in caplog.text


def keys(*events: dict[str, Any]) -> list[str]:
    return [message.message_id for given in events for message in parse_event(given)]


def test_the_same_event_has_the_same_key_and_another_one_another() -> None:
    text = event("user_send_text", {"text": "x"})
    again = {**text, "timestamp": "1790000009999"}
    receipt, read = swapped("user_received_message", {}), swapped("user_seen_message", {})
    follow = MEANINGS["follow"][0]
    later = {**follow, "timestamp": "1790000001001"}
    other = {**follow, "follower": {"id": "2460000000000000002"}}
    assert len(set(keys(text, again))) == 1, "a repeated message"
    assert len(set(keys(follow, dict(follow)))) == 1
    assert len(set(keys(text, receipt, read, follow, later, other))) == 6


def test_the_key_reads_mid_and_fits_the_inbox() -> None:
    mid = event("user_send_text") | {"message": {"mid": "m-1", "text": "x"}}
    assert keys(mid) == ["user_send_text:m-1"]
    long = event("user_send_text", {"msg_id": "a" * 500, "text": "x"})
    assert len(keys(long)[0]) <= 200
    assert keys(long) != keys(event("user_send_text", {"msg_id": "a" * 499 + "b", "text": "x"}))
    bare = event("user_send_text") | {"message": {"text": "x"}, "timestamp": None}
    assert keys(bare) != keys({**bare, "message": {"text": "y"}})


# --- over HTTP, as Zalo brings it ---


@pytest.fixture
def fake() -> Iterator[FakeZaloOA]:
    with FakeZaloOA() as server:
        yield server


@pytest.fixture
def system(fake: FakeZaloOA, tmp_path: Path) -> Iterator[System]:
    settings = Settings(
        data_dir=tmp_path, database_url=f"sqlite:///{tmp_path / 'test.db'}", city_dir=ROOT / "data", **fake.settings()
    )
    made = build(settings)
    yield made
    made.channels["zalo_oa"].close()
    made.db.engine.dispose()


@pytest.fixture
def client(system: System) -> TestClient:
    app = FastAPI()
    app.include_router(webhooks_router(system))
    return TestClient(app)


def post(client: TestClient, fake: FakeZaloOA, given: dict[str, Any], key: str = OA_KEY) -> int:
    headers, raw = fake.signed(given, key)
    return client.post("/hooks/zalo-oa", content=raw, headers=headers).status_code


def inbox(system: System) -> list[Incoming]:
    with system.db.read() as session:
        return [Incoming.from_json(body) for body in session.scalars(select(Inbox.body).order_by(Inbox.id))]


def test_a_signed_event_is_kept_once_however_often_it_comes(
    fake: FakeZaloOA, client: TestClient, system: System
) -> None:
    an = fake.user(USER, "An")
    given = an.says("Đèn đường hỏng")
    assert [post(client, fake, given) for _ in range(3)] == [200, 200, 200]
    assert [(m.text, m.sender) for m in inbox(system)] == [("Đèn đường hỏng", USER)]


def test_a_forged_event_is_refused_and_an_unknown_one_taken(
    fake: FakeZaloOA, client: TestClient, system: System
) -> None:
    an = fake.user(USER, "An")
    given = an.says("giả")
    assert post(client, fake, given, key=APP_SECRET) == 403
    assert client.post("/hooks/zalo-oa", json=given, headers={"X-ZEvent-Signature": ""}).status_code == 403
    assert post(client, fake, fake.event({"event_name": "brand_new"})) == 200
    assert client.get("/hooks/zalo-oa").status_code == 200
    assert inbox(system) == []


@pytest.mark.parametrize("raw", [b"{}", b'{"event_name": "user_send_text"}', b"", b"[]", b"no json"])
def test_the_consoles_test_button_gets_its_200_and_leaves_nothing(
    client: TestClient, system: System, raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """It must get 200 and is not signed as far as anybody knows (channels.md A.1)."""
    assert client.post("/hooks/zalo-oa", content=raw).status_code == 200
    assert inbox(system) == []
    assert "X-ZEvent-Signature" in caplog.text, "a proxy that takes signatures away would lose messages silently"


def test_an_unsigned_event_is_never_read(fake: FakeZaloOA, client: TestClient, system: System) -> None:
    client.post("/hooks/zalo-oa", json=fake.user(USER, "An").says("không ký"))
    assert inbox(system) == []


def test_a_press_comes_back_as_the_payload_of_the_button(fake: FakeZaloOA, client: TestClient, system: System) -> None:
    an = fake.user(USER, "An")
    channel = system.channels["zalo_oa"]
    channel.send(an.id, Outgoing("Gửi chứ ạ?", (Button("Gửi", "report:send:7"),)), [])
    post(client, fake, an.presses("Gửi"))
    assert [(m.text, m.payload) for m in inbox(system)] == [("", "report:send:7")]


def test_a_photo_comes_with_bytes_that_can_be_fetched(fake: FakeZaloOA, client: TestClient, system: System) -> None:
    an = fake.user(USER, "An")
    post(client, fake, an.sends_photo(b"\xff\xd8\xff photo", "cống vỡ"))
    post(client, fake, an.shares_pin(21.028511, 105.804817))
    photo, pin = inbox(system)
    assert system.channels["zalo_oa"].fetch(photo.media[0].remote or "") == b"\xff\xd8\xff photo"
    assert (photo.text, pin.location) == ("cống vỡ", PIN)


def test_the_channel_learns_the_oas_id_from_what_residents_write(fake: FakeZaloOA, system: System) -> None:
    channel = system.channels["zalo_oa"]
    assert isinstance(channel, ZaloOA)
    turned = event("user_seen_message", {}, sender={"id": USER}, recipient={"id": OA_ID})
    assert [m.sender for m in channel.parse(turned)] == [OA_ID], "as documented, until we know better"
    channel.parse(event("user_send_text", {"text": "x"}))
    assert [m.sender for m in channel.parse(turned)] == [USER]


def test_a_text_that_is_too_long_is_cut_and_marked() -> None:
    event = {
        "event_name": "user_send_text",
        "sender": {"id": "2460000000000000001"},
        "recipient": {"id": "3850000000000000001"},
        "message": {"msg_id": "m1", "text": "a" * (MAX_TEXT + 1)},
    }
    [found] = parse_event(event)
    assert (len(found.text), found.handle.get("cut")) == (MAX_TEXT, True)
    [whole] = parse_event({**event, "message": {"msg_id": "m2", "text": "a" * MAX_TEXT}})
    assert (len(whole.text), whole.handle.get("cut")) == (MAX_TEXT, None)
