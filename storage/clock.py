"""The demo clock: business time in a row of the archive, at most `speed` times as fast as the machine's, and
standing still while anything that is due is unfinished - so a promise is broken only by somebody in the story."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from domain.errors import NotReadyError
from domain.lead import State
from storage import tables as t
from storage.archive import Archive, Tx, machine_now
from storage.wakes import Wake, wake

FALLBACK = timedelta(minutes=2)
"""A timer that fires although nobody nudged it; it only makes the lead look again."""
TOGETHER = timedelta(minutes=10)
"""What is due within so much business time is done side by side, not one after the other."""


class DemoClock:
    """`domain` reads time through this; only `advance` moves it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def now(self) -> datetime:
        with self._engine.connect().execution_options(begin="deferred") as tx:
            return read(tx)

    def wake_at(self, due_at: datetime) -> datetime:
        """At once when it is due; else never on its own: only the clock knows when it will be, and nudges the lead."""
        return machine_now() + (FALLBACK if due_at > self.now() else timedelta(0))


def read(tx: Tx) -> datetime:
    at: datetime | None = tx.execute(select(t.clock.c.business_at)).scalar()
    if at is None:
        raise NotReadyError("this folder has no demo clock; start it without --speed")
    return at


def begin(tx: Tx, business_at: datetime, speed: float) -> None:
    """Start the clock of a new folder; an old one goes on from where it stood, at the new speed."""
    if tx.execute(select(t.clock.c.id)).first():
        tx.execute(update(t.clock).values(speed=speed))
    else:
        tx.execute(insert(t.clock).values(id=1, business_at=business_at, speed=speed))


def has_begun(tx: Tx) -> bool:
    return tx.execute(select(t.clock.c.id)).first() is not None


def hold(tx: Tx, name: str, seen_log_id: int, until: datetime) -> None:
    """A simulated actor has seen the log up to here and wants to act at `until`: no further before that."""
    dialect_insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    row = {"seen_log_id": seen_log_id, "until": until}
    query = dialect_insert(t.clock_holds).values(name=name, **row)
    tx.execute(query.on_conflict_do_update(index_elements=["name"], set_=row))


def advance(archive: Archive, elapsed: timedelta, step: timedelta = TOGETHER) -> list[Wake]:
    """Let business time run for so much machine time, but never past what is unfinished; nudge whom it reached."""
    with archive.begin() as tx:
        row = tx.execute(select(t.clock)).one()
        limit = row.business_at + elapsed * row.speed
        if not _is_still(tx, row.business_at):
            target = min([limit] + [at for at in (_next_due(tx, step), _next_actor(tx)) if at])
            if target > row.business_at:
                tx.execute(update(t.clock).values(business_at=target))
                return [wake(tx, lead_id, "due") for lead_id in _reached(tx, target)]
    return []


def _is_still(tx: Tx, now: datetime) -> bool:
    """Whether somebody is not finished with what has happened so far."""
    c = t.leads.c
    unfinished = select(c.id).where((c.step_due_at <= now) | (c.step_seq < c.seq))
    if tx.execute(unfinished.where(c.state != State.DISQUALIFIED.value).limit(1)).first():
        return True
    newest = tx.execute(select(func.max(t.log.c.id))).scalar() or 0
    return any(seen < newest for seen in tx.execute(select(t.clock_holds.c.seen_log_id)).scalars())


def _next_due(tx: Tx, together: timedelta) -> datetime | None:
    first: datetime | None = tx.execute(select(func.min(t.leads.c.step_due_at))).scalar()
    return first + together if first else None


def _next_actor(tx: Tx) -> datetime | None:
    at: datetime | None = tx.execute(select(func.min(t.clock_holds.c.until))).scalar()
    return at


def _reached(tx: Tx, now: datetime) -> list[UUID]:
    return list(tx.execute(select(t.leads.c.id).where(t.leads.c.step_due_at <= now)).scalars())
