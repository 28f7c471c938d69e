"""Handoffs: what is with sales, the packet a salesperson reads in a minute, and what they decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from api import bodies, views
from api.calls import App, Call, Calling, Done, Id, Who
from api.deciding import decide
from api.leads import After, Filter, Limit, context
from api.packets import packet
from api.views import Json
from domain import lifecycle
from domain.errors import RefusedError
from domain.lead import State
from storage import leads, reading, sales_reading
from storage.archive import Tx
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
        "clock": clock if is_open else None,
        "offer": offer and offer_view(offer),
    }


def offer_view(row: Row) -> Json:
    return views.jsonable(
        row, "number", "rep", "why", "offered_at", "accept_by", "accepted_at", "closed_at", "outcome", "reason"
    )


@router.get("/{id}", summary="The packet: who, why now, in whose words, what to ask, what they have seen")
def handoff(id: Id, app: App, who: Who) -> Json:
    with app.archive.reading() as tx:
        row = sales_reading.handoff(tx, id)
        ctx = context(tx, app.archive, row["lead_id"])
        offers = [o for o in sales_reading.offers_of(tx, row["lead_id"]) if o["handoff_id"] == row["id"]]
        found = handoff_view(row, offers[-1] if offers else None)
        found["offers"] = [offer_view(offer) for offer in offers]
        found["possible"] = views.possible(row["state"]) if row["closed_at"] is None else []
        return found | packet(tx, ctx, row, offers, who.may_see_persons)


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
        _check_open(row)
        return decide(tx, command, row["lead_id"], body, call)

    return call.perform(change)


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
