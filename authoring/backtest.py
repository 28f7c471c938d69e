"""A definition judged again on the past: each stretch of a lead's life with what was known then, by the very same
functions that judge a lead today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.conditions import Condition
from domain.past import Past
from domain.readiness import Holds, judge
from domain.release import Release
from domain.view import LeadView, excluded_by, fit_points, profiles

WORDS: Mapping[bool | None, Holds] = {True: "met", False: "not_met", None: "unknown"}


@dataclass(frozen=True)
class Result:
    """What the definition says of one stretch. Criteria, points and scores are as of its end, when sales got the
    lead; it is ready when it was so at any moment before."""

    past: Past
    ready_at: datetime | None
    rule: str | None
    criteria: Mapping[str, Holds]
    points: Mapping[str, Holds]
    fit: float
    engagement: float

    @property
    def is_ready(self) -> bool:
        return self.ready_at is not None


class Judge:
    """One definition with its profiles, events and fields; `name` is what its figures are shown under."""

    def __init__(self, name: str, release: Release) -> None:
        self.name, self.release = name, release
        self._names = frozenset(_names(release))

    @property
    def says(self) -> dict[str, str]:
        return {name: criterion.say for name, criterion in self.release.definition.criteria.items()}

    @property
    def worth(self) -> dict[str, float]:
        """The points of each line of the profiles; below zero they speak against a lead."""
        release = self.release
        found = (release.company_profile, *release.profiles.values())
        return {name: entry.points for profile in found for name, entry in profile.points.items()}

    def result(self, past: Past) -> Result:
        """Time passing alone makes nobody ready here: only the moments count at which something was learned."""
        ready_at, rule = None, None
        for at in past.moments(self._names):
            view = LeadView(past.as_of(at), self.release, at)
            verdict = judge(view, self.release)
            if verdict.ready and excluded_by(view, self.release) is None:
                ready_at, rule = at, verdict.rule
                break
        if ready_at != past.end_at:
            view = LeadView(past.as_of(past.end_at), self.release, past.end_at)
            verdict = judge(view, self.release)
        criteria = {judged.id: judged.holds for judged in verdict.criteria}
        points = {name: WORDS[condition.holds(view)] for name, condition in self._points(view)}
        fit, _ = fit_points(view, self.release)
        return Result(past, ready_at, rule, criteria, points, fit, view.engagement_points)

    def _points(self, view: LeadView) -> Iterator[tuple[str, Condition]]:
        for profile in profiles(view, self.release):
            for name, entry in profile.points.items():
                yield name, entry.when


def _names(release: Release) -> Iterator[str]:
    """Fields and events that a verdict may depend on."""
    definition = release.definition
    conditions = [criterion.when for criterion in definition.criteria.values()]
    conditions += [rule.when for rule in definition.ready_when.values()]
    conditions += definition.hold_back_when.values()
    for profile in (release.company_profile, *release.profiles.values()):
        conditions += [*profile.never.values(), *(entry.when for entry in profile.points.values())]
    for condition in conditions:
        yield from condition.reads.fields | condition.reads.known
        yield from (event for event, _ in condition.reads.events)
        if "grade.engagement" in condition.reads.fields:
            yield from (name for name, event in release.events.items() if event.points)
