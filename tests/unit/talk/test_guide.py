"""Messages that are not (only) reports: protect first, explain, point to the right place (domain.md §1.4)."""

from __future__ import annotations

import pytest

from bot.services.handoff import hand_back, say
from bot.store.models import Conversation
from tests.scripted import Desk, said
from tests.unit.office import Office, picture

FIRE = "cháy nhà ở ngõ 12 phố Vọng có người mắc kẹt"
SHOCK = "có người bị điện giật ở cột đèn ngõ 12 phố Vọng"
BRIBE = "tôi tố cáo ông Trần Văn Xấu nhận hối lộ 50 triệu"
LIGHT = "đèn đường trước nhà văn hoá tổ 5 Kim Giang tắt cả tuần nay"
HOLE = "ổ gà to lắm"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is said does not depend on the kind of database; test_report.py meets both."""
    return sqlite_url


@pytest.fixture(autouse=True)
def meanings(desk: Desk) -> None:
    means = desk.dialogue.means
    means(FIRE, "emergency")
    means(BRIBE, "denunciation")
    means("tôi khiếu nại quyết định thu hồi đất số 15", "formal_complaint")
    means(LIGHT, "report", "street_lighting")
    means(HOLE, "report", "road_damage")
    means("đăng ký khai sinh ở đâu", "procedure_question")
    means("làm sao để xin giấy phép bay flycam", "procedure_question")
    means("mua hàng giảm giá tại shop", "spam")
    means("cảm ơn các anh công nhân", "praise")
    means("toà án xử sai", "out_of_scope")
    means("gặp cán bộ", "ask_human")
    means("help me, the street light is broken", "english")
    means("hello", "english")
    means("trợ giúp", "help")


# ---- emergency


def test_an_emergency_gets_numbers_first_and_no_question(desk: Desk) -> None:
    answer = desk.hears("an", FIRE)
    for number in ("112", "113", "114", "115"):
        assert number in answer[0].text
    assert "?" not in answer[0].text


def test_numbers_come_whatever_else_is_open(desk: Desk) -> None:
    desk.agrees("an")
    desk.hears("an", HOLE)
    assert "114" in desk.hears("an", FIRE)[0].text


def test_numbers_come_even_while_a_person_talks(desk: Desk) -> None:
    desk.hears("an", "gặp cán bộ")
    assert "114" in said(desk.hears("an", FIRE))


def test_the_emergency_is_filed_urgent_without_typing_it_again(desk: Desk) -> None:
    desk.agrees("an")
    desk.hears("an", FIRE)
    desk.presses("an", "Ghi phản ánh khẩn")
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert FIRE in case.text
    assert case.level == "urgent"


def test_at_the_summary_of_an_emergency_lives_come_before_the_office_and_no_picture_is_asked_for(desk: Desk) -> None:
    desk.agrees("an")
    desk.dialogue.means(
        SHOCK, "emergency", ranking=[("emergency", 0.6), ("electricity", 0.3)], confidence=0.6, label="emergency"
    )
    desk.hears("an", SHOCK)
    summary = said(desk.presses("an", "Ghi phản ánh khẩn"))
    assert "Điện lực" in summary
    assert "112, 113, 114, 115, 19001288" in summary
    assert "Có ảnh" not in summary


# ---- denunciation, formal complaint


@pytest.mark.parametrize("agreed", [True, False])
def test_a_denunciation_is_explained_and_not_kept(desk: Desk, agreed: bool) -> None:
    if agreed:
        desk.agrees("an")
    answer = said(desk.hears("an", BRIBE))
    assert "chữ ký" in answer
    assert "Trần Văn Xấu" not in answer
    for row in desk.inbox():
        assert "Trần Văn Xấu" not in str(vars(row))
    with desk.system.db.read() as session:
        assert all("Xấu" not in str(vars(c)) for c in session.query(Conversation))
    assert desk.cases() == []


def test_a_denunciation_in_the_middle_of_a_report_leaves_the_report(desk: Desk) -> None:
    desk.agrees("an")
    desk.hears("an", HOLE)
    assert "chữ ký" in said(desk.hears("an", BRIBE))
    summary = desk.hears("an", "ngõ 12 phố Vọng")
    assert HOLE in said(summary)
    assert "Xấu" not in said(summary)


def test_a_denunciation_before_consent_does_not_come_back_after_it(desk: Desk) -> None:
    desk.hears("an", BRIBE)
    desk.hears("an", LIGHT)
    after = desk.presses("an", "Đồng ý")
    assert "Kim Giang" in said(after)
    assert "Xấu" not in said(after)
    assert desk.cases() == []


def test_a_formal_complaint_is_told_where_and_how_long(desk: Desk) -> None:
    desk.agrees("an")
    answer = said(desk.hears("an", "tôi khiếu nại quyết định thu hồi đất số 15"))
    assert "90 ngày" in answer
    assert desk.cases() == []
    assert all("thu hồi đất" not in str(vars(row)) for row in desk.inbox())


def test_whoever_insists_is_heard_and_a_person_decides(desk: Desk) -> None:
    desk.agrees("an")
    desk.hears("an", BRIBE)
    assert "viết lại" in said(desk.presses("an", "Đây chỉ là phản ánh"))
    desk.hears("an", "bộ phận một cửa làm việc chậm ở phường Giảng Võ")
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert (case.agency, case.status) == ("triage_desk", "received")
    assert "Xấu" not in case.text


# ---- questions, praise, the rest


def test_a_question_is_answered_with_its_source(desk: Desk) -> None:
    desk.agrees("an")
    answer = said(desk.hears("an", "đăng ký khai sinh ở đâu"))
    assert "Nguồn:" in answer
    assert "khai sinh" in answer
    assert desk.cases() == []


def test_a_question_without_an_answer_is_pointed_on_and_may_be_passed_on(desk: Desk) -> None:
    desk.agrees("an")
    text = "làm sao để xin giấy phép bay flycam"
    assert "19001009" in said(desk.hears("an", text))
    desk.presses("an", "Chuyển câu hỏi")
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert (case.kind, case.agency) == ("question", "triage_desk")
    assert text in case.text


ASKS_AND_TELLS = f"đăng ký khai sinh ở đâu ạ? Với lại {LIGHT}"


@pytest.mark.parametrize("yes", ["Ghi việc này", "vâng ghi giúp tôi"])
def test_a_matter_told_beside_a_question_is_not_lost(desk: Desk, yes: str) -> None:
    desk.agrees("an")
    desk.dialogue.means(ASKS_AND_TELLS, "procedure_question")
    desk.dialogue.means("vâng ghi giúp tôi", "affirm")
    told = said(desk.hears("an", ASKS_AND_TELLS))
    assert "Nguồn:" in told
    assert "Chiếu sáng" in told
    desk.presses("an", yes) if yes[0] == "G" else desk.hears("an", yes)
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert (case.kind, case.topic, case.text) == ("report", "street_lighting", LIGHT)


def test_a_matter_beside_a_question_waits_for_consent(desk: Desk) -> None:
    desk.dialogue.means(ASKS_AND_TELLS, "procedure_question")
    desk.hears("an", ASKS_AND_TELLS)
    desk.presses("an", "Ghi việc này")
    assert LIGHT in said(desk.presses("an", "Đồng ý"))


def test_praise_is_passed_on_if_wanted(desk: Desk) -> None:
    desk.agrees("an")
    desk.hears("an", "cảm ơn các anh công nhân")
    assert desk.cases() == []
    desk.presses("an", "Chuyển lời khen")
    desk.presses("an", "Gửi")
    assert desk.cases()[0].kind == "praise"


def test_spam_gets_one_gentle_word_and_a_report_afterwards_is_welcome(desk: Desk) -> None:
    desk.agrees("an")
    assert len(desk.hears("an", "mua hàng giảm giá tại shop")) == 1
    assert desk.hears("an", "mua hàng giảm giá tại shop") == []
    assert "Kim Giang" in said(desk.hears("an", LIGHT))


def test_what_is_not_the_citys_may_still_be_given_to_a_person(desk: Desk) -> None:
    desk.agrees("an")
    assert "ngoài thẩm quyền" in said(desk.hears("an", "toà án xử sai"))
    desk.presses("an", "Đây chỉ là phản ánh")
    assert "toà án xử sai" in str([row.body for row in desk.inbox()])


def test_help_in_the_middle_of_a_report_comes_back_to_it(desk: Desk) -> None:
    desk.agrees("an")
    desk.hears("an", HOLE)
    answer = desk.hears("an", "trợ giúp")
    assert "phiếu của tôi" in answer[0].text
    assert "ở chỗ nào" in answer[-1].text


# ---- a person takes over


def test_after_asking_for_a_person_the_assistant_is_silent_and_comes_back(desk: Desk, office: Office) -> None:
    desk.agrees("an")
    assert "cán bộ" in said(desk.hears("an", "gặp cán bộ"))
    assert desk.hears("an", "alo có ai không") == []
    assert [row.state for row in desk.inbox()].count("done") == len(desk.inbox())
    conversation = desk.inbox()[0].conversation_id
    office.change(lambda s: say(s, office.city, conversation, "Tôi đây", office.dispatcher, desk.now))
    office.change(lambda s: hand_back(s, office.city, conversation, office.dispatcher, desk.now))
    assert "Kim Giang" in said(desk.hears("an", LIGHT))
    assert "Tôi đây" in said(desk.sent("an"))


def test_a_person_can_be_asked_for_before_agreeing(desk: Desk) -> None:
    assert "cán bộ trực" in said(desk.hears("an", "gặp cán bộ"))


# ---- English


def test_english_is_answered_in_english_and_filed(desk: Desk) -> None:
    first = said(desk.hears("an", "hello"))
    assert "automatic (AI) assistant" in first
    desk.presses("an", "I agree")
    desk.dialogue.means("the street light at ngõ 12 phố Vọng is broken", "report", "street_lighting")
    summary = desk.hears("an", "the street light at ngõ 12 phố Vọng is broken")
    assert "Please check" in said(summary)
    filed = desk.presses("an", "Send")
    assert "Tracking code" in said(filed)
    assert len(desk.cases()) == 1


# ---- files that are no words


def test_a_photo_of_a_denunciation_is_not_kept_either(desk: Desk) -> None:
    desk.agrees("an")
    desk.sends_photo("an", picture(), BRIBE)
    assert desk.cases() == []
    assert all("Xấu" not in str(vars(row)) for row in desk.inbox())


# ---- danger, and what only sounds like it


@pytest.mark.parametrize(
    "words",
    [
        "cây đổ đè trúng người ở Phan Đình Phùng",
        "chồng đánh tôi",
        "help my house is on fire",
        "bà cháu kẹt trên mái nhà",
    ],
)
def test_danger_in_so_many_words_gets_numbers_whatever_the_machine_thinks(desk: Desk, words: str) -> None:
    desk.dialogue.means(words, "report", "tree_park")
    assert "114" in desk.hears("an", words)[0].text


@pytest.mark.parametrize("words", ["gan so nha 234", "nhanh lên nhé", "gấp lắm rồi"])
def test_a_few_words_without_danger_raise_no_alarm_and_no_level(desk: Desk, words: str) -> None:
    desk.agrees("an")
    desk.hears("an", LIGHT)
    desk.dialogue.means(words, "emergency", confidence=0.3)
    told = said(desk.hears("an", words))
    assert "114" not in told
    desk.presses("an", "Gửi")
    assert desk.cases()[0].level == "normal"


def test_a_few_words_that_surely_tell_of_danger_are_believed(desk: Desk) -> None:
    desk.dialogue.means("con tôi tím tái rồi", "emergency", confidence=0.9)
    assert "115" in said(desk.hears("an", "con tôi tím tái rồi"))


def test_a_false_alarm_is_talked_out_of_and_becomes_an_ordinary_report(desk: Desk) -> None:
    desk.agrees("an")
    text = "cứu với rác ngập đầu rồi ngõ 6 Hoàng Văn Thái"
    ranking = [("emergency", 0.7), ("waste_collection", 0.25)]
    desk.dialogue.means(text, "emergency", confidence=0.7, ranking=ranking)
    assert "114" in said(desk.hears("an", text))
    desk.dialogue.means("không có ai nguy hiểm đâu, rác thôi", "deny")
    offered = desk.hears("an", "không có ai nguy hiểm đâu, rác thôi")
    assert "Hoàng Văn Thái" in said(desk.hears("an", payload=offered[-1].buttons[0].payload))
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert (case.topic, case.level) == ("waste_collection", "normal")


def test_a_typed_wish_files_the_emergency(desk: Desk) -> None:
    desk.agrees("an")
    desk.hears("an", FIRE)
    assert "Tôi ghi lại" in said(desk.hears("an", "ghi lại đi"))
    desk.presses("an", "Gửi")
    assert desk.cases()[0].level == "urgent"


def test_an_angry_report_is_one(desk: Desk) -> None:
    desk.agrees("an")
    text = "lũ ăn hại, đường thì nát, Nguyễn Văn Cừ số 200"
    desk.dialogue.means(text, "spam", ranking=[("spam", 0.9), ("road_damage", 0.08)])
    offered = desk.hears("an", text)
    assert "Nguyễn Văn Cừ" in said(desk.hears("an", payload=offered[-1].buttons[0].payload))


def test_a_report_in_english_is_kept_from_the_first_word(desk: Desk) -> None:
    text = "hi, the street lamp in front of my building is broken"
    desk.dialogue.means(text, "english")
    desk.hears("an", text)
    desk.presses("an", "I agree")
    assert text in desk.inbox()[0].body["text"]
    told = said(desk.hears("an", "Lane 31 Xuan Dieu, Tay Ho"))
    assert text in told


@pytest.mark.parametrize("words", ["cháy rồi nhanh lên", "nhanh len co nguoi bi tong xe"])
def test_haste_beside_a_danger_is_a_danger(desk: Desk, words: str) -> None:
    desk.dialogue.means(words, "emergency", confidence=0.3)
    assert "114" in said(desk.hears("an", words))


def test_a_false_alarm_of_before_takes_nothing_from_the_next_one(desk: Desk) -> None:
    desk.hears("an", FIRE)
    desk.hears("an", "không có ai nguy hiểm đâu")
    desk.hears("an", FIRE)
    desk.presses("an", "Ghi phản ánh khẩn")
    desk.presses("an", "Đồng ý")
    desk.presses("an", "Gửi")
    assert desk.cases()[0].level == "urgent"


def test_a_yes_to_an_alarm_files_the_alarm_whatever_was_offered_before(desk: Desk) -> None:
    desk.agrees("an")
    desk.dialogue.means(ASKS_AND_TELLS, "procedure_question")
    desk.dialogue.means("có", "affirm")
    desk.hears("an", ASKS_AND_TELLS)
    desk.hears("an", FIRE)
    assert FIRE in said(desk.hears("an", "có"))


@pytest.mark.parametrize(
    "words",
    [
        "nên để người đi bộ có lối qua phố Huế",
        "tuyên truyền phòng chống bạo hành trẻ em ở phường",
        "mèo kẹt trên mái tôn nhà bên",
    ],
)
def test_words_that_only_hold_those_of_a_danger_are_none(desk: Desk, words: str) -> None:
    desk.agrees("an")
    desk.dialogue.means(words, "report", "culture_tourism")
    assert "114" not in said(desk.hears("an", words))
