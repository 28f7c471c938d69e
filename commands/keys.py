"""`nurture key`: who may call the API, and as what."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.console import Data, Json, print_json, print_table, say

COLUMNS = ("name", "role", "person", "created_at", "revoked_at")


def register(app: typer.Typer) -> None:
    family = typer.Typer(help="Keys for the API, each with one role.", no_args_is_help=True)
    family.command()(create)
    family.command("list")(list_keys)
    family.command()(revoke)
    app.add_typer(family, name="key")


def create(
    name: Annotated[str, typer.Argument(help="What the key is for, as you will find it again.")],
    role: Annotated[str, typer.Option(help="marketing, nurture, sales, manager, ops, service, viewer or admin.")],
    person: Annotated[
        str | None, typer.Option(help="Whose key it is, by the id in people.yaml; sales needs it.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make a key and print it, this once."""
    from commands.opening import opened, settings_for
    from domain.errors import InvalidError
    from storage import api_keys, overview

    with opened(settings_for(data)) as archive, archive.begin() as tx:
        if role == "sales" and person is None:
            raise InvalidError("a key for sales belongs to somebody; name them with --person")
        if person is not None and overview.live(tx):
            archive.live(tx).person(person)
        key, token = api_keys.create(tx, name, role, person)
    if as_json:
        print_json({"name": key.name, "role": key.role, "person": key.person, "key": token})
    else:
        print(token)
        say("It is shown only now; send it as: Authorization: Bearer ...")


def list_keys(data: Data = None, as_json: Json = False) -> None:
    """All keys, without what they are."""
    from commands.opening import opened, settings_for
    from storage import api_keys

    with opened(settings_for(data)) as archive, archive.reading() as tx:
        rows = [{name: getattr(key, name) for name in COLUMNS} for key in api_keys.listed(tx)]
    print_json(rows) if as_json else print_table(COLUMNS, rows)


def revoke(name: str, data: Data = None) -> None:
    """End a key at once and for good."""
    from commands.opening import opened, settings_for
    from storage import api_keys

    with opened(settings_for(data)) as archive, archive.begin() as tx:
        key = api_keys.revoke(tx, name)
    say(f"{key.name} opens nothing any more")
