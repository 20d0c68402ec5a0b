"""What each kind of update means: the samples are whole updates as Telegram writes them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.channels.telegram.parse import parse_update
from bot.domain.message import Incoming, Location, MediaRef

SAMPLES = Path(__file__).parent.parent / "samples" / "telegram"
EDITED = json.loads((SAMPLES / "edited_text.json").read_text())["edited_message"]["message_id"]
MEANINGS: dict[str, dict[str, Any]] = {
    "text": {"text": "Nắp cống trước số 8 ngõ 97 bị vỡ, xe đi qua dễ sụt"},
    "start": {"payload": "start:"},
    "start_code": {"payload": "start:HN2611-7K3QX-F"},
    "start_words": {"text": "cho hỏi phản ánh ở đây ạ"},
    "command_help": {"text": "trợ giúp"},
    "command_cases": {"text": "phiếu của tôi"},
    "command_drop": {"text": "huỷ"},
    "command_unknown": {"text": "ngap nước ngõ tôi"},
    "photo": {
        "text": "cột đèn số 8",
        "media": (MediaRef("photo", remote="P-large", caption="cột đèn số 8"),),
        "handle": {"media_group_id": "13400000001"},
    },
    "document_image": {"text": "ảnh gốc", "media": (MediaRef("photo", remote="D-image", caption="ảnh gốc"),)},
    "document": {"media": (MediaRef("file", remote="D-pdf"),)},
    "voice": {"media": (MediaRef("voice", remote="V-1"),)},
    "audio": {"media": (MediaRef("voice", remote="A-1"),)},
    "video": {"text": "nước tràn", "media": (MediaRef("video", remote="C-1", caption="nước tràn"),)},
    "video_note": {"media": (MediaRef("video", remote="N-1"),)},
    "sticker": {"text": "👍"},
    "animation": {},
    "poll": {},
    "location": {"location": Location(21.028511, 105.804817)},
    "location_live": {"location": Location(21.03, 105.85)},
    "venue": {"location": Location(21.0382, 105.8493), "text": "Chợ Đồng Xuân, phố Đồng Xuân"},
    "contact_own": {"phone": "+84900000123"},
    "contact_other": {},
    "edited_text": {"text": "Nắp cống trước số 18 ngõ 97 bị vỡ", "handle": {"edits": EDITED}},
    "callback": {
        "payload": "report:send:7",
        "handle": {"callback_id": "4382bfdwdsb323b2d9", "message_id": 12, "label": "Gửi"},
    },
    "callback_inaccessible": {
        "payload": "report:send:7",
        "handle": {"callback_id": "4382bfdwdsb323b2d9", "message_id": 12},
    },
    "callback_no_message": {"payload": "report:send:7", "handle": {"callback_id": "4382bfdwdsb323b2d9"}},
    "blocked": {"event": "blocked"},
    "unblocked": {"event": "unblocked"},
}
NOTHING_FOR_US = {
    "location_live_moved", "service_pinned", "group_title", "group_left", "group_other_bot", "other_bot",
    "channel_post", "new_kind", "broken",
}  # fmt: skip
IN_A_GROUP: dict[str, dict[str, Any]] = {
    "group_text": {},
    "group_callback": {"callback_id": "4382bfdwdsb323b2d9"},
    "group_added": {},
}


def sample(name: str) -> dict[str, Any]:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def meaning(message: Incoming) -> dict[str, Any]:
    """All that is not empty, without what every message has (its number is one of these)."""
    fields = {
        name: getattr(message, name) for name in ("text", "payload", "location", "media", "phone", "event", "handle")
    }
    fields["handle"] = {name: value for name, value in message.handle.items() if name != "number"}
    return {name: value for name, value in fields.items() if value}


def test_every_sample_has_its_meaning_written_here() -> None:
    assert {path.stem for path in SAMPLES.glob("*.json")} == MEANINGS.keys() | NOTHING_FOR_US | IN_A_GROUP.keys()


@pytest.mark.parametrize("name", sorted(MEANINGS))
def test_an_update_means_what_the_resident_meant(name: str) -> None:
    update = sample(name)
    [message] = parse_update(update)
    assert meaning(message) == MEANINGS[name]
    assert (message.channel, message.sender) == ("telegram", "700000001")
    assert message.message_id.startswith(f"u{update['update_id']}")
    assert Incoming.from_json(json.loads(json.dumps(message.to_json()))) == message


@pytest.mark.parametrize("name", sorted(NOTHING_FOR_US))
def test_what_is_not_a_residents_word_is_left_out(name: str) -> None:
    assert parse_update(sample(name)) == []


@pytest.mark.parametrize("name", sorted(IN_A_GROUP))
def test_of_a_group_nothing_is_read_but_that_it_is_one(name: str) -> None:
    [message] = parse_update(sample(name))
    assert (message.event, message.sender) == ("elsewhere", "-100200300")
    assert meaning(message) == {"event": "elsewhere"} | ({"handle": IN_A_GROUP[name]} if IN_A_GROUP[name] else {})
    assert "700000001" not in json.dumps(message.to_json()), "nor who said it"


def test_a_message_has_the_number_by_which_its_correction_names_it() -> None:
    first, edit = sample("text"), sample("edited_text")
    edit["edited_message"]["message_id"] = first["message"]["message_id"]
    [said], [corrected] = parse_update(first), parse_update(edit)
    assert said.handle["number"] == corrected.handle["edits"] == first["message"]["message_id"]
    assert said.message_id != corrected.message_id


def test_a_message_without_a_number_is_heard_all_the_same() -> None:
    update = sample("text")
    del update["message"]["message_id"]
    [message] = parse_update(update)
    assert (message.text, message.handle) == (update["message"]["text"], {})


def test_the_time_is_the_residents_not_ours() -> None:
    assert parse_update(sample("text"))[0].sent_at == datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def test_a_correction_is_another_message_than_the_first() -> None:
    assert parse_update(sample("edited_text"))[0].message_id.endswith("-edited")


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"update_id": "x", "message": 5},
        {"update_id": 1, "message": {"date": 10**18}},
        {"update_id": 1, "message": []},
        {"update_id": 1, "callback_query": {"id": "1", "data": "x"}},
    ],
)
def test_nonsense_is_dropped_and_raises_nothing(broken: dict[str, Any]) -> None:
    assert parse_update(broken) == []


def test_a_place_outside_the_globe_is_no_place() -> None:
    update = sample("location")
    update["message"]["location"]["latitude"] = float("nan")
    assert parse_update(update) == []


def test_control_characters_and_broken_utf8_are_taken_out() -> None:
    update = sample("text")
    update["message"]["text"] = "cống\x00 tắc \ud83d quá"
    assert parse_update(update)[0].text == "cống tắc ? quá"
