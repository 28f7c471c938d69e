"""Places on a day that must be free for an act: a sender's mails, one mail per company. Reserved in the archive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, update

from domain.steps import Permit
from storage import tables as t
from storage.archive import Tx, insert_once

FAR = 400
TAKEN = (
    select(t.permits.c.scope, t.permits.c.day, func.count())
    .where(t.permits.c.scope.in_(bindparam("scopes", expanding=True)), t.permits.c.day >= bindparam("first"))
    .group_by(t.permits.c.scope, t.permits.c.day)
    .having(func.count() >= bindparam("least"))
)
LAST = select(func.max(t.permits.c.number)).where(
    t.permits.c.scope == bindparam("scope"), t.permits.c.day == bindparam("day")
)


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
    row = {"scope": permit.scope, "day": day, "lead_id": lead_id, "step_id": step_id, "is_used": False}
    taking = insert_once(tx, t.permits).on_conflict_do_nothing().returning(t.permits.c.number)
    places = (tx.execute(taking, {**row, "number": number}).scalar() for number in _free(tx, permit, day))
    return any(place is not None for place in places)


def _free(tx: Tx, permit: Permit, day: str) -> Iterator[int]:
    """The places behind the last one taken; only at the end of the day's places, those that were given back."""
    last = tx.execute(LAST, {"scope": permit.scope, "day": day}).scalar() or 0
    yield from range(last + 1, permit.limit + 1)
    c = t.permits.c
    taken = set(tx.execute(select(c.number).where(c.scope == permit.scope, c.day == day)).scalars())
    yield from (number for number in range(1, permit.limit + 1) if number not in taken)


def give_back(tx: Tx, lead_id: UUID, touch: str) -> None:
    """A claim that came to nothing for now keeps its place, to be used by the same mail later."""
    c = t.permits.c
    mine = (c.lead_id == lead_id, c.step_id.startswith(f"deliver:{touch}:", autoescape=True))
    tx.execute(update(t.permits).where(*mine).values(is_used=False))
