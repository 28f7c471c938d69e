"""The facts of one lead at one instant, as conditions read them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from domain.conditions import View
from domain.definition import GRADES, Profile, engagement_of, grade_of
from domain.lead import Facts, Known, Value
from domain.release import Release

ENGAGEMENT_CAP_PER_DAY = 20.0
"""Points one kind of event can bring in one day (docs/rules.md, scoring)."""


class LeadView:
    """Implements `domain.conditions.View`. Built once per decision; nothing in it changes."""

    def __init__(self, facts: Facts, release: Release, now: datetime) -> None:
        self.facts, self.release, self.now = facts, release, now
        self.scratch: dict[object, object] = {}
        self._grades: tuple[str, ...] | None = None
        self._engagement: float | None = None

    @property
    def grades(self) -> tuple[str, ...]:
        if self._grades is None:
            self._grades = GRADES  # while the profile itself is evaluated, nothing is settled
            low, high = fit_points(self, self.release)
            first, last = GRADES.index(grade_of(high)), GRADES.index(grade_of(low))
            self._grades = GRADES[first : last + 1]
        return self._grades

    @property
    def engagement_points(self) -> float:
        if self._engagement is None:
            self._engagement = engagement(self.facts, self.release, self.now)
        return self._engagement

    def value(self, name: str) -> Value | None:
        if name == "grade.engagement":
            return float(engagement_of(self.engagement_points))
        known = self.known(name)
        return known.value if known else None

    def known(self, name: str) -> Known | None:
        """A fact that is still true: one older than its `true_for` is unknown."""
        known = self.facts.known.get(name)
        declared = self.release.fields.get(name)
        if known and declared and declared.true_for and known.at + declared.true_for < self.now:
            return None
        return known

    def count(self, event: str, window: timedelta | None) -> int:
        seen = self.facts.seen.get(event)
        return seen.count(self.now, window) if seen else 0


class RuleView:
    """A view in which each criterion is a flag of its own name, for `ready_when`."""

    def __init__(self, view: View, criteria: Mapping[str, bool | None]) -> None:
        self._view, self._criteria = view, criteria
        self.scratch: dict[object, object] = {}

    @property
    def grades(self) -> tuple[str, ...]:
        return self._view.grades

    def value(self, name: str) -> Value | None:
        return self._criteria[name] if name in self._criteria else self._view.value(name)

    def count(self, event: str, window: timedelta | None) -> int:
        return self._view.count(event, window)


def profiles(view: LeadView, release: Release) -> tuple[Profile, Profile]:
    return release.company_profile, release.profile(view.facts.lead)


def fit_points(view: LeadView, release: Release) -> tuple[float, float]:
    """Fit is an interval: points surely met, and points met if everything unknown turned out well."""
    low = high = 0.0
    for profile in {id(p): p for p in profiles(view, release)}.values():
        for entry in profile.points.values():
            holds = entry.when.holds(view)
            sure, possible = (entry.points, 0.0) if holds else (0.0, entry.points if holds is None else 0.0)
            low += sure + min(possible, 0.0)
            high += sure + max(possible, 0.0)
    return low, high


def unknown_fit_fields(view: LeadView, release: Release) -> list[str]:
    """The fields that would settle the grade, those worth most points first."""
    worth: dict[str, float] = {}
    for profile in profiles(view, release):
        for entry in profile.points.values():
            if entry.when.holds(view) is None:
                for name in entry.when.reads.fields:
                    if view.value(name) is None:
                        worth[name] = max(worth.get(name, 0.0), entry.points)
    return sorted(worth, key=lambda name: (-worth[name], name))


def excluded_by(view: LeadView, release: Release) -> str | None:
    """The `never` rule that holds for this lead, if one does; an unknown never excludes."""
    for profile in profiles(view, release):
        for name, condition in profile.never.items():
            if condition.holds(view):
                return name
    return None


def engagement(facts: Facts, release: Release, now: datetime) -> float:
    """Sum of points · 0.5^(age / half-life), per event and day at most 20 points (docs/rules.md, scoring)."""
    total = 0.0
    for name, seen in facts.seen.items():
        event = release.events.get(name)
        if not event or not event.points or not event.human:
            continue
        half_life = event.half_life / timedelta(days=1)
        limit = max(ENGAGEMENT_CAP_PER_DAY, abs(event.points))
        for day, count in seen.days.items():
            points = max(-limit, min(event.points * count, limit))
            age = max((now.date() - day).days, 0)
            total += points * math.pow(0.5, age / half_life)
    return total
