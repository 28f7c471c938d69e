"""What a simulation says: counts and days, no names. All of it can cross from one process to another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from authoring.simulation.life import Entry, Life
from authoring.simulation.surroundings import Surroundings, Team
from domain.conditions import Condition, Reads
from domain.context import Context
from domain.lead import IN_SALES, State
from domain.release import Release

READY, DORMANT, OUT = State.SALES_READY.value, State.DORMANT.value, State.DISQUALIFIED.value
SELLING = frozenset(state.value for state in IN_SALES)


@dataclass(frozen=True)
class TouchFigures:
    """`reached` leads got it, `median_day` after their arrival."""

    track: str
    stage: str
    touch: str
    channel: str
    reached: int
    median_day: int | None


@dataclass(frozen=True)
class Unknown:
    """A condition that nobody could answer for so many leads, and the fields that would have answered it."""

    where: str
    leads: int
    fields: Mapping[str, int]


@dataclass(frozen=True)
class Day:
    """One day of business: what happened in it, and how things stood at its end."""

    number: int
    ready: int
    offered: int
    mails: int
    human_touches: int
    exhausted: int
    in_hand: Mapping[str, int]
    waiting: int


@dataclass(frozen=True)
class Result:
    scenario: str
    leads: int
    days: tuple[Day, ...]
    ready: int
    ready_by_rule: Mapping[str, int]
    median_day_ready: int | None
    exhausted: int
    median_day_exhausted: int | None
    states: Mapping[str, int]
    excluded: Mapping[str, int]
    touches_each: Mapping[int, int]
    """How many leads got so many touches."""
    touches: tuple[TouchFigures, ...]
    unknown: tuple[Unknown, ...]
    capacity: Mapping[str, int]
    full_days: Mapping[str, int]
    """Sender to the days on which no further mail could leave."""
    decisions: int
    left_out: tuple[str, ...] = ()
    """Tracks beside sales: each salesperson allows them lead by lead, and nobody in a simulation does."""

    @property
    def never_reached(self) -> tuple[TouchFigures, ...]:
        return tuple(touch for touch in self.touches if not touch.reached)

    @property
    def places(self) -> int:
        return sum(self.capacity.values())

    @property
    def peak(self) -> int:
        """The most leads that salespeople had in hand at the end of a day."""
        return max((sum(day.in_hand.values()) for day in self.days), default=0)

    @property
    def first_full_day(self) -> int | None:
        """The first day at whose end a ready lead waited for a salesperson with a free place."""
        return next((day.number for day in self.days if day.waiting), None)

    @property
    def most_waiting(self) -> int:
        return max((day.waiting for day in self.days), default=0)

    @property
    def touches_per_lead(self) -> float:
        return sum(n * leads for n, leads in self.touches_each.items()) / self.leads if self.leads else 0.0

    def as_json(self) -> dict[str, object]:
        derived = ("peak", "places", "first_full_day", "most_waiting", "touches_per_lead")
        found = {**asdict(self), **{name: getattr(self, name) for name in derived}}
        return {**found, "never_reached": [touch.touch for touch in self.never_reached]}


@dataclass
class _Today:
    ready: int = 0
    offered: int = 0
    mails: int = 0
    human_touches: int = 0
    exhausted: int = 0


@dataclass
class Collector:
    release: Release
    begins: datetime
    days: int
    reps: Sequence[str]
    arrived: dict[int, datetime] = field(default_factory=dict)
    ready: dict[int, tuple[int, str]] = field(default_factory=dict)
    exhausted: dict[int, int] = field(default_factory=dict)
    excluded: Counter[str] = field(default_factory=Counter)
    given: dict[str, list[int]] = field(default_factory=dict)
    each: Counter[int] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    unknown: dict[str, Counter[str]] = field(default_factory=dict)
    unknown_leads: Counter[str] = field(default_factory=Counter)
    past: list[Day] = field(default_factory=list)
    _today: _Today = field(default_factory=_Today)

    @property
    def days_seen(self) -> int:
        return len(self.past)

    def see(self, number: int, entry: Entry) -> None:
        if entry.kind == "enrolled":
            self.arrived[number] = entry.at
            self.each[number] = 0
        elif entry.kind == "touch" and "track" in entry.data:
            self._given(number, entry)
        elif entry.kind == "transition":
            self._moved(number, entry)

    def _given(self, number: int, entry: Entry) -> None:
        self.given.setdefault(str(entry.data["touch"]), []).append(self._age(number, entry))
        self.each[number] += 1
        if entry.data["channel"] == "email":
            self._today.mails += 1
        else:
            self._today.human_touches += 1

    def _moved(self, number: int, entry: Entry) -> None:
        if entry.to_state == READY and entry.from_state not in SELLING:
            self._today.ready += 1
            self.ready.setdefault(number, (self._age(number, entry), entry.reason or ""))
        elif entry.to_state == DORMANT and entry.from_state != DORMANT:
            self._today.exhausted += 1
            self.exhausted.setdefault(number, self._age(number, entry))
        elif entry.to_state == OUT:
            self.excluded[entry.reason or ""] += 1
        if entry.transition == "T11":
            self._today.offered += 1

    def _age(self, number: int, entry: Entry) -> int:
        return (entry.at.date() - self.arrived[number].date()).days

    def end_day(self, team: Team, waiting: int) -> None:
        held = {name: rep.in_hand for name, rep in team.reps.items()}
        self.past.append(Day(len(self.past), **vars(self._today), in_hand=held, waiting=waiting))
        self._today = _Today()

    def ends(self, number: int, life: Life, at: datetime) -> None:
        """How a lead stands at the end, and what could not be told about it."""
        self.states[life.lead.state.value] += 1
        ctx = Context(life.facts, self.release, max(life.now, min(at, life.now + timedelta(days=1))))
        for where, reads in _undecided(ctx, self.each[number]):
            names = [n for n in sorted(reads.fields | reads.known) if ctx.view.value(n) is None and "." in n]
            self.unknown.setdefault(where, Counter()).update(n for n in names if not n.startswith("grade."))
            self.unknown_leads[where] += 1

    def result(self, scenario: str, around: Surroundings) -> Result:
        defaults, ends = self.release.defaults, self.begins + timedelta(days=self.days)
        senders = {track.sender or defaults.sender for track in self.release.tracks.values()} | {defaults.sender}
        return Result(
            scenario,
            len(self.arrived),
            tuple(self.past),
            len(self.ready),
            dict(Counter(rule for _, rule in self.ready.values())),
            _median([day for day, _ in self.ready.values()]),
            len(self.exhausted),
            _median(list(self.exhausted.values())),
            dict(self.states),
            dict(self.excluded),
            dict(sorted(Counter(self.each.values()).items())),
            tuple(self._touches()),
            tuple(
                Unknown(where, count, dict(self.unknown[where].most_common()))
                for where, count in self.unknown_leads.most_common()
            ),
            {name: rep.capacity for name, rep in around.team.reps.items()},
            {sender: around.places.full_days(sender, defaults.sender_daily, ends.date()) for sender in sorted(senders)},
            around.decisions,
            tuple(track.id for track in self.release.tracks.values() if track.is_support),
        )

    def _touches(self) -> Iterator[TouchFigures]:
        for track in self.release.tracks.values():
            if track.is_support:
                continue
            in_stages = [(stage, name) for stage, each in track.stages.items() for name in each.touches]
            for stage, name in [*in_stages, *(("reserve", name) for name in track.reserve)]:
                if name in track.touches:
                    days = self.given.get(name, [])
                    yield TouchFigures(track.id, stage, name, track.touches[name].channel, len(days), _median(days))


def _undecided(ctx: Context, touches: int) -> Iterator[tuple[str, Reads]]:
    """What was asked about this lead and could not be answered: to come on a track, get a touch, go on, be ready."""
    track = ctx.track
    if track is None and not touches:
        for each in ctx.release.tracks.values():
            if each.id in ctx.release.approved and each.enrol and each.enrol.holds(ctx.view) is None:
                yield f"to come on {each.id}", each.enrol.reads
    if track:
        had = {delivery.touch for delivery in ctx.facts.ledger}
        asked: list[tuple[str, Condition | None]] = [
            (f"to get {t.id}", t.when) for t in track.touches.values() if t.id not in had
        ]
        asked += [(f"to go on from {name}", stage.next_when) for name, stage in track.stages.items()]
        for where, condition in asked:
            if condition and condition.holds(ctx.view) is None:
                yield where, condition.reads
    if ctx.lead.state not in IN_SALES:
        for judged in ctx.verdict.asks:
            yield f"to meet {judged.id}", _read(ctx, judged.id)


def _read(ctx: Context, criterion: str) -> Reads:
    reads = ctx.release.definition.criteria[criterion].when.reads
    if "grade.fit" in reads.fields:
        for profile in (ctx.release.company_profile, ctx.release.profile(ctx.lead)):
            for entry in profile.points.values():
                reads = reads | entry.when.reads
    return reads


def _median(days: list[int]) -> int | None:
    return sorted(days)[len(days) // 2] if days else None
