"""What is happening, counted and listed from the archive. Instants are business time. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from domain.lead import IN_SALES
from domain.steps import Verb
from storage import tables as t
from storage.archive import Tx
from storage.reading import LISTED, Row
from storage.team import is_at_risk, is_over

TOLD = ("transition", "enrolled", "inquired_again", "event", "touch", "task", "note", "opted_out", "breach", "routing")
"""Kinds of the log that somebody who watches wants to hear of."""
WITH_SALES = [state.value for state in IN_SALES]
STEPS = (Verb.DELIVER.value, Verb.OPEN_TASK.value)


def by_state(tx: Tx) -> dict[str, int]:
    c = t.leads.c
    return {row[0]: row[1] for row in tx.execute(select(c.state, func.count()).group_by(c.state))}


def promises(tx: Tx, now: datetime, limit: int) -> Sequence[Row]:
    """Clocks of sales that are broken or at risk, the most urgent first: those that `clocks` counts so."""
    return tx.execute(_clocks(or_(is_over(now), is_at_risk(now))).limit(limit)).mappings().all()


def own(tx: Tx, person: str, until: datetime, limit: int) -> tuple[int, Sequence[Row]]:
    """What this person has promised to do by then, late ones first; of a manager, what is on the desk too. How many,
    and the first of them."""
    c = t.leads.c
    theirs = and_(c.owner == person, c.team.is_(None), or_(c.clock_due_at < until, c.is_on_desk))
    count = tx.execute(select(func.count()).where(c.state.in_(WITH_SALES), theirs)).scalar_one()
    return count, tx.execute(_clocks(theirs).limit(limit)).mappings().all()


def _clocks(which: ColumnElement[bool]) -> Select[Any]:  # Any: columns of two tables
    c, h = t.leads.c, t.handoffs.c
    query = select(*(c[name] for name in LISTED), c.clock_rung, h.id.label("handoff_id"))
    query = query.join(t.handoffs, (h.lead_id == c.id) & h.closed_at.is_(None), isouter=True)
    return query.where(c.state.in_(WITH_SALES), which).order_by(c.clock_due_at, c.id)


def told_back(tx: Tx, now: datetime, limit: int) -> Sequence[Row]:
    """Feedback and debriefs that are due or were reminded of, and are still not given, the oldest first."""
    c = t.duties.c
    late = or_(c.due_at <= now, c.reminded_at.is_not(None))
    query = select(t.duties).where(c.closed_at.is_(None), late).order_by(c.due_at, c.id)
    return tx.execute(query.limit(limit)).mappings().all()


def clocks(tx: Tx, now: datetime) -> Mapping[str, int]:
    """How many promises of sales run, were reminded of, and are broken; what is to be told back is one too."""
    c = t.leads.c
    with_sales = select(func.count()).where(c.state.in_(WITH_SALES))
    broken = tx.execute(with_sales.where(is_over(now))).scalar_one()
    at_risk = tx.execute(with_sales.where(is_at_risk(now))).scalar_one()
    found = {"running": tx.execute(with_sales).scalar_one() - broken - at_risk, "at_risk": at_risk, "broken": broken}
    told_back = _duties(tx, now)
    return {name: count + told_back[name] for name, count in found.items()}


def _duties(tx: Tx, now: datetime) -> Mapping[str, int]:
    """Feedback and debriefs that are not given yet, by the same words."""
    c = t.duties.c
    is_broken, is_at_risk = c.due_at <= now, and_(c.due_at > now, c.reminded_at.is_not(None))
    rest = and_(c.due_at > now, c.reminded_at.is_(None))
    counts = [func.count().filter(each) for each in (rest, is_at_risk, is_broken)]
    row = tx.execute(select(*counts).where(c.closed_at.is_(None))).one()
    return dict(zip(("running", "at_risk", "broken"), row, strict=True))


def tasks_due(tx: Tx, until: datetime, limit: int) -> tuple[int, Sequence[Row]]:
    """Open tasks due by then, overdue ones first; how many, and the first of them."""
    c = t.tasks.c
    due = (c.closed_at.is_(None), c.due_at < until)
    count = tx.execute(select(func.count()).where(*due)).scalar_one()
    return count, tx.execute(select(t.tasks).where(*due).order_by(c.due_at, c.id).limit(limit)).mappings().all()


def steps_due(tx: Tx, now: datetime, until: datetime, limit: int) -> tuple[int, Sequence[Row]]:
    """Touches that leave between now and then, the next one first."""
    c = t.leads.c
    due = (c.step_due_at >= now, c.step_due_at < until, c.step["verb"].as_string().in_(STEPS))
    count = tx.execute(select(func.count()).where(*due)).scalar_one()
    rows = select(*(c[name] for name in LISTED), c.step_due_at).where(*due).order_by(c.step_due_at, c.id)
    return count, tx.execute(rows.limit(limit)).mappings().all()


def mails(tx: Tx, since: datetime) -> Mapping[str, int]:
    """Mails begun since then by how they stand, and how many of them somebody acted on."""
    c = t.ledger.c
    query = select(c.status, func.count(), func.count(c.engaged_at)).group_by(c.status)
    rows = tx.execute(query.where(c.channel == "email", c.claimed_at >= since)).all()
    found = {str(row[0]): int(row[1]) for row in rows}
    return {**found, "engaged": sum(int(row[2]) for row in rows)}


def latest(tx: Tx, limit: int) -> Sequence[Row]:
    """The newest rows of the log, newest first."""
    c = t.log.c
    query = select(t.log).where(c.kind.in_(TOLD)).order_by(c.id.desc()).limit(limit)
    return tx.execute(query).mappings().all()
