"""Other systems: where something goes and whether it arrives, what is dead and why, and once more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from api import webhooks
from api.calls import Call, Id
from api.web import acting
from api.web.names import names_of
from api.web.rendering import onward, show
from api.web.visiting import Forms, Reader, Visit, Visiting
from domain.errors import MissingError
from storage.webhooks import STATUSES

router = APIRouter(include_in_schema=False)
PAGE, REFUSED = 30, 15
Short = Annotated[str, Query(max_length=500)]
SAYS: Mapping[str, str] = {
    "timeout": "no answer in time",
    "unreachable": "could not be reached",
    "refused": "may not be reached",
    "not-ready": "could not be written",
    "410": "wants no more (410)",
    "401": "does not know us (401)",
    "403": "does not let us (403)",
    "404": "is not there (404)",
    "429": "is busy (429)",
}
"""What the last answer means; any other is told as it was."""


@router.get("/webhooks")
def page(visit: Reader, status: Short = "dead", endpoint: Short = "", after: Short | None = None) -> Response:
    return _page(visit, status, endpoint, after)


def _page(
    visit: Visit, which: str = "dead", endpoint: str = "", after: str | None = None, code: int = 200, **more: Any
) -> Response:
    """Any: what a form that was refused said, and why"""
    which = which if which in STATUSES else "dead"
    answer = webhooks.listed(visit.app, visit.who, which, endpoint or None, after or None, PAGE)  # type: ignore[arg-type]  # one of them
    refused = [
        item
        for outcome in ("refused", "unknown")
        for item in webhooks.received(visit.app, visit.who, None, outcome, REFUSED)["items"]
    ]
    leads = {item["lead_id"] for item in (*answer["items"], *refused) if item["lead_id"]}
    with visit.app.archive.reading() as tx:
        names = names_of(tx, leads, visit.who.may_see_persons)
    shown = {
        "places": webhooks.endpoints(visit.app, visit.who)["items"],
        "items": answer["items"],
        "refused": sorted(refused, key=lambda item: str(item["at"]), reverse=True)[:REFUSED],
        "names": names,
        "meant": SAYS,
        "asked": {"status": which, "endpoint": endpoint},
        "after": after,
        "next": answer["next"],
        "problem": None,
    }
    return show(visit, "web/webhooks.html", code, **{**shown, **more})


@router.get("/webhooks/{path:path}")
def back(path: str, visit: Visiting) -> Response:
    return onward("/webhooks")


@router.post("/webhooks/{id}/resend")
def resend(id: Id, form: Forms) -> Response:
    return _do(form, "/api/webhooks/{id}/resend", "resend", lambda call: webhooks.resend(id, call))


@router.post("/webhooks/endpoints/{id}/{command}")
def change(id: Id, command: str, form: Forms) -> Response:
    if command not in COMMANDS:
        raise MissingError(f"there is nothing called {command} that could be done with an endpoint")
    return _do(form, f"/api/endpoints/{{id}}/{command}", command, lambda call: COMMANDS[command](id, call))


COMMANDS: Mapping[str, Callable[[str, Call], JSONResponse]] = {
    "enable": webhooks.enable,
    "resend": webhooks.resend_dead,
}


def _do(form: Forms, route: str, command: str, act: Callable[[Call], JSONResponse]) -> Response:
    def again(problem: str, status: int) -> Response:
        return _page(form.visit, code=status, problem=problem)

    return acting.perform(form, route, command, act, "/webhooks", again)
