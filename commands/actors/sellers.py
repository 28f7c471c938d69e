"""The simulated salespeople and their manager: what each does with a lead, by habit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from commands.actors.acting import Action, News, office_after
from commands.actors.buyers import Buyer
from commands.actors.chance import chance
from commands.actors.surfaces import Api, Board

MOVES = frozenset({"transition", "disposition", "breach", "routing"})
ENOUGH_ATTEMPTS = 6
RESUME_IN, CLOSES_IN = timedelta(days=55), timedelta(days=45)
SIGNED = 0.5
"""Of the proposals that were read."""
WITHIN_MONTHS = 3
"""Who compares later than this is not ready, whatever they asked for."""
HELPED = {"feedback": {"helpful": "yes", "minutes_saved": 15}}
HALF = {"feedback": {"helpful": "partly"}}
"""One tap, with the decision itself."""
HARMLESS = frozenset({"accept", "attempt"})
ASSIGNED = "assigned by the manager"
Json = Mapping[str, Any]  # Any: JSON
Returned = Callable[[Buyer, datetime], list[Action]]


@dataclass(frozen=True)
class Habit:
    """Hours are the salesperson's own working time; what follows are probabilities."""

    accept: tuple[float, float]
    first_attempt: tuple[float, float]
    passes: float = 0.0
    """How often they let the time of an offer pass."""
    rejects: float = 0.0
    """How often they reject what they were offered."""
    forgets: float = 0.0
    """How often they come to no outcome at all."""
    returns: float = 0.3
    """How often they give back, after a first conversation, who could have been qualified."""
    holiday: tuple[int, int] | None = None
    """The first and the last day of the story on which they are away."""


HABITS: Mapping[str, Habit] = {
    "rosa": Habit(accept=(0.1, 1.0), first_attempt=(0.05, 0.2), returns=0.1),  # fast
    "marc": Habit(accept=(3.0, 10.0), first_attempt=(1.0, 4.5), passes=0.15, forgets=0.15),  # slow
    "stan": Habit(accept=(0.5, 4.0), first_attempt=(0.1, 2.0), rejects=0.6),  # finds something wrong with most
    "vera": Habit(accept=(0.5, 3.0), first_attempt=(0.1, 2.0), passes=1.0),  # never answers
    "yuki": Habit(accept=(0.3, 2.0), first_attempt=(0.1, 1.0), returns=0.6, holiday=(49, 66)),  # gives back with care
}
STEADY = Habit(accept=(0.5, 3.0), first_attempt=(0.1, 2.0))
KICK_OFF = (35, 39)
"""Days of the story on which sales meets for the year, and nobody looks at what is offered; whom the manager asks
by name does."""
REJECTIONS: Sequence[Mapping[str, object]] = (
    {"reason": "definition_not_met", "criterion": "soon", "note": "No date in sight when I read the packet."},
    {
        "reason": "insufficient_context",
        "note": "Nothing here says what the waiting costs them. What would I open with?",
    },
    {"reason": "misrouted"},
    {"reason": "definition_not_met", "criterion": "problem", "note": "They ticked a box. I see no problem in it."},
)
NOTES = (
    "Right problem. They have a freeze until the new season and asked us to come back.",
    "Two sites merge in spring; nothing is bought before. The plant manager likes the door map.",
    "Wants it, has to get past the new controller first. She starts next month.",
)
LESSONS = (
    ("soon", "interest", "Wants to see how another site did it before talking about dates."),
    ("soon", "consideration", "Cannot say what the waiting costs. The calculator would help more than I do."),
)


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


def offered(habit: Habit, is_busy: bool, random: Random) -> Decision | None:
    """What becomes of an offer; None: they let the time pass."""
    if is_busy or random.random() < habit.passes:
        return None
    hours = random.uniform(*habit.accept)
    if random.random() < habit.rejects:
        return Decision("reject", hours, {**random.choice(REJECTIONS), **HALF})
    return Decision("accept", hours)


def attempt(habit: Habit, memory: Memory, picks_up: bool, random: Random) -> Decision:
    """The next try: by phone, every second time by mail when nobody picks up."""
    hours = random.uniform(*habit.first_attempt) if not memory.attempts else random.uniform(16.5, 18.0)
    if picks_up:
        return Decision("attempt", hours, {"outcome": "connected", "channel": "phone"})
    is_call = memory.attempts % 2 == 0
    body = {"outcome": "no_answer", "channel": "phone"} if is_call else {"outcome": "message_sent", "channel": "email"}
    return Decision("attempt", hours, body)


def outcome(habit: Habit, buyer: Buyer, cycle: int, now: datetime, random: Random) -> Decision:
    """After a conversation: qualified, or back with a reason and what was learned."""
    tells, hours = buyer.tells(now), random.uniform(2.0, 12.0)
    months = tells.get("fact.evaluate_within_months")
    learned = {name: value for name, value in tells.items() if name.startswith("fact.")}
    if buyer.names and cycle == 1:
        return Decision("recycle", hours, {"reason": "wrong_contact", "referral": referral(buyer.names), **HELPED})
    if tells.get("fact.budget_status") == "no_money":
        return Decision("recycle", hours, {"reason": "no_budget", "learned": learned, **HALF})
    returns = cycle == 1 and random.random() < habit.returns
    if months is None or months > WITHIN_MONTHS or (returns and random.random() < 0.4):
        resume_on = (now + RESUME_IN).date().isoformat()
        note = random.choice(NOTES)
        return Decision("recycle", hours, {"reason": "bad_timing", "resume_on": resume_on, "note": note, **HELPED})
    if returns:
        criterion, stage, note = random.choice(LESSONS)
        body = {"reason": "needs_education", "criterion": criterion, "stage": stage, "note": note, **HELPED}
        return Decision("recycle", hours, body)
    return Decision("qualify", hours, {"learned": learned, **HELPED})


def referral(named: Buyer) -> dict[str, object]:
    person = named.sample.lead
    return {name: person[name] for name in ("email", "first_name", "last_name", "title") if name in person}


def next_in_deal(state: str, worth: int, is_signed: bool, now: datetime, random: Random) -> Decision:
    """A deal's way: opportunity, proposal, signed or not. `worth` is in USD."""
    amount = {"amount": worth, "currency": "USD"}
    if state == "QUALIFIED":
        close_on = (now + CLOSES_IN).date().isoformat()
        return Decision(
            "opportunity", random.uniform(3.0, 20.0), {**amount, "close_on": close_on, "forecast": "best_case"}
        )
    if state == "OPPORTUNITY":
        return Decision("proposal", random.uniform(24.0, 60.0), amount)
    if is_signed:
        return Decision("won", random.uniform(30.0, 90.0), amount)
    reason = random.choice(("no_decision", "price", "timing"))
    return Decision("lost", random.uniform(30.0, 90.0), {"reason": reason})


def given_up(random: Random) -> Decision:
    return Decision("recycle", random.uniform(1.0, 3.0), {"reason": "not_responsive", **HALF})


@dataclass
class Seller:
    id: str
    api: Api
    board: Board
    """The open handoffs of all."""
    buyers: Mapping[str, Buyer]
    """By lead id."""
    zone: str
    seed: int
    returned: Returned
    """What a buyer does whom they have let go of."""
    starts_at: datetime
    _planned: set[tuple[object, ...]] = field(default_factory=set)
    _memories: dict[str, Memory] = field(default_factory=dict)
    _has_calendar: bool = False

    @property
    def habit(self) -> Habit:
        return HABITS.get(self.id, STEADY)

    def look(self, news: News) -> list[Action]:
        found = self._calendar()
        if not news.kinds & MOVES:
            return found
        mine = [one for one in self.board.at(news) if one["owner"] == self.id and one["offer"]]
        known = [(self.buyers[one["lead"]], one) for one in mine if one["lead"] in self.buyers]
        for buyer, handoff in sorted(known, key=lambda pair: pair[0].id):
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
        at = office_after(self.back_at(now), decision.hours, self.zone)
        what, is_alone = f"{self.id}: {decision.command}, {buyer.id}", decision.command not in HARMLESS
        return [Action(at, what, partial(self._do, handoff, decision, buyer, memory, at), is_alone)]

    def _calendar(self) -> list[Action]:
        """What they say of themselves: on the evening before a holiday that they are away, and when sales has met that
        they take leads again, for the engine offers nothing to whoever lets one after the other pass."""
        if self._has_calendar:
            return []
        self._has_calendar = True
        told: list[tuple[int, timedelta, str, str | None]] = []
        if self.habit.passes < 1:
            told.append((KICK_OFF[1] + 1, timedelta(hours=1), "is back", None))
        if self.habit.holiday:
            first, last = self.habit.holiday
            back = self.starts_at + timedelta(days=last, hours=12)
            told.append((first, timedelta(hours=-15), "is away", back.isoformat()))
        return [
            Action(self.starts_at + timedelta(days=day) + more, f"{self.id} {what}", partial(self._say, until))
            for day, more, what, until in told
        ]

    def _say(self, until: str | None) -> None:
        self.api.post(f"/api/reps/{self.id}/away", {"until": until})

    def back_at(self, now: datetime) -> datetime:
        if self.habit.holiday is None:
            return now
        first, last = (self.starts_at + timedelta(days=day) for day in self.habit.holiday)
        return last + timedelta(hours=15) if first - timedelta(hours=15) <= now < last + timedelta(hours=15) else now

    def _is_busy(self, handoff: Json, now: datetime) -> bool:
        first, last = KICK_OFF
        return first <= (now - self.starts_at).days <= last and handoff["offer"]["why"] != ASSIGNED

    def _decision(self, handoff: Json, buyer: Buyer, memory: Memory, now: datetime) -> Decision | None:
        state, cycle = handoff["state"], handoff["cycle"]
        random = chance(self.seed, self.id, buyer.id, cycle, state, memory.attempts, handoff["offer"]["number"])
        if state == "HANDED_OFF":
            return offered(self.habit, self._is_busy(handoff, now), random)
        if state == "ACCEPTED" or (state == "WORKING" and not memory.has_talked):
            if memory.attempts >= ENOUGH_ATTEMPTS:
                return given_up(random)
            return attempt(self.habit, memory, buyer.picks_up(self.id, cycle, memory.attempts), random)
        if state in ("QUALIFIED", "OPPORTUNITY", "PROPOSAL"):
            worth = 6000 + 500 * chance(self.seed, "deal", buyer.id).randrange(80)
            is_signed = chance(self.seed, "signs", buyer.id, cycle).random() < SIGNED  # the buyer's part, whoever asks
            return next_in_deal(state, worth, is_signed, now, random)
        if state == "WORKING" and random.random() >= self.habit.forgets:
            return outcome(self.habit, buyer, cycle, now, random)
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
    board: Board
    buyers: Mapping[str, Buyer]
    zone: str
    to: str
    _planned: set[tuple[str, int | None]] = field(default_factory=set)

    def look(self, news: News) -> list[Action]:
        if not news.kinds & MOVES:
            return []
        found = []
        for handoff in self.board.at(news):
            key, buyer = (
                (handoff["id"], handoff["offer"] and handoff["offer"]["number"]),
                self.buyers.get(handoff["lead"]),
            )
            is_here = handoff["owner"] == self.id and (handoff["clock"] or {}).get("name") == "desk"
            if is_here and buyer and key not in self._planned:
                self._planned.add(key)
                at = office_after(news.now, 3.0, self.zone)
                found.append(Action(at, f"{self.id} assigns {buyer.id}", partial(self._assign, handoff["lead"])))
        return found

    def _assign(self, lead_id: str) -> None:
        self.api.post(f"/api/leads/{lead_id}/assign", {"rep": self.to})


@dataclass
class Operations:
    """Notices that two leads are one person, and says so."""

    id: str
    api: Api
    everyone: Sequence[Buyer]
    zone: str
    _planned: set[str] = field(default_factory=set)

    def look(self, news: News) -> list[Action]:
        if "enrolled" not in news.kinds:
            return []
        first = {buyer.id: buyer for buyer in self.everyone}
        twins = [b for b in self.everyone if b.twin_of and b.lead_id and b.id not in self._planned]
        self._planned.update(twin.id for twin in twins)
        at = office_after(news.now, 9.0, self.zone)
        return [
            Action(at, f"{self.id} merges {twin.id}", partial(self._merge, first[twin.twin_of or ""], twin))
            for twin in twins
        ]

    def _merge(self, one: Buyer, into: Buyer) -> None:
        body = {"into": into.lead_id, "note": "The same person from a private address."}
        self.api.post(f"/api/leads/{one.lead_id}/merge", body)
