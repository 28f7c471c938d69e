"""Whose working day begins, and whether there is anything to say: one mail a day to each, however many workers look.

The archive decides: a row per person and day, written with the notice or without one. What the mail says is put
together when it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from time import monotonic
from typing import Any

from sqlalchemy import func, select

from domain.calendar import Window, at_local
from domain.calendar import zone as zone_of
from domain.errors import NotReadyError
from domain.phrases import parse_hours
from domain.release import Release
from storage import due, notices
from storage import tables as t
from storage.archive import Archive, Tx, insert_once
from storage.due import Span
from storage.notices import Notice

DIGEST = "digest"
NEVER = datetime.max.replace(tzinfo=UTC)
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


class Mornings:
    """For a clock that would run past them. Found anew once a second of the machine at most, as people and their hours
    may change, and asked fifty times a second."""

    def __init__(self) -> None:
        self.told = 0
        self._since = self._at = NEVER
        self._old_at = 0.0

    def next_at(self, tx: Tx, archive: Archive, now: datetime) -> datetime:
        """When the next working day begins of anybody who gets a digest; far away when that is nobody's."""
        if not self._since <= now < self._at or monotonic() > self._old_at:
            self._since, self._at, self._old_at = now, _next_morning(tx, archive, now), monotonic() + 1
        return self._at

    def tell(self, archive: Archive) -> None:
        """Counted in `told` until somebody has seen to it that they leave."""
        self.told += tell(archive)


def _next_morning(tx: Tx, archive: Archive, now: datetime) -> datetime:
    try:
        release = archive.live(tx)
    except NotReadyError:
        return NEVER
    rows = _own(tx, release)
    windows = [window for row in rows.values() if (window := _window(release, row, now))]
    return min((_opens(window, now) for window in windows), default=NEVER)


def _opens(window: Window, now: datetime) -> datetime:
    at = window.first(now)
    if at > now:
        return at
    today = now.astimezone(zone_of(window.zone_name)).date()
    return window.first(at_local(today + timedelta(days=1), time.min, window.zone_name))


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
    days = {person: day for person, row in _own(tx, release).items() if (day := _day(release, row, now))}
    d = t.digests.c
    named = d.person.in_(days), d.day.in_({day.day for day in days.values()})
    done = {(row.person, row.day) for row in tx.execute(select(d.person, d.day).where(*named))} if days else set()
    return {person: day for person, day in days.items() if (person, day.day) not in done}


def _own(tx: Tx, release: Release) -> dict[str, Mapping[str, Any]]:  # Any: column values
    """What is said of whoever gets a digest beside the files."""
    wanted = [person for person in release.people if release.gets_digest(person)]
    own = {row["id"]: dict(row) for row in tx.execute(select(t.reps).where(t.reps.c.id.in_(wanted))).mappings()}
    return {person: own.get(person, {}) for person in wanted}


def _day(release: Release, row: Mapping[str, Any], now: datetime) -> Day | None:  # Any: column values
    """None for somebody who is not at work at this hour of this day."""
    window = _window(release, row, now)
    if window is None or not window.is_open(now):
        return None
    today = now.astimezone(zone_of(window.zone_name)).date()
    return Day(today.isoformat(), window.zone_name, at_local(today + timedelta(days=1), time.min, window.zone_name))


def _window(release: Release, row: Mapping[str, Any], now: datetime) -> Window | None:  # Any: column values
    """None for somebody who is away, or takes no leads any more."""
    if not row.get("is_active", True) or (row.get("away_until") and row["away_until"] > now):
        return None
    levels, defaults = release.service_levels, release.defaults
    hours = parse_hours(row["hours"]) if row.get("hours") else levels.hours
    return Window(hours, row.get("zone") or defaults.time_zone, row.get("holidays") or defaults.country)


def _since(tx: Tx, days: Mapping[str, Day], now: datetime) -> dict[str, datetime]:
    d = t.digests.c
    last = tx.execute(select(d.person, func.max(d.at).label("at")).where(d.person.in_(days)).group_by(d.person))
    found: dict[str, datetime] = {row.person: row.at for row in last}
    return {person: found.get(person, now - FIRST_LOOKS_BACK) for person in days}
