"""A lead as the archive holds it, and everything known about it that a decision may read.

Nothing here is personal: names, addresses and words live beside it in the archive and are read only to write a mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from domain.phrases import Hours

if TYPE_CHECKING:
    from domain.remembering import Memory

Value = str | float | bool | date


class State(StrEnum):
    """The 17 states of a lead; what leads from one to the other is in lifecycle.py."""

    NEW = "NEW"
    INQUIRY = "INQUIRY"
    NURTURING = "NURTURING"
    SALES_READY = "SALES_READY"
    HANDED_OFF = "HANDED_OFF"
    ACCEPTED = "ACCEPTED"
    WORKING = "WORKING"
    QUALIFIED = "QUALIFIED"
    OPPORTUNITY = "OPPORTUNITY"
    PROPOSAL = "PROPOSAL"
    WON = "WON"
    LOST = "LOST"
    RECYCLED = "RECYCLED"
    DORMANT = "DORMANT"
    DISQUALIFIED = "DISQUALIFIED"
    MERGED = "MERGED"
    ERASED = "ERASED"


IN_SALES = frozenset(
    {
        State.SALES_READY,
        State.HANDED_OFF,
        State.ACCEPTED,
        State.WORKING,
        State.QUALIFIED,
        State.OPPORTUNITY,
        State.PROPOSAL,
    }
)
"""States 4-10: exactly one owner and one state clock."""
UNMAILED = frozenset({State.SALES_READY, State.HANDED_OFF})
"""On the way into somebody's hands: no mail goes out, whatever anybody says."""
SUPPORTED = IN_SALES - UNMAILED
"""In the hands of a salesperson, who may allow mail in their name."""


class Source(StrEnum):
    """Who told us a fact, strongest first: a weaker source never overwrites a stronger one."""

    REP = "rep"
    NURTURE = "nurture"
    CALL = "call"
    REPLY = "reply"
    FORM = "form"
    IMPORT = "import"
    ENRICHMENT = "enrichment"
    INFERENCE = "inference"

    @property
    def rank(self) -> int:
        return list(Source).index(self)


@dataclass(frozen=True)
class Known:
    """One fact: its value, who told us, when (UTC), and the id of the record that proves it."""

    value: Value
    at: datetime
    source: Source
    evidence: str


@dataclass(frozen=True)
class Seen:
    """How often an event happened, per UTC day, and the last time."""

    days: Mapping[date, int]
    last_at: datetime
    last_id: str

    def count(self, now: datetime, window: timedelta | None) -> int:
        """Whole UTC days count: `7 days` is today and the seven days before it."""
        first = (now - window).date() if window else date.min
        return sum(n for day, n in self.days.items() if day >= first)


class Status(StrEnum):
    """The state of one delivery in the ledger."""

    CLAIMED = "claimed"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


USED = frozenset({Status.CLAIMED, Status.SENT, Status.UNCERTAIN})


@dataclass(frozen=True)
class Delivery:
    """One row of the touch ledger: this touch, for this lead, the nth time."""

    id: UUID
    touch: str
    nth: int
    cycle: int
    channel: str
    status: Status
    claimed_at: datetime
    ended_at: datetime | None
    tries: int = 1
    code: str | None = None
    assets: tuple[str, ...] = ()
    engaged_at: datetime | None = None


@dataclass(frozen=True)
class Task:
    """A human touch or an answer somebody owes the buyer, as long as it is open."""

    id: UUID
    kind: str  # touch, answer, reply
    touch: str | None
    owner: str
    opened_at: datetime
    due_at: datetime
    give_up_at: datetime | None
    rung: int = 0  # reminders and alarms so far
    tries: int = 0


@dataclass(frozen=True)
class Offer:
    """The lead in the hands of one salesperson."""

    id: UUID
    handoff_id: UUID
    number: int
    rep: str
    offered_at: datetime


@dataclass(frozen=True)
class Attempts:
    """What sales tried in the present handoff."""

    count: int = 0
    channels: int = 0
    conversations: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    callback_at: datetime | None = None
    """What was agreed in the last attempt."""
    agreed_at: datetime | None = None
    """The last call or meeting that was agreed on in any of them."""


@dataclass(frozen=True)
class Claim:
    """A lead of the queue in front of one salesperson until then: a lease, no acceptance."""

    rep: str
    until: datetime


@dataclass(frozen=True)
class Held:
    """A pause of more than this lead: of its track, its company, its list, or of everything."""

    until: datetime
    scope: str


@dataclass(frozen=True)
class Clock:
    """The state clock: a promise with a beginning, an end and how much of its ladder has been climbed."""

    name: str  # routed, accept, first_attempt, outcome, opportunity, desk
    started_at: datetime
    due_at: datetime
    rung: int = 0  # 0 running, 1 reminded, 2 escalated; on the desk: alarms so far


@dataclass(frozen=True)
class Lead:
    """The lead's current row. Times are aware UTC; every change goes through lifecycle.py."""

    id: UUID
    state: State
    created_at: datetime
    state_entered_at: datetime
    cycle: int = 1
    seq: int = 0
    offering: str | None = None
    track: str | None = None
    stage: str | None = None
    stage_entered_at: datetime | None = None
    track_entered_at: datetime | None = None
    pinned_release: str | None = None
    """Whose structure of the track it goes by, where the track's edits do not reach leads on the way."""
    is_held_out: bool = False
    """On its track for comparison: judged like all, and nothing of the track is sent."""
    company: str | None = None
    country: str | None = None
    time_zone: str | None = None
    owner: str | None = None
    team: str | None = None
    """In this team's queue: nobody has taken it yet, and its manager is the owner."""
    clock: Clock | None = None
    is_on_desk: bool = False
    ready_rule: str | None = None
    left_sales_at: datetime | None = None
    returned_at: datetime | None = None
    returned_by: str | None = None
    return_reason: str | None = None
    cool_until: datetime | None = None
    paused_until: datetime | None = None
    postponed_until: datetime | None = None
    left_stage_at_handoff: str | None = None
    tracks_done: tuple[str, ...] = ()
    recycled_at: tuple[datetime, ...] = ()
    tried_reps: tuple[str, ...] = ()
    denied: Mapping[str, datetime] = field(default_factory=dict)
    answered: Mapping[str, datetime] = field(default_factory=dict)
    has_opted_out: bool = False
    has_bounced: bool = False
    is_do_not_call: bool = False
    recheck_at: datetime | None = None
    sunset_at: datetime | None = None
    """Dormant, and looked at no more since then: only a sign of life wakes it."""
    won_at: datetime | None = None
    """A customer since then: no prospect's mail, whatever else happens."""
    support: str | None = None
    """The track that its salesperson lets run in their name; ends with their having the lead."""
    merged_into: UUID | None = None
    merged_from: tuple[UUID, ...] = ()
    """Leads that turned out to be this one; what they did and were given counts as this lead's."""


@dataclass(frozen=True)
class Facts:
    """Everything `decide` reads about one lead, loaded in one go."""

    lead: Lead
    known: Mapping[str, Known] = field(default_factory=dict)
    seen: Mapping[str, Seen] = field(default_factory=dict)
    ledger: tuple[Delivery, ...] = ()
    task: Task | None = None
    offer: Offer | None = None
    reserved: Mapping[str, datetime] = field(default_factory=dict)
    attempts: Attempts = Attempts()
    owner_hours: Hours | None = None
    owner_zone: str | None = None
    owner_holidays: str | None = None
    owner_away_until: datetime | None = None
    claim: Claim | None = None
    has_deal_at_company: bool = False
    """Somebody at this company has an open opportunity: marketing to all of them stands still."""
    held: Held | None = None
    memory: Memory | None = field(default=None, compare=False, repr=False)
    """What was found out about this lead before; only where the same lead is decided about again and again."""
