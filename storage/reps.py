"""Salespeople as routing sees them: capacity, weight, hours, absence. Who they are stands in people.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from domain import routing
from domain.calendar import Window, at_local, has_holidays, is_zone
from domain.errors import InvalidError, MissingError
from domain.lead import State
from domain.phrases import parse_hours
from domain.release import Release
from storage import handling, reassigning, team_changes, wakes
from storage import tables as t
from storage.archive import Archive, Tx, insert_once

SELLERS = ("sales", "manager")
STARTING: Mapping[str, Any] = {"capacity": 20, "weight": 1.0, "is_active": True}  # Any: column values
MOST = 10_000
HANDED_OVER: Mapping[str, Sequence[State]] = {
    "untouched": reassigning.BEFORE_CONTACT,
    "everything": reassigning.ALL,
    "nothing": (),
}
"""What of the leads in hand goes to others while somebody is away: those nobody has tried yet, all, or none."""


def listed(tx: Tx, archive: Archive) -> list[dict[str, Any]]:  # Any: JSON
    """Every salesperson with what is in hand, what is free, and what the day may bring."""
    release, now = archive.live(tx), archive.clock.now()
    team = handling.team_of(tx, release, now, lock=False)
    passed_over = {rep.id for rep in routing.silent(release, team, _refusals(team, now))}
    return [{**_shown(rep, release, now), "is_passed_over": rep.id in passed_over} for rep in team]


def _refusals(team: Sequence[routing.Rep], now: datetime) -> dict[str, str]:
    """Who could take no lead at all just now, whichever it was."""
    away = {rep.id: routing.AWAY for rep in team if rep.away_until and rep.away_until > now}
    return away | {rep.id: routing.NOT_ACTIVE for rep in team if not rep.is_active}


def one(tx: Tx, archive: Archive, rep_id: str) -> dict[str, Any]:  # Any: JSON
    """Raises MissingError."""
    found = next((rep for rep in listed(tx, archive) if rep["id"] == rep_id), None)
    if found is None:
        raise MissingError(f"there is no salesperson {rep_id} yet; add one: nurture rep add, or PUT /api/reps/{rep_id}")
    return found


def put(
    tx: Tx, archive: Archive, rep_id: str, changes: Mapping[str, Any], by: str | None = None
) -> dict[str, Any]:  # Any: JSON
    """Add a salesperson or change what is named. Who is not active any more leaves with empty hands.

    Raises InvalidError for somebody who does not sell, or bad values.
    """
    release = archive.live(tx)
    person = release.people.get(rep_id)
    if person is None or person.role not in SELLERS:
        who = ", ".join(sorted(name for name, p in release.people.items() if p.role in SELLERS))
        raise InvalidError(f"{rep_id} is no salesperson in lead_defs/people.yaml; there are {who}", "id")
    _check(changes)
    leaves = changes.get("is_active") is False
    found = reassigning.locked(tx, rep_id) if leaves else []
    _tell(tx, archive, rep_id, changes, by)
    query = insert_once(tx, t.reps).values(id=rep_id, **{**STARTING, **changes})
    tx.execute(query.on_conflict_do_update(index_elements=["id"], set_={"id": rep_id, "let_pass": 0, **changes}))
    if leaves:
        moved = _hand_over(tx, archive, rep_id, found, f"{rep_id} takes no leads any more", by)
        return {**one(tx, archive, rep_id), "handed_over": moved}
    wakes.wake_best_waiting(tx, rep_id)  # more capacity, or back from leave: somebody may have been waiting for it
    return one(tx, archive, rep_id)


def local(tx: Tx, archive: Archive, rep_id: str, clock: datetime) -> datetime:
    """The instant at which clocks where they work show this. Raises MissingError."""
    zone = one(tx, archive, rep_id)["zone"] or archive.live(tx).defaults.time_zone
    return at_local(clock.date(), clock.time(), zone)


def away(
    tx: Tx,
    archive: Archive,
    rep_id: str,
    until: datetime | None,
    in_hand: str = "untouched",
    by: str | None = None,
) -> dict[str, Any]:  # Any: JSON
    """Nothing is offered that could not be taken up in time; None ends an absence.

    Raises MissingError, InvalidError for the past.
    """
    if until is not None and until <= archive.clock.now():
        raise InvalidError("until must be a day to come, or null to end an absence", "until")
    if in_hand not in HANDED_OVER:
        raise InvalidError(f"in_hand says what others take over: {', '.join(HANDED_OVER)}", "in_hand")
    states = HANDED_OVER[in_hand] if until else ()
    found = reassigning.locked(tx, rep_id, states) if states else []
    _tell(tx, archive, rep_id, {"away_until": until}, by)
    if tx.execute(update(t.reps).where(t.reps.c.id == rep_id).values(away_until=until, let_pass=0)).rowcount == 0:
        raise MissingError(f"there is no salesperson {rep_id} yet; add one: nurture rep add, or PUT /api/reps/{rep_id}")
    if until is None:
        wakes.wake_best_waiting(tx, rep_id)
        return one(tx, archive, rep_id)
    moved = _hand_over(tx, archive, rep_id, found, f"{rep_id} is away", by)
    return {**one(tx, archive, rep_id), "handed_over": moved}


def reassign(tx: Tx, archive: Archive, rep_id: str, why: str, by: str | None = None) -> dict[str, Any]:  # Any: JSON
    """Everything they have goes to others. Raises MissingError."""
    found = reassigning.locked(tx, rep_id)
    if not found:
        one(tx, archive, rep_id)
    moved = _hand_over(tx, archive, rep_id, found, why, by)
    _told(tx, archive, rep_id, by, {"is": "reassigned", "why": why})
    return {"id": rep_id, "handed_over": moved}


def who_left(tx: Tx, archive: Archive) -> dict[str, int]:
    """After a publish: leads of people who are not in people.yaml any more go to others."""
    release = archive.live(tx)
    r = t.reps.c
    gone = list(tx.execute(select(r.id).where(r.is_active.is_(True), r.id.not_in(list(release.people)))).scalars())
    moved: dict[str, int] = {}
    for rep_id in gone:
        found = reassigning.locked(tx, rep_id)
        _tell(tx, archive, rep_id, {"is_active": False}, None)
        tx.execute(update(t.reps).where(r.id == rep_id).values(is_active=False))
        for who, count in _hand_over(tx, archive, rep_id, found, f"{rep_id} left the team", None).items():
            moved[who] = moved.get(who, 0) + count
    return moved


def _tell(tx: Tx, archive: Archive, rep_id: str, changes: Mapping[str, Any], by: str | None) -> None:  # Any: columns
    """Who changes what, before it is changed; nothing of what stays as it is."""
    row = tx.execute(select(t.reps).where(t.reps.c.id == rep_id).with_for_update()).mappings().first()
    was = row or {**STARTING, "hours": None, "zone": None, "holidays": None, "away_until": None}
    now = {name: value for name, value in changes.items() if was[name] != value}
    if now or row is None:
        done = {"is": "changed" if row else "added", "was": {name: _plain(was[name]) for name in now}}
        _told(tx, archive, rep_id, by, {**done, "now": {name: _plain(value) for name, value in now.items()}})


def _told(tx: Tx, archive: Archive, rep_id: str, by: str | None, data: Mapping[str, object]) -> None:
    team_changes.tell(tx, archive.clock.now(), by, "salesperson", rep_id, data)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _hand_over(
    tx: Tx, archive: Archive, rep_id: str, found: Sequence[Any], why: str, by: str | None
) -> dict[str, int]:  # Any: Facts
    c = t.queue.c
    tx.execute(update(t.queue).where(c.claimed_by == rep_id).values(claimed_by=None, claimed_until=None))
    actor = "MGR" if by else "SYS"
    return reassigning.hand_over(tx, archive.live(tx), found, why, archive.clock.now(), actor, by)


def _check(changes: Mapping[str, Any]) -> None:  # Any: as the caller's model left it
    capacity, weight = changes.get("capacity", 0), changes.get("weight", 1.0)
    if not 0 <= capacity <= MOST:
        raise InvalidError(f"capacity is a number of leads from 0 to {MOST}", "capacity")
    if not 0 < weight <= 100:
        raise InvalidError("weight is a share above 0, at most 100; 1 is a full one", "weight")
    if changes.get("zone") and not is_zone(changes["zone"]):
        raise InvalidError(f"{changes['zone']} is no time zone; write for example America/Chicago", "zone")
    if changes.get("holidays") and not has_holidays(changes["holidays"]):
        sentence = f"there is no holiday calendar {changes['holidays']}; write a country like US, or a part like DE-BY"
        raise InvalidError(sentence, "holidays")
    if changes.get("hours"):
        try:
            parse_hours(changes["hours"])
        except ValueError as error:
            raise InvalidError(str(error), "hours") from None


def _shown(rep: routing.Rep, release: Release, now: datetime) -> dict[str, Any]:  # Any: JSON
    person, hours = release.people.get(rep.id), rep.hours or release.service_levels.hours
    window = Window(hours, rep.zone or release.defaults.time_zone, rep.holidays or release.defaults.country)
    formula = release.routing.capacity
    return {
        "id": rep.id,
        "capacity": rep.capacity,
        "weight": rep.weight,
        "is_active": rep.is_active,
        "hours": str(rep.hours) if rep.hours else None,
        "zone": rep.zone,
        "holidays": rep.holidays,
        "name": person.name if person else None,
        "team": person.team if person else None,
        "away_until": rep.away_until.isoformat() if rep.away_until else None,
        "in_hand": rep.in_hand,
        "free": max(rep.capacity - rep.in_hand, 0),
        "today": rep.today,
        "let_pass": rep.let_pass,
        "is_silent": rep.let_pass >= release.routing.silent_after,
        "daily_capacity": formula.daily(window.day_length()) if formula else None,
        "is_at_work": window.is_open(now) and not (rep.away_until and rep.away_until > now),
    }
