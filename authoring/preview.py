"""What a preview shows: the touches of a track by stage, and the readers they are shown to."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from authoring.problems import did_you_mean
from domain.context import Context
from domain.errors import MissingError
from domain.keys import NAMESPACE
from domain.lead import Delivery, Facts, Status
from domain.letters import LANGUAGE, Letter, spoken_by, write
from domain.planning import Outlook, outlook
from domain.release import Release
from domain.samples import facts_of, given
from domain.track import Sample, Touch, Track

NOTHING_KNOWN = "nothing-known"
ADDRESS = "reader@unknown.example"


@dataclass(frozen=True)
class RealLead:
    """A lead of the archive as it was at `now` (aware UTC); it is read once, and nothing of it is written anywhere."""

    facts: Facts
    address: str
    personal: Mapping[str, str]
    now: datetime


@dataclass(frozen=True)
class Reader:
    """A sample lead at the moment it is enrolled, or a lead of the archive. `personal` are its texts that are no facts,
    by full name."""

    id: str
    ctx: Context
    address: str
    personal: Mapping[str, str]
    is_real: bool = False

    @property
    def label(self) -> str:
        """A lead's id is too long to be read; its beginning tells it from the samples."""
        return self.id[:13] if self.is_real else self.id

    @property
    def name(self) -> str:
        names = (self.personal.get(f"lead.{name}") for name in ("first_name", "last_name"))
        return " ".join(name for name in names if name)

    def is_taken_by(self, track: Track) -> bool | None:
        """None where that is unknown. A track without a condition of its own gets its leads from the others, so it
        takes whom one of them takes. Who is on it already has been taken."""
        if self.ctx.lead.track == track.id:
            return True
        tracks = [track] if track.enrol else self.ctx.release.tracks.values()
        found = {each.enrol.holds(self.ctx.view) for each in tracks if each.enrol}
        return True if True in found else None if None in found else False

    def versions(self, touch: Touch) -> list[Touch]:
        """What this reader may be given of a touch, in their language: each of its variants, or the touch itself."""
        said = [each.in_language(spoken_by(self.ctx)) for each in touch.versions.values() or [touch]]
        return said[:1] if said[0].language else said

    def had(self, touch: Touch) -> Delivery | None:
        """The last time this reader was given it, if ever."""
        given = (each for each in reversed(self.ctx.facts.ledger) if each.touch == touch.id)
        return next((each for each in given if each.status is not Status.FAILED), None)

    @property
    def next(self) -> Outlook:
        """What comes next under these files, every signature taken as given."""
        release = self.ctx.release
        signed = frozenset(track.id for track in release.tracks.values() if track.status is None)
        return outlook(self.ctx.facts, replace(release, approved=signed), self.ctx.now)

    def letter(self, track: Track, touch: Touch) -> Letter:
        send_id = uuid.uuid5(NAMESPACE, f"preview/{self.id}/{touch.id}/{touch.variant or ''}")
        ctx = _with_a_salesperson(self.ctx) if track.is_support else self.ctx
        return write(ctx, track, touch, send_id, self.address, self.personal)


def _with_a_salesperson(ctx: Context) -> Context:
    """In whose name sales support is shown: the first of the team."""
    people = ctx.release.people.items()
    return ctx.with_lead(replace(ctx.lead, owner=next((id for id, one in people if one.role == "sales"), None)))


@dataclass(frozen=True)
class Place:
    """A stage, or what stands beside all stages, with its touches in the order they are preferred."""

    name: str
    aim: str | None
    touches: tuple[Touch, ...]


@dataclass(frozen=True)
class Scope:
    """What was asked for: some tracks, or one touch of one track."""

    tracks: tuple[Track, ...]
    touch: Touch | None = None

    def touches(self) -> Iterator[tuple[Track, Touch]]:
        for track in self.tracks:
            for place in places(track, self.touch):
                yield from ((track, touch) for touch in place.touches)


def scope_of(release: Release, name: str | None) -> Scope:
    """All tracks without a name, the main one first. Raises MissingError for what is neither a track nor a touch, and
    where there is no track at all."""
    if not release.tracks:
        raise MissingError("there is no track in content/tracks yet; write one")
    if name is None:
        return Scope(tuple(sorted(release.tracks.values(), key=lambda track: track.purpose != "stage")))
    if track := release.tracks.get(name):
        return Scope((track,))
    if found := release.find_touch(name):
        return Scope((found[0],), found[1])
    names = [*release.tracks, *(touch for track in release.tracks.values() for touch in track.touches)]
    raise MissingError(f"there is no track or touch {name}{did_you_mean(name, names)}".rstrip("."))


def first_track(scope: Scope, lead: RealLead | None) -> Track:
    """What is shown first: the track that a lead of the archive is on, else the main one."""
    on = lead.facts.lead.track if lead else None
    return next((track for track in scope.tracks if track.id == on), scope.tracks[0])


def places(track: Track, only: Touch | None = None) -> list[Place]:
    """The stages in order, then the reserve, then touches that no stage names yet."""
    named = [(name, stage.aim, stage.touches) for name, stage in track.stages.items()]
    in_use = {id for _, _, ids in named for id in ids} | set(track.reserve)
    named += [
        ("reserve", "From the second cycle on, or in place of a skipped one", track.reserve),
        ("in no stage", "Nobody gets these: name them in track.yaml", [id for id in track.touches if id not in in_use]),
    ]
    found = []
    for name, aim, ids in named:
        touches = tuple(track.touches[id] for id in ids if id in track.touches and only in (None, track.touches[id]))
        if touches:
            found.append(Place(name, aim, touches))
    return found


def readers(release: Release, now: datetime, lead: RealLead | None = None) -> dict[str, Reader]:
    """The lead of the archive if there is one, all samples, and in every language that something is written in a reader
    of whom nothing else is known."""
    real = {id_of(lead): _real(lead, release)} if lead else {}
    nobody = {NOTHING_KNOWN: Sample(lead={"email": ADDRESS})}
    if LANGUAGE in release.fields:
        for language in languages(release):
            nobody[f"{NOTHING_KNOWN}-{language}"] = Sample(lead={"email": ADDRESS, "language": language})
    return real | {id: _reader(id, sample, release, now) for id, sample in {**nobody, **release.samples}.items()}


def id_of(lead: RealLead) -> str:
    return f"lead-{lead.facts.lead.id}"


def _real(lead: RealLead, release: Release) -> Reader:
    return Reader(id_of(lead), Context(lead.facts, release, lead.now), lead.address, lead.personal, is_real=True)


def languages(release: Release) -> list[str]:
    found = {code for track in release.tracks.values() for touch in track.touches.values() for code in touch.languages}
    return sorted(found)


def reader_called(found: Mapping[str, Reader], name: str) -> Reader:
    """Raises MissingError with the nearest name there is."""
    if name not in found:
        raise MissingError(f"there is no sample {name} in content/samples.yaml{did_you_mean(name, found)}".rstrip("."))
    return found[name]


def typical(found: Mapping[str, Reader], track: Track) -> Reader:
    """Whom a track is shown to first: the first reader it would take, else the reader of whom nothing is known."""
    return next((reader for reader in found.values() if reader.is_taken_by(track)), found[NOTHING_KNOWN])


def _reader(id: str, sample: Sample, release: Release, now: datetime) -> Reader:
    facts = facts_of(sample, release, now)
    personal = {
        name: str(raw)
        for name, raw in given(sample).items()
        if name in release.fields and release.fields[name].personal
    }
    return Reader(id, Context(facts, release, now), str(sample.lead.get("email", ADDRESS)), personal)
