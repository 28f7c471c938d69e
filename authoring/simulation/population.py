"""The leads that a simulation begins with: the samples, or the rows of a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from domain.errors import InvalidError
from domain.importing import Refused, Row
from domain.lead import Facts
from domain.release import Release
from domain.samples import facts_of
from domain.track import Sample

GROUPS = ("lead", "company", "inquiry", "fact")


@dataclass(frozen=True)
class Person:
    """Somebody who will become a lead; `tells` is what they say when asked, where a sample knows it."""

    sample: Sample
    tells: Mapping[str, Any] = field(default_factory=dict)  # Any: checked against fields.yaml when told
    has_opted_out: bool = False
    is_do_not_call: bool = False


@dataclass(frozen=True)
class Population:
    people: tuple[Person, ...]
    refused: tuple[Refused, ...] = ()
    doubled: int = 0


def of_samples(release: Release) -> Population:
    return Population(tuple(Person(sample, sample.tells) for sample in release.samples.values()))


def of_rows(rows: Iterable[Row], release: Release, now: datetime) -> Population:
    """Whoever is in the file twice comes once, as the first row says; a row that cannot be is left out and told."""
    people: dict[str, Person] = {}
    refused: list[Refused] = []
    doubled = 0
    for row in rows:
        if isinstance(row, Refused):
            refused.append(row)
            continue
        key = row.email.strip().casefold()
        if key in people:
            doubled += 1
            continue
        person = Person(_sample(row.email, row.values), {}, row.has_opted_out, row.is_do_not_call)
        try:
            facts_of(person.sample, release, now)
        except InvalidError as error:
            refused.append(Refused(row.number, error.sentence))
        else:
            people[key] = person
    return Population(tuple(people.values()), tuple(refused), doubled)


def _sample(email: str, values: Mapping[str, Any]) -> Sample:  # Any: as the file says
    groups: dict[str, dict[str, Any]] = {name: {} for name in GROUPS}
    for name, value in values.items():
        group, _, key = name.partition(".")
        groups[group][key] = value
    return Sample(**{**groups, "lead": {**groups["lead"], "email": email}})


def arrivals(begins: datetime, over: timedelta, count: int) -> Sequence[datetime]:
    """All at once, or evenly over some days."""
    return [begins + over * number / count for number in range(count)]


def newcomer(person: Person, release: Release, now: datetime) -> Facts:
    facts = facts_of(person.sample, release, now)
    lead = replace(facts.lead, has_opted_out=person.has_opted_out, is_do_not_call=person.is_do_not_call)
    return replace(facts, lead=lead)
