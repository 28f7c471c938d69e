"""The end of the demo: what happened to whom, in figures and in one line each, and where to look further."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from commands import telling
from commands.standing import Standing
from domain.keys import workflow_id
from domain.release import Release
from storage.archive import Archive

WIDE = 120
"""Columns from which a table is a table; below, every lead has two lines."""


@dataclass(frozen=True)
class Person:
    name: str
    company: str


def print_summary(console: Console, archive: Archive, release: Release, people: Mapping[str, Person]) -> None:
    rows = telling.leads(archive)
    console.print("\n[bold]What happened to whom[/]\n")
    (_table if console.width >= WIDE else _list)(console, rows, release, people)
    figures = telling.figures(archive)
    touches = figures.touches
    console.print("\n[bold]The funnel[/]")
    funnel = telling.funnel(archive)
    for name, count in funnel.items():
        console.print(f"  {name:<20} {count:>3}")
    console.print()
    for name, ratio in telling.ratios(funnel).items():
        console.print(f"  {name:<24} {ratio}")
    given = f"{touches['delivered']} delivered, {touches['engaged']} engaged, {touches['not given']} not given"
    console.print(f"\n  touches          {given}")
    console.print(f"  touches to ready {telling.in_words(telling.touches_to_ready(archive))}")
    console.print(f"  promises         {figures.kept} kept, {figures.broken} broken")


def whence(buyers: Iterable[str], release: Release) -> str:
    """How many leads the files' own samples are, and how many came beside them; `buyers` are ids."""
    is_own = [buyer in release.samples for buyer in buyers]
    own, more = sum(is_own), len(is_own) - sum(is_own)
    beside = f", and {more} that the demo brings along, in none of your files" if more else ""
    return f"{len(is_own)} leads: {own} samples of content/samples.yaml{beside}"


def _table(console: Console, rows: Sequence[telling.Row], release: Release, people: Mapping[str, Person]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("name", "company", "state", "cycle", "touches", "with", "why"):
        table.add_column(heading, no_wrap=heading != "why")
    for row in rows:
        table.add_row(*(escape(cell) for cell in _cells(row, release, people)))
    console.print(table)


def _list(console: Console, rows: Sequence[telling.Row], release: Release, people: Mapping[str, Person]) -> None:
    for row in rows:
        name, company, state, cycle, touches, owner, why = _cells(row, release, people)
        console.print(f"[bold]{escape(name)}[/], {escape(company)}")
        console.print(f"  {state}, cycle {cycle}, touches {touches}, with {owner}: {escape(why)}")


def _cells(row: telling.Row, release: Release, people: Mapping[str, Person]) -> tuple[str, ...]:
    person = people.get(str(row["id"]), Person("?", "?"))
    owner = release.people[row["owner"]].first_name if row["owner"] in release.people else row["owner"] or "-"
    touches = f"{row['delivered'] or 0} / {row['engaged'] or 0}"
    return (person.name, person.company, row["state"], str(row["cycle"]), touches, owner, telling.why(row, release))


def print_stories(
    console: Console, everything: Standing, leads: Sequence[telling.Row], people: Mapping[str, Person]
) -> None:
    """Leads worth a look, why, and where: as a page, and as Temporal kept it."""
    at, temporal = everything.addresses, f"{everything.temporal_ui}/namespaces/default/workflows"
    console.print("\n[bold]Whose story to read[/]")
    for why, row in telling.worth_a_look(leads).items():
        person = people.get(str(row["id"]), Person("?", "?"))
        console.print(f"  [bold]{escape(person.name)}[/], {escape(person.company)}: {escape(why)}")
        for url in (f"{at['web']}leads/{row['id']}", f"{temporal}/{workflow_id(row['id'])}"):
            console.print(f"    {url}", markup=False, style="bright_black", soft_wrap=True)


def print_addresses(console: Console, everything: Standing, leads: Sequence[telling.Row]) -> None:
    """Where to look further; every command works as it stands."""
    at = everything.addresses
    lead_id = next(iter(telling.worth_a_look(leads).values()), {"id": "unknown"})["id"]
    key = f"$(cat {at['admin_key_file']})"
    console.print("\n[bold]Look around[/]")
    for name, value in {
        "pages": at["web"],
        "sign in with": f"the key in {at['admin_key_file']}, or one of people.keys beside it",
        "caught mails": f"{at['web']}mails",
        "Temporal": everything.temporal_ui,
        "API": f"{at['api']}/api/openapi.json",
    }.items():
        console.print(f"  {name:<13} {value}", markup=False, soft_wrap=True)
    console.print("\n[bold]Ask it yourself[/]")
    for path in (f"leads/{lead_id}", f"leads/{lead_id}/timeline", "handoffs"):
        console.print(
            f'  curl -s -H "Authorization: Bearer {key}" "{at["api"]}/api/{path}"', markup=False, soft_wrap=True
        )
    console.print(
        "\nFrom here on the demo clock runs like a real one. Ctrl-C ends it; the folder stays, and\n"
        f"  nurture up --data {at['data']} --speed 86400\ngoes on with a day a second.",
        markup=False,
    )
