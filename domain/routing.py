"""Which salesperson gets a lead: ordered rules, first match wins, always ending in a catch-all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.calendar import Window
from domain.context import Context
from domain.phrases import Hours
from domain.policies import RoutingRule

NOT_ACTIVE, HAD_IT, AWAY, FULL = "not active", "had it already", "away", "no free place"
FOR_GOOD = frozenset({NOT_ACTIVE, HAD_IT})
"""Refusals that waiting does not change."""


@dataclass(frozen=True)
class Rep:
    """A salesperson as the router sees them: who, how much is in hand, and when they work."""

    id: str
    team: str
    capacity: int
    in_hand: int
    weight: float
    received: int
    is_active: bool = True
    away_until: datetime | None = None
    hours: Hours | None = None
    zone: str | None = None


@dataclass(frozen=True)
class Choice:
    rep: Rep
    rule: str
    why: str
    passed_over: tuple[tuple[str, str], ...]


def choose(ctx: Context, reps: Sequence[Rep]) -> Choice | tuple[tuple[str, str], ...]:
    """The salesperson to offer this lead to, or why each of them cannot have it now."""
    refusals = tuple((rep.id, why) for rep in reps if (why := _cannot(ctx, rep)))
    refused = {rep_id for rep_id, _ in refusals}
    eligible = [rep for rep in reps if rep.id not in refused]
    for rule in ctx.release.routing.rules:
        if rule.when and rule.when.holds(ctx.view) is not True:
            continue
        fitting = [rep for rep in eligible if rule.team in (None, rep.team)]
        if found := _by(rule, ctx, fitting):
            return Choice(found[0], rule.id, found[1], refusals)
    return refusals


def _by(rule: RoutingRule, ctx: Context, eligible: Sequence[Rep]) -> tuple[Rep, str] | None:
    if rule.to == "previous_rep":
        previous = _previous_rep(ctx)
        found = next((rep for rep in eligible if rep.id == previous), None)
        return (found, "knows this buyer from before") if found else None
    if rule.to == "owner" or not eligible:
        return None
    # Weighted round robin without a memory: whoever is furthest below their share (ties by id).
    rep = min(eligible, key=lambda r: ((r.received + 1) / r.weight, r.id))
    return rep, "their turn"


def _previous_rep(ctx: Context) -> str | None:
    """Whoever returned it for a reason that leaves them the right person (recycling.yaml: back_to_rep)."""
    lead = ctx.lead
    rule = ctx.release.recycling.reasons.get(lead.return_reason or "")
    return lead.returned_by if rule and rule.back_to_rep else None


def _cannot(ctx: Context, rep: Rep) -> str | None:
    if not rep.is_active:
        return NOT_ACTIVE
    if rep.id in ctx.lead.tried_reps:
        return HAD_IT
    if rep.away_until and rep.away_until > ctx.now:
        return AWAY
    if rep.in_hand >= rep.capacity:
        return FULL
    return None


def window_of(rep: Rep, ctx: Context) -> Window:
    levels, defaults = ctx.release.service_levels, ctx.release.defaults
    return Window(rep.hours or levels.hours, rep.zone or defaults.time_zone, defaults.country)
