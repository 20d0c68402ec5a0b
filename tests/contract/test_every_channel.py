"""What every channel promises, asked of each of them alike through its fake platform (probes.py).

A new channel is met by this suite as soon as its module lies in bot/channels, and fails it until it has a probe.
"""

from __future__ import annotations

import importlib
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import func, select

from bot.channels import modules
from bot.channels.base import Abilities, Channel, File, Rate
from bot.domain.message import Button, Incoming, Outgoing, Template
from bot.domain.reach import PushRules
from bot.errors import BrokenRequest, ChannelDown, DeliveryError, RetryLater, Unreachable, WayClosed
from bot.settings import PREFIX, ROOT, Settings
from bot.store.models import Conversation, Inbox
from bot.web.webhooks import webhooks_router
from bot.wiring import System, build
from tests.contract.probes import PROBES, WITHOUT_PLATFORM, Call, Probe
from tests.vaults import MemoryVault

pytestmark = pytest.mark.timeout(60)
WORDS = "Nội dung này không được có trong sổ ghi"


@pytest.fixture(params=sorted(PROBES))
def probe(request: pytest.FixtureRequest) -> Iterator[Probe]:
    made = PROBES[request.param]()
    yield made
    made.close()


def opened(probe: Probe, **more: object) -> Channel:
    """The channel alone, as its module opens it."""
    settings = Settings(**{**probe.settings(), **more})  # type: ignore[arg-type]
    channel = importlib.import_module(f"bot.channels.{probe.name}").open_channel(settings, MemoryVault())
    assert channel is not None
    return channel


@pytest.fixture
def channel(probe: Probe) -> Iterator[Channel]:
    made = opened(probe)
    probe.prepare(made)
    yield made
    made.close()


@pytest.fixture
def system(probe: Probe, tmp_path: Path) -> Iterator[System]:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    made = build(Settings(data_dir=tmp_path, database_url=url, secret_key="key", **probe.settings()))
    yield made
    for channel in made.channels.values():
        channel.close()
    made.db.engine.dispose()


@pytest.fixture
def client(system: System) -> TestClient:
    app = FastAPI()
    app.include_router(webhooks_router(system))
    return TestClient(app)


def path_of(probe: Probe) -> str:
    return f"/hooks/{probe.name.replace('_', '-')}"


def post(client: TestClient, probe: Probe, call: Call) -> int:
    headers, raw = call
    named = {name.encode(): value.encode() for name, value in headers.items()}
    return client.post(path_of(probe), content=raw, headers={b"Content-Type": b"application/json", **named}).status_code


def kept(system: System) -> list[Incoming]:
    with system.db.read() as session:
        return [Incoming.from_json(body) for body in session.scalars(select(Inbox.body).order_by(Inbox.id))]


def conversations(system: System) -> int:
    with system.db.read() as session:
        return session.scalar(select(func.count()).select_from(Conversation)) or 0


# --- who is met by this suite ---


def test_every_channel_has_a_probe() -> None:
    assert set(modules()) == PROBES.keys() | WITHOUT_PLATFORM.keys()


def test_every_setting_of_a_channel_stands_in_the_example(probe: Probe) -> None:
    known = {f.name for f in fields(Settings) if f.name.startswith(f"{probe.name}_")}
    assert set(probe.keys) <= known
    lines = set(re.findall(r"^(LANGNGHE_\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert {PREFIX + name.upper() for name in known} <= lines


def test_without_any_one_of_its_keys_a_channel_is_off(probe: Probe) -> None:
    factory = importlib.import_module(f"bot.channels.{probe.name}").open_channel
    for key in probe.keys:
        assert factory(Settings(**{**probe.settings(), key: ""}), MemoryVault()) is None, key


def test_a_channel_says_what_it_can(channel: Channel, probe: Probe) -> None:
    assert channel.name == probe.name
    assert channel.label
    described = (channel.abilities, channel.push, channel.rate)
    assert [type(part) for part in described] == [Abilities, PushRules, Rate]
    assert (channel.push.free is not None) == probe.windows
    assert (channel.push.template, channel.push.phone) == tuple(
        way in probe.template_ways for way in ("template", "phone")
    )


def test_a_channel_can_be_closed_twice_and_used_again(channel: Channel, probe: Probe) -> None:
    channel.close()
    channel.close()
    channel.send(probe.address, Outgoing("vẫn gửi được"), [])
    assert probe.texts() == ["vẫn gửi được"]


# --- what comes in ---


def test_a_message_is_kept_and_answered_with_200(client: TestClient, system: System, probe: Probe) -> None:
    assert post(client, probe, probe.call(probe.says("Đèn đường hỏng"))) == 200
    [message] = kept(system)
    assert (message.channel, message.sender, message.text) == (probe.name, probe.address, "Đèn đường hỏng")


def test_a_forged_signature_is_refused_and_leaves_nothing(client: TestClient, system: System, probe: Probe) -> None:
    for number, call in enumerate(probe.forged(probe.says("giả"))):
        assert post(client, probe, call) == 403, f"forgery {number}"
    assert (kept(system), conversations(system)) == ([], 0)


def test_a_missing_signature_leaves_nothing(client: TestClient, system: System, probe: Probe) -> None:
    _, raw = probe.call(probe.says("không ký"))
    for body in (raw, b"{}", b"", b"no json"):
        assert post(client, probe, ({}, body)) == probe.unsigned
    assert (kept(system), conversations(system)) == ([], 0)


def test_a_replayed_call_is_taken_and_changes_nothing(client: TestClient, system: System, probe: Probe) -> None:
    call = probe.call(probe.says("một lần thôi"))
    assert [post(client, probe, call) for _ in range(3)] == [200, 200, 200]
    assert [m.text for m in kept(system)] == ["một lần thôi"]


def test_the_same_words_twice_are_two_messages(client: TestClient, system: System, probe: Probe) -> None:
    for _ in range(2):
        post(client, probe, probe.call(probe.says("có ai không")))
    assert [m.text for m in kept(system)] == ["có ai không"] * 2


def test_out_of_order_and_repeated_everything_is_kept_once(client: TestClient, system: System, probe: Probe) -> None:
    calls = [probe.call(probe.says(f"tin {number}")) for number in range(4)]
    assert {post(client, probe, calls[number]) for number in (3, 0, 2, 0, 3, 1, 2)} == {200}
    assert [m.text for m in kept(system)] == ["tin 3", "tin 0", "tin 2", "tin 1"]
    assert conversations(system) == 1


def test_an_unknown_event_is_answered_with_200(client: TestClient, system: System, probe: Probe) -> None:
    assert post(client, probe, probe.call(probe.unknown())) == 200
    assert kept(system) == []


def test_an_event_in_a_shape_nobody_knows_is_answered_with_200(
    client: TestClient, system: System, probe: Probe
) -> None:
    """Every part of a message in turn is something else than we know."""
    event = probe.says("x")
    for odd in (None, 7, "x", [], {}):
        for changed in _changed(event, odd):
            call = probe.signed(json.dumps(changed).encode())
            assert post(client, probe, call) in (200, probe.not_json), changed


def _changed(event: dict, odd: object) -> Iterator[dict]:
    """Copies of an event in each of which one value is another."""
    for key, value in event.items():
        yield {**event, key: odd}
        if isinstance(value, dict):
            yield from ({**event, key: inner} for inner in _changed(value, odd))
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield from ({**event, key: [inner]} for inner in _changed(value[0], odd))


@pytest.mark.parametrize("raw", [b"{", b"no json", b"[]", b"null", b"", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_is_dropped(client: TestClient, system: System, probe: Probe, raw: bytes) -> None:
    assert post(client, probe, probe.signed(raw)) == probe.not_json
    assert kept(system) == []


def test_a_body_of_a_megabyte_is_taken_and_a_larger_one_refused(
    client: TestClient, system: System, probe: Probe
) -> None:
    event = probe.says("dài")
    _, raw = probe.call(event)
    for size, status in ((1_000_000, 200), (1_000_001, 413)):
        # Blanks behind it are a part of the body, and of what is signed.
        assert post(client, probe, probe.signed(raw + b" " * (size - len(raw)))) == status
    assert [m.text for m in kept(system)] == ["dài"]


def test_the_platforms_first_look_is_answered(client: TestClient, system: System, probe: Probe) -> None:
    """GET and HEAD: 200, but where the platform has a handshake only the right one gets it."""
    expected = 403 if hasattr(system.channels[probe.name], "handshake") else 200
    assert (client.get(path_of(probe)).status_code, client.head(path_of(probe)).status_code) == (expected, expected)


def test_no_log_line_holds_what_a_resident_wrote(
    client: TestClient, probe: Probe, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "bot")
    event = probe.says(WORDS)
    post(client, probe, probe.call(event))
    post(client, probe, ({}, probe.call(event)[1]))
    post(client, probe, probe.signed(probe.call(event)[1][:-9]))
    ours = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith("bot."))
    assert WORDS not in ours
    assert probe.address not in ours


# --- what goes out ---

LONG = "\n\n".join(f"Đoạn {i}. " + "Nước ngập sâu đến đầu gối, xe máy không qua được. " * 12 for i in range(15))
UPDATE = Template("case_update", {"code": "HN2611-7K3QX-F", "filed": "01/11/2026", "status": "Đang xử lý"})


def choices(count: int) -> tuple[Button, ...]:
    return tuple(Button(f"Lựa chọn thứ {n}", f"report:topic:{n}") for n in range(1, count + 1))


def wordy(count: int) -> tuple[Button, ...]:
    """Labels that differ only behind what any platform shows."""
    label = "Nắp cống, hố ga trên vỉa hè hoặc lòng đường bị vỡ, bị mất hay lún, nguy hiểm cho người đi đường, số"
    return tuple(Button(f"{label} {n}", f"report:topic:{n}") for n in range(1, count + 1))


def picture() -> File:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, "JPEG")
    return File(out.getvalue(), "image/jpeg", "a.jpg")


MESSAGES = {
    "text": Outgoing("Tôi đã ghi nhận <b>phản ánh</b> của anh/chị & chuyển *xử lý* 😀"),
    "long text": Outgoing(LONG),
    "long text with buttons": Outgoing(LONG, choices(3)),
    "3 buttons": Outgoing("Anh/chị chọn giúp:", choices(3)),
    "8 buttons": Outgoing("Anh/chị chọn giúp:", choices(8)),
    "20 buttons": Outgoing("Anh/chị chọn giúp:", choices(20)),
    "buttons without words": Outgoing("", choices(2)),
    "long labels": Outgoing("Việc gì ạ?", wordy(3)),
    "picture": Outgoing("Đã sửa xong ạ.", images=("a",)),
    "pictures and buttons": Outgoing("Đã sửa xong ạ.", choices(4), images=("a", "b")),
    "picture alone": Outgoing("", images=("a",)),
    "ask location": Outgoing("Việc này ở đâu ạ?", ask="location"),
    "ask phone": Outgoing("Anh/chị cho xin số điện thoại ạ?", ask="phone"),
    "ask and choose": Outgoing("Việc này ở đâu ạ?", choices(2), ask="location"),
}


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("name", MESSAGES)
def test_every_neutral_message_arrives_whole_or_in_a_plainer_form(channel: Channel, probe: Probe, name: str) -> None:
    """The fake refuses what the platform refuses, so that it arrives says that it was well-formed."""
    message = MESSAGES[name]
    assert isinstance(channel.send(probe.address, message, [picture() for _ in message.images]), str)
    words = "\n".join(probe.texts())
    assert squeezed(message.text) in squeezed(words), "no word is lost"
    for number, button in enumerate(message.buttons, 1):
        shown = [label for label in probe.labels() if _stands_for(label, number, button.label)]
        assert shown or f"{number}. {button.label}" in words, f"no way to choose {button.label!r}"
    assert len(set(probe.labels())) == len(probe.labels()), "two choices must not look alike"
    if message.images:
        assert probe.pictures() == len(message.images) if probe.shows_pictures else "ảnh" in words
    assert probe.offered() == probe.shares & {message.ask}


def _stands_for(shown: str, number: int, label: str) -> bool:
    """The label, perhaps numbered and cut."""
    return any(whole == shown or shown.endswith("…") and whole.startswith(shown[:-1].rstrip())
               for whole in (label, f"{number}. {label}"))  # fmt: skip


def test_a_second_message_is_another_one(channel: Channel, probe: Probe) -> None:
    ids = [channel.send(probe.address, Outgoing("cùng một lời"), []) for _ in range(2)]
    assert probe.texts() == ["cùng một lời"] * 2
    assert len(set(ids)) == 2, "receipts name a message by this id"


@pytest.mark.parametrize("message", [Outgoing(""), Outgoing("  \n"), Outgoing("x", (Button("Chọn", ""),))])
def test_what_says_nothing_is_our_fault(channel: Channel, probe: Probe, message: Outgoing) -> None:
    if message.buttons and not channel.abilities.buttons:
        # Where choices are typed, a button's payload never leaves the house.
        channel.send(probe.address, message, [])
        return
    with pytest.raises(BrokenRequest):
        channel.send(probe.address, message, [])
    assert probe.texts() == []


def test_a_notice_goes_as_a_template_where_there_are_some(channel: Channel, probe: Probe) -> None:
    for way in probe.template_ways:
        address = "84901234567" if way == "phone" else probe.address
        assert channel.send(address, Outgoing("lời tự do", template=UPDATE), [], way)
        assert "lời tự do" not in probe.texts()
        with pytest.raises(WayClosed):
            channel.send(address, Outgoing("không có mẫu"), [], way)


def test_a_typing_sign_is_of_no_account(channel: Channel, probe: Probe) -> None:
    probe.block()
    channel.typing(probe.address)
    channel.typing("nobody")


# --- what goes wrong ---

FAILURES: dict[str, tuple[Callable[[Probe], None], type[DeliveryError]]] = {
    "slow down": (lambda probe: probe.slow_down(), RetryLater),
    "blocked": (lambda probe: probe.block(), Unreachable),
    "broken request": (lambda probe: probe.refuse(), BrokenRequest),
    "token expired": (lambda probe: probe.end_token(), ChannelDown),
    "platform down": (lambda probe: probe.fall_down(), RetryLater),
}


def refused(channel: Channel, probe: Probe) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.send(probe.address, Outgoing(WORDS), [])
    error = caught.value
    secrets = [str(value) for name, value in probe.settings().items() if name.endswith(("token", "secret", "key"))]
    assert not [secret for secret in (*secrets, WORDS) if secret in str(error)], "staff read this"
    return error


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_becomes_the_right_decision(channel: Channel, probe: Probe, name: str) -> None:
    fail, expected = FAILURES[name]
    fail(probe)
    assert type(refused(channel, probe)) is expected
    assert probe.texts() == []


def test_slow_down_says_how_long_and_for_whom(channel: Channel, probe: Probe) -> None:
    probe.slow_down()
    error = refused(channel, probe)
    assert isinstance(error, RetryLater)
    assert error.after is not None
    assert error.after >= 1
    assert (error.everyone, error.uncertain) == (probe.slow_for_all, False)
    channel.send(probe.address, Outgoing("sau đó"), [])
    assert probe.texts() == ["sau đó"]


def test_an_ill_platform_is_everyones_and_nothing_was_sent(channel: Channel, probe: Probe) -> None:
    probe.fall_down()
    error = refused(channel, probe)
    assert isinstance(error, RetryLater)
    assert (error.everyone, error.uncertain) == (True, False)


def test_a_platform_that_is_not_there_is_everyones_too(probe: Probe) -> None:
    channel = opened(probe, **probe.nobody())
    error = refused(channel, probe)
    channel.close()
    assert isinstance(error, RetryLater)
    assert (error.everyone, error.uncertain) == (True, False)


def test_after_a_time_out_nobody_knows_whether_it_arrived(probe: Probe) -> None:
    channel = opened(probe, **{f"{probe.name}_timeout": 0.3})
    channel.send(probe.address, Outgoing("trước đó"), [])
    probe.stall(0.6)
    error = refused(channel, probe)
    channel.close()
    assert isinstance(error, RetryLater)
    assert error.uncertain
    assert probe.texts() == ["trước đó", WORDS]


@pytest.mark.parametrize("name", sorted(name for name, made in PROBES.items() if made.windows))
def test_a_closed_window_closes_this_way_only(name: str) -> None:
    probe = PROBES[name]()
    channel = opened(probe)
    probe.prepare(channel)
    probe.close_window()
    assert type(refused(channel, probe)) is WayClosed
    assert channel.send(probe.address, Outgoing("", template=UPDATE), [], "template")
    channel.close()
    probe.close()
