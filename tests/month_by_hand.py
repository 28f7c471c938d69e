"""A month lived by a clock that jumps from act to act, with the workflow's loop played by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import delete

from domain.steps import Step, Verb
from storage import reps
from storage import tables as t
from tests.month import MANAGER, STARTS_AT, Month, More, Standing, team_for
from tests.world import World


@dataclass
class ByHand:
    world: World
    leads: int
    seed: int
    month: Month = field(init=False)
    _due: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _steps: dict[UUID, Step] = field(default_factory=dict)
    _number: Any = field(default_factory=count)  # Any: itertools.count

    def live(self) -> Month:
        self.world.clock.at = STARTS_AT
        self.month = Month(self.world.archive, self, self._plan, self.leads, self.seed, team=team_for(self.leads))
        self.month.begin()
        while self._due and self._due[0][0] <= self.month.ends_at:
            at, _, act = heappop(self._due)
            self.world.clock.at = max(self.world.clock.at, at)
            act()
            self._hear()
        self.world.clock.at = max(self.world.clock.at, self.month.ends_at)
        return self.month

    def _plan(self, at: datetime, what: str, act: Callable[[], None]) -> None:
        heappush(self._due, (at, next(self._number), act))

    def _hear(self) -> None:
        """What the relay does: everybody who was woken looks."""
        while True:
            with self.world.archive.begin() as tx:
                woken = list(dict.fromkeys(tx.execute(delete(t.wakes).returning(t.wakes.c.lead_id)).scalars()))
            if not woken:
                return
            for lead in woken:
                self._stands(lead, self.world.look(lead))

    def _stands(self, lead: UUID, step: Step) -> None:
        self._steps[lead] = step
        if step.verb is not Verb.ENDED:
            self._plan(step.due_at, step.reason, partial(self._perform, lead, step))
        self.month.see(lead)

    def _perform(self, lead: UUID, step: Step) -> None:
        if self._steps[lead] is step:
            self._stands(lead, self.world.perform(lead, step))

    def enrol(self, email: str, values: Mapping[str, Any]) -> UUID:  # Any: values of fields
        return self.world.enrol(email, values=values)

    def ask_for_demo(self, lead: UUID, event_id: str) -> None:
        self.world.event(lead, "demo_request", event_id)

    def leave(self, name: str, until: datetime) -> None:
        with self.world.archive.begin() as tx:
            reps.away(tx, self.world.archive, name, until, "untouched")

    def say(self, standing: Standing, command: str, more: More) -> None:
        self.world.say(standing.row["id"], command, who=standing.row["owner"], **more)

    def assign(self, lead: UUID, rep: str) -> None:
        self.world.say(lead, "assign", actor="MGR", who=MANAGER, rep=rep)
