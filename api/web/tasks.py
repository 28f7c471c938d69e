"""Tasks: what people owe to buyers, with script, question and the ways it can end."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from api import bodies, leads, tasks
from api.calls import Call, Id
from api.web import acting
from api.web.names import names_of
from api.web.rendering import address, onward, show
from api.web.visiting import Forms, Posted, Reader, Visit, Visiting
from domain.errors import MissingError
from domain.track import OUTCOMES
from storage import reading as archive_reading
from storage import sales_reading

router = APIRouter(include_in_schema=False)
PAGE = 30
Short = Annotated[str, Query(max_length=500)]


@router.get("/tasks")
def listed(visit: Reader, whose: Short = "", which: Short = "open", after: Short | None = None) -> Response:
    whose = whose or ("mine" if visit.who.person else "all")
    owner = visit.who.person if whose == "mine" else None
    answer = tasks.tasks(visit.app, visit.who, owner, which != "ended", after or None, PAGE)
    with visit.app.archive.reading() as tx:
        names = names_of(tx, [item["lead"] for item in answer["items"]], visit.who.may_see_persons)
    asked = {"whose": whose, "which": which, "after": after, "next": answer["next"]}
    return show(visit, "web/tasks.html", items=answer["items"], names=names, **asked)


@router.get("/tasks/{id}")
def one(id: Id, visit: Reader) -> Response:
    return _page(visit, id)


def _page(visit: Visit, id: str, status: int = 200, **more: Any) -> Response:
    """Any: what a form that was refused said, and why"""
    task = tasks.task(id, visit.app, visit.who)
    with visit.app.archive.reading() as tx:
        lead_id = archive_reading.find(tx, task["lead"])
        lead = archive_reading.lead(tx, lead_id)
        ctx = leads.context(tx, visit.app.archive, lead_id)
        names = names_of(tx, [lead_id], visit.who.may_see_persons)
    found = visit.release.find_touch(task["touch"] or "")
    known = {name for name in visit.release.fields if ctx.view.known(name) is not None}
    shown = {
        "task": task,
        "lead": lead,
        "names": names,
        "buyer": visit.times.of(ctx.buyer_zone),
        "outcomes": found[1].outcomes if found else OUTCOMES,
        "learn": f"fact.{task['learn']}" if task.get("learn") else None,
        "unknown": [name for name in visit.release.fields if name.startswith("fact.") and name not in known],
        "given": {},
        "problem": None,
    }
    return show(visit, "web/task.html", status, **{**shown, **more})


@router.get("/tasks/{id}/{command}")
def back(id: Id, command: str, visit: Visiting) -> Response:
    return onward(address("tasks", id))


@router.post("/tasks/{id}/{command}")
def change(id: Id, command: str, form: Forms) -> Response:
    def again(problem: str, status: int) -> Response:
        return _page(form.visit, id, status, problem=problem, given=form.given)

    if command not in ("done", "skip"):
        raise MissingError(f"there is nothing called {command} that could be done with a task")
    route = f"/api/tasks/{{id}}/{command}"
    return acting.perform(
        form, route, command, lambda call: _ended(id, command, form, call), address("tasks", id), again
    )


def _ended(id: str, command: str, form: Posted, call: Call) -> JSONResponse:
    if command == "skip":
        return tasks.skip(id, call, acting.filled(bodies.Skip, {"reason": form["words"]}))
    said = {name: form[name] for name in ("outcome", "words")}
    with call.archive.reading() as tx:
        touch = sales_reading.task(tx, id)["touch"]
    found = form.visit.release.find_touch(touch or "")
    outcome = (found[1].outcomes if found else OUTCOMES).get(form["outcome"] or "")
    then = outcome.then if outcome else ""
    said |= {"until": form["until"] if then == "snooze" else None}
    said |= {"reason": form["reason"] if then == "disqualify" else None}
    return tasks.done(id, acting.filled(bodies.TaskEnd, {**said, "facts": acting.facts(form)}), call)
