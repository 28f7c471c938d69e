"""Plans and publications on the terminal; the same JSON whether it came from the archive or from a server."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from commands.console import print_table, screen

Json = Mapping[str, Any]  # Any: JSON, as api/publications.py makes it
SHORT = 12
TONES = {"circle": "red", "again": "red", "left_out": "red", "exhausted": "yellow", "ready": "green", "same": "dim"}
MOST_PATHS = 30
COLUMNS = ("lead", "change", "touch_before", "due_before", "touch_after", "due_after", "stage_before", "stage_after")


def print_plan(plan: Json) -> None:
    from api.publications import SAYS
    from domain.planning import Change

    console = screen()
    console.print(f"[bold]{_name(plan['new'])}[/] beside [bold]{_name(plan['old'])}[/], which is live")
    print_paths(console, plan["changes"])
    console.print(f"\n[bold]{plan['total']:,} leads on the way[/]")
    for change in Change:
        if count := plan["counts"].get(change.value):
            tone = TONES.get(change.value, "default")
            console.print(f"  [{tone}]{count:>9,}[/]  {SAYS[change]}")
    for each in plan["renamed"]:
        console.print(
            f"[red]{each['leads']:,} leads had {escape(each['had'])} and would get it again as"
            f" {escape(each['again_as'])}[/]; give the file its old name."
        )
    if plan["kept"]:
        console.print(
            f"{plan['kept']:,} are on tracks with in_flight: keep; their structure stays until the cycle ends."
        )
    _print_leads(plan)
    for path, past in plan["undoes"].items():
        does = "Puts live again what {} rolled back" if past["action"] == "rollback" else "Takes back what {} made live"
        console.print(f"[red]{escape(does.format(past['by']))}[/] on {_when(past['at'])}: {escape(path)}")
    for subject, teams in plan["missing"].items():
        console.print(
            f"{escape(subject)} still needs the signature of {' and '.join(teams)}; the plan takes it as given."
        )


def print_paths(console: Console, changes: Sequence[Json]) -> None:
    marks = {"added": "[green]+[/]", "removed": "[red]-[/]", "changed": "[yellow]~[/]"}
    for each in changes[:MOST_PATHS]:
        console.print(f"  {marks[each['change']]} {escape(each['path'])}")
    if len(changes) > MOST_PATHS:
        console.print(f"  and {len(changes) - MOST_PATHS} more files")
    if not changes:
        console.print("  no file differs")


def _print_leads(plan: Json) -> None:
    if plan["leads"]:
        print()
        rows = [
            {"lead": row["lead"], "change": row["change"], "before": _step(row["before"]), "after": _step(row["after"])}
            for row in plan["leads"]
        ]
        print_table(("lead", "change", "before", "after"), rows)
    if plan["more"]:
        print(f"and {plan['more']:,} more; all of them: --csv FILE")


def _step(one: Json) -> str:
    where = f" ({one['stage']})" if one["stage"] else ""
    due = f", {_when(one['due_at'])}" if one["due_at"] else ""
    return f"{one['touch'] or one['verb']}{where}{due}"


def write_csv(path: Path, plan: Json) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in plan["leads"]:
            sides = row["before"], row["after"]
            what = [value for one in sides for value in (one["touch"] or one["verb"], one["due_at"])]
            writer.writerow([row["lead"], row["change"], *what, *(one["stage"] or "" for one in sides)])


def print_published(done: Json, woken: bool = True) -> None:
    console = screen()
    tracks = [name.removeprefix("track:") for name in done["missing"]]
    rest = f"; not signed yet, so without leads: {', '.join(tracks)}" if tracks else ""
    before = "" if done["is_new"] else " (as before)"
    console.print(f"release {_name(done['release'])} is live{escape(rest)}{before}")
    for each in done["reworded"]:
        leads = "1 lead" if each["leads"] == 1 else f"{each['leads']:,} leads"
        console.print(f"[bold]{leads}[/] had {escape(each['touch'])} in other words:")
        for one in each["first"]:
            name = f"  {escape(one['name'])}" if one.get("name") else ""
            console.print(f"  {one['lead']}  {_when(one['at'])}{name}")
        if each["leads"] > len(each["first"]):
            console.print(f"  and {each['leads'] - len(each['first']):,} more")


def print_releases(found: Json) -> None:
    rows = []
    for each in found["items"]:
        is_live = each["number"] == found["items"][0]["number"]
        rows.append(
            {
                "number": each["number"],
                "release": _name(each["release"]),
                "live": "live" if is_live else "",
                "at": _when(each["at"]),
                "by": each["by"],
                "what": "went back" if each["action"] == "rollback" else in_short(each["changes"]),
                "approved": ", ".join(each["approved"]),
            }
        )
    print_table(("number", "release", "live", "at", "by", "what", "approved"), rows)
    if found["proposals"]:
        print("\nProposed, and not live so far:")
        rows = [
            {"release": _name(p["release"]), "at": _when(p["at"]), "by": p["by"], "base": _name(p["base"] or "-")}
            for p in found["proposals"]
        ]
        print_table(("release", "at", "by", "base"), rows)


def in_short(changes: Sequence[Json]) -> str:
    if not changes:
        return "signatures"
    first = changes[0]["path"].removeprefix("content/").removeprefix("tracks/").removeprefix("lead_defs/")
    return first if len(changes) == 1 else f"{first} and {len(changes) - 1} more"


def print_release(one: Json, path: str | None) -> None:
    """Everything about one; with a path, that file as it was."""
    console = screen()
    if path is not None:
        print(one["files"][path], end="")
        return
    console.print(f"[bold]{one['release']}[/]{'  live' if one['is_live'] else ''}")
    console.print(f"  proposed by {escape(one['by'])}, {_when(one['at'])}; {len(one['files'])} files")
    for each in one["publications"]:
        verb = "went back to" if each["action"] == "rollback" else "made live"
        console.print(f"  {verb} as number {each['number']} by {escape(each['by'])}, {_when(each['at'])}")
    for signed in one["signatures"]:
        who = f"{signed['who']} ({signed['role']})"
        console.print(f"  {escape(signed['subject'])} signed by {escape(who)}, {_when(signed['at'])}")
    for subject, teams in one["missing"].items():
        console.print(f"  {escape(subject)} [red]still needs {' and '.join(teams)}[/]")
    if not one["is_live"]:
        console.print("Beside what is live:")
        print_paths(console, one["changes"])


def _name(hash: str) -> str:
    return hash[:SHORT]


def _when(at: str | None) -> str:
    return f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M}" if at else "-"
