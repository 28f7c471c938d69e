"""Today: what is happening, what is due, which promises are in danger, and the latest things in words."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from api import tasks, views
from api.web import changes
from api.web.names import Names, names_of
from api.web.rendering import show
from api.web.telling import Teller, Told, taught_of, touch_title
from api.web.visiting import Reader, Visit
from domain.calendar import at_local
from domain.release import Release
from storage import pauses, sales_reading, team_changes, today, trackless
from storage.archive import Tx
from storage.reading import Row

router = APIRouter(include_in_schema=False)
LATEST, LISTED = 30, 8
PICTURE: Mapping[str, tuple[str, ...]] = {
    "With marketing": ("NEW", "INQUIRY", "NURTURING", "RECYCLED", "DORMANT"),
    "With sales": ("SALES_READY", "HANDED_OFF", "ACCEPTED", "WORKING", "QUALIFIED", "OPPORTUNITY", "PROPOSAL"),
    "Over": ("WON", "LOST", "DISQUALIFIED"),
}
PLAIN = ("T04",)
"""Transitions that say nothing new beside what caused them."""
ALWAYS = ("INQUIRY", "NURTURING", "SALES_READY", "HANDED_OFF", "WORKING", "QUALIFIED", "RECYCLED")
"""States the picture shows even when nobody is in them, so that it keeps its shape."""


@router.get("/")
def page(visit: Reader) -> Response:
    begins, ends = _day(visit)
    now = visit.times.now
    with visit.app.archive.reading() as tx:
        task_count, due_tasks = today.tasks_due(tx, ends, LISTED)
        step_count, steps = today.steps_due(tx, now, ends, LISTED)
        late, log = today.promises(tx, now, LISTED), today.latest(tx, 3 * LATEST)
        not_told, clocks = today.told_back(tx, now, LISTED), today.clocks(tx, now)
        sells = visit.who.person if visit.who.role in ("sales", "manager") else None
        own = today.own(tx, sells, ends, LISTED) if sells else None
        leads = {row["id"] for row in (*late, *steps, *(own[1] if own else ()))} | {
            row["lead_id"] for row in (*due_tasks, *log, *not_told)
        }
        names = names_of(tx, leads, visit.who.may_see_persons)
        shown: dict[str, Any] = {  # Any: what the page shows
            "names": names,
            "pauses": pauses.listed(tx, now),
            "scopes": changes.Teller(visit.release, visit.times),
            "picture": _picture(today.by_state(tx)),
            "tasks": (task_count, [tasks.task_view(row, visit.release) for row in due_tasks]),
            "steps": (step_count, [_step(row, visit.release) for row in steps]),
            "promises": (clocks, late),
            "more": clocks["broken"] + clocks["at_risk"] - len(late) - len(not_told),
            "own": own,
            "not_told": not_told,
            "mails": today.mails(tx, begins),
            "latest": _latest(visit, log, names, team_changes.latest(tx, LATEST, "pause")),
            "yours": _yours(tx, visit),
            "no_track": trackless.count(tx),
        }
    return show(visit, "web/today.html", **shown)


def _day(visit: Visit) -> tuple[datetime, datetime]:
    """The team's day, as instants."""
    zone, day = visit.times.zone, visit.times.today
    return at_local(day, time.min, zone), at_local(day + timedelta(days=1), time.min, zone)


def _picture(counts: Mapping[str, int]) -> dict[str, list[tuple[str, int, float]]]:
    """By who has them: state, how many, and its bar as percent of the longest one."""
    longest = max(counts.values(), default=0) or 1
    return {
        owner: [
            (state, counts.get(state, 0), round(100 * counts.get(state, 0) / longest, 2))
            for state in states
            if counts.get(state) or state in ALWAYS
        ]
        for owner, states in PICTURE.items()
        if any(counts.get(state) or state in ALWAYS for state in states)
    }


def _step(row: Row, release: Release) -> dict[str, Any]:  # Any: JSON
    step = views.kept_step(row["step"]) or {}
    found = release.find_touch(step.get("touch") or "")
    channel = found[1].channel if found else "email"
    return {
        "lead": row["id"],
        "due_at": row["step_due_at"],
        "title": touch_title(release, step.get("touch")),
        "channel": channel,
    }


def _latest(visit: Visit, log: Sequence[Row], names: Names, changed: Sequence[Row]) -> list[tuple[UUID | None, Told]]:
    """Newest first; what is about more than one lead names none."""
    teller = Teller(visit.release, taught_of(visit.release, names.known.values()))
    told = ((row["lead_id"], teller.tell(views.event(row))) for row in log if row["transition"] not in PLAIN)
    of_leads = [(lead, one) for lead, one in told if one]
    of_many = [(None, changes.Teller(visit.release, visit.times).tell(row)) for row in changed]
    return [*heapq.merge(of_many, of_leads, key=_at, reverse=True)][:LATEST]


def _at(told: tuple[UUID | None, Told]) -> datetime:
    return datetime.fromisoformat(told[1].at)


def _yours(tx: Tx, visit: Visit) -> tuple[int, int] | None:
    """Open tasks and handoffs of the person who looks."""
    if visit.who.person is None:
        return None
    mine, _ = sales_reading.tasks(tx, visit.who.person, True, None, 500)
    offered, _ = sales_reading.handoffs(tx, visit.who.person, True, None, 500)
    return len(mine), len(offered)
