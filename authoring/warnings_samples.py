"""What the sample leads show: conditions that hold for none of them, and leads that two tracks would take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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


def sample_warnings(release: Release, documents: Mapping[str, Document], now: datetime) -> Iterator[Problem]:
    """Nothing is said where there are no samples to tell by."""
    if not release.samples:
        return
    lives = [life for sample in release.samples.values() for life in _lives(sample, release, now)]
    rules = [RuleView(view, _criteria(view, release)) for view in lives]
    for written in _conditions(release):
        views: Sequence[View] = rules if written.is_rule else lives
        if not any(written.condition.holds(view) for view in views):
            sentence = "No sample lead makes this true; correct it, or write a sample that does."
            found = at(documents[written.path], written.loc, sentence)
            yield replace(found, severity="warning")
    for track in release.tracks.values():
        yield from _back_and_forth(track, documents, lives)
    yield from _taken_twice(release, documents, now)


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
            found = at(documents[f"content/tracks/{track.id}/track.yaml"], ("stages", after, "back_when"), sentence)
            yield replace(found, severity="warning")


def _taken_twice(release: Release, documents: Mapping[str, Document], now: datetime) -> Iterator[Problem]:
    """Where priority decides between two tracks, somebody has thought of it."""
    tracks = [track for track in release.tracks.values() if track.status != "declined"]
    views = {name: LeadView(facts_of(sample, release, now), release, now) for name, sample in release.samples.items()}
    takes = {t.id: {name for name, view in views.items() if t.enrol and t.enrol.holds(view)} for t in tracks}
    for one, other in combinations(tracks, 2):
        both = [name for name in views if name in takes[one.id] & takes[other.id]]
        if both and (one.priority, one.purpose) == (other.priority, other.purpose):
            shown = ", ".join(both[:MOST_NAMED]) + (", ..." if len(both) > MOST_NAMED else "")
            first, second = sorted((one.id, other.id))
            sentence = (
                f"{first} and {second} would both take {shown}, and {first} does, by its name; give one a priority:."
            )
            document = documents[f"content/tracks/{second}/track.yaml"]
            yield replace(at(document, ("enrol",), sentence), severity="warning")
