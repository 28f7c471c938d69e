"""What sales tells back after a lead: was the packet any good, and why was a deal won or lost. Pure rules.

Both are duties: they have an owner and a due time, their breach is reported, and nothing about the lead moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import keys
from domain.calendar import add_span, part_of
from domain.context import Context
from domain.said import DEBRIEF_WITHIN
from domain.steps import Move

FEEDBACK, DEBRIEF = "feedback", "debrief"
FINAL = frozenset({"T14", "T16", "T20", "T21", "T21b", "T23", "T26", "T27", "T28"})
"""The dispositions after which a salesperson knows what the packet was worth; the first of them asks."""
CLOSED = frozenset({"T26", "T27"})


@dataclass(frozen=True)
class Duty:
    kind: str
    rep: str
    owner: str
    opened_at: datetime
    remind_at: datetime
    due_at: datetime


def feedback(ctx: Context, rep: str) -> Duty:
    """Asked now, reminded once at half the time."""
    span, window = ctx.release.service_levels.feedback, ctx.sales_window
    remind_at = part_of(ctx.now, span, 50, window)
    return Duty(FEEDBACK, rep, rep, ctx.now, remind_at, add_span(ctx.now, span, window))


def is_final(moves: tuple[Move, ...]) -> bool:
    return any(move.transition in FINAL for move in moves)


def has_closed(moves: tuple[Move, ...]) -> bool:
    return any(move.transition in CLOSED for move in moves)


def debrief(ctx: Context, rep: str, handoff: UUID, amount: float | None, currency: str | None) -> Duty | None:
    """For a deal over the amount of service-levels.yaml; of the others for one in so many, by a fixed draw."""
    levels = ctx.release.service_levels.debrief
    is_large = amount is not None and (currency != levels.over.currency or amount > levels.over.amount)
    if not is_large and keys.spread(handoff, DEBRIEF) >= 1 / levels.one_in:
        return None
    due_at = ctx.now + DEBRIEF_WITHIN
    return Duty(DEBRIEF, rep, asker(ctx, rep), ctx.now, ctx.now + DEBRIEF_WITHIN / 2, due_at)


def asker(ctx: Context, rep: str) -> str:
    """Whoever the files name, unless they sold it themselves; then the other side of the agreement."""
    signers = ctx.release.definition.signers
    named = (ctx.release.service_levels.debrief.by, signers.marketing, signers.sales, ctx.release.routing.manager)
    return next(person for person in named if person and person != rep)
