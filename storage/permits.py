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


def held_day(tx: Tx, lead_id: UUID, step_id: str) -> date | None:
    c = t.permits.c
    day = tx.execute(
        select(func.max(c.day)).where(c.lead_id == lead_id, c.step_id == step_id, c.is_used.is_(False))
    ).scalar()
    return date.fromisoformat(day) if day else None


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
    full = {d for permit in permits for d in _full_days(tx, permit, day)}
    for ahead in range(FAR):
        if (found := day + timedelta(days=ahead)) not in full:
            return found
    return day + timedelta(days=FAR)


def _full_days(tx: Tx, permit: Permit, first: date) -> list[date]:
    c = t.permits.c
    days = tx.execute(
        select(c.day)
        .where(c.scope == permit.scope, c.day >= first.isoformat())
        .group_by(c.day)
        .having(func.count() >= permit.limit)
    )
    return [date.fromisoformat(day) for day in days.scalars()]


def reserve(tx: Tx, lead_id: UUID, step_id: str, permits: Sequence[Permit], day: date) -> bool:
    """Take one place in each scope on that day; False when somebody was faster."""
    return all(_take(tx, lead_id, step_id, permit, day.isoformat()) for permit in permits)


def _take(tx: Tx, lead_id: UUID, step_id: str, permit: Permit, day: str) -> bool:
    c = t.permits.c
    taken = set(tx.execute(select(c.number).where(c.scope == permit.scope, c.day == day)).scalars())
    for number in range(1, permit.limit + 1):
        if number in taken:
            continue
        row = {"scope": permit.scope, "day": day, "number": number, "lead_id": lead_id, "step_id": step_id}
        taking = insert_once(tx, t.permits).values(**row, is_used=False).on_conflict_do_nothing()
        if tx.execute(taking.returning(c.number)).scalar() is not None:
            return True
    return False
