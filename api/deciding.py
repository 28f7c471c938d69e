"""From what a person sent to their decisions (domain.decisions.Said) and what they learned.

One call may hold several decisions in the order they were made: the attempt, what came of it, and what is thought of
the packet. They are one transaction: what is refused leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from starlette.responses import JSONResponse

from api import views
from api.bodies import NOTHING_MORE, Attempt, Decision, Feedback, Reasoned, Referral
from api.calls import Call, Done
from api.roles import LEADING
from domain import lifecycle
from domain.errors import ForbiddenError, InvalidError, RefusedError
from domain.lead import Source, State
from domain.said import Deal, Said
from storage import duties, people, reading, referring
from storage.archive import Tx
from storage.deciding import open_lead
from storage.people import Decided, Learned
from storage.reading import Row

SAID_BESIDE = (("referral", "Referral"), ("competitor", "Competitor"))
NO_FACTS: dict[str, Any] = {"learned": {}, "confirmed": [], "contradicted": []}  # Any: fields of Decision
WORDS = ("why", "what_else_should_we_do", "asked_words", "what_should_we_stop")
"""Of feedback: what is said in words, kept with the texts about a person."""


def change_by(command: str, id: str, body: Reasoned, call: Call, **more: Any) -> JSONResponse:  # Any: fields of Said
    """Take the decision about the lead with this id; the answer is where it stands then."""
    return call.perform(lambda tx: decide(tx, command, reading.find(tx, id), body, call, **more))


def decide(tx: Tx, command: str, lead_id: UUID, body: Reasoned, call: Call, **more: Any) -> Done:  # Any: as above
    made, handoff = [], _handoff_of(tx, lead_id)
    for name, part in _in_order(command, body):
        if name == "opportunity" and reading.lead(tx, lead_id)["state"] == State.WORKING:
            made.append(_take(tx, "qualify", lead_id, _qualified_by(part), call))
            part = part.model_copy(update=NO_FACTS)
        made.append(_take(tx, name, lead_id, part, call, **more))
    answer = views.short(reading.lead(tx, lead_id))
    if referred := next((one.referred for one in made if one.referred), None):
        answer["referred"] = str(referred)
    if feedback := _feedback(body):
        judge(tx, lead_id, handoff, feedback, call, body.for_rep if isinstance(body, Decision) else None)
    return Done(answer, made[-1].wake, more=tuple(w for one in made for w in (*one.more, one.wake))[:-1])


def _in_order(command: str, body: Reasoned) -> Iterator[tuple[str, Reasoned]]:
    if not isinstance(body, Decision):
        yield command, body
        return
    if body.attempt:
        if command == "attempt":
            raise InvalidError("an attempt brings no other one; leave out attempt", "attempt")
        yield "attempt", _of_the_same(body, body.attempt)
    yield command, body
    following = body.then
    while following:
        if following.attempt or following.offer or following.for_rep:
            raise InvalidError("what follows at once says no attempt, offer or for_rep of its own", "then")
        same = {"offer": body.offer, "for_rep": body.for_rep}
        yield following.command, following.model_copy(update=same)
        following = following.then


def _of_the_same(body: Reasoned, attempt: Attempt | None = None) -> Decision:
    """A decision by the same person about the same offer, without the words and facts of the one it leads to."""
    said = {name: getattr(attempt, name) for name in Attempt.model_fields} if attempt else {}
    same = {"offer": body.offer, "for_rep": body.for_rep} if isinstance(body, Decision) else {}
    return NOTHING_MORE.model_copy(update={**said, **same})


def _qualified_by(deal: Reasoned) -> Decision:
    """What was heard belongs to the qualification that the deal brings along."""
    heard = {name: getattr(deal, name) for name in NO_FACTS} if isinstance(deal, Decision) else {}
    return _of_the_same(deal).model_copy(update=heard)


def _feedback(body: Reasoned) -> Feedback | None:
    """Of the decision, or of what followed it."""
    part = body if isinstance(body, Decision) else None
    found = None
    while part:
        found, part = part.feedback or found, part.then
    return found


def _take(tx: Tx, command: str, lead_id: UUID, body: Reasoned, call: Call, **more: Any) -> Decided:  # Any: as above
    actor, actor_id, notes = call.who.actor, call.who.actor_id, [(body.note or "").strip()]
    entered_by = None
    if isinstance(body, Decision):
        _check_dates(body, call)
        more |= _of_sales(body)
        notes += _beside(body)
        if body.for_rep:
            _check_may_enter_for(call)
            entered_by, actor, actor_id = actor_id, "REP", body.for_rep
    if call.who.role == "admin" and actor == "OPS":
        actor, actor_id = _in_whose_place(tx, command, lead_id, actor_id)
        entered_by = call.who.actor_id
    said = Said(command, actor, actor_id, body.reason, len(notes[0]), entered_by=entered_by, **more)
    source = Source.REP if actor in ("REP", "MGR") else Source.NURTURE
    note = "\n".join(filter(None, notes)) or None
    return people.decide(tx, call.archive, lead_id, said, _learned(body, source, note))


def _learned(body: Reasoned, source: Source, note: str | None) -> Learned:
    if not isinstance(body, Decision):
        return Learned(body.learned, source, note)
    return Learned(body.learned, source, note, body.confirmed, body.contradicted, _referral(body))


def _referral(body: Decision) -> referring.Referral | None:
    named = body.referral
    if not isinstance(named, Referral) or not named.email:
        return None
    fields = named.model_dump(exclude={"email"}, exclude_none=True)
    return referring.Referral(named.email, {f"lead.{name}": value for name, value in fields.items()})


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
    names = (
        "offer", "criterion", "resume_on", "stage", "outcome", "channel", "minutes", "callback_at", "meeting_at",
    )  # fmt: skip
    has = {name: bool(_said(body, name)) for name, _ in SAID_BESIDE}
    if body.amount is None and body.currency:
        raise InvalidError("a currency says nothing without its amount", "amount")
    deal = None if body.amount is None else Deal(body.amount, body.currency or "", body.close_on, body.forecast)
    return {**{name: getattr(body, name) for name in names}, "has": has, "deal": deal}


def _said(body: Decision, name: str) -> str:
    value = getattr(body, name)
    if isinstance(value, Referral):
        value = " ".join(filter(None, (value.first_name, value.last_name, value.title, value.email, value.phone)))
    return (value or "").strip()


def _beside(body: Decision) -> list[str]:
    """Names of people and firms belong to the words about a person, not into the log."""
    said = [(title, _said(body, name)) for name, title in SAID_BESIDE]
    return [f"{title}: {words}" for title, words in said if words]


def _handoff_of(tx: Tx, lead_id: UUID) -> UUID | None:
    row = reading.newest_handoff(tx, lead_id)
    return row["id"] if row else None


def judge(tx: Tx, lead_id: UUID, handoff: UUID | None, body: Feedback, call: Call, for_rep: str | None = None) -> Row:
    """Feedback on a packet by whoever worked with it, or entered for them by somebody who leads."""
    if handoff is None:
        raise RefusedError("this lead was never with sales; there is nothing to judge", ())
    rep = for_rep or body.for_rep
    if rep:
        _check_may_enter_for(call)
    reps = reading.reps_of(tx, handoff)
    rep = rep or (call.who.actor_id if call.who.actor == "REP" else reps[-1] if reps else call.who.actor_id)
    if rep not in reps:
        raise RefusedError(f"{rep} did not have this lead; it was with {', '.join(reps) or 'nobody'}", ())
    given = body.model_dump(exclude_none=True, exclude={"for_rep"})
    words = {name: given.pop(name).strip() for name in WORDS if name in given}
    duties.answer_feedback(open_lead(tx, call.archive, lead_id), handoff, rep, given, words)
    return duties.of(tx, handoff)["feedback"]
