"""The simulated salespeople and their manager: what each does with a lead, by habit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from commands.actors.acting import Action, News, office_after
from commands.actors.buyers import Buyer
from commands.actors.chance import chance
from commands.actors.surfaces import Api

MOVES = frozenset({"transition", "disposition", "breach", "routing"})
ENOUGH_ATTEMPTS = 6
RESUME_IN, CLOSES_IN = timedelta(days=55), timedelta(days=45)
WITHIN_MONTHS = 3
"""Who compares later than this is not ready, whatever they asked for."""
HELPED = {"feedback": {"helpful": "yes", "minutes_saved": 15}}
HALF = {"feedback": {"helpful": "partly"}}
"""One tap, with the decision itself."""
Json = Mapping[str, Any]  # Any: JSON
Returned = Callable[[Buyer, datetime], list[Action]]


@dataclass(frozen=True)
class Habit:
    """Hours are the salesperson's own working time. `offers` is what they do with one offer after the other: accept,
    let it pass, reject."""

    accept: tuple[float, float]
    first_attempt: tuple[float, float]
    offers: tuple[str, ...] = ("accept",)
    forgets: float = 0.0
    """How often they come to no outcome at all."""


HABITS: Mapping[str, Habit] = {
    "rosa": Habit(accept=(0.1, 1.0), first_attempt=(0.05, 0.2)),
    "marc": Habit(accept=(2.0, 7.0), first_attempt=(1.0, 3.5), offers=("accept", "pass", "reject"), forgets=0.15),
}
STEADY = Habit(accept=(0.5, 3.0), first_attempt=(0.1, 2.0))


@dataclass(frozen=True)
class Decision:
    """What to do with a handoff, after so many working hours."""

    command: str
    hours: float
    body: Mapping[str, object] = field(default_factory=dict)


@dataclass
class Memory:
    """What a salesperson remembers of one handoff."""

    attempts: int = 0
    has_talked: bool = False


def offered(habit: Habit, number: int, random: Random) -> Decision | None:
    """What becomes of the `number`-th offer they get; None: they let the time pass."""
    what = habit.offers[number % len(habit.offers)]
    if what == "pass":
        return None
    if what == "reject":
        body = {
            "reason": "definition_not_met",
            "criterion": "soon",
            "note": "No date in sight when I read the packet.",
            **HALF,
        }
        return Decision("reject", random.uniform(*habit.accept), body)
    return Decision("accept", random.uniform(*habit.accept))


def attempt(habit: Habit, memory: Memory, picks_up: bool, random: Random) -> Decision:
    """The next try: by phone, every second time by mail when nobody picks up."""
    hours = random.uniform(*habit.first_attempt) if not memory.attempts else random.uniform(16.5, 18.0)
    if picks_up:
        return Decision("attempt", hours, {"outcome": "connected", "channel": "phone"})
    is_call = memory.attempts % 2 == 0
    body = {"outcome": "no_answer", "channel": "phone"} if is_call else {"outcome": "message_sent", "channel": "email"}
    return Decision("attempt", hours, body)


def outcome(tells: Mapping[str, Any], cycle: int, now: datetime, random: Random) -> Decision:  # Any: values of fields
    """After a conversation: qualified, or back with a reason and what was learned."""
    hours, months = random.uniform(2.0, 12.0), tells.get("fact.evaluate_within_months")
    learned = {name: value for name, value in tells.items() if name.startswith("fact.")}
    if tells.get("fact.budget_status") == "no_money":
        return Decision("recycle", hours, {"reason": "no_budget", "learned": learned, **HALF})
    is_early = months is None or months > WITHIN_MONTHS
    if is_early or (cycle == 1 and random.random() < 0.2):
        resume_on = (now + RESUME_IN).date().isoformat()
        note = "Right problem. They have a freeze until the new season and asked us to come back."
        return Decision("recycle", hours, {"reason": "bad_timing", "resume_on": resume_on, "note": note, **HELPED})
    if cycle == 1 and random.random() < 0.3:
        note = "Wants to see how another site did it before talking about dates."
        body = {"reason": "needs_education", "criterion": "soon", "stage": "interest", "note": note, **HELPED}
        return Decision("recycle", hours, body)
    return Decision("qualify", hours, {"learned": learned, **HELPED})


def next_in_deal(state: str, worth: int, now: datetime, random: Random) -> Decision:
    """A deal's way: opportunity, proposal, and most are signed. `worth` is in USD."""
    amount = {"amount": worth, "currency": "USD"}
    if state == "QUALIFIED":
        close_on = (now + CLOSES_IN).date().isoformat()
        return Decision(
            "opportunity", random.uniform(3.0, 20.0), {**amount, "close_on": close_on, "forecast": "best_case"}
        )
    if state == "OPPORTUNITY":
        return Decision("proposal", random.uniform(24.0, 60.0), amount)
    if random.random() < 0.6:
        return Decision("won", random.uniform(30.0, 90.0), amount)
    reason = random.choice(("no_decision", "price", "timing"))
    return Decision("lost", random.uniform(30.0, 90.0), {"reason": reason})


def given_up(random: Random) -> Decision:
    return Decision("recycle", random.uniform(1.0, 3.0), {"reason": "not_responsive", **HALF})


@dataclass
class Seller:
    id: str
    api: Api
    buyers: Mapping[str, Buyer]
    """By lead id."""
    zone: str
    seed: int
    returned: Returned
    """What a buyer does whom they have let go of."""
    _planned: set[tuple[object, ...]] = field(default_factory=set)
    _memories: dict[str, Memory] = field(default_factory=dict)
    _offers: int = 0

    @property
    def habit(self) -> Habit:
        return HABITS.get(self.id, STEADY)

    def look(self, news: News) -> list[Action]:
        if not news.kinds & MOVES:
            return []
        found = []
        for handoff in reversed(self.api.items("/api/handoffs", rep=self.id, open=True)):
            buyer = self.buyers.get(handoff["lead"])
            if buyer is None or handoff["owner"] != self.id:
                continue
            memory = self._memories.setdefault(handoff["id"], Memory())
            key = (handoff["id"], handoff["offer"]["number"], handoff["state"], memory.attempts)
            if key not in self._planned:
                self._planned.add(key)
                found += self._plan(handoff, buyer, memory, news.now)
        return found

    def _plan(self, handoff: Json, buyer: Buyer, memory: Memory, now: datetime) -> list[Action]:
        decision = self._decision(handoff, buyer, memory, now)
        if decision is None:
            return []
        at = office_after(now, decision.hours, self.zone)
        what = f"{self.id}: {decision.command}, {buyer.id}"
        return [Action(at, what, partial(self._do, handoff, decision, buyer, memory, at))]

    def _decision(self, handoff: Json, buyer: Buyer, memory: Memory, now: datetime) -> Decision | None:
        state, cycle = handoff["state"], handoff["cycle"]
        random = chance(self.seed, self.id, buyer.id, cycle, state, memory.attempts)
        if state == "HANDED_OFF":
            self._offers += 1
            return offered(self.habit, self._offers - 1, random)
        if state == "ACCEPTED" or (state == "WORKING" and not memory.has_talked):
            if memory.attempts >= ENOUGH_ATTEMPTS:
                return given_up(random)
            return attempt(self.habit, memory, buyer.picks_up(self.id, cycle, memory.attempts), random)
        if state in ("QUALIFIED", "OPPORTUNITY", "PROPOSAL"):
            worth = 6000 + 500 * chance(self.seed, "deal", buyer.id).randrange(80)
            return next_in_deal(state, worth, now, random)
        if state == "WORKING" and random.random() >= self.habit.forgets:
            return outcome(buyer.tells(now), cycle, now, random)
        return None

    def _do(self, handoff: Json, decision: Decision, buyer: Buyer, memory: Memory, now: datetime) -> list[Action]:
        body = {"offer": handoff["offer"]["number"], **decision.body}
        self.api.post(f"/api/handoffs/{handoff['id']}/{decision.command}", body)
        if decision.command == "attempt":
            memory.attempts += 1
            memory.has_talked = memory.has_talked or decision.body["outcome"] == "connected"
        return self.returned(buyer, now) if decision.command == "recycle" else []


@dataclass
class Manager:
    """Hears of what nobody took, and gives it to somebody who will."""

    id: str
    api: Api
    buyers: Mapping[str, Buyer]
    zone: str
    to: str
    _planned: set[tuple[str, str]] = field(default_factory=set)

    def look(self, news: News) -> list[Action]:
        if not news.kinds & MOVES:
            return []
        found = []
        for lead in self.api.items("/api/leads", owner=self.id, state="SALES_READY"):
            key = (lead["id"], lead["clock"]["started_at"])
            buyer = self.buyers.get(lead["id"])
            if lead["clock"]["name"] == "desk" and buyer and key not in self._planned:
                self._planned.add(key)
                at = office_after(news.now, 3.0, self.zone)
                found.append(Action(at, f"{self.id} assigns {buyer.id}", partial(self._assign, lead["id"])))
        return found

    def _assign(self, lead_id: str) -> None:
        self.api.post(f"/api/leads/{lead_id}/assign", {"rep": self.to})
