"""Back, again from the start, old buttons, strange input: the conversation is always usable afterwards."""

from __future__ import annotations

import pytest

from tests.scripted import Desk, said

LIGHT = "đèn đường trước nhà văn hoá tổ 5 Kim Giang tắt cả tuần nay"
HOLE = "ổ gà to lắm"
KARAOKE = "hát karaoke ầm ĩ ở ngõ 12 phố Vọng"
EVIL = (
    "'; DROP TABLE cases; --",
    "<script>alert(1)</script>",
    "{code} {0} {{}} %s %(x)s ${jndi}",
    '/report{"topic": "noise"}',
    "\\x00 \\u0000 ‮ngược",
    "a" * 20_000,
    "🙂" * 2000,
    "Z̸̢̛͓̈́a̷͚͝l̵̙̀g̶o",
    "١٢٣ 你好 Привет",
    "-" * 300,
    "http://example.com/?a=1&b=2",
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is said does not depend on the kind of database; test_report.py meets both."""
    return sqlite_url


@pytest.fixture(autouse=True)
def meanings(desk: Desk) -> None:
    means = desk.dialogue.means
    means(LIGHT, "report", "street_lighting")
    means(HOLE, "report", "road_damage")
    means(KARAOKE, "report", "noise")
    means("quay lại", "go_back")
    means("bắt đầu lại", "start_over")
    means("huỷ", "cancel")
    desk.agrees("an")


def usable(desk: Desk) -> bool:
    """Whether a report can still be told and sent."""
    before = len(desk.cases())
    desk.hears("an", "bắt đầu lại")
    desk.hears("an", LIGHT)
    desk.presses("an", "Gửi")
    return len(desk.cases()) == before + 1


def test_back_asks_the_last_question_again(desk: Desk) -> None:
    desk.hears("an", HOLE)
    desk.hears("an", "ngõ 12 phố Vọng")
    again = desk.hears("an", "quay lại")
    assert "ở chỗ nào" in said(again)
    summary = desk.hears("an", "phố Linh Lang")
    assert "Linh Lang" in said(summary)
    assert "phố Vọng" not in said(summary)


def test_back_from_an_answered_field_forgets_the_answer(desk: Desk) -> None:
    desk.hears("an", KARAOKE)
    desk.hears("an", "tối nào cũng hát")
    assert "lúc nào" in said(desk.hears("an", "quay lại"))
    desk.hears("an", "chỉ cuối tuần")
    desk.presses("an", "Gửi")
    observed = desk.cases()[0].fields["time_observed"]
    assert "cuối tuần" in observed
    assert "tối nào" not in observed


def test_back_with_nothing_answered_offers_what_can_be_changed(desk: Desk) -> None:
    desk.hears("an", LIGHT)
    offered = desk.hears("an", "quay lại")
    assert {"Nội dung", "Địa điểm", "Lĩnh vực"} <= {b.label for b in offered[-1].buttons}


@pytest.mark.parametrize("word", ["quay lại", "bắt đầu lại", "huỷ"])
def test_commands_with_nothing_open_are_courteous(desk: Desk, word: str) -> None:
    answer = desk.hears("an", word)
    assert len(answer) == 1
    assert desk.cases() == []
    assert usable(desk)


def test_from_the_start_forgets_the_draft(desk: Desk) -> None:
    desk.hears("an", HOLE)
    assert "lại từ đầu" in said(desk.hears("an", "bắt đầu lại"))
    summary = desk.hears("an", LIGHT)
    assert HOLE not in said(summary)


def test_a_button_of_a_dropped_draft_changes_nothing(desk: Desk) -> None:
    desk.hears("an", LIGHT)
    payload = desk.button("an", "Gửi")
    desk.hears("an", "bắt đầu lại")
    assert "tin nhắn cũ" in said(desk.hears("an", payload=payload))
    assert desk.cases() == []


def test_a_button_of_another_persons_draft_changes_nothing(desk: Desk) -> None:
    desk.hears("an", LIGHT)
    payload = desk.button("an", "Gửi")
    desk.agrees("binh")
    assert "tin nhắn cũ" in said(desk.hears("binh", payload=payload))
    assert desk.cases() == []


UNKNOWN = (
    "x", "report", "report:", "report:%%%%%%%%:send", "report:12345678:fly", "after:", "after::", "after:stay:",
    "after:other:", "after:withdraw_yes:HN2611-AAAAA-A", "after:fly:", "track:", "track:xxx", "privacy:yes",
    "consent:maybe", "guide:fly", "start:", "start:'; DROP TABLE cases; --", "second:", "second:x", "🙂", ":::::",
    "report:" + "9" * 190,
)  # fmt: skip


def test_an_unknown_button_is_answered_and_does_no_harm(desk: Desk) -> None:
    for payload in UNKNOWN:
        answer = desk.hears("an", payload=payload)
        assert answer, payload
        assert all(m.text for m in answer), payload
        assert desk.cases() == [], payload
    assert usable(desk)


def test_a_strange_button_of_the_open_draft_does_no_harm(desk: Desk) -> None:
    desk.hears("an", LIGHT)
    draft = desk.button("an", "Gửi").rpartition(":")[0]
    for verb in ("topic:ufo", "ward:99999", "group:ufo", "fly", "skip", "keep", "topic", ""):
        assert desk.hears("an", payload=f"{draft}:{verb}"), verb
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert case.topic == "street_lighting"


def test_whatever_is_written_is_answered_kept_as_text_and_usable_afterwards(desk: Desk) -> None:
    for text in EVIL:
        assert desk.hears("an", text), text[:40]
        desk.hears("an", HOLE)
        desk.hears("an", text)
        desk.hears("an", "bắt đầu lại")
    assert all(row.state == "done" for row in desk.inbox())
    assert desk.cases() == []
    assert usable(desk)


def test_evil_words_in_every_field_are_only_words(desk: Desk) -> None:
    evil = "'; DROP TABLE cases; -- <b onclick=x>{code}</b>"
    desk.dialogue.means(f"{evil} hát", "report", "noise")
    desk.hears("an", f"{evil} hát")
    desk.hears("an", f"ngõ 12 phố Vọng {evil}")
    desk.hears("an", evil)
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert evil in case.text
    assert evil in case.fields["time_observed"]
    assert usable(desk)


def test_a_very_long_message_is_kept_in_part_and_that_is_said(desk: Desk) -> None:
    answer = desk.hears("an", LIGHT, handle={"cut": True})
    assert "phần đầu" in said(answer)
    assert "Kim Giang" in said(answer)
