"""`plan`: what the working files would do to every lead on the way, before anybody makes them live."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.console import Data, Files, Json, print_json, say
from commands.remote import KeyFile, Server, ServerUrl
from domain.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from settings import Settings

CHANGES = 2
"""The exit code for: some lead gets something else."""
ALL = 1_000_000


def register(app: typer.Typer) -> None:
    app.command()(plan)


def plan(
    files: Files = None,
    data: Data = None,
    first: Annotated[int, typer.Option(min=0, help="Leads to list.")] = 20,
    table: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Every lead that gets something else.")
    ] = None,
    server: ServerUrl = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """What these files would do to every lead on the way, beside what is live. Changes nothing.

    Exit code 0: nothing changes for any lead. 2: something does. 1: the files have errors, or there is no answer.
    """
    from authoring.load import FilesError, read_folder
    from commands.opening import settings_for
    from commands.release_pages import print_plan, write_csv

    settings = settings_for(data, files)
    wanted = ALL if table else first
    try:
        texts = read_folder(settings.files)
        found = _remote(Server(server, key_file), texts, wanted) if server else _local(settings, texts, wanted)
    except FilesError as error:
        raise told(error, as_json) from None
    if table:
        _write(table, found, write_csv)
    found = {**found, "more": found["more"] + len(found["leads"][first:]), "leads": found["leads"][:first]}
    print_json(found) if as_json else print_plan(found)
    if not found["is_quiet"]:
        raise typer.Exit(CHANGES)


def told(error: Any, as_json: bool) -> typer.Exit:  # Any: a FilesError, whose module is slow to load
    """Every mistake with its place, as `check` says it."""
    from authoring.problems import render

    if as_json:
        print_json({"problems": [vars(problem) for problem in error.problems]})
    else:
        say("\n".join(render(problem, "") for problem in error.problems))
    return typer.Exit(1)


def _local(settings: Settings, texts: Mapping[str, str], first: int) -> dict[str, Any]:  # Any: JSON
    from api import publications
    from commands.opening import opened
    from commands.releasing import checked
    from storage import planning, releases

    with opened(settings) as archive:
        release, _ = checked(archive, texts)
        with archive.reading() as tx:
            old, missing = planning.live_side(tx), releases.missing(tx, release)
            undoes = releases.undone(tx, texts)
        new = planning.when_signed(release, texts)
        with progress("Planning") as tell:
            return publications.plan(planning.plan(archive, old or new, new, tell), first, missing, undoes)


def _remote(server: Server, texts: Mapping[str, str], first: int) -> dict[str, Any]:  # Any: JSON
    say("asking the server; it decides for every lead on the way twice")
    proposed = server.post("/releases", {"files": dict(texts)})
    found: dict[str, Any] = server.get(f"/releases/{proposed['release']}/plan?first={first}")  # Any: JSON
    return found


def _write(path: Path, found: Mapping[str, Any], write: Callable[[Path, Mapping[str, Any]], None]) -> None:  # Any: JSON
    try:
        write(path, found)
    except OSError as error:
        raise InvalidError(f"{path} cannot be written ({error.strerror}); name another file") from None


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """On the error stream, and only where somebody looks on."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
