"""Fields that cost an answer and serve nothing: no condition, no mail and no call uses them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from authoring.bodies import full_name, links
from authoring.documents import Document
from authoring.problems import Problem
from authoring.references import FIELDS
from authoring.sentences import at
from domain.conditions import Reads
from domain.definition import Profile
from domain.release import Release
from domain.track import Touch, Track, Words

ENGINE_READS = frozenset({"company.name", "company.domain", "company.country", "company.account_owner"})
"""Shown on every page, and used for caps, holidays, time zones and routing."""
ASKED_FOR = ("company.", "fact.")
"""Who somebody is (`lead.`) and where they came from (`inquiry.`) is kept whether or not a condition reads it."""
IN_TEMPLATES = re.compile(r"\{[{%].*?[%}]\}")
NAME = re.compile(r"\b(?:company|fact)\.[a-z][a-z0-9_]*")


def unused_fields(release: Release, documents: Mapping[str, Document]) -> Iterator[Problem]:
    used = _read(release) | _mentioned(release) | ENGINE_READS
    for name, field in release.fields.items():
        if name.startswith(ASKED_FOR) and name not in used and not field.ask:
            sentence = f"Nothing uses {name}; delete it, or give it a question (ask:) if people need to know it."
            yield replace(at(documents[FIELDS], ("fields", name), sentence, at_key=True), severity="warning")


def _read(release: Release) -> set[str]:
    definition = release.definition
    conditions = [each.when for each in definition.criteria.values()]
    conditions += [each.when for each in definition.ready_when.values()]
    conditions += list(definition.hold_back_when.values())
    conditions += [rule.when for rule in release.routing.rules if rule.when]
    reads = Reads()
    for condition in conditions:
        reads |= condition.reads
    for profile in (release.company_profile, *release.profiles.values()):
        reads |= _of_profile(profile)
    for track in release.tracks.values():
        reads |= _of_track(track)
    return set(reads.fields | reads.known) | set(definition.qualify_needs)


def _of_profile(profile: Profile) -> Reads:
    reads = Reads()
    for condition in (*profile.never.values(), *(points.when for points in profile.points.values())):
        reads |= condition.reads
    return reads


def _of_track(track: Track) -> Reads:
    reads = track.enrol.reads if track.enrol else Reads()
    for stage in track.stages.values():
        for condition in (stage.next_when, stage.back_when):
            reads |= condition.reads if condition else Reads()
    for touch in track.touches.values():
        reads |= touch.when.reads if touch.when else Reads()
    return reads


def _mentioned(release: Release) -> set[str]:
    found = set()
    for track in release.tracks.values():
        for touch in track.touches.values():
            found |= {full_name(touch.learn)} if touch.learn else set()
            for version in (touch, *touch.versions.values()):
                found |= _said(version)
            for words in touch.languages.values():
                found |= _said(words)
    return found


def _said(words: Touch | Words) -> set[str]:
    found = {full_name(link.target.partition("=")[0]) for link in links(words.body) if link.kind == "answer"}
    for text in (words.subject, words.preheader, words.title, words.body):
        for part in IN_TEMPLATES.findall(text or ""):
            found |= set(NAME.findall(part))
    return found
