"""What leads show - the samples, and those on the way where there is an archive: conditions that hold for none of them,
and leads that two tracks would take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import combinations, pairwise

from authoring.documents import Document, Loc
from authoring.problems import Problem
from authoring.references import DEFINITION
from authoring.sentences import at
from domain.conditions import Condition, View
from domain.lead import Facts, Known, Seen, Source
from domain.release import Release
from domain.samples import EVIDENCE, facts_of
from domain.track import Sample, Track
from domain.values import coerce
from domain.view import LeadView, RuleView

OFTEN = 3
"""Times that everything happens to an eager sample: more than most conditions count."""
MOST_NAMED = 3


@dataclass(frozen=True)
class Written:
    """A condition and where it stands. `is_rule` if it is one over criteria."""

    path: str
    loc: Loc
    condition: Condition
    is_rule: bool = False


@dataclass
class OpenLeads:
    """Leads on the way, as of `now` (aware UTC). `some` may end early; how many it gave is counted in `looked_at`."""

    total: int
    now: datetime
    some: Iterable[Facts]
    looked_at: int = 0

    def views(self, release: Release) -> Iterator[LeadView]:
        for facts in self.some:
            self.looked_at += 1
            yield LeadView(facts, release, self.now)

    def __str__(self) -> str:
        of = f" (of {self.total:,})" if self.looked_at < self.total else ""
        return f"{self.looked_at:,} open lead{'' if self.looked_at == 1 else 's'}{of}"


@dataclass
class _Seen:
    """What was found among the open leads, in one pass over them."""

    untrue: list[Written]
    taken: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Two tracks, by name in order -> open leads that match both."""

    def look(self, view: LeadView, release: Release) -> None:
        rules = RuleView(view, _criteria(view, release)) if any(w.is_rule for w in self.untrue) else None
        self.untrue = [w for w in self.untrue if not w.condition.holds(rules if rules and w.is_rule else view)]
        self.taken.update(combinations(sorted(_takers(view, release)), 2))


def sample_warnings(
    release: Release, documents: Mapping[str, Document], now: datetime, open_leads: OpenLeads | None = None
) -> Iterator[Problem]:
    """Nothing is said where there is nobody to tell by."""
    lives = [life for sample in release.samples.values() for life in _lives(sample, release, now)]
    rules = [RuleView(view, _criteria(view, release)) for view in lives]
    seen = _Seen([w for w in _conditions(release) if not _is_true(w, rules if w.is_rule else lives)])
    leads = open_leads or OpenLeads(0, now, ())
    for view in leads.views(release):
        seen.look(view, release)
    if not lives and not leads.looked_at:
        return
    for written in seen.untrue:
        yield _warning(documents[written.path], written.loc, _untrue(len(release.samples), leads))
    for track in release.tracks.values():
        yield from _back_and_forth(track, documents, lives)
    yield from _taken_twice(release, documents, now, seen.taken, leads)


def _is_true(written: Written, views: Sequence[View]) -> bool:
    return any(written.condition.holds(view) for view in views)


def _untrue(samples: int, leads: OpenLeads) -> str:
    if not leads.looked_at:
        return "No sample lead makes this true; correct it, or write a sample that does."
    counted = f"{samples} sample{'' if samples == 1 else 's'}"
    return f"None of {leads} and {counted} makes this true; correct it, or write a sample that does."


def _warning(document: Document, loc: Loc, sentence: str) -> Problem:
    return replace(at(document, loc, sentence), severity="warning")


def _lives(sample: Sample, release: Release, now: datetime) -> Iterator[LeadView]:
    """As it arrives and once it has told everything; silent, and after everything has happened to it."""
    arrived = facts_of(sample, release, now)
    for facts in (arrived, replace(arrived, known={**arrived.known, **_told(sample, release, now)})):
        yield LeadView(facts, release, now)
        yield LeadView(_eager(facts, release, now), release, now)


def _told(sample: Sample, release: Release, now: datetime) -> dict[str, Known]:
    fields = release.fields
    names = [name for name in sample.tells if name in fields and not fields[name].personal]
    return {name: Known(coerce(name, sample.tells[name], fields[name]), now, Source.CALL, EVIDENCE) for name in names}


def _eager(facts: Facts, release: Release, now: datetime) -> Facts:
    seen = {name: Seen({now.date(): OFTEN}, now, EVIDENCE) for name in release.events}
    return replace(facts, seen={**seen, **facts.seen})


def _criteria(view: LeadView, release: Release) -> dict[str, bool | None]:
    return {name: criterion.when.holds(view) for name, criterion in release.definition.criteria.items()}


def _conditions(release: Release) -> Iterator[Written]:
    """All but those that keep leads out or back: a net that catches none of the samples is a good one."""
    definition = release.definition
    for name, criterion in definition.criteria.items():
        yield Written(DEFINITION, ("criteria", name, "fact" if criterion.fact else "when"), criterion.when)
    for name, rule in definition.ready_when.items():
        yield Written(DEFINITION, ("ready_when", name), rule.when, is_rule=True)
    for name, profile in {**release.profiles, "company": release.company_profile}.items():
        for entry, points in profile.points.items():
            yield Written(f"lead_defs/profiles/{name}.yaml", ("points", entry), points.when)
    for number, routing in enumerate(release.routing.rules):
        if routing.when:
            yield Written("lead_defs/routing.yaml", ("rules", number, "when"), routing.when)
    for track in release.tracks.values():
        yield from _of_track(track)


def _of_track(track: Track) -> Iterator[Written]:
    path = f"content/tracks/{track.id}/track.yaml"
    if track.enrol:
        yield Written(path, ("enrol",), track.enrol)
    for name, stage in track.stages.items():
        for key, condition in (("next_when", stage.next_when), ("back_when", stage.back_when)):
            if condition:
                yield Written(path, ("stages", name, key), condition)
    for touch in track.touches.values():
        if touch.when:
            yield Written(f"content/tracks/{track.id}/{touch.id}.md", ("when",), touch.when)


def _back_and_forth(track: Track, documents: Mapping[str, Document], lives: Sequence[View]) -> Iterator[Problem]:
    for (name, stage), (after, following) in pairwise(track.stages.items()):
        on, back = stage.next_when, following.back_when
        if on and back and any(on.holds(view) and back.holds(view) for view in lives):
            sentence = (
                f"For the same leads next_when of {name} holds: they would go on and come back; let one be false."
            )
            yield _warning(documents[f"content/tracks/{track.id}/track.yaml"], ("stages", after, "back_when"), sentence)


def _takers(view: View, release: Release) -> Iterator[str]:
    for track in release.tracks.values():
        if track.status != "declined" and track.enrol and track.enrol.holds(view):
            yield track.id


def _taken_twice(
    release: Release,
    documents: Mapping[str, Document],
    now: datetime,
    of_leads: Mapping[tuple[str, str], int],
    leads: OpenLeads,
) -> Iterator[Problem]:
    """Where priority decides between two tracks, somebody has thought of it."""
    of_samples: dict[tuple[str, str], list[str]] = {}
    for name, sample in release.samples.items():
        takers = sorted(_takers(LeadView(facts_of(sample, release, now), release, now), release))
        for pair in combinations(takers, 2):
            of_samples.setdefault(pair, []).append(name)
    for pair in sorted({*of_samples, *of_leads}):
        one, other = (release.tracks[name] for name in pair)
        if (one.priority, one.purpose) != (other.priority, other.purpose):
            continue
        both, counted = of_samples.get(pair, []), of_leads.get(pair, 0)
        shown = ", ".join(both[:MOST_NAMED]) + (", ..." if len(both) > MOST_NAMED else "")
        taken = " and ".join(filter(None, (shown, f"{counted:,} of {leads}" if counted else "")))
        sentence = (
            f"{one.id} and {other.id} would both take {taken}, and {one.id} does, by its name; give one a priority:."
        )
        yield _warning(documents[f"content/tracks/{other.id}/track.yaml"], ("enrol",), sentence)
