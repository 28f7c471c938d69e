"""Which salesperson gets a lead: ordered rules, first match wins, always ending in a catch-all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from types import MappingProxyType

from domain.calendar import Window, add_span, at_local, zone
from domain.clocks import allowance
from domain.context import Context
from domain.phrases import Hours
from domain.policies import RoutingRule
from domain.readiness import is_hot
from domain.release import Release

NOT_ACTIVE, HAD_IT, AWAY, OFF = "not active", "had it already", "away", "not at work in time"
FULL, FULL_TODAY, FULL_QUEUE = "no free place", "has today's share", "a day's work waits there already"
SILENT = "let the last ones pass"
FOR_GOOD = frozenset({NOT_ACTIVE, HAD_IT})
"""Refusals that waiting does not change."""
NOBODY: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True)
class Rep:
    """A salesperson as the router sees them: who, how much is in hand, and when they work.

    `credit` is how many leads they are behind their weighted share, negative when ahead of it; `let_pass` how many
    in a row a clock has taken from them before they tried one; `unanswered` how many of those in hand are offers.
    """

    id: str
    team: str
    capacity: int
    in_hand: int
    weight: float
    credit: float = 0.0
    today: int = 0
    let_pass: int = 0
    unanswered: int = 0
    skills: frozenset[str] = frozenset()
    is_active: bool = True
    away_until: datetime | None = None
    hours: Hours | None = None
    zone: str | None = None
    holidays: str | None = None


@dataclass(frozen=True)
class Choice:
    """`team` instead of `rep`: into that team's queue. `credits` are the new ones of those whose turn was weighed."""

    rep: Rep | None
    team: str | None
    rule: str
    why: str
    passed_over: tuple[tuple[str, str], ...]
    credits: Mapping[str, float] = field(default_factory=dict)


Refusals = tuple[tuple[str, str], ...]


def choose(
    ctx: Context, reps: Sequence[Rep], account_owner: str | None = None, waiting: Mapping[str, int] = NOBODY
) -> Choice | Refusals:
    """The salesperson to offer this lead to, or why each of them cannot have it now.

    `account_owner` has an open opportunity at the same company, or is named as its owner; `waiting` are the leads in
    each team's queue.
    """
    soon = soon_by(ctx)
    refusals = {rep.id: why for rep in reps if (why := cannot(ctx, rep, soon))}
    refusals |= {rep.id: SILENT for rep in silent(ctx.release, reps, refusals) if rep.id not in refusals}
    passed_over = tuple(refusals.items())
    for rule in ctx.release.routing.rules:
        if rule.when and rule.when.holds(ctx.view) is not True:
            continue
        fitting = [
            rep for rep in reps if rule.team in (None, rep.team) and (not rule.skill or rule.skill in rep.skills)
        ]
        possible = [rep for rep in fitting if refusals.get(rep.id) not in FOR_GOOD]
        if team := _queue(rule, ctx, possible):
            if _has_room(ctx, team, possible, waiting):
                return Choice(None, team, rule.id, f"waits in the queue of {team}", passed_over)
            passed_over = (*passed_over, (team, FULL_QUEUE))
            continue
        free = [rep for rep in fitting if rep.id not in refusals and not ctx.release.routing.has_queue(rep.team)]
        if rule.to in ("owner", "previous_rep"):
            if named := _named(rule, ctx, [rep for rep in fitting if rep.id not in refusals], account_owner):
                return Choice(named[0], None, rule.id, named[1], passed_over)
        elif free:
            rep, credits = turn(_first_of(ctx, free))
            return Choice(rep, None, rule.id, "their turn", passed_over, credits)
    return passed_over


def silent(release: Release, reps: Sequence[Rep], refusals: Mapping[str, str]) -> list[Rep]:
    """Who let so many leads in a row pass that nothing more is offered to them, as long as a colleague who answers
    could take it, now or when a place is free; whoever has no places at all never could. Where nobody else is left,
    better they than nobody."""
    limit = release.routing.silent_after
    soon = (None, FULL, FULL_TODAY)
    able = [rep for rep in reps if rep.capacity > 0 and refusals.get(rep.id) in soon]
    answering = {rep.team for rep in able if rep.let_pass < limit}
    return [rep for rep in reps if rep.let_pass >= limit and rep.team in answering]


def _first_of(ctx: Context, free: Sequence[Rep]) -> Sequence[Rep]:
    """What somebody let pass is late already: it goes to whoever is at work now, if anybody is, and of those to whoever
    has the fewest offers to answer before it."""
    now = [rep for rep in free if ctx.lead.tried_reps and is_at_work(rep, ctx)]
    fewest = min((rep.unanswered for rep in now), default=0)
    return [rep for rep in now if rep.unanswered == fewest] or free


def _queue(rule: RoutingRule, ctx: Context, possible: Sequence[Rep]) -> str | None:
    """The team whose queue this rule means: there the lead waits, however full or away its people are just now."""
    if rule.to not in ("round_robin", "pool"):
        return None
    teams = {rep.team for rep in possible}
    waiting = sorted(team for team in teams if rule.to == "pool" or ctx.release.routing.has_queue(team))
    return waiting[0] if waiting else None


def _has_room(ctx: Context, team: str, possible: Sequence[Rep], waiting: Mapping[str, int]) -> bool:
    """A queue holds what its people can take up in a day; the rest is held back, best first."""
    days = [daily_capacity(rep, ctx) for rep in possible if rep.team == team]
    return any(daily is None for daily in days) or waiting.get(team, 0) < sum(daily or 0 for daily in days)


def _named(
    rule: RoutingRule, ctx: Context, eligible: Sequence[Rep], account_owner: str | None
) -> tuple[Rep, str] | None:
    wanted, why = account_owner, "has this company's account"
    if rule.to == "previous_rep":
        wanted, why = _previous_rep(ctx), "knows this buyer from before"
    found = next((rep for rep in eligible if rep.id == wanted), None)
    return (found, why) if found else None


def successor(ctx: Context, reps: Sequence[Rep], leaving: str) -> Choice | None:
    """Who takes over from somebody who leaves: by the rules, their own team first; None when nobody can.

    What one takes over counts as in hand, not for the day's share of new leads.
    """
    soon, team = soon_by(ctx), next((rep.team for rep in reps if rep.id == leaving), "")
    others = [rep for rep in reps if rep.id != leaving]
    refusals = {rep.id: why for rep in others if (why := cannot(ctx, rep, soon))}
    quiet = silent(ctx.release, others, refusals)
    free = [rep for rep in others if refusals.get(rep.id) in (None, FULL_TODAY) and rep not in quiet]
    for rule in ctx.release.routing.rules:
        if rule.to not in ("round_robin", "pool") or (rule.when and rule.when.holds(ctx.view) is not True):
            continue
        fitting = [
            rep for rep in free if rule.team in (None, rep.team) and (not rule.skill or rule.skill in rep.skills)
        ]
        if able := [rep for rep in fitting if rep.team == team] or fitting:
            rep, credits = turn(able)
            return Choice(rep, None, rule.id, "takes over", (), credits)
    return None


def turn(reps: Sequence[Rep]) -> tuple[Rep, dict[str, float]]:
    """Whose turn it is, and everybody's credit after it.

    Tijdeman's answer to the chairman assignment problem (Discrete Mathematics 32, 1980): of those who are behind by
    enough, the one who would otherwise be the first to fall a whole lead behind. With the same people each count
    stays within one of its weighted share after any number of leads; largest-deficit-first does not promise that.
    """
    total = sum(rep.weight for rep in reps)
    share = {rep.id: rep.weight / total for rep in reps}
    credits = {rep.id: rep.credit + share[rep.id] for rep in reps}
    enough = 1 / (2 * len(reps) - 2) if len(reps) > 1 else 0.0
    most = 1 - enough
    # Rounding must not shut somebody out who is exactly at the edge.
    behind = [rep for rep in reps if credits[rep.id] >= enough - 1e-9] or list(reps)
    rep = min(behind, key=lambda r: (round((most - credits[r.id]) / share[r.id], 9), r.id))
    credits[rep.id] -= 1
    return rep, {id: max(-2.0, min(credit, 2.0)) for id, credit in credits.items()}


def _previous_rep(ctx: Context) -> str | None:
    """Whoever returned it for a reason that leaves them the right person (recycling.yaml: back_to_rep)."""
    lead = ctx.lead
    rule = ctx.release.recycling.reasons.get(lead.return_reason or "")
    return lead.returned_by if rule and rule.back_to_rep else None


def soon_by(ctx: Context) -> datetime:
    """Who is not at work by then could not accept in time; counted in the team's hours."""
    levels, defaults = ctx.release.service_levels, ctx.release.defaults
    team = Window(levels.hours, defaults.time_zone, defaults.country)
    return add_span(ctx.now, allowance(levels, "accept", is_hot(ctx.facts, ctx.release)), team)


def cannot(ctx: Context, rep: Rep, soon: datetime) -> str | None:
    """Why this salesperson cannot have the lead now."""
    if not rep.is_active:
        return NOT_ACTIVE
    if rep.id in ctx.lead.tried_reps:
        return HAD_IT
    is_away = rep.away_until is not None and rep.away_until > ctx.now
    if window_of(rep, ctx).first(max(ctx.now, rep.away_until or ctx.now)) > soon:
        return AWAY if is_away else OFF
    if rep.in_hand >= rep.capacity:
        return FULL
    daily = daily_capacity(rep, ctx)
    return FULL_TODAY if daily is not None and rep.today >= daily else None


def is_at_work(rep: Rep, ctx: Context) -> bool:
    is_away = rep.away_until is not None and rep.away_until > ctx.now
    return not is_away and window_of(rep, ctx).is_open(ctx.now)


def daily_capacity(rep: Rep, ctx: Context) -> int | None:
    """New leads a day by the formula of routing.yaml; None where it has none."""
    capacity = ctx.release.routing.capacity
    return capacity.daily(window_of(rep, ctx).day_length()) if capacity else None


def window_of(rep: Rep, ctx: Context) -> Window:
    levels, defaults = ctx.release.service_levels, ctx.release.defaults
    return Window(rep.hours or levels.hours, rep.zone or defaults.time_zone, rep.holidays or defaults.country)


def local_day(rep: Rep, release: Release, now: datetime) -> str:
    """The day it is where they work."""
    return now.astimezone(zone(rep.zone or release.defaults.time_zone)).date().isoformat()


def today_of(rep: Rep, ctx: Context) -> str:
    return local_day(rep, ctx.release, ctx.now)


def next_day(rep: Rep, ctx: Context) -> datetime:
    name = rep.zone or ctx.release.defaults.time_zone
    return at_local(ctx.now.astimezone(zone(name)).date() + timedelta(days=1), time.min, name)
