"""Salespeople as routing sees them: capacity, weight, hours, absence. Who they are stands in people.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, func, select, update

from domain.calendar import is_zone
from domain.errors import InvalidError, MissingError
from domain.lead import State
from domain.phrases import parse_hours
from domain.release import Release
from storage import tables as t
from storage import wakes
from storage.archive import Archive, Tx, insert_once

SELLERS = ("sales", "manager")
WITH_REP = [s.value for s in (State.HANDED_OFF, State.ACCEPTED, State.WORKING, State.QUALIFIED)]
STARTING: Mapping[str, Any] = {"capacity": 20, "weight": 1.0, "is_active": True}  # Any: column values
MOST = 10_000


def listed(tx: Tx, release: Release) -> list[dict[str, Any]]:  # Any: JSON
    """Every salesperson with what is in hand, and what is free."""
    c = t.leads.c
    held = select(c.owner, func.count()).where(c.state.in_(WITH_REP)).group_by(c.owner)
    in_hand = {row[0]: row[1] for row in tx.execute(held)}
    rows = tx.execute(select(t.reps).order_by(t.reps.c.id)).mappings()
    return [_shown(row, release, in_hand.get(row["id"], 0)) for row in rows]


def one(tx: Tx, release: Release, rep_id: str) -> dict[str, Any]:  # Any: JSON
    """Raises MissingError."""
    found = next((rep for rep in listed(tx, release) if rep["id"] == rep_id), None)
    if found is None:
        raise MissingError(f"there is no salesperson {rep_id} yet; add one: nurture rep add, or PUT /api/reps/{rep_id}")
    return found


def put(tx: Tx, archive: Archive, rep_id: str, changes: Mapping[str, Any]) -> dict[str, Any]:  # Any: JSON
    """Add a salesperson or change what is named. Raises InvalidError for somebody who does not sell, or bad values."""
    release = archive.live(tx)
    person = release.people.get(rep_id)
    if person is None or person.role not in SELLERS:
        who = ", ".join(sorted(name for name, p in release.people.items() if p.role in SELLERS))
        raise InvalidError(f"{rep_id} is no salesperson in lead_defs/people.yaml; there are {who}", "id")
    _check(changes)
    query = insert_once(tx, t.reps).values(id=rep_id, **{**STARTING, **changes})
    tx.execute(query.on_conflict_do_update(index_elements=["id"], set_={"id": rep_id, **changes}))
    wakes.wake_best_waiting(tx, rep_id)  # more capacity, or back from leave: somebody may have been waiting for it
    return one(tx, release, rep_id)


def away(tx: Tx, archive: Archive, rep_id: str, until: datetime | None) -> dict[str, Any]:  # Any: JSON
    """Nothing new is offered until then; None ends an absence. Raises MissingError, InvalidError for the past."""
    if until is not None and until <= archive.clock.now():
        raise InvalidError("until must be a day to come, or null to end an absence", "until")
    if tx.execute(update(t.reps).where(t.reps.c.id == rep_id).values(away_until=until)).rowcount == 0:
        raise MissingError(f"there is no salesperson {rep_id} yet; add one: nurture rep add, or PUT /api/reps/{rep_id}")
    if until is None:
        wakes.wake_best_waiting(tx, rep_id)
    return one(tx, archive.live(tx), rep_id)


def _check(changes: Mapping[str, Any]) -> None:  # Any: as the caller's model left it
    capacity, weight = changes.get("capacity", 0), changes.get("weight", 1.0)
    if not 0 <= capacity <= MOST:
        raise InvalidError(f"capacity is a number of leads from 0 to {MOST}", "capacity")
    if not 0 < weight <= 100:
        raise InvalidError("weight is a share above 0, at most 100; 1 is a full one", "weight")
    if changes.get("zone") and not is_zone(changes["zone"]):
        raise InvalidError(f"{changes['zone']} is no time zone; write for example America/Chicago", "zone")
    if changes.get("hours"):
        try:
            parse_hours(changes["hours"])
        except ValueError as error:
            raise InvalidError(str(error), "hours") from None


def _shown(row: RowMapping, release: Release, in_hand: int) -> dict[str, Any]:  # Any: JSON
    person = release.people.get(row["id"])
    away_until = row["away_until"].isoformat() if row["away_until"] else None
    plain = {name: row[name] for name in ("id", "capacity", "weight", "is_active", "hours", "zone")}
    free = max(row["capacity"] - in_hand, 0)
    name, team = (person.name, person.team) if person else (None, None)
    return {**plain, "name": name, "team": team, "away_until": away_until, "in_hand": in_hand, "free": free}
