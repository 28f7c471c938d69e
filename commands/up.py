"""`nurture up`: everything on one machine, kept running until somebody says stop."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from commands.console import Data, Files, print_json, say, screen

if TYPE_CHECKING:
    from commands.standing import Standing
    from storage.archive import Archive

FASTEST = 10_000_000


def register(app: typer.Typer) -> None:
    app.command()(up)


def _port(what: str, default: int) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        min=1, max=65535, help=what, show_default=f"{default}, or the next free one"
    )
    return option


def up(
    data: Data = None,
    files: Files = None,
    host: Annotated[str | None, typer.Option(help="API and pages listen here.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, _port("API and pages.", 8600)] = None,
    temporal_port: Annotated[int | None, _port("Temporal.", 8700)] = None,
    temporal_ui_port: Annotated[int | None, _port("Temporal's own pages.", 8701)] = None,
    smtp_port: Annotated[int | None, _port("The mail catcher.", 8625)] = None,
    speed: Annotated[
        float | None,
        typer.Option(
            min=1,
            max=FASTEST,
            help="Run on a demo clock: business seconds per second at most; 86400 is a day a second.",
            show_default="real time",
        ),
    ] = None,
    begin: Annotated[
        datetime | None,
        typer.Option(help="UTC instant at which a new demo clock begins.", show_default="this hour"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line when everything is ready.")] = False,
) -> None:
    """Run everything on this machine: Temporal, worker, API with pages, mail catcher. Ctrl-C ends it."""
    from commands.opening import settings_for
    from commands.standing import standing

    settings = settings_for(data, files, host=host, speed=speed)
    own = settings.port if "port" in settings.model_fields_set else None
    asked = {"api": port or own, "temporal": temporal_port, "temporal_ui": temporal_ui_port, "smtp": smtp_port}
    begins_at = begin.replace(tzinfo=UTC) if begin else None

    options = "".join(f" --{name} {path}" for name, path in (("data", data), ("files", files)) if path)

    def publish(archive: Archive) -> None:
        from commands.releasing import publish_at_start

        for sentence in publish_at_start(archive, settings.files, options):
            say(sentence)

    with standing(settings, asked, say, publish, begins_at) as everything:
        if everything.wait():
            if as_json:
                print_json(everything.addresses)
            else:
                _print_screen(everything)
            everything.keep()


def _print_screen(everything: Standing) -> None:
    at = everything.addresses
    data = f" --data {at['data']}" if everything.settings.data.name != ".nurture" else ""
    speed = everything.settings.speed
    console = screen()
    console.print("[bold green]Nurture is up.[/]  Ctrl-C ends it; the same command goes on where it stopped.\n")
    lines = {
        "pages and API": at["web"],
        "API described": f"{at['api']}/api/openapi.json",
        "Temporal": f"127.0.0.1:{everything.ports['temporal']}, its pages at {everything.temporal_ui}",
        "mail": f"{at['data']}/mail (caught, nothing leaves)"
        if "mail" in everything.supervisor.running
        else at["mail"],
        "data": at["data"],
        "admin key": at["admin_key_file"],
        "clock": f"demo, up to {speed:g} times as fast as real time" if speed else "real time",
    }
    for name, value in lines.items():
        console.print(f"  {name:<14} {value}", markup=False)
    console.print("\nNext:\n", end="")
    for command in ("import leads.csv", "lead show ana@company.example", "doctor"):
        console.print(f"  nurture {command}{data}", markup=False)
