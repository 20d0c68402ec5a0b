"""`staff add | list | password`."""

from __future__ import annotations

import getpass
import secrets
import sys
from argparse import Namespace
from typing import Any

from sqlalchemy import func, select

from bot.domain.roles import LABELS, STAFF_ROLES, Role
from bot.services import staff
from bot.settings import load
from bot.store.models import Staff
from bot.wiring import System, build


def register(commands: Any) -> None:
    parser = commands.add_parser("staff", help="tài khoản cán bộ")
    what = parser.add_subparsers(dest="what", required=True)
    add = what.add_parser("add", help="thêm một người")
    add.add_argument("username")
    add.add_argument("--name", default="")
    add.add_argument("--role", default="officer", choices=[r.value for r in STAFF_ROLES])
    add.add_argument("--agency", help="mã đơn vị, như commune-00166")
    add.add_argument("--password", help="bỏ trống thì đọc từ bàn phím, hoặc tự sinh khi không có bàn phím")
    add.set_defaults(run=run_add)
    what.add_parser("list", help="danh sách").set_defaults(run=run_list)
    password = what.add_parser("password", help="đặt lại mật khẩu")
    password.add_argument("username")
    password.add_argument("--password")
    password.set_defaults(run=run_password)


def run_add(args: Namespace) -> int:
    system = build(load())
    password, made = _password(args.password)
    with system.db.write() as session:
        staff.add(
            session,
            system.city,
            args.username,
            args.name or args.username,
            args.role,
            password,
            system.clock(),
            agency=args.agency,
        )
    print(f"Đã thêm {args.username} ({LABELS[Role(args.role)]})." + (f" Mật khẩu: {password}" if made else ""))
    return 0


def run_list(args: Namespace) -> int:
    system = build(load())
    with system.db.read() as session:
        for person in session.scalars(select(Staff).order_by(Staff.username)):
            state = "" if person.active else " (đã khoá)"
            print(f"{person.username}\t{LABELS[Role(person.role)]}\t{person.agency or '-'}\t{person.name}{state}")
    return 0


def run_password(args: Namespace) -> int:
    system = build(load())
    password, made = _password(args.password)
    with system.db.write() as session:
        staff.set_password(session, args.username, password)
    print("Đã đổi mật khẩu." + (f" Mật khẩu mới: {password}" if made else ""))
    return 0


def _password(given: str | None) -> tuple[str, bool]:
    """The password, and whether it was made up here."""
    if given:
        return given, False
    if sys.stdin.isatty():
        return getpass.getpass("Mật khẩu: "), False
    return secrets.token_urlsafe(9), True


def first_admin(system: System) -> str | None:
    """On an empty installation: an account `admin`; returns its password, to be shown once."""
    with system.db.write() as session:
        if session.scalar(select(func.count(Staff.id))):
            return None
        password = secrets.token_urlsafe(9)
        staff.add(session, system.city, "admin", "Quản trị", Role.ADMIN, password, system.clock())
        return password
