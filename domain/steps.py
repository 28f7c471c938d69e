"""What passes between the archive and Temporal: ids, codes, instants - never a name, an address or a rule.

`due_at` is business time (what the track and the service levels mean), `wake_at` machine time (when the
timer fires). They differ only on a demo clock. Both are aware UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum


class Verb(StrEnum):
    """What a lead can need next. The workflow performs a verb by the activity of the same name."""

    DECIDE = "decide"  # something happened: look again
    DELIVER = "deliver"  # send the due mail
    OPEN_TASK = "open_task"  # give a human touch to its owner
    SKIP_TASK = "skip_task"  # nobody did the human touch: go on without it
    ASK = "ask"  # a person must answer the buyer: a hand was raised, or a reply came
    ROUTE = "route"  # find the salesperson and offer the lead
    REMIND = "remind"  # half of a clock has passed
    ESCALATE = "escalate"  # a clock has passed: the manager hears of it
    REASSIGN = "reassign"  # still nothing: take the lead back from this person
    DESK = "desk"  # on the manager's desk: alarm once every business day
    RESUME = "resume"  # a pause or a cool-down ends
    REST = "rest"  # nothing to do until then
    ENDED = "ended"  # this lead needs no workflow


@dataclass(frozen=True)
class Move:
    """One row of the lifecycle table, taken. `sets` are the lead's columns it changes."""

    transition: str
    to: str
    actor: str  # SYS, EVT, MKT, NUR, REP, MGR, OPS
    reason: str | None = None
    actor_id: str | None = None
    sets: Mapping[str, object] = field(default_factory=dict)
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Permit:
    """A place that must be free on the day of the act: at most `limit` a day for `scope`."""

    scope: str
    limit: int


@dataclass(frozen=True)
class Where:
    """Where the lead stands, as Temporal's search attributes show it."""

    state: str = ""
    stage: str = ""
    track: str = ""
    team: str = ""


@dataclass(frozen=True)
class Told:
    """For whoever reads a history, in ids and codes; nothing acts on it."""

    lacks: str = ""  # what it still takes to be sales-ready
    owner: str = ""
    release: str = ""


@dataclass(frozen=True)
class Step:
    """What a lead needs next, when and why; see design in docs/how-it-works.md."""

    id: str
    verb: Verb
    due_at: datetime
    reason: str
    seq: int = 0
    wake_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    renew: bool = False
    where: Where = Where()
    told: Told = Told()
    build: str = ""
    permits: tuple[Permit, ...] = ()
    moves: tuple[Move, ...] = ()

    def once(self) -> Step:
        """The step as the next run begins with it: renewing was done."""
        return replace(self, renew=False)

    def for_history(self, seq: int, wake_at: datetime, where: Where, told: Told, renew: bool, build: str) -> Step:
        """The step as a workflow sees it: without what only the archive needs."""
        known = replace(self, seq=seq, wake_at=wake_at, where=where, told=told, renew=renew, build=build)
        return replace(known, permits=(), moves=())


@dataclass(frozen=True)
class Life:
    """The input of a lead's workflow, and what it carries into its next run."""

    lead_id: str
    seq: int = 0
    step: Step | None = None
    build: str = ""


@dataclass(frozen=True)
class Order:
    """The input of every verb's activity: do this step, if it is still the lead's step."""

    lead_id: str
    seq: int
    step_id: str
    events: int = 0
    """How long the run's history is by now; a long one is asked to start afresh."""
    build: str = ""
    """The build of the worker that began the run; an older one is asked to start afresh."""
