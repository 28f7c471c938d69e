"""The lifecycle table: every change of a lead's state, who may cause it, and what it does to the row.

Ids are those of the contract between marketing and sales (docs/lifecycle.md). Everything not listed is refused
with the list of what is legal. `apply` is the only way a lead's state changes, whoever asked for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from domain.errors import NotNowError, RefusedError
from domain.lead import IN_SALES, SUPPORTED, Lead, State
from domain.steps import Move

S = State


@dataclass(frozen=True)
class Row:
    """One line of the table. `command` is what a person calls it by; None is the engine's own doing."""

    id: str
    sources: frozenset[State]
    target: State | None
    """None where the move itself names it: it stays there, or a correction leads anywhere."""
    actors: tuple[str, ...]
    says: str
    command: str | None = None


def _row(id: str, sources: str, target: str | None, actors: str, says: str, command: str | None = None) -> Row:
    states = frozenset(map(State, sources.split()))
    return Row(id, states, State(target) if target else None, tuple(actors.split()), says, command)


STAYS = " ".join(set(S) - {S.MERGED, S.ERASED})
"""Every state in which there still is somebody."""


TABLE: tuple[Row, ...] = (
    _row("T02", STAYS, "MERGED", "SYS OPS", "the same person as another lead", "merge"),
    _row("T03", "NEW", "DISQUALIFIED", "SYS", "excluded by a never rule"),
    _row("T04", "NEW", "INQUIRY", "SYS", "valid and reachable"),
    _row("T05", "INQUIRY", "NURTURING", "SYS MKT", "enrolled on a track", "enrol"),
    _row("T06", "INQUIRY", "SALES_READY", "SYS EVT", "ready at once"),
    _row("T07", "NURTURING", "NURTURING", "SYS EVT NUR MKT", "another stage or track"),
    _row(
        "T08",
        "NURTURING INQUIRY RECYCLED DORMANT",
        "SALES_READY",
        "SYS MKT NUR",
        "meets the definition",
        "promote",
    ),
    _row("T09", "NURTURING", "DORMANT", "SYS", "has had every touch and is not ready"),
    _row(
        "T10",
        "INQUIRY NURTURING RECYCLED DORMANT SALES_READY",
        "DISQUALIFIED",
        "MKT NUR SYS",
        "not viable",
        "disqualify",
    ),
    _row("T11", "SALES_READY", "HANDED_OFF", "SYS MGR", "offered to a salesperson", "assign"),
    _row("T12", "SALES_READY", "NURTURING", "SYS", "went stale before anybody could take it"),
    _row("T13", "HANDED_OFF", "ACCEPTED", "REP", "accepted", "accept"),
    _row("T14", "HANDED_OFF", "NURTURING", "REP", "rejected: not what we agreed", "reject"),
    _row("T15", "HANDED_OFF", "SALES_READY", "REP SYS", "rejected: for somebody else", "reject"),
    _row("T16", "HANDED_OFF", "DISQUALIFIED", "REP", "rejected: never fits", "reject"),
    _row("T17", "HANDED_OFF ACCEPTED", "SALES_READY", "SYS", "nobody took it: on the manager's desk"),
    _row("T18", "HANDED_OFF ACCEPTED WORKING", "WORKING", "REP", "attempt logged", "attempt"),
    _row("T18b", "QUALIFIED OPPORTUNITY PROPOSAL", None, "REP", "attempt logged, stays where it is", "attempt"),
    _row("T19", "ACCEPTED", "SALES_READY", "SYS MGR", "no first contact in time: to somebody else"),
    _row("T20", "WORKING", "QUALIFIED", "REP", "conversation confirmed the facts", "qualify"),
    _row(
        "T21",
        "ACCEPTED WORKING QUALIFIED",
        "RECYCLED",
        "REP MGR",
        "returned with what was learned",
        "recycle",
    ),
    _row("T21b", "HANDED_OFF", "RECYCLED", "REP MGR", "returned instead of accepted", "recycle"),
    _row("T22", "WORKING QUALIFIED", "RECYCLED", "SYS", "stalled in sales"),
    _row("T23", "ACCEPTED WORKING QUALIFIED", "DISQUALIFIED", "REP MGR", "disqualified by sales", "disqualify"),
    _row("T24", "QUALIFIED", "OPPORTUNITY", "REP MGR", "has amount, close date and forecast category", "opportunity"),
    _row("T25", "OPPORTUNITY", "PROPOSAL", "REP MGR", "a priced offer is in the buyer's hands", "proposal"),
    _row("T26", "OPPORTUNITY PROPOSAL", "WON", "REP MGR", "signed", "won"),
    _row("T27", "OPPORTUNITY PROPOSAL", "LOST", "REP MGR", "decided against us, or not at all", "lost"),
    _row("T28", "OPPORTUNITY PROPOSAL", "RECYCLED", "REP MGR", "returned without a loss", "recycle"),
    _row("T29", "PROPOSAL", "OPPORTUNITY", "REP MGR", "scoped anew", "rescope"),
    _row("T30", "LOST", "RECYCLED", "SYS REP MGR", "lost for now: back to marketing", "recycle"),
    _row("T31", "LOST", "DISQUALIFIED", "SYS", "lost for good"),
    _row("T32", "WON", "NURTURING", "MKT", "a customer's own track", "enrol"),
    _row("T33", "RECYCLED", "NURTURING", "SYS EVT MKT", "cool-down over: next cycle", "enrol"),
    _row("T34", "RECYCLED", "SALES_READY", "EVT SYS", "hand raised during cool-down"),
    _row("T35", "RECYCLED", "DORMANT", "SYS", "recycled too often, or nothing left to give"),
    _row("T36", "DORMANT", "NURTURING", "EVT SYS MKT", "sign of life or review date", "enrol"),
    _row("T36b", "DORMANT", "SALES_READY", "EVT SYS", "hand raised"),
    _row("T37", "DORMANT", "DORMANT", "SYS", "sunset: no sign of life for long, looked at no more"),
    _row("T37b", "DORMANT", "DORMANT", "SYS", "nothing new to give: looked at again later"),
    _row("T38", "DISQUALIFIED", "INQUIRY", "MKT OPS", "reopened", "reopen"),
    _row("T39", f"{STAYS} MERGED", "ERASED", "OPS", "everything about the person is erased", "erase"),
    _row("T40", STAYS, None, "OPS", "corrected, by two of operations or an admin", "correct"),
    _row("T41", "HANDED_OFF SALES_READY", "NURTURING", "SYS MKT MGR", "withdrawn from sales", "withdraw"),
    _row(
        "T43",
        "HANDED_OFF ACCEPTED WORKING QUALIFIED OPPORTUNITY PROPOSAL",
        None,
        "MGR SYS",
        "given to another salesperson",
        "reassign",
    ),
    _row("T42", "NEW", "ACCEPTED", "REP", "brought by the salesperson who has it", "bring"),
    _row("T44", STAYS, None, "REP MGR MKT NUR OPS", "taken back by whoever decided it", "undo"),
)
ROWS = {row.id: row for row in TABLE}
ATTEMPTS = frozenset(row.id for row in TABLE if row.command == "attempt")
"""However far the lead has come with sales."""
PEOPLE = {
    "MKT": "marketing",
    "NUR": "nurture",
    "REP": "a salesperson",
    "MGR": "a sales manager",
    "OPS": "operations",
}


REPAIRS = frozenset({"merge", "erase", "correct", "undo"})
"""Possible wherever a lead stands, so nobody is told of them as of a next step."""
BESIDE = REPAIRS | {"bring"}
"""Commands that are no next step; sales brings a lead by enrolling it."""


def legal(state: State, actor: str | None = None) -> list[str]:
    """What a person can do next with a lead in this state, as the API's verbs; what this one can, if named."""
    rows = [row for row in TABLE if row.command and row.command not in BESIDE and state in row.sources]
    return sorted({str(row.command) for row in rows if actor is None or actor in row.actors})


def who_may(state: State, command: str) -> str | None:
    """The first of the people the table names for a command in this state."""
    rows = [row for row in TABLE if row.command == command and state in row.sources]
    return next((actor for row in rows for actor in row.actors if actor in PEOPLE), None)


def require(state: State, command: str, actor: str) -> None:
    """Raises RefusedError, with what this actor can do now, unless the table has the command for them."""
    options = legal(state, actor)
    if command in options or any(state in r.sources and actor in r.actors for r in TABLE if r.command == command):
        return
    can = ", ".join(options) if options else "nothing"
    if command in REPAIRS or command in legal(state):
        says = f"{PEOPLE[actor]} cannot {command} a lead that is {state}; possible now: {can}"
    else:
        says = f"a lead that is {state} cannot be sent {command}; possible now: {can}"
    raise NotNowError(says, options, state, command)


LEAVING_SALES: dict[str, object] = {
    "owner": None,
    "clock": None,
    "is_on_desk": False,
    "tried_reps": (),
    "ready_rule": None,
}


def apply(lead: Lead, move: Move, now: datetime) -> Lead:
    """The lead after a move. Raises RefusedError for a move that is not in the table.

    What follows from leaving sales is set here and nowhere else: owner and clock end, and the moment is kept,
    because only evidence newer than it makes the lead ready again. So does what a salesperson allowed in their name.
    """
    row = ROWS.get(move.transition)
    if row is None or lead.state not in row.sources or row.target not in (None, move.to):
        raise RefusedError(f"{move.transition} does not lead from {lead.state} to {move.to}", legal(lead.state))
    target, sets = State(move.to), dict(move.sets)
    if target != lead.state:
        sets = {
            "state_entered_at": now,
            "postponed_until": None,
            "team": None,
            "sunset_at": None,
            **sets,
            "state": target,
        }
    if lead.state in IN_SALES and target not in IN_SALES:
        sets = {**LEAVING_SALES, "left_sales_at": now, **sets}
    if target not in SUPPORTED or sets.get("owner", lead.owner) != lead.owner:
        sets = {"support": None, **sets}
    after = replace(lead, **sets)  # type: ignore[arg-type]  # columns by name; tests compare them with Lead's fields
    if (after.state in IN_SALES) != (after.owner is not None and after.clock is not None):
        raise AssertionError(f"{move.transition}: {after.state} with owner {after.owner} and clock {after.clock}")
    return after
