"""From what a person sent to their decision (domain.decisions.Said) and what they learned."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from starlette.responses import JSONResponse

from api import views
from api.bodies import Decision, Reasoned
from api.calls import Call, Done
from api.roles import LEADING
from domain import lifecycle
from domain.errors import ForbiddenError, InvalidError
from domain.lead import Source, State
from domain.said import Deal, Said
from storage import people, reading
from storage.archive import Tx
from storage.people import Learned

SAID_BESIDE = (("referral", "Referral"), ("competitor", "Competitor"))


def change_by(command: str, id: str, body: Reasoned, call: Call, **more: Any) -> JSONResponse:  # Any: fields of Said
    """Take the decision about the lead with this id; the answer is where it stands then."""
    return call.perform(lambda tx: decide(tx, command, reading.find(tx, id), body, call, **more))


def decide(tx: Tx, command: str, lead_id: UUID, body: Reasoned, call: Call, **more: Any) -> Done:  # Any: as above
    actor, actor_id, notes = call.who.actor, call.who.actor_id, [(body.note or "").strip()]
    if isinstance(body, Decision):
        _check_dates(body, call)
        more |= _of_sales(body)
        notes += _beside(body)
        if body.for_rep:
            _check_may_enter_for(call)
            notes.append(f"Entered by {actor_id} ({call.who.role})")
            actor, actor_id = "REP", body.for_rep
    if call.who.role == "admin" and actor == "OPS":
        actor, actor_id = _in_whose_place(tx, command, lead_id, actor_id)
        notes.append(f"Entered by {call.who.actor_id} (admin)")
    said = Said(command, actor, actor_id, body.reason, len(notes[0]), **more)
    source = Source.REP if actor in ("REP", "MGR") else Source.NURTURE
    note = "\n".join(filter(None, notes)) or None
    decided = people.decide(tx, call.archive, lead_id, said, Learned(body.learned, source, note))
    return Done(views.short(reading.lead(tx, lead_id)), decided.wake)


def _in_whose_place(tx: Tx, command: str, lead_id: UUID, admin: str) -> tuple[str, str]:
    """An admin may do what anybody may, as whoever the table names first: for a salesperson, the one who has it."""
    row = reading.lead(tx, lead_id)
    actor = lifecycle.who_may(State(row["state"]), command) or "OPS"
    return actor, (row["owner"] or row["returned_by"] or admin) if actor == "REP" else admin


def _check_dates(body: Decision, call: Call) -> None:
    if body.resume_on and body.resume_on <= call.archive.clock.now():
        raise InvalidError("resume_on must be a day to come", "resume_on")


def _check_may_enter_for(call: Call) -> None:
    if call.who.role not in LEADING:
        raise ForbiddenError(f"a {call.who.role} key decides for itself only; leave out for_rep")


def _of_sales(body: Decision) -> dict[str, Any]:  # Any: as above
    names = ("offer", "criterion", "resume_on", "stage", "outcome", "channel")
    has = {name: bool((getattr(body, name) or "").strip()) for name, _ in SAID_BESIDE}
    deal = None if body.amount is None else Deal(body.amount, body.currency or "", body.close_on, body.forecast)
    return {**{name: getattr(body, name) for name in names}, "has": has, "deal": deal}


def _beside(body: Decision) -> list[str]:
    """Names of people and firms belong to the words about a person, not into the log."""
    said = [(title, (getattr(body, name) or "").strip()) for name, title in SAID_BESIDE]
    return [f"{title}: {words}" for title, words in said if words]
