"""A dry run and the import after it tell the same."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from domain.importing import Before, Line, Received, Refused, Row
from storage import import_survey, importing
from tests.unit.importing.test_importing import imported, reader
from tests.world import World

ADDRESSES = [f"{name}@site{n}.example" for name in ("ana", "BO", "cy", "müller") for n in range(4)]
BAD = [
    "nobody",
    "",
    "a@b",
    "Ana <ana@site1.example>",
    "x" * 300 + "@site.example",
    "ANA@site1.example",
    "a b@c.example",
]
VALUES: list[dict[str, object]] = [
    {},
    {"company.dock_doors": "14"},
    {"company.dock_doors": "many"},
    {"inquiry.topic": "weather"},
    {"lead.country": "Narnia"},
    {"lead.country": "Frankreich", "lead.title": "x" * 3000},
    {"no.such_field": "x"},
]
EVENTS = [(), (), (Before("pricing_view", None, 3),), (Before("sneezed"),)]
RECEIVED = [(), (), (Received("checklist"),), (Received("no-such-mail"),)]
OWNERS = [None, None, None, "rosa", "marc", "nobody", "ines"]


def hostile(random: Random, count: int) -> list[Row]:
    """Rows that are about each other: few addresses, fewer ids, and whatever may be wrong with one."""
    return [_row(random, number) for number in range(2, 2 + count)]


def _row(random: Random, number: int) -> Row:
    if random.random() < 0.05:
        return Refused(number, "its quotes do not pair up")
    address = random.choice(ADDRESSES if random.random() < 0.8 else BAD)
    external = ("crm", str(random.randrange(12))) if random.random() < 0.4 else None
    line = Line(number, address, random.choice(VALUES), external, owner=random.choice(OWNERS))
    line = replace(line, has_opted_out=random.random() < 0.1, has_bounced=random.random() < 0.1)
    return replace(line, events=random.choice(EVENTS), received=random.choice(RECEIVED))


def told_and_done(world: World, rows: list[Row]) -> tuple[dict[str, int], dict[str, int]]:
    survey = import_survey.survey(world.archive, reader(rows))
    found = imported(world, rows)
    with world.archive.reading() as tx:
        rejects = importing.rejects(tx, found.id)
    assert survey.first_rejected == rejects[: import_survey.FIRST_REJECTED]
    return {name: survey.counts[name] for name in importing.COUNTS}, dict(found.counts)


@pytest.mark.parametrize("seed", range(4))
def test_a_dry_run_counts_what_the_import_counts(world: World, seed: int) -> None:
    random = Random(seed)
    for email, id in (("ana@site1.example", "1"), ("cy@site2.example", "2")):
        world.live_for(world.enrol(email, external=("crm", id)), days=1)
    seen = set[str]()
    for size in (70, 1, 130):
        told, done = told_and_done(world, [*hostile(random, size), Line(500, "last@site.example")])
        assert told == done
        seen |= {name for name, count in done.items() if count}
    assert seen == set(importing.COUNTS)


def test_an_external_id_that_stands_twice_is_told_beforehand(world: World) -> None:
    rows: list[Row] = [
        Line(2, "ana@a.example", external=("crm", "7")),
        Line(3, "bo@b.example", external=("crm", "7")),
        Line(4, "ANA@a.example", external=("crm", "7")),
        Line(5, "bo@b.example", external=("crm", "8")),
    ]
    survey = import_survey.survey(world.archive, reader(rows))
    assert survey.first_rejected == [Refused(3, "crm:7 is another lead already")]
    assert survey.counts == {"new": 2, "merged": 1, "rejected": 1}
    # Also where it is a lead's of the archive, or one row's and one lead's.
    world.enrol("cy@c.example", external=("crm", "9"))
    rows = [Line(2, "dee@d.example", external=("crm", "9")), Line(3, "cy@c.example", external=("crm", "9"))]
    told, done = told_and_done(world, rows)
    assert (told["rejected"], told["known"]) == (1, 1)
    assert told == done


def test_two_salespeople_for_one_person_are_told_beforehand(world: World) -> None:
    told, done = told_and_done(world, [Line(2, "a@a.example", owner="rosa"), Line(3, "a@a.example", owner="marc")])
    assert told == done
    assert (told["with_sales"], told["rejected"]) == (1, 1)


def test_a_file_whose_every_row_is_somebody_elses_is_no_mistake_of_the_file(world: World) -> None:
    world.enrol("cy@c.example", external=("crm", "9"))
    told, done = told_and_done(world, [Line(2, "dee@d.example", external=("crm", "9"))])
    assert told == done


def test_addresses_that_not_every_server_can_write_to_are_counted(world: World) -> None:
    rows: list[Row] = [Line(2, "müller@firma.example"), Line(3, "ana@müller.example"), Line(4, "bo@b.example")]
    assert import_survey.survey(world.archive, reader(rows)).need_utf8 == 1
