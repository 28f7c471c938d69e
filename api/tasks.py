"""Human touches and owed answers: what to do, by when, with which words, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from api import bodies, views
from api.calls import App, Calling, Done, Id, Who
from api.leads import After, Filter, Limit, context
from api.scripts import script
from api.views import Json
from domain.release import Release
from domain.track import OUTCOMES
from storage import people, reading, sales_reading
from storage.archive import Tx
from storage.people import TaskDone
from storage.reading import Row

router = APIRouter(prefix="/api/tasks", tags=["tasks"])
Open = Annotated[bool | None, Query(description="true: still to do; false: ended")]


@router.get("", summary="Tasks, the one that is due first comes first")
def tasks(
    app: App,
    who: Who,
    owner: Filter = None,
    is_open: Annotated[bool | None, Query(alias="open")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Json:
    with app.archive.reading() as tx:
        rows, following = sales_reading.tasks(tx, owner, is_open, after, limit)
        return {"items": _listed(tx, app.archive.live(tx), rows, who.may_see_persons), "next": following}


def _listed(tx: Tx, release: Release, rows: Sequence[Row], may_see_persons: bool) -> list[Json]:
    found = [task_view(row, release) for row in rows]
    if may_see_persons:
        persons = reading.persons(tx, [row["lead_id"] for row in rows])
        for row, item in zip(rows, found, strict=True):
            item["name"] = views.full_name(persons.get(row["lead_id"], {}))
    return found


def task_view(row: Row, release: Release) -> Json:
    names = (
        "id", "kind", "touch", "event", "owner", "opened_at", "due_at", "give_up_at", "tries", "closed_at", "outcome",
        "closed_by",
    )  # fmt: skip
    found = release.find_touch(row["touch"]) if row["touch"] else None
    event = release.events.get(row["event"] or "")
    title = found[1].name if found else f"Answer: {event.say}" if event else row["kind"]
    outcomes = found[1].outcomes if found else OUTCOMES
    plain = views.jsonable(row, *names)
    return {**plain, "lead": str(row["lead_id"]), "title": title, "outcomes": list(outcomes)}


@router.get("/{id}", summary="One task with its script, filled in for this lead, and what it should learn")
def task(id: Id, app: App, who: Who) -> Json:
    with app.archive.reading() as tx:
        row = sales_reading.task(tx, id)
        ctx = context(tx, app.archive, row["lead_id"])
        found = task_view(row, ctx.release)
        touch = ctx.release.find_touch(row["touch"]) if row["touch"] else None
        if touch:
            found |= {"why": touch[1].why, "ask": touch[1].ask, "learn": touch[1].learn, "channel": touch[1].channel}
            found["script"] = script(tx, ctx, *touch) if who.may_see_persons else touch[1].body
        if who.may_see_persons:
            person = reading.persons(tx, [row["lead_id"]]).get(row["lead_id"], {})
            found |= {"name": views.full_name(person), "person": person}
            found["their_words"] = [
                {"at": views.at(said["at"]), "text": said["text"]} for said in reading.own_words(tx, row["lead_id"])
            ]
    return found


@router.post("/{id}/done", summary="How it ended, what was learned, in whose words")
def done(id: Id, body: bodies.TaskEnd, call: Calling) -> JSONResponse:
    who = call.who
    ended = TaskDone(body.outcome, who.actor_id, who.actor, body.facts, body.words, body.until, body.reason)
    return call.perform(lambda tx: _ended(tx, people.finish_task(tx, call.archive, _task_id(tx, id), ended), id))


@router.post("/{id}/skip", summary="Go on without it")
def skip(id: Id, call: Calling, body: bodies.Skip = bodies.NO_WORDS) -> JSONResponse:
    who = call.who

    def change(tx: Tx) -> Done:
        task_id = _task_id(tx, id)
        return _ended(tx, people.skip_task(tx, call.archive, task_id, who.actor_id, who.actor, body.reason), id)

    return call.perform(change)


def _task_id(tx: Tx, given: str) -> UUID:
    task_id: UUID = sales_reading.task(tx, given)["id"]
    return task_id


def _ended(tx: Tx, decided: people.Decided, id: str) -> Done:
    row = sales_reading.task(tx, id)
    ended = views.jsonable(row, "id", "due_at", "tries", "closed_at", "outcome")
    return Done({"task": ended, "lead": views.short(reading.lead(tx, decided.lead_id))}, decided.wake)
