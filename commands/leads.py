"""`nurture lead`: one lead in one view, and what one may do to any."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.console import Data, Json, account, print_json, say

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from storage.archive import Archive, Tx

NEWEST = 200
Lead = Annotated[str, typer.Argument(metavar="LEAD", help="Its id, system:id of another system, or an address.")]


def register(app: typer.Typer) -> None:
    family = typer.Typer(help="One lead.", no_args_is_help=True)
    for command in (show, got, pause, resume, export, erase):
        family.command()(command)
    app.add_typer(family, name="lead")


def show(lead: Lead, data: Data = None, as_json: Json = False) -> None:
    """Where a lead stands, what comes next and why, and everything that happened."""
    from commands.lead_view import print_lead
    from commands.opening import opened, settings_for

    with opened(settings_for(data)) as archive, archive.reading() as tx:
        found, timeline = _view(tx, archive, find(tx, archive, lead))
        release = archive.live(tx)
    if as_json:
        print_json({**found, "timeline": timeline})
    else:
        print_lead(found, timeline, release)


def find(tx: Tx, archive: Archive, given: str) -> UUID:
    """Raises MissingError."""
    from storage import reading

    lead_id = reading.by_address(tx, archive, given) if "@" in given else None
    return lead_id or reading.find(tx, given)


def _view(tx: Tx, archive: Archive, lead_id: UUID) -> tuple[dict[str, Any], list[dict[str, Any]]]:  # Any: JSON
    """The same words as the API's."""
    from api import views
    from domain.context import Context
    from storage import facts, reading
    from storage.around import around

    loaded, _ = facts.load(tx, lead_id, lock=False)
    context = Context(loaded, archive.release_for(tx, loaded.lead), archive.clock.now())
    person = reading.persons(tx, [lead_id]).get(lead_id, {})
    found = views.lead(context, reading.lead(tx, lead_id), reading.beside(tx, lead_id), person)
    known = around(tx, lead_id, may_see_persons=True)
    rows, _ = reading.timeline(tx, lead_id, None, NEWEST)
    return found, [views.event(row, known) for row in rows]


def got(
    lead: Lead,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only on that day, in the team's zone.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """What exactly a lead was given: each touch with its release, the file as it was then, and the mail that left."""
    from commands.got_view import print_got
    from commands.opening import opened, settings_for
    from storage.given import given_to

    with opened(settings_for(data)) as archive, archive.reading() as tx:
        found = given_to(tx, archive, find(tx, archive, lead), _day(on, archive.live(tx).defaults.time_zone))
    print_json([vars(each) for each in found]) if as_json else print_got(found)


def _day(on: datetime | None, zone: str) -> tuple[datetime, datetime] | None:
    """Its first instant and that of the next day."""
    from domain.calendar import at_local

    if on is None:
        return None
    return at_local(on.date(), time.min, zone), at_local(on.date() + timedelta(days=1), time.min, zone)


def pause(
    lead: Lead,
    until: Annotated[datetime, typer.Option(help="The day on which it goes on, UTC.")],
    data: Data = None,
) -> None:
    """Send nothing until that day."""
    _pause(data, lead, until.replace(tzinfo=UTC))
    say(f"nothing is sent before {until:%d %b %Y}")


def resume(lead: Lead, data: Data = None) -> None:
    """End a pause."""
    _pause(data, lead, None)
    say("it goes on")


def _pause(data: Path | None, lead: str, until: datetime | None) -> None:
    """The wake stays in the outbox; the worker's relay finds it within seconds."""
    from commands.opening import opened, settings_for
    from storage import people

    with opened(settings_for(data)) as archive, archive.begin() as tx:
        people.pause(tx, archive, find(tx, archive, lead), until, "OPS", account())


def export(lead: Lead, data: Data = None) -> None:
    """Everything held about the person, mails included, as JSON: what they may ask to see."""
    from api.repairs import everything
    from commands.opening import opened, settings_for

    with opened(settings_for(data)) as archive, archive.reading() as tx:
        print_json(everything(tx, archive, find(tx, archive, lead)))


def erase(
    lead: Lead,
    ticket: Annotated[str, typer.Option(help="The request by which it was asked for and checked.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: Data = None,
) -> None:
    """Erase every word about the person. There is no way back; codes, counts and times stay."""
    from commands.opening import opened, settings_for
    from domain.said import Said
    from storage import repairing

    with opened(settings_for(data)) as archive, archive.begin() as tx:
        lead_id = find(tx, archive, lead)
        if not yes:
            typer.confirm(f"Erase everything about lead {lead_id}? There is no way back", abort=True)
        repairing.erase(tx, archive, lead_id, Said("erase", "OPS", account(), ticket=ticket))
    say(f"nothing about the person is left; lead {lead_id} stays as codes and counts, and the address suppressed")
