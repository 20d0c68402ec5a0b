"""The staff console: every address of it on one screen."""

from __future__ import annotations

from fastapi import APIRouter

from bot.web.security import HOME
from bot.web.staff import calls, case, cases, handoffs, media, new_case, people, reports, reviews
from bot.web.staff.page import ConsoleRoute
from bot.web.staff.sign_in import Door
from bot.wiring import System


def staff_router(system: System) -> APIRouter:
    """Pages under /staff. They read `app.state.system` and `app.state.templates`."""
    router = APIRouter(prefix=HOME, route_class=ConsoleRoute, include_in_schema=False)
    door = Door(system)
    for path, show, send in (
        ("", cases.home, None),
        ("/sign-in", door.show, door.enter),
        ("/sign-out", None, door.leave),
        ("/password", door.show_password, door.change_password),
        ("/cases", cases.show, None),
        ("/cases/new", new_case.show, new_case.send),
        ("/cases/{code}", case.show, None),
        ("/cases/{code}/move", None, case.move),
        ("/cases/{code}/assign", None, case.assign),
        ("/cases/{code}/topic", None, case.reclassify),
        ("/cases/{code}/extend", None, case.extend),
        ("/cases/{code}/reply", None, case.reply),
        ("/media/{media_id}", media.show, None),
        ("/calls", calls.show, None),
        ("/calls/{call}/told", None, calls.told),
        ("/calls/{call}/again", None, calls.again),
        ("/reports", reports.show_list, None),
        ("/reports/{name}", reports.show, None),
        ("/reviews", reviews.show, None),
        ("/reviews/{review_id}", None, reviews.decide),
        ("/handoffs", handoffs.show_list, None),
        ("/handoffs/{conversation}", handoffs.show, None),
        ("/handoffs/{conversation}/say", None, handoffs.say),
        ("/handoffs/{conversation}/back", None, handoffs.hand_back),
        ("/people", people.show, people.add),
        ("/people/{username}/password", None, people.set_password),
        ("/people/{username}/active", None, people.set_active),
    ):
        if show is not None:
            router.add_api_route(path, show, methods=["GET"], response_model=None)
        if send is not None:
            router.add_api_route(path, send, methods=["POST"], response_model=None)
    return router
