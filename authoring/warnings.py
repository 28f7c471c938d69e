"""What is legal and unwise: the track, the definition, the profiles. Of words and of samples: the files beside it.

A warning is taken back on purpose by a comment on its line or on the one above: `# accepted: <the reason>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from authoring.bodies import full_name
from authoring.documents import Document, Loc
from authoring.problems import Problem
from authoring.quiet import QuietPath, quiet_path
from authoring.references import DEFINITION
from authoring.sentences import at
from authoring.warnings_samples import OpenLeads, sample_warnings
from authoring.warnings_support import support_warnings
from authoring.warnings_use import unused_fields
from authoring.warnings_words import word_warnings
from domain.definition import GRADES, Criterion, grade_of
from domain.release import Release
from domain.track import Track

FEWEST_TOUCHES, MOST_TOUCHES = 8, 12
"""Touches that a lead who says nothing gets from one track (docs/rules.md, touches)."""
ACCEPTED = re.compile(r"(?:^|\s)#\s*accepted:\s*\S")


@dataclass(frozen=True)
class Unwise:
    """Warnings, and the paths they were found on, by track."""

    warnings: tuple[Problem, ...]
    quiet: Mapping[str, QuietPath]


def look(
    release: Release, documents: Mapping[str, Document], today: date, open_leads: OpenLeads | None = None
) -> Unwise:
    """What depends on a day is seen from noon UTC of `today`; leads on the way as of their own now."""
    now = datetime.combine(today, time(12), UTC)
    led = {name: track for name, track in release.tracks.items() if not track.is_support}
    paths = {name: quiet_path(release, track, now) for name, track in led.items()}
    found = [*_all(release, documents, today, paths), *sample_warnings(release, documents, now, open_leads)]
    return Unwise(tuple(w for w in found if not _is_accepted(w, documents)), paths)


def overdue_review(
    release: Release, document: Document, signed_at: datetime | None, now: datetime
) -> Iterator[Problem]:
    """Both instants are aware UTC. What was signed anew was looked at anew; what nobody signed yet is not overdue."""
    every = release.definition.review_every
    if every and signed_at and signed_at + every < now:
        sentence = (
            f"This was last signed on {signed_at:%Y-%m-%d}, and its review was due on {signed_at + every:%Y-%m-%d};"
            " look at it together, then change it, or sign again under a new title."
        )
        yield warning(document, ("review",), sentence)


def warning(document: Document, loc: Loc, sentence: str, *, at_key: bool = False) -> Problem:
    return replace(at(document, loc, sentence, at_key=at_key), severity="warning")


def _is_accepted(problem: Problem, documents: Mapping[str, Document]) -> bool:
    document = documents.get(problem.path)
    if document is None:
        return False
    above = document.line_text(problem.line - 1).strip()
    own = document.line_text(problem.line)
    return bool(ACCEPTED.search(own) or (above.startswith("#") and ACCEPTED.search(above)))


def _all(
    release: Release, documents: Mapping[str, Document], today: date, paths: Mapping[str, QuietPath]
) -> Iterator[Problem]:
    definition = documents[DEFINITION]
    for name, criterion in release.definition.criteria.items():
        if _is_never_asked(criterion, release):
            sentence = f"Nobody ever asks for {name}; write ask: here, or with a field it reads in fields.yaml."
            yield warning(definition, ("criteria", name), sentence, at_key=True)
    yield from _unreachable(release, documents)
    yield from unused_fields(release, documents)
    yield from support_warnings(release, documents, today)
    for track in release.tracks.values():
        if track.id in paths:
            yield from _of_track(track, documents, today, paths[track.id], release)
        for touch in track.touches.values():
            yield from word_warnings(touch, documents[f"content/tracks/{track.id}/{touch.id}.md"], today)
            for name in list(touch.versions)[1:]:
                document = documents[f"content/tracks/{track.id}/{touch.id}.{name}.md"]
                yield from word_warnings(touch.versions[name], document, today)


def _is_never_asked(criterion: Criterion, release: Release) -> bool:
    reads = criterion.when.reads.fields | criterion.when.reads.known
    if "grade.fit" in reads:
        for profile in (release.company_profile, *release.profiles.values()):
            for points in profile.points.values():
                reads |= points.when.reads.fields | points.when.reads.known
    learnt = {
        full_name(touch.learn) for track in release.tracks.values() for touch in track.touches.values() if touch.learn
    }
    names = reads & release.fields.keys()
    has_question = any(release.fields[name].ask for name in names)
    return bool(names) and not (criterion.ask or has_question or names & learnt)


def _unreachable(release: Release, documents: Mapping[str, Document]) -> Iterator[Problem]:
    company = [points.points for points in release.company_profile.points.values()]
    for name, profile in release.profiles.items():
        every = company + [points.points for points in profile.points.values()]
        best = grade_of(sum(points for points in every if points > 0))
        if every and best != GRADES[0]:
            sentence = f"Nobody can reach a grade better than {best}; the points should add up to 100."
            yield warning(documents[f"lead_defs/profiles/{name}.yaml"], ("points",), sentence, at_key=True)


def _of_track(
    track: Track, documents: Mapping[str, Document], today: date, path: QuietPath, release: Release
) -> Iterator[Problem]:
    document = documents[f"content/tracks/{track.id}/track.yaml"]
    if track.purpose == "stage" and not FEWEST_TOUCHES <= len(path.given) <= MOST_TOUCHES:
        shown = f": {path}" if path.given else ""
        wanted = f"plan {FEWEST_TOUCHES} to {MOST_TOUCHES}"
        sentence = f"A lead who says nothing gets {_counted(len(path.given))}; {wanted}{shown}."
        yield warning(document, ("stages",), sentence, at_key=True)
    if track.purpose == "stage" and track.touches and not any(touch.is_human for touch in track.touches.values()):
        sentence = "No touch of this track is made by a person; give one channel: call or task."
        yield warning(document, ("stages",), sentence, at_key=True)
    if track.goal.by < today:
        yield warning(document, ("goal",), f"{track.goal.by} is over; set a new goal, or end the track.")
    if track.stages[track.first_stage].back_when:
        sentence = "There is no stage before the first one, so its back_when does nothing; delete it."
        yield warning(document, ("stages", track.first_stage, "back_when"), sentence, at_key=True)
    for name, stage in track.stages.items():
        rests = (stage.used_up or release.defaults.used_up) == "rest"
        if rests and stage.longest is None and (stage.next_when is None or track.after(name) is None):
            cure = "write used_up: next, or longest: 60 days"
            sentence = f"Who has had every touch of {name} never leaves it; {cure}."
            yield warning(document, ("stages", name), sentence, at_key=True)


def _counted(number: int) -> str:
    return f"{number} touch{'' if number == 1 else 'es'}"
