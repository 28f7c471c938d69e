"""The queue: one lead at a time, what to say to them, and one tap for how it went."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from api import bodies, handoffs, leads, queue
from api.calls import Call
from api.roles import LEADING
from api.views import Json
from api.web import acting
from api.web.names import names_of
from api.web.rendering import address, onward, show
from api.web.visiting import Forms, Posted, Reader, Visit, Visiting
from domain.errors import MissingError, RefusedError
from domain.said import CONVERSATIONS
from storage import queue as storage_queue
from storage import sales_reading

router = APIRouter(include_in_schema=False)


@router.get("/queue")
def page(visit: Reader) -> Response:
    return _page(visit)


def _page(visit: Visit, status: int = 200, **more: Any) -> Response:
    """Any: what a form that was refused said, and why"""
    found = queue.waiting(visit.app, visit.who)
    claim = found["claim"]
    shown: dict[str, Any] = {"claim": claim, "waiting": found["waiting"], "problem": None, "given": {}}
    if claim and claim["handoff"]:
        shown |= _in_front(visit, claim)
    elif visit.who.person:
        shown |= _skipped(visit, visit.who.person)
    return show(visit, "web/queue.html", status, **{**shown, **more})


def _skipped(visit: Visit, rep: str) -> dict[str, Any]:  # Any: as below
    person = visit.release.people.get(rep)
    with visit.app.archive.reading() as tx:
        count, until = storage_queue.skipped(tx, person.team if person else None, rep, visit.times.now)
    return {"skipped": count, "skipped_until": until}


def _in_front(visit: Visit, claim: Json) -> dict[str, Any]:  # Any: what the page shows
    lead_id = claim["lead"]["id"]
    packet = handoffs.handoff(claim["handoff"], visit.app, visit.who)
    lead = leads.lead(lead_id, visit.app, visit.who)
    with visit.app.archive.reading() as tx:
        names = names_of(tx, [lead_id], visit.who.may_see_persons)
    zone = lead["time_zone"] or visit.release.defaults.time_zone
    return {"packet": packet, "lead": lead, "names": names, "buyer": visit.times.of(zone)}


@router.get("/queue/{command}")
def back(command: str, visit: Visiting) -> Response:
    return onward("/queue")


@router.post("/queue/{command}")
def change(command: str, form: Forms) -> Response:
    if command not in COMMANDS:
        raise MissingError(f"there is nothing called {command} that the queue does")
    route, act = COMMANDS[command]

    def again(problem: str, status: int) -> Response:
        return _page(form.visit, status, problem=problem, given=form.given)

    then = "/queue"
    if command == "attempt" and form["outcome"] in CONVERSATIONS:
        then = address("handoffs", form["handoff"] or "")  # they talked: what came of it is said there
    done = command if command in ("next", "keep") else f"queue-{command}"
    return acting.perform(form, route, done, lambda call: act(form, call), then, again)


def _next(form: Posted, call: Call) -> JSONResponse:
    return queue.following(call)


def _keep(form: Posted, call: Call) -> JSONResponse:
    return queue.keep(call)


def _call(form: Posted, call: Call) -> JSONResponse:
    return queue.keep(call, bodies.Keep(is_calling=True))


def _skip(form: Posted, call: Call) -> JSONResponse:
    return queue.skip(call, acting.filled(bodies.Reasoned, {"reason": form["reason"]}))


def _release(form: Posted, call: Call) -> JSONResponse:
    return queue.release(call)


def _attempt(form: Posted, call: Call) -> JSONResponse:
    """On the lead the page showed, and only while it is theirs."""
    handoff = form["handoff"]
    if handoff is None:
        raise RefusedError("no lead is in front of you; take the next one", ["next"])
    with call.archive.reading() as tx:
        row = sales_reading.handoff(tx, handoff)
    offer = form["offer"]
    body = acting.decision(form, "attempt", row, int(offer) if offer and offer.isdecimal() else None)
    own = form.visit.who.person if form.visit.who.role in LEADING else None  # whoever claimed it tried
    return handoffs.DECIDE["attempt"](id=handoff, body=body.model_copy(update={"for_rep": own}), call=call)


COMMANDS: dict[str, tuple[str, Callable[[Posted, Call], JSONResponse]]] = {
    "next": ("/api/queue/next", _next),
    "keep": ("/api/queue/keep", _keep),
    "call": ("/api/queue/keep", _call),
    "skip": ("/api/queue/skip", _skip),
    "release": ("/api/queue/release", _release),
    "attempt": ("/api/handoffs/{id}/attempt", _attempt),
}
