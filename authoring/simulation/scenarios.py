"""One simulation: its scenarios side by side, each whole in one process, two at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from multiprocessing import get_context
from queue import Empty
from typing import Any, Protocol

from authoring.load import compile_release
from authoring.simulation.buyers import Buyers, Eager, Quiet
from authoring.simulation.figures import Result
from authoring.simulation.population import Person, arrivals
from authoring.simulation.rates import AsSoFar
from authoring.simulation.running import Run
from authoring.simulation.surroundings import Team
from domain.rates import Rates
from domain.release import Release

PROCESSES = 2
FEW = 150
"""Of so few leads a scenario takes less time than starting a process for it."""
LISTEN = 0.2

Tell = Callable[[str, float], None]
"""Takes a scenario and how much of it is done, from 0 to 1."""


@dataclass(frozen=True)
class Plan:
    """What to simulate; all of it can be sent to another process. `track` alone, or every track."""

    files: Mapping[str, str]
    people: tuple[Person, ...]
    begins: datetime
    days: int
    over: timedelta = timedelta(0)
    track: str | None = None
    rates: Rates | None = None
    capacity: Mapping[str, int] = field(default_factory=dict)
    """Places of each salesperson; without any, everybody in people.yaml who sells has as many as a new one."""

    @property
    def scenarios(self) -> tuple[str, ...]:
        """What really happened, where we know it; else the two ends between which it will lie."""
        return (AsSoFar.name,) if self.rates else (Quiet.name, Eager.name)


class _Queue(Protocol):
    def put(self, item: tuple[str, float]) -> None: ...


def simulate(plan: Plan, release: Release, tell: Tell) -> list[Result]:
    """Every scenario of the plan, in its order."""
    if len(plan.people) <= FEW or len(plan.scenarios) == 1:
        return [play(plan, release, name, lambda share, name=name: tell(name, share)) for name in plan.scenarios]  # type: ignore[misc]  # the name of this round
    context = get_context("spawn")
    heard = context.Queue()
    with ProcessPoolExecutor(PROCESSES, context, _begin, (heard,)) as pool:
        futures = [pool.submit(_played, plan, name) for name in plan.scenarios]
        _listen(futures, heard, tell)
        return [future.result() for future in futures]


def play(plan: Plan, release: Release, scenario: str, tell: Callable[[float], None]) -> Result:
    signed = replace(release, approved=frozenset([plan.track] if plan.track else release.tracks))
    team = Team.of(signed)
    if plan.capacity:
        team.reps = {
            name: replace(rep, capacity=plan.capacity[name]) for name, rep in team.reps.items() if name in plan.capacity
        }
    arrive = arrivals(plan.begins, plan.over, len(plan.people))
    return Run(signed, plan.people, arrive, _buyers(plan, signed, scenario), plan.days, team).run(tell)


def _buyers(plan: Plan, release: Release, scenario: str) -> Buyers:
    if scenario == AsSoFar.name and plan.rates:
        return AsSoFar(plan.rates, release)
    return Quiet() if scenario == Quiet.name else Eager(release)


_heard: list[_Queue] = []
"""In a process of the pool: where to tell how far it is."""


def _begin(queue: Any) -> None:  # Any: a queue of multiprocessing, whose type depends on the platform
    _heard.append(queue)


def _played(plan: Plan, scenario: str) -> Result:
    return play(plan, compile_release(plan.files), scenario, lambda share: _heard[0].put((scenario, share)))


def _listen(futures: Sequence[Future[Result]], heard: Any, tell: Tell) -> None:  # Any: as above
    left = set(futures)
    while left:
        _, left = wait(left, LISTEN, FIRST_COMPLETED)
        try:
            while True:
                tell(*heard.get_nowait())
        except Empty:
            pass
