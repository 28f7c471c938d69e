"""What was found out about a lead is still true as long as nothing it was read from can have changed.

For whoever decides about the same lead again and again: simulation, examples. It changes no answer, only the time.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from domain.lead import Facts
from domain.readiness import Verdict, judge
from domain.release import Release
from domain.view import LeadView

DAY = timedelta(days=1)
FAR = timedelta(days=3650)
MOMENT = timedelta(microseconds=1)


class Memory:
    """Of one lead; goes along with its facts. Not for several threads."""

    def __init__(self) -> None:
        self._view: LeadView | None = None
        self._verdict: Verdict | None = None
        self._until = datetime.min.replace(tzinfo=UTC)

    def view(self, facts: Facts, release: Release, now: datetime) -> LeadView:
        """The view as of `now`, or an earlier one that would say the same."""
        view = self._view
        if view is None or not view.now <= now < self._until or not _is_alike(view, facts, release):
            view = self._view = LeadView(facts, release, now)
            self._until, self._verdict = _changes_at(facts, release, now), None
        return view

    def verdict(self, view: LeadView) -> Verdict:
        if view is not self._view:
            return judge(view, view.release)
        if self._verdict is None:
            self._verdict = judge(view, view.release)
        return self._verdict


def _is_alike(view: LeadView, facts: Facts, release: Release) -> bool:
    """Whether every part of a lead that a view or a verdict reads is the same."""
    then, lead = view.facts.lead, facts.lead
    then_seen, seen = view.facts.seen.get, facts.seen.get
    return (
        view.release is release
        and view.facts.known is facts.known
        and (view.facts.seen is facts.seen or all(then_seen(n) is seen(n) for n in release.counted_events))
        and then.left_sales_at == lead.left_sales_at
        and then.offering == lead.offering
        and then.denied == lead.denied
    )


def _changes_at(facts: Facts, release: Release, now: datetime) -> datetime:
    """The first instant at which time alone can change an answer: a fact grows old, or a day of events counts less."""
    limits, ends = release.good_for, [now + FAR]
    for name, known in facts.known.items():
        declared = release.fields.get(name)
        lengths = limits if declared is None or declared.true_for is None else (*limits, declared.true_for)
        # The last instant at which it still counts, and at which a criterion reads it otherwise a moment later.
        ends += [at for length in lengths if (at := known.at + length) >= now]
    counted = [seen for name in release.counted_events if (seen := facts.seen.get(name))]
    if counted:
        midnight = datetime.combine(now.astimezone(UTC).date() + DAY, time.min, UTC)
        ends.append(midnight if release.counts_whole_days else now + MOMENT)
        ends += [at for seen in counted for length in limits if (at := seen.last_at + length) >= now]
    return max(min(ends), now + MOMENT)
