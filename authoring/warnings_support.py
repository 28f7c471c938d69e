"""Tracks with purpose: sales_support: what no salesperson's lead would ever get, and mail that nobody signs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from authoring.documents import Document, Loc
from authoring.problems import Problem, did_you_mean
from authoring.references import DEFAULTS, RECYCLING
from authoring.sentences import at
from domain.policies import Person
from domain.release import Release
from domain.track import SUPPORT_STAGES, Stage, Touch, Track

NO_USE = ("enrol", "reserve", "then", "hold_out", "react", "examples")
"""Keys of a track that say how marketing leads people through it."""
NO_USE_IN_STAGE = ("next_when", "back_when", "longest", "used_up")
SALESPEOPLE = ("sales", "manager")


def support_warnings(release: Release, documents: Mapping[str, Document], today: date) -> Iterator[Problem]:
    found = [track for track in release.tracks.values() if track.is_support]
    for track in found:
        document = documents[f"content/tracks/{track.id}/track.yaml"]
        if track.goal.by < today:
            yield _warning(document, ("goal",), f"{track.goal.by} is over; set a new goal, or end the track.")
        yield from _of_track(track, document, release)
        for name, stage in track.stages.items():
            yield from _of_stage(name, stage, document)
        for touch in track.touches.values():
            yield from _of_touch(touch, documents[f"content/tracks/{track.id}/{touch.id}.md"], release)
    yield from _led_to({track.id for track in found}, release, documents)
    for track in release.tracks.values():
        if track.quiet_time is not None and not track.is_support:
            document = documents[f"content/tracks/{track.id}/track.yaml"]
            sentence = "quiet_time is for tracks with purpose: sales_support; delete it, or write gap: in a stage."
            yield _warning(document, ("quiet_time",), sentence, at_key=True)


def _warning(document: Document, loc: Loc, sentence: str, *, at_key: bool = False) -> Problem:
    return replace(at(document, loc, sentence, at_key=at_key), severity="warning")


def _of_track(track: Track, document: Document, release: Release) -> Iterator[Problem]:
    written = document.data if isinstance(document.data, dict) else {}
    for key in NO_USE:
        if key in written:
            sentence = f"{key} does nothing here: a salesperson decides who gets this track, lead by lead; delete it."
            yield _warning(document, (key,), sentence, at_key=True)
    if not _salespeople(release):
        sentence = "Nobody in lead_defs/people.yaml has role: sales, so this goes out in nobody's name."
        yield _warning(document, ("purpose",), sentence)


def _of_stage(name: str, stage: Stage, document: Document) -> Iterator[Problem]:
    if name not in SUPPORT_STAGES:
        sentence = (
            f"No lead with sales is ever in a stage {name}{did_you_mean(name, SUPPORT_STAGES)}"
            f" Sales support has the stages {', '.join(SUPPORT_STAGES)}: how far the salesperson is."
        )
        yield _warning(document, ("stages", name), sentence, at_key=True)
    for key in NO_USE_IN_STAGE:
        if getattr(stage, key) is not None:
            sentence = f"{key} does nothing here: what the salesperson does moves the lead on; delete it."
            yield _warning(document, ("stages", name, key), sentence, at_key=True)


def _of_touch(touch: Touch, document: Document, release: Release) -> Iterator[Problem]:
    if touch.is_human:
        sentence = (
            f"Nobody gets this {touch.channel}: sales support is mail, what salespeople do they decide themselves."
        )
        yield _warning(document, ("channel",), sentence)
        return
    if "sender." not in touch.body:
        sentence = "This goes out in a salesperson's name; end it with {{ sender.first_name }}, so that it is theirs."
        yield _warning(document, (), sentence)
    if "sender.phone" in touch.body:
        for id, person in _salespeople(release).items():
            if person.phone is None:
                sentence = f"{id} has no phone: in lead_defs/people.yaml, so this could not be sent in their name."
                yield _warning(document, (), sentence)


def _salespeople(release: Release) -> dict[str, Person]:
    return {id: person for id, person in release.people.items() if person.role in SALESPEOPLE}


def _led_to(support: set[str], release: Release, documents: Mapping[str, Document]) -> Iterator[Problem]:
    """Nobody comes on such a track by being led there."""
    led: list[tuple[str, Loc, str | None]] = [
        (DEFAULTS, ("then",), release.defaults.then),
        (DEFAULTS, ("dormant_track",), release.defaults.dormant_track),
    ]
    led += [(f"content/tracks/{t.id}/track.yaml", ("then",), t.then) for t in release.tracks.values()]
    led += [(RECYCLING, ("reasons", code, "track"), r.track) for code, r in release.recycling.reasons.items()]
    for path, loc, name in led:
        if name in support:
            sentence = (
                f"{name} runs only while a salesperson has the lead, so nobody goes on there; name another track."
            )
            yield _warning(documents[path], loc, sentence)
