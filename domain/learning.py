"""How what we are told becomes what we know, whoever keeps it."""

from __future__ import annotations

from datetime import date, datetime

from domain.lead import Known, Seen, Source


def overtakes(old: Known, source: Source, at: datetime, left_sales_at: datetime) -> bool:
    """A weaker source never overwrites a stronger one of the same stretch; what was known before the lead last left
    sales may be overtaken by anybody; of two equals the newer one counts."""
    return old.at <= at and (source.rank <= old.source.rank or old.at <= left_sales_at)


def counted(old: Seen | None, day: date, at: datetime, evidence: str) -> Seen:
    """One more of an event on that UTC day."""
    if old is None:
        return Seen({day: 1}, at, evidence)
    days = {**old.days, day: old.days.get(day, 0) + 1}
    return Seen(days, at, evidence) if old.last_at <= at else Seen(days, old.last_at, old.last_id)
