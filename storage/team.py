"""What the team has promised: who has to do what by when, and what was not kept. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, not_, or_, select

from domain.lead import IN_SALES
from storage import tables as t
from storage.archive import Tx
from storage.reading import Row

WITH_SALES = [state.value for state in IN_SALES]
REMINDED, ESCALATED = 1, 2
"""Rungs of a clock."""


def is_over(now: datetime) -> ColumnElement[bool]:
    """A promise of sales that is broken: late, escalated, or on the manager's desk, where every one has been broken."""
    c = t.leads.c
    return or_(c.clock_due_at < now, c.clock_rung >= ESCALATED, c.is_on_desk)


def is_at_risk(now: datetime) -> ColumnElement[bool]:
    return and_(not_(is_over(now)), t.leads.c.clock_rung >= REMINDED)


def promises(tx: Tx, now: datetime, limit: int, *, late: bool, owner: str | None = None) -> Sequence[Row]:
    """Clocks that run, the next to end first; or those that have ended, the oldest first. A queue's are its own."""
    c, h = t.leads.c, t.handoffs.c
    names = (c.id, c.state, c.owner, c.team, c.is_on_desk, c.clock_name, c.clock_due_at, c.clock_rung)
    query = select(*names, h.id.label("handoff_id"))
    query = query.join(t.handoffs, and_(h.lead_id == c.id, h.closed_at.is_(None)), isouter=True)
    query = query.where(c.state.in_(WITH_SALES), is_over(now) if late else not_(is_over(now)))
    if owner:
        query = query.where(c.owner == owner)
    return tx.execute(query.order_by(c.clock_due_at, c.id).limit(limit)).mappings().all()


def not_told(tx: Tx, now: datetime, limit: int) -> Sequence[Row]:
    """Feedback and debriefs that were due and are still not given, the oldest first."""
    c = t.duties.c
    query = select(t.duties).where(c.closed_at.is_(None), c.due_at <= now).order_by(c.due_at, c.id)
    return tx.execute(query.limit(limit)).mappings().all()


def loads(tx: Tx, now: datetime) -> Mapping[str, Row]:
    """By owner, what is not in a queue: how many promises, how many at risk and over, and when the next one ends."""
    c = t.leads.c
    over, at_risk = is_over(now), is_at_risk(now)
    query = select(
        c.owner,
        func.count().label("running"),
        func.sum(case((at_risk, 1), else_=0)).label("at_risk"),
        func.sum(case((over, 1), else_=0)).label("over"),
        func.min(case((~over, c.clock_due_at))).label("next_at"),
    ).where(c.state.in_(WITH_SALES), c.team.is_(None), c.owner.is_not(None))
    return {row["owner"]: row for row in tx.execute(query.group_by(c.owner)).mappings()}


def queues(tx: Tx) -> Mapping[str, int]:
    """How many leads wait in each team's queue."""
    c = t.queue.c
    query = select(c.team, func.count()).where(c.team.is_not(None)).group_by(c.team)
    return {row[0]: row[1] for row in tx.execute(query)}


def held_back(tx: Tx) -> int:
    """Leads that wait until somebody can take them."""
    c = t.queue.c
    return int(tx.execute(select(func.count()).where(c.team.is_(None), c.rep.is_(None))).scalar_one())


def breaches(tx: Tx, limit: int) -> Sequence[Row]:
    """Promises that were broken, the newest first, each with the minutes it took."""
    c = t.log.c
    return (
        tx.execute(select(t.log).where(c.kind == "breach").order_by(c.at.desc(), c.id.desc()).limit(limit))
        .mappings()
        .all()
    )
