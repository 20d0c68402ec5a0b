"""A typed number stands for a button of the last answer."""

from __future__ import annotations

import pytest

from bot.domain.message import Button, Outgoing
from bot.services.choose import chosen
from bot.services.notify import queue
from bot.services.receive import open_conversation
from tests.scripted import Desk

THREE = tuple(Button(label, f"x:{label}") for label in ("Gửi", "Sửa", "Huỷ"))
LONE = (Button("Bỏ qua", "x:skip"),)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """How words are read does not depend on the kind of database."""
    return sqlite_url


def said(desk: Desk, *messages: tuple[int | None, tuple[Button, ...]]) -> str:
    """Our messages, oldest first: the inbox row each answers, and its buttons. Returns the conversation."""
    with desk.system.db.write() as session:
        conversation = open_conversation(session, "webchat", "an", desk.now)
        for inbox_id, buttons in messages:
            key = f"k{next(desk.numbers)}"
            queue(session, conversation.id, Outgoing("?", buttons), key, "reply", desk.now, inbox_id=inbox_id)
            session.flush()
        return conversation.id


def picks(desk: Desk, conversation: str, text: str, numbered: bool = False) -> str | None:
    with desk.system.db.read() as session:
        return chosen(session, conversation, text, numbered)


@pytest.mark.parametrize("text", ["2", " 2. ", "(2)", "số 2", "chọn 2", "chon 2", "Ý 2", "02"])
def test_many_manners_of_a_number(desk: Desk, text: str) -> None:
    assert picks(desk, said(desk, (1, THREE)), text) == "x:Sửa"


@pytest.mark.parametrize("text", ["4", "0", "2 cái", "ngõ 2", "12", "1/2", "hai", "", "2026"])
def test_what_is_no_choice_stays_text(desk: Desk, text: str) -> None:
    assert picks(desk, said(desk, (1, THREE)), text) is None


def test_buttons_of_an_earlier_answer_are_past(desk: Desk) -> None:
    assert picks(desk, said(desk, (1, THREE), (2, ())), "2") is None
    assert picks(desk, said(desk, (3, ()), (3, THREE), (3, ())), "2") == "x:Sửa"


def test_a_lone_button_is_meant_only_where_it_was_numbered(desk: Desk) -> None:
    conversation = said(desk, (1, LONE))
    assert picks(desk, conversation, "1") is None
    assert picks(desk, conversation, "1", numbered=True) == "x:skip"


def test_a_number_sends_the_report_like_the_button(desk: Desk) -> None:
    text = "đèn đường trước số 5 phố Linh Lang, phường Giảng Võ tắt cả tuần"
    desk.dialogue.means(text, "report", "street_lighting")
    said_back = desk.hears("an", text)
    labels = [b.label for m in said_back for b in m.buttons]
    assert labels, "consent is asked with buttons"
    desk.presses("an", labels[0])
    answer = desk.hears("an", "1")
    assert any("HN26" in m.text for m in answer), [m.text for m in answer]
