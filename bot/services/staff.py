"""The people who work here: accounts, passwords, signing in.

Tries to sign in are counted in memory, not in the database: a guess must not cost a write, a restart may
forget, and with several web processes each counts its own, which still leaves a guesser a handful of tries in
a quarter of an hour.

Passwords are hashed before the first query of a transaction, so that nobody waits for the database meanwhile.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.city import City
from bot.domain.message import clean_text
from bot.domain.roles import LABELS, STAFF_ROLES, Role, may
from bot.errors import InvalidInput, NotAllowed, NotFound
from bot.store.models import Staff

SHORTEST = 8
_LONGEST = 200
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,58}[a-z0-9]")
_ACTORS = {Role.RESIDENT.value, Role.SYSTEM.value, "assistant"}
"""Names that the history uses for those who are no staff."""
_WRONG = "Tên đăng nhập hoặc mật khẩu chưa đúng."
# A hash takes 64 MB for a moment: a crowd at the door must take neither all memory nor all threads.
_HASHING = threading.Semaphore(4)
_QUEUE_SECONDS = 5.0


class TooManyTries(NotAllowed):
    """Signing in is refused for a while; `seconds` until the next try makes sense."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class Throttle:
    """Counts tries for a username from one place; at `limit` within `window` the next one must wait."""

    def __init__(self, limit: int = 5, window: timedelta = timedelta(minutes=15)) -> None:
        self.limit = limit
        self.window = window
        self._tries: dict[tuple[str, str], list[datetime]] = {}
        self._lock = threading.Lock()

    def enter(self, key: tuple[str, str], now: datetime) -> None:
        """Count one try before it is judged: many at once must not slip through. Raises TooManyTries."""
        with self._lock:
            if len(self._tries) > 10_000:
                self._tries = {k: t for k, t in self._tries.items() if now - t[-1] < self.window}
            recent = [t for t in self._tries.get(key, ()) if now - t < self.window]
            if len(recent) >= self.limit:
                seconds = int((recent[0] + self.window - now).total_seconds()) + 1
                minutes = -(-seconds // 60)
                raise TooManyTries(f"Đã nhập sai nhiều lần. Anh/chị thử lại sau khoảng {minutes} phút.", seconds)
            self._tries[key] = [*recent, now]

    def forget(self, key: tuple[str, str]) -> None:
        """The person has signed in."""
        with self._lock:
            self._tries.pop(key, None)


def authenticate(
    session: Session, throttle: Throttle, username: str, password: str, place: str, now: datetime
) -> Staff:
    """Who this is. `place` is where the try comes from (a network address).

    An unknown name costs the same work as a wrong password. Raises NotAllowed, TooManyTries.
    """
    username = _plain(username)
    throttle.enter((username, place), now)
    staff = session.scalar(select(Staff).where(Staff.username == username))
    good = _verify(staff.password_hash if staff else _nobody(), password)
    if staff is None or not good or not staff.active:
        raise NotAllowed(_WRONG)
    throttle.forget((username, place))
    return staff


def add(
    session: Session,
    city: City,
    username: str,
    name: str,
    role: str,
    password: str,
    now: datetime,
    agency: str | None = None,
) -> Staff:
    """A new account. Raises InvalidInput when something is missing, unknown or taken."""
    username, name = _plain(username), clean_text(name)
    hashed = _hash(password, username)
    if not _USERNAME.fullmatch(username) or username in _ACTORS:
        raise InvalidInput("Tên đăng nhập gồm 3–60 chữ cái không dấu, chữ số, dấu chấm hoặc gạch.")
    if not name or len(name) > 200:
        raise InvalidInput("Cần họ tên, không quá 200 ký tự.")
    if role not in STAFF_ROLES:
        raise InvalidInput(f"Không có vai trò {role!r}. Có: {', '.join(STAFF_ROLES)}.")
    if session.scalar(select(Staff.id).where(Staff.username == username)) is not None:
        raise InvalidInput(f"Tên đăng nhập {username} đã có người dùng.")
    staff = Staff(
        username=username, name=name, role=role, agency=_unit(city, Role(role), agency),
        password_hash=hashed, created_at=now,
    )  # fmt: skip
    session.add(staff)
    session.flush()
    return staff


def set_password(session: Session, username: str, password: str) -> Staff:
    """A new password; whoever was signed in with the old one is signed out. Raises NotFound, InvalidInput."""
    hashed = _hash(password, _plain(username))
    staff = find(session, username)
    staff.password_hash = hashed
    staff.session_epoch += 1
    return staff


def deactivate(session: Session, username: str) -> Staff:
    """No more signing in, at once; the history keeps the name.

    Raises NotFound, and NotAllowed for the last administrator.
    """
    staff = find(session, username)
    if not staff.active:
        return staff
    if may(Role(staff.role), "staff") and _administrators(session) <= 1:
        raise NotAllowed("Đây là quản trị viên duy nhất; hãy thêm một người khác trước.")
    staff.active = False
    staff.session_epoch += 1
    return staff


def activate(session: Session, username: str) -> Staff:
    """A deactivated person may sign in again. Raises NotFound."""
    staff = find(session, username)
    staff.active = True
    return staff


def find(session: Session, username: str) -> Staff:
    """The account of this name. Raises NotFound."""
    staff = session.scalar(select(Staff).where(Staff.username == _plain(username)))
    if staff is None:
        raise NotFound(f"Không có tài khoản {username}.")
    return staff


def list_staff(session: Session) -> list[Staff]:
    """All accounts: active ones first, then by name of the account."""
    return list(session.scalars(select(Staff).order_by(Staff.active.desc(), Staff.username)))


def _administrators(session: Session) -> int:
    roles = [r.value for r in STAFF_ROLES if may(r, "staff")]
    count = select(func.count(Staff.id)).where(Staff.active.is_(True), Staff.role.in_(roles))
    return session.scalar(count) or 0


def _unit(city: City, role: Role, agency: str | None) -> str | None:
    """The unit of a person; who does not see all cases must have one."""
    if agency and agency not in city.agencies:
        raise InvalidInput(f"Không có đơn vị {agency!r}.")
    if not agency and not may(role, "see_all"):
        raise InvalidInput(f"Vai trò {LABELS[role]} cần có đơn vị.")
    return agency or None


def _plain(username: str) -> str:
    return clean_text(username).lower()


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    """The hash that stands in for people who do not exist."""
    return _hasher().hash("nobody has this password")


def _hash(password: str, username: str) -> str:
    if not SHORTEST <= len(password) <= _LONGEST:
        raise InvalidInput(f"Mật khẩu cần từ {SHORTEST} đến {_LONGEST} ký tự.")
    if password.lower() == username:
        raise InvalidInput("Mật khẩu phải khác tên đăng nhập.")
    with _turn():
        return _hasher().hash(unicodedata.normalize("NFC", password))


@contextmanager
def _turn() -> Iterator[None]:
    if not _HASHING.acquire(timeout=_QUEUE_SECONDS):
        raise TooManyTries("Đang có quá nhiều người đăng nhập. Anh/chị thử lại sau ít phút.", 30)
    try:
        yield
    finally:
        _HASHING.release()


def _verify(kept: str, password: str) -> bool:
    with _turn():
        try:
            return _hasher().verify(kept, unicodedata.normalize("NFC", password[:_LONGEST]))
        except (VerificationError, InvalidHashError):
            return False
