"""`nurture rep`: who in sales takes leads, how many, and when. Who they are stands in people.yaml."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.console import Data, Json, account, print_json, print_table, say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COLUMNS = (
    "id", "name", "team", "capacity", "in_hand", "free", "today", "daily_capacity", "weight", "is_active",
    "away_until", "hours", "zone", "holidays",
)  # fmt: skip

Rep = Annotated[str, typer.Argument(metavar="PERSON", help="The id in people.yaml.")]
Capacity = Annotated[int | None, typer.Option(min=0, help="Leads in hand at most.", show_default="20")]
Weight = Annotated[float | None, typer.Option(help="Share of new leads; 1 is a full one.", show_default="1")]
Hours = Annotated[
    str | None, typer.Option(help='Working hours, as "Mon-Fri 09:00-17:00".', show_default="service-levels.yaml")
]
Zone = Annotated[str | None, typer.Option(help="Their time zone, as America/Chicago.", show_default="defaults.yaml")]
Holidays = Annotated[
    str | None, typer.Option(help="Whose public holidays, as US or DE-BY.", show_default="defaults.yaml")
]


def register(app: typer.Typer) -> None:
    family = typer.Typer(help="Salespeople: capacity, hours, absence.", no_args_is_help=True)
    family.command()(add)
    family.command("list")(list_reps)
    family.command("set")(change)
    family.command()(away)
    family.command()(reassign)
    app.add_typer(family, name="rep")


def add(
    person: Rep,
    capacity: Capacity = None,
    weight: Weight = None,
    hours: Hours = None,
    zone: Zone = None,
    holidays: Holidays = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Let somebody take leads."""
    changes = {"capacity": capacity, "weight": weight, "hours": hours, "zone": zone, "holidays": holidays}
    _put(data, person, as_json, changes)


def change(
    person: Rep,
    capacity: Capacity = None,
    weight: Weight = None,
    hours: Hours = None,
    zone: Zone = None,
    holidays: Holidays = None,
    is_active: Annotated[
        bool | None,
        typer.Option("--active/--inactive", help="Whether new leads are offered.", show_default="as before"),
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Change what is named, leave the rest. With --inactive others take over what is in hand."""
    changes = {"capacity": capacity, "weight": weight, "hours": hours, "zone": zone, "holidays": holidays}
    changes["is_active"] = is_active
    _put(data, person, as_json, changes, must_exist=True)


def _put(
    data: Path | None, person: str, as_json: bool, changes: Mapping[str, Any], must_exist: bool = False
) -> None:  # Any: column values
    from commands.opening import opened, settings_for
    from storage import reps

    with opened(settings_for(data)) as archive, archive.begin() as tx:
        if must_exist:
            reps.one(tx, archive, person)
        given = {name: value for name, value in changes.items() if value is not None}
        row = reps.put(tx, archive, person, given, account())
    _show(row, as_json)


def list_reps(data: Data = None, as_json: Json = False) -> None:
    """Everybody who takes leads, with what is in hand."""
    from commands.opening import opened, settings_for
    from storage import reps

    with opened(settings_for(data)) as archive, archive.reading() as tx:
        rows = reps.listed(tx, archive)
    if not rows and not as_json:
        say("nobody takes leads yet; run: nurture rep add PERSON")
        return
    print_json(rows) if as_json else print_table(COLUMNS, rows)


def away(
    person: Rep,
    until: Annotated[datetime | None, typer.Option(help="First day back; it begins where they are.")] = None,
    is_back: Annotated[bool, typer.Option("--back", help="The absence is over.")] = False,
    in_hand: Annotated[
        str, typer.Option(help="What others take over: untouched (never tried yet), everything or nothing.")
    ] = "untouched",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Offer them nothing they could not take up in time, and give what waits for a first attempt to others."""
    from commands.opening import opened, settings_for
    from domain.errors import InvalidError
    from storage import reps

    if (until is None) != is_back:
        raise InvalidError("give the first day back with --until 2027-01-15, or end an absence with --back")
    with opened(settings_for(data)) as archive, archive.begin() as tx:
        begins = reps.local(tx, archive, person, until) if until else None
        row = reps.away(tx, archive, person, begins, in_hand, account())
    _show(row, as_json)


def reassign(
    person: Rep,
    because: Annotated[str, typer.Option(help="Why; it stands in every lead's history.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Give everything they have to others, or to the manager where nobody can take it."""
    from commands.opening import opened, settings_for
    from domain.errors import InvalidError
    from storage import reps

    if not because.strip():
        raise InvalidError("say why: --because WORDS")
    with opened(settings_for(data)) as archive, archive.begin() as tx:
        row = reps.reassign(tx, archive, person, because, account())
    if as_json:
        print_json(row)
    else:
        _say_handed_over(row)


def _show(row: Mapping[str, Any], as_json: bool) -> None:  # Any: JSON
    if as_json:
        print_json(row)
        return
    print_table(COLUMNS, [row])
    _say_handed_over(row)


def _say_handed_over(row: Mapping[str, Any]) -> None:  # Any: JSON
    moved: Mapping[str, int] = row.get("handed_over", {})
    if moved:
        count = sum(moved.values())
        to_whom = ", ".join(f"{n} {who}" for who, n in sorted(moved.items()))
        say(f"{count} {'lead' if count == 1 else 'leads'} in other hands: {to_whom}")
    elif "handed_over" in row:
        say("nothing had to change hands")
