"""When something may happen: windows in the lead's own zone, holidays, and business time of a salesperson.

All functions take and give aware UTC instants. A local time that does not exist (clocks go forward) is the
next existing one; one that exists twice is the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

import holidays

from domain.phrases import Cap, Hours, Pace, Span

LATEST = timedelta(days=3660)
COMPARED_IN = 2026
"""The year whose clocks say whether two zones are one."""


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def is_zone(name: str) -> bool:
    try:
        zone(name)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError; a path or NUL a ValueError
        return False
    return True


@lru_cache(maxsize=1)
def _zones_by_country() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    text = resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text("utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            country, _, name = line.split("\t")[:3]
            found.setdefault(country, []).append(name)
    return {country: tuple(names) for country, names in found.items()}


def zone_of(own: str | None, countries: Iterable[str | None], default: str) -> tuple[str, str]:
    """The lead's zone and the rule that decided: its own, else that of a country where all clocks show the same, else
    the default."""
    if own and is_zone(own):
        return own, "own"
    for country in countries:
        if name := _zone_in((country or "").upper()):
            return name, "country"
    return default, "default"


@lru_cache(maxsize=512)
def _zone_in(country: str) -> str | None:
    """The first of zone.tab's zones, where they differ in their past at most: Germany's are Berlin and Busingen."""
    names = _zones_by_country().get(country, ())
    return names[0] if names and len({_clock_of(name) for name in names}) == 1 else None


def _clock_of(name: str) -> tuple[timedelta | None, ...]:
    return tuple(datetime(COMPARED_IN, month, 15, 12, tzinfo=zone(name)).utcoffset() for month in range(1, 13))


@lru_cache(maxsize=512)
def _holidays(calendar: str, year: int) -> frozenset[date]:
    country, _, part = calendar.partition("-")
    try:
        return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))
    except NotImplementedError:
        return frozenset()  # an unknown country has no known holidays


def has_holidays(calendar: str) -> bool:
    """Whether these holidays are known: a country like US, or a part of one like DE-BY."""
    country, _, part = calendar.partition("-")
    known = holidays.list_supported_countries()
    return country in known and (not part or part in known[country])


def is_holiday(day: date, country: str | None) -> bool:
    return bool(country) and day in _holidays(str(country).upper(), day.year)


@lru_cache(maxsize=8192)
def at_local(day: date, at: time, name: str) -> datetime:
    """The instant of a local wall-clock time; fold=0 takes the first of a doubled hour."""
    local = datetime.combine(day, at, zone(name))
    if local.astimezone(UTC).astimezone(zone(name)).replace(tzinfo=None) == local.replace(tzinfo=None):
        return local.astimezone(UTC)
    # In the gap, fold=0 reads with the offset before it and fold=1 with the one after: the gap ends where the
    # clock, read with the later offset, has just been put forward.
    before, after = (local.replace(fold=fold).utcoffset() or timedelta(0) for fold in (0, 1))
    return _end_of_gap(local.replace(tzinfo=UTC) - max(before, after), zone(name), before)


def _end_of_gap(start: datetime, tz: ZoneInfo, before: timedelta) -> datetime:
    """The first minute after `start` (within a few hours) that no longer has the offset `before`."""
    low, high = 0, 24 * 60
    while low < high:
        middle = (low + high) // 2
        if (start + timedelta(minutes=middle)).astimezone(tz).utcoffset() == before:
            low = middle + 1
        else:
            high = middle
    return start + timedelta(minutes=low)


class Window:
    """Open hours in one zone, closed on that country's public holidays."""

    def __init__(self, hours: Hours, zone_name: str, country: str | None) -> None:
        self.hours, self.zone_name, self.country = hours, zone_name, country

    def bounds(self, day: date) -> tuple[datetime, datetime] | None:
        """Opening and closing of that local day, None when it is closed."""
        if day.weekday() not in self.hours.weekdays or is_holiday(day, self.country):
            return None
        return at_local(day, self.hours.opens, self.zone_name), at_local(day, self.hours.closes, self.zone_name)

    def is_open(self, at: datetime) -> bool:
        bounds = self.bounds(at.astimezone(zone(self.zone_name)).date())
        return bool(bounds) and bounds[0] <= at < bounds[1]  # type: ignore[index]

    def first(self, not_before: datetime, spread: float = 0.0) -> datetime:
        """The first open instant; at a window's opening, spread within its first third (docs/rules.md, touches)."""
        day = not_before.astimezone(zone(self.zone_name)).date()
        for ahead in range(LATEST.days):
            bounds = self.bounds(day + timedelta(days=ahead))
            if bounds and not_before < bounds[1]:
                opens, closes = bounds
                return not_before if not_before > opens else opens + spread * (closes - opens) / 3
        raise ValueError("no window opens within ten years; check its days against the holidays")

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """`start` plus so much open time."""
        at, left = start, amount
        day = at.astimezone(zone(self.zone_name)).date()
        for ahead in range(LATEST.days):
            bounds = self.bounds(day + timedelta(days=ahead))
            if not bounds or at >= bounds[1]:
                continue
            at = max(at, bounds[0])
            if left <= bounds[1] - at:
                return at + left
            left -= bounds[1] - at
        raise ValueError("these hours never add up to that much time; check the calendar")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Open time between two instants; zero when they are reversed."""
        total = timedelta(0)
        day = start.astimezone(zone(self.zone_name)).date()
        last = end.astimezone(zone(self.zone_name)).date()
        while day <= last:
            bounds = self.bounds(day)
            if bounds:
                total += max(min(bounds[1], end) - max(bounds[0], start), timedelta(0))
            day += timedelta(days=1)
        return total

    def day_length(self) -> timedelta:
        anchor = date(2000, 1, 3)
        return datetime.combine(anchor, self.hours.closes) - datetime.combine(anchor, self.hours.opens)


def add_span(start: datetime, span: Span, window: Window) -> datetime:
    """`start` plus a span: calendar time, or time of that window. 1 business day = one day's open hours."""
    if span.pace is Pace.CALENDAR:
        return start + timedelta(minutes=span.amount)
    if span.pace is Pace.BUSINESS:
        return window.add(start, timedelta(minutes=span.amount))
    return window.add(start, span.amount * window.day_length())


def part_of(start: datetime, span: Span, percent: int, window: Window) -> datetime:
    """The instant at which so many percent of a clock's allowance have passed."""
    if span.pace is Pace.CALENDAR:
        return start + timedelta(minutes=span.amount) * percent / 100
    whole = window.day_length() * span.amount if span.pace is Pace.BUSINESS_DAYS else timedelta(minutes=span.amount)
    return window.add(start, whole * percent / 100)


def under_caps(times: Sequence[datetime], caps: Sequence[Cap], wished: datetime) -> datetime:
    """The first instant from `wished` on at which one more touch breaks no cap. `times` in any order."""
    at, ordered = wished, sorted(times)
    for _ in range(len(caps) + 1):
        later = at
        for cap in caps:
            recent = [t for t in ordered if t > later - cap.within]
            if len(recent) >= cap.count:
                later = max(later, recent[-cap.count] + cap.within)
        if later == at:
            return at
        at = later
    return at
