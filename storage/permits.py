"""Places on a day that must be free for an act: a sender's mails, one mail per company. Reserved in the archive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update

from domain.steps import Permit
from storage import tables as t
from storage.archive import Tx, insert_once

FAR = 400


def release(tx: Tx, lead_id: UUID, keep: str | None = None) -> None:
    """Free what a lead holds for steps that are no longer its next one."""
    c = t.permits.c
    gone = delete(t.permits).where(c.lead_id == lead_id, c.is_used.is_(False))
    tx.execute(gone.where(c.step_id != keep) if keep else gone)


def use(tx: Tx, lead_id: UUID, step_id: str) -> None:
    c = t.permits.c
    tx.execute(update(t.permits).where(c.lead_id == lead_id, c.step_id == step_id).values(is_used=True))


def first_free_day(tx: Tx, permits: Sequence[Permit], wished: datetime) -> date:
    """The first UTC day from the wished one on with a place in every scope."""
    day = wished.astimezone(UTC).date()
    full = _full_days(tx, permits, day)
    for ahead in range(FAR):
        if (found := day + timedelta(days=ahead)).isoformat() not in full:
            return found
    return day + timedelta(days=FAR)


def _full_days(tx: Tx, permits: Sequence[Permit], first: date) -> set[str]:
    limits = {permit.scope: permit.limit for permit in permits}
    days = tx.execute(TAKEN, {"scopes": list(limits), "first": first.isoformat(), "least": min(limits.values())})
    return {day for scope, day, taken in days if taken >= limits[scope]}


def reserve(tx: Tx, lead_id: UUID, step_id: str, permits: Sequence[Permit], day: date) -> bool:
    """Take one place in each scope on that day, or none; False when somebody was faster."""
    if all(_take(tx, lead_id, step_id, permit, day.isoformat()) for permit in permits):
        return True
    release(tx, lead_id)
    return False


def _take(tx: Tx, lead_id: UUID, step_id: str, permit: Permit, day: str) -> bool:
    """Behind the last place taken; only where that is the last one there is, one that was given back."""
    last = tx.execute(LAST, {"scope": permit.scope, "day": day}).scalar() or 0
    row = {"scope": permit.scope, "day": day, "lead_id": lead_id, "step_id": step_id, "is_used": False}
    insert = INSERT[tx.dialect.name]
    for number in (*range(last + 1, permit.limit + 1), *range(1, min(last, permit.limit) + 1)):
        if tx.execute(insert, {**row, "number": number}).rowcount:
            return True
    return False
