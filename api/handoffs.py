"""Handoffs: what is with sales, the packet a salesperson reads in a minute, what they decide, what they tell back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from api import bodies, deciding, returning, views
from api.calls import App, Call, Calling, Done, Id, Who
from api.deciding import decide
from api.leads import After, Filter, Limit, context
from api.packets import packet
from api.views import Json
from domain import lifecycle
from domain.context import Context
from domain.errors import RefusedError
from domain.lead import State
from domain.sales_decisions import is_confirmed
from storage import duties, leads, reading, sales_reading
from storage.archive import Tx
from storage.deciding import open_lead
from storage.reading import Row

router = APIRouter(prefix="/api/handoffs", tags=["handoffs"])


@router.get("", summary="Handoffs, the newest first; of a rep: those offered to them")
def handoffs(
    app: App,
    who: Who,
    rep: Filter = None,
    is_open: Annotated[bool | None, Query(alias="open")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Json:
    with app.archive.reading() as tx:
        release = app.archive.live(tx)
        rows, following = sales_reading.handoffs(tx, rep, is_open, after, limit)
        offers = sales_reading.newest_offers(tx, [row["id"] for row in rows])
        persons = reading.persons(tx, [row["lead_id"] for row in rows]) if who.may_see_persons else {}
        items = []
        for row in rows:
            item = handoff_view(row, offers.get(row["id"])) | {"why": leads.why_now(release, row["rule"])}
            if who.may_see_persons:
                item["name"] = views.full_name(persons.get(row["lead_id"], {}))
            items.append(item)
    return {"items": items, "next": following}


def handoff_view(row: Row, offer: Row | None) -> Json:
    plain = views.jsonable(row, "id", "number", "cycle", "opened_at", "closed_at", "outcome", "reason", "rule")
    is_open = row["closed_at"] is None
    clock = {"name": row["clock_name"], "due_at": views.at(row["clock_due_at"])} if row["clock_name"] else None
    return {
        **plain,
        "lead": str(row["lead_id"]),
        "company": row["company"],
        "state": row["state"],
        "owner": row["owner"] if is_open else None,
        "team": row["team"] if is_open else None,
        "clock": clock if is_open else None,
        "offer": offer and offer_view(offer),
    }


def offer_view(row: Row) -> Json:
    return views.jsonable(
        row, "number", "rep", "team", "why", "offered_at", "accept_by", "accepted_at", "closed_at", "outcome", "reason"
    )


duty_router = APIRouter(prefix="/api", tags=["handoffs"])


@duty_router.get("/duties", summary="Feedback and debriefs that are due or were given, the one due first comes first")
def listed_duties(
    app: App,
    who: Who,
    owner: Filter = None,
    kind: Filter = None,
    is_open: Annotated[bool | None, Query(alias="open")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Json:
    with app.archive.reading() as tx:
        rows, following = duties.listed(tx, owner, kind, is_open, after, limit)
    return {"items": [duty_view(row) for row in rows], "next": following}


@router.get("/{id}", summary="The packet: who, why now, in whose words, what to ask, what they have seen")
def handoff(id: Id, app: App, who: Who) -> Json:
    with app.archive.reading() as tx:
        row = sales_reading.handoff(tx, id)
        ctx = context(tx, app.archive, row["lead_id"])
        offers = [o for o in sales_reading.offers_of(tx, row["lead_id"]) if o["handoff_id"] == row["id"]]
        found = handoff_view(row, offers[-1] if offers else None)
        found["offers"] = [offer_view(offer) for offer in offers]
        found["possible"] = views.possible(row["state"]) if row["closed_at"] is None else []
        found["is_newest"] = is_newest(tx, row)
        found["qualify_needs"] = qualify_needs(ctx)
        found["duties"] = told_back(tx, row, who.may_see_persons)
        return found | packet(tx, ctx, row, offers, who.may_see_persons)


def qualify_needs(ctx: Context) -> list[Json]:
    """What the conversation has to confirm before `qualify`, and what of it a salesperson has heard by now."""
    fields, names = ctx.release.fields, ctx.release.definition.qualify_needs
    return [
        {"id": name, "says": fields[name].say or name, "ask": fields[name].ask, "is_confirmed": is_confirmed(ctx, name)}
        for name in names
    ]


def told_back(tx: Tx, row: Row, may_see_persons: bool) -> Json:
    """Feedback and debrief, due or given, by kind."""
    words = duties.words(tx, row["lead_id"], row["id"]) if may_see_persons else {}
    found = {kind: duty_view(one) for kind, one in duties.of(tx, row["id"]).items()}
    for ref, text in words.items():
        kind, _, name = ref.partition("/")
        found[kind]["answer"] = {**found[kind]["answer"], name: text}
    return found


DECISIONS = {
    "accept": "Take it: from now on the clock for the first contact runs",
    "reject": "Not taken, with a reason of reasons.yaml",
    "attempt": "One try to reach the buyer: outcome and channel; it also accepts",
    "qualify": "A conversation confirmed it",
    "opportunity": "A deal: amount, currency, close_on and forecast",
    "proposal": "A priced offer is in their hands: amount and currency",
    "rescope": "Back from the proposal to the opportunity, and why",
    "won": "Signed: amount and currency",
    "lost": "Decided against us, or not at all, with a reason of reasons.yaml",
    "recycle": "Back to nurture with what was learned",
    "disqualify": "Out of circulation, with a reason of reasons.yaml",
}


def _route(command: str) -> Callable[..., JSONResponse]:
    def decide_it(id: Id, call: Calling, body: bodies.Decision = bodies.NOTHING_MORE) -> JSONResponse:
        return _decide(command, id, body, call)

    return decide_it


DECIDE = {command: _route(command) for command in DECISIONS}
for _command, _says in DECISIONS.items():
    router.add_api_route(f"/{{id}}/{_command}", DECIDE[_command], methods=["POST"], summary=_says, name=_command)


def _decide(command: str, id: str, body: bodies.Decision, call: Call) -> JSONResponse:
    def change(tx: Tx) -> Done:
        row = sales_reading.handoff(tx, id)
        if not (command == "recycle" and _is_lost(tx, row)):
            _check_open(row)
        return decide(tx, command, row["lead_id"], body, call)

    return call.perform(change)


def _is_lost(tx: Tx, row: Row) -> bool:
    """A lost deal may go back to marketing before its time: the handoff is over, and yet there is one thing to say."""
    return row["state"] == State.LOST and is_newest(tx, row)


def is_newest(tx: Tx, row: Row) -> bool:
    newest = reading.newest_handoff(tx, row["lead_id"])
    return newest is not None and newest["id"] == row["id"]


@router.get("/{id}/recycle", summary="When the lead would come back, at which stage and to whom; changes nothing")
def outlook(
    id: Id,
    app: App,
    who: Who,
    reason: Annotated[str, Query(max_length=64)],
    resume_on: bodies.Moment | None = None,
    stage: Annotated[str | None, Query(max_length=64)] = None,
) -> Json:
    with app.archive.reading() as tx:
        row = sales_reading.handoff(tx, id)
        return returning.outlook(context(tx, app.archive, row["lead_id"]), reason, resume_on, stage)


@router.post("/{id}/feedback", summary="Was the packet any good? One tap; everything else if you like")
def feedback(id: Id, body: bodies.Feedback, call: Calling) -> JSONResponse:
    def change(tx: Tx) -> Done:
        row = sales_reading.handoff(tx, id)
        return Done(duty_view(deciding.judge(tx, row["lead_id"], row["id"], body, call)))

    return call.perform(change)


DEBRIEF_WORDS = (
    "competitor", "decision_trigger", "who_decided", "nearly_stopped", "message_landed", "message_flat", "change",
)  # fmt: skip


@router.post("/{id}/debrief", summary="Why a deal was won or lost, asked by somebody who did not sell it")
def debrief(id: Id, body: bodies.Debrief, call: Calling) -> JSONResponse:
    def change(tx: Tx) -> Done:
        row = sales_reading.handoff(tx, id)
        given = body.model_dump(exclude_none=True)
        words = {name: given.pop(name).strip() for name in DEBRIEF_WORDS if name in given}
        d = open_lead(tx, call.archive, row["lead_id"])
        duties.answer_debrief(d, row["id"], call.who.actor_id, given, words)
        return Done(duty_view(duties.of(tx, row["id"])["debrief"]))

    return call.perform(change)


def duty_view(row: Row) -> Json:
    plain = views.jsonable(
        row, "kind", "owner", "rep", "opened_at", "due_at", "reminded_at", "breached_at", "closed_at", "closed_by"
    )
    return {"handoff": str(row["handoff_id"]), "lead": str(row["lead_id"]), **plain, "answer": row["answer"]}


def _check_open(row: Row) -> None:
    """A late decision hears who has the lead now."""
    state = State(row["state"])
    if row["closed_at"] is not None:
        ended = f"{row['outcome']}, {row['reason']}" if row["reason"] else row["outcome"]
        now = f"with {row['owner']} ({state})" if row["owner"] else f"with nobody in sales ({state})"
        raise RefusedError(f"this handoff is over ({ended}); the lead is {now} now", lifecycle.legal(state))
    if state is State.SALES_READY:
        where = "on the manager's desk" if row["is_on_desk"] else "on its way to another salesperson"
        raise RefusedError(f"nobody in sales has this lead now; it is {where}", lifecycle.legal(state))
