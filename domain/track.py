"""What buyers read: tracks, their stages and touches, and what every track uses unless it says otherwise."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from domain.definition import Id
from domain.example import Example
from domain.parts import Part, When
from domain.phrases import (
    CapPhrase,
    Duration,
    GoalPhrase,
    HoursPhrase,
    MoneyPhrase,
    Outcome,
    OutcomePhrase,
    SpanPhrase,
    parse_outcome,
    parse_span,
)

Channel = Literal["email", "call", "task"]
React = Literal["judge", "stop"]
OUTCOMES = {
    "talked": parse_outcome("engaged"),
    "no_answer": parse_outcome("retry 3 times every 2 days"),
    "later": parse_outcome("snooze"),
    "not_us": parse_outcome("disqualify"),
}


class Touch(Part):
    """One touch: a mail, or something a person does. Its id is the name of its file."""

    id: Id
    channel: Channel = "email"
    title: str | None = None
    subject: str | None = None
    preheader: str | None = None
    why: str | None = None
    when: When | None = None
    wait: Duration | None = None
    persona: str | None = None
    learn: str | None = None
    ask: str | None = None
    due: SpanPhrase | None = None
    outcomes: dict[Id, OutcomePhrase] = OUTCOMES
    if_not_done: Literal["skip", "keep"] | None = None
    expires: str | None = None
    repeatable: bool = False
    body: str
    assets: tuple[str, ...] = ()
    """The collateral it links to, found in the body by the loader."""

    @property
    def is_human(self) -> bool:
        return self.channel != "email"

    @property
    def name(self) -> str:
        return self.title or self.id

    def outcome(self, name: str) -> Outcome | None:
        return self.outcomes.get(name)

    @field_validator("expires")
    @classmethod
    def _is_a_day(cls, expires: str | None) -> str | None:
        try:
            if expires is not None and date.fromisoformat(expires).isoformat() != expires:
                raise ValueError
        except ValueError:
            raise ValueError(f"“{expires}” is no day; write year, month and day like 2027-03-31") from None
        return expires

    @model_validator(mode="after")
    def _complete(self) -> Touch:
        if not self.body.strip():
            raise ValueError("there is no text below the second ---")
        if self.channel == "email" and not self.subject:
            raise ValueError("a mail needs a subject; if a person does this touch, write channel: call or task")
        if self.is_human and not self.title:
            raise ValueError("a human touch needs a title")
        return self


class Stage(Part):
    """A stage of the buyer's way, with its touches in the order they are preferred."""

    touches: list[str]
    aim: str | None = None
    next_when: When | None = None
    back_when: When | None = None
    longest: Duration | None = None
    used_up: Literal["next", "rest"] | None = None
    gap: Duration | None = None


def _stage(value: Any) -> Any:  # Any: as the author wrote it
    return {"touches": value} if isinstance(value, list) else value


StagePhrase = Annotated[Stage, BeforeValidator(_stage)]


class Track(Part):
    """A track with its campaign form. Its id is the name of its folder."""

    id: Id
    title: str
    owner: str
    goal: GoalPhrase
    message: str
    audience: str
    budget: MoneyPhrase
    enrol: When
    stages: dict[Id, StagePhrase]
    purpose: str = "stage"
    proposed_by: str | None = None
    status: Literal["proposed", "declined"] | None = None
    campaign: str | None = None
    priority: int = 0
    reserve: list[str] = []
    react: dict[str, React] = {}
    then: str | None = None
    sender: str | None = None
    window: HoursPhrase | None = None
    in_flight: Literal["adopt", "keep"] = "adopt"
    examples: list[Example] = []
    touches: dict[str, Touch] = {}

    @field_validator("stages")
    @classmethod
    def _some(cls, stages: dict[str, Stage]) -> dict[str, Stage]:
        if not stages:
            raise ValueError("a track needs at least one stage")
        return stages

    def after(self, stage: str) -> str | None:
        """The stage after this one, None after the last."""
        names = list(self.stages)
        place = names.index(stage) + 1
        return names[place] if place < len(names) else None

    @property
    def first_stage(self) -> str:
        return next(iter(self.stages))


class Company(Part):
    name: str
    postal_address: str


class HumanTouch(Part):
    owner: str
    due: SpanPhrase = parse_span("2 business days")
    if_not_done: Literal["skip", "keep"] = "skip"


class Defaults(Part):
    """What every track uses unless it says otherwise."""

    company: Company
    sender: str
    window: HoursPhrase
    at_most: list[CapPhrase]
    same_mail_at_one_company: CapPhrase
    gap: dict[str, Duration]
    used_up: Literal["next", "rest"] = "next"
    then: str | None = None
    react: dict[str, React] = {}
    country: str = "US"
    time_zone: str = "America/New_York"
    human_touch: HumanTouch
    sender_daily: int = Field(default=500, ge=1)
    dormant_recheck: Duration = timedelta(days=180)
    offering: str | None = None

    def gap_of(self, stage_name: str, stage: Stage) -> timedelta:
        return stage.gap if stage.gap is not None else self.gap.get(stage_name, timedelta(days=7))


class Asset(Part):
    title: str
    url: Annotated[str, Field(pattern=r"^https://\S+$", max_length=2000)]
    stage: str | None = None
    persona: str | None = None
    pain: str | None = None
    repeatable: bool = False


class AssetsFile(Part):
    assets: dict[Id, Asset] = {}


class Sample(Part):
    """A lead for check, preview, simulate and the demo; `behaves` and `tells` are for the demo's buyers."""

    lead: dict[str, Any]  # Any: checked against fields.yaml like every lead
    company: dict[str, Any] = {}
    inquiry: dict[str, Any] = {}
    fact: dict[str, Any] = {}
    behaves: str = "quiet"
    tells: dict[str, Any] = {}


class SamplesFile(Part):
    samples: dict[Id, Sample] = {}
