"""How Messenger's events come in, and what each kind means: who is let in, nothing is lost, nothing comes twice."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from bot.channels.messenger import words
from bot.channels.messenger.adapter import Messenger
from bot.channels.messenger.parse import parse_call
from bot.channels.messenger.places import in_link, in_text
from bot.channels.messenger.receive import Subscriber
from bot.channels.messenger.setup import FIELDS
from bot.domain.message import MAX_TEXT, Incoming, Location, MediaRef
from bot.settings import Settings
from bot.store.models import Inbox
from bot.web.webhooks import Handshaking, webhooks_router
from bot.wiring import System, build
from tests.servers.messenger import (
    APP_SECRET,
    PAGE_ID,
    PAGE_TOKEN,
    VERIFY_TOKEN,
    FakeMessenger,
    raw_call,
    signed,
)

pytestmark = pytest.mark.timeout(60)
AN = "7200000000000001"
URL = "https://scontent.example/a.jpg?sig=1"

# Section F of the channel reference, as it stands.
BODY = (
    rb'{"object":"page","entry":[{"id":"1040000000000001","time":1790000000000,"messaging":[{"sender":'
    rb'{"id":"7200000000000001"},"recipient":{"id":"1040000000000001"},"timestamp":1790000000000,"message":'
    rb'{"mid":"m_AbC123","text":"\u1ed4 g\u00e0"}}]}]}'
)
SIGNATURE = "sha256=a64990dcf9518785a26c55bf71cad16be13e06ad35f09cfad21a02f286effd53"


def channel(**more: object) -> Messenger:
    given = {
        "messenger_app_secret": APP_SECRET,
        "messenger_verify_token": VERIFY_TOKEN,
        "messenger_page_token": PAGE_TOKEN,
        "messenger_timeout": 5.0,
    }
    return Messenger(Settings(**{**given, **more}))  # type: ignore[arg-type]


# --- who is let in ---


def test_the_signature_of_the_reference() -> None:
    assert len(BODY) == 242
    made = channel(messenger_app_secret="fbAppSecret01")
    assert made.verify({"X-Hub-Signature-256": SIGNATURE}, BODY)
    assert made.verify({"x-hub-signature-256": SIGNATURE.upper().replace("SHA", "sha")}, BODY)
    [message] = made.parse(json.loads(BODY))
    assert (message.text, message.message_id, message.sender) == ("Ổ gà", "m_AbC123", AN)


def test_only_the_raw_bytes_signed_with_our_secret_are_let_in() -> None:
    made = channel(messenger_app_secret="fbAppSecret01")
    reserialised = json.dumps(json.loads(BODY), ensure_ascii=False, separators=(",", ":")).encode()
    assert not made.verify({"X-Hub-Signature-256": SIGNATURE}, reserialised)
    assert not made.verify({"X-Hub-Signature-256": SIGNATURE}, BODY + b" ")
    assert not made.verify(signed(BODY, "another secret"), BODY)
    assert not made.verify({}, BODY)
    assert not made.verify({"X-Hub-Signature": signed(BODY)["X-Hub-Signature"]}, BODY), "the old header proves nothing"
    assert not made.verify({"X-Hub-Signature-256": SIGNATURE.removeprefix("sha256=")}, BODY)
    assert not made.verify({"X-Hub-Signature-256": "sha256=é"}, BODY)


def test_the_handshake_answers_only_who_knows_the_word() -> None:
    made = channel()
    assert isinstance(made, Handshaking)
    asked = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}
    assert made.handshake(asked) == "1158201444"
    assert made.handshake({**asked, "hub.verify_token": "wrông"}) is None
    assert made.handshake({**asked, "hub.mode": "unsubscribe"}) is None
    assert made.handshake({}) is None
    assert made.handshake({"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN}) is None


# --- what an event means ---


def item(**what: Any) -> dict[str, Any]:
    return {"sender": {"id": AN}, "recipient": {"id": PAGE_ID}, "timestamp": 1790000000000, **what}


def call(*items: Any, **entry: Any) -> dict[str, Any]:
    return {"object": "page", "entry": [{"id": PAGE_ID, "time": 1790000000000, "messaging": list(items), **entry}]}


def said(**message: Any) -> dict[str, Any]:
    return item(message={"mid": "m_1", **message})


def file(kind: str, url: str = URL, **more: Any) -> dict[str, Any]:
    return {"type": kind, "payload": {"url": url, **more}}


MEANINGS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "text": (said(text="Đèn đường hỏng"), {"text": "Đèn đường hỏng"}),
    "text like a payload": (said(text="report:send:7"), {"text": "report:send:7"}),
    "reply": (said(text="trả lời", reply_to={"mid": "m_0"}), {"text": "trả lời"}),
    "quick reply": (
        said(text="Đèn đường", quick_reply={"payload": "report:topic:7"}),
        {"payload": "report:topic:7", "handle": {"label": "Đèn đường"}},
    ),
    "own phone": (said(text="+84901234567", quick_reply={"payload": "+84901234567"}), {"phone": "+84901234567"}),
    "photos": (
        said(text="hai ảnh", attachments=[file("image"), file("image", URL + "2")]),
        {"text": "hai ảnh", "media": (MediaRef("photo", remote=URL, caption="hai ảnh"),
                                      MediaRef("photo", remote=URL + "2", caption="hai ảnh"))},
    ),
    "voice": (said(attachments=[file("audio")]), {"media": (MediaRef("voice", remote=URL),)}),
    "video": (said(attachments=[file("video")]), {"media": (MediaRef("video", remote=URL),)}),
    "file": (
        said(attachments=[file("file", "https://c.example/don.pdf?sig=5")]),
        {"media": (MediaRef("file", remote="https://c.example/don.pdf?sig=5"),)},
    ),
    "picture sent as a file": (
        said(attachments=[file("file", "https://c.example/A.JPG?sig=5")]),
        {"media": (MediaRef("photo", remote="https://c.example/A.JPG?sig=5"),)},
    ),
    "sticker": (said(attachments=[file("sticker", sticker_id=369239263222822)]), {}),
    "sticker as an image": (said(attachments=[file("image", sticker_id=369239263222822)]), {}),
    "sticker without id": (said(attachments=[file("sticker")]), {}),
    "sticker and words": (said(text="ok", attachments=[file("image", sticker_id=1)]), {"text": "ok"}),
    "unsupported": (said(is_unsupported=True), {}),
    "pin": (
        said(attachments=[{"type": "location", "title": "Vị trí của An", "url": "https://l.facebook.com/l.php?u=x",
                           "payload": {"coordinates": {"lat": 21.0285, "long": 105.8048}}}]),
        {"location": Location(21.0285, 105.8048)},
    ),
    "pin as a link": (
        said(attachments=[{"type": "fallback", "title": "Vị trí", "payload": None, "url":
             "https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.bing.com%2Fmaps%2Fdefault.aspx%3Fv%3D2%26where1"
             "%3D21.0285%252C%2B105.8048%26FORM%3DFBKPL1&h=AT0"}]),
        {"location": Location(21.0285, 105.8048)},
    ),
    "map link": (
        said(text="ở đây https://www.google.com/maps?q=21.0285,105.8048 nhé"),
        {"text": "ở đây nhé", "location": Location(21.0285, 105.8048)},
    ),
    "map link and its preview": (
        said(text="https://maps.google.com/?q=21.0285,105.8048",
             attachments=[{"type": "fallback", "title": "Google Maps", "payload": {
                 "url": "https://maps.google.com/?q=21.0285,105.8048"}}]),
        {"location": Location(21.0285, 105.8048)},
    ),
    "short map link": (
        said(text="https://maps.app.goo.gl/abc", attachments=[{"type": "fallback", "title": "Chợ", "payload": None}]),
        {"text": "https://maps.app.goo.gl/abc"},
    ),
    "pin outside the globe": (
        said(attachments=[{"type": "location", "payload": {"coordinates": {"lat": 210.0, "long": 105.8}}}]), {}),
    "pin without coordinates": (said(attachments=[{"type": "location", "title": "An", "payload": None}]), {}),
    "shared link": (
        said(attachments=[{"type": "fallback", "title": "Bài báo", "url": "https://b.example", "payload": None}]),
        {"text": "Bài báo"},
    ),
    "shared post": (said(attachments=[file("post", title="Rác ngập ngõ")]), {"text": "Rác ngập ngõ"}),
    "shared reel": (said(attachments=[file("ig_reel", "https://r.example/1")]), {"text": "https://r.example/1"}),
    "get started": (item(postback={"mid": "m_1", "title": "Bắt đầu", "payload": "GET_STARTED"}), {"payload": "start:"}),
    "get started by a link": (
        item(postback={"mid": "m_1", "payload": "GET_STARTED", "referral": {"ref": "HN2611-7K3QX-F"}}),
        {"payload": "start:HN2611-7K3QX-F"},
    ),
    "get started by a strange link": (
        item(postback={"mid": "m_1", "payload": "GET_STARTED", "referral": {"ref": "a b;c"}}), {"payload": "start:"}),
    "link": (item(referral={"ref": "phuong12", "source": "SHORTLINK"}), {"payload": "start:phuong12"}),
    "button": (
        item(postback={"mid": "m_1", "title": "Gửi", "payload": "report:send:7"}),
        {"payload": "report:send:7", "handle": {"label": "Gửi"}},
    ),
    "button without mid": (item(postback={"title": "", "payload": "report:send:7"}), {"payload": "report:send:7"}),
    "menu": (item(postback={"mid": "m_1", "title": "x", "payload": "menu:cases"}), {"text": "phiếu của tôi"}),
    "correction": (item(message_edit={"mid": "m_1", "text": "số 12", "num_edit": 1}), {"text": "số 12"}),
    "delivered": (
        item(delivery={"mids": ["m_9", "m_8"], "watermark": 1790000001000}),
        {"event": "delivered", "handle": {"ids": ["m_9", "m_8"]}},
    ),
    "delivered up to a time": (
        item(delivery={"watermark": 1790000001000}),
        {"event": "delivered", "handle": {"until": "2026-09-21T14:13:21+00:00"}},
    ),
    "read": (
        item(read={"watermark": 1790000002000}), {"event": "read", "handle": {"until": "2026-09-21T14:13:22+00:00"}}),
}  # fmt: skip
NOTHING_FOR_US: dict[str, dict[str, Any]] = {
    "echo": call({**item(message={"mid": "m_1", "is_echo": True, "app_id": 1, "text": "ta nói"}),
                  "sender": {"id": PAGE_ID}, "recipient": {"id": AN}}),
    "echo of another page": call(said(is_echo=True, text="ta nói")),
    "the page's own": call({**said(text="ta nói"), "sender": {"id": PAGE_ID}}),
    "reaction": call(item(reaction={"mid": "m_9", "action": "react", "reaction": "like", "emoji": "👍"})),
    "advertisement": call(item(referral={"source": "ADS", "type": "OPEN_THREAD"})),
    "opt-in": call(item(optin={"type": "notification_messages"})),
    "policy": call(item(policy_enforcement={"action": "warning", "reason": "x"})),
    "new kind": call(item(hologram={"x": 1})),
    "button without payload": call(item(postback={"mid": "m_1", "title": "x"})),
    "correction to nothing": call(item(message_edit={"mid": "m_1", "text": "", "num_edit": 1})),
    "read without time": call(item(read={})),
    "standby": {"object": "page", "entry": [{"id": PAGE_ID, "standby": [said(text="của ứng dụng khác")]}]},
    "template status": {"object": "page", "entry": [{"id": PAGE_ID, "changes": [
        {"field": "message_template_status_update", "value": {"message_template_name": "x", "event": "APPROVED"}}]}]},
    "other change": {"object": "page", "entry": [{"id": PAGE_ID, "changes": [{"field": "feed", "value": "x"}, 5]}]},
    "another object": {**call(said(text="x")), "object": "instagram"},
    "nothing": {},
    "empty": {"object": "page", "entry": []},
    "broken": {"object": "page", "entry": [None, 5, {"messaging": "x"}, {"messaging": [None, 1, {}, {"sender": 3}]}]},
    "no mid": call(item(message={"text": "x"})),
    "time out of reach": call({**said(text="x"), "timestamp": 10**30}),
}  # fmt: skip


def meaning(message: Incoming) -> dict[str, Any]:
    """All that is not empty, without what every message has."""
    fields = ("text", "payload", "location", "media", "phone", "event", "handle")
    return {name: value for name in fields if (value := getattr(message, name))}


@pytest.mark.parametrize("name", MEANINGS)
def test_an_event_means_what_the_resident_meant(name: str) -> None:
    given, expected = MEANINGS[name]
    [message] = parse_call(call(given))
    assert meaning(message) == expected
    assert (message.channel, message.sender) == ("messenger", AN)
    assert message.sent_at == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
    assert 0 < len(message.message_id) <= 200
    assert Incoming.from_json(json.loads(json.dumps(message.to_json()))) == message


@pytest.mark.parametrize("name", NOTHING_FOR_US)
def test_what_is_not_a_residents_word_is_left_out(name: str) -> None:
    assert parse_call(NOTHING_FOR_US[name]) == []


def test_everything_in_a_call_is_read_in_its_order_and_what_is_broken_holds_up_nothing() -> None:
    first = call(said(text="một"), {"sender": None}, item(message={"mid": "m_2", "text": "hai"}))
    second = call(item(message={"mid": "m_3", "text": "ba"}), standby=[said(text="x")], changes=[{"field": "feed"}])
    both = {"object": "page", "entry": [*first["entry"], {"id": PAGE_ID}, *second["entry"]]}
    assert [message.text for message in parse_call(both)] == ["một", "hai", "ba"]


def test_the_same_event_has_the_same_name_and_another_one_another() -> None:
    events = [given for given, _ in MEANINGS.values() if "message" not in given]
    events.append(item(read={"watermark": 1790000002001}))
    events.append(item(message_edit={"mid": "m_1", "text": "số 12", "num_edit": 2}))
    events.append(said(text="x"))
    events.append(item(message={"mid": "m" * 300, "text": "x"}))
    events.append(item(message={"mid": "m" * 300 + "2", "text": "x"}))
    events.append({**MEANINGS["button without mid"][0], "timestamp": 1790000000001})
    events.append({**item(read={"watermark": 1790000002000}), "sender": {"id": "7200000000000002"}})
    once = [parse_call(call(event))[0].message_id for event in events]
    again = [parse_call(call(json.loads(json.dumps(event))))[0].message_id for event in events]
    assert once == again
    assert all(len(name) <= 200 for name in once), "the inbox keeps no longer ones"
    same_mid = [e for e in events if (e.get("postback") or {}).get("mid")]
    assert len(set(once)) == len(events) - len(same_mid) + 1, "only those with the same mid are the same"


def test_a_receipt_brought_twice_is_one() -> None:
    one = item(delivery={"mids": ["m_9"], "watermark": 1790000001000})
    later = {**one, "timestamp": 1790000009999}
    names = [parse_call(call(event))[0].message_id for event in (one, later)]
    assert names[0] == names[1]


def test_a_letter_without_end_is_cut_and_the_person_is_told() -> None:
    [message] = parse_call(call(said(text="a" * (MAX_TEXT + 1))))
    assert (len(message.text), message.handle) == (MAX_TEXT, {"cut": True})


def test_every_entry_of_the_menu_is_understood() -> None:
    for name, _ in words.MENU:
        payload = "GET_STARTED" if name == "start" else f"menu:{name}"
        [message] = parse_call(call(item(postback={"mid": "m_1", "payload": payload})))
        assert message.text or message.payload == "start:"
    assert len(words.GREETING) <= 160


def test_what_cannot_be_read_leaves_no_words_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    parse_call(call({"sender": {"id": AN}, "message": {"text": "0900000123"}}))
    parse_call({"object": "page", "entry": [{"standby": [said(text="0900000123")]}]})
    assert caplog.text
    assert "0900000123" not in caplog.text


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://www.google.com/maps/place/X/@21.03,105.80,17z/data=!4b1!3d21.0382!4d105.8493", (21.0382, 105.8493)),
        ("https://www.google.com/maps/@21.0382,105.8493,17z", (21.0382, 105.8493)),
        ("https://www.google.com.vn/maps/search/?api=1&query=21.0382%2C105.8493", (21.0382, 105.8493)),
        ("https://maps.apple.com/?ll=21.0382,105.8493&q=Pin", (21.0382, 105.8493)),
        ("https://www.bing.com/maps?cp=21.0382~105.8493&lvl=16", (21.0382, 105.8493)),
        ("https://www.openstreetmap.org/?mlat=21.0382&mlon=105.8493#map=16/21/105", (21.0382, 105.8493)),
        ("https://www.google.com/maps?q=Chợ Đồng Xuân", None),
        ("https://maps.app.goo.gl/abc", None),
        ("https://evil.example/?q=21.0382,105.8493", None),
        ("javascript:alert(1)", None),
        ("https://[", None),
        ("", None),
        (None, None),
    ],
)  # fmt: skip
def test_where_a_map_link_points(url: str | None, place: tuple[float, float] | None) -> None:
    assert in_link(url) == (Location(*place) if place else None)


def test_a_text_without_a_map_link_stays_as_it_is() -> None:
    assert in_text("xem https://bao.example/bai nhé") == (None, "xem https://bao.example/bai nhé")


# --- over HTTP ---


@pytest.fixture
def fake() -> Iterator[FakeMessenger]:
    with FakeMessenger() as server:
        yield server


@pytest.fixture
def system(fake: FakeMessenger, tmp_path: Path) -> Iterator[System]:
    made = build(
        Settings(
            data_dir=tmp_path,
            database_url=f"sqlite:///{tmp_path / 'test.db'}",
            messenger_app_secret=APP_SECRET,
            messenger_verify_token=VERIFY_TOKEN,
            messenger_page_token=PAGE_TOKEN,
            messenger_graph_base=fake.url,
        )
    )
    yield made
    made.channels["messenger"].close()
    made.db.engine.dispose()


@pytest.fixture
def client(system: System) -> TestClient:
    app = FastAPI()
    app.include_router(webhooks_router(system))
    return TestClient(app)


def inbox(system: System) -> list[str]:
    with system.db.read() as session:
        return [Incoming.from_json(body).text for body in session.scalars(select(Inbox.body).order_by(Inbox.id))]


def test_only_meta_gets_in_and_each_event_once(system: System, client: TestClient) -> None:
    batch = raw_call(call(said(text="cống tắc"), item(message={"mid": "m_2", "text": "ở ngõ 97"})))
    assert client.post("/hooks/messenger", content=batch).status_code == 403
    assert client.post("/hooks/messenger", content=batch, headers=signed(batch, "wrong")).status_code == 403
    for _ in range(2):
        answer = client.post("/hooks/messenger", content=batch, headers=signed(batch))
        assert answer.status_code == 200
    unknown = raw_call({"object": "page", "entry": [{"id": "1", "hologram": []}]})
    assert client.post("/hooks/messenger", content=unknown, headers=signed(unknown)).status_code == 200
    assert client.post("/hooks/messenger", content=b"{", headers=signed(b"{")).status_code == 200
    assert inbox(system) == ["cống tắc", "ở ngõ 97"]


def test_the_webhook_is_handed_over_by_the_word_alone(client: TestClient) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}
    answer = client.get("/hooks/messenger", params=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")
    assert client.get("/hooks/messenger", params={**asked, "hub.verify_token": "x"}).status_code == 403


def test_the_fakes_people_are_understood(fake: FakeMessenger) -> None:
    an = fake.user(AN, "An")
    calls = [
        an.says("một"), an.sends_photo(b"\xff\xd8\xff", "ảnh"), an.shares_pin(21.0, 105.0), fake.starts(an, "HN1"),
        fake.comes_by_link(an, "HN2"), fake.edits(an, "hai"), fake.reads(an), fake.receives(an, "m_1"),
        fake.shares_phone(an, "+84901234567"), fake.sends_file(an, "audio", b"x"),
    ]  # fmt: skip
    found = [message for one in calls for message in parse_call(one)]
    assert len(found) == len(calls)
    assert [m.payload for m in found if m.payload] == ["start:HN1", "start:HN2"]
    assert [m.event for m in found if m.event] == ["read", "delivered"]


# --- the subscription ---


def test_without_a_public_address_nothing_is_subscribed_to(fake: FakeMessenger) -> None:
    assert channel(messenger_graph_base=fake.url).receiver(lambda messages: None) is None
    made = channel(public_url="http://192.168.1.5").receiver(lambda messages: None)
    assert made is None, "Meta itself only calls https"
    assert isinstance(channel(public_url="https://nghe.example").receiver(lambda messages: None), Subscriber)


def test_an_application_that_was_taken_off_the_page_comes_back(
    fake: FakeMessenger, caplog: pytest.LogCaptureFixture
) -> None:
    made = channel(messenger_graph_base=fake.url, public_url="https://nghe.example")
    fake.fail("subscribed_apps", 503)
    subscriber = Subscriber(made, every=0.02, pauses=(0.02,))
    subscriber.start()
    assert fake.wait(lambda: set(fake.subscribed) == set(FIELDS))
    fake.subscribed = ["messages"]
    assert fake.wait(lambda: set(fake.subscribed) == set(FIELDS))
    subscriber.stop()
    assert caplog.text.count("were not subscribed to") == 2
    assert PAGE_TOKEN not in caplog.text
    made.close()
