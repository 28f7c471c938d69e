"""Whose working day begins, and whether there is anything to say: one mail a day to each, however many workers look.

The archive decides: a row per person and day, written with the notice or without one. What the mail says is put
together when it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select

from domain.calendar import Window, at_local
from domain.calendar import zone as zone_of
from domain.phrases import parse_hours
from domain.release import Release
from storage import due, notices
from storage import tables as t
from storage.archive import Archive, Tx, insert_once
from storage.due import Span
from storage.notices import Notice

DIGEST = "digest"
FIRST_LOOKS_BACK = timedelta(days=1)
"""How far the first digest of a manager looks back for broken promises; later ones look back to the last."""


@dataclass(frozen=True)
class Day:
    """A working day of somebody that has begun: as they call it, its zone, and the midnight that ends it."""

    day: str
    zone: str
    until: datetime


def tell(archive: Archive) -> int:
    """Look at every day that has begun and was not looked at; returns how many mails that makes."""
    with archive.reading() as tx:  # mostly there is none, and SQLite's writers need not wait for that
        release, now = archive.live(tx), archive.clock.now()
        days = _begun(tx, release, now)
        if not days:
            return 0
        since = _since(tx, days, now)
        spans = {person: Span(now, day.until, since[person]) for person, day in days.items()}
        found = due.numbers(tx, release, spans)
    rows = [{"person": person, "day": one.day, "at": now} for person, one in days.items()]
    with archive.begin() as tx:
        deciding = insert_once(tx, t.digests).values(rows).on_conflict_do_nothing()
        mine = tx.execute(deciding.returning(t.digests.c.person)).scalars().all()
        told = [
            (person, None, _data(release, person, days[person], since[person], found[person]))
            for person in mine
            if any(found[person].values())
        ]
        notices.tell_many(tx, DIGEST, now, told)
    return len(told)


def _data(release: Release, person: str, day: Day, since: datetime, numbers: Mapping[str, int]) -> dict[str, object]:
    page = "/team" if release.led_by(person) else "/queue" if release.person(person).role == "sales" else "/tasks"
    span = {"day": day.day, "zone": day.zone, "until": day.until.isoformat(), "since": since.isoformat()}
    return {**span, "page": page, "numbers": dict(numbers)}


def span_of(notice: Notice, now: datetime) -> Span:
    """What a digest told of when it was decided, as of now."""
    until, since = (datetime.fromisoformat(str(notice.data[name])) for name in ("until", "since"))
    return Span(now, until, since)


def _begun(tx: Tx, release: Release, now: datetime) -> dict[str, Day]:
    """By person, the day on which they are at work now, where no digest has been decided for it."""
    wanted = [person for person in release.people if release.gets_digest(person)]
    own = {row["id"]: dict(row) for row in tx.execute(select(t.reps).where(t.reps.c.id.in_(wanted))).mappings()}
    days = {person: day for person in wanted if (day := _day(release, own.get(person), now))}
    d = t.digests.c
    named = d.person.in_(days), d.day.in_({day.day for day in days.values()})
    done = {(row.person, row.day) for row in tx.execute(select(d.person, d.day).where(*named))} if days else set()
    return {person: day for person, day in days.items() if (person, day.day) not in done}


def _day(release: Release, row: Mapping[str, Any] | None, now: datetime) -> Day | None:  # Any: column values
    """None for somebody who is away, takes no leads any more, or is not at work at this hour of this day."""
    row = row or {}
    if not row.get("is_active", True) or (row.get("away_until") and row["away_until"] > now):
        return None
    levels, defaults = release.service_levels, release.defaults
    hours = parse_hours(row["hours"]) if row.get("hours") else levels.hours
    zone = row.get("zone") or defaults.time_zone
    if not Window(hours, zone, row.get("holidays") or defaults.country).is_open(now):
        return None
    today = now.astimezone(zone_of(zone)).date()
    return Day(today.isoformat(), zone, at_local(today + timedelta(days=1), time.min, zone))


def _since(tx: Tx, days: Mapping[str, Day], now: datetime) -> dict[str, datetime]:
    d = t.digests.c
    last = tx.execute(select(d.person, func.max(d.at).label("at")).where(d.person.in_(days)).group_by(d.person))
    found: dict[str, datetime] = {row.person: row.at for row in last}
    return {person: found.get(person, now - FIRST_LOOKS_BACK) for person in days}
