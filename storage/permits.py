"""Places on a day that must be free for an act: a sender's mails, one mail per company. Reserved in the archive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, delete, func, select, update

from domain.steps import Permit
from storage import tables as t
from storage.archive import Tx, insert_once

FAR = 400
AT_ONCE = 50
"""Days that are looked at together."""
SOON = timedelta(days=14)
"""Within it places that were given back are found again; further ahead only the day's last place is looked at, as
counting those before it takes as long as there are leads."""
DAYS: BindParameter[list[str]] = bindparam("days", expanding=True)
ENDED = select(t.permits.c.day).where(
    t.permits.c.scope == bindparam("scope"), t.permits.c.number == bindparam("limit"), t.permits.c.day.in_(DAYS)
)
TAKEN = (
    select(t.permits.c.day)
    .where(t.permits.c.scope == bindparam("scope"), t.permits.c.day.in_(DAYS))
    .group_by(t.permits.c.day)
    .having(func.count() >= bindparam("limit"))
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
    first = wished.astimezone(UTC).date()
    for start in range(0, FAR, AT_ONCE):
        days = [first + timedelta(days=ahead) for ahead in range(start, start + AT_ONCE)]
        full = _full_days(tx, permits, [day.isoformat() for day in days], (first + SOON).isoformat())
        if found := next((day for day in days if day.isoformat() not in full), None):
            return found
    return first + timedelta(days=FAR)


def _full_days(tx: Tx, permits: Sequence[Permit], days: Sequence[str], soon: str) -> set[str]:
    full = set[str]()
    for permit in permits:  # two at most
        asked = {"scope": permit.scope, "limit": permit.limit}
        ended = set(tx.execute(ENDED, {**asked, "days": days}).scalars())
        if near := [day for day in ended if day < soon]:
            ended -= set(near) - set(tx.execute(TAKEN, {**asked, "days": near}).scalars())
        full |= ended
    return full


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
