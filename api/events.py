"""What leads did, here or elsewhere: matched by lead, by another system's id, or by address."""

from __future__ import annotations

from uuid import UUID, uuid4

from fastapi import APIRouter
from starlette.responses import JSONResponse

from api import bodies, views
from api.calls import Call, Calling, Done, Id
from domain.addresses import email_address
from domain.errors import InvalidError, MissingError
from domain.lead import Source
from storage import events, reading
from storage.archive import Archive, Tx
from storage.events import Happening

router = APIRouter(prefix="/api", tags=["events"])
OURS = ("link", "answer", "enrol", "task")
"""Sources whose event ids are made here; from elsewhere they could make our own events look like repeats."""


@router.post("/events", status_code=201, summary="Something a lead did: 201 when new, 200 when it was here before")
def anyones(body: bodies.AnyonesEvent, call: Calling) -> JSONResponse:
    return call.perform(lambda tx: _happened(tx, _whose(tx, call.archive, body), body, call))


@router.post("/leads/{id}/events", status_code=201, summary="Something this lead did")
def theirs(id: Id, body: bodies.Event, call: Calling) -> JSONResponse:
    return call.perform(lambda tx: _happened(tx, reading.find(tx, id), body, call))


def _whose(tx: Tx, archive: Archive, body: bodies.AnyonesEvent) -> UUID:
    if not (body.lead or body.external or body.email):
        raise InvalidError("say whose event it is: lead, external or email", "lead")
    found = reading.by_id(tx, body.lead) if body.lead else None
    if found is None and body.external:
        found = reading.by_external(tx, body.external.system, body.external.id)
    if found is None and body.email:
        found = reading.by_address(tx, archive, email_address(body.email))
    if found is None:
        raise MissingError("no lead is known by this; enrol it first: POST /api/leads")
    return found


def _happened(tx: Tx, lead_id: UUID, body: bodies.Event, call: Call) -> Done:
    source = body.source or call.who.name
    if source in OURS:
        raise InvalidError(f"{source} is a source of our own; name the system it comes from", "source")
    happening = Happening(
        body.name,
        source,
        body.id or str(uuid4()),
        body.at,
        body.human,
        None,
        body.fact,
        Source.ENRICHMENT if call.who.actor == "EVT" and not body.words else Source.FORM,
        body.words,
    )
    is_new, wake = events.happen(tx, call.archive, lead_id, happening)
    answer = views.short(reading.lead(tx, lead_id)) | {"is_new": is_new}
    return Done(answer, wake, 201 if is_new else 200)
