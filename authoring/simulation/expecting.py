"""What an example expects beside what happened, and the timeline that shows both."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from authoring.simulation.life import Entry
from authoring.simulation.playing import Played
from domain.calendar import zone
from domain.example import Expected

EXHAUSTED, RECYCLED, READY, OFFERED = "DORMANT", "RECYCLED", "SALES_READY", "T11"
SHOWN = 40
"""Rows of a timeline; of a longer one the middle is left out."""


def is_met(expected: Expected, played: Played) -> bool:
    if expected.what.startswith("n"):  # no touch, not ready
        return not any(_is_in_time(at, expected, played) for at in _happened(expected, played))
    if expected.what == "touches":
        return len([at for at in _touches(played) if _is_in_time(at, expected, played)]) == expected.count
    times = [at for at in _happened(expected, played) if _is_in_time(at, expected, played)]
    if expected.what == "exhausted" and expected.count is not None:
        return any(len([at for at in _touches(played) if at <= end]) == expected.count for end in times)
    return bool(times)


def what_happened(expected: Expected, played: Played) -> str:
    """Beside an expectation that was not met: when it did happen, or how often."""
    if expected.what == "touches":
        return f"{len([at for at in _touches(played) if _is_in_time(at, expected, played)])}"
    times = list(_happened(expected, played))
    if expected.what == "exhausted" and expected.count is not None:
        given = [at for at in _touches(played) if not times or at <= times[0]]
        return f"{'' if times else 'not exhausted, '}{len(given)} touches"
    return " and ".join(_day(at, played) for at in times[:3]) or "never"


def timeline(played: Played, expected: tuple[Expected, ...]) -> list[str]:
    """What happened day by day; what was expected on a day and did not happen stands beside it, marked."""
    rows = [(e.at, f"  {_day(e.at, played)}  {told}") for e in played.entries if (told := _told(e))]
    for each in expected:
        if each.when and not is_met(each, played):
            at = each.when.at(played.first, played.zone)
            rows.append((at, f"> {_day(at, played)}  expected: {each.text}"))
    lines = [line for _, line in sorted(rows, key=lambda row: row[0])]
    if len(lines) > SHOWN:
        half = SHOWN // 2
        return [*lines[:half], f"  ... {len(lines) - SHOWN} more ...", *lines[-half:]]
    return lines


def _happened(expected: Expected, played: Played) -> Iterator[datetime]:
    for entry in played.entries:
        if _matches(expected, entry):
            yield entry.at


def _matches(expected: Expected, e: Entry) -> bool:
    name = expected.name
    match expected.what:
        case "touch" | "no touch":
            return _is_given(e) and e.data["touch"] == name
        case "ready":
            return e.to_state == READY and e.from_state != READY and e.reason == name
        case "not ready":
            return e.to_state == READY
        case "stage":
            return e.kind == "transition" and e.data.get("stage") == name
        case "track":
            return e.kind == "transition" and e.data.get("track") == name
        case "state":
            return e.to_state == (name or "").upper()
        case "exhausted":
            return e.to_state == EXHAUSTED and e.from_state != EXHAUSTED
        case "recycled":
            return e.to_state == RECYCLED
        case "with sales":
            return e.transition == OFFERED
    return False


def _is_given(e: Entry) -> bool:
    """A mail that left, or a human touch handed to its owner: from then on the touch is used."""
    return e.kind == "touch" and "track" in e.data


def _touches(played: Played) -> list[datetime]:
    return [e.at for e in played.entries if _is_given(e)]


def _is_in_time(at: datetime, expected: Expected, played: Played) -> bool:
    if expected.when is None:
        return True
    local, day = at.astimezone(zone(played.zone)), expected.when.day(played.first)
    if expected.how == "by":
        return local.date() <= day if expected.when.local is None else at <= expected.when.at(played.first, played.zone)
    wanted = expected.when.local
    return local.date() == day and (wanted is None or local.time().replace(second=0, microsecond=0) == wanted)


def _day(at: datetime, played: Played) -> str:
    local = at.astimezone(zone(played.zone))
    return f"day {_number(local.date(), played):>3} {local:%a %Y-%m-%d %H:%M}"


def _number(day: date, played: Played) -> int:
    return (day - played.first).days


def _told(e: Entry) -> str | None:
    """One line of the timeline, None for what only an auditor wants to know."""
    data = e.data
    if e.kind == "transition":
        stage = f", stage {data['stage']}" if data.get("stage") else ""
        moved = e.to_state if e.from_state == e.to_state else f"{e.from_state} -> {e.to_state}"
        return f"{moved} ({e.reason}){stage}" if e.reason else f"{moved}{stage}"
    if e.kind == "touch":
        return f"touch {data['touch']} {data['status']}"
    if e.kind == "event":
        learned = data["learned"]
        told = f", tells {', '.join(map(str, learned))}" if isinstance(learned, list) and learned else ""
        return f"event {data['event']}{told}"
    if e.kind == "task" and data["is"] in ("done", "skipped"):
        return f"task {data.get('touch') or data.get('kind') or ''} {data.get('outcome') or data['is']}"
    if e.kind == "disposition":
        return f"sales: {data['command']} {data.get('outcome') or e.reason or ''}".rstrip()
    return {"opted_out": "unsubscribed", "breach": f"late: {e.reason}"}.get(e.kind)
