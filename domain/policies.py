"""What both teams agreed about the handoff: people, reasons, recycling, service levels and routing."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from domain.definition import Id
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


class Routing(Part):
    rules: list[RoutingRule] = Field(min_length=1)
    manager: str
