"""The next-best lead: why it is somebody's next, and its place in the order (lead_defs/queue.yaml).

A place is computed when the lead changes and kept beside it, so that asking for the next one is a look at an index.
What changes with time alone is made to fit: every `promote_every` everything that waits moves up one kind at the
same stroke, so the order among those who wait stays as it is; a deadline has an instant of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.calendar import Window, part_of
from domain.clocks import allowance
from domain.context import Context
from domain.lead import State
from domain.policies import Kind, Queue
from domain.readiness import is_hot

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BEFORE_CONTACT = (State.SALES_READY, State.HANDED_OFF, State.ACCEPTED)
DEALS = (State.OPPORTUNITY, State.PROPOSAL)
Standing = tuple[int, int, int, float, datetime, datetime, str]


@dataclass(frozen=True)
class Place:
    """Where a lead stands. `rep`: only for its owner; `team`: for whoever of that team asks; neither: it is held
    back until somebody has a free place. `line` is what one must know before offering it to somebody: the skill it
    takes, and the country and zone whose hours count for a call.
    """

    kind: Kind
    team: str | None
    rep: str | None
    line: str
    slot: int
    base: int
    key: int
    value: float
    from_at: datetime
    urgent_at: datetime
    due_at: datetime
    since_at: datetime


def place(ctx: Context) -> Place | None:
    """None for a lead that is nobody's next: not with sales, or on the manager's desk."""
    lead, queue = ctx.lead, ctx.release.queue
    if lead.clock is None or lead.is_on_desk:
        return None
    kind, from_at, key = _kind(ctx)
    base = queue.order.index(kind)
    skill = _skill(ctx) if lead.team else ""
    return Place(
        kind,
        lead.team,
        None if lead.team or lead.state is State.SALES_READY else lead.owner,
        f"{skill}|{lead.country or ctx.release.defaults.country}|{ctx.buyer_zone}",
        base + _period(from_at, queue),
        base,
        key,
        sum(entry.points for entry in queue.value.values() if entry.when.holds(ctx.view)),
        from_at,
        _urgent_at(ctx),
        lead.clock.due_at,
        lead.state_entered_at,
    )


def standing(place: Place, queue: Queue, now: datetime, id: str) -> Standing:
    """Sorts before what is worked on later. Of two with the same urgency one that waited less far up goes first."""
    kind = place.slot - _period(now, queue)
    deadline = queue.order.index("deadline")
    tie = (-place.value, place.due_at, place.since_at, id)
    if place.urgent_at <= now and deadline < kind:
        return (deadline, deadline, _seconds(place.due_at), *tie)
    return (kind, place.base, place.key, *tie)


def says(place: Place, queue: Queue, now: datetime) -> Kind:
    """The kind it counts as now."""
    is_urgent = place.urgent_at <= now and queue.order.index("deadline") < place.slot - _period(now, queue)
    return "deadline" if is_urgent else place.kind


def is_callable(line: str, queue: Queue, now: datetime) -> bool:
    """Whether it is an hour to call somebody there."""
    _, country, zone = line.split("|")
    return Window(queue.call_hours, zone, country).is_open(now)


def skill_of(line: str) -> str:
    return line.partition("|")[0]


def _period(at: datetime, queue: Queue) -> int:
    return (at - EPOCH) // queue.promote_every


def _kind(ctx: Context) -> tuple[Kind, datetime, int]:
    """The kind, from when on it is due, and what orders it among its like."""
    lead, queue, attempts = ctx.lead, ctx.release.queue, ctx.facts.attempts
    last_at = attempts.last_at or lead.state_entered_at
    if lead.state in BEFORE_CONTACT and not attempts.count:
        return _fresh(ctx)
    if attempts.callback_at and lead.state not in BEFORE_CONTACT:
        return "callback", attempts.callback_at, _seconds(attempts.callback_at)
    if lead.state in (*BEFORE_CONTACT, State.WORKING):
        gap = queue.retries[min(max(attempts.count, 1), len(queue.retries)) - 1]
        return "retry", last_at + gap, _seconds(last_at + gap)
    gap = queue.next_step_in_deal if lead.state in DEALS else queue.next_step
    from_at = max(last_at, lead.state_entered_at) + gap
    return "next_step", from_at, _seconds(from_at)


def _fresh(ctx: Context) -> tuple[Kind, datetime, int]:
    """Never tried yet: raised hands newest first, the others by grade."""
    lead, grades = ctx.lead, ctx.release.queue.grades
    rule = ctx.release.definition.ready_when.get(lead.ready_rule or "")
    if rule and rule.reads_events:
        seen = [ctx.facts.seen[event].last_at for event, _ in rule.when.reads.events if event in ctx.facts.seen]
        return "hand_raise", lead.state_entered_at, -_seconds(max(seen, default=lead.state_entered_at))
    grade = f"{ctx.view.grades[-1]}{ctx.view.value('grade.engagement'):.0f}"
    place = grades.index(grade) if grade in grades else len(grades)
    if lead.returned_at:
        return "recycled", lead.state_entered_at, place
    return ("first_attempt" if grade in grades else "other"), lead.state_entered_at, place


def _skill(ctx: Context) -> str:
    """What the rule that put it into the queue asks of a salesperson."""
    for rule in ctx.release.routing.rules:
        means_it = rule.to in ("round_robin", "pool") and rule.team in (None, ctx.lead.team)
        if means_it and (rule.when is None or rule.when.holds(ctx.view) is True):
            return rule.skill or ""
    return ""


def _urgent_at(ctx: Context) -> datetime:
    clock = ctx.lead.clock
    assert clock is not None
    if clock.started_at >= clock.due_at:
        return clock.due_at
    span = allowance(ctx.release.service_levels, clock.name, is_hot(ctx.facts, ctx.release))
    return part_of(clock.started_at, span, 100 - ctx.release.queue.deadline_left, ctx.sales_window)


def _seconds(at: datetime) -> int:
    return (at - EPOCH) // timedelta(seconds=1)
