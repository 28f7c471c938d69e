"""Putting leads right: merge, correct, take back, export, erase."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from api import bodies, views
from api.calls import App, Call, Calling, Done, Id, Who
from api.leads import context
from api.views import Json
from domain.said import Said
from storage import reading, repairing
from storage.archive import Archive, Tx
from storage.around import around
from storage.people import Decided

router = APIRouter(prefix="/api/leads", tags=["leads"])


def _said(command: str, body: bodies.Reasoned, call: Call, **more: Any) -> Said:  # Any: fields of Said
    return Said(command, call.who.actor, call.who.actor_id, body.reason, len((body.note or "").strip()), **more)


def _answer(tx: Tx, decided: Decided) -> Done:
    return Done(views.short(reading.lead(tx, decided.lead_id)), decided.wake)


@router.post("/{id}/merge", summary="The same person as another lead, which stays and takes over everything")
def merge(id: Id, body: bodies.Merge, call: Calling) -> JSONResponse:
    def change(tx: Tx) -> Done:
        lead_id, into = reading.find(tx, id), reading.find(tx, body.into)
        said = _said("merge", body, call)
        decided = repairing.merge(tx, call.archive, lead_id, into, said, body.note)
        return Done({**views.short(reading.lead(tx, into)), "merged": str(lead_id)}, decided.wake)

    return call.perform(change)


@router.post("/{id}/correct", summary="Into the state it should be in: by an admin, or by two of operations")
def correct(id: Id, body: bodies.Correct, call: Calling) -> JSONResponse:
    def change(tx: Tx) -> Done:
        lead_id = reading.find(tx, id)
        said = _said("correct", body, call, to=body.to, ticket=body.ticket, rep=body.rep)
        decided = repairing.correct(tx, call.archive, lead_id, said, body.note, call.who.role == "admin")
        if decided:
            return _answer(tx, decided)
        waits = "somebody else of operations has to ask for the same within 7 days"
        return Done({**views.short(reading.lead(tx, lead_id)), "waits_for": waits}, status=202)

    return call.perform(change)


@router.post("/{id}/undo", summary="Take back the newest decision, within 30 minutes, while nobody outside has seen it")
def undo(id: Id, call: Calling, body: bodies.Reasoned = bodies.NO_REASON) -> JSONResponse:
    def change(tx: Tx) -> Done:
        lead_id = reading.find(tx, id)
        return _answer(tx, repairing.undo(tx, call.archive, lead_id, _said("undo", body, call), body.note))

    return call.perform(change)


@router.post("/{id}/retract", summary="An event that never happened, or was somebody else's: it counts no more")
def retract(id: Id, body: bodies.Retract, call: Calling) -> JSONResponse:
    def change(tx: Tx) -> Done:
        lead_id, by = reading.find(tx, id), _said("retract", body, call)
        return _answer(tx, repairing.retract(tx, call.archive, lead_id, body.source, body.id, by, body.note))

    return call.perform(change)


@router.delete("/{id}", summary="Erase everything about the person; codes, counts and times stay")
def erase(id: Id, call: Calling, ticket: str = Query(min_length=1, max_length=64)) -> JSONResponse:
    def change(tx: Tx) -> Done:
        lead_id = reading.find(tx, id)
        said = Said("erase", call.who.actor, call.who.actor_id, ticket=ticket)
        return _answer(tx, repairing.erase(tx, call.archive, lead_id, said))

    return call.perform(change)


@router.get("/{id}/export", summary="Everything we hold about the person, for the person")
def export(id: Id, app: App, who: Who) -> Json:
    with app.archive.reading() as tx:
        lead_id = reading.find(tx, id)
        return everything(tx, app.archive, lead_id)


def everything(tx: Tx, archive: Archive, lead_id: UUID) -> Json:
    """What a person may ask to see: the view of the lead, every event, every word and every mail."""
    ctx = context(tx, archive, lead_id)
    person = reading.persons(tx, [lead_id]).get(lead_id, {})
    found = views.lead(ctx, reading.lead(tx, lead_id), reading.beside(tx, lead_id), person)
    known = around(tx, lead_id, may_see_persons=True)
    rows, following = reading.timeline(tx, lead_id, None, reading.EVERYTHING)
    timeline = [views.event(row, known) for row in rows]
    return {**found, "timeline": timeline, "texts": reading.texts_of(tx, lead_id), "is_complete": following is None}
