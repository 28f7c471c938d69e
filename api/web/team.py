"""The team: who has to do what by when, what can still be kept, who has room and who is away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from api import bodies, reps
from api.calls import Call, Id
from api.web import acting, changes
from api.web.names import names_of
from api.web.rendering import onward, show
from api.web.telling import Told
from api.web.visiting import Forms, Posted, Reader, Visit, Visiting
from domain.calendar import at_local
from domain.clocks import PROMISES
from domain.errors import MissingError
from storage import promises, team, team_changes, today
from storage.archive import Tx

router = APIRouter(include_in_schema=False)
LISTED, BROKEN, UNTRIED, CHANGED = 25, 15, 15, 15
UNTRIED_SINCE = timedelta(days=30)


@router.get("/team")
def page(visit: Reader) -> Response:
    return _page(visit)


def _page(visit: Visit, status: int = 200, **more: Any) -> Response:
    """Any: what a form that was refused said, and why"""
    items = reps.listed_reps(visit.app, visit.who)["items"]
    now = visit.times.now
    with visit.app.archive.reading() as tx:
        running = team.promises(tx, now, LISTED, late=False)
        over = team.promises(tx, now, LISTED, late=True)
        not_told = team.not_told(tx, now, LISTED)
        broken = team.breaches(tx, BROKEN)
        untried = promises.untried(tx, visit.app.archive, now - UNTRIED_SINCE, UNTRIED, is_open=True)
        leads = {row["id"] for row in (*running, *over)} | {row["lead_id"] for row in (*broken, *not_told)}
        leads |= {one.lead_id for one in untried}
        shown = {
            "reps": items,
            "loads": team.loads(tx, now),
            "running": running,
            "over": over,
            "not_told": not_told,
            "broken": broken,
            "untried": untried,
            "queues": team.queues(tx),
            "held_back": team.held_back(tx),
            "names": names_of(tx, leads, visit.who.may_see_persons),
            "clocks": today.clocks(tx, now),
            "owed": PROMISES,
            "changed": _changed(tx, visit),
        }
    return show(visit, "web/team.html", status, **{**shown, "problem": None, "failed": None, "given": {}, **more})


def _changed(tx: Tx, visit: Visit) -> list[Told] | None:
    """Who changed whom; None for who could not change anybody."""
    if not visit.may("PUT", "/api/reps/{id}"):
        return None
    teller = changes.Teller(visit.release, visit.times)
    return [teller.tell(row) for row in team_changes.latest(tx, CHANGED, "salesperson")]


@router.get("/team/{id}/{command}")
def back(id: Id, command: str, visit: Visiting) -> Response:
    return onward("/team")


@router.post("/team/{id}/{command}")
def change(id: Id, command: str, form: Forms) -> Response:
    if command not in COMMANDS:
        raise MissingError(f"there is nothing called {command} that could be done with a salesperson")
    route, act = COMMANDS[command]

    def again(problem: str, status: int) -> Response:
        return _page(form.visit, status, problem=problem, failed=(id, command), given=form.given)

    return acting.perform(form, route, command, lambda call: act(id, form, call), "/team", again)


def _put(id: str, form: Posted, call: Call) -> JSONResponse:
    """What is empty goes back to the files' own."""
    given: dict[str, object] = {name: form[name] for name in ("hours", "zone", "holidays")}
    given |= {name: form[name] for name in ("capacity", "weight") if form[name]}
    if form["is_active"]:
        given["is_active"] = form["is_active"] == "yes"
    return reps.put_rep(id, acting.read(bodies.RepChange, given), call)


def _away(id: str, form: Posted, call: Call) -> JSONResponse:
    """Their first day back begins where they are."""
    found = reps.listed_reps(form.visit.app, form.visit.who)["items"]
    zone = next((rep["zone"] for rep in found if rep["id"] == id and rep["zone"]), form.visit.times.zone)
    given = {"until": _begins(form["until"], zone), "in_hand": form["in_hand"] or "untouched"}
    return reps.away(id, acting.read(bodies.Away, given), call)


def _begins(day: str | None, zone: str) -> str | None:
    try:
        return at_local(date.fromisoformat(day or ""), time.min, zone).isoformat()
    except (ValueError, OverflowError):
        return day or ""  # said by the body's own check


def _back(id: str, form: Posted, call: Call) -> JSONResponse:
    return reps.away(id, bodies.Away(until=None), call)


def _reassign(id: str, form: Posted, call: Call) -> JSONResponse:
    return reps.reassign(id, acting.read(bodies.ReassignAll, {"reason": form["reason"] or ""}), call)


COMMANDS: dict[str, tuple[str, Callable[[str, Posted, Call], JSONResponse]]] = {
    "change": ("/api/reps/{id}", _put),
    "away": ("/api/reps/{id}/away", _away),
    "back": ("/api/reps/{id}/away", _back),
    "reassign-all": ("/api/reps/{id}/reassign", _reassign),
}
