"""`nurture suppress`: addresses that get no mail, whatever any track says."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.console import Data, Json, print_json, print_table, say

SOURCE = "command line"
COLUMNS = ("at", "reason", "source", "address_key")


def register(app: typer.Typer) -> None:
    family = typer.Typer(help="Addresses that get no mail.", no_args_is_help=True)
    family.command()(add)
    family.command("list")(list_suppressed)
    app.add_typer(family, name="suppress")


def add(
    address: str,
    reason: Annotated[str, typer.Option(help="A word that says why.")] = "by_hand",
    data: Data = None,
) -> None:
    """Never write to this address again. A lead who has it counts as opted out."""
    from commands.opening import opened, settings_for
    from domain import keys
    from domain.addresses import email_address
    from storage import enrolling, reading

    with opened(settings_for(data)) as archive, archive.begin() as tx:
        key = keys.address_key(archive.secret, email_address(address))
        enrolling.suppress(tx, key, reason[:64], SOURCE, archive.clock.now())
        lead_id = reading.by_address(tx, archive, email_address(address))
        if lead_id is not None:
            enrolling.opt_out(tx, archive, lead_id, SOURCE)
    say("no mail goes there any more" + (f"; lead {lead_id} has opted out" if lead_id else ""))


def list_suppressed(
    address: Annotated[str | None, typer.Argument(help="Only whether this one is on the list.")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """The newest of the list. It keeps keyed hashes, no addresses: ask for one to know whether it is there."""
    from commands.opening import opened, settings_for
    from domain import keys
    from domain.addresses import email_address
    from storage import overview

    with opened(settings_for(data)) as archive, archive.reading() as tx:
        if address is None:
            rows = overview.suppressions(tx)
        else:
            found = overview.suppression(tx, keys.address_key(archive.secret, email_address(address)))
            rows = [found] if found else []
    if address is not None and not rows and not as_json:
        say("this address is not on the list")
        return
    print_json(rows) if as_json else print_table(COLUMNS, rows)
