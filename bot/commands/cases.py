"""`case add | list | show | move | assign | reply`: the same services, rules and notices as the console."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.message import clean_text
from bot.domain.roles import Role
from bot.errors import InvalidInput, NotFound
from bot.services import direct_case, handle_case
from bot.services.file_case import Report, file_case
from bot.services.handle_case import Actor
from bot.services.privacy import record_consent
from bot.services.track_case import by_typed_code, full_view
from bot.settings import load
from bot.store.models import Case, Conversation, Staff
from bot.wiring import System, build


def register(commands: Any) -> None:
    what = commands.add_parser("case", help="phiếu").add_subparsers(dest="what", required=True)
    _register_add(what.add_parser("add", help="ghi phiếu thay người gọi đến"))
    listing = what.add_parser("list", help="danh sách phiếu")
    listing.add_argument("--since", help="từ thời điểm ISO 8601")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(run=run_list)
    show = what.add_parser("show", help="một phiếu, đầy đủ")
    show.add_argument("code")
    show.add_argument("--json", action="store_true")
    show.set_defaults(run=run_show)
    move = what.add_parser("move", help="chuyển trạng thái")
    move.add_argument("code")
    move.add_argument("status")
    move.add_argument("--agency", help="đơn vị, khi chuyển sang assigned")
    move.add_argument("--parent", help="mã phiếu chính, khi gộp")
    move.add_argument("--photo", action="append", default=[], help="ảnh kết quả")
    move.set_defaults(run=run_move)
    assign = what.add_parser("assign", help="giao cho một đơn vị")
    assign.add_argument("code")
    assign.add_argument("agency")
    assign.set_defaults(run=run_assign)
    reply = what.add_parser("reply", help="nhắn cho người dân")
    reply.add_argument("code")
    reply.add_argument("text")
    reply.set_defaults(run=run_reply)
    for parser in (move, assign, reply):
        parser.add_argument("--by", default="admin", help="tên đăng nhập của người làm")
        parser.add_argument("--json", action="store_true")
    for parser in (move, assign):
        parser.add_argument("--note", default="")


def _register_add(add: ArgumentParser) -> None:
    add.add_argument("--topic")
    add.add_argument("--text", required=True)
    add.add_argument("--place")
    add.add_argument("--phone")
    add.add_argument("--session", help="phiên trò chuyện web của người dân, hoặc địa chỉ của họ ở kênh khác")
    add.add_argument("--channel", default="webchat", help="kênh của --session")
    add.add_argument("--by", default="admin")
    add.add_argument("--json", action="store_true")
    add.set_defaults(run=run_add)


def run_add(args: Namespace) -> int:
    system = build(load())
    with system.db.write() as session:
        actor = _actor(session, args.by)
        conversation = _conversation(session, system, args)
        case = file_case(
            session,
            system.city,
            _report(system, args),
            conversation,
            args.channel if args.session else "phone",
            actor,
            system.clock(),
        )
        _print(session, system, case, args.json, case.code)
    return 0


def _report(system: System, args: Namespace) -> Report:
    place = clean_text(args.place)
    found = system.city.gazetteer.resolve(place) if place else None
    fields = {"contact_phone": args.phone} if args.phone else {}
    return Report(
        text=clean_text(args.text),
        topic=args.topic,
        place_raw=place or None,
        ward=found.wards[0].code if found and found.wards else None,
        fields=fields,
    )


def _conversation(session: Session, system: System, args: Namespace) -> Conversation | None:
    """The conversation whose resident this is for; a case filed with an officer counts as consent given there."""
    if not args.session:
        return None
    conversation = session.scalar(
        select(Conversation).where(Conversation.channel == args.channel, Conversation.address == args.session)
    )
    if conversation is None:
        raise NotFound("Không có phiên trò chuyện này.")
    if conversation.consent is None:
        record_consent(session, conversation, "by_staff", system.city.text("consent_version"), system.clock())
    if args.phone:
        conversation.resident.phone = args.phone
    return conversation


def run_list(args: Namespace) -> int:
    system = build(load())
    query = select(Case).order_by(Case.id)
    if args.since:
        query = query.where(Case.created_at >= _moment(args.since))
    with system.db.read() as session:
        views = [full_view(session, system.city, case, system.clock()) for case in session.scalars(query)]
    if args.json:
        print(json.dumps(views, ensure_ascii=False, indent=1))
        return 0
    for view in views:
        print(f"{view['code']}\t{view['status']}\t{view['topic'] or '-'}\t{view['agency_name']}\t{view['text'][:60]}")
    return 0


def run_show(args: Namespace) -> int:
    system = build(load())
    with system.db.read() as session:
        _print(session, system, _case(session, system, args.code), args.json)
    return 0


def run_move(args: Namespace) -> int:
    system = build(load())
    with system.db.write() as session:
        actor, case = _actor(session, args.by), _case(session, system, args.code)
        photos = tuple(_photo(session, system, Path(p)) for p in args.photo)
        handle_case.move(
            session,
            system.city,
            case,
            args.status,
            actor,
            system.clock(),
            note=clean_text(args.note) or None,
            agency=args.agency,
            photos=photos,
            parent=args.parent,
        )
        _print(session, system, case, args.json, f"{case.code}: {case.status}")
    return 0


def run_assign(args: Namespace) -> int:
    system = build(load())
    with system.db.write() as session:
        case = _case(session, system, args.code)
        direct_case.assign(
            session, system.city, case, args.agency, _actor(session, args.by), system.clock(), clean_text(args.note)
        )
        _print(session, system, case, args.json, f"{case.code}: {system.city.agency_name(case.agency)}")
    return 0


def run_reply(args: Namespace) -> int:
    system = build(load())
    with system.db.write() as session:
        case = _case(session, system, args.code)
        direct_case.reply(session, system.city, case, clean_text(args.text), _actor(session, args.by), system.clock())
        _print(session, system, case, args.json, "Đã gửi.")
    return 0


def _actor(session: Session, username: str) -> Actor:
    """A member of staff; before anybody was added, the operator of this machine acts as administrator."""
    person = session.scalar(select(Staff).where(Staff.username == username, Staff.active))
    if person is not None:
        return Actor(person.username, Role(person.role), person.agency)
    if username == "admin" and session.scalar(select(Staff.id).limit(1)) is None:
        return Actor("admin", Role.ADMIN)
    raise NotFound(f"Không có cán bộ {username!r} (xem: langnghe staff list).")


def _case(session: Session, system: System, typed: str) -> Case:
    case, reading = by_typed_code(session, system.city, typed)
    if case is None:
        slip = reading is None or reading.slip
        raise NotFound(f"Mã {typed!r} gõ nhầm." if slip else f"Không có phiếu {typed!r}.")
    return case


def _photo(session: Session, system: System, path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"Không đọc được {path}: {error.strerror}") from error
    return system.media.put(session, content, "photo", None, system.clock()).id


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"--since: {text!r} không phải thời điểm ISO 8601.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _print(session: Session, system: System, case: Case, as_json: bool, short: str | None = None) -> None:
    session.flush()
    session.refresh(case)
    view = full_view(session, system.city, case, system.clock())
    if as_json:
        print(json.dumps(view, ensure_ascii=False, indent=1))
    elif short:
        print(short)
    else:
        _print_plain(view)


def _print_plain(view: dict[str, Any]) -> None:
    for key in ("code", "status", "topic", "level", "agency_name", "due_at", "overdue", "text", "rating"):
        print(f"{key}: {view[key]}")
    print(f"place: {view['place']['address']}")
    for event in view["history"]:
        print(f"  {event['at']} {event['actor']}: {event['from']} -> {event['to']} {event['note'] or ''}")
