"""Handoffs: what is with sales, the packet on one screen, and what a salesperson decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from api import handoffs, leads
from api.calls import Call, Id
from api.views import Json
from api.web import acting, proofs
from api.web.names import names_of
from api.web.rendering import address, onward, show
from api.web.telling import Teller, taught
from api.web.visiting import Forms, Posted, Reader, Visit, Visiting
from domain import lifecycle
from domain.errors import MissingError
from domain.lead import State
from storage import reading as archive_reading
from storage import sales_reading

router = APIRouter(include_in_schema=False)
PAGE, TOLD = 30, 40
Short = Annotated[str, Query(max_length=500)]
DECISIONS = {
    "accept": handoffs.DECIDE["accept"],
    "attempt": handoffs.DECIDE["attempt"],
    "qualify": handoffs.DECIDE["qualify"],
    "opportunity": handoffs.DECIDE["opportunity"],
    "proposal": handoffs.DECIDE["proposal"],
    "won": handoffs.DECIDE["won"],
    "lost": handoffs.DECIDE["lost"],
    "rescope": handoffs.DECIDE["rescope"],
    "reject": handoffs.DECIDE["reject"],
    "recycle": handoffs.DECIDE["recycle"],
    "disqualify": handoffs.DECIDE["disqualify"],
}
"""In the order a salesperson meets them."""


@router.get("/handoffs")
def listed(visit: Reader, whose: Short = "", which: Short = "open", after: Short | None = None) -> Response:
    whose = whose or ("mine" if visit.who.role == "sales" and visit.who.person else "all")
    rep = visit.who.person if whose == "mine" else None
    answer = handoffs.handoffs(visit.app, visit.who, rep, which != "ended", after or None, PAGE)
    with visit.app.archive.reading() as tx:
        names = names_of(tx, [item["lead"] for item in answer["items"]], visit.who.may_see_persons)
    asked = {"whose": whose, "which": which, "after": after, "next": answer["next"]}
    return show(visit, "web/handoffs.html", items=answer["items"], names=names, **asked)


@router.get("/handoffs/{id}")
def one(id: Id, visit: Reader) -> Response:
    return _page(visit, id)


def _page(visit: Visit, id: str, status: int = 200, **more: Any) -> Response:
    """Any: what a form that was refused said, and why"""
    packet = handoffs.handoff(id, visit.app, visit.who)
    lead = leads.lead(packet["lead"], visit.app, visit.who)
    with visit.app.archive.reading() as tx:
        names = names_of(tx, [packet["lead"]], visit.who.may_see_persons)
        ctx = leads.context(tx, visit.app.archive, archive_reading.find(tx, packet["lead"]))
    teller = Teller(visit.release, taught(packet["facts"]))
    told = [one for row in reversed(packet["conversation"]) if (one := teller.tell(row))]
    shown = {
        "packet": packet,
        "lead": lead,
        "names": names,
        "teller": teller,
        "buyer": visit.times.of(lead["time_zone"] or visit.release.defaults.time_zone),
        "told": told[:TOLD],
        "decisions": list(_possible(visit, packet, lead)),
        "reasons": acting.reasons_on(visit.release),
        "attempts": ctx.facts.attempts,
        "criteria": proofs.proven(ctx, packet["why_now"]["criteria"], {}),
        "given": {},
        "problem": None,
        "failed": None,
    }
    return show(visit, "web/handoff.html", status, **{**shown, **more})


def _possible(visit: Visit, packet: Json, lead: Json) -> Iterator[str]:
    """What whoever looks may decide now: the one who has it, or for them somebody who leads."""
    if packet["closed_at"] is not None or lead["state"] == State.SALES_READY:
        return
    is_theirs = visit.who.actor != "REP" or visit.who.person == lead["holder"]
    for command in DECISIONS:
        is_legal = command in lifecycle.legal(State(lead["state"]), "REP")
        if is_theirs and is_legal and visit.may("POST", f"/api/handoffs/{{id}}/{command}"):
            yield command


@router.get("/handoffs/{id}/{command}")
def back(id: Id, command: str, visit: Visiting) -> Response:
    return onward(address("handoffs", id))


@router.post("/handoffs/{id}/{command}")
def change(id: Id, command: str, form: Forms) -> Response:
    if command not in DECISIONS:
        raise MissingError(f"there is no decision called {command}")

    def again(problem: str, status: int) -> Response:
        return _page(form.visit, id, status, problem=problem, failed=command, given=form.given)

    def decide(call: Call) -> JSONResponse:
        return DECISIONS[command](id=id, body=_body(form, id, command), call=call)

    return acting.perform(form, f"/api/handoffs/{{id}}/{command}", command, decide, address("handoffs", id), again)


def _body(form: Posted, id: str, command: str) -> Any:  # Any: as acting.decision
    """It answers the offer the page showed: one that went to somebody else meanwhile is refused."""
    with form.visit.app.archive.reading() as tx:
        row = sales_reading.handoff(tx, id)
    offer = form["offer"]
    return acting.decision(form, command, row, int(offer) if offer and offer.isdecimal() else None)
