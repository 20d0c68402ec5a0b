"""A case for somebody who calls or comes to the counter."""

from __future__ import annotations

import re
from typing import Any

from fastapi import Depends, Response
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.city import City
from bot.errors import InvalidInput
from bot.services.file_case import Report, file_case
from bot.services.handle_case import sees
from bot.store.models import Case
from bot.web.staff import choices, words
from bot.web.staff.page import Form, Visit, posted, status_of, visiting
from bot.web.staff.uploads import photos

CHANNEL = "phone"


def show(visit: Visit = Depends(visiting)) -> Response:
    return _draw(visit, Form())


def send(visit: Visit = Depends(visiting), form: Form = Depends(posted)) -> Response:
    """File the report; the form's key stands for a draft, so that the same form files one case."""
    with visit.system.db.read() as session:
        filed = session.scalar(select(Case).where(Case.draft_id == form.key))
    if filed is not None:
        return _after(visit, filed, "again")
    try:
        with photos(visit, form) as kept, visit.system.db.write() as session:
            report = _report(visit.system.city, form, kept)
            case = file_case(session, visit.system.city, report, None, CHANNEL, visit.actor, visit.now)
    except IntegrityError:
        # The same form at the same moment: the other one has filed it.
        return visit.go("/staff/cases", "again")
    except InvalidInput as refusal:
        return _draw(visit, form, status_of(refusal), error=str(refusal))
    return _after(visit, case, "filed")


def _report(city: City, form: Form, kept: tuple[str, ...]) -> Report:
    text, place, ward = form.get("text"), form.get("place"), form.get("ward")
    if not text:
        raise InvalidInput("Cần ghi nội dung phản ánh.")
    if ward and city.gazetteer.ward(ward) is None:
        raise InvalidInput("Không có phường, xã này.")
    if form.get("level") and form.get("level") not in city.levels:
        raise InvalidInput("Không có mức này.")
    contact = {"name": form.get("name"), "contact_phone": _phone(form.get("contact_phone"))}
    return Report(
        text=text,
        topic=form.get("topic") or None,
        kind="suggestion" if form.get("kind") == "suggestion" else "report",
        level=form.get("level") or None,
        place_raw=place or None,
        ward=ward or _ward_of(city, place),
        fields={k: v for k, v in contact.items() if v},
        attachments=tuple((media, "photo", "") for media in kept),
        draft_id=form.key,
    )


def _ward_of(city: City, place: str) -> str | None:
    """The ward that the words of a place mean, when there is no doubt."""
    found = city.gazetteer.resolve(place) if place else None
    return found.wards[0].code if found and found.wards and not found.ambiguous else None


def _phone(typed: str) -> str:
    """The digits of a number as people write it. Raises InvalidInput."""
    digits = re.sub(r"[\s.()-]", "", typed)
    if digits and not re.fullmatch(r"\+?\d{8,15}", digits):
        raise InvalidInput("Số điện thoại chưa đúng; anh/chị kiểm tra lại hoặc để trống.")
    return digits


def _after(visit: Visit, case: Case, done: str) -> Response:
    if sees(visit.actor, case):
        return visit.go(f"/staff/cases/{case.code}", done)
    return visit.go("/staff/cases", done, filed=case.code)


def _draw(visit: Visit, form: Form, status: int = 200, **values: Any) -> Response:
    city = visit.system.city
    return visit.page(
        "new_case", status, form=form, key=form.key, topics=choices.topics(city), wards=choices.wards(city),
        levels=city.levels, kinds=words.KINDS, **values,
    )  # fmt: skip
