"""A floor full of salespeople who ask for leads as fast as they are answered, and the proof that nobody got what
another had: what the APIs answered, held against the archive's log."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle, islice, pairwise
from threading import Barrier, BrokenBarrierError, Event
from typing import Any
from urllib.error import HTTPError

from sqlalchemy import create_engine

from storage import api_keys
from tests.integration.team import Team
from tests.integration.test_up import PERSON, until

READY = {**PERSON, "fact": {"pain": "detention", "evaluate_within_months": 1}}
PEOPLE = tuple(f"seller{number:02}" for number in range(12))
PLACES = 2
LEASE = timedelta(minutes=15)
REST = 0.3
"""Seconds after which somebody for whom there was nothing asks again."""
ACTS = (("lapse", "accept"), ("keep", "skip"), ("call", "release"), ("keep", "reject"))
"""What somebody does first; then they call whomever they get."""
BODIES: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "keep": ("/api/queue/keep", {}),
    "call": ("/api/queue/keep", {"is_calling": True}),
    "skip": ("/api/queue/skip", {"reason": "not_now"}),
    "release": ("/api/queue/release", {}),
    "accept": ("/api/handoffs/{handoff}/accept", {}),
    "reject": ("/api/handoffs/{handoff}/reject", {"reason": "misrouted"}),
    "attempt": ("/api/handoffs/{handoff}/attempt", {"outcome": "no_answer", "channel": "phone"}),
}
Json = dict[str, Any]  # Any: JSON


@dataclass(frozen=True)
class Answer:
    """Somebody was told that a lead is theirs until then."""

    rep: str
    lead: str
    until: datetime
    is_new: bool


@dataclass
class Person:
    id: str
    key: str
    acts: deque[str]
    pair: Barrier | None = None
    """Who sits in two places asks from both at the same moment."""
    answers: list[Answer] = field(default_factory=list)


@dataclass
class Floor:
    """`seats` are threads: every other one of the people sits in two places."""

    team: Team
    seats: Sequence[Person]
    over: Event = field(default_factory=Event)

    @classmethod
    def open(cls, team: Team) -> Floor:
        people = []
        engine = create_engine(team.url)
        for number, id in enumerate(PEOPLE):
            team.call("api1", f"/api/reps/{id}", {"capacity": PLACES}, method="PUT")
            with engine.begin() as tx:
                key = api_keys.create(tx, id, "sales", id)[1]
            people.append(Person(id, key, deque(ACTS[number % len(ACTS)]), Barrier(2) if number % 2 else None))
        engine.dispose()
        return cls(team, [*people, *(person for person in people if person.pair)])

    def close(self) -> None:
        self.over.set()
        for person in self.seats:
            if person.pair:
                person.pair.abort()

    def enrol(self, number: int) -> str:
        """A lead that is ready, for the team with the queue."""
        body = {**READY, "email": f"kim@dock{number}.example", "inquiry": {"topic": "detention", "source": "webinar"}}
        return str(self.team.call(f"api{1 + number % 2}", "/api/leads", body)["id"])

    def work(self, person: Person, seat: int) -> None:
        for api in islice(cycle(("api1", "api2")), seat // len(PEOPLE), None):
            with suppress(BrokenBarrierError):
                if person.pair:
                    person.pair.wait()
            if self.over.is_set():
                return
            claim = self._ask(person, api, "/api/queue/next", {})
            if claim is None:
                self.over.wait(REST)
                continue
            act = person.acts.popleft() if person.acts else "attempt"
            if act == "lapse":
                until(lambda api=api, claim=claim: self._is_gone(person, api, claim), "the end of a lease")  # type: ignore[misc]
            else:
                path, body = BODIES[act]
                self._ask(person, api, path.format(handoff=claim["handoff"]), body)

    def _ask(self, person: Person, api: str, path: str, body: Mapping[str, object]) -> Json | None:
        """The claim they have then. Two of the same person get in each other's way: a refusal is an answer."""
        try:
            answer = self.team.call(api, path, body, person.key)
        except HTTPError as error:
            if error.code != 409:
                raise AssertionError(f"{path} for {person.id}: {error.code} {error.read()!r}") from error
            return None
        claim: Json | None = answer.get("claim")
        if claim:
            at = datetime.fromisoformat(claim["until"])
            person.answers.append(Answer(person.id, claim["lead"]["id"], at, claim["is_new"]))
        return claim

    def _is_gone(self, person: Person, api: str, claim: Json) -> bool:
        now = self.team.call(api, "/api/queue", key=person.key)["claim"]
        return self.over.is_set() or now is None or now["lead"]["id"] != claim["lead"]["id"]

    def standing(self, leads: Collection[str]) -> Counter[tuple[str, str]]:
        """How many of them each has, by state; what nobody has is the manager's."""
        rows = self.team.rows("select id, owner, state from leads")
        return Counter((row.owner, row.state) for row in rows if str(row.id) in leads)

    def answers(self) -> list[Answer]:
        return [answer for person in {person.id: person for person in self.seats}.values() for answer in person.answers]

    def log(self) -> list[Any]:  # Any: rows
        columns = "id, lead_id, at, kind, actor, actor_id, transition, to_state, data"
        return self.team.rows(f"select {columns} from log order by id")


@dataclass
class Hold:
    """A lead in front of somebody, by the numbers of the log's rows; `until` counts while nothing ended it."""

    rep: str
    first: int
    at: datetime
    until: datetime
    last: int | None = None
    called_until: datetime | None = None

    def is_on(self, row: int, at: datetime) -> bool:
        return self.first <= row and (self.last is None or self.last > row) and self.until > at


@dataclass
class Ownership:
    rep: str
    first: int
    at: datetime
    last: int | None = None

    def is_on(self, row: int) -> bool:
        return self.first <= row and (self.last is None or self.last > row)


WITH_SALES = ("ACCEPTED", "WORKING", "QUALIFIED")


@dataclass
class Replay:
    """Who had which lead when, as the log tells it."""

    holds: dict[str, list[Hold]] = field(default_factory=lambda: defaultdict(list))
    owners: dict[str, list[Ownership]] = field(default_factory=lambda: defaultdict(list))
    happened: Counter[str] = field(default_factory=Counter)

    def read(self, row: Any) -> None:  # Any: a row of the log
        lead = str(row.lead_id)
        if row.kind == "queue":
            self._queue(row, self.holds[lead], row.data["is"], row.data["rep"])
        elif row.kind == "transition":
            self._move(row, self.owners[lead])
        elif row.kind == "disposition" and row.data["command"] != "accept":
            self.happened["rejected"] += row.data["command"] == "reject"
            self._end(self.holds[lead], row.actor_id, row.id)

    def _queue(self, row: Any, holds: list[Hold], what: str, rep: str) -> None:  # Any: as above
        self.happened[what] += 1
        if what == "claimed":
            holds.append(Hold(rep, row.id, row.at, datetime.fromisoformat(row.data["until"])))
        elif what == "calling":
            holds[-1].until = holds[-1].called_until = datetime.fromisoformat(row.data["until"])
        else:
            self._end(holds, rep, row.id)

    def _end(self, holds: list[Hold], rep: str, row: int) -> None:
        if holds and holds[-1].rep == rep and holds[-1].last is None:
            holds[-1].last = row

    def _move(self, row: Any, owners: list[Ownership]) -> None:  # Any: as above
        if row.transition == "T13":
            owners.append(Ownership(row.actor_id, row.id, row.at))
        elif owners and owners[-1].last is None and row.to_state not in WITH_SALES:
            owners[-1].last = row.id

    def renew(self, answer: Answer) -> str | None:
        """What an API said of a claim that goes on; the log does not tell it."""
        began = answer.until - LEASE
        theirs = [hold for hold in self.holds[answer.lead] if hold.rep == answer.rep]
        if any(hold.called_until == answer.until for hold in theirs):
            return None
        hold = next((hold for hold in reversed(theirs) if hold.at <= began), None)
        if hold is None:
            return f"{answer.rep} was told that {answer.lead} stays theirs, and never had it"
        self.happened["renewed"] += 1
        hold.until = max(hold.until, answer.until)
        return None

    def claimed(self, rep: str, row: int, at: datetime) -> set[str]:
        """What is in front of them at that row of the log."""
        return {lead for lead, found in self.holds.items() if any(h.rep == rep and h.is_on(row, at) for h in found)}

    def owned(self, rep: str, row: int) -> set[str]:
        return {lead for lead, found in self.owners.items() if any(o.rep == rep and o.is_on(row) for o in found)}


def replayed(log: Sequence[Any], answers: Sequence[Answer]) -> tuple[list[str], Counter[str]]:  # Any: rows of the log
    """Every way in which two had the same lead, or one more than they may, in words; and how much happened."""
    story = Replay()
    for row in log:
        story.read(row)
    problems = [wrong for answer in answers if not answer.is_new and (wrong := story.renew(answer))]
    problems += _unanswered(story, answers)
    for lead, holds in story.holds.items():
        problems += _overlaps(story, lead, holds)
    for row in log:
        if row.kind == "queue" and row.data["is"] == "claimed":
            problems += _too_many(story, row.data["rep"], row.id, row.at)
    return problems, story.happened


def _too_many(story: Replay, rep: str, row: int, at: datetime) -> Iterable[str]:
    claimed, owned = story.claimed(rep, row, at), story.owned(rep, row)
    if len(claimed) > 1:
        yield f"{rep} has {len(claimed)} leads claimed at log row {row}"
    if len(claimed | owned) > PLACES:
        yield f"{rep} has {len(claimed | owned)} leads in {PLACES} places at log row {row}"


def _unanswered(story: Replay, answers: Sequence[Answer]) -> Iterable[str]:
    """Each claim of the log was given to one asker, once."""
    told = Counter((a.lead, a.rep) for a in answers if a.is_new)
    logged = Counter((lead, hold.rep) for lead, holds in story.holds.items() for hold in holds)
    for lead, rep in told | logged:
        if told[lead, rep] != logged[lead, rep]:
            yield f"{rep} was given {lead} {told[lead, rep]} times, by the log {logged[lead, rep]} times"


def _overlaps(story: Replay, lead: str, holds: Sequence[Hold]) -> Iterable[str]:
    for before, after in pairwise(holds):
        if before.last is None or before.last > after.first:
            if before.until > after.at:
                yield f"{after.rep} got {lead} at {after.at}, and {before.rep} had it until {before.until}"
            story.happened["ran out"] += 1
    for hold in holds:
        for owner in story.owners[lead]:
            if owner.rep != hold.rep and (owner.is_on(hold.first) or hold.is_on(owner.first, owner.at)):
                yield f"{hold.rep} got {lead} at log row {hold.first}, and it is {owner.rep}'s since row {owner.first}"
