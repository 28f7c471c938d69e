"""What decisions read about many leads, in a handful of queries for all of them. As storage/facts.py for one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Select, bindparam, func, select

from domain.lead import IN_SALES, UNMAILED, Attempts, Claim, Delivery, Facts, Lead, Offer, State
from domain.said import CONVERSATIONS
from storage import pauses
from storage import tables as t
from storage.archive import Tx
from storage.facts import DELIVERY, NOBODY, AtWork, at_work, day_start, delivery, last_of, task_that_counts
from storage.rows import to_known, to_lead, to_seen

IDS: BindParameter[Sequence[UUID]] = bindparam("ids", expanding=True)
LEADS = (
    select(t.leads, t.lead_facts.c.known, t.lead_facts.c.seen, t.accounts.c.open_deals)
    .join(t.lead_facts, t.lead_facts.c.lead_id == t.leads.c.id)
    .outerjoin(t.accounts, t.accounts.c.company == t.leads.c.company)
    .where(t.leads.c.id.in_(IDS))
    .order_by(t.leads.c.id)
)
LEDGER = (
    select(t.ledger.c.lead_id, *DELIVERY)
    .where(t.ledger.c.lead_id.in_(IDS))
    .order_by(t.ledger.c.lead_id, t.ledger.c.claimed_at, t.ledger.c.id)
)
TASKS = (
    select(t.tasks)
    .where(t.tasks.c.lead_id.in_(IDS), t.tasks.c.closed_at.is_(None))
    .order_by(t.tasks.c.lead_id, t.tasks.c.opened_at)
)
RESERVED = (
    select(t.permits.c.lead_id, t.permits.c.step_id, func.max(t.permits.c.day).label("day"))
    .where(t.permits.c.lead_id.in_(IDS), t.permits.c.is_used.is_(False))
    .group_by(t.permits.c.lead_id, t.permits.c.step_id)
)
OFFERS = (
    select(t.offers)
    .where(t.offers.c.lead_id.in_(IDS))
    .order_by(t.offers.c.lead_id, t.offers.c.offered_at, t.offers.c.number)
)
TRIED = (
    select(
        t.attempts.c.offer_id,
        func.count(),
        func.count(t.attempts.c.channel.distinct()),
        func.count().filter(t.attempts.c.outcome.in_(CONVERSATIONS)),
        func.min(t.attempts.c.at),
        func.max(t.attempts.c.at),
        func.max(t.attempts.c.callback_at),
        func.max(t.attempts.c.meeting_at),
    )
    .where(t.attempts.c.offer_id.in_(IDS))
    .group_by(t.attempts.c.offer_id)
)


CALLBACKS = (
    select(t.attempts.c.offer_id, t.attempts.c.callback_at)
    .where(t.attempts.c.offer_id.in_(IDS))
    .order_by(t.attempts.c.offer_id, t.attempts.c.at, t.attempts.c.id)
)
CLAIMS = select(t.queue.c.lead_id, t.queue.c.claimed_by, t.queue.c.claimed_until).where(
    t.queue.c.lead_id.in_(IDS), t.queue.c.claimed_by.is_not(None)
)


def load_many(tx: Tx, ids: Sequence[UUID]) -> list[Facts]:
    """The facts of these leads, by id; those that are gone are left out. A few hundred at a time."""
    rows = {row["id"]: row for row in tx.execute(LEADS, {"ids": ids}).mappings()}
    leads = {id: to_lead(row) for id, row in rows.items()}
    selling = [id for id, lead in leads.items() if lead.state in IN_SALES]
    marketed = [id for id, lead in leads.items() if lead.state not in IN_SALES]
    mailed = [id for id, lead in leads.items() if lead.state not in UNMAILED]
    ledger = _by_lead(tx, LEDGER, [*ids, *(other for lead in leads.values() for other in lead.merged_from)])
    tasks, reserved, paused = _by_lead(tx, TASKS, marketed), _reserved(tx, mailed), pauses.of_all(tx)
    offers = _offers(tx, [id for id in selling if leads[id].state is not State.SALES_READY])
    attempts = _attempts(tx, [offer.id for offer in offers.values()])
    hours = _hours(tx) if selling else {}
    claims = _claims(tx, [id for id in selling if leads[id].team])
    return [
        Facts(
            lead,
            to_known(rows[id]["known"]),
            to_seen(rows[id]["seen"]),
            _given(lead, ledger),
            task_that_counts(tasks.get(id, ())),
            offers.get(id),
            reserved.get(id, {}),
            attempts.get(offers[id].id, Attempts()) if id in offers else Attempts(),
            *_of_owner(lead, claims.get(id), hours),
            claims.get(id),
            bool(rows[id]["open_deals"]),
            None if lead.state in UNMAILED else pauses.held_by(paused, lead, rows[id]["origin"]),
        )
        for id, lead in leads.items()
    ]


def _given(lead: Lead, ledger: Mapping[UUID, Sequence[Any]]) -> tuple[Delivery, ...]:  # Any: rows
    found = [row for id in (lead.id, *lead.merged_from) for row in ledger.get(id, ())]
    return tuple(map(delivery, sorted(found, key=lambda row: (row.claimed_at, row.id)) if lead.merged_from else found))


def _by_lead(tx: Tx, query: Select[Any], ids: Sequence[UUID]) -> dict[UUID, list[Any]]:  # Any: rows
    found: dict[UUID, list[Any]] = {}
    for row in _rows(tx, query, ids):
        found.setdefault(row.lead_id, []).append(row)
    return found


def _rows(tx: Tx, query: Select[Any], ids: Sequence[UUID]) -> Iterable[Any]:  # Any: rows
    return tx.execute(query, {"ids": ids}) if ids else ()


def _reserved(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, dict[str, datetime]]:
    found: dict[UUID, dict[str, datetime]] = {}
    for row in _rows(tx, RESERVED, ids):
        found.setdefault(row.lead_id, {})[row.step_id] = day_start(row.day)
    return found


def _offers(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, Offer]:
    """The newest of each."""
    rows = _rows(tx, OFFERS, ids)
    return {row.lead_id: Offer(row.id, row.handoff_id, row.number, row.rep, row.offered_at) for row in rows}


def _attempts(tx: Tx, offers: Sequence[UUID]) -> dict[UUID, Attempts]:
    agreed = {row.offer_id: row.callback_at for row in _rows(tx, CALLBACKS, offers)}
    return {
        offer: Attempts(count, channels, conversations, first_at, last_at, agreed[offer], last_of(later))
        for offer, count, channels, conversations, first_at, last_at, *later in _rows(tx, TRIED, offers)
    }


def _claims(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, Claim]:
    return {row.lead_id: Claim(row.claimed_by, row.claimed_until) for row in _rows(tx, CLAIMS, ids)}


def _hours(tx: Tx) -> dict[str, AtWork]:
    c = t.reps.c
    return {row.id: at_work(row) for row in tx.execute(select(c.id, c.hours, c.zone, c.holidays, c.away_until))}


def _of_owner(lead: Lead, claim: Claim | None, hours: Mapping[str, AtWork]) -> AtWork:
    who = claim.rep if claim else lead.owner
    return hours.get(who or "", NOBODY) if lead.state in IN_SALES else NOBODY
