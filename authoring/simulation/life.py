"""One lead's life in memory: the same `decide` and the same table as the archive, without the archive.

`look` is what a workflow does when something happened, `perform` when the step's time has come; the rest is what
buyers and our own people do. What each leaves is told to whoever listens, row by row as in the archive's log -
tests/workflows/test_same_life.py holds one against the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from authoring.simulation.surroundings import WITH_REP, Surroundings
from domain import keys, lifecycle
from domain.context import BEGINNING, Context
from domain.decide import decide
from domain.lead import IN_SALES, Attempts, Delivery, Facts, Known, Lead, Offer, Source, State, Status, Value
from domain.learning import counted, overtakes
from domain.release import Release
from domain.remembering import Memory
from domain.said import CONVERSATIONS
from domain.steps import Move, Permit, Step
from domain.touches import nth
from domain.track import Touch

RESERVATIONS = 30
NOTHING: Mapping[str, object] = {}
NO_ATTEMPTS = Attempts()


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the log: what happened to a lead, when (UTC), by whom and why."""

    at: datetime
    kind: str
    cycle: int
    actor: str = "SYS"
    reason: str | None = None
    transition: str | None = None
    from_state: str | None = None
    to_state: str | None = None
    data: Mapping[str, object] = field(default_factory=dict)


Tell = Callable[[Entry], None]


class Life:
    """Mutable; `now` only goes forward, and only by what it is told."""

    def __init__(self, facts: Facts, release: Release, around: Surroundings, now: datetime, tell: Tell) -> None:
        self.facts = replace(facts, memory=Memory())
        self.release, self.around, self.now, self.tell = release, around, now, tell
        self.address_is_gone = False
        self._held: tuple[str, tuple[Permit, ...], date] | None = None
        self._channels: frozenset[str] = frozenset()
        self._numbers = 0
        self.log("enrolled", actor="EVT")
        self.step = self.look(now)

    @property
    def lead(self) -> Lead:
        return self.facts.lead

    @property
    def ctx(self) -> Context:
        return Context(self.facts, self.release, self.now)

    def look(self, now: datetime) -> Step:
        """Something happened: decide again as of now."""
        self.now = now
        self.read()
        self.step = self.settle()
        return self.step

    def perform(self, now: datetime, acts: Mapping[str, Callable[[Life, Step], None]]) -> Step:
        """The step's time has come: decide again, and act only if it is still the same step."""
        wanted, step = self.step.id, self.look(now)
        if (act := acts.get(step.verb)) and step.id == wanted and step.due_at <= now:
            act(self, step)
            return self.look(now)
        return step

    def read(self) -> None:
        """What a decision finds when it loads the lead: the hours of whoever has it."""
        lead = self.facts.lead
        rep = self.around.team.find(lead.owner) if lead.state in IN_SALES else None
        hours, zone = (rep.hours, rep.zone) if rep else (None, None)
        if hours != self.facts.owner_hours or zone != self.facts.owner_zone:
            self.facts = replace(self.facts, owner_hours=hours, owner_zone=zone)

    def settle(self) -> Step:
        """Decide, take the moves nobody triggers, and reserve the places the step needs."""
        self.around.decisions += 1
        step = decide(self.facts, self.release, self.now)
        for move in step.moves:
            self.take(move)
        if self._held and self._held[0] != (step.id if step.permits else None):
            self.let_go()
        return self._reserved(step) if step.permits else step

    def take(self, move: Move) -> None:
        """Apply one move and what follows from a change of state."""
        before = self.facts.lead
        after = lifecycle.apply(before, move, self.now)
        self.facts = replace(self.facts, lead=after)
        states = {"transition": move.transition, "from_state": before.state.value, "to_state": after.state.value}
        self.log("transition", actor=move.actor, reason=move.reason, data=move.data, **states)
        if after.state in IN_SALES and before.state not in IN_SALES:
            self.let_go()
            self.close_task("overtaken")
        self._follow_offer(before, after, move)
        if after.state is State.DISQUALIFIED:
            self.let_go()
            self.close_task("overtaken")

    def _follow_offer(self, before: Lead, after: Lead, move: Move) -> None:
        team, offer = self.around.team, self.facts.offer
        had = before.owner if before.state in WITH_REP else None
        has = after.owner if after.state in WITH_REP else None
        if had != has:
            for name, change in ((had, -1), (has, 1)):
                if name:
                    team.holds(name, change)
        if move.transition == "T11":
            number = (offer.number if offer else 0) + 1
            self.facts = replace(
                self.facts,
                offer=Offer(self.number(), after.id, number, after.owner or "", self.now),
                attempts=NO_ATTEMPTS,
            )
            self._channels = frozenset()
        elif offer and (after.owner != before.owner or after.state not in IN_SALES - {State.SALES_READY}):
            self.facts = replace(self.facts, offer=None, attempts=NO_ATTEMPTS)
            team.on_free(offer.rep)
        elif offer and move.transition == "T24":
            team.on_free(offer.rep)
        if move.transition in lifecycle.ATTEMPTS and self.facts.offer:
            self._count_attempt(move)

    def _count_attempt(self, move: Move) -> None:
        done = self.facts.attempts
        self._channels |= {str(move.data["channel"])}
        talked = move.data["outcome"] in CONVERSATIONS
        first_at, talks = done.first_at or self.now, done.conversations + talked
        given = {name: move.data.get(name) for name in ("callback_at", "meeting_at")}
        told = {name: datetime.fromisoformat(str(at)) for name, at in given.items() if at}
        agreed_at = max((at for at in (done.agreed_at, *told.values()) if at), default=None)
        counts = (done.count + 1, len(self._channels), talks, first_at, self.now)
        attempts = Attempts(*counts, told.get("callback_at"), agreed_at)
        self.facts = replace(self.facts, attempts=attempts)

    def change(self, **columns: Any) -> None:  # Any: columns of many types
        self.facts = replace(self.facts, lead=replace(self.facts.lead, **columns))

    def happen(self, event: str, values: Mapping[str, Value] = NOTHING, source: Source = Source.FORM) -> bool:  # type: ignore[assignment]  # an empty one
        """A buyer did something now. True when it can change the plan, and so is worth a look."""
        evidence = f"event:{self._next()}"
        self.count(event, evidence)
        changed = self.learn(values, source, evidence)
        self.log("event", actor="EVT", data={"event": event, "learned": changed})
        wakes_up = self.lead.state is State.DORMANT and self.release.events[event].points > 0
        return bool(changed) or wakes_up or event in self.release.reads_events

    def count(self, event: str, evidence: str) -> None:
        seen = self.facts.seen
        more = counted(seen.get(event), self.now.astimezone(UTC).date(), self.now, evidence)
        self.facts = replace(self.facts, seen={**seen, event: more})

    def learn(self, values: Mapping[str, Value], source: Source, evidence: str) -> list[str]:
        known, left_at = self.facts.known, self.lead.left_sales_at or BEGINNING
        fields = self.release.fields
        changed = {
            name: Known(value, self.now, source, evidence)
            for name, value in values.items()
            if not fields[name].personal
            and not ((old := known.get(name)) and not overtakes(old, source, self.now, left_at))
        }
        if changed:
            self.facts = replace(self.facts, known={**known, **changed})
        return list(changed)

    def opt_out(self) -> None:
        if not self.lead.has_opted_out:
            self.change(has_opted_out=True)
            self.log("opted_out", actor="EVT")

    def open_delivery(self, touch: Touch, status: Status, ended_at: datetime | None, code: str | None = None) -> UUID:
        """The touch is used from now on, whatever becomes of it."""
        number = nth(self.ctx, touch)
        id = keys.send_id(self.lead.id, touch.id, number)
        row = Delivery(
            id, touch.id, number, self.lead.cycle, touch.channel, status, self.now, ended_at, 1, code, touch.assets
        )
        self.facts = replace(self.facts, ledger=(*self.facts.ledger, row))
        return id

    def end_delivery(self, touch: str, status: Status, code: str | None) -> None:
        """The newest delivery of a touch ended now."""
        last = [d for d in self.facts.ledger if d.touch == touch][-1]
        ended = replace(last, status=status, code=code, ended_at=self.now)
        self.facts = replace(self.facts, ledger=tuple(ended if d is last else d for d in self.facts.ledger))

    def close_task(self, code: str) -> None:
        """The open human touch makes no sense any more; the ledger keeps it as not delivered."""
        task = self.facts.task
        if task is None:
            return
        if task.touch:
            self.end_delivery(task.touch, Status.FAILED, code)
        self.facts = replace(self.facts, task=None)

    def use_place(self) -> None:
        """The reserved place is used: it is not given back any more."""
        self._held = None
        self.facts = replace(self.facts, reserved={})

    def let_go(self) -> None:
        if self._held:
            self.around.places.give_back(self._held[1], self._held[2])
            self._held = None
        if self.facts.reserved:
            self.facts = replace(self.facts, reserved={})

    def _reserved(self, step: Step) -> Step:
        """Move the step to the first day with a free place; that slot is its due time."""
        if self._held:
            if self._held[2] == self._day(step):
                return step
            self.let_go()
        for _ in range(RESERVATIONS):
            if not step.permits:
                break  # by the first free day something else comes before it
            day = self._day(step)
            free = self.around.places.first_free_day(step.permits, max(step.due_at, self.now))
            self.facts = replace(self.facts, reserved={step.id: datetime.combine(free, time.min, UTC)})
            if free == day:
                self.around.places.take(step.permits, day)
                self._held = (step.id, step.permits, day)
                return step
            self.around.decisions += 1
            step = decide(self.facts, self.release, self.now)
        self.facts = replace(self.facts, reserved={})
        return replace(step, due_at=step.due_at + timedelta(days=1)) if step.permits else step

    def _day(self, step: Step) -> date:
        return max(step.due_at, self.now).astimezone(UTC).date()

    def log(
        self,
        kind: str,
        *,
        actor: str = "SYS",
        reason: str | None = None,
        data: Mapping[str, object] = NOTHING,
        **states: str,
    ) -> None:
        self.tell(Entry(self.now, kind, self.facts.lead.cycle, actor, reason, data=data, **states))

    def number(self) -> UUID:
        """The next id of this life: the same life has the same ids."""
        return UUID(int=self._next())

    def _next(self) -> int:
        self._numbers += 1
        return self._numbers
