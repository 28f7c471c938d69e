"""`nurture doctor`: is everything as it should be, and if not, what to do."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from commands.console import Data, Json, print_json, say, screen

if TYPE_CHECKING:
    from commands.examination import Finding
    from settings import Settings

MARKS = {"ok": "[green]ok[/]  ", "mind": "[yellow]mind[/]", "bad": "[red]bad[/] "}
MENDED = {"leads behind", "leads overdue", "wakes", "workflows"}
"""What waking the leads mends."""
BETWEEN, TIMES = 1.0, 4
"""Seconds between two looks, and so many with the same answer: then nobody mends it."""


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(
    repair: Annotated[bool, typer.Option("--repair", help="Wake every open lead: each is decided again.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Look at settings, archive and Temporal, and at leads that are stuck. Exit code 1 when something is bad."""
    from commands.examination import examine
    from commands.opening import settings_for

    settings = settings_for(data)
    woken = _repair(settings) if repair else None
    if woken is not None and not as_json:
        say(f"woke {woken} leads; a running worker looks at them within seconds")
    findings = examine(settings) if woken is None else _after(settings)
    if as_json:
        print_json({"findings": [vars(found) for found in findings], "woken": woken})
    else:
        _print(findings)
    if any(found.status == "bad" for found in findings):
        raise typer.Exit(1)


def _repair(settings: Settings) -> int:
    from commands.opening import opened
    from storage.wakes import wake_all_open

    with opened(settings) as archive:
        return wake_all_open(archive)


def _after(settings: Settings) -> list[Finding]:
    """What a worker has yet to look at is not wrong: asks again for as long as the answer changes."""
    from commands.examination import examine

    findings, times = examine(settings), 0
    while times < TIMES and _may_mend(findings):
        time.sleep(BETWEEN)
        again = examine(settings)
        findings, times = again, times + 1 if again == findings else 0
    return findings


def _may_mend(findings: list[Finding]) -> bool:
    bad = {found.name for found in findings if found.status == "bad"}
    return bool(bad & MENDED) and not bad & {"Temporal", "worker"}


def _print(findings: list[Finding]) -> None:
    from rich.markup import escape

    console = screen()
    for found in findings:
        console.print(f"{MARKS[found.status]}  {found.name:<14} {escape(found.says)}")
        if found.do:
            console.print(f"      {'':<14} {escape(found.do)}", style="bold")
