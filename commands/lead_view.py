"""A lead on the terminal: a head, what it still takes to be ready, and the story."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from api.web.telling import Teller, taught
from commands.console import screen, shown
from domain.release import Release

Json = Mapping[str, Any]  # Any: JSON, as api/views.py makes it
HELD = {"met": "[green]met[/]    ", "not_met": "[red]not met[/]", "unknown": "[yellow]unknown[/]"}


def print_lead(lead: Json, timeline: Sequence[Json], release: Release) -> None:
    console = screen()
    who = lead.get("name") or lead.get("email") or "somebody"
    console.print(f"[bold]{escape(str(who))}[/]  {lead['state']}, cycle {lead['cycle']}")
    for name, value in _head(lead):
        console.print(f"  {name:<9} {escape(shown(value))}")
    _print_verdict(console, lead["verdict"])
    _print_facts(console, lead["facts"])
    console.print("\n[bold]What happened[/]")
    teller = Teller(release, taught(lead["facts"]))
    for row in timeline:
        if told := teller.tell(row):
            words = f" “{told.words}”" if told.words else ""
            console.print(f"  [dim]{_when(told.at)}[/]  {escape(told.sentence + words)}")


def _head(lead: Json) -> Iterator[tuple[str, object]]:
    yield "id", lead["id"]
    yield "address", lead.get("email")
    yield "company", lead["company"]
    if lead["track"]:
        yield "track", f"{lead['track']}, stage {lead['stage']}"
    following = lead["next"]
    yield "next", f"{following['reason']}{_at(following)}" if following else None
    if lead["owner"]:
        clock = lead["clock"] or {}
        yield "owner", lead["owner"]
        yield "clock", f"{clock.get('name')}, until {_when(clock.get('due_at'))}"
    if lead["support"]:
        yield "support", f"{lead['support']} goes out in the name of {lead['owner']}"
    if lead["paused_until"]:
        yield "paused", f"until {_when(lead['paused_until'])}"
    if lead["sunset_at"]:
        yield "sunset", f"since {_when(lead['sunset_at'])}: looked at no more until a sign of life"
    grade = lead["grade"]
    yield "grade", f"fit {grade['fit']} (A is best), engagement {shown(grade['engagement'])} (1 is most, 4 least)"
    flags = [
        name.partition("_")[2].replace("_", " ")
        for name in ("has_opted_out", "has_bounced", "is_do_not_call")
        if lead[name]
    ]
    if flags:
        yield "mind", ", ".join(flags)


def _print_verdict(console: Console, verdict: Json) -> None:
    ready = f"ready: {verdict['rule']}" if verdict["ready"] else "not sales-ready"
    held = f", held back by {verdict['held_back_by']}" if verdict["held_back_by"] else ""
    console.print(f"\n[bold]The definition says[/] {escape(ready + held)}")
    for criterion in verdict["criteria"]:
        console.print(f"  {HELD[criterion['holds']]}  {escape(criterion['says'])}")


def _print_facts(console: Console, facts: Json) -> None:
    if facts:
        console.print("\n[bold]What we know[/]")
    for fact in facts.values():
        value = fact.get("words") or fact["value"]
        console.print(
            f"  {escape(fact['says'])}: {escape(shown(value))}  [dim]{fact['source']}, {_when(fact['at'])}[/]"
        )


def _when(at: str | None) -> str:
    """Minutes are enough for a person; UTC, like all instants."""
    return at[:16].replace("T", " ") if at else "-"


def _at(step: Json) -> str:
    """A reason that ends in `until` leaves its instant to us."""
    if not step["due_at"]:
        return ""
    at = f"{_when(step['due_at'])} UTC"
    return f" {at}" if step["reason"].endswith(" until") else f" (due {at})"
