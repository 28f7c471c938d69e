"""One simulation: its scenarios side by side, each whole, in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from queue import Empty
from signal import SIG_IGN, SIGINT, signal
from typing import Any

from authoring.load import compile_release
from authoring.simulation.buyers import Buyers, Eager, Quiet
from authoring.simulation.figures import Result
from authoring.simulation.population import Person, arrivals
from authoring.simulation.rates import AsSoFar
from authoring.simulation.running import Run
from authoring.simulation.surroundings import Team
from domain.rates import Rates
from domain.release import Release

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


def simulate(plan: Plan, release: Release, tell: Tell) -> list[Result]:
    """Every scenario of the plan, in its order. From the main thread only, where there are many leads."""
    if len(plan.people) <= FEW or len(plan.scenarios) == 1:
        return [play(plan, release, name, partial(tell, name)) for name in plan.scenarios]
    context = get_context("spawn")
    heard = context.Queue()
    processes = [context.Process(target=_work, args=(plan, name, heard), daemon=True) for name in plan.scenarios]
    with _deaf_to_interrupts():
        for process in processes:
            process.start()
    try:
        found = _listen(heard, processes, tell)
    finally:
        for process in processes:
            process.terminate()
            process.join()
    return [found[name] for name in plan.scenarios]


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """What is started here inherits it: Ctrl-C is the parent's business, and it ends its children."""
    before = signal(SIGINT, SIG_IGN)
    try:
        yield
    finally:
        signal(SIGINT, before)


def _work(plan: Plan, scenario: str, heard: Any) -> None:  # Any: a queue of multiprocessing, as the platform has it
    """In a process of its own. Nobody waits for it any more when its parent is gone."""
    parent = parent_process()

    def tell(share: float) -> None:
        if parent and not parent.is_alive():
            raise SystemExit(1)
        heard.put((scenario, share))

    heard.put((scenario, play(plan, compile_release(plan.files), scenario, tell)))


def _listen(heard: Any, processes: Sequence[BaseProcess], tell: Tell) -> dict[str, Result]:  # Any: as above
    found: dict[str, Result] = {}
    while len(found) < len(processes):
        try:
            scenario, news = heard.get(timeout=LISTEN)
        except Empty:
            if any(process.exitcode for process in processes):
                raise RuntimeError("a process of the simulation has died; what it said stands above") from None
            continue
        if isinstance(news, Result):
            found[scenario] = news
        else:
            tell(scenario, news)
    return found


def play(plan: Plan, release: Release, scenario: str, tell: Callable[[float], None]) -> Result:
    signed = replace(release, approved=frozenset([plan.track] if plan.track else release.tracks))
    team = Team.of(signed)
    if plan.capacity:
        team.reps = {
            name: replace(rep, capacity=plan.capacity[name]) for name, rep in team.reps.items() if name in plan.capacity
        }
    arrive = arrivals(plan.begins, plan.over, len(plan.people))
    pace = plan.rates.sales if plan.rates and scenario == AsSoFar.name else None
    return Run(signed, plan.people, arrive, _buyers(plan, signed, scenario), plan.days, team, pace).run(tell)


def _buyers(plan: Plan, release: Release, scenario: str) -> Buyers:
    if scenario == AsSoFar.name and plan.rates:
        return AsSoFar(plan.rates, release)
    return Quiet() if scenario == Quiet.name else Eager(release)
