"""One case: everything known about it, and the forms for what may be done now.

Each form carries the version of the case that it was drawn from. A form sent twice finds its work done and says
so; a form drawn before somebody else changed the case is shown again with what was typed.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Depends, Response
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from bot.domain import tracking_code
from bot.domain.message import clean_text
from bot.errors import InvalidInput
from bot.services import direct_case, handle_case
from bot.services.notify import listening
from bot.store.models import Case, CaseMessage
from bot.web.staff import choices
from bot.web.staff.case_view import case_values
from bot.web.staff.page import Form, Missing, Visit, posted, status_of, visiting
from bot.web.staff.uploads import photos

Deed = Callable[[Session, Case, tuple[str, ...]], object]
_CHANGED = "Phiếu vừa được người khác cập nhật. Anh/chị xem lại phiếu rồi gửi lại; nội dung đã nhập vẫn còn bên dưới."


def show(code: str, visit: Visit = Depends(visiting)) -> Response:
    return _draw(visit, code)


def move(code: str, visit: Visit = Depends(visiting), form: Form = Depends(posted)) -> Response:
    """To another status, with the note, unit, photos or parent that the move needs."""
    target, city = form.get("target"), visit.system.city

    def deed(session: Session, case: Case, kept: tuple[str, ...]) -> None:
        handle_case.move(
            session, city, case, target, visit.actor, visit.now, note=form.get("note") or None,
            agency=choices.read_unit(city, form.get("agency")), photos=kept, parent=_parent(visit, form),
        )  # fmt: skip

    return _do(visit, code, form, deed, lambda case: case.status == target, "moved")


def assign(code: str, visit: Visit = Depends(visiting), form: Form = Depends(posted)) -> Response:
    """To another unit."""
    city = visit.system.city

    def unit() -> str:
        found = choices.read_unit(city, form.get("agency"))
        if found is None:
            raise InvalidInput("Cần chọn đơn vị xử lý.")
        return found

    def deed(session: Session, case: Case, _: tuple[str, ...]) -> None:
        direct_case.assign(session, city, case, unit(), visit.actor, visit.now, note=form.get("note"))

    return _do(visit, code, form, deed, lambda case: case.agency == unit(), "assigned")


def reclassify(code: str, visit: Visit = Depends(visiting), form: Form = Depends(posted)) -> Response:
    """The right topic."""
    topic = form.get("topic")

    def deed(session: Session, case: Case, _: tuple[str, ...]) -> None:
        direct_case.reclassify(session, visit.system.city, case, topic, visit.actor, visit.now)

    return _do(visit, code, form, deed, lambda case: case.topic == topic and case.topic_sure, "topic")


def extend(code: str, visit: Visit = Depends(visiting), form: Form = Depends(posted)) -> Response:
    """More time, once, with a reason."""

    def deed(session: Session, case: Case, _: tuple[str, ...]) -> None:
        direct_case.extend(
            session, visit.system.city, case, form.number("hours"), form.get("note"), visit.actor, visit.now
        )

    def done(case: Case) -> bool:
        return case.extended_at is not None and _drawn_before(case, form)

    return _do(visit, code, form, deed, done, "extended")


def reply(code: str, visit: Visit = Depends(visiting), form: Form = Depends(posted)) -> Response:
    """A message to the resident; the form's key makes sure that it is sent once."""
    with visit.system.db.read() as session:
        said = session.scalar(select(CaseMessage.id).where(CaseMessage.key == form.key)) is not None
        reached = bool(listening(session, visible(session, visit, code)))

    def deed(session: Session, case: Case, _: tuple[str, ...]) -> None:
        direct_case.reply(session, visit.system.city, case, form.get("note"), visit.actor, visit.now, key=form.key)

    return _do(visit, code, form, deed, lambda _: said, "replied" if reached else "noted", dated=False)


def visible(session: Session, visit: Visit, code: str) -> Case:
    """The case of this code, if this person may see it. Raises Missing: others learn nothing about it."""
    case = session.scalar(select(Case).where(Case.code == clean_text(code)))
    if case is None or not handle_case.sees(visit.actor, case):
        raise Missing("Không có phiếu này, hoặc phiếu không thuộc đơn vị của anh/chị.")
    return case


def _do(
    visit: Visit, code: str, form: Form, deed: Deed, already: Callable[[Case], bool], done: str, dated: bool = True
) -> Response:
    """Do one deed to one case and say so; or draw the page again with the reason and what was typed."""
    address = f"/staff/cases/{code}"
    try:
        with visit.system.db.read() as session:
            if already(visible(session, visit, code)):
                return visit.go(address, "again")
        with photos(visit, form) as kept, visit.system.db.write() as session:
            case = visible(session, visit, code)
            if dated and _drawn_before(case, form):
                raise InvalidInput(_CHANGED)
            deed(session, case, kept)
            session.flush()
            stays = handle_case.sees(visit.actor, case)
    except Missing:
        raise
    except InvalidInput as refusal:
        return _draw(visit, code, form, status_of(refusal), str(refusal))
    except StaleDataError:
        return _draw(visit, code, form, 409, _CHANGED)
    except IntegrityError:
        # The same form at the same moment: the other one has done it.
        return visit.go(address, "again")
    return visit.go(address, done) if stays else visit.go("/staff/cases", "gone")


def _drawn_before(case: Case, form: Form) -> bool:
    """Whether the case has changed since the form was drawn."""
    return form.get("version") != str(case.version)


def _parent(visit: Visit, form: Form) -> str | None:
    typed = form.get("parent")
    if not typed:
        return None
    reading = tracking_code.read(typed, visit.system.city.code_prefix)
    if reading is None or reading.code is None:
        raise InvalidInput("Mã phiếu chính chưa đúng, anh/chị kiểm tra lại giúp.")
    return reading.code


def _draw(visit: Visit, code: str, form: Form | None = None, status: int = 200, error: str = "") -> Response:
    with visit.system.db.read() as session:
        values = case_values(session, visit, visible(session, visit, code))
    return visit.page("case", status, form=form or Form(), error=error, **values)
