"""The outbox to Temporal: whoever changes a lead bumps its seq and leaves a wake row in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, TextClause, delete, exists, insert, or_, select, update

from domain.lead import State
from storage import tables as t
from storage.archive import MANY_LEADS, Archive, Tx, machine_now, one_at_a_time

LEASE = timedelta(seconds=10)
"""Machine time in which a relay has sent what it took; what a dead one took is then anybody's."""
MANY = 500
IMPORTED = "imported"
"""The verb of leads that came by the thousand and can wait: everybody else's wakes go before theirs."""
WITH_MARKETING = (State.INQUIRY, State.NURTURING, State.RECYCLED, State.DORMANT)
IS_WRITTEN_TO = or_(t.leads.c.state.in_(WITH_MARKETING), t.leads.c.support.is_not(None))
"""Whom a pause, or a deal at their company, keeps from the next mail."""
WAITS_TO_BEGIN = exists().where(t.wakes.c.lead_id == t.leads.c.id, t.TO_BEGIN)
"""Imported leads begin a few at a time; nothing is wrong with those that wait."""
NO_WORKFLOW = (State.DISQUALIFIED, State.MERGED, State.ERASED, State.WON)


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


def wake_many(tx: Tx, lead_ids: Sequence[UUID], verb: str) -> None:
    """The same for many in two statements; the relay sends them."""
    one_at_a_time(tx, MANY_LEADS)
    _wake(tx, lead_ids, verb)


def _wake(tx: Tx, lead_ids: Sequence[UUID], verb: str) -> None:
    bumped = update(t.leads).where(t.leads.c.id.in_(lead_ids)).values(seq=t.leads.c.seq + 1)
    rows = tx.execute(bumped.returning(t.leads.c.id, t.leads.c.seq)).all()
    if rows:
        now = machine_now()
        tx.execute(insert(t.wakes), [{"lead_id": r.id, "seq": r.seq, "verb": verb, "at": now} for r in rows])


def pending(archive: Archive, older_than: timedelta, limit: int = 200) -> list[Wake]:
    """What was not sent right after its commit, oldest first; for a while no other relay gets the same. Those of an
    import are not among them."""
    return _taken(archive, limit, t.URGENT, t.wakes.c.at <= machine_now() - older_than)


def imported(archive: Archive, limit: int) -> list[Wake]:
    """The next ones of imports, likewise."""
    return _taken(archive, limit, t.wakes.c.verb == IMPORTED)


def undecided(archive: Archive, wakes: Collection[Wake]) -> set[UUID]:
    """The leads of those that nobody has looked at since they were waked."""
    c, asked = t.leads.c, {wake.lead_id: wake.seq for wake in wakes}
    with archive.reading() as tx:
        rows = tx.execute(select(c.id, c.step_seq).where(c.id.in_(asked))).all()
    return {row.id for row in rows if row.step_seq < asked[row.id]}


def _taken(archive: Archive, limit: int, *wanted: ColumnElement[bool] | TextClause) -> list[Wake]:
    c, now = t.wakes.c, machine_now()
    is_free = or_(c.taken_at.is_(None), c.taken_at <= now - LEASE)
    query = select(c.id).where(*wanted, is_free).order_by(c.id).limit(limit)
    with archive.reading() as tx:  # mostly there are none, and SQLite's writers need not wait for that
        if tx.execute(query.limit(1)).first() is None:
            return []
    with archive.begin() as tx:
        ids = list(tx.execute(query.with_for_update(skip_locked=True)).scalars())
        taking = update(t.wakes).where(c.id.in_(ids)).values(taken_at=now)
        rows = tx.execute(taking.returning(c.id, c.lead_id, c.seq, c.verb))
        return sorted((Wake(*row) for row in rows), key=lambda found: found.id)


def sent(archive: Archive, wakes: Sequence[Wake]) -> None:
    if wakes:
        with archive.begin() as tx:
            tx.execute(delete(t.wakes).where(t.wakes.c.id.in_([w.id for w in wakes])))


def wake_best_waiting(tx: Tx, rep: str | None = None) -> None:
    """A place is free again, this salesperson's or one in a queue: the best of the leads held back tries at once.

    The rep's row is locked as routing does it: who was told that there is no place is seen waiting here. A lead whose
    row is locked is passed over: it is being routed, and about to see the place, or another freed place wakes it.
    """
    if rep is not None:
        tx.execute(select(t.reps.c.id).where(t.reps.c.id == rep).with_for_update())
    c, q, p = t.leads.c, t.queue.c, t.queue_passes.c
    held = (q.team.is_(None), q.rep.is_(None), c.state == State.SALES_READY.value, c.postponed_until.is_not(None))
    had_it = exists().where(p.lead_id == c.id, p.rep == rep)
    best = select(c.id).join(t.queue, q.lead_id == c.id).where(*held, c.is_on_desk.is_(False))
    if rep is not None:
        best = best.where(~had_it)
    best = best.order_by(q.slot, q.base, q.key, q.value_order, q.lead_id).limit(1)
    lead_id = tx.execute(best.with_for_update(skip_locked=True, of=t.leads)).scalar()
    if lead_id:
        tx.execute(update(t.leads).where(c.id == lead_id).values(postponed_until=None))
        wake(tx, lead_id, "place_free")


def wake_where(tx: Tx, verb: str, *wanted: ColumnElement[bool]) -> int:
    """Wake those written to that are wanted, in few statements; a relay sends. Returns how many.

    A lead whose row is locked is passed over: it is being decided, and its next look finds what changed.
    """
    c = t.leads.c
    found = select(c.id).where(IS_WRITTEN_TO, *wanted).with_for_update(skip_locked=True)
    ids = list(tx.execute(found).scalars())
    for start in range(0, len(ids), MANY):
        _wake(tx, ids[start : start + MANY], verb)
    return len(ids)


def wake_all_open(archive: Archive, verb: str = "repaired", batch: int = 500) -> int:
    """`nurture doctor --repair`: wake every lead that needs a workflow; those that wait to begin are woken already, and
    would all stand before everybody else. Returns how many."""
    total, last = 0, None
    needed = select(t.leads.c.id).where(t.leads.c.state.not_in(NO_WORKFLOW), ~WAITS_TO_BEGIN)
    while True:
        with archive.begin() as tx:
            query = needed.order_by(t.leads.c.id).limit(batch)
            ids = list(tx.execute(query if last is None else query.where(t.leads.c.id > last)).scalars())
            wake_many(tx, ids, verb)
        if not ids:
            return total
        total, last = total + len(ids), ids[-1]
