"""The queue: the next-best lead for whoever asks, kept for them on a lease."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse

from api import bodies, handoffs, views
from api.calls import App, Calling, Done, Who
from api.roles import Principal
from api.views import Json
from domain.errors import ForbiddenError
from domain.release import Release
from storage import leads, queue, reading, sales_reading
from storage.archive import Tx
from storage.queue import Claimed

router = APIRouter(prefix="/api/queue", tags=["queue"])


@router.get("", summary="How many wait, by kind, for the team and for you; and what you have claimed")
def waiting(app: App, who: Who) -> Json:
    with app.archive.reading() as tx:
        release, now = app.archive.live(tx), app.archive.clock.now()
        person = release.people.get(who.person or "")
        counts = queue.waiting(tx, person.team if person else None, who.person, now)
        own = queue.unfinished(tx, app.archive, who.person) if who.person else None
        return {"waiting": counts, "claim": claim_view(tx, app.archive.live(tx), own) if own else None}


@router.post("/next", summary="The next-best lead for you; what you have not finished comes first")
def following(call: Calling) -> JSONResponse:
    def change(tx: Tx) -> Done:
        found = queue.take_next(tx, call.archive, _person(call.who))
        return Done({"claim": claim_view(tx, call.archive.live(tx), found) if found else None})

    return call.perform(change)


@router.post(
    "/keep", summary="You are still at it: the claim begins anew; is_calling keeps it as long as a call may take"
)
def keep(call: Calling, body: bodies.Keep = bodies.STILL_HERE) -> JSONResponse:
    def change(tx: Tx) -> Done:
        found = queue.keep_claim(tx, call.archive, _person(call.who), body.is_calling)
        return Done({"claim": claim_view(tx, call.archive.live(tx), found)})

    return call.perform(change)


@router.post("/skip", summary="Not this one, and why; it is counted")
def skip(call: Calling, body: bodies.Reasoned = bodies.NO_REASON) -> JSONResponse:
    return call.perform(lambda tx: _gone(queue.skip(tx, call.archive, _person(call.who), body.reason)))


@router.post("/release", summary="Back into the queue")
def release(call: Calling) -> JSONResponse:
    return call.perform(lambda tx: _gone(queue.let_go(tx, call.archive, _person(call.who))))


def _gone(lead_id: object) -> Done:
    return Done({"claim": None, "lead": str(lead_id)})


def _person(who: Principal) -> str:
    """Raises ForbiddenError for a key that is nobody's: a lead is claimed by a person."""
    if who.person is None:
        raise ForbiddenError(
            f"the key {who.name} belongs to nobody; the queue gives leads to people: nurture key create NAME"
            " --role sales --person ID"
        )
    return who.person


def claim_view(tx: Tx, release: Release, claimed: Claimed) -> Json:
    row = reading.lead(tx, claimed.lead_id)
    handoff = sales_reading.open_handoff(tx, claimed.lead_id)
    offer = sales_reading.newest_offers(tx, [handoff["id"]]).get(handoff["id"]) if handoff else None
    return {
        "kind": claimed.kind,
        "until": views.at(claimed.until),
        "is_new": claimed.is_new,
        "lead": views.short(row),
        "handoff": str(handoff["id"]) if handoff else None,
        "offer": handoffs.offer_view(offer) if offer else None,
        "why": leads.why_now(release, handoff["rule"]) if handoff else None,
    }
