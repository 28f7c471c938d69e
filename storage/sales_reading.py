"""Reading what is with people: tasks, handoffs and their offers. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, exists, select, tuple_

from domain.errors import MissingError
from storage import paging
from storage import tables as t
from storage.archive import Tx
from storage.reading import Row, find, uuid_of


def tasks(
    tx: Tx, owner: str | None, is_open: bool | None, after: str | None, limit: int
) -> tuple[Sequence[Row], str | None]:
    """The one that is due first comes first."""
    c = t.tasks.c
    query = select(t.tasks)
    if owner:
        query = query.where(c.owner == owner)
    if is_open is not None:
        query = query.where(c.closed_at.is_(None) if is_open else c.closed_at.is_not(None))
    if after:
        query = query.where(tuple_(c.due_at, c.id) > tuple_(*paging.position(after, datetime, UUID)))
    rows = tx.execute(query.order_by(c.due_at, c.id).limit(limit + 1)).mappings().all()
    return paging.page(rows, limit, "due_at", "id")


def task(tx: Tx, given: str) -> Row:
    """Raises MissingError."""
    task_id = uuid_of(given)
    row = tx.execute(select(t.tasks).where(t.tasks.c.id == task_id)).mappings().first() if task_id else None
    if row is None:
        raise MissingError("there is no such task; see GET /api/tasks")
    return row


def open_task(tx: Tx, lead_id: UUID) -> Row | None:
    c = t.tasks.c
    query = select(t.tasks).where(c.lead_id == lead_id, c.closed_at.is_(None)).order_by(c.opened_at)
    return tx.execute(query.limit(1)).mappings().first()


def handoffs(
    tx: Tx, rep: str | None, is_open: bool | None, after: str | None, limit: int
) -> tuple[Sequence[Row], str | None]:
    """The newest first. With `rep`: those offered to them, of the open ones those they still have; what waits in a
    queue is nobody's."""
    c, o = t.handoffs.c, t.offers.c
    query = _handoffs()
    if is_open is not None:
        query = query.where(c.closed_at.is_(None) if is_open else c.closed_at.is_not(None))
    if rep:
        theirs = (o.handoff_id == c.id, o.rep == rep, o.team.is_(None))
        query = query.where(exists().where(*theirs, o.closed_at.is_(None)) if is_open else exists().where(*theirs))
    if after:
        query = query.where(tuple_(c.opened_at, c.id) < tuple_(*paging.position(after, datetime, UUID)))
    rows = tx.execute(query.order_by(c.opened_at.desc(), c.id.desc()).limit(limit + 1)).mappings().all()
    return paging.page(rows, limit, "opened_at", "id")


def _handoffs() -> Select[tuple[object, ...]]:
    lead = t.leads.c
    columns = (
        lead.state, lead.owner, lead.team, lead.company, lead.clock_name, lead.clock_started_at, lead.clock_due_at,
        lead.is_on_desk,
    )  # fmt: skip
    return select(t.handoffs, *columns).join(t.leads, lead.id == t.handoffs.c.lead_id)


def handoff(tx: Tx, given: str) -> Row:
    """By its own id, or the newest one of a lead given as `<system>:<external id>`. Raises MissingError."""
    c = t.handoffs.c
    if ":" in given:
        query = _handoffs().where(c.lead_id == find(tx, given)).order_by(c.number.desc()).limit(1)
    else:
        query = _handoffs().where(c.id == uuid_of(given))
    row = tx.execute(query).mappings().first()
    if row is None:
        raise MissingError("there is no such handoff; see GET /api/handoffs")
    return row


def open_handoff(tx: Tx, lead_id: UUID) -> Row | None:
    c = t.handoffs.c
    query = select(t.handoffs).where(c.lead_id == lead_id, c.closed_at.is_(None)).order_by(c.number.desc()).limit(1)
    return tx.execute(query).mappings().first()


def handoffs_of(tx: Tx, lead_id: UUID) -> Sequence[Row]:
    """Of every cycle, oldest first."""
    c = t.handoffs.c
    return tx.execute(select(t.handoffs).where(c.lead_id == lead_id).order_by(c.number)).mappings().all()


def offers_of(tx: Tx, lead_id: UUID) -> Sequence[Row]:
    """Every offer of this lead to anybody, oldest first."""
    c = t.offers.c
    query = select(t.offers).where(c.lead_id == lead_id).order_by(c.offered_at, c.number)
    return tx.execute(query).mappings().all()


def newest_offers(tx: Tx, handoff_ids: Sequence[UUID]) -> dict[UUID, Row]:
    c = t.offers.c
    rows = tx.execute(select(t.offers).where(c.handoff_id.in_(handoff_ids)).order_by(c.number)).mappings()
    return {row["handoff_id"]: row for row in rows}


def offer(tx: Tx, offer_id: UUID) -> Row | None:
    """An offer by its own id: it says which lead, which handoff, and whose answer is asked."""
    return tx.execute(select(t.offers).where(t.offers.c.id == offer_id)).mappings().first()
