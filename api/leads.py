"""Leads: enrol, find, look at, tell more, and what people decide about them outside a handoff."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from api import bodies, views
from api.calls import App, Call, Calling, Done, Id, Who
from api.deciding import change_by
from api.views import Json
from domain.addresses import needs_utf8
from domain.context import Context
from domain.errors import InvalidError
from domain.lead import Source, State
from domain.release import Release
from domain.said import Said
from storage import enrolling, people, reading, repairing
from storage.archive import Archive, Tx
from storage.around import around
from storage.enrolling import Enrolment
from storage.facts import load
from storage.people import Decided, Learned

router = APIRouter(prefix="/api/leads", tags=["leads"])
Limit = Annotated[int, Query(ge=1, le=500)]
After = Annotated[str | None, Query(max_length=500, description="`next` of the page before")]
Filter = Annotated[str | None, Query(max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]
SOURCES = {"REP": Source.REP, "MGR": Source.REP, "EVT": Source.ENRICHMENT}
"""How much a change by hand counts, by who made it; everybody else speaks for the nurture team."""


@router.post("", status_code=201, summary="Enrol a lead: 201 when new, 200 when known and told more")
def enrol(body: bodies.NewLead, call: Calling) -> JSONResponse:
    is_new = False

    def change(tx: Tx) -> Done:
        nonlocal is_new
        _check_names(call.archive.live(tx), body)
        found = enrolling.enrol(tx, call.archive, _enrolment(body, call))
        is_new = found.is_new
        if is_new and body.origin == "sales" and call.who.actor == "REP":
            said = Said("bring", call.who.actor, call.who.actor_id)
            repairing.bring(tx, call.archive, found.lead_id, said)
        answer = views.short(reading.lead(tx, found.lead_id)) | {"is_new": is_new}
        if needs_utf8(body.email):
            answer["warnings"] = ["this address gets mails only if our mail server offers SMTPUTF8"]
        return Done(answer, found.wake, 201 if is_new else 200)

    answer = call.perform(change)
    call.app.metrics.enrolments.labels("no" if is_new else "yes").inc()
    return answer


def _check_names(release: Release, body: bodies.NewLead) -> None:
    if body.offering and body.offering not in release.profiles:
        names = ", ".join(release.profiles)
        raise InvalidError(f"there is no offering {body.offering}; there are {names}", "offering")
    if body.event and body.event not in release.events:
        names = ", ".join(release.events)
        raise InvalidError(f"there is no event {body.event} in lead_defs/events.yaml; there are {names}", "event")


def _enrolment(body: bodies.NewLead, call: Call) -> Enrolment:
    consent = body.consent.model_dump(exclude_none=True) if body.consent else {}
    return Enrolment(
        body.email,
        body.values,
        body.origin,
        Source.REP if body.origin == "sales" else Source.FORM,
        call.who.actor,
        call.who.actor_id,
        (body.external.system, body.external.id) if body.external else None,
        body.offering,
        consent,
        body.opted_out,
        body.do_not_call,
        ((body.event, None),) if body.event else (),
    )


@router.get("", summary="Leads, the newest first")
def leads(
    app: App,
    who: Who,
    state: State | None = None,
    track: Filter = None,
    owner: Filter = None,
    after: After = None,
    limit: Limit = 50,
) -> Json:
    wanted = {name: str(value) for name, value in (("state", state), ("track", track), ("owner", owner)) if value}
    with app.archive.reading() as tx:
        rows, following = reading.leads(tx, wanted, after, limit)
        persons = reading.persons(tx, [row["id"] for row in rows]) if who.may_see_persons else None
        items = [views.listed(row, None if persons is None else persons.get(row["id"], {})) for row in rows]
    return {"items": items, "next": following}


@router.get("/{id}", summary="One lead: where it stands, what comes next and when, and the verdict with its evidence")
def lead(id: Id, app: App, who: Who) -> Json:
    with app.archive.reading() as tx:
        lead_id = reading.find(tx, id)
        person = reading.persons(tx, [lead_id]).get(lead_id, {}) if who.may_see_persons else None
        ctx = context(tx, app.archive, lead_id)
        return views.lead(ctx, reading.lead(tx, lead_id), reading.beside(tx, lead_id), person)


def context(tx: Tx, archive: Archive, lead_id: UUID) -> Context:
    """For reading: what a decision would see now."""
    facts, _ = load(tx, lead_id, lock=False)
    return Context(facts, archive.release_for(tx, facts.lead), archive.clock.now())


@router.patch("/{id}", summary="Tell what we know now; a stronger source is not overwritten by a weaker one")
def tell(id: Id, body: bodies.Groups, call: Calling) -> JSONResponse:
    def change(tx: Tx, lead_id: UUID) -> Decided:
        learned = Learned(body.values, SOURCES.get(call.who.actor, Source.NURTURE))
        return people.change_facts(tx, call.archive, lead_id, learned, call.who.actor, call.who.actor_id)

    return _changed(call, id, change)


@router.get("/{id}/timeline", summary="Everything that happened, in order, with who and why")
def timeline(id: Id, app: App, who: Who, after: After = None, limit: Limit = 200) -> Json:
    with app.archive.reading() as tx:
        lead_id = reading.find(tx, id)
        rows, following = reading.timeline(tx, lead_id, after, limit)
        known = around(tx, lead_id, who.may_see_persons)
        items = [views.event(row, known) for row in rows]
    return {"items": items, "next": following}


@router.post("/{id}/notes", status_code=201, summary="A note for everyone who works with this lead")
def note(id: Id, body: bodies.Note, call: Calling) -> JSONResponse:
    def change(tx: Tx) -> Done:
        lead_id = reading.find(tx, id)
        log_id = people.note(tx, call.archive, lead_id, body.text, call.who.actor, call.who.actor_id)
        return Done({"id": log_id, "lead": str(lead_id)}, status=201)

    return call.perform(change)


@router.post("/{id}/pause", summary="No sends until then; a pause always has an end")
def pause(id: Id, body: bodies.Pause, call: Calling) -> JSONResponse:
    who = call.who
    return _changed(
        call, id, lambda tx, lead: people.pause(tx, call.archive, lead, body.until, who.actor, who.actor_id)
    )


@router.post("/{id}/resume", summary="End a pause")
def resume(id: Id, call: Calling) -> JSONResponse:
    who = call.who
    return _changed(call, id, lambda tx, lead: people.pause(tx, call.archive, lead, None, who.actor, who.actor_id))


def _changed(call: Call, id: str, change: Callable[[Tx, UUID], Decided]) -> JSONResponse:
    def perform(tx: Tx) -> Done:
        decided = change(tx, reading.find(tx, id))
        return Done(views.short(reading.lead(tx, decided.lead_id)), decided.wake)

    return call.perform(perform)


@router.post("/{id}/promote", summary="To sales although the definition is not met; say why in the note")
def promote(id: Id, body: bodies.Reasoned, call: Calling) -> JSONResponse:
    return change_by("promote", id, body, call)


@router.post("/{id}/disqualify", summary="Out of circulation, with a reason of reasons.yaml")
def disqualify(id: Id, body: bodies.Reasoned, call: Calling) -> JSONResponse:
    return change_by("disqualify", id, body, call)


@router.post("/{id}/enrol", summary="Onto an approved track, by hand")
def enrol_on_track(id: Id, body: bodies.Enrol, call: Calling) -> JSONResponse:
    return change_by("enrol", id, body, call, track=body.track, stage=body.stage)


@router.post("/{id}/assign", summary="To this salesperson: the manager decides")
def assign(id: Id, body: bodies.Assign, call: Calling) -> JSONResponse:
    return change_by("assign", id, body, call, rep=body.rep)


@router.post("/{id}/reassign", summary="To another salesperson as it stands; say why in the note")
def reassign(id: Id, body: bodies.Assign, call: Calling) -> JSONResponse:
    return change_by("reassign", id, body, call, rep=body.rep)


@router.post("/{id}/withdraw", summary="Back from sales to nurture before anybody worked on it")
def withdraw(id: Id, call: Calling, body: bodies.Reasoned = bodies.NO_REASON) -> JSONResponse:
    return change_by("withdraw", id, body, call)


@router.post("/{id}/reopen", summary="A disqualified lead comes back; say in the note what changed")
def reopen(id: Id, body: bodies.Reasoned, call: Calling) -> JSONResponse:
    return change_by("reopen", id, body, call)


@router.post("/{id}/recycle", summary="Back from sales with what was learned")
def recycle(id: Id, call: Calling, body: bodies.Decision = bodies.NOTHING_MORE) -> JSONResponse:
    return change_by("recycle", id, body, call)
