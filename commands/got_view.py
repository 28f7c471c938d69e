"""What a lead was given, on the terminal: the words themselves, and the proof that they are those."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape

from commands.console import screen

if TYPE_CHECKING:
    from storage.given import Given

SHORT = 12
NOT_GIVEN = ("failed", "deferred")


def print_got(found: Sequence[Given]) -> None:
    console = screen()
    if not found:
        console.print("nothing was given then")
    for one in found:
        console.print(f"[bold]{one.at:%Y-%m-%d %H:%M} UTC  {escape(one.touch)}[/]  {one.channel}, {one.status}")
        console.print(f"  {escape(one.path)} in release {one.release[:SHORT]}")
        proof = "the words below are those, by their hash" if one.is_proven else "[red]the stored words differ[/]"
        console.print(f"  content {one.content_hash[:SHORT]}: {proof}")
        if one.status in NOT_GIVEN:
            console.print("  [yellow]it did not reach them[/]")
        console.print()
        print(_indented(one.mail or one.file or "its file is not in the archive any more"))


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines()) + "\n"
