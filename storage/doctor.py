"""What the archive shows of things gone wrong: leads nobody looks at, wakes nobody sent, sends without an end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from storage import tables as t
from storage import webhooks
from storage.archive import Archive, machine_now
from storage.wakes import IMPORTED, NO_WORKFLOW, WAITS_TO_BEGIN

LONG_PAST = timedelta(hours=1)
"""Business time a step may be late before it counts as stuck; a worker that was away catches up sooner."""
RELAY_LATE = timedelta(seconds=30)
"""Machine time after which a wake should have been sent by a relay."""


@dataclass(frozen=True)
class Ailments:
    """`behind`: leads with a seq that no decision has seen yet, which is normal for a moment."""

    overdue: int
    behind: frozenset[tuple[UUID, int]]
    wakes: int
    late_wakes: int
    imported: int
    uncertain: int
    unsent_notices: int
    dead_webhooks: int
    endpoints_off: int


def examine(archive: Archive) -> Ailments:
    now, machine = archive.clock.now(), machine_now()
    c, open_lead = t.leads.c, t.leads.c.state.not_in(NO_WORKFLOW)
    w = t.wakes.c
    late = w.at < machine - RELAY_LATE
    with archive.reading() as tx:
        behind = tx.execute(select(c.id, c.seq).where(open_lead, c.step_seq < c.seq, ~WAITS_TO_BEGIN))
        return Ailments(
            tx.execute(select(func.count()).where(open_lead, c.step_due_at < now - LONG_PAST)).scalar_one(),
            frozenset((row.id, row.seq) for row in behind),
            tx.execute(select(func.count()).select_from(t.wakes)).scalar_one(),
            tx.execute(select(func.count()).select_from(t.wakes).where(late, w.verb != IMPORTED)).scalar_one(),
            tx.execute(select(func.count()).where(w.verb == IMPORTED)).scalar_one(),
            tx.execute(select(func.count()).where(t.ledger.c.status == "uncertain")).scalar_one(),
            _unsent_notices(archive, machine),
            tx.execute(select(func.count()).where(t.webhooks.c.status == webhooks.DEAD)).scalar_one(),
            tx.execute(select(func.count()).select_from(t.endpoints_off)).scalar_one(),
        )


@dataclass(frozen=True)
class Overdue:
    """A step whose time has come, by business time."""

    lead_id: UUID
    due_at: datetime
    reason: str


def oldest_due(archive: Archive) -> Overdue | None:
    """The step that has waited longest; with a worker there is none, or one for a moment."""
    c = t.leads.c
    due = select(c.id, c.step_due_at, c.step).where(c.state.not_in(NO_WORKFLOW), c.step_due_at <= archive.clock.now())
    with archive.reading() as tx:
        row = tx.execute(due.order_by(c.step_due_at, c.id).limit(1)).first()
    return Overdue(row.id, row.step_due_at, str((row.step or {}).get("reason") or "first look")) if row else None


def _unsent_notices(archive: Archive, machine: datetime) -> int:
    c = t.notices.c
    with archive.reading() as tx:
        late = select(func.count()).where(c.sent_at.is_(None), c.recorded_at < machine - LONG_PAST)
        return tx.execute(late).scalar_one()


def open_leads(archive: Archive, batch: int) -> Iterator[list[UUID]]:
    """The ids of all leads that need a workflow and do not still wait to begin, so many at a time."""
    c, last = t.leads.c, None
    while True:
        query = select(c.id).where(c.state.not_in(NO_WORKFLOW), ~WAITS_TO_BEGIN).order_by(c.id).limit(batch)
        with archive.reading() as tx:
            ids = list(tx.execute(query if last is None else query.where(c.id > last)).scalars())
        if not ids:
            return
        yield ids
        last = ids[-1]
