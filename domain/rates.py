"""How buyers have answered so far, as an archive knows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from domain.lead import State, Value

FEWEST = 30
"""Deliveries below which a touch's own share says little; then its channel's counts."""


@dataclass(frozen=True)
class Rate:
    """Of so many deliveries so many were followed by a click, and so many by an answer."""

    delivered: int = 0
    clicked: int = 0
    answered: int = 0

    def __add__(self, other: Rate) -> Rate:
        return Rate(self.delivered + other.delivered, self.clicked + other.clicked, self.answered + other.answered)


@dataclass(frozen=True)
class Rates:
    """`mails` by touch; `calls` counts the outcomes of human touches by touch; `values` how often a field was told to
    have which value; `delay` is the usual time from a mail to what it was followed by. `sales` holds, by the state a
    lead was in, the business time after which its salesperson did what was promised, once for each time."""

    mails: Mapping[str, Rate]
    calls: Mapping[str, Mapping[str, int]]
    values: Mapping[str, Mapping[Value, int]]
    delay: timedelta
    sales: Mapping[State, Sequence[timedelta]] = field(default_factory=dict)

    @property
    def deliveries(self) -> int:
        return sum(rate.delivered for rate in self.mails.values())
