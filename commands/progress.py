"""A bar for whatever takes longer than a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

ROOM = 48
"""Columns that what stands beside the bar may take."""


@contextmanager
def progress(
    what: str, total: int | None, is_json: bool = False, done: int = 0, rate: str = ""
) -> Iterator[Callable[[int], None]]:
    """On the error stream, so that what is piped on is only the result. `done` is what was done before; `rate` is what
    is done, to be shown as so many a second."""
    if is_json:
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    bar_width = max(5, min(40, console.width - ROOM))
    columns = [TextColumn("{task.description}"), BarColumn(bar_width), MofNCompleteColumn(), TimeRemainingColumn()]
    if rate:
        columns.append(TextColumn("{task.fields[speed]}"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=total, completed=done, speed="")

        def advance(now: int) -> None:
            speed = bar.tasks[0].speed
            bar.update(task, completed=now, speed=f"{speed:,.0f} {rate}/s" if speed else "")

        yield advance
