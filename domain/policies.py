"""What both teams agreed about the handoff: people, reasons, recycling, service levels and routing."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator

from domain.definition import Id, PointsPhrase
from domain.parts import Part, When
from domain.phrases import (
    CapPhrase,
    Duration,
    HoursPhrase,
    Money,
    MoneyPhrase,
    SpanPhrase,
    parse_hours,
    parse_span,
)

Role = Literal["marketing", "nurture", "sales", "manager", "ops"]
Need = Literal["note", "criterion", "resume_on", "referral", "competitor", "effort"]


class Person(Part):
    name: Annotated[str, Field(pattern=r"\S")]
    role: Role
    team: str = ""
    address: str
    phone: str | None = None
    skills: list[Id] = []
    """What routing rules may ask for: languages, products, territories."""
    digest: bool | None = None
    """The mail at the start of their working day; left out, what their team says."""

    @property
    def first_name(self) -> str:
        return self.name.split()[0]


class PeopleFile(Part):
    people: dict[Id, Person]


class Reason(Part):
    """`needs` is required with it; `asks` is asked for and may stay empty."""

    say: str
    needs: list[Need] = []
    asks: list[Need] = []
    on: bool = True


class RejectReason(Reason):
    class_: Literal["procedural", "clerical", "definitional"] = Field(alias="class")
    next: Literal["reroute", "nurture", "disqualify", "owner"]
    quality: bool = False


class LossReason(Reason):
    """`recycle_as` is the return code of the same meaning, or `never` for a deal lost for good."""

    recycle_as: str | None = None


class ReasonsFile(Part):
    reject: dict[Id, RejectReason]
    recycle: dict[Id, Reason]
    disqualify: dict[Id, Reason]
    loss: dict[Id, LossReason] = {}
    win: dict[Id, Reason] = {}
    """Why a deal was won: the tags of a debrief, nobody needs one to win."""


class RecycleRule(Part):
    """What a reason means for the lead: how long to leave it alone, where it comes in again."""

    cool_down: Duration
    resume_early: Duration = timedelta(days=30)
    """A buyer who named a date hears from us so long before it."""
    stage: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")] = "same"
    track: str = "keep"
    """A track, `keep` the lead's own, or `none`: nothing is sent to this person."""
    wake_up: list[str] = []
    back_to_rep: bool = False


class Recycling(Part):
    max_cycles: CapPhrase
    rest_before_next_handoff: Duration
    reasons: dict[Id, RecycleRule]


class HotNormal(Part):
    """A promise with a shorter term for hot leads."""

    hot: SpanPhrase
    normal: SpanPhrase


class Ladder(Part):
    """Percent of a clock's allowance at which we remind, escalate and take the lead back."""

    remind: int = Field(default=50, ge=1)
    escalate: int = Field(default=100, ge=1)
    reassign: int = Field(default=150, ge=1)


class MinimumEffort(Part):
    attempts: int = 6
    channels: int = 2
    business_days: int = 10


class Debriefs(Part):
    """Which closed deals somebody other than their salesperson asks about: every one worth more than `over`, in
    whatever currency a deal is if that is another one, and of the rest one in `one_in`.
    """

    over: MoneyPhrase = Money(25000, "USD")
    one_in: int = Field(default=5, ge=1)
    by: str | None = None


class ServiceLevels(Part):
    routed: SpanPhrase
    accept: HotNormal
    first_attempt: HotNormal
    outcome: SpanPhrase
    opportunity: SpanPhrase
    ladder: Ladder = Ladder()
    max_reroutes: int = 2
    minimum_effort: MinimumEffort = MinimumEffort()
    hand_raise_answer: SpanPhrase = parse_span("4 business hours")
    stale_after: Duration
    feedback: SpanPhrase = parse_span("2 business days")
    debrief: Debriefs = Debriefs()
    hours: HoursPhrase = parse_hours("Mon-Fri 09:00-17:00")
    hot: list[str] = []


class RoutingRule(Part):
    id: Id
    to: Literal["previous_rep", "owner", "round_robin", "pool"]
    when: When | None = None
    team: str | None = None
    skill: str | None = None


class Team(Part):
    """How a team takes leads: each is offered to one salesperson, or waits in a queue for whoever asks next."""

    handoff: Literal["offer", "queue"] = "offer"
    manager: Id | None = None
    digest: bool = True
    """Whether its salespeople and managers get a mail at the start of their working day."""


class Capacity(Part):
    """How many new leads a salesperson can take up in a day."""

    attempts_per_hour: float = Field(gt=0, le=1000)
    share_for_new_leads: float = Field(gt=0, le=1)
    attempts_per_lead: float = Field(gt=0, le=1000)

    def daily(self, day: timedelta) -> int:
        """hours * attempts_per_hour * share_for_new_leads / attempts_per_lead, whole leads, never none."""
        hours = day / timedelta(hours=1)
        return max(1, int(hours * self.attempts_per_hour * self.share_for_new_leads / self.attempts_per_lead))


class Routing(Part):
    rules: list[RoutingRule] = Field(min_length=1)
    manager: str
    teams: dict[str, Team] = {}
    capacity: Capacity | None = None
    silent_after: int = Field(default=2, ge=1)

    def has_queue(self, team: str) -> bool:
        return team in self.teams and self.teams[team].handoff == "queue"

    def manager_of(self, team: str | None) -> str:
        found = self.teams.get(team or "")
        return found.manager if found and found.manager else self.manager


Kind = Literal[
    "callback", "hand_raise", "deadline", "first_attempt", "retry", "next_step", "recycled", "other"
]  # fmt: skip
"""Why a lead is the next one to work on. A salesperson's own unfinished claim goes before all of them."""
Grade = Annotated[str, Field(pattern=r"^[A-D][1-4]$")]


class Queue(Part):
    """The order in which salespeople get their leads, as management wants it (lead_defs/queue.yaml)."""

    order: list[Kind] = list(get_args(Kind))
    grades: list[Grade] = ["A1", "A2", "B1", "A3", "B2"]
    deadline_left: int = Field(default=25, ge=1, le=99)
    """Percent of a promise's time that is left when it counts as a deadline."""
    promote_every: Duration = timedelta(days=2)
    lease: Duration = timedelta(minutes=15)
    call: Duration = timedelta(hours=2)
    call_hours: HoursPhrase = parse_hours("Mon-Fri 08:00-18:00")
    """In the buyer's own zone."""
    retries: list[Duration] = Field(
        default=[timedelta(hours=4), timedelta(days=1), timedelta(days=2), timedelta(days=3)], min_length=1
    )
    next_step: Duration = timedelta(days=2)
    next_step_in_deal: Duration = timedelta(days=14)
    value: dict[Id, PointsPhrase] = {}
    """Points that decide between leads of one kind and grade."""
    skip: dict[Id, str] = {
        "not_now": "Cannot be reached at this hour",
        "not_mine": "Somebody else knows them better",
        "other": "Something else",
    }
    skipped_for: Duration = timedelta(days=1)

    @field_validator("order")
    @classmethod
    def _whole(cls, order: list[Kind]) -> list[Kind]:
        if sorted(order) != sorted(get_args(Kind)):
            raise ValueError(f"name each of these once, in your order: {', '.join(get_args(Kind))}")
        return order

    @field_validator("promote_every", "lease", "call")
    @classmethod
    def _lasts(cls, length: timedelta) -> timedelta:
        if length < timedelta(minutes=1):
            raise ValueError("this must last a minute at least; write for example 15 minutes")
        return length

    @field_validator("skip")
    @classmethod
    def _some(cls, skip: dict[str, str]) -> dict[str, str]:
        if not skip:
            raise ValueError("a skip needs a reason; name one at least")
        return skip
