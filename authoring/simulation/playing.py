"""A life played through time by a script: steps when they are due, acts when the script says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from authoring.simulation import deeds
from authoring.simulation.life import Entry, Life
from authoring.simulation.surroundings import Surroundings, Team
from authoring.simulation.verbs import VERBS
from domain.calendar import at_local, zone
from domain.errors import InvalidError, NurtureError
from domain.example import BEGINS, HANDOFF, LONGEST_DAY, Act, Moment
from domain.lead import Facts, State, Value
from domain.release import Release
from domain.said import Said
from domain.samples import facts_of
from domain.steps import Verb
from domain.values import coerce

NOBODY = UUID(int=0)
MOST = 5000
MIDNIGHT = time(0)
LONGEST = timedelta(days=200)
"""How long an example goes on that expects something without saying by when."""
ANSWER = "answer"
BY_MANAGER = frozenset({"assign", "withdraw"})
WITH_DEAL = frozenset({"opportunity", "proposal", "won"})


@dataclass(frozen=True)
class Played:
    """What came of it. `first` is day 0 in the lead's own zone."""

    entries: tuple[Entry, ...]
    facts: Facts
    first: date
    zone: str
    now: datetime
    never: tuple[int, ...]
    """Acts whose time never came."""


class ActError(InvalidError):
    """An act of the script cannot be; `number` says which."""

    def __init__(self, number: int, sentence: str) -> None:
        super().__init__(sentence)
        self.number = number


def all_signed(release: Release) -> Release:
    """An example is about what the files say, signed or not."""
    return replace(release, approved=frozenset(release.tracks))


def arrived(release: Release, sample: str, begins: Moment | None) -> tuple[Facts, datetime, str]:
    """A sample lead on its first day, at 10:00 of its own time unless `begins` says otherwise."""
    zone_name = facts_of(release.samples[sample], release, BEGINS.replace(tzinfo=UTC)).lead.time_zone or "UTC"
    day = begins.day(BEGINS.date()) if begins else BEGINS.date()
    now = at_local(day, (begins.local if begins else None) or BEGINS.time(), zone_name)
    facts = facts_of(release.samples[sample], release, now)
    return replace(facts, lead=replace(facts.lead, id=NOBODY)), now, zone_name


def play(
    release: Release,
    sample: str,
    begins: Moment | None,
    script: Sequence[Act],
    days: Sequence[Moment] = (),
    *,
    is_short: bool = False,
) -> Played:
    """To the end of the last of these days; with none of them until nothing more can come, at most LONGEST. A short one
    ends with its script. Raises ActError when somebody does in it what cannot be done.
    """
    facts, now, zone_name = arrived(release, sample, begins)
    first = now.astimezone(zone(zone_name)).date()
    ends = [at_local(when.day(first) + timedelta(days=1), MIDNIGHT, zone_name) for when in days]
    entries: list[Entry] = []
    life = Life(facts, release, Surroundings(Team.of(release)), now, entries.append)
    player = _Player(life, entries, dict(enumerate(script)), first, zone_name)
    longest = timedelta(days=LONGEST_DAY) if is_short else LONGEST
    player.run(max(ends, default=now + longest), goes_on=bool(days), is_short=is_short)
    return Played(tuple(entries), life.facts, first, zone_name, life.now, tuple(player.acts))


class _Player:
    def __init__(self, life: Life, entries: list[Entry], acts: dict[int, Act], first: date, zone_name: str) -> None:
        self.life, self.entries, self.acts, self.first, self.zone = life, entries, acts, first, zone_name

    def run(self, until: datetime, *, goes_on: bool, is_short: bool) -> None:
        for _ in range(MOST):
            life = self.life
            act = min(((at, n) for n, act in self.acts.items() if (at := self._instant(act.at))), default=None)
            due = life.step.due_at if life.step.verb is not Verb.ENDED else None
            if act and (due is None or act[0] <= due):
                if act[0] > until:
                    return
                self._act(act[1], max(act[0], life.now))
            elif due is None or due > until or (not self.acts and self._is_over(due, goes_on, is_short)):
                return
            else:
                life.perform(max(due, life.now), VERBS)
        raise AssertionError(f"the life does not come to rest: {self.life.step}")

    def _is_over(self, due: datetime, goes_on: bool, is_short: bool) -> bool:
        return (is_short and due > self.life.now) or (not goes_on and self.life.lead.state is State.DORMANT)

    def _instant(self, moment: Moment) -> datetime | None:
        """None as long as what it waits for has not happened."""
        if moment.after is None:
            return moment.at(self.first, self.zone)
        happened = next((e.at for e in self.entries if _is(e, moment.after)), None)
        return happened + moment.wait if happened else None

    def _act(self, number: int, now: datetime) -> None:
        act, life = self.acts.pop(number), self.life
        life.now = now
        life.read()
        try:
            if _perform(life, act):
                life.look(now)
        except NurtureError as error:
            raise ActError(number, error.sentence) from None


def _is(entry: Entry, what: str) -> bool:
    if what == HANDOFF:
        return entry.transition == "T11"
    return entry.kind == "touch" and entry.data["touch"] == what


def _perform(life: Life, act: Act) -> bool:
    """True when the lead should look again."""
    values = understood(life.release, act.answer)
    if act.unsubscribes:
        life.opt_out()
    elif act.task:
        deeds.finish_task(life, act.task, "example", values)
    elif act.sales:
        deeds.say(life, said(life, act), values)
    else:
        event = act.event or ANSWER
        if event not in life.release.events:
            raise InvalidError(f"there is no event {event} in lead_defs/events.yaml")
        return life.happen(event, values)
    return True


def said(life: Life, act: Act) -> Said:
    """`attempt connected`, `recycle bad_timing`, `reject definition_not_met`, `assign rosa`: the word after the
    command is the outcome, the reason or the salesperson."""
    command, _, word = (act.sales or "").partition(" ")
    actor = "MGR" if command in BY_MANAGER else "REP"
    who = life.release.routing.manager if actor == "MGR" else life.lead.owner or life.lead.returned_by or ""
    more: dict[str, Any] = {"note_length": 40, "has": {"referral": True, "competitor": True}}  # Any: fields of Said
    if command == "attempt":
        more |= {"outcome": word, "channel": "phone"}
    elif command == "assign":
        more |= {"rep": word}
    elif word:
        more |= {"reason": word}
    if command in WITH_DEAL:
        more |= {"deal": deeds.deal(life.now)}
    if act.resume_on:
        more |= {"resume_on": datetime(act.resume_on.year, act.resume_on.month, act.resume_on.day, tzinfo=UTC)}
    return Said(command, actor, who, criterion=act.criterion, **more)


def understood(release: Release, answer: Mapping[str, Any]) -> dict[str, Value]:  # Any: as the author wrote it
    """`pain` is short for `fact.pain`. Raises InvalidError for a field that is not declared or a value unfit."""
    found = {}
    for name, raw in answer.items():
        full = name if name in release.fields else f"fact.{name}"
        if full not in release.fields:
            raise InvalidError(f"there is no field {name}; they are declared in lead_defs/fields.yaml", name)
        found[full] = coerce(full, raw, release.fields[full])
    return found
