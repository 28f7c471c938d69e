"""One stretch of a lead's life as it can be judged again: what was known at each moment of it, and nothing later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from domain.lead import Facts, Known, Lead, Seen


@dataclass(frozen=True)
class Happened:
    """`at` is when, `known_at` when we heard of it, both UTC: a report that came late was not known before."""

    name: str
    at: datetime
    known_at: datetime
    id: str
    times: int = 1


@dataclass(frozen=True)
class Past:
    """From the lead's beginning, or from the day it came back from sales, to the moment sales got it - or to now.

    `lead` is the lead as the stretch began; `known` are all values a field ever had. `is_good` is what is known to
    have become of it, None when nobody can say; `became` says the same in a word.
    """

    id: str
    lead: Lead
    begin_at: datetime
    end_at: datetime
    known: Mapping[str, tuple[Known, ...]] = field(default_factory=dict)
    events: tuple[Happened, ...] = ()
    is_good: bool | None = None
    became: str = ""
    has_date: bool = True
    """False when the instants are made up, because nothing says when it was."""

    def moments(self, names: frozenset[str]) -> list[datetime]:
        """When something of these fields and events was learned, in order, and the end."""
        found = {self.begin_at, self.end_at}
        found |= {known.at for name in names & self.known.keys() for known in self.known[name]}
        found |= {event.known_at for event in self.events if event.name in names}
        return sorted(at for at in found if self.begin_at <= at <= self.end_at)

    def as_of(self, at: datetime) -> Facts:
        known = {
            name: max(told, key=lambda each: each.at)
            for name, values in self.known.items()
            if (told := [each for each in values if each.at <= at])
        }
        denied = {name: when for name, when in self.lead.denied.items() if when <= at}
        return Facts(replace(self.lead, denied=denied), known, self._seen(at))

    def _seen(self, at: datetime) -> dict[str, Seen]:
        days: dict[str, Counter[date]] = {}
        last: dict[str, Happened] = {}
        for event in self.events:
            if event.known_at <= at:
                days.setdefault(event.name, Counter())[event.at.astimezone(UTC).date()] += event.times
                if event.name not in last or last[event.name].at <= event.at:
                    last[event.name] = event
        return {name: Seen(days[name], event.at, event.id) for name, event in last.items()}
