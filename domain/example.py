"""An example: what happens to one sample lead through time, and what should come of it - all in short phrases.

Days are the lead's own: `day 0` is the day of arrival in its time zone, `day 3` is three days later.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from domain.calendar import at_local
from domain.parts import Part
from domain.phrases import parse_duration

BEGINS = datetime(2027, 3, 1, 10, 0)  # noqa: DTZ001  # the lead's own wall clock: a Monday, 13 days before its summer time
"""When an example begins that does not say so; fixed, so that it comes out the same every day."""
NOON = time(12)
LONGEST_DAY = 1000
HANDOFF = "handoff"
_DAY = r"(?:day (?P<number>\d{1,4})|(?P<date>\d{4}-\d\d-\d\d))(?: (?P<time>\d\d:\d\d))?"
_WHEN = re.compile(_DAY)
_AFTER = re.compile(r"(?P<wait>\d+ [a-z]+) after (?P<what>[a-z0-9][a-z0-9_-]*)")
_EXPECT = re.compile(
    r"(?P<what>(?:no )?touch|stage|track|ready|not ready|state|(?P<count>\d{1,3}) touch(?:es)?"
    r"|exhausted after (?P<last>\d{1,3}) touches|exhausted|recycled|with sales)"
    rf"(?: (?P<name>(?!on |by )[A-Za-z0-9][A-Za-z0-9_-]*))?(?: (?P<how>on|by) (?P<when>{_DAY}))?"
)
NAMED = frozenset({"touch", "no touch", "stage", "track", "ready", "state"})


@dataclass(frozen=True)
class Moment:
    """A day of the lead's life or of the calendar, at a local time or at any; or so long after a touch."""

    text: str
    number: int | None = None
    on: date | None = None
    local: time | None = None
    wait: timedelta = timedelta(0)
    after: str | None = None

    def day(self, first: date) -> date:
        return self.on or first + timedelta(days=self.number or 0)

    def at(self, first: date, zone: str) -> datetime:
        """The instant; at noon where only the day is named."""
        return at_local(self.day(first), self.local or NOON, zone)


@dataclass(frozen=True)
class Expected:
    """One thing that should happen, or not: `touch checklist on day 1`, `not ready by day 30`."""

    text: str
    what: str
    name: str | None = None
    count: int | None = None
    how: str | None = None
    when: Moment | None = None


def parse_day(text: str) -> Moment:
    found = _WHEN.fullmatch(text.strip())
    if not found:
        raise ValueError(f"“{text}” is no day; write day 3, day 3 14:30 or 2027-03-04 14:30")
    try:
        written_date, written_time = found["date"], found["time"]
        on = date.fromisoformat(written_date) if written_date else None
        at = time.fromisoformat(written_time) if written_time else None
    except ValueError:
        raise ValueError(f"“{text}” does not exist; write day 3, day 3 14:30 or 2027-03-04 14:30") from None
    number = int(found["number"]) if found["number"] else None
    if number is not None and number > LONGEST_DAY:
        raise ValueError(f"“{text}” is too far off; {LONGEST_DAY} days is the most")
    return Moment(text.strip(), number, on, at)


def parse_moment(text: str) -> Moment:
    """`day 3`, `day 3 14:30`, `2027-03-04`, `2 days after checklist`, `1 day after handoff`."""
    found = _AFTER.fullmatch(text.strip())
    if found:
        return Moment(text.strip(), wait=parse_duration(found["wait"]), after=found["what"])
    try:
        return parse_day(text)
    except ValueError as error:
        raise ValueError(f"{error}, or 2 days after <touch>") from None


def parse_expected(text: str) -> Expected:
    found = _EXPECT.fullmatch(text.strip())
    what = found["what"] if found else ""
    if not found or (bool(found["name"]) != (what in NAMED)):
        raise ValueError(
            f"“{text}” is no expectation; write for example touch checklist on day 1, no touch voice-note,"
            " ready definition by day 30, not ready, stage interest by day 20, 10 touches, exhausted after 10 touches"
        )
    when = parse_day(found["when"]) if found["when"] else None
    number = found["count"] or found["last"]
    kind = "touches" if found["count"] else "exhausted" if what.startswith("exhausted") else what
    return Expected(text.strip(), kind, found["name"], int(number) if number else None, found["how"], when)


T = TypeVar("T")


def _phrase(parse: Callable[[str], T], kind: type[T]) -> Callable[[object], T]:
    def validate(value: object) -> T:
        if isinstance(value, kind):
            return value
        if isinstance(value, datetime | date):
            value = value.isoformat()[:16].replace("T", " ") if isinstance(value, datetime) else value.isoformat()
        if isinstance(value, dict):  # {touch: checklist, on: day 1} is the same phrase
            value = " ".join(f"{key} {part}" for key, part in value.items())
        if not isinstance(value, str):
            raise ValueError("write this as a short phrase, such as day 3")
        return parse(value)

    return validate


_TEXT = WithJsonSchema({"type": "string"})
Day = Annotated[Moment, BeforeValidator(_phrase(parse_day, Moment)), _TEXT]
When = Annotated[Moment, BeforeValidator(_phrase(parse_moment, Moment)), _TEXT]
_PHRASE = {"anyOf": [{"type": "string"}, {"type": "object"}]}
ExpectedPhrase = Annotated[Expected, BeforeValidator(_phrase(parse_expected, Expected)), WithJsonSchema(_PHRASE)]
_PHRASES = WithJsonSchema({"anyOf": [_PHRASE, {"type": "array", "items": _PHRASE, "minItems": 1}]})


def _listed(value: Any) -> Any:  # Any: as the author wrote it
    return value if isinstance(value, list) else [value]


class Act(Part):
    """One thing that happens in an example. `sales` is what the lead's salesperson does: `attempt connected`."""

    at: When
    event: str | None = None
    answer: dict[str, Any] = {}  # Any: checked against fields.yaml when it is played
    task: str | None = None
    sales: str | None = None
    criterion: str | None = None
    resume_on: date | None = None
    unsubscribes: bool = False

    @model_validator(mode="after")
    def _one_thing(self) -> Act:
        named = [bool(x) for x in (self.event, self.task, self.sales, self.unsubscribes)]
        if sum(named) > 1 or not (any(named) or self.answer):
            raise ValueError("write one of event, answer, task, sales or unsubscribes: true")
        return self


class Example(Part):
    """One life of a track's examples."""

    lead: str
    say: str | None = None
    from_: Day | None = Field(default=None, alias="from")
    do: list[Act] = []
    expect: Annotated[list[ExpectedPhrase], BeforeValidator(_listed), Field(min_length=1), _PHRASES]
