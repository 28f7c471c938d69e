"""The outbox to Temporal: whoever changes a lead bumps its seq and leaves a wake row in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from domain.lead import State
from storage import tables as t
from storage.archive import Archive, Tx, machine_now

NO_WORKFLOW = (State.DISQUALIFIED, State.MERGED, State.ERASED, State.WON, State.LOST)


@dataclass(frozen=True)
class Wake:
    """`verb` is there to be read in the history; only `seq` counts."""

    id: int
    lead_id: UUID
    seq: int
    verb: str


def wake(tx: Tx, lead_id: UUID, verb: str) -> Wake:
    """Bump the lead's seq and leave a row; the caller signals after the commit, a relay if it cannot."""
    seq = tx.execute(
        update(t.leads).where(t.leads.c.id == lead_id).values(seq=t.leads.c.seq + 1).returning(t.leads.c.seq)
    ).scalar_one()
    row = {"lead_id": lead_id, "seq": seq, "verb": verb, "at": machine_now()}
    wake_id = tx.execute(insert(t.wakes).values(row).returning(t.wakes.c.id)).scalar_one()
    return Wake(wake_id, lead_id, seq, verb)


def pending(archive: Archive, older_than: timedelta, limit: int = 200) -> list[Wake]:
    """What was not sent right after its commit, oldest first."""
    c = t.wakes.c
    query = select(c.id, c.lead_id, c.seq, c.verb).where(c.at <= machine_now() - older_than).order_by(c.id).limit(limit)
    with archive.reading() as tx:
        return [Wake(*row) for row in tx.execute(query)]


def sent(archive: Archive, wakes: Sequence[Wake]) -> None:
    if wakes:
        with archive.begin() as tx:
            tx.execute(delete(t.wakes).where(t.wakes.c.id.in_([w.id for w in wakes])))


def wake_best_waiting(tx: Tx) -> None:
    """A salesperson has a free place again: the lead that waits longest for one tries at once."""
    c = t.leads.c
    waiting = (c.state == State.SALES_READY.value, c.is_on_desk.is_(False), c.postponed_until.is_not(None))
    lead_id = tx.execute(select(c.id).where(*waiting).order_by(c.state_entered_at).limit(1)).scalar()
    if lead_id:
        tx.execute(update(t.leads).where(c.id == lead_id).values(postponed_until=None))
        wake(tx, lead_id, "place_free")


def wake_all_open(archive: Archive, verb: str = "repaired", batch: int = 500) -> int:
    """`nurture doctor --repair`: wake every lead that needs a workflow. Returns how many."""
    total, last = 0, None
    while True:
        with archive.begin() as tx:
            query = select(t.leads.c.id).where(t.leads.c.state.not_in(NO_WORKFLOW)).order_by(t.leads.c.id).limit(batch)
            ids = list(tx.execute(query if last is None else query.where(t.leads.c.id > last)).scalars())
            for lead_id in ids:
                wake(tx, lead_id, verb)
        if not ids:
            return total
        total, last = total + len(ids), ids[-1]
