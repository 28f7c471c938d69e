"""`nurture pause`: a track, a company, a list or everything stands still until a day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from commands.console import Data, Json, account, print_json, print_table, say

COLUMNS = ("scope", "at", "until", "by", "note")
Scope = Annotated[
    str, typer.Argument(metavar="SCOPE", help="everything, track:ID, company:DOMAIN or list:ORIGIN of the leads.")
]


def register(app: typer.Typer) -> None:
    family = typer.Typer(help="Stand still: everything, a track, a company, a list.", no_args_is_help=True)
    family.command()(begin)
    family.command()(end)
    family.command("list")(list_pauses)
    app.add_typer(family, name="pause")


def begin(
    scope: Scope,
    until: Annotated[datetime, typer.Option(help="The day on which it goes on, UTC.")],
    note: Annotated[str, typer.Option(help="Why, for whoever wonders.")] = "",
    data: Data = None,
) -> None:
    """Send nothing there until that day. Leads that become ready go to sales all the same."""
    from commands.opening import opened, settings_for
    from storage import pauses

    with opened(settings_for(data)) as archive, archive.begin() as tx:
        ran = pauses.begin(tx, archive, scope, until.replace(tzinfo=UTC), account(), note)
    say(f"{scope}: nothing is sent before {until:%d %b %Y}")
    if ran:
        say(f"this replaces the pause {pauses.in_words(ran)}")


def end(scope: Scope, data: Data = None) -> None:
    """Go on before its time; the worker's relay wakes everybody who waited within seconds."""
    from commands.opening import opened, settings_for
    from storage import pauses

    with opened(settings_for(data)) as archive, archive.begin() as tx:
        woken = pauses.end(tx, archive, scope, account())
    say(f"{scope}: it goes on; {woken} leads look again")


def list_pauses(data: Data = None, as_json: Json = False) -> None:
    """What stands still now."""
    from commands.opening import opened, settings_for
    from storage import pauses

    with opened(settings_for(data)) as archive, archive.reading() as tx:
        rows = [dict(row) for row in pauses.listed(tx, archive.clock.now())]
    if not rows and not as_json:
        say("nothing is paused")
        return
    print_json(rows) if as_json else print_table(COLUMNS, rows)
