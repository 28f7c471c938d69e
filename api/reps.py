"""The team: who takes leads, how many, when; absence, and what becomes of what is in hand."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse

from api import bodies
from api.calls import App, Call, Calling, Done, Id, Who
from api.views import Json
from domain.errors import ForbiddenError, InvalidError
from storage import reps
from storage.archive import Tx

router = APIRouter(prefix="/api/reps", tags=["team"])


@router.get("", summary="Salespeople with capacity, what is in hand, hours and absence")
def listed_reps(app: App, who: Who) -> Json:
    with app.archive.reading() as tx:
        return {"items": reps.listed(tx, app.archive), "next": None}


@router.put("/{id}", summary="Add a salesperson of people.yaml, or change what is named; inactive: others take over")
def put_rep(id: Id, body: bodies.RepChange, call: Calling) -> JSONResponse:
    changes = body.model_dump(exclude_unset=True)
    for name in ("capacity", "weight", "is_active"):
        if name in changes and changes[name] is None:
            raise InvalidError(f"{name} cannot be empty; leave it out to keep it as it is", name)
    return call.perform(lambda tx: Done(reps.put(tx, call.archive, id, changes, call.who.actor_id)))


@router.post("/{id}/away", summary="Away until then, and what of the leads in hand others take over; null: back again")
def away(id: Id, body: bodies.Away, call: Calling) -> JSONResponse:
    if call.who.actor == "REP" and call.who.actor_id != id:
        raise ForbiddenError("you can only say when you are away yourself; a manager can for the team")

    def change(tx: Tx) -> Done:
        return Done(reps.away(tx, call.archive, id, body.until, body.in_hand, call.who.actor_id))

    return call.perform(change)


@router.post("/{id}/reassign", summary="Everything they have goes to others, or to the manager where nobody can")
def reassign(id: Id, body: bodies.ReassignAll, call: Calling) -> JSONResponse:
    return call.perform(lambda tx: _reassign(tx, id, body, call))


def _reassign(tx: Tx, id: str, body: bodies.ReassignAll, call: Call) -> Done:
    return Done(reps.reassign(tx, call.archive, id, body.reason, call.who.actor_id))
