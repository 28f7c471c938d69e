"""A release: everything marketing and sales published, compiled, under the hash of its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from domain.definition import Definition, EventDef, FieldDef, Profile
from domain.errors import InvalidError
from domain.hooks import Endpoint, Hook
from domain.lead import Lead
from domain.policies import Person, ReasonsFile, Recycling, Routing, ServiceLevels
from domain.track import Asset, Defaults, Sample, Stage, Touch, Track


@dataclass(frozen=True)
class Release:
    """Immutable; two releases with one hash are the same."""

    hash: str
    fields: Mapping[str, FieldDef]
    lists: Mapping[str, list[str]]
    events: Mapping[str, EventDef]
    definition: Definition
    company_profile: Profile
    profiles: Mapping[str, Profile]
    people: Mapping[str, Person]
    reasons: ReasonsFile
    recycling: Recycling
    service_levels: ServiceLevels
    routing: Routing
    defaults: Defaults
    assets: Mapping[str, Asset]
    samples: Mapping[str, Sample]
    tracks: Mapping[str, Track]
    approved: frozenset[str] = frozenset()
    """Tracks whose campaign form both teams have signed; only these run."""
    pictures: Mapping[str, str] = field(default_factory=dict)
    """Path to content, in base64."""
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    hooks: Mapping[str, Hook] = field(default_factory=dict)
    form_hashes: Mapping[str, str] = field(default_factory=dict)
    """What a signature signs: subject (`definition`, `track:<id>`) to the hash of its signed parts."""

    def profile(self, lead: Lead) -> Profile:
        """The offering the inquiry named, else the default, else the only one."""
        name = lead.offering or self.defaults.offering
        if name and name in self.profiles:
            return self.profiles[name]
        return next(iter(self.profiles.values()), self.company_profile)

    @cached_property
    def _touches(self) -> Mapping[str, tuple[Track, Touch]]:
        return {touch.id: (track, touch) for track in self.tracks.values() for touch in track.touches.values()}

    def pictures_of(self, track: Track) -> Mapping[str, str]:
        """The pictures beside a track's touches, by file name."""
        folder = f"content/tracks/{track.id}/"
        return {
            path.removeprefix(folder): content for path, content in self.pictures.items() if path.startswith(folder)
        }

    def find_touch(self, touch_id: str) -> tuple[Track, Touch] | None:
        return self._touches.get(touch_id)

    @cached_property
    def hand_raises(self) -> frozenset[str]:
        return frozenset(name for name, event in self.events.items() if event.hand_raise)

    @cached_property
    def reads_events(self) -> frozenset[str]:
        """Events that some condition, reaction or wake-up reads: only these can change a plan."""
        names = {event for name, event in self._all_event_reads()}
        names |= set(self.defaults.react) | self.hand_raises
        for track in self.tracks.values():
            names |= set(track.react)
        for rule in self.recycling.reasons.values():
            names |= set(rule.wake_up)
        return frozenset(names)

    def _all_event_reads(self) -> set[tuple[str, str]]:
        found: set[tuple[str, str]] = set()
        conditions = [rule.when for rule in self.definition.ready_when.values()]
        conditions += [criterion.when for criterion in self.definition.criteria.values()]
        conditions += list(self.definition.hold_back_when.values())
        for track in self.tracks.values():
            conditions.append(track.enrol)
            conditions += [t.when for t in track.touches.values() if t.when]
            for stage in track.stages.values():
                conditions += [c for c in (stage.next_when, stage.back_when) if c]
        for condition in conditions:
            found |= {("", event) for event, _ in condition.reads.events}
            if "grade.engagement" in condition.reads.fields:
                found |= {("", name) for name, event in self.events.items() if event.points}
        return found

    def react(self, lead: Lead, event: str) -> str | None:
        """`judge`, `stop` or None: what an event does beside being known."""
        track = self.tracks.get(lead.track or "")
        if track and event in track.react:
            return track.react[event]
        return self.defaults.react.get(event)

    def gap(self, name: str, stage: Stage) -> timedelta:
        return self.defaults.gap_of(name, stage)

    def person(self, person_id: str) -> Person:
        try:
            return self.people[person_id]
        except KeyError:
            raise InvalidError(f"there is nobody called {person_id} in lead_defs/people.yaml") from None
