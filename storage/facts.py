"""Loading what a decision reads about one lead, in a handful of indexed queries and no loop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, func, select

from domain.errors import MissingError
from domain.lead import IN_SALES, UNMAILED, Attempts, Claim, Delivery, Facts, Lead, Offer, State, Status, Task
from domain.phrases import Hours, parse_hours
from domain.said import CONVERSATIONS
from storage import pauses
from storage import tables as t
from storage.archive import Tx
from storage.rows import to_known, to_lead, to_seen

# Read for every touch, so they are put together once: building a query costs several times its execution.
ID: BindParameter[UUID] = bindparam("id")
IDS: BindParameter[list[UUID]] = bindparam("ids", expanding=True)
LEAD = (
    select(t.leads, t.lead_facts.c.known, t.lead_facts.c.seen, t.accounts.c.open_deals)
    .join(t.lead_facts, t.lead_facts.c.lead_id == t.leads.c.id)
    .outerjoin(t.accounts, t.accounts.c.company == t.leads.c.company)
    .where(t.leads.c.id == ID)
)
# Both rows: who waited for the lead's would else see what its facts were before the wait (PostgreSQL).
LOCKED = LEAD.with_for_update(of=[t.leads, t.lead_facts])
DELIVERY = [
    t.ledger.c[name]
    for name in (
        "id", "touch", "nth", "cycle", "channel", "status", "claimed_at", "ended_at", "tries", "code", "assets",
        "engaged_at",
    )
]  # fmt: skip
LEDGER = select(*DELIVERY).where(t.ledger.c.lead_id.in_(IDS)).order_by(t.ledger.c.claimed_at, t.ledger.c.id)
TASKS = select(t.tasks).where(t.tasks.c.lead_id == ID, t.tasks.c.closed_at.is_(None)).order_by(t.tasks.c.opened_at)
RESERVED = (
    select(t.permits.c.step_id, func.max(t.permits.c.day))
    .where(t.permits.c.lead_id == ID, t.permits.c.is_used.is_(False))
    .group_by(t.permits.c.step_id)
)


def load(tx: Tx, lead_id: UUID, *, lock: bool = True) -> tuple[Facts, dict[str, object]]:
    """The facts, and the columns beside the domain's row (step, verdict mark ...). Raises MissingError.

    With `lock` the row is held to the end of the transaction (SQLite holds the whole file anyway).
    """
    row = tx.execute(LOCKED if lock else LEAD, {"id": lead_id}).mappings().first()
    if row is None:
        raise MissingError(f"there is no lead {lead_id}")
    lead = to_lead(row)
    in_sales = lead.state in IN_SALES
    offer = _offer(tx, lead) if in_sales and lead.state is not State.SALES_READY else None
    claim = _claim(tx, lead) if lead.team else None
    at_work_ = _at_work(tx, claim.rep if claim else lead.owner) if in_sales else NOBODY
    facts = Facts(
        lead,
        to_known(row["known"]),
        to_seen(row["seen"]),
        _ledger(tx, lead),
        None if in_sales else _task(tx, lead_id),
        offer,
        {} if lead.state in UNMAILED else _reserved(tx, lead_id),
        _attempts(tx, offer) if offer else Attempts(),
        *at_work_,
        claim,
        bool(row["open_deals"]),
        None if lead.state in UNMAILED else pauses.held(tx, lead, row["origin"]),
    )
    beside = {name: row[name] for name in ("step", "step_seq", "step_due_at", "verdict_id", "verdict_mark", "origin")}
    return facts, beside


def _ledger(tx: Tx, lead: Lead) -> tuple[Delivery, ...]:
    """What this lead was given, and those that turned out to be the same person."""
    return tuple(delivery(row) for row in tx.execute(LEDGER, {"ids": [lead.id, *lead.merged_from]}))


def delivery(r: Any) -> Delivery:  # Any: a row of DELIVERY
    status, assets = Status(r.status), tuple(r.assets)
    return Delivery(
        r.id, r.touch, r.nth, r.cycle, r.channel, status, r.claimed_at, r.ended_at, r.tries, r.code, assets,
        r.engaged_at,
    )  # fmt: skip


def _task(tx: Tx, lead_id: UUID) -> Task | None:
    return task_that_counts(tx.execute(TASKS, {"id": lead_id}).all())


def task_that_counts(rows: Sequence[Any]) -> Task | None:  # Any: rows of tasks
    """Of the open ones: an answer we owe goes before a touch of ours."""
    if not rows:
        return None
    r = min(rows, key=lambda row: row.kind == "touch")
    return Task(r.id, r.kind, r.touch, r.owner, r.opened_at, r.due_at, r.give_up_at, r.rung, r.tries)


def _offer(tx: Tx, lead: Lead) -> Offer | None:
    c = t.offers.c
    row = tx.execute(
        select(t.offers).where(c.lead_id == lead.id).order_by(c.offered_at.desc(), c.number.desc()).limit(1)
    ).first()
    return Offer(row.id, row.handoff_id, row.number, row.rep, row.offered_at) if row else None


def _attempts(tx: Tx, offer: Offer) -> Attempts:
    c = t.attempts.c
    query = select(
        func.count(),
        func.count(c.channel.distinct()),
        func.count().filter(c.outcome.in_(CONVERSATIONS)),
        func.min(c.at),
        func.max(c.at),
        func.max(c.callback_at),
        func.max(c.meeting_at),
    ).where(c.offer_id == offer.id)
    found = tx.execute(query).one()
    if not found[0]:
        return Attempts()
    newest = select(c.callback_at).where(c.offer_id == offer.id).order_by(c.at.desc(), c.id.desc()).limit(1)
    count, channels, conversations, first_at, last_at, *agreed = found
    callback_at = tx.execute(newest).scalar()
    return Attempts(count, channels, conversations, first_at, last_at, callback_at, last_of(agreed))


def last_of(agreed: Iterable[datetime | None]) -> datetime | None:
    return max((at for at in agreed if at), default=None)


def _claim(tx: Tx, lead: Lead) -> Claim | None:
    c = t.queue.c
    claimed = (c.lead_id == lead.id, c.claimed_by.is_not(None))
    row = tx.execute(select(c.claimed_by, c.claimed_until).where(*claimed)).first()
    return Claim(row.claimed_by, row.claimed_until) if row else None


AtWork = tuple[Hours | None, str | None, str | None, datetime | None]
"""When somebody works: hours, zone, holidays, until when they are away; None for what is nobody's own."""
NOBODY: AtWork = (None, None, None, None)


def _at_work(tx: Tx, person: str | None) -> AtWork:
    c = t.reps.c
    row = tx.execute(select(c.hours, c.zone, c.holidays, c.away_until).where(c.id == person)).first()
    return at_work(row) if row else NOBODY


def at_work(rep: Any) -> AtWork:  # Any: a row of reps
    return parse_hours(rep.hours) if rep.hours else None, rep.zone, rep.holidays, rep.away_until


def _reserved(tx: Tx, lead_id: UUID) -> dict[str, datetime]:
    """The day already promised to a step, as its first instant (UTC); the step's window finds the hour."""
    rows = tx.execute(RESERVED, {"id": lead_id})
    return {step_id: day_start(day) for step_id, day in rows}


def day_start(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time.min, UTC)
