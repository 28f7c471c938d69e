"""What may be bought and by whom: one row per opportunity, ours and those another system tells of, and per company
how many are open. An open one makes marketing to everybody at that company stand still; its end wakes them.

The same deal told by two is one: at a company, what belongs to the same lead or has the same external id is counted
once, and is over when nobody tells of it as open any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update

from domain.lead import Facts, Lead, State
from domain.steps import Move
from storage import tables as t
from storage import wakes
from storage.archive import Tx, insert_once, one_at_a_time

OURS = "nurture"
DEALS = frozenset({State.OPPORTUNITY, State.PROPOSAL})
ORIGINS = ("marketing", "sales", "partner", "referral", "unknown")
TELLS = ("lead_id", "stage", "amount", "currency", "forecast", "owner")
ENDS = {State.WON: "won", State.LOST: "lost"}


@dataclass(frozen=True)
class Told:
    """An opportunity as another system knows it now. `company` is its domain; `lead_company`, its lead's, counts while
    nobody has named one. Without a status the one we know stands. `at` is when it was so over there: what is told late
    fills gaps and undoes nothing of what was told since.
    """

    system: str
    external_id: str
    status: str | None
    company: str | None = None
    lead_id: UUID | None = None
    lead_company: str | None = None
    stage: str | None = None
    amount: float | None = None
    currency: str | None = None
    close_on: date | None = None
    forecast: str | None = None
    owner: str | None = None
    origin: str = "unknown"
    at: datetime | None = None


def follow(tx: Tx, facts: Facts, before: Lead, after: Lead, move: Move, now: datetime) -> None:
    """What a move of a lead means for its own opportunity; `facts` still hold the offer it belongs to."""
    is_open, was_open = after.state in DEALS, before.state in DEALS
    if not (is_open or was_open) or facts.offer is None:
        return
    key = (OURS, str(facts.offer.handoff_id))
    status = "open" if is_open else ENDS.get(after.state, "withdrawn")
    row: dict[str, Any] = {"status": status, "stage": after.state.value, "changed_at": now}
    row["reason"] = move.reason[:64] if move.reason and not is_open else None  # why it ended
    row |= {name: move.data[name] for name in ("amount", "currency", "close_on", "forecast") if move.data.get(name)}
    row |= {"closed_at": None if is_open else now}
    if is_open:
        row["owner"] = after.owner
    _put(tx, key, row, lambda: _first(tx, facts, after, now))
    if is_open != was_open:
        count(tx, _company(tx, key), after.owner if is_open else None)


def _first(tx: Tx, facts: Facts, lead: Lead, now: datetime) -> dict[str, Any]:  # Any: column values
    """What is fixed at the moment an opportunity begins: where it came from, and after how many touches."""
    origin = tx.execute(select(t.leads.c.origin).where(t.leads.c.id == lead.id)).scalar_one()
    touches = sum(1 for d in facts.ledger if d.status.value in ("sent", "uncertain"))
    whose = "sales" if origin == "sales" else "marketing"
    base = {"lead_id": lead.id, "company": lead.company, "opened_at": now}
    return {**base, "origin": whose, "touches_before": touches}


def _put(tx: Tx, key: tuple[str, str], row: dict[str, Any], first: Any) -> bool:  # Any: column values, a callable
    """Update, or insert with what only the first telling fixes. True when it is new."""
    c = t.opportunities.c
    found = tx.execute(update(t.opportunities).where(c.system == key[0], c.external_id == key[1]).values(row))
    if found.rowcount:
        return False
    tx.execute(insert(t.opportunities).values(system=key[0], external_id=key[1], **{**first(), **row}))
    return True


def _company(tx: Tx, key: tuple[str, str]) -> str | None:
    c = t.opportunities.c
    return tx.execute(select(c.company).where(c.system == key[0], c.external_id == key[1])).scalar()


def count(tx: Tx, company: str | None, owner: str | None = None) -> None:
    """Keep the company's number of open deals; the last one's end wakes everybody who stood still for it. `owner` is
    that of a deal that was opened now."""
    if company is None:
        return
    a = t.accounts.c
    tx.execute(insert_once(tx, t.accounts).values(company=company, open_deals=0).on_conflict_do_nothing())
    mine = a.company == company  # locked first: who counts at the same moment counts after us
    before = tx.execute(select(a.open_deals).where(mine).with_for_update()).scalar_one()
    left = _open_at(tx, company)
    kept: dict[str, Any] = {"open_deals": left, **({"owner": owner} if owner else {})}  # Any: column values
    tx.execute(update(t.accounts).where(mine).values(kept))
    if before and not left:
        wakes.wake_where(tx, "deal closed at the company", t.leads.c.company == company)


def recount(tx: Tx, lead_id: UUID) -> None:
    """Deals of two leads that turned out to be one are one deal now."""
    c = t.opportunities.c
    named = select(c.company).where(c.lead_id == lead_id, c.company.is_not(None)).distinct().order_by(c.company)
    for company in tx.execute(named).scalars().all():
        count(tx, company)


def _open_at(tx: Tx, company: str) -> int:
    """Deals told as open, each counted once."""
    c = t.opportunities.c
    deals: list[set[object]] = []
    for row in tx.execute(select(c.external_id, c.lead_id).where(c.company == company, c.status == "open")):
        names: set[object] = {row.external_id, row.lead_id or row.external_id}
        same = [deal for deal in deals if deal & names]
        deals = [deal for deal in deals if not deal & names] + [names.union(*same)]
    return len(deals)


def tell(tx: Tx, told: Told, now: datetime) -> bool:
    """Keep what another system says; saying it again changes nothing. True when it was not known."""
    key = (told.system, told.external_id)
    one_at_a_time(tx, f"opportunity/{key[0]}/{key[1]}")  # the first telling has no row to lock
    c = t.opportunities.c
    query = select(t.opportunities).where(c.system == key[0], c.external_id == key[1])
    found = tx.execute(query.with_for_update()).mappings().first()
    before: dict[str, Any] = dict(found or {})  # Any: column values
    status_at = before.get("status_at")
    is_late = bool(told.at and status_at and told.at < status_at)
    was, where = before.get("status"), before.get("company")
    status = (None if is_late else told.status) or was or "open"
    close_on = told.close_on.isoformat() if told.close_on else None
    values = {name: getattr(told, name) for name in TELLS} | {"close_on": close_on}
    known = {name for name in values if is_late and before.get(name) is not None}
    row = {name: value for name, value in values.items() if value is not None and name not in known}
    company = (told.company if not (is_late and where) else None) or where or told.lead_company
    row |= {"status": status, "company": company, "changed_at": now}
    if status != was:
        row["closed_at"] = None if status == "open" else now
    if told.at and told.status and not is_late:
        row["status_at"] = told.at
    is_new = _put(tx, key, row, lambda: {"origin": told.origin, "opened_at": now})
    counted, counts = (where if was == "open" else None), (company if status == "open" else None)
    for one in sorted({counted, counts} - {None}, key=str):  # in one order: in two, two would wait for each other
        count(tx, one, told.owner if one != counted else None)
    return is_new


def as_json(row: Mapping[str, Any]) -> dict[str, Any]:  # Any: column values
    shown = {name: value for name, value in row.items() if value is not None}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in shown.items()}
