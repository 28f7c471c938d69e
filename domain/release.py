"""A release: everything marketing and sales published, compiled, under the hash of its files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property

from domain.conditions import Condition
from domain.definition import Definition, EventDef, FieldDef, Profile
from domain.errors import InvalidError
from domain.hooks import Endpoint, Hook
from domain.lead import Lead
from domain.policies import Person, Queue, ReasonsFile, Recycling, Routing, ServiceLevels
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
    queue: Queue = field(default_factory=Queue)
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

    @property
    def nurturing(self) -> list[str]:
        """The approved tracks that marketing puts leads on."""
        return [id for id, track in self.tracks.items() if id in self.approved and not track.is_support]

    @property
    def main_track(self) -> Track:
        """The first that takes leads from the beginning: what samples and benchmarks go through."""
        return next(track for track in self.tracks.values() if track.purpose == "stage")

    def find_touch(self, touch_id: str) -> tuple[Track, Touch] | None:
        return self._touches.get(touch_id)

    def keeping(self, track_id: str, before: Release) -> Release:
        """This release with one track in the structure of an earlier one (`in_flight: keep`); words are these."""
        now, then = self.tracks.get(track_id), before.tracks.get(track_id)
        if now is None or then is None:
            return self
        stages = {
            name: stage.model_copy(
                update={"gap": before.gap(name, stage), "used_up": stage.used_up or before.defaults.used_up}
            )
            for name, stage in then.stages.items()
        }
        structure = then.model_copy(update={"stages": stages, "then": then.then or before.defaults.then})
        return replace(self, tracks={**self.tracks, track_id: now.kept_from(structure)})

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

    @cached_property
    def good_for(self) -> tuple[timedelta, ...]:
        """How long criteria stay good."""
        return tuple(sorted({c.good_for for c in self.definition.criteria.values() if c.good_for}))

    @cached_property
    def counted_events(self) -> frozenset[str]:
        """Events that some condition counts; where one reads engagement, all that score."""
        reads = [condition.reads for condition in self._conditions()]
        counted = {event for each in reads for event, _ in each.events}
        if any("grade.engagement" in each.fields for each in reads):
            counted |= {name for name, event in self.events.items() if event.points}
        return frozenset(counted)

    @cached_property
    def counts_whole_days(self) -> bool:
        """Whether every window of events is whole days: what is counted then changes at midnight UTC only."""
        windows = {window for condition in self._conditions() for _, window in condition.reads.events if window}
        return all(window % timedelta(days=1) == timedelta(0) for window in windows)

    def _conditions(self) -> Iterator[Condition]:
        """Every condition of every file."""
        definition = self.definition
        yield from (criterion.when for criterion in definition.criteria.values())
        yield from (rule.when for rule in definition.ready_when.values())
        yield from definition.hold_back_when.values()
        for profile in (self.company_profile, *self.profiles.values()):
            yield from (points.when for points in profile.points.values())
            yield from profile.never.values()
        yield from (rule.when for rule in self.routing.rules if rule.when)
        for track in self.tracks.values():
            if track.enrol:
                yield track.enrol
            yield from (touch.when for touch in track.touches.values() if touch.when)
            for stage in track.stages.values():
                yield from (condition for condition in (stage.next_when, stage.back_when) if condition)

    def _all_event_reads(self) -> set[tuple[str, str]]:
        found: set[tuple[str, str]] = set()
        conditions = [rule.when for rule in self.definition.ready_when.values()]
        conditions += [criterion.when for criterion in self.definition.criteria.values()]
        conditions += list(self.definition.hold_back_when.values())
        for track in self.tracks.values():
            conditions += [track.enrol] if track.enrol else []
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

    def gets_digest(self, person_id: str) -> bool:
        """The mail at the start of a working day: as they say themselves, else as their team does. Sales by default."""
        person = self.person(person_id)
        if person.digest is not None:
            return person.digest
        team = self.routing.teams.get(person.team)
        return person.role in ("sales", "manager") and (team is None or team.digest)

    def led_by(self, person_id: str) -> frozenset[str]:
        """The teams whose leads end on this person's desk."""
        teams = {person.team for person in self.people.values() if person.role in ("sales", "manager")}
        return frozenset(team for team in teams if self.routing.manager_of(team) == person_id)

    def person(self, person_id: str) -> Person:
        try:
            return self.people[person_id]
        except KeyError:
            raise InvalidError(f"there is nobody called {person_id} in lead_defs/people.yaml") from None
