"""What a packet computes from facts and release: fit and its movement, what to bring, what is owed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.calendar import zone
from domain.clocks import start
from domain.context import Context
from domain.definition import Messaging, engagement_of, grade_of
from domain.lead import Seen, State, Value
from domain.readiness import is_hot
from domain.release import Release
from domain.touches import persona_of
from domain.track import Asset
from domain.view import LeadView, engagement, fit_points, profiles

MOVED_WITHIN = timedelta(days=30)
PIECES = 3
"""What a person can bring to one conversation."""


@dataclass(frozen=True)
class FitInput:
    """One line of the profile: what it is worth, whether it holds (None: unknown) and the values it read."""

    id: str
    points: float
    holds: bool | None
    condition: str
    values: Mapping[str, Value | None]


def fit_inputs(ctx: Context) -> list[FitInput]:
    found = []
    for profile in {id(p): p for p in profiles(ctx.view, ctx.release)}.values():
        for name, entry in profile.points.items():
            values = {field: ctx.view.value(field) for field in sorted(entry.when.reads.fields)}
            found.append(FitInput(name, entry.points, entry.when.holds(ctx.view), entry.when.text, values))
    return found


@dataclass(frozen=True)
class Scores:
    """Fit points are an interval while something is unknown; engagement is what has not faded yet."""

    fit_low: float
    fit_high: float
    engagement: float

    @property
    def fit(self) -> str:
        best, worst = grade_of(self.fit_high), grade_of(self.fit_low)
        return best if best == worst else f"{best}-{worst}"

    @property
    def engagement_class(self) -> int:
        return engagement_of(self.engagement)


def scores(ctx: Context) -> Scores:
    return Scores(*fit_points(ctx.view, ctx.release), engagement(ctx.facts, ctx.release, ctx.now))


def scores_before(ctx: Context, ago: timedelta = MOVED_WITHIN) -> Scores:
    """As of then, by what we had heard by then. A fact told anew since counts as unknown then."""
    then = ctx.now - ago
    known = {name: one for name, one in ctx.facts.known.items() if one.at <= then}
    seen = {name: was for name, one in ctx.facts.seen.items() if (was := _until(one, then)).days}
    facts = replace(ctx.facts, known=known, seen=seen)
    return Scores(*fit_points(LeadView(facts, ctx.release, then), ctx.release), engagement(facts, ctx.release, then))


def _until(seen: Seen, then: datetime) -> Seen:
    return replace(seen, days={day: count for day, count in seen.days.items() if day <= then.date()})


def recent_events(ctx: Context, ago: timedelta = MOVED_WITHIN) -> dict[str, int]:
    """How often each event happened, by days of UTC."""
    counts = {name: seen.count(ctx.now, ago) for name, seen in ctx.facts.seen.items()}
    return {name: count for name, count in counts.items() if count}


def messaging_for(ctx: Context) -> Messaging | None:
    """Persona and pain both, else the pain, else the persona: what hurts opens more doors than a title."""
    persona, pain = persona_of(ctx), ctx.view.value("fact.pain")
    ranked = [
        (2 * (pain in messaging.pains) + (messaging.persona == persona), -place, messaging)
        for place, messaging in enumerate(ctx.release.profile(ctx.lead).messaging)
    ]
    best = max(ranked, key=lambda each: each[:2], default=None)
    return best[2] if best and best[0] else None


def pieces(ctx: Context, had: Collection[str]) -> list[str]:
    """Collateral they have not had, the most fitting first: their stage, then the ones after it; within a stage their
    part and what hurts."""
    stages, here = _stages(ctx.release), ctx.lead.stage
    persona, pain = persona_of(ctx), ctx.view.value("fact.pain")
    fitting = messaging_for(ctx)
    proof = fitting.proof if fitting else []

    def rank(each: tuple[str, Asset]) -> tuple[int, float]:
        id, asset = each
        fits = 2 * (asset.persona == persona) * (persona is not None) + (asset.pain == pain) * (pain is not None)
        return _distance(stages, here, asset.stage), -(fits + (id in proof) / 2)

    left = [(id, asset) for id, asset in ctx.release.assets.items() if id not in had]
    return [id for id, _ in sorted(left, key=rank)]


def _stages(release: Release) -> list[str]:
    """Every stage of every track, in the order a buyer passes them: that of the track with most stages goes before that
    of one which has only a late one."""
    longest_first = sorted(release.tracks.values(), key=lambda track: -len(track.stages))
    return list(dict.fromkeys(stage for track in longest_first for stage in track.stages))


def _distance(stages: list[str], here: str | None, there: str | None) -> int:
    """A stage already passed is further away than any that comes."""
    if here not in stages or there not in stages:
        return 1
    ahead = stages.index(there) - stages.index(here)
    return ahead if ahead >= 0 else len(stages) - ahead


@dataclass(frozen=True)
class Owed:
    """What taking the lead means: by when to say so, by when to try, and how much before it may come back."""

    accept_by: datetime | None
    first_contact_by: datetime | None
    attempts: int
    channels: int
    business_days: int


def owed(ctx: Context) -> Owed:
    """While it is only offered, the first contact is counted from now: as if it were accepted at once."""
    lead, levels = ctx.lead, ctx.release.service_levels
    clock = lead.clock
    accept_by = clock.due_at if clock and lead.state is State.HANDED_OFF else None
    contact_by = clock.due_at if clock and lead.state is State.ACCEPTED else None
    if accept_by:
        contact_by = start(levels, "first_attempt", is_hot(ctx.facts, ctx.release), ctx.now, ctx.sales_window).due_at
    least = levels.minimum_effort
    return Owed(accept_by, contact_by, least.attempts, least.channels, least.business_days)


def best_hour(acted_at: Iterable[datetime], zone_name: str) -> tuple[int, int] | None:
    """The hour of their own day in which they did most, and how often; the later one of two. None: never seen."""
    hours = Counter(at.astimezone(zone(zone_name)).hour for at in acted_at)
    return max(hours.items(), key=lambda each: (each[1], each[0]), default=None)
