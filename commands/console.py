"""What commands share: the options every one has, and how they speak."""

from __future__ import annotations

import getpass
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

Data = Annotated[
    Path | None, typer.Option("--data", help="The data folder.", show_default="NURTURE_DATA, else .nurture")
]
Files = Annotated[
    Path | None,
    typer.Option("--files", help="The folder with lead_defs/ and content/.", show_default="NURTURE_FILES, else ."),
]
Json = Annotated[bool, typer.Option("--json", help="For machines.")]


WIDE, WIDEST = 250, 10_000


def say(sentence: str) -> None:
    """One line for a person; on stderr, so that what a machine reads stays alone on stdout."""
    print(sentence, file=sys.stderr, flush=True)


def print_json(value: Any) -> None:  # Any: whatever JSON can say
    print(json.dumps(value, ensure_ascii=False, default=str), flush=True)


def screen() -> Console:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:  # a file or a pipe has no width; nothing is cut off for it
        console.width = WIDE
    return console


def print_table(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> None:
    """One line per row under bold headings; nothing known is a dash. A narrow screen wraps, and nothing is cut off."""
    from rich.console import ConsoleDimensions
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), no_wrap=True)
    for row in rows:
        table.add_row(*(escape(shown(row.get(column))) for column in columns))
    console = screen()
    needed = console.measure(table, options=console.options.update(max_width=WIDEST)).maximum
    # A dumb one has no settable width alone.
    console.size = ConsoleDimensions(max(console.width, needed), console.height)
    console.print(table)


def shown(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def account() -> str:
    """Who types this, for the record, at most 64 characters; the account of a container may have no name."""
    try:
        return getpass.getuser()[:64]
    except (KeyError, OSError):
        return "nurture"
