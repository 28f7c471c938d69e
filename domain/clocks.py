"""The promises between marketing and sales: how long each clock runs, and the rungs of its ladder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from domain.calendar import Window, add_span, part_of
from domain.lead import Clock, State
from domain.phrases import Pace, Span
from domain.policies import ServiceLevels
from domain.steps import Verb

DESK = Span(1, Pace.BUSINESS_DAYS)
SIGN = Span(60 * 24 * 60)
"""In a deal: 60 days without a sign of life alarm the manager (T22)."""


def allowance(levels: ServiceLevels, name: str, is_hot: bool) -> Span:
    """How long a promise may take. Raises KeyError for a clock that does not exist."""
    return {
        "routed": levels.routed,
        "accept": levels.accept.hot if is_hot else levels.accept.normal,
        "first_attempt": levels.first_attempt.hot if is_hot else levels.first_attempt.normal,
        "outcome": levels.outcome,
        "opportunity": levels.opportunity,
        "sign": SIGN,
        "desk": DESK,
    }[name]


def start(levels: ServiceLevels, name: str, is_hot: bool, now: datetime, window: Window) -> Clock:
    return Clock(name, now, add_span(now, allowance(levels, name, is_hot), window))


@dataclass(frozen=True)
class Rung:
    verb: Verb
    due_at: datetime
    says: str


PROMISES = {
    "routed": "to find a salesperson",
    "accept": "to accept",
    "first_attempt": "for the first contact",
    "outcome": "for an outcome",
    "opportunity": "to make it an opportunity",
    "sign": "for a sign of life",
    "desk": "on the manager's desk",
}
ONLY_ALARM = {"routed": "nobody could take it", "sign": "60 days without a sign of life alarm the manager"}
"""Clocks whose end the manager hears of, and that move nothing."""
LAST_RUNG = {
    State.HANDED_OFF: (Verb.REASSIGN, "taken back from this salesperson"),
    State.ACCEPTED: (Verb.REASSIGN, "taken back from this salesperson"),
    State.WORKING: (Verb.REST, "goes back to marketing"),
    State.QUALIFIED: (Verb.REST, "goes back to marketing"),
}


def next_rung(clock: Clock, state: State, levels: ServiceLevels, is_hot: bool, window: Window) -> Rung | None:
    """50 % remind, 100 % escalate, 150 % change hands; None when nothing is left (docs/rules.md)."""
    if clock.name == "desk":
        return Rung(Verb.DESK, clock.due_at, f"day {clock.rung + 1} on the manager's desk")
    if clock.name in ONLY_ALARM:
        return Rung(Verb.ESCALATE, clock.due_at, ONLY_ALARM[clock.name]) if clock.rung < 2 else None
    promise = PROMISES[clock.name]
    span = allowance(levels, clock.name, is_hot)
    if clock.rung == 0:
        return Rung(
            Verb.REMIND,
            part_of(clock.started_at, span, levels.ladder.remind, window),
            f"half the time {promise}",
        )
    if clock.rung == 1:
        return Rung(Verb.ESCALATE, clock.due_at, f"the time {promise} is over")
    verb, says = LAST_RUNG[state]
    return Rung(verb, part_of(clock.started_at, span, levels.ladder.reassign, window), says)


def climbed(clock: Clock, verb: Verb) -> Clock:
    return replace(clock, rung=1 if verb is Verb.REMIND else 2)
