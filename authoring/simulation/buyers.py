"""How buyers answer in a simulation: not at all, or at once and as well as they can. Between the two ends lies what
really happens; where an archive knows how often, its rates take their place (rates.py)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from authoring.bodies import full_name, links
from authoring.simulation.life import Life
from authoring.simulation.playing import NOBODY, understood
from authoring.simulation.population import Person
from domain.conditions import Reads
from domain.definition import FieldDef
from domain.lead import Facts, Known, Lead, Source, State, Task, Value
from domain.readiness import judge
from domain.release import Release
from domain.track import Touch
from domain.view import LeadView, fit_points

SOON = timedelta(hours=2)
"""After a mail, in which the eager answer."""
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")
ANY_TIME = datetime(2027, 1, 1, tzinfo=UTC)
CLICK, ANSWER = "click", "answer"


@dataclass(frozen=True)
class Response:
    """What a buyer does so long after something of ours arrived."""

    after: timedelta
    event: str
    values: Mapping[str, Value] = field(default_factory=dict)


class Buyers(Protocol):
    """Asked for one lead at a time; the same lead and touch always get the same answer."""

    @property
    def name(self) -> str: ...

    def to_mail(self, life: Life, person: Person, touch: Touch) -> Response | None: ...

    def to_call(self, life: Life, person: Person, task: Task) -> tuple[str, Mapping[str, Value]] | None:
        """The outcome of a human touch and what was learned; None when nobody gets round to it."""
        ...


class Quiet:
    """Nobody ever says anything; whoever is called does not answer."""

    name = "quiet"

    def to_mail(self, life: Life, person: Person, touch: Touch) -> Response | None:
        return None

    def to_call(self, life: Life, person: Person, task: Task) -> tuple[str, Mapping[str, Value]] | None:
        outcome = outcome_like(life.release, task, ("retry", "skip", "done"))
        return (outcome, {}) if outcome else None


class Eager:
    """Everybody answers every question at once - as the sample tells, else as brings them nearest to ready - and on
    the phone whatever the definition still has to know."""

    name = "eager"

    def __init__(self, release: Release) -> None:
        self._best = best_answers(release)

    def to_mail(self, life: Life, person: Person, touch: Touch) -> Response | None:
        events = life.release.events
        values = self._told(life, person, asked_in(touch))
        if values and ANSWER in events:
            return Response(SOON, ANSWER, values)
        return Response(SOON, CLICK) if CLICK in events else None

    def to_call(self, life: Life, person: Person, task: Task) -> tuple[str, Mapping[str, Value]] | None:
        outcome = outcome_like(life.release, task, ("engaged", "done"))
        return (outcome, self._told(life, person, tuple(self._best))) if outcome else None

    def _told(self, life: Life, person: Person, names: tuple[str, ...]) -> dict[str, Value]:
        fields = life.release.fields
        asked = [name for name in names if name in fields and not fields[name].personal]
        unknown = [name for name in asked if life.ctx.view.value(name) is None]
        tells = understood(life.release, {n: raw for n, raw in person.tells.items() if n in unknown})
        best = {name: self._best[name] for name in unknown if name in self._best}
        return {**best, **tells}


def asked_in(touch: Touch) -> tuple[str, ...]:
    """The fields that a mail asks for: what it wants to learn, and what its answer links teach."""
    taught = [full_name(link.target.partition("=")[0]) for link in links(touch.body) if link.kind == "answer"]
    return tuple(dict.fromkeys([*([full_name(touch.learn)] if touch.learn else []), *taught]))


def outcome_like(release: Release, task: Task, wanted: tuple[str, ...]) -> str | None:
    """The name that this touch has for an outcome of that kind."""
    found = release.find_touch(task.touch) if task.touch else None
    if found is None:
        return "talked" if "engaged" in wanted else "no_answer"
    outcomes = found[1].outcomes
    return next((name for then in wanted for name, outcome in outcomes.items() if outcome.then == then), None)


def best_answers(release: Release) -> dict[str, Value]:
    """For each field that decides readiness or fit: the value that helps most, tried on a lead of whom nothing else is
    known. Nothing is made up: the candidates are the options, and the numbers in the conditions themselves."""
    texts = dict(_conditions(release))
    found: dict[str, Value] = {}
    for name, field_def in release.fields.items():
        read_by = [text for text, reads in texts.items() if name in reads.fields | reads.known]
        if read_by and not field_def.personal:
            candidates = list(_candidates(field_def, read_by))
            if candidates:
                found[name] = max(candidates, key=lambda value: _helps(release, name, value))
    return found


def _conditions(release: Release) -> Iterator[tuple[str, Reads]]:
    definition = release.definition
    for criterion in definition.criteria.values():
        yield criterion.when.text, criterion.when.reads
    for rule in definition.ready_when.values():
        yield rule.when.text, rule.when.reads
    for held in definition.hold_back_when.values():
        yield held.text, held.reads
    for profile in (release.company_profile, *release.profiles.values()):
        for entry in profile.points.values():
            yield entry.when.text, entry.when.reads


def _candidates(field_def: FieldDef, texts: list[str]) -> Iterator[Value]:
    if field_def.type == "choice":
        yield from field_def.options
    elif field_def.type == "flag":
        yield from (True, False)
    elif field_def.type == "number":
        numbers = {float(number) for text in texts for number in NUMBER.findall(text)}
        yield from sorted({max(n + step, 0.0) for n in numbers for step in (-1, 0, 1)})
    elif field_def.type == "text":
        yield from (word for text in texts for word in re.findall(r"[\"']([^\"']*)[\"']", text))


def _helps(release: Release, name: str, value: Value) -> tuple[float, ...]:
    lead = Lead(NOBODY, State.NEW, ANY_TIME, ANY_TIME)
    view = LeadView(Facts(lead, {name: Known(value, ANY_TIME, Source.FORM, "")}), release, ANY_TIME)
    verdict = judge(view, release)
    met = sum(c.holds == "met" for c in verdict.criteria) - sum(c.holds == "not_met" for c in verdict.criteria)
    low, high = fit_points(view, release)
    return (-bool(verdict.held_back_by), met, low, high)
