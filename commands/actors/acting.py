"""What the simulated people have in common: they look at what is new, and mean to do something at an instant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from commands.actors.inbox import Mail
from domain.calendar import Window
from domain.phrases import parse_hours

OFFICE, WAKING = parse_hours("Mon-Fri 09:00-17:00"), parse_hours("Mon-Fri 08:00-18:00")
OFFICE_GRID, WAKING_GRID = timedelta(minutes=5), timedelta(minutes=20)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class News:
    """What happened since the last look. `kinds` are those of the log's new rows: who had better look where."""

    now: datetime
    kinds: frozenset[str]
    mails: Sequence[Mail]


@dataclass(frozen=True, order=True)
class Action:
    """Something somebody means to do at this business instant; `what` is for whoever reads the log of the demo."""

    at: datetime
    what: str
    do: Callable[[], Sequence[Action] | None] = field(compare=False)
    is_alone: bool = field(default=True, compare=False)
    """Whether others at the same instant wait until everything that follows from it is done."""
    """Gives what follows from it, if anything does. Raises ActionError when a surface refuses."""


class Actor(Protocol):
    def look(self, news: News) -> Sequence[Action]:
        """What this person means to do, newly. Raises ActionError when a surface does not answer."""
        ...


def office_after(start: datetime, hours: float, zone: str) -> datetime:
    """So many hours of a person's own working time later."""
    return _on(OFFICE_GRID, Window(OFFICE, zone, None).add(start, timedelta(hours=hours)))


def waking_after(start: datetime, hours: float, zone: str) -> datetime:
    """So many hours later, of those in which somebody looks at mails and websites."""
    return _on(WAKING_GRID, Window(WAKING, zone, None).add(start, timedelta(hours=hours)))


def _on(grid: timedelta, at: datetime) -> datetime:
    """The next round instant: the clock stops for every one of them, and what falls together costs one stop."""
    beyond = (at - EPOCH) % grid
    return at + grid - beyond if beyond else at
