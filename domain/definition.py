"""What marketing and sales agreed: fields, events, the definition of a sales-ready lead, and profiles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    SkipValidation,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from domain.conditions import Condition, Reads, View
from domain.example import Act, Day
from domain.parts import Part, When
from domain.phrases import Duration, EveryPhrase, parse_every

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""What conditions read by its bare name: there, `a-b` would be a subtraction."""
FieldName = Annotated[str, Field(pattern=r"^(lead|company|inquiry|fact)\.[a-z][a-z0-9_]{0,63}$")]
GRADES = ("A", "B", "C", "D")


class FieldWords(Part):
    """A field's question and answers in another language, for the page behind an answer link."""

    ask: str | None = None
    options: dict[str, str] = {}


class FieldDef(Part):
    """One field or fact we really need; `ask` is the question that learns it."""

    type: Literal["text", "number", "choice", "flag", "date"]
    say: str = ""
    options: dict[str, str] = {}
    personal: bool = False
    ask: str | None = None
    min: float | None = None
    """The least number that makes sense."""
    true_for: Duration | None = None
    """How long an answer stays true; older ones are unknown to the definition."""
    languages: dict[str, FieldWords] = {}

    def in_language(self, wanted: str | None) -> FieldDef:
        """As a reader of that language is asked; what is not translated stays as it is."""
        words = self.languages.get(wanted or "") or self.languages.get((wanted or "").partition("-")[0])
        if words is None:
            return self
        return self.model_copy(update={"ask": words.ask or self.ask, "options": {**self.options, **words.options}})

    @model_validator(mode="after")
    def _choices(self) -> FieldDef:
        if (self.type == "choice") != bool(self.options):
            raise ValueError("a choice needs options, and only a choice has them")
        if self.min is not None and self.type != "number":
            raise ValueError("only a number has a min")
        for language, words in self.languages.items():
            if unknown := sorted(words.options.keys() - self.options.keys()):
                raise ValueError(f"{language} translates {', '.join(unknown)}, which is none of the options")
        return self


class FieldsFile(Part):
    fields: dict[FieldName, FieldDef]
    lists: dict[Name, list[str]] = {}


class EventDef(Part):
    """Something that happens; `points` fade to half after `half_life`."""

    say: str
    human: bool = True
    points: float = Field(default=0, ge=-100, le=100)
    half_life: Duration = timedelta(days=14)
    hand_raise: bool = False

    @field_validator("half_life")
    @classmethod
    def _lasts(cls, half_life: timedelta) -> timedelta:
        if half_life <= timedelta(0):
            raise ValueError("points that fade at once count for nothing; write for example 14 days")
        return half_life


class EventsFile(Part):
    events: dict[Name, EventDef]


@dataclass(frozen=True)
class Askable:
    """A criterion's condition. What it asks `known(...)` about and nobody has told us makes it unknown, not
    false: somebody has to ask. Everywhere else `known(...)` is a plain yes or no.
    """

    written: Condition

    @property
    def text(self) -> str:
        return self.written.text

    @property
    def reads(self) -> Reads:
        return self.written.reads

    def holds(self, view: View) -> bool | None:
        holds = self.written.holds(view)
        if holds is False and any(view.value(name) is None for name in self.reads.known):
            return None
        return holds


class Criterion(Part):
    """One sentence both teams mean the same by: met, not met or unknown."""

    say: str
    when: When
    fact: str | None = None
    from_: list[str] = Field(default=[], alias="from")
    ask: str | None = None
    good_for: Duration | None = None

    @model_validator(mode="before")
    @classmethod
    def _fact_is_short_for_known(cls, data: Any) -> Any:  # Any: as the author wrote it
        if isinstance(data, dict) and "fact" in data and "when" not in data:
            return {**data, "when": f"known(fact.{data['fact']})"}
        return data

    @field_validator("when")
    @classmethod
    def _unknown_means_ask(cls, when: Condition) -> Condition:
        return Askable(when)


class Rule(Part):
    """A way to be ready: all of some criteria, or a condition over them."""

    when: Annotated[Condition, SkipValidation]

    @property
    def reads_events(self) -> bool:
        return bool(self.when.reads.events)


def _rule(value: Any, info: ValidationInfo) -> Rule:  # Any: as the author wrote it
    if isinstance(value, Rule):
        return value
    if isinstance(value, list):
        value = " and ".join(str(name) for name in value)
    if not isinstance(value, str):
        raise ValueError("write a list of criteria, [fits, problem], or a condition")
    return Rule(when=(info.context or {})["compile_rule"](value))


_TEXTS = {"type": "array", "items": {"type": "string"}}
_CONDITION = {"type": "string", "format": "condition"}
RulePhrase = Annotated[Rule, BeforeValidator(_rule), WithJsonSchema({"anyOf": [_CONDITION, _TEXTS]})]


class Expectation(Part):
    lead: str
    expect: Annotated[str, Field(pattern=r"^(ready [a-z0-9_-]+|ask [a-z0-9_-]+|not ready)$")]
    from_: Day | None = Field(default=None, alias="from")
    do: list[Act] = []
    """What happens to it first; without it, it is judged as it arrives."""


class Signers(Part):
    marketing: str
    sales: str


class Definition(Part):
    """The universal definition: one for the company, whatever the lead's source or track."""

    title: str
    signers: Signers
    review: EveryPhrase | None = None
    criteria: dict[Name, Criterion]
    ready_when: dict[Id, RulePhrase]
    hold_back_when: dict[Id, When] = {}
    qualify_needs: list[str] = []
    """Full names of the facts that a conversation has to have confirmed (T20)."""
    examples: list[Expectation] = []

    @field_validator("qualify_needs")
    @classmethod
    def _in_full(cls, names: list[str]) -> list[str]:
        return list(dict.fromkeys(name if "." in name else f"fact.{name}" for name in names))

    @property
    def review_every(self) -> timedelta | None:
        return parse_every(self.review) if self.review else None


class Points(Part):
    points: float
    when: When


def _points(value: Any) -> Any:  # Any: as the author wrote it
    if isinstance(value, str):
        number, found, condition = value.partition(" if ")
        if not found or not number.strip().lstrip("-").isdigit():
            raise ValueError("write points as: 40 if company.dock_doors >= 6")
        return {"points": float(number), "when": condition.strip()}
    return value


_SHORT = {"type": "string", "pattern": "^ *-?[0-9]+ *if .+$"}
_LONG = {
    "type": "object",
    "properties": {"points": {"type": "number"}, "when": _CONDITION},
    "required": ["points", "when"],
    "additionalProperties": False,
}
PointsPhrase = Annotated[Points, BeforeValidator(_points), WithJsonSchema({"anyOf": [_SHORT, _LONG]})]


class Messaging(Part):
    """What to say to whom about which pain."""

    persona: str
    titles: list[str] = []
    pains: list[str] = []
    message: str
    proof: list[str] = []
    opening_question: str | None = None
    avoid: list[str] = []
    """What not to say to them."""


class Profile(Part):
    """Ideal customer profile and messaging of one offering, on top of the company's own."""

    offering: str | None = None
    value_proposition: str | None = None
    never: dict[Id, When] = {}
    points: dict[Id, PointsPhrase] = {}
    messaging: list[Messaging] = []

    @field_validator("points")
    @classmethod
    def _sum(cls, points: dict[str, Points]) -> dict[str, Points]:
        total = sum(p.points for p in points.values() if p.points > 0)
        if points and total > 100:
            raise ValueError(f"the points add up to {total:g}; grades are made for at most 100")
        return points


def grade_of(points: float) -> str:
    """A from 75, B from 50, C from 25, else D (docs/rules.md, scoring)."""
    return GRADES[0 if points >= 75 else 1 if points >= 50 else 2 if points >= 25 else 3]


def engagement_of(points: float) -> int:
    """1 from 60, 2 from 30, 3 from 10, else 4: one is the most engaged (docs/rules.md, scoring)."""
    return 1 if points >= 60 else 2 if points >= 30 else 3 if points >= 10 else 4
