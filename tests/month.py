"""A sales team's month on the real archive: twelve salespeople with their own hours, capacities and habits, their
manager, and leads that become ready at any hour of any day. What they mean to do and when is the same however the month
is lived: by a clock set by hand (month_by_hand.py), or on servers, over the API (integration/test_month_lived.py)."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Row, RowMapping, Select, delete, select

from commands.actors.surfaces import ActionError
from domain.calendar import Window
from domain.errors import NurtureError
from domain.lead import State
from domain.phrases import parse_hours
from domain.said import Deal
from storage import handling, reps
from storage import tables as t
from storage.archive import Archive, Tx
from tests.world import MONDAY, shipped_files

READY = {"fact.pain": "detention", "fact.evaluate_within_months": 1}
DAYS = 30
STARTS_AT = MONDAY - timedelta(hours=15)
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
PLACES_FOR = 300
"""Leads of a month for which the places of the team are enough."""
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


def team_for(leads: int) -> dict[str, Habit]:
    """Places for as many as come: a team that is full holds leads back, best first, and they wait for no person."""
    times = -(-leads // PLACES_FOR)
    return {name: replace(habit, capacity=habit.capacity * times) for name, habit in TEAM.items()}


FILES = {**shipped_files(), "lead_defs/people.yaml": people()}


class Deeds(Protocol):
    """What people do. Raises NurtureError or ActionError where it is refused."""

    def enrol(self, email: str, values: Mapping[str, Any]) -> UUID:  # Any: values of fields
        ...

    def ask_for_demo(self, lead: UUID, event_id: str) -> None: ...

    def leave(self, name: str, until: datetime) -> None: ...

    def say(self, standing: Standing, command: str, more: More) -> None:
        """Whoever has the lead decides."""
        ...

    def assign(self, lead: UUID, rep: str) -> None: ...


Plan = Callable[[datetime, str, Callable[[], None]], None]
"""When, what, and how."""


@dataclass(frozen=True)
class Standing:
    """Where a lead stands with sales. `offers` and `tried`, what its attempts came to, are of all its handoffs."""

    row: RowMapping
    """Columns of the lead."""
    handoff: UUID
    offer: int
    offers: int
    tried: Sequence[str]

    @property
    def key(self) -> tuple[object, ...]:
        row = self.row
        return (row["id"], row["state"], row["owner"], self.offers, len(self.tried), row["clock_started_at"])

    def is_still(self, now: Standing | None) -> bool:
        """Whether it was neither moved on nor taken from whoever had it."""
        then = (self.row["owner"], self.row["state"], self.offers)
        return now is not None and then == (now.row["owner"], now.row["state"], now.offers)


@dataclass
class Month:
    archive: Archive
    deeds: Deeds
    plan: Plan
    leads: int
    seed: int
    days: int = DAYS
    team: dict[str, Habit] = field(default_factory=lambda: dict(TEAM))
    dice: random.Random = field(init=False)
    ids: list[UUID] = field(default_factory=list)
    fullest: dict[str, int] = field(default_factory=dict)
    """The most each had in hand at any moment."""
    refused: list[str] = field(default_factory=list)
    _planned: set[tuple[object, ...]] = field(default_factory=set)

    @property
    def ends_at(self) -> datetime:
        return STARTS_AT + timedelta(days=self.days)

    def begin(self) -> None:
        self.dice = random.Random(self.seed)
        with self.archive.begin() as tx:
            tx.execute(delete(t.reps))
            for name, habit in self.team.items():
                own = {"capacity": habit.capacity, "weight": habit.weight, "hours": habit.hours, "zone": habit.zone}
                reps.put(tx, self.archive, name, {**own, "holidays": habit.holidays})
        for number in range(self.leads):
            at = STARTS_AT + timedelta(minutes=self.dice.randrange((self.days - 4) * 24 * 60))
            self.plan(at, f"lead {number} comes", partial(self._comes, number))
        for name, habit in self.team.items():
            if habit.away:
                first, last = (STARTS_AT + timedelta(days=day) for day in habit.away)
                self.plan(first, f"{name} leaves", partial(self.deeds.leave, name, last))

    def _comes(self, number: int) -> None:
        dice = random.Random(f"{self.seed}/{number}")
        is_hand = dice.random() < 0.15
        site = {"lead.time_zone": dice.choice(ZONES), "company.dock_doors": dice.choice((8, 14, 30))}
        lead = self.deeds.enrol(f"lead{number}@site{number}.example", {**site, **({} if is_hand else READY)})
        self.ids.append(lead)
        if is_hand:
            self.deeds.ask_for_demo(lead, f"demo/{number}")

    def see(self, lead: UUID | None = None) -> None:
        """Whoever has this lead now, or any, means to do something with it, once for each offer and state."""
        with self.archive.reading() as tx:
            found = [one for one in standing(tx, lead) if one.key not in self._planned]
            if found:
                self._count(tx)
        for one in found:
            self._planned.add(one.key)
            if one.row["is_on_desk"]:
                self._ask_the_manager(self._later("", (0.5, 2.0)), one.row["id"])
            elif one.row["owner"] in self.team:
                self._works(one)

    def _now(self, lead: UUID) -> Standing | None:
        with self.archive.reading() as tx:
            return next(iter(standing(tx, lead)), None)

    def _later(self, name: str, span: Span) -> datetime:
        habit = self.team.get(name, Habit())
        window = Window(parse_hours(habit.hours), habit.zone, habit.holidays)
        start = self.archive.clock.now()
        if habit.away and STARTS_AT + timedelta(days=habit.away[0]) <= start:
            start = max(start, STARTS_AT + timedelta(days=habit.away[1]))
        return window.add(start, timedelta(hours=self.dice.uniform(*span)))

    def _count(self, tx: Tx) -> None:
        for name, now in handling.in_hand(tx, self.archive.clock.now()).items():
            self.fullest[name] = max(self.fullest.get(name, 0), now)

    def _works(self, one: Standing) -> None:
        name = one.row["owner"]
        if self.team[name].answers:
            span, command, more = self._decision(self.team[name], one)
            self.plan(self._later(name, span), f"{name}: {command}", partial(self._say, one, command, more))

    def _say(self, one: Standing, command: str, more: More) -> None:
        if one.is_still(self._now(one.row["id"])):
            self._do(f"{one.row['owner']} {command}", lambda: self.deeds.say(one, command, more))

    def _do(self, what: str, act: Callable[[], None]) -> None:
        try:
            act()
        except (NurtureError, ActionError) as error:
            self.refused.append(f"{what}: {error}")

    def _decision(self, habit: Habit, one: Standing) -> tuple[Span, str, More]:
        state, tried = State(one.row["state"]), one.tried
        if state is State.HANDED_OFF:
            if habit.rejects:
                return habit.accepts, "reject", dict(self.dice.choice(REJECTIONS))
            return habit.accepts, "accept", {}
        if state is State.ACCEPTED or (state is State.WORKING and "connected" not in tried):
            return self._attempt(habit.tries_hot if one.row["ready_rule"] == "hand_raiser" else habit.tries, len(tried))
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
            return "recycle", {"reason": "bad_timing", "resume_on": self.archive.clock.now() + timedelta(days=120)}
        if chance < 0.9:
            return "recycle", {"reason": "no_budget"}
        return "disqualify", {"reason": "competitor"}

    def _ask_the_manager(self, at: datetime, lead: UUID) -> None:
        self.plan(at, f"{MANAGER} assigns", partial(self._assign, lead))

    def _assign(self, lead: UUID) -> None:
        """The manager gives it to whoever has most room, and looks again when nobody has."""
        one, now = self._now(lead), self.archive.clock.now()
        if one is None or not one.row["is_on_desk"]:
            return
        with self.archive.reading() as tx:
            team = handling.team_of(tx, self.archive.live(tx), now, lock=False)
        free = [rep for rep in team if self.team[rep.id].answers and not self.team[rep.id].rejects]
        free = [rep for rep in free if rep.in_hand < rep.capacity and not rep.away_until]
        if not free:
            self._ask_the_manager(now + timedelta(hours=1), lead)
            return
        best = max(free, key=lambda rep: (rep.capacity - rep.in_hand, rep.id))
        self._do(f"{MANAGER} assign", lambda: self.deeds.assign(lead, best.id))


def standing(tx: Tx, lead: UUID | None = None) -> list[Standing]:
    """Of this lead or all, those somebody has with a clock that runs."""
    c, h, o, a = t.leads.c, t.handoffs.c, t.offers.c, t.attempts.c
    names = (c.id, c.state, c.owner, c.clock_started_at, c.is_on_desk, c.ready_rule)
    theirs = (c.owner.is_not(None), c.clock_name.is_not(None), *((c.id == lead,) if lead else ()))
    wanted = select(c.id).where(*theirs)
    handoffs = _by_lead(tx, select(h.lead_id, h.id).where(h.lead_id.in_(wanted)).order_by(h.number))
    offers = _by_lead(tx, select(o.lead_id, o.handoff_id, o.number).where(o.lead_id.in_(wanted)))
    tried = _by_lead(tx, select(a.lead_id, a.outcome).where(a.lead_id.in_(wanted)).order_by(a.id))
    found = []
    for row in tx.execute(select(*names).where(*theirs).order_by(c.id)).mappings():
        handoff, given = handoffs[row["id"]][-1].id, offers[row["id"]]
        newest = max((one.number for one in given if one.handoff_id == handoff), default=0)
        found.append(Standing(row, handoff, newest, len(given), [one.outcome for one in tried[row["id"]]]))
    return found


def _by_lead(tx: Tx, query: Select[Any]) -> Mapping[UUID, list[Row[Any]]]:  # Any: columns of several tables
    found = defaultdict[UUID, list[Row[Any]]](list)
    for row in tx.execute(query):
        found[row.lead_id].append(row)
    return found
