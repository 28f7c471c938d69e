"""`nurture demo`: the sample leads live through their story, with simulated buyers and salespeople who touch nothing
but what real ones would: mails, links, the API."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.console import Files, say

DATA = Path(".nurture-demo")
FASTEST = 10_000_000.0


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    data: Annotated[Path, typer.Option(help="The data folder: a fresh one each time.")] = DATA,
    days: Annotated[int, typer.Option(min=1, max=730, help="Days of the story.")] = 120,
    seed: Annotated[int, typer.Option(help="Another seed, other decisions of the same people.")] = 1,
    speed: Annotated[
        float,
        typer.Option(min=1, max=FASTEST, help="At most so many times as fast as real time; 86400 is a day a second."),
    ] = FASTEST,
    exit: Annotated[
        bool, typer.Option("--exit", help="End after the summary; exit code 1 if anything is wrong.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Go on with the folder of the last time.")] = False,
    files: Files = None,
) -> None:
    """Watch sample leads, simulated buyers and salespeople live through four months in three minutes.

    The same seed tells the same story.
    """
    from authoring.load import FilesError
    from authoring.problems import render
    from commands.playing import Options, run

    try:
        is_well = run(Options(data, files, days, seed, speed, exit, keep))
    except FilesError as error:
        say("\n".join(render(problem, "") for problem in error.problems))
        is_well = False
    if not is_well:
        raise typer.Exit(1)
