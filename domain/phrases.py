"""The short phrases of the files: `7 days`, `4 business hours`, `2 per 7 days`, `40 if <condition>`.

One pattern each; anything freer is refused with an example of what is meant. A month is 30 days, a year 365.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

UNITS = {"minute": 1, "hour": 60, "day": 1440, "week": 10080, "month": 43200, "year": 525600}
LONGEST = 10 * UNITS["year"]
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Pace(StrEnum):
    CALENDAR = "calendar"
    BUSINESS = "business"  # minutes of somebody's working hours
    BUSINESS_DAYS = "business days"  # working days of somebody's calendar


@dataclass(frozen=True)
class Span:
    """A length of time: calendar or business minutes, or business days."""

    amount: int
    pace: Pace = Pace.CALENDAR

    @property
    def length(self) -> timedelta:
        """As plain time; of a business span it is only the nominal length (a day is 8 hours)."""
        return timedelta(minutes=self.amount * (480 if self.pace is Pace.BUSINESS_DAYS else 1))


@dataclass(frozen=True)
class Cap:
    """At most `count` per `within`."""

    count: int
    within: timedelta


@dataclass(frozen=True)
class Hours:
    """Open hours on some weekdays (0 = Monday) in somebody's own time zone."""

    weekdays: frozenset[int]
    opens: time
    closes: time

    def __str__(self) -> str:
        """As it is written: Mon-Fri 09:00-17:00."""
        first = next((day for day in sorted(self.weekdays) if (day - 1) % 7 not in self.weekdays), 0)
        last = DAYS[(first + len(self.weekdays) - 1) % 7]
        days = DAYS[first] if len(self.weekdays) == 1 else f"{DAYS[first]}-{last}"
        return f"{days} {self.opens:%H:%M}-{self.closes:%H:%M}"


@dataclass(frozen=True)
class Outcome:
    """What follows when a human touch ends so: `engaged`, `retry 3 times every 2 days`, `snooze`, ..."""

    then: str
    times: int = 0
    every: Span = Span(0)


@dataclass(frozen=True)
class Goal:
    count: int
    what: str
    by: date


@dataclass(frozen=True)
class Money:
    amount: int
    currency: str


_SPAN = re.compile(r"(\d+) (business )?(minute|hour|day|week|month|year)s?")
_CAP = re.compile(r"(\d+) (?:per|in) (.+)")
_EVERY = re.compile(r"every ((?:\d+ )?(?:day|week|month|year)s?)")
_WEEKDAYS = "|".join(DAYS)
_HOURS = re.compile(rf"({_WEEKDAYS})(?:-({_WEEKDAYS}))? (\d\d):(\d\d)-(\d\d):(\d\d)")
_RETRY = re.compile(r"retry (\d+) times? every (.+)")
_PLAIN = ("engaged", "done", "snooze", "disqualify", "skip")
_OUTCOME = re.compile(rf"{'|'.join(_PLAIN)}|{_RETRY.pattern}")
_GOAL = re.compile(r"(\d+) ([a-z_]+) by (\d{4}-\d\d-\d\d)")
_MONEY = re.compile(r"(\d+) ([A-Z]{3})")
_PERCENT = re.compile(r"(\d{1,2}(?:\.\d+)?) ?%")


def parse_span(text: str) -> Span:
    """`7 days`, `4 business hours`, `1 day`. Raises ValueError with the way to write it."""
    found = _SPAN.fullmatch(text.strip())
    if not found:
        raise ValueError(f"“{text}” is no length of time; write for example 7 days or 4 business hours")
    number, business, unit = int(found[1]), found[2], found[3]
    if number * UNITS[unit] > LONGEST:
        raise ValueError(f"“{text}” is too long; ten years is the most")
    if not business:
        return Span(number * UNITS[unit])
    if unit in ("minute", "hour"):
        return Span(number * UNITS[unit], Pace.BUSINESS)
    if unit in ("day", "week"):
        return Span(number * (5 if unit == "week" else 1), Pace.BUSINESS_DAYS)
    raise ValueError(f"“{text}” is not known; business time is counted in minutes, hours, days or weeks")


def parse_duration(text: str) -> timedelta:
    """A calendar length only."""
    span = parse_span(text)
    if span.pace is not Pace.CALENDAR:
        raise ValueError(f"“{text}” must be calendar time here, for example 7 days")
    return span.length


def parse_cap(text: str) -> Cap:
    found = _CAP.fullmatch(text.strip())
    if not found:
        raise ValueError(f"“{text}” is no limit; write for example 2 per 7 days")
    within = found[2] if found[2][0].isdigit() else f"1 {found[2]}"
    cap = Cap(int(found[1]), parse_duration(within))
    if not cap.count or not cap.within:
        raise ValueError(f"“{text}” lets nothing through; write for example 2 per 7 days")
    return cap


def parse_every(text: str) -> timedelta:
    found = _EVERY.fullmatch(text.strip())
    if not found:
        raise ValueError(f"“{text}” says not how often; write for example every 6 months")
    often = parse_duration(found[1] if found[1][0].isdigit() else f"1 {found[1]}")
    if not often:
        raise ValueError(f"“{text}” is never; write for example every 6 months")
    return often


def _every(text: str) -> str:
    parse_every(text)
    return text


def parse_hours(text: str) -> Hours:
    found = _HOURS.fullmatch(text.strip())
    if not found:
        raise ValueError(f"“{text}” are no hours; write for example Tue-Thu 08:30-11:30")
    first = DAYS.index(found[1])
    last = DAYS.index(found[2] or found[1])
    days = frozenset((first + n) % 7 for n in range((last - first) % 7 + 1))
    try:
        opens, closes = time(int(found[3]), int(found[4])), time(int(found[5]), int(found[6]))
    except ValueError:
        raise ValueError(f"“{text}” has an hour that does not exist") from None
    if opens >= closes:
        raise ValueError(f"“{text}” closes before it opens")
    return Hours(days, opens, closes)


def parse_outcome(text: str) -> Outcome:
    words = text.strip()
    found = _RETRY.fullmatch(words)
    if found:
        return Outcome("retry", int(found[1]), parse_span(found[2]))
    if words not in _PLAIN:
        raise ValueError(
            f"“{text}” is no outcome; write engaged, done, snooze, skip, disqualify or retry 3 times every 2 days"
        )
    return Outcome(words)


def parse_goal(text: str) -> Goal:
    found = _GOAL.fullmatch(text.strip())
    if not found:
        raise ValueError(f"“{text}” is no goal; write for example 40 sales_accepted by 2027-03-31")
    try:
        by = date.fromisoformat(found[3])
    except ValueError:
        raise ValueError(f"there is no day {found[3]}; write one like 2027-03-31") from None
    return Goal(int(found[1]), found[2], by)


def parse_money(text: str) -> Money:
    found = _MONEY.fullmatch(text.strip())
    if not found:
        raise ValueError(f"“{text}” is no amount; write for example 9000 USD")
    return Money(int(found[1]), found[2])


def parse_percent(text: str) -> float:
    """`5%` as 0.05."""
    found = _PERCENT.fullmatch(text.strip())
    if not found:
        raise ValueError(f"“{text}” is no share; write for example 5%")
    return float(found[1]) / 100


T = TypeVar("T")


def _phrase(parse: Callable[[str], T], kind: type[T], example: str) -> Callable[[object], T]:
    def validate(value: object) -> T:
        if isinstance(value, kind):
            return value
        if not isinstance(value, str):
            raise ValueError(f"write this as a short phrase, such as {example}")
        return parse(value)

    return validate


def _schema(pattern: re.Pattern[str]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^(?:{pattern.pattern})$"})


SpanPhrase = Annotated[Span, BeforeValidator(_phrase(parse_span, Span, "4 business hours")), _schema(_SPAN)]
Duration = Annotated[timedelta, BeforeValidator(_phrase(parse_duration, timedelta, "7 days")), _schema(_SPAN)]
CapPhrase = Annotated[Cap, BeforeValidator(_phrase(parse_cap, Cap, "2 per 7 days")), _schema(_CAP)]
HoursPhrase = Annotated[Hours, BeforeValidator(_phrase(parse_hours, Hours, "Tue-Thu 08:30-11:30")), _schema(_HOURS)]
EveryPhrase = Annotated[str, AfterValidator(_every), _schema(_EVERY)]
"""Kept as it was written; `parse_every` says how long that is."""
OutcomePhrase = Annotated[Outcome, BeforeValidator(_phrase(parse_outcome, Outcome, "engaged")), _schema(_OUTCOME)]
_GOAL_LIKE = "40 sales_accepted by 2027-03-31"
GoalPhrase = Annotated[Goal, BeforeValidator(_phrase(parse_goal, Goal, _GOAL_LIKE)), _schema(_GOAL)]
MoneyPhrase = Annotated[Money, BeforeValidator(_phrase(parse_money, Money, "9000 USD")), _schema(_MONEY)]
PercentPhrase = Annotated[float, BeforeValidator(_phrase(parse_percent, float, "5%")), _schema(_PERCENT)]
