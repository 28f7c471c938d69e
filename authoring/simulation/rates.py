"""Buyers who go on answering as they have so far."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from authoring.simulation.buyers import ANSWER, CLICK, Response, asked_in, outcome_like
from authoring.simulation.life import Life
from authoring.simulation.population import Person
from domain.lead import Task, Value
from domain.rates import FEWEST, Rate, Rates
from domain.release import Release
from domain.track import Touch

T = TypeVar("T")


@dataclass(frozen=True)
class AsSoFar:
    """Each lead and touch draws once, by a hash: the same simulation gives the same figures."""

    rates: Rates
    release: Release
    name: ClassVar[str] = "as so far"

    def to_mail(self, life: Life, person: Person, touch: Touch) -> Response | None:
        rate = self._rate(touch.id)
        drawn = draw(life, touch.id) * rate.delivered
        if drawn < rate.answered and ANSWER in self.release.events:
            values = self._told(life, asked_in(touch))
            return Response(self.rates.delay, ANSWER, values)
        if drawn < max(rate.clicked, rate.answered) and CLICK in self.release.events:
            return Response(self.rates.delay, CLICK)
        return None

    def to_call(self, life: Life, person: Person, task: Task) -> tuple[str, Mapping[str, Value]] | None:
        counted = self.rates.calls.get(task.touch or "") or _together(self.rates.calls)
        outcome = _pick(counted, draw(life, f"{task.touch}/{task.tries}"))
        found = self.release.find_touch(task.touch) if task.touch else None
        if outcome is None or (found and outcome not in found[1].outcomes):
            name = outcome_like(self.release, task, ("retry", "skip", "done"))
            return (name, {}) if name else None
        is_talk = found is not None and found[1].outcomes[outcome].then == "engaged"
        values = self._told(life, (f"fact.{found[1].learn}",)) if is_talk and found and found[1].learn else {}
        return outcome, values

    def _rate(self, touch: str) -> Rate:
        own = self.rates.mails.get(touch, Rate())
        return own if own.delivered >= FEWEST else sum(self.rates.mails.values(), Rate())

    def _told(self, life: Life, names: tuple[str, ...]) -> dict[str, Value]:
        view = life.ctx.view
        told = {
            name: _pick(self.rates.values.get(name, {}), draw(life, name)) for name in names if view.value(name) is None
        }
        return {name: value for name, value in told.items() if value is not None}


def _together(counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in counts.values():
        for name, count in each.items():
            found[name] = found.get(name, 0) + count
    return found


def _pick(counted: Mapping[T, int], drawn: float) -> T | None:
    """One of them, each as often as it was counted."""
    left = drawn * sum(counted.values())
    for name, count in sorted(counted.items(), key=lambda item: str(item[0])):
        if left < count:
            return name
        left -= count
    return None


def draw(life: Life, what: str) -> float:
    """A fixed fraction in [0, 1) for this lead and thing."""
    digest = hashlib.sha256(f"{life.lead.id}/{what}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
