"""What `nurture check` says: every error of the files, else the warnings and the examples that fail."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import TypeAlias

from authoring.bodies import full_name
from authoring.documents import Document, Loc
from authoring.examples import run_examples
from authoring.load import Loaded, in_order, load
from authoring.problems import Problem, render
from authoring.references import DEFINITION
from authoring.sentences import at
from authoring.simulation.examples import run_examples as lived_examples
from domain.definition import GRADES, Criterion, grade_of
from domain.release import Release
from domain.track import Touch, Track

TemplateProblems: TypeAlias = Callable[[str, str, str, str], Sequence[Problem]]
"""Path, subject, body, preheader of a touch to what is wrong with its templates."""

FEWEST_TOUCHES, MOST_TOUCHES = 8, 12
"""Touches that a lead who says nothing gets from one track (docs/rules.md, touches)."""
LONGEST_SUBJECT = 60
TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
TYPICAL = "Hannah"  # stands for what a template prints when a subject is measured


def check(files: Mapping[str, str], today: date, template_problems: TemplateProblems | None = None) -> list[Problem]:
    """All problems, in the order of the files. Only warnings means: these files may be published."""
    loaded = load(files)
    problems = set(loaded.problems)
    if template_problems:
        problems |= set(_templates(loaded, template_problems))
    if loaded.release:
        now = datetime.combine(today, time(12), UTC)
        problems |= set(run_examples(loaded.release, now, loaded.documents.get(DEFINITION)))
        problems |= set(lived_examples(loaded.release, loaded.documents))
        problems |= set(_warnings(loaded.release, loaded.documents, today))
    return sorted(problems, key=in_order)


def report(problems: Sequence[Problem], files: Mapping[str, str]) -> str:
    """Every problem with its line of the file and carets under the place."""
    shown = []
    for problem in problems:
        lines = files.get(problem.path, "").removeprefix("\ufeff").splitlines()
        line = lines[problem.line - 1] if 0 < problem.line <= len(lines) else ""
        shown.append(render(problem, line))
    return "\n".join(shown)


def _templates(loaded: Loaded, template_problems: TemplateProblems) -> Iterator[Problem]:
    for path, document in loaded.documents.items():
        if path.endswith(".md") and isinstance(document.data, dict):
            subject, body, preheader = (
                text if isinstance(text := document.data.get(key), str) else ""
                for key in ("subject", "body", "preheader")
            )
            yield from template_problems(path, subject, body, preheader)


def _warnings(release: Release, documents: Mapping[str, Document], today: date) -> Iterator[Problem]:
    definition = documents[DEFINITION]
    for name, criterion in release.definition.criteria.items():
        if _is_never_asked(criterion, release):
            sentence = f"Nobody ever asks for {name}; write ask: here, or with a field it reads in fields.yaml."
            yield _warning(definition, ("criteria", name), sentence, at_key=True)
    yield from _unreachable(release, documents)
    for track in release.tracks.values():
        yield from _track_warnings(track, documents, today)


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
            yield _warning(documents[f"lead_defs/profiles/{name}.yaml"], ("points",), sentence, at_key=True)


def _track_warnings(track: Track, documents: Mapping[str, Document], today: date) -> Iterator[Problem]:
    folder = f"content/tracks/{track.id}"
    document = documents[f"{folder}/track.yaml"]
    given = [name for stage in track.stages.values() for name in stage.touches if name in track.touches]
    if track.purpose == "stage" and not FEWEST_TOUCHES <= len(given) <= MOST_TOUCHES:
        sentence = f"A lead who says nothing gets {len(given)} touches; plan {FEWEST_TOUCHES} to {MOST_TOUCHES}."
        yield _warning(document, ("stages",), sentence, at_key=True)
    if not any(touch.is_human for touch in track.touches.values()):
        sentence = "No touch of this track is made by a person; give one channel: call or task."
        yield _warning(document, ("stages",), sentence, at_key=True)
    if track.goal.by < today:
        yield _warning(document, ("goal",), f"{track.goal.by} is over; set a new goal, or end the track.")
    for touch in track.touches.values():
        yield from _touch_warnings(touch, documents[f"{folder}/{touch.id}.md"], today)


def _touch_warnings(touch: Touch, document: Document, today: date) -> Iterator[Problem]:
    length = len(TEMPLATE.sub(TYPICAL, touch.subject or ""))
    if length > LONGEST_SUBJECT:
        sentence = f"This subject has {length} characters; many phones show {LONGEST_SUBJECT} at most."
        yield _warning(document, ("subject",), sentence)
    if touch.expires and date.fromisoformat(touch.expires) < today:
        yield _warning(document, ("expires",), f"{touch.expires} is over: nobody gets this any more.")


def _warning(document: Document, loc: Loc, sentence: str, *, at_key: bool = False) -> Problem:
    found = at(document, loc, sentence, at_key=at_key)
    return Problem(found.path, found.line, found.column, sentence, "warning", found.length)
