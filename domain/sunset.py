"""When a dormant lead is looked at no more (T37): silence is no unfitness, so any sign of life wakes it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from domain import recycling
from domain.context import BEGINNING, Context, system
from domain.lead import State
from domain.steps import Move

INQUIRED = "inquired again"


def signs(ctx: Context) -> Iterator[tuple[datetime, str]]:
    """Everything they ever did that says there is somebody, with when it happened (not when we heard of it)."""
    for name, seen in ctx.facts.seen.items():
        event = ctx.release.events.get(name)
        if event and event.human and event.points > 0:
            yield seen.last_at, name
    if at := recycling.last_inquired_at(ctx):
        yield at, INQUIRED


def last_engaged_at(ctx: Context) -> datetime | None:
    touched = [delivery.engaged_at for delivery in ctx.facts.ledger if delivery.engaged_at]
    return max((*touched, *(at for at, _ in signs(ctx))), default=None)


def silent_since(ctx: Context) -> datetime:
    """Whoever never did anything is silent since they came in; with sales nobody is."""
    return max(last_engaged_at(ctx) or BEGINNING, ctx.lead.created_at, ctx.lead.left_sales_at or BEGINNING)


def counts_since(ctx: Context) -> datetime:
    """What is newer wakes a dormant lead. After its sunset that is what would have prevented it, had we known: so a
    report that comes late counts if it is of those months, and one of before them changes nothing."""
    sunset_at = ctx.lead.sunset_at
    return sunset_at - ctx.release.defaults.sunset_after if sunset_at else ctx.lead.state_entered_at


def was_brought_back(ctx: Context) -> bool:
    """Since they fell silent they began a later cycle: they were asked once more, and did not answer that either."""
    entered_at = ctx.lead.track_entered_at
    return ctx.lead.cycle > 1 and entered_at is not None and entered_at > silent_since(ctx)


def due_at(ctx: Context) -> datetime | None:
    """None while a deal at their company makes marketing stand still. A pause, theirs or a wider one, ends first."""
    if ctx.facts.has_deal_at_company:
        return None
    ends = [ctx.lead.paused_until or BEGINNING, ctx.facts.held.until if ctx.facts.held else BEGINNING]
    return max(silent_since(ctx) + ctx.release.defaults.sunset_after, *ends)


def sunset(ctx: Context) -> Move:
    engaged_at = last_engaged_at(ctx)
    why = f"no sign of life since {silent_since(ctx):%Y-%m-%d}"
    sets: dict[str, object] = {"recheck_at": None, "sunset_at": ctx.now}
    last = engaged_at.isoformat() if engaged_at else None
    return system("T37", State.DORMANT, why, sets, last_engaged_at=last)
