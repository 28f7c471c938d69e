"""A sales team's month on the real archive, with a clock that jumps from act to act: twelve salespeople with their own
hours, capacities and habits, their manager, and leads that become ready at any hour of any day."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, delete, func, select

from domain.calendar import Window
from domain.errors import NurtureError
from domain.lead import State
from domain.phrases import parse_hours
from domain.said import Deal
from domain.steps import Step, Verb
from storage import handling, reps
from storage import tables as t
from tests.world import MONDAY, World, shipped_files

READY = {"fact.pain": "detention", "fact.evaluate_within_months": 1}
DAYS = 30
STARTS_AT = MONDAY - timedelta(hours=15)
ENDS_AT = STARTS_AT + timedelta(days=DAYS)
MANAGER = "tom"
ZONES = ("America/Chicago", "America/New_York", "America/Los_Angeles", "America/Denver")
Span = tuple[float, float]
More = dict[str, Any]  # Any: fields of Said


@dataclass(frozen=True)
class Habit:
    """Spans are hours of their own working time; `away` is the first and the last day of an absence."""

    capacity: int = 24
    weight: float = 1.0
    hours: str = "Mon-Fri 09:00-17:00"
    zone: str = "America/Chicago"
    holidays: str = "US"
    accepts: Span = (0.3, 2.0)
    tries: Span = (0.1, 0.9)
    tries_hot: Span = (0.02, 0.3)
    answers: bool = True
    rejects: bool = False
    away: tuple[int, int] | None = None


TEAM = {
    "rosa": Habit(accepts=(0.1, 0.5), tries=(0.05, 0.2)),
    "marc": Habit(capacity=12, accepts=(1.0, 4.0), tries=(0.5, 2.0), tries_hot=(0.2, 0.6)),
    "stan": Habit(rejects=True),
    "vera": Habit(capacity=8, answers=False),
    "yuki": Habit(away=(7, 18)),
    "bela": Habit(zone="Europe/Berlin", holidays="DE-BY"),
    "cora": Habit(weight=2.0, capacity=40),
    "dirk": Habit(hours="Mon-Thu 08:00-13:00", weight=0.5, capacity=10),
    "emil": Habit(zone="America/New_York"),
    "finn": Habit(zone="America/Los_Angeles", hours="Tue-Sat 10:00-18:00"),
    "gita": Habit(zone="Europe/London", holidays="GB-ENG", hours="Mon-Fri 12:00-20:00"),
    "hugo": Habit(capacity=5),
}
REJECTIONS: Sequence[More] = (
    {"reason": "misrouted"},
    {"reason": "definition_not_met", "criterion": "soon"},
    {"reason": "bad_data", "note_length": 30},
    {"reason": "already_owned"},
)


def people() -> str:
    known = shipped_files()["lead_defs/people.yaml"]
    more = [name for name in TEAM if f"  {name}:" not in known]
    line = "  {0}: {{name: {0} Smith, role: sales, team: sales, address: {0}@harborline.example}}\n"
    return known + "".join(line.format(name) for name in more)


@dataclass
class Month:
    world: World
    leads: int
    seed: int
    team: dict[str, Habit] = field(default_factory=lambda: dict(TEAM))
    dice: random.Random = field(init=False)
    ids: list[UUID] = field(default_factory=list)
    fullest: dict[str, int] = field(default_factory=dict)
    """The most each had in hand at any moment."""
    refused: list[str] = field(default_factory=list)
    _due: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _steps: dict[UUID, Step] = field(default_factory=dict)
    _planned: set[tuple[object, ...]] = field(default_factory=set)
    _number: Any = field(default_factory=count)  # Any: itertools.count

    def begin(self) -> None:
        self.dice = random.Random(self.seed)
        self.world.clock.at = STARTS_AT
        with self.world.archive.begin() as tx:
            tx.execute(delete(t.reps))
            for name, habit in self.team.items():
                own = {"capacity": habit.capacity, "weight": habit.weight, "hours": habit.hours, "zone": habit.zone}
                reps.put(tx, self.world.archive, name, {**own, "holidays": habit.holidays})
        for number in range(self.leads):
            at = STARTS_AT + timedelta(minutes=self.dice.randrange((DAYS - 4) * 24 * 60))
            self.plan(at, lambda number=number: self._comes(number))  # type: ignore[misc]  # bound by default
        for name, habit in self.team.items():
            if habit.away:
                first, last = (STARTS_AT + timedelta(days=day) for day in habit.away)
                self.plan(first, lambda name=name, last=last: self._leaves(name, last))  # type: ignore[misc]

    def plan(self, at: datetime, act: Callable[[], None]) -> None:
        heappush(self._due, (at, next(self._number), act))

    def live(self, until: datetime) -> None:
        while self._due and self._due[0][0] <= until:
            at, _, act = heappop(self._due)
            self.world.clock.at = max(self.world.clock.at, at)
            act()
            self._hear()
        self.world.clock.at = max(self.world.clock.at, until)

    def _comes(self, number: int) -> None:
        dice = random.Random(f"{self.seed}/{number}")
        is_hand = dice.random() < 0.15
        site = {"lead.time_zone": dice.choice(ZONES), "company.dock_doors": dice.choice((8, 14, 30))}
        lead = self.world.enrol(f"lead{number}@site{number}.example", values={**site, **({} if is_hand else READY)})
        self.ids.append(lead)
        if is_hand:
            self.world.event(lead, "demo_request", f"demo/{number}")

    def _leaves(self, name: str, last: datetime) -> None:
        with self.world.archive.begin() as tx:
            reps.away(tx, self.world.archive, name, last, "untouched")

    def _hear(self) -> None:
        """What the relay does: everybody who was woken looks."""
        while True:
            with self.world.archive.begin() as tx:
                woken = list(dict.fromkeys(tx.execute(delete(t.wakes).returning(t.wakes.c.lead_id)).scalars()))
            if not woken:
                return
            for lead in woken:
                self._stands(lead, self.world.look(lead))

    def _stands(self, lead: UUID, step: Step) -> None:
        self._steps[lead] = step
        if step.verb is not Verb.ENDED:
            self.plan(step.due_at, lambda: self._perform(lead, step))
        self._people_see(lead)

    def _perform(self, lead: UUID, step: Step) -> None:
        if self._steps[lead] is step:
            self._stands(lead, self.world.perform(lead, step))

    def _people_see(self, lead: UUID) -> None:
        """Whoever has the lead now means to do something with it, once for each offer and state."""
        row, offers, tried = self._see(lead)
        if row["owner"] is None or row["clock_name"] is None:
            return
        key = (lead, row["state"], row["owner"], offers, len(tried), row["clock_started_at"])
        if key in self._planned:
            return
        self._planned.add(key)
        if row["is_on_desk"]:
            self.plan(self._later("", (0.5, 2.0)), lambda: self._assign(lead))
        elif row["owner"] in self.team:
            self._count(row["owner"])
            self._works(lead, row, offers, tried)

    def _see(self, lead: UUID) -> tuple[RowMapping, int, Sequence[str]]:
        """The lead's row, how often it was offered, and what its attempts came to."""
        c, o, a = t.leads.c, t.offers.c, t.attempts.c
        with self.world.archive.reading() as tx:
            row = tx.execute(select(t.leads).where(c.id == lead)).mappings().one()
            offers = tx.execute(select(func.count()).where(o.lead_id == lead)).scalar_one()
            return row, offers, tx.execute(select(a.outcome).where(a.lead_id == lead)).scalars().all()

    def _later(self, name: str, span: Span) -> datetime:
        habit = self.team.get(name, Habit())
        window = Window(parse_hours(habit.hours), habit.zone, habit.holidays)
        start = self.world.clock.at
        if habit.away and STARTS_AT + timedelta(days=habit.away[0]) <= start:
            start = max(start, STARTS_AT + timedelta(days=habit.away[1]))
        return window.add(start, timedelta(hours=self.dice.uniform(*span)))

    def _count(self, name: str) -> None:
        with self.world.archive.reading() as tx:
            now = handling.in_hand(tx, self.world.clock.at).get(name, 0)
        self.fullest[name] = max(self.fullest.get(name, 0), now)

    def _works(self, lead: UUID, row: RowMapping, offers: int, tried: Sequence[str]) -> None:
        name, state = row["owner"], State(row["state"])
        if self.team[name].answers:
            span, command, more = self._decision(self.team[name], state, tried, row["ready_rule"] == "hand_raiser")
            self.plan(self._later(name, span), lambda: self._say(lead, name, state, offers, command, more))

    def _say(self, lead: UUID, name: str, state: State, number: int, command: str, more: More) -> None:
        row, offers, _ = self._see(lead)
        if (row["owner"], row["state"], offers) != (name, state, number):
            return  # taken from them meanwhile
        try:
            self.world.say(lead, command, who=name, **more)
        except NurtureError as error:
            self.refused.append(f"{name} {command}: {error}")

    def _decision(self, habit: Habit, state: State, tried: Sequence[str], is_hot: bool) -> tuple[Span, str, More]:
        if state is State.HANDED_OFF:
            if habit.rejects:
                return habit.accepts, "reject", dict(self.dice.choice(REJECTIONS))
            return habit.accepts, "accept", {}
        if state is State.ACCEPTED or (state is State.WORKING and "connected" not in tried):
            return self._attempt(habit.tries_hot if is_hot else habit.tries, len(tried))
        if state is State.WORKING:
            return (2.0, 12.0), *self._outcome()
        if state is State.QUALIFIED:
            deal = Deal(20000, "USD", date(2027, 4, 30), "best_case")
            return (3.0, 20.0), "opportunity", {"deal": deal}
        if self.dice.random() < 0.5:
            return (20.0, 60.0), "won", {"deal": Deal(20000, "USD")}
        return (20.0, 60.0), "lost", {"reason": self.dice.choice(("price", "no_decision", "timing"))}

    def _attempt(self, first: Span, tried: int) -> tuple[Span, str, More]:
        if tried >= 6:
            return (10.0, 12.0), "recycle", {"reason": "not_responsive"}
        span = first if tried == 0 else (16.2, 18.0)
        if self.dice.random() < 0.45:
            return span, "attempt", {"outcome": "connected", "channel": "phone"}
        channel = "phone" if tried % 2 == 0 else "email"
        return span, "attempt", {"outcome": "no_answer" if channel == "phone" else "message_sent", "channel": channel}

    def _outcome(self) -> tuple[str, More]:
        chance = self.dice.random()
        if chance < 0.5:
            return "qualify", {}
        if chance < 0.75:
            return "recycle", {"reason": "bad_timing", "resume_on": self.world.clock.at + timedelta(days=120)}
        if chance < 0.9:
            return "recycle", {"reason": "no_budget"}
        return "disqualify", {"reason": "competitor"}

    def _assign(self, lead: UUID) -> None:
        """The manager gives it to whoever has most room, and looks again when nobody has."""
        row = self.world.row(lead)
        if not row["is_on_desk"]:
            return
        with self.world.archive.reading() as tx:
            release = self.world.archive.live(tx)
            team = handling.team_of(tx, release, self.world.clock.at, lock=False)
        free = [rep for rep in team if self.team[rep.id].answers and not self.team[rep.id].rejects]
        free = [rep for rep in free if rep.in_hand < rep.capacity and not rep.away_until]
        if not free:
            self.plan(self.world.clock.at + timedelta(hours=1), lambda: self._assign(lead))
            return
        best = max(free, key=lambda rep: (rep.capacity - rep.in_hand, rep.id))
        self.world.say(lead, "assign", actor="MGR", who=MANAGER, rep=best.id)
