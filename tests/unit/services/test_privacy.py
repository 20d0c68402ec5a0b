"""Refusing and erasing (domain.md §1.5): what is a person's goes; a case stays, without who sent it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from bot.domain.message import Incoming, Outgoing
from bot.services import answer_case, handle_case
from bot.services.notify import queue
from bot.services.privacy import erase_resident, forget_last, forget_messages, record_consent
from bot.services.receive import open_conversation, receive
from bot.services.review import doubt
from bot.services.track_case import cases_of, full_view
from bot.store.models import (
    Base,
    Case,
    Consent,
    Conversation,
    Draft,
    Inbox,
    Media,
    Outbox,
    Review,
)
from tests.unit.office import Office, picture

SECRETS = ("Nguyễn Văn An", "0912345678", "bí mật", "khách 77")


def lived_in(office: Office) -> str:
    """A resident with a name, messages, a draft, loose and filed photos and a case. Returns the code."""
    desk = office.desk
    with desk.system.db.write() as session:
        conversation = open_conversation(session, "webchat", "an", desk.now)
        conversation.resident.name, conversation.resident.phone = "Nguyễn Văn An", "0912345678"
        record_consent(session, conversation, "yes", "v1", desk.now)
        conversation.state = {"held": [1], "note": "bí mật"}
        loose = desk.system.media.put(session, picture("red"), "photo", conversation.id, desk.now)
        kept = desk.system.media.put(session, picture("blue"), "photo", conversation.id, desk.now)
        row_id = receive(session, Incoming("webchat", "m1", "an", "bí mật 0912345678", phone="0912345678"), desk.now)
        row = session.get_one(Inbox, row_id)
        row.state, row.parse, row.turn = "done", {"text": "bí mật"}, [{"values": {"story": "bí mật"}}]
        draft = Draft(
            conversation_id=conversation.id, body={"story": ["bí mật"]}, created_at=desk.now, updated_at=desk.now
        )
        session.add(draft)
        session.flush()
        filed, loose_id = kept.id, loose.id
        draft_id = draft.id
    code = office.file(
        draft_id=draft_id,
        fields={"contact_phone": "0912345678", "customer_code": "khách 77", "pole_number": "12"},
        attachments=((filed, "photo", ""),),
    )
    office.act(code, answer_case.add_from_resident, "thêm một câu", (), key=f"inbox-{row_id}")
    with desk.system.db.write() as session:
        case = handle_case.find(session, code)
        conversation = session.get_one(Conversation, case.conversation_id)
        doubt(
            session, "unsure", f"draft-{draft_id}", "đèn tắt", {}, desk.now, conversation=conversation.id, case=case.id
        )
        for number, state in enumerate(("sent", "delivered", "undeliverable")):
            queue(session, conversation.id, Outgoing("bí mật 0912345678"), f"o{number}", "reply", desk.now)
            session.flush()
            session.scalars(select(Outbox).where(Outbox.key == f"o{number}")).one().state = state
    assert desk.system.media.folder.joinpath(loose_id).exists()
    return code


def erase(office: Office) -> int:
    with office.desk.system.db.write() as session:
        conversation = open_conversation(session, "webchat", "an", office.desk.now)
        return erase_resident(session, office.desk.system.media, conversation, "v1", office.desk.now)


def everything(office: Office, *but: type) -> str:
    """All that stands in the database, in one text."""
    found = []
    with office.desk.system.db.read() as session:
        for mapper in Base.registry.mappers:
            if mapper.class_ in but:
                continue
            for row in session.scalars(select(mapper.class_)):
                found += [f"{mapper.class_.__name__}.{c.key}={getattr(row, c.key)!r}" for c in mapper.column_attrs]
    return "\n".join(found)


def test_consent_keeps_the_proof(office: Office) -> None:
    with office.desk.system.db.write() as session:
        conversation = open_conversation(session, "webchat", "an", office.desk.now)
        record_consent(session, conversation, "yes", "2026-11-22", office.desk.now)
    (proof,) = office.rows(Consent)
    assert (proof.answer, proof.text_version, proof.channel, proof.at) == (
        "yes", "2026-11-22", "webchat", office.desk.now,
    )  # fmt: skip


def test_erasing_leaves_no_word_of_the_person(office: Office) -> None:
    lived_in(office)
    before = everything(office)
    assert all(secret in before for secret in SECRETS)
    assert erase(office) == 1
    after = everything(office)
    assert [secret for secret in SECRETS if secret in after] == []


def test_the_case_stays_and_goes_on(office: Office) -> None:
    code = lived_in(office)
    erase(office)
    case = office.case(code)
    assert case.text == "đèn tắt"
    assert case.fields == {"pole_number": "12"}
    assert len(case.attachments) == 1
    assert office.move(code, "in_progress", office.officer).status == "in_progress"
    assert [row for row in office.notices() if "đang xử lý" in row.body["text"]] == []


def test_nothing_leads_from_the_case_back_to_the_person(office: Office) -> None:
    code = lived_in(office)
    with office.desk.system.db.read() as session:
        conversation = session.scalars(select(Conversation).where(Conversation.address == "an")).one()
        links = (conversation.id, conversation.resident_id)
    inbox = {f"inbox-{row.id}" for row in office.rows(Inbox)}
    erase(office)
    case = office.case(code)
    assert (case.resident_id, case.conversation_id) == (None, None)
    kept = [case, *case.events, *case.messages, *case.attachments, *office.rows(Review)]
    with office.desk.system.db.read() as session:
        kept += [session.get_one(Media, a.media_id) for a in case.attachments]
        kept += list(session.scalars(select(Outbox).where(Outbox.case_id == case.id)))
        drafts = list(session.scalars(select(Draft.id).where(Draft.id == case.draft_id)))
    values = {str(v) for row in kept for v in vars(row).values()}
    assert not values & ({*links} | inbox)
    assert drafts == []


def test_the_person_sees_no_case_afterwards(office: Office) -> None:
    lived_in(office)
    erase(office)
    with office.desk.system.db.read() as session:
        conversation = session.scalars(select(Conversation).where(Conversation.address == "an")).one()
        assert cases_of(session, conversation) == []
        assert conversation.state == {}
        assert conversation.consent is None


def test_the_officers_page_still_opens(office: Office) -> None:
    code = lived_in(office)
    office.move(code, "in_progress", office.officer)
    erase(office)
    with office.desk.system.db.read() as session:
        view = full_view(session, office.city, handle_case.find(session, code), office.desk.now)
    assert view["code"] == code
    assert "0912345678" not in str(view)


def test_loose_photos_are_deleted_and_filed_ones_stay_with_the_case(office: Office) -> None:
    code = lived_in(office)
    erase(office)
    filed = {a.media_id for a in office.case(code).attachments}
    folder = office.desk.system.media.folder
    assert {path.name for path in folder.iterdir()} == filed
    assert all((row.erased_at is None) == (row.id in filed) for row in office.rows(Media))


def test_erasing_twice_is_erasing_once(office: Office) -> None:
    lived_in(office)
    assert [erase(office), erase(office)] == [1, 0]


def test_others_lose_nothing(office: Office) -> None:
    lived_in(office)
    other = office.file(who="binh", draft_id="b" * 32)
    office.move(other, "in_progress", office.officer)
    erase(office)
    assert office.case(other).conversation_id is not None
    assert "đang xử lý" in office.told("binh")


def test_a_refusal_erases_what_was_said_and_keeps_the_proof(office: Office) -> None:
    lived_in(office)
    with office.desk.system.db.write() as session:
        conversation = open_conversation(session, "webchat", "an", office.desk.now)
        record_consent(session, conversation, "no", "v1", office.desk.now)
        forget_messages(session, office.desk.system.media, conversation, office.desk.now)
    assert [proof.answer for proof in office.rows(Consent)] == ["yes", "no"]
    assert "bí mật" not in everything(office, Case)
    assert {draft.state for draft in office.rows(Draft)} == {"dropped"}


def test_what_is_still_to_be_answered_survives_forgetting(office: Office) -> None:
    """The very message that asks for erasing is being answered: its row must remain readable."""
    with office.desk.system.db.write() as session:
        receive(session, Incoming("webchat", "m1", "an", "xoá dữ liệu của tôi"), office.desk.now)
        conversation = open_conversation(session, "webchat", "an", office.desk.now)
        forget_messages(session, office.desk.system.media, conversation, office.desk.now)
    (row,) = office.rows(Inbox)
    assert Incoming.from_json(row.body).sender == "an"


def test_a_single_message_is_forgotten_alone(office: Office) -> None:
    ids: list[Any] = []
    with office.desk.system.db.write() as session:
        for number, text in enumerate(("bí mật", "đèn tắt")):
            ids.append(receive(session, Incoming("webchat", f"m{number}", "an", text), office.desk.now))
        forget_last(session, office.desk.system.media, ids[:1], office.desk.now)
    first, second = office.rows(Inbox)
    assert "bí mật" not in str(vars(first))
    assert Incoming.from_json(first.body) == Incoming("webchat", "m0", "an")
    assert second.body["text"] == "đèn tắt"
