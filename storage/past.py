"""The archive as it was: every lead's stretches towards sales, each with what was known at the time and what sales
said of it afterwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, RowMapping, Table, func, select, tuple_

from domain.context import BEGINNING
from domain.lead import Known, State
from domain.past import Happened, Past
from storage import learning
from storage import tables as t
from storage.archive import Tx
from storage.rows import to_known, to_lead

BATCH = 500
GOOD: Mapping[str, frozenset[str]] = {
    "accepted": frozenset({"T13", "T18", "T20", "T24", "T25", "T26"}),
    "qualified": frozenset({"T20", "T24", "T25", "T26"}),
    "opportunity": frozenset({"T24", "T25", "T26"}),
    "won": frozenset({"T26"}),
}
"""How far a lead must have come with sales to count as good, and the transitions that show it (docs/lifecycle.md)."""
CAME_WITH_OWNER = "T42"
GONE = frozenset({State.MERGED, State.ERASED})
STILL_JUDGED = frozenset({State.NEW, State.INQUIRY, State.NURTURING, State.RECYCLED, State.DORMANT})

Rows = Sequence[Row[Any]]  # Any: columns of many types
ByLead = Mapping[UUID, Rows]


@dataclass(frozen=True)
class Beside:
    """What a batch of leads has beside its rows, by lead."""

    told: ByLead
    events: ByLead
    handoffs: ByLead
    moves: ByLead


def total(tx: Tx) -> int:
    return tx.execute(select(func.count()).select_from(t.leads)).scalar_one()


def pasts(tx: Tx, now: datetime, good: str, batch: int = BATCH) -> Iterator[list[Past]]:
    """Lead by lead, the oldest first. `good` is a key of GOOD; a stretch that has not come that far is bad once sales
    gave it back, and undecided while sales has it. Leads that never were with sales have no outcome; those that came
    in with an owner are left out, as no definition chose them."""
    after: tuple[datetime, UUID] | None = None
    c = t.leads.c
    query = select(t.leads).order_by(c.created_at, c.id).limit(batch)
    while True:
        page = query.where(tuple_(c.created_at, c.id) > tuple_(*after)) if after else query
        rows = tx.execute(page).mappings().all()
        if not rows:
            return
        after = (rows[-1]["created_at"], rows[-1]["id"])
        beside = _beside(tx, {row["id"]: row["merged_from"] for row in rows})
        for row in rows:
            yield list(_stretches(row, beside, now, good))


def _beside(tx: Tx, merged: Mapping[UUID, Sequence[str]]) -> Beside:
    """What leads that turned out to be the same person had learned and done counts as the one's that stayed."""
    events, log = t.events.c, t.log.c
    themselves = {lead_id: lead_id for lead_id in merged}
    everybody = themselves | {UUID(old): lead_id for lead_id, before in merged.items() for old in before}
    return Beside(
        _by_lead(tx, t.learned, everybody, t.learned.c.taken_back_at.is_(None)),
        _by_lead(tx, t.events, everybody, events.human == "human", events.taken_back_at.is_(None)),
        _by_lead(tx, t.handoffs, themselves),
        _by_lead(tx, t.log, themselves, log.transition.in_({*GOOD["accepted"], CAME_WITH_OWNER})),
    )


def _by_lead(tx: Tx, table: Table, lead_ids: Mapping[UUID, UUID], *wanted: Any) -> ByLead:  # Any: SQL expressions
    """`lead_ids`: whose row it is -> whose it counts as."""
    order = table.c.number if "number" in table.c else table.c.id
    found: dict[UUID, list[Row[Any]]] = defaultdict(list)  # Any: columns of many types
    for row in tx.execute(select(table).where(table.c.lead_id.in_(lead_ids), *wanted).order_by(order)):
        found[lead_ids[row.lead_id]].append(row)
    return found


def _stretches(row: RowMapping, beside: Beside, now: datetime, good: str) -> Iterator[Past]:
    lead = to_lead(row)
    if lead.state in GONE:
        return
    whole = Past(
        str(lead.id),
        replace(lead, left_sales_at=None),
        lead.created_at,
        now,
        _known(beside.told.get(lead.id, ())),
        tuple(
            Happened(e.name, e.at, max(e.at, e.received_at), f"event:{e.id}") for e in beside.events.get(lead.id, ())
        ),
    )
    handoffs, moves = beside.handoffs.get(lead.id, ()), beside.moves.get(lead.id, ())
    for handoff in handoffs:
        during = {move.transition for move in moves if handoff.opened_at <= move.at <= (handoff.closed_at or now)}
        if CAME_WITH_OWNER not in during:
            is_good = True if during & GOOD[good] else False if handoff.closed_at else None
            became = f"{handoff.outcome}: {handoff.reason}" if handoff.reason else handoff.outcome or "with sales"
            yield replace(whole, end_at=handoff.opened_at, is_good=is_good, became=became)
        if handoff.closed_at:
            began = replace(whole.lead, left_sales_at=handoff.closed_at)
            whole = replace(whole, lead=began, begin_at=handoff.closed_at)
    if lead.state in STILL_JUDGED:
        yield replace(whole, became=lead.state.value)
    elif not handoffs:
        yield replace(whole, end_at=lead.state_entered_at, became=lead.state.value)


def _known(told: Rows) -> dict[str, tuple[Known, ...]]:
    """Every value that ever stood, by the rule by which facts overtake each other."""
    stands: dict[str, Known] = {}
    found: dict[str, list[Known]] = defaultdict(list)
    for each in told:
        fact = to_known({each.name: each.fact})[each.name]
        if learning.merge(stands, each.name, fact, each.left_sales_at or BEGINNING):
            found[each.name].append(fact)
    return {name: tuple(values) for name, values in found.items()}
