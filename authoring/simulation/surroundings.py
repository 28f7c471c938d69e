"""What leads share: the places on a day that a mail needs, and the salespeople. One of each for all lives."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from domain import keys
from domain.lead import State
from domain.release import Release
from domain.routing import Rep, local_day
from domain.steps import Permit

FAR = 400
CAPACITY = 20
WITH_REP = frozenset({State.HANDED_OFF, State.ACCEPTED, State.WORKING, State.QUALIFIED})
"""States in which a lead takes one of its salesperson's places."""


class Places:
    """At most so many a day for a scope, reserved ahead; what the archive keeps as permits."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, date], int] = defaultdict(int)

    def first_free_day(self, permits: Sequence[Permit], wished: datetime) -> date:
        """The first UTC day from the wished one on with a place in every scope."""
        day = wished.astimezone(UTC).date()
        for _ in range(FAR):
            if all(self._taken[permit.scope, day] < permit.limit for permit in permits):
                return day
            day += timedelta(days=1)
        return day

    def take(self, permits: Iterable[Permit], day: date) -> None:
        for permit in permits:
            self._taken[permit.scope, day] += 1

    def give_back(self, permits: Iterable[Permit], day: date) -> None:
        for permit in permits:
            self._taken[permit.scope, day] -= 1

    def full_days(self, sender: str, limit: int, until: date) -> int:
        """On how many days before that one every place of this sender was taken."""
        scope = keys.sender_day(sender)
        full = (day for (name, day), taken in self._taken.items() if name == scope and taken >= limit)
        return sum(day < until for day in full)


def nobody_waits(rep: str) -> None:
    """Where a place becomes free and there is no other lead."""


@dataclass
class Team:
    """The salespeople, what each has in hand, and whose turn it is."""

    reps: dict[str, Rep]
    on_free: Callable[[str], None] = field(default=nobody_waits)
    """Told when a place of a salesperson has become free."""
    _days: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many new leads each was offered on a day of theirs."""

    @classmethod
    def of(cls, release: Release, capacity: int = CAPACITY) -> Team:
        """Everybody who sells by people.yaml, always there, with the hours of the service levels."""
        sellers = sorted(name for name, person in release.people.items() if person.role == "sales")
        return cls({name: Rep(name, release.people[name].team, capacity, 0, 1.0) for name in sellers})

    def at(self, release: Release, now: datetime) -> list[Rep]:
        """Everybody, with what the present day brought them."""
        days = ((rep, local_day(rep, release, now)) for rep in self.reps.values())
        return [replace(rep, today=self._days[rep.id, day]) for rep, day in days]

    def offered(self, rep: Rep, release: Release, now: datetime) -> None:
        self._days[rep.id, local_day(rep, release, now)] += 1

    def answers(self, name: str | None, is_answer: bool) -> None:
        """Somebody tried a lead or said why not; or a clock took it from them."""
        if rep := self.find(name):
            self.reps[rep.id] = replace(rep, let_pass=0 if is_answer else rep.let_pass + 1)

    def find(self, name: str | None) -> Rep | None:
        return self.reps.get(name or "")

    def asks_next(self, team: str | None) -> Rep:
        """A queue as a simulation sees it: whoever has least in hand asks for the next lead at once."""
        return min((rep for rep in self.reps.values() if rep.team == team), key=lambda rep: (rep.in_hand, rep.id))

    def weighed(self, credits: Mapping[str, float]) -> None:
        for name, credit in credits.items():
            self.reps[name] = replace(self.reps[name], credit=credit)

    def holds(self, name: str, change: int) -> None:
        if rep := self.find(name):
            self.reps[name] = replace(rep, in_hand=rep.in_hand + change)


@dataclass
class Surroundings:
    team: Team
    places: Places = field(default_factory=Places)
    decisions: int = 0
    """How often anybody was decided about."""
