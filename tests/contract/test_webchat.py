"""The web chat as JSON (interface.md §3), as scripts and the chat page use it: real app, scripted understanding."""

from __future__ import annotations

import json
import threading
import time
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import select

from bot.city import City
from bot.services import direct_case
from bot.services.handoff import hand_over
from bot.store.models import Conversation, Media, Outbox
from bot.web.app import create_app
from tests.databases import database_url, new_sqlite, postgres_url, sqlite_url  # noqa: F401 (fixtures)
from tests.scripted import Desk
from tests.unit.office import Office, picture

LIGHT = "đèn đường trước nhà văn hoá tổ 5 Kim Giang tắt cả tuần nay"
JPEG = ("anh.jpg", picture(), "image/jpeg")


class Chat:
    """One resident with a browser, and a worker that answers."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.client = TestClient(create_app(desk.system))
        # Entered, the client keeps one event loop instead of starting one for each request.
        self.client.__enter__()
        self.session = self.client.post("/chat/api/sessions").json()["session"]
        self.stop = threading.Event()
        self.worker = threading.Thread(target=self._work, daemon=True)
        desk.dialogue.means("xin chào", "greeting")
        desk.dialogue.means(LIGHT, "report", "street_lighting")

    def start(self) -> None:
        self.worker.start()

    def end(self) -> None:
        self.stop.set()
        if self.worker.is_alive():
            self.worker.join(10)
        self.client.__exit__()

    def _work(self) -> None:
        while not self.stop.is_set():
            if not (self.desk.converse.step() or self.desk.deliver.step()):
                self.stop.wait(0.005)

    def post(self, wait: float | str = 20, **message: Any) -> Response:
        body = {"session": self.session, "id": f"c{next(self.desk.numbers)}", **message}
        return self.client.post(f"/chat/api/messages?wait={wait}", json=body)

    def says(self, text: str) -> list[dict[str, Any]]:
        return self._good(self.post(text=text))

    def presses(self, payload: str) -> list[dict[str, Any]]:
        return self._good(self.post(payload=payload))

    def uploads(self, wait: float = 20, text: str | None = None, **files: Any) -> Response:
        data = {"session": self.session, "id": f"c{next(self.desk.numbers)}"} | ({"text": text} if text else {})
        return self.client.post(f"/chat/api/messages?wait={wait}", data=data, files=files)

    def _good(self, answer: Response) -> list[dict[str, Any]]:
        assert answer.status_code == 200, answer.text
        assert answer.json()["done"] is True
        return answer.json()["replies"]

    def since(self, after: str = "0", wait: float = 0, **more: Any) -> dict[str, Any]:
        query = {"session": self.session, "after": after, "wait": wait, **more}
        answer = self.client.get("/chat/api/messages", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def agrees(self) -> None:
        self.says("xin chào")
        self.presses("consent:yes")

    def files(self) -> str:
        """A report from the first word to the code."""
        self.agrees()
        summary = self.says(LIGHT)
        self.presses(button(summary, "Gửi"))
        return self.desk.cases()[-1].code

    def usable(self) -> bool:
        """Whether a report can still be told and sent."""
        before = len(self.desk.cases())
        self.desk.dialogue.means("bắt đầu lại", "start_over")
        self.presses("consent:yes")
        self.says("bắt đầu lại")
        self.presses(button(self.says(LIGHT), "Gửi"))
        return len(self.desk.cases()) == before + 1


def button(replies: list[dict[str, Any]], label: str) -> str:
    return next(b["payload"] for reply in replies for b in reply["buttons"] if b["label"] == label)


def texts(messages: list[dict[str, Any]]) -> str:
    return "\n".join(m["text"] for m in messages)


def refused(answer: Response, status: int, error: str | None = None) -> None:
    """A refusal has the contract's shape and a sentence for the resident."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"error", "message"}
    assert body["error"] == (error or body["error"])
    assert len(body["message"].split()) >= 3
    assert "Traceback" not in answer.text


@pytest.fixture
def desk(tmp_path: Path, city: City) -> Desk:
    """SQLite: the interface is the same on every database; `either` meets both where the database matters."""
    return Desk(new_sqlite(tmp_path), tmp_path, city)


@pytest.fixture
def either(
    database_url: str,  # noqa: F811
    tmp_path: Path,
    city: City,
) -> Iterator[Chat]:
    chat = Chat(Desk(database_url, tmp_path, city))
    chat.start()
    yield chat
    chat.end()


@pytest.fixture
def idle(desk: Desk) -> Iterator[Chat]:
    """A chat whose worker does not run."""
    chat = Chat(desk)
    yield chat
    chat.end()


@pytest.fixture
def chat(idle: Chat) -> Chat:
    idle.start()
    return idle


# ---- sessions


def test_a_session_is_opaque_and_unguessable(idle: Chat) -> None:
    answers = [idle.client.post("/chat/api/sessions") for _ in range(20)]
    assert {a.status_code for a in answers} == {201}
    sessions = [a.json()["session"] for a in answers]
    assert len(set(sessions)) == 20
    assert all(len(s) >= 24 for s in sessions)
    assert set(answers[0].json()) == {"session"}


def test_an_unknown_session_is_401_everywhere(either: Chat) -> None:
    for session in ("unknown", "' OR 1=1 --", "ẩn danh", "a" * 100, "a\x00b", "%00"):
        refused(either.post(session=session, text="xin chào"), 401, "unknown_session")
        refused(either.client.get("/chat/api/messages", params={"session": session}), 401, "unknown_session")
        data = {"session": session, "id": "1"}
        refused(either.client.post("/chat/api/messages", data=data, files={"photo": JPEG}), 401, "unknown_session")
    assert either.desk.inbox() == []


# ---- sending and waiting


def test_what_was_answered_comes_with_the_request(chat: Chat) -> None:
    answer = chat.post(text="xin chào")
    assert answer.status_code == 200
    body = answer.json()
    assert body["done"] is True
    reply = body["replies"][0]
    assert {"id", "text", "buttons", "images"} <= set(reply)
    assert "trợ lý tự động (AI)" in texts(body["replies"])
    assert [set(b) for b in body["replies"][-1]["buttons"]] == [{"label", "payload"}] * 2


def test_a_report_from_the_first_word_to_the_code(chat: Chat) -> None:
    chat.agrees()
    summary = chat.says(LIGHT)
    filed = chat.presses(button(summary, "Gửi"))
    (case,) = chat.desk.cases()
    assert case.code in texts(filed)
    assert case.text == LIGHT
    (image,) = filed[-1]["images"]
    assert image["url"] == f"/qr/{case.code}.png"
    assert chat.client.get(image["url"]).content.startswith(b"\x89PNG")


@pytest.mark.parametrize("wait", [0, "0.0", -5])
def test_not_waiting_is_202_at_once(idle: Chat, wait: float | str) -> None:
    began = time.monotonic()
    assert idle.post(wait=wait, text="xin chào").status_code == 202
    assert time.monotonic() - began < 5
    assert len(idle.desk.inbox()) == 1


def test_without_wait_it_is_202_too(idle: Chat) -> None:
    body = {"session": idle.session, "id": "1", "text": "xin chào"}
    assert idle.client.post("/chat/api/messages", json=body).status_code == 202


def test_when_the_time_is_over_it_says_that_there_is_more_to_come(idle: Chat) -> None:
    began = time.monotonic()
    answer = idle.post(wait=0.3, text="xin chào")
    assert 0.25 < time.monotonic() - began < 5
    assert answer.status_code == 200
    assert answer.json() == {"replies": [], "done": False}


def test_the_answer_that_came_too_late_is_fetched(idle: Chat) -> None:
    idle.post(wait=0, id="m1", text="xin chào")
    idle.start()
    again = idle.post(id="m1", text="xin chào")
    assert again.json()["done"] is True
    assert texts(idle.since()["messages"]) == texts(again.json()["replies"])


def test_a_pin_is_taken(chat: Chat) -> None:
    chat.agrees()
    chat.desk.dialogue.means("ổ gà to lắm", "report", "road_damage")
    chat.says("ổ gà to lắm")
    answer = chat.post(location={"lat": 21.0285, "lon": 105.8542})
    assert "UBND" in texts(answer.json()["replies"])


def test_a_photo_with_words_is_part_of_the_report(chat: Chat) -> None:
    chat.agrees()
    summary = chat.uploads(photo=JPEG, text=LIGHT)
    assert summary.status_code == 200
    assert "1 ảnh" in texts(summary.json()["replies"])
    chat.presses(button(summary.json()["replies"], "Gửi"))
    assert [a.kind for a in chat.desk.cases()[0].attachments] == ["photo"]


def test_a_voice_note_is_taken(chat: Chat) -> None:
    chat.agrees()
    answer = chat.uploads(voice=("ghi.ogg", b"OggS" + bytes(200), "audio/ogg"), text=LIGHT)
    assert "1 ghi âm" in texts(answer.json()["replies"])


# ---- twice means once


def test_the_same_id_again_is_the_same_message(chat: Chat) -> None:
    first, again = (chat.post(id="m1", text="xin chào").json() for _ in range(2))
    assert first == again
    assert len(chat.desk.inbox()) == 1


def test_two_people_may_use_the_same_id(chat: Chat) -> None:
    other = chat.client.post("/chat/api/sessions").json()["session"]
    chat.post(id="1", text="xin chào")
    chat.post(session=other, id="1", text="xin chào")
    assert len(chat.desk.inbox()) == 2


def test_the_same_id_many_times_at_once_is_one_message(either: Chat) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: either.post(id="m1", text="xin chào"), range(4)))
    assert {a.status_code for a in answers} == {200}
    assert len({json.dumps(a.json(), sort_keys=True) for a in answers}) == 1
    assert len(either.desk.inbox()) == 1


def test_sending_the_report_many_times_at_once_files_it_once(either: Chat) -> None:
    either.agrees()
    payload = button(either.says(LIGHT), "Gửi")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: either.post(payload=payload).json(), range(4)))
    (case,) = either.desk.cases()
    assert all(case.code in texts(a["replies"]) for a in answers)


def test_two_equal_messages_with_different_ids_at_once_lose_nothing(either: Chat) -> None:
    either.agrees()
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: either.post(text=LIGHT), range(2)))
    assert {a.status_code for a in answers} == {200}
    assert [row.body["text"] for row in either.desk.inbox()].count(LIGHT) == 2
    assert all(row.state == "done" for row in either.desk.inbox())
    assert either.usable()


# ---- fetching


def test_messages_come_in_order_and_once(chat: Chat) -> None:
    chat.agrees()
    chat.says(LIGHT)
    everything = chat.since()["messages"]
    ids = [m["id"] for m in everything]
    assert ids == sorted(ids)
    middle = str(ids[0])
    assert [m["id"] for m in chat.since(middle)["messages"]] == ids[1:]
    assert chat.since(chat.since()["cursor"])["messages"] == []
    assert chat.since(str(ids[-1]))["messages"] == []


def test_a_notice_arrives_by_itself(chat: Chat) -> None:
    code = chat.files()
    office = Office(chat.desk)
    cursor = chat.since()["cursor"]

    def later() -> None:
        time.sleep(0.3)
        office.act(code, direct_case.assign, office.unit, office.dispatcher)

    helper = threading.Thread(target=later)
    helper.start()
    began = time.monotonic()
    (notice,) = chat.since(cursor, wait=20)["messages"]
    helper.join()
    assert 0.2 < time.monotonic() - began < 10
    assert (notice["kind"], notice["from"]) == ("notice", "assistant")
    assert code in notice["text"]
    assert notice["at"].endswith("+00:00")


def test_a_fetch_is_the_proof_of_delivery(chat: Chat) -> None:
    chat.says("xin chào")
    chat.since()
    with chat.desk.system.db.read() as session:
        assert {row.state for row in session.scalars(select(Outbox))} == {"delivered"}


def test_nothing_new_is_an_empty_list_after_the_wait(idle: Chat) -> None:
    began = time.monotonic()
    assert idle.since(wait=0.3)["messages"] == []
    assert 0.25 < time.monotonic() - began < 5


def test_staff_are_told_from_the_assistant(chat: Chat) -> None:
    code = chat.files()
    office = Office(chat.desk)
    office.act(code, direct_case.reply, "Tôi đang đến", office.dispatcher)
    last = chat.since()["messages"][-1]
    assert last["from"] == "staff"
    assert "Tôi đang đến" in last["text"]


def test_the_own_side_comes_with_own(chat: Chat) -> None:
    chat.says("xin chào")
    chat.desk.passes(seconds=1)
    chat.presses("consent:yes")
    chat.desk.passes(seconds=1)
    chat.uploads(photo=JPEG, text=LIGHT)
    shown = chat.since(own=1)["messages"]
    assert [m["from"] for m in shown[:2]] == ["resident", "assistant"]
    own = [m for m in shown if m["from"] == "resident"]
    assert [m["text"] for m in own] == ["xin chào", "", LIGHT]
    assert own[1]["payload"] == "consent:yes"
    (photo,) = own[2]["media"]
    assert chat.client.get(photo["url"]).headers["content-type"] == "image/jpeg"
    assert all(m["from"] != "resident" for m in chat.since()["messages"])


def test_the_own_history_goes_on_from_its_cursor(chat: Chat) -> None:
    chat.says("xin chào")
    first = chat.since(own=1)
    chat.presses("consent:yes")
    second = chat.since(first["cursor"], own=1)["messages"]
    assert [m["from"] for m in second] == ["resident", "assistant"]
    assert not {str(m["id"]) for m in first["messages"]} & {str(m["id"]) for m in second}


def test_an_erased_conversation_shows_nothing_of_before(chat: Chat) -> None:
    chat.agrees()
    chat.says(LIGHT)
    chat.desk.dialogue.means("xoá dữ liệu của tôi", "delete_data")
    chat.says("xoá dữ liệu của tôi")
    chat.presses("privacy:yes")
    assert LIGHT not in json.dumps(chat.since(own=1), ensure_ascii=False)


def test_a_person_has_taken_over_and_the_request_is_done(chat: Chat) -> None:
    with chat.desk.system.db.write() as session:
        hand_over(session.scalars(select(Conversation)).one(), chat.desk.now)
    answer = chat.post(text="alo")
    assert answer.json() == {"replies": [], "done": True}


# ---- pictures


def test_pictures_are_for_the_session_only(chat: Chat) -> None:
    chat.agrees()
    chat.uploads(photo=JPEG, text=LIGHT)
    with chat.desk.system.db.read() as session:
        media = session.scalars(select(Media.id)).one()
    stranger = chat.client.post("/chat/api/sessions").json()["session"]
    assert chat.client.get(f"/chat/media/{media}", params={"session": chat.session}).status_code == 200
    assert chat.client.get(f"/chat/media/{media}", params={"session": stranger}).status_code == 404
    assert chat.client.get(f"/chat/media/{media}", params={"session": "x"}).status_code == 404
    refused(chat.client.get(f"/chat/media/{media}"), 400, "malformed")


def test_a_result_photo_is_for_the_one_it_was_sent_to(chat: Chat) -> None:
    code = chat.files()
    office = Office(chat.desk)
    office.act(code, direct_case.assign, office.unit, office.dispatcher)
    office.answered(code)
    (image,) = chat.since()["messages"][-1]["images"]
    answer = chat.client.get(image["url"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert "private" in answer.headers["cache-control"]
    stranger = chat.client.post("/chat/api/sessions").json()["session"]
    assert chat.client.get(image["url"].partition("?")[0], params={"session": stranger}).status_code == 404


def test_what_is_no_picture_is_not_found(either: Chat) -> None:
    for media in ("nothing", "..%2F..%2Fsecret_key", "%00", "' OR 1=1"):
        assert either.client.get(f"/chat/media/{media}", params={"session": either.session}).status_code == 404


# ---- refusals


MALFORMED = (

        b"", b"{", b"null", b"[]", b'"x"', b"{}", b'{"session": 5, "id": "1", "text": "x"}',
        b'{"session": "S", "text": "x"}', b'{"session": "S", "id": "", "text": "x"}',
        b'{"session": "S", "id": 7, "text": "x"}', b'{"session": "S", "id": "1"}',
        b'{"session": "S", "id": "1", "text": ""}', b'{"session": "S", "id": "1", "text": " \\n\\u0000 "}',
        b'{"session": "S", "id": "1", "text": ["x"]}', b'{"session": "S", "id": "1", "payload": ""}',
        b'{"session": "S", "id": "1", "location": {"lat": 91, "lon": 105}}',
        b'{"session": "S", "id": "1", "location": {"lat": "x", "lon": 105}}',
        b'{"session": "S", "id": "1", "location": {"lat": NaN, "lon": 105}}',
        b'{"session": "S", "id": "1", "location": {"lat": 1e999, "lon": 105}}',
        b'{"session": "S", "id": "1", "location": {}}', b'{"session": "S", "id": "a\\u0000b", "text": "x"}',
        b'{"session": "S", "id": "' + b"9" * 101 + b'", "text": "x"}',
        b'{"session": "S", "id": "1", "payload": "' + b"9" * 201 + b'"}', b"\xff\xfe\x00", b"[" * 3000,
)  # fmt: skip


def test_malformed_is_400_and_nothing_is_stored(idle: Chat) -> None:
    for body in MALFORMED:
        content = body.replace(b'"S"', json.dumps(idle.session).encode())
        headers = {"content-type": "application/json"}
        refused(idle.client.post("/chat/api/messages", content=content, headers=headers), 400)
        assert idle.desk.inbox() == [], body


def test_a_wait_that_is_no_number_is_400(idle: Chat) -> None:
    body = {"session": idle.session, "id": "1", "text": "xin chào"}
    for query in ("wait=x", "wait=nan", "wait=inf", "wait=1e999"):
        refused(idle.client.post(f"/chat/api/messages?{query}", json=body), 400, "malformed")
        refused(idle.client.get(f"/chat/api/messages?session={idle.session}&{query}"), 400, "malformed")


def test_a_cursor_that_is_none_is_400(either: Chat) -> None:
    for after in ("x", "1.x", "-1", "1.2.3", "9" * 40, "1 OR 1=1", "\x00"):
        query = {"session": either.session, "after": after}
        refused(either.client.get("/chat/api/messages", params=query), 400, "malformed")


def test_fetching_needs_a_session(idle: Chat) -> None:
    refused(idle.client.get("/chat/api/messages"), 400, "malformed")


def test_too_many_are_429_with_a_time_to_wait(idle: Chat) -> None:
    answers = [idle.post(wait=0, text=str(n)) for n in range(61)]
    assert [a.status_code for a in answers[:60]] == [202] * 60
    refused(answers[60], 429, "slow_down")
    assert 0 < int(answers[60].headers["retry-after"]) <= 60
    upload = idle.uploads(wait=0, photo=JPEG)
    refused(upload, 429, "slow_down")
    assert int(upload.headers["retry-after"]) > 0
    # What is refused leaves nothing behind.
    assert not list(idle.desk.system.media.folder.glob("*"))
    other = idle.client.post("/chat/api/sessions").json()["session"]
    assert idle.post(wait=0, session=other, text="xin chào").status_code == 202
    idle.desk.passes(seconds=61)
    assert idle.post(wait=0, text="xin chào").status_code == 202


def test_a_body_that_is_too_large_is_413(idle: Chat) -> None:
    refused(idle.post(text="x" * 300_000), 413, "too_large")
    assert idle.desk.inbox() == []


def test_a_photo_of_thirty_megabytes_is_413_and_the_talk_goes_on(chat: Chat) -> None:
    answer = chat.uploads(photo=("to.jpg", bytes(30_000_000), "image/jpeg"))
    refused(answer, 413, "too_large")
    assert "20 MB" in answer.json()["message"]
    assert chat.usable()


def test_a_photo_over_the_limit_in_a_stream_without_length_is_413(idle: Chat) -> None:
    """A client that does not say how much is coming is measured while it comes."""
    edge = "x1x"
    head = (
        f'--{edge}\r\nContent-Disposition: form-data; name="session"\r\n\r\n{idle.session}\r\n'
        f'--{edge}\r\nContent-Disposition: form-data; name="id"\r\n\r\n1\r\n'
        f'--{edge}\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )

    def stream() -> Iterator[bytes]:
        yield head.encode()
        for _ in range(21):
            yield bytes(1_000_000)
        yield f"\r\n--{edge}--\r\n".encode()

    headers = {"content-type": f"multipart/form-data; boundary={edge}"}
    refused(idle.client.post("/chat/api/messages", content=stream(), headers=headers), 413, "too_large")


def test_a_wrong_file_is_told_and_the_talk_goes_on(chat: Chat) -> None:
    chat.agrees()
    program, page = b"MZ" + bytes(100), b"<script>alert(1)</script>"
    for content in (b"", program, page, b"<svg onload=alert(1)>", b"%PDF-1.7", picture()[:-300]):
        refused(chat.uploads(photo=("../../a<b>.jpg", content, "image/jpeg")), 400, "bad_file")
    assert chat.usable()


def test_a_form_without_anything_is_400(idle: Chat) -> None:
    url = "/chat/api/messages"
    refused(idle.client.post(url, files={"photo": JPEG}), 400, "malformed")
    refused(idle.client.post(url, data={"session": idle.session}, files={"photo": JPEG}), 400, "malformed")
    refused(idle.client.post(url, data={"session": idle.session, "id": "1"}, files={"x": JPEG}), 400, "empty")
    headers = {"content-type": "multipart/form-data"}
    refused(idle.client.post(url, content=b"xyz", headers=headers), 400, "malformed")
    data = {"session": idle.session, "id": "a\x00b"}
    refused(idle.client.post(url, data=data, files={"photo": JPEG}), 400, "malformed")
    assert idle.desk.inbox() == []


# ---- strange words


STRANGE = {
    "twenty thousand characters": "đèn tắt " * 2500,
    "pictograms": "🙂🙃👨‍👩‍👧",
    "decomposed": unicodedata.normalize("NFD", LIGHT),
    "sql": "'; DROP TABLE inbox; --",
    "html": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "template": "{{7*7}} {code} %s ${x}",
    "command": '/report{"topic":"noise"}',
    "NUL": "đèn\x00tắt",
    "right to left": "‮ngược‬",
    "spaces": "đèn         tắt",
    "one character": "?",
    "unknown code": "HN2611-AAAAA-A",
}


@pytest.mark.parametrize("agreed", [False, True])
def test_strange_words_get_a_courteous_answer(chat: Chat, agreed: bool) -> None:
    if agreed:
        chat.agrees()
    for name, text in STRANGE.items():
        replies = chat.says(text)
        assert replies, name
        assert all(r["text"].strip() for r in replies), name
    assert chat.usable()


def test_long_words_are_kept_in_part_and_that_is_said(chat: Chat) -> None:
    chat.agrees()
    assert "phần đầu" in texts(chat.says("đèn tắt " * 2500))
    assert len(chat.desk.inbox()[-1].body["text"]) == 8000


def test_broken_utf8_is_read_as_far_as_it_goes(chat: Chat) -> None:
    chat.agrees()
    body = json.dumps({"session": chat.session, "id": "1", "text": LIGHT}, ensure_ascii=False).encode()
    broken = body.replace(b"Kim", b"\xff\xc3Kim")
    headers = {"content-type": "application/json"}
    answer = chat.client.post("/chat/api/messages?wait=20", content=broken, headers=headers)
    assert answer.status_code == 200
    assert "Kim Giang" in chat.desk.inbox()[-1].body["text"]
    assert chat.usable()


def test_half_a_pictogram_is_refused_courteously_or_taken(chat: Chat) -> None:
    """A lone surrogate, as a page makes it that cuts a text in the middle of a pictogram."""
    body = f'{{"session": "{chat.session}", "id": "1", "text": "xin chào \\ud83d"}}'.encode()
    headers = {"content-type": "application/json"}
    answer = chat.client.post("/chat/api/messages?wait=20", content=body, headers=headers)
    assert answer.status_code in (200, 400)
    assert chat.usable()


def test_decomposed_words_are_kept_composed(chat: Chat) -> None:
    chat.agrees()
    chat.says(unicodedata.normalize("NFD", LIGHT))
    assert chat.desk.inbox()[-1].body["text"] == unicodedata.normalize("NFC", LIGHT)


def test_an_unknown_or_stale_button_is_answered(chat: Chat) -> None:
    chat.agrees()
    for payload in ("fly", "report:12345678:send", "'; DROP TABLE cases; --", "<b>", "after:add:x", "\x01x"):
        assert "tin nhắn cũ" in texts(chat.presses(payload)), payload
    assert chat.usable()


def test_evil_in_every_field_stays_a_word(either: Chat) -> None:
    evil = "'; DROP TABLE cases; -- <script>alert(1)</script> \x00 {code}"
    either.agrees()
    refused(either.post(session=evil, text="x"), 401)
    refused(either.client.get("/chat/api/messages", params={"session": evil}), 401)
    refused(either.post(id="a\x00b", text="x"), 400)
    assert either.post(id="<script>'--", text=evil, payload=None).status_code == 200
    assert either.post(payload=evil).status_code == 200
    assert either.uploads(photo=("x'; --<b>.jpg", picture(), evil.replace("\x00", "")), text=evil).status_code == 200
    assert either.usable()
    assert "<script>" in json.dumps(either.since(own=1))


def test_nothing_is_lost_while_the_understanding_is_down(chat: Chat) -> None:
    chat.desk.dialogue.down = True
    answer = chat.post(wait=0.3, text=LIGHT)
    assert answer.json()["done"] is False
    chat.desk.dialogue.down = False
    chat.desk.passes(seconds=20)
    assert "trợ lý tự động" in texts(chat.since(wait=10)["messages"])
    assert "Kim Giang" in texts(chat.presses("consent:yes"))
