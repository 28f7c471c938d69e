"""Releases: what is live, what is proposed and who has to sign it, and what it would do to the leads on the way."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from api import publications, releases
from api.calls import Call, Id
from api.views import Json
from api.web import acting
from api.web.names import names_of
from api.web.rendering import onward, show
from api.web.visiting import Forms, Posted, Reader, Visit, Visiting
from domain.errors import MissingError
from domain.planning import Change
from domain.release import Release
from storage import goals, planning
from storage import releases as stored
from storage.archive import Tx

router = APIRouter(include_in_schema=False)
HISTORY, LISTED = 25, 30
COMMANDS = ("sign", "publish")


@router.get("/releases")
def listed(visit: Reader) -> Response:
    return _list(visit)


def _list(visit: Visit, status: int = 200, **more: Any) -> Response:  # Any: a problem to tell
    with visit.app.archive.reading() as tx:
        found = publications.listed(tx, HISTORY)
        for one in found["proposals"]:
            one["missing"] = stored.missing(tx, visit.app.archive.release(tx, one["release"]))
        tracks = _tracks(visit.release, goals.reached(tx, visit.release))
    shown = {"found": found, "tracks": tracks, "problem": None, "admin": _in_whose_name(visit)}
    return show(visit, "web/releases.html", status, **{**shown, **more})


def _tracks(release: Release, reached: Any) -> list[Json]:  # Any: counts by what and track
    """Goal and budget beside what came so far. A goal in other words than we count has no figure."""
    found = []
    for track in release.tracks.values():
        came = reached[track.goal.what].get(track.id, 0) if track.goal.what in reached else None
        found.append(
            {
                "track": track,
                "leads": reached["leads"].get(track.id, 0),
                "came": came,
                "share": min(round(100 * came / track.goal.count, 1), 100) if came and track.goal.count else 0,
                "each": round(track.budget.amount / came) if came else None,
                "planned": round(track.budget.amount / track.goal.count) if track.goal.count else None,
            }
        )
    return found


def _in_whose_name(visit: Visit) -> dict[str, list[tuple[str, str]]]:
    """An admin's key belongs to nobody and signs for somebody: by team, who there is."""
    if visit.who.role != "admin":
        return {}
    teams: dict[str, list[tuple[str, str]]] = {"marketing": [], "sales": []}
    for id, person in visit.release.people.items():
        if side := stored.SIDE.get(person.role):
            teams[side].append((id, person.name))
    return teams


@router.get("/releases/{id}")
def one(id: Id, visit: Reader) -> Response:
    return _page(visit, id)


def _page(visit: Visit, id: str, status: int = 200, **more: Any) -> Response:  # Any: a problem to tell
    archive = visit.app.archive
    with archive.reading() as tx:
        found = publications.one(tx, archive, stored.find(tx, id))
        base = _base(tx, found)
        release = archive.release(tx, found["release"])
        files = publications.difference(tx, found["release"], base)
        live, is_large = stored.newest(tx), planning.is_large(tx, releases.MANY)
    now = (release.hash, stored.approved(release, found["missing"]))
    side = stored.SIDE.get(_role(visit, release))
    shown = {
        "one": found,
        "base": base,
        "files": files,
        "subjects": [_subject(found, subject, release) for subject in release.form_hashes],
        "side": side,
        "would_change": live is None or now != (live["release"], live["approved"]),
        "admin": _in_whose_name(visit),
        "is_large": is_large,
        "problem": None,
    }
    return show(visit, "web/release.html", status, **{**shown, **more})


def _base(tx: Tx, found: Json) -> str | None:
    """What it is compared with: what it replaced when it is or was live, else what is live."""
    past = found["publications"]
    before: str | None = past[0]["before"] if past else stored.live_hash(tx)
    return before


def _role(visit: Visit, proposed: Release) -> str:
    people = {**proposed.people, **visit.release.people}
    person = people.get(visit.who.person or "")
    return person.role if person else ""


def _subject(found: Json, subject: str, release: Release) -> Json:
    track = release.tracks.get(subject.removeprefix("track:")) if subject.startswith("track:") else None
    signed = [each for each in found["signatures"] if each["subject"] == subject]
    title = f"The campaign form of “{track.title}”" if track else f"The definition: {release.definition.title}"
    return {
        "id": subject,
        "title": title,
        "track": track,
        "signed": signed,
        "missing": found["missing"].get(subject, []),
    }


@router.get("/releases/{id}/plan")
def plan(id: Id, visit: Reader) -> Response:
    """A page of its own; another one loads its table when it is ready."""
    found = releases.planned(visit.app, id, LISTED)
    with visit.app.archive.reading() as tx:
        names = names_of(tx, [row["lead"] for row in found["leads"]], visit.who.may_see_persons)
    says = {change.value: words for change, words in publications.SAYS.items()}
    order = [change.value for change in Change]
    return show(visit, "web/plan.html", plan=found, names=names, says=says, order=order)


@router.get("/releases/{id}/{command}")
def back(id: Id, command: str, visit: Visiting) -> Response:
    return onward(f"/releases/{id}")


@router.post("/releases/rollback")
def rollback(form: Forms) -> Response:
    def again(problem: str, status: int) -> Response:
        return _list(form.visit, status, problem=problem)

    def take_back(call: Call) -> JSONResponse:
        body = {"to": form["to"], "onto": form["onto"], "as": form["as"]}
        return releases.rollback(acting.filled(releases.Rollback, body), call)

    return acting.perform(form, "/api/releases/rollback", "rollback", take_back, "/releases", again)


@router.post("/releases/{id}/{command}")
def change(id: Id, command: str, form: Forms) -> Response:
    if command not in COMMANDS:
        raise MissingError(f"there is nothing called {command} that could be done with a release")

    def again(problem: str, status: int) -> Response:
        return _page(form.visit, id, status, problem=problem)

    route = f"/api/releases/{{id}}/{command}"
    return acting.perform(form, route, command, lambda call: _done(id, command, form, call), f"/releases/{id}", again)


def _done(id: str, command: str, form: Posted, call: Call) -> JSONResponse:
    if command == "sign":
        said = {"subject": form["subject"], "as": form["as"]}
        return releases.sign(id, acting.filled(releases.Signing, said), call)
    return releases.publish(id, acting.filled(releases.Publishing, {"as": form["as"], "onto": form["onto"]}), call)
