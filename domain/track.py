"""What buyers read: tracks, their stages and touches, and what every track uses unless it says otherwise."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, field_validator, model_validator

from domain import keys
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
    PercentPhrase,
    SpanPhrase,
    parse_outcome,
    parse_span,
)

Channel = Literal["email", "call", "task"]
React = Literal["judge", "stop"]
Purpose = Literal["stage", "long_cycle", "re_engagement", "sales_support", "customer"]
SUPPORT_STAGES = ("working", "qualified", "opportunity", "proposal")
"""Of a track with purpose: sales_support: where the salesperson's work with the lead stands."""
MATCHED = ("stage", "customer")
"""Purposes of tracks that enrol by their condition; the others are reached by `then`, a return or by hand."""
NO_TRACK = "none"
OUTCOMES = {
    "talked": parse_outcome("engaged"),
    "no_answer": parse_outcome("retry 3 times every 2 days"),
    "later": parse_outcome("snooze"),
    "not_us": parse_outcome("disqualify"),
}


class Words(Part):
    """A touch in another language: what people read of it. What decides stands in the base file alone."""

    subject: str | None = None
    preheader: str | None = None
    title: str | None = None
    ask: str | None = None
    body: str
    assets: tuple[str, ...] = ()
    """As in Touch."""


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
    variants: dict[Id, Annotated[int, Field(ge=0, le=100)]] = {}
    """Shares in percent. The first is the file itself, another one is the file `<touch>.<variant>.md` beside it."""
    body: str
    assets: tuple[str, ...] = ()
    """The collateral it links to, found in the body by the loader."""
    languages: dict[str, Words] = {}
    """The same touch from `<touch>.<language>.md`, put here by the loader."""
    language: str = ""
    """Of these words; empty: the base file's."""
    variant: str | None = None
    versions: dict[str, Touch] = {}
    """The whole touch as each variant says it, put together by the loader."""

    def version_for(self, lead_id: UUID) -> Touch:
        """The variant this lead gets, whenever it gets it; shares that change move as few leads as can be."""
        if not self.variants:
            return self
        drawn, below = keys.draw(lead_id, f"variant/{self.id}") * 100, 0
        for name, share in self.variants.items():
            below += share
            if drawn < below:
                return self.versions[name]
        return self

    def version(self, variant: str | None) -> Touch:
        """The words of a variant as they were sent."""
        return self.versions.get(variant or "", self)

    def conditioned_as(self, before: Touch) -> Touch:
        """These words, under the conditions and after the wait of an earlier release."""
        then = {"when": before.when, "wait": before.wait}
        versions = {name: version.model_copy(update=then) for name, version in self.versions.items()}
        return self.model_copy(update={**then, "versions": versions})

    @property
    def is_human(self) -> bool:
        return self.channel != "email"

    @property
    def name(self) -> str:
        return self.title or self.id

    def in_language(self, wanted: str | None) -> Touch:
        """For a lead who speaks `de-at`: the words of `.de-at.md`, else of `.de.md`, else these. Variants are of the
        base file's language; whoever reads another is counted with none."""
        code = (wanted or "").strip().lower().replace("_", "-")
        for language in (code, code.partition("-")[0]):
            if words := self.languages.get(language):
                said = {name: value for name, value in words if value is not None}
                return self.model_copy(update={**said, "languages": {}, "language": language, "variant": None})
        return self

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

    @field_validator("variants")
    @classmethod
    def _add_up(cls, variants: dict[str, int]) -> dict[str, int]:
        if variants and (len(variants) < 2 or sum(variants.values()) != 100):
            raise ValueError("the shares of two or more variants add up to 100; write for example {a: 50, b: 50}")
        return variants

    @model_validator(mode="after")
    def _complete(self) -> Touch:
        if not self.body.strip():
            raise ValueError("there is no text below the second ---")
        if self.channel == "email" and not self.subject:
            raise ValueError("a mail needs a subject; if a person does this touch, write channel: call or task")
        if self.is_human and not self.title:
            raise ValueError("a human touch needs a title")
        return self


class Variant(Part):
    """What a variant of a touch says otherwise; what it leaves out is as in the touch's own file."""

    subject: str | None = None
    preheader: str | None = None
    title: str | None = None
    body: str = ""


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
    enrol: When | None = None
    stages: dict[Id, StagePhrase]
    purpose: Purpose = "stage"
    proposed_by: str | None = None
    status: Literal["proposed", "declined"] | None = None
    campaign: str | None = None
    priority: int = 0
    reserve: list[str] = []
    react: dict[str, React] = {}
    then: str | None = None
    hold_out: PercentPhrase = 0.0
    sender: str | None = None
    window: HoursPhrase | None = None
    quiet_time: Duration | None = None
    in_flight: Literal["adopt", "keep"] = "adopt"
    examples: list[Example] = []
    touches: dict[str, Touch] = {}

    @field_validator("stages")
    @classmethod
    def _some(cls, stages: dict[str, Stage]) -> dict[str, Stage]:
        if not stages:
            raise ValueError("a track needs at least one stage")
        return stages

    @model_validator(mode="after")
    def _enrols_somebody(self) -> Track:
        if self.enrol is None and self.purpose in MATCHED:
            raise ValueError("say whom it is for: enrol, with a condition")
        return self

    def after(self, stage: str) -> str | None:
        """The stage after this one, None after the last."""
        names = list(self.stages)
        place = names.index(stage) + 1
        return names[place] if place < len(names) else None

    def before(self, stage: str) -> str | None:
        """The stage before this one, None before the first."""
        names = list(self.stages)
        place = names.index(stage)
        return names[place - 1] if place else None

    def holds_out(self, lead_id: UUID) -> bool:
        """Whether this lead is of those who get nothing of the track, so that its effect can be told."""
        return bool(lead_id.int) and keys.draw(lead_id, f"hold_out/{self.id}") < self.hold_out

    def kept_from(self, before: Track) -> Track:
        """`in_flight: keep`: what this track says now, in the structure it had then: stages, order, gaps, conditions.

        A touch that is no longer in the files is given to nobody.
        """
        touches = {
            name: now.conditioned_as(before.touches[name])
            for name, now in self.touches.items()
            if name in before.touches
        }
        kept = ("stages", "reserve", "then")
        return self.model_copy(update={"touches": touches, **{name: getattr(before, name) for name in kept}})

    @property
    def first_stage(self) -> str:
        return next(iter(self.stages))

    @property
    def is_support(self) -> bool:
        """Never part of nurture: it runs with sales, if the salesperson lets it."""
        return self.purpose == "sales_support"

    def is_for(self, customer: bool) -> bool:
        """Whether marketing may put such a person on it: customers and others never get each other's tracks."""
        return not self.is_support and (self.purpose == "customer") == customer


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
    quiet_time: Duration = timedelta(days=5)
    dormant_recheck: Duration = timedelta(days=180)
    dormant_track: str | None = None
    sunset_after: Duration = timedelta(days=360)
    offering: str | None = None
    language: str = "en"
    """Of the base files; a lead who speaks another gets `<touch>.<language>.md` where there is one."""

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
