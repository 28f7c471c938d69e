"""Many leads through the same weeks: one queue of everything that is due, in the order in which it happens.

Leads share the senders' daily places and the salespeople, so they are played together. Our own people do what they
promised: accepting and the first attempt as fast as so far where that is known; everything else when it is due.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from authoring.simulation import deeds
from authoring.simulation.buyers import Buyers, Response
from authoring.simulation.figures import Collector, Result
from authoring.simulation.life import Entry, Life
from authoring.simulation.population import Person, newcomer
from authoring.simulation.rates import draw
from authoring.simulation.surroundings import Surroundings, Team
from authoring.simulation.verbs import VERBS
from domain.calendar import add_span
from domain.lead import Clock, State, Status
from domain.phrases import Pace, Span
from domain.release import Release
from domain.said import Said
from domain.steps import Verb
from domain.waiting import LOOK_AGAIN

DAY = timedelta(days=1)
ACT, STEP = 0, 1
"""What people do comes before what falls due at the same instant: a promise kept in time is kept."""
PROMISED: Mapping[State, tuple[tuple[str, Mapping[str, Any]], ...]] = {  # Any: fields of Said
    State.HANDED_OFF: (("accept", {}),),
    State.ACCEPTED: (("attempt", {"outcome": "connected", "channel": "phone"}),),
    State.WORKING: (("qualify", {}), ("opportunity", {})),
}
"""What a salesperson does when the clock of a state is due."""
OVER = frozenset({State.OPPORTUNITY, State.DISQUALIFIED})

Do = Callable[[Life], bool]
"""Does something to a lead now; True when the lead should look again."""


@dataclass
class Player:
    """One lead on its way. A step or an act that stands under an older version was overtaken."""

    number: int
    person: Person
    life: Life
    version: int = 0
    promise: object = None


class Run:
    """One scenario. The same arguments give the same result."""

    def __init__(
        self,
        release: Release,
        people: Sequence[Person],
        arrive: Sequence[datetime],
        buyers: Buyers,
        days: int,
        team: Team,
        pace: Mapping[State, Sequence[timedelta]] | None = None,
    ) -> None:
        """`pace`: how long salespeople took so far, in business time; where nothing is known, until it is due."""
        self._pace = pace or {}
        self._release, self._people, self._buyers = release, people, buyers
        self._begins, self._ends = arrive[0], arrive[0] + days * DAY
        self._around = Surroundings(team)
        team.on_free = self._place_is_free
        self._collector = Collector(release, self._begins, days, list(team.reps))
        self._players: dict[int, Player] = {}
        self._queue: list[tuple[datetime, int, int, int, int, Do | None]] = []
        self._order = self._free = 0
        self._waiting: dict[int, datetime] = {}
        self._news: list[Entry] = []
        for number, at in enumerate(arrive):
            self._push(at, ACT, number, 0, None)

    def run(self, tell: Callable[[float], None]) -> Result:
        """`tell` hears after every day how much of the time is over, from 0 to 1."""
        day_ends = self._begins + DAY
        while self._queue and self._queue[0][0] < self._ends:
            at, kind, _, number, version, do = heapq.heappop(self._queue)
            while at >= day_ends:
                self._end_day(tell)
                day_ends += DAY
            self._happens(at, kind, number, version, do)
        while self._collector.days_seen < self._collector.days:
            self._end_day(tell)
        for number, player in self._players.items():
            self._collector.ends(number, player.life, self._ends)
        return self._collector.result(self._buyers.name, self._around)

    def _end_day(self, tell: Callable[[float], None]) -> None:
        self._collector.end_day(self._around.team, len(self._waiting))
        tell(self._collector.days_seen / self._collector.days)

    def _happens(self, at: datetime, kind: int, number: int, version: int, do: Do | None) -> None:
        player = self._players.get(number)
        if player is None:
            person = self._people[number]
            life = Life(newcomer(person, self._release, at), self._release, self._around, at, self._news.append)
            player = self._players[number] = Player(number, person, life)
        elif kind == STEP:
            if version != player.version:
                return
            player.life.perform(at, VERBS)
        else:
            life = player.life
            if do is None or life.lead.state in OVER:
                return
            life.now = at
            life.read()
            if not do(life):
                self._tell(player)
                return
            life.look(at)
        self._goes_on(player)

    def _goes_on(self, player: Player) -> None:
        """What follows from what just happened to a lead, and from what it left behind for others."""
        self._tell(player)
        player.version += 1
        self._waiting.pop(player.number, None)
        step, lead = player.life.step, player.life.lead
        if step.verb is not Verb.ENDED and lead.state not in OVER:
            due_at = max(step.due_at, player.life.now)
            if step.verb is Verb.ROUTE and lead.postponed_until:
                due_at = self._waits(player)
            self._push(due_at, STEP, player.number, player.version, None)
        self._promise(player)
        self._fill_places(player.life.now)

    def _waits(self, player: Player) -> datetime:
        """No salesperson has a place. The archive tries again every hour; here it is enough to try when one is free,
        and to look when waiting too long has consequences."""
        lead = player.life.lead
        self._waiting[player.number] = lead.state_entered_at
        stale_at = lead.state_entered_at + self._release.service_levels.stale_after + timedelta(seconds=1)
        return stale_at if stale_at > player.life.now else player.life.now + LOOK_AGAIN

    def _place_is_free(self, rep: str) -> None:
        self._free += 1

    def _fill_places(self, now: datetime) -> None:
        while self._free:
            self._free -= 1
            if self._waiting:
                number = min(self._waiting, key=lambda n: (self._waiting[n], n))
                del self._waiting[number]
                player = self._players[number]
                player.life.change(postponed_until=None)
                player.life.look(now)
                player.version += 1
                self._push(max(player.life.step.due_at, now), STEP, number, player.version, None)

    def _tell(self, player: Player) -> None:
        news, self._news[:] = list(self._news), []
        for entry in news:
            self._collector.see(player.number, entry)
            if entry.kind == "touch" and entry.data.get("channel") == "email":
                self._answer(player, entry)

    def _answer(self, player: Player, entry: Entry) -> None:
        found = self._release.find_touch(str(entry.data["touch"]))
        if found is None or entry.data["status"] != Status.SENT.value:
            return
        response = self._buyers.to_mail(player.life, player.person, found[1])
        if response:
            self._push(entry.at + response.after, ACT, player.number, 0, _answers(response))

    def _promise(self, player: Player) -> None:
        """Our own people act when what they promised is due."""
        life = player.life
        task, clock, state = life.facts.task, life.lead.clock, life.lead.state
        promise: object = None
        if task:
            promise = (task.id, task.due_at)
        elif clock and state in PROMISED and not life.lead.is_on_desk:
            promise = (state, clock.started_at)
        if promise is None or promise == player.promise:
            return
        player.promise = promise
        if task:
            self._push(task.due_at, ACT, player.number, 0, self._ends_task(player, promise))
        elif clock:
            self._push(self._does_at(life, clock), ACT, player.number, 0, _sells(player, promise, state))

    def _does_at(self, life: Life, clock: Clock) -> datetime:
        """Drawn from what it took so far, at each lead otherwise and each time the same; too late is too late."""
        times = self._pace.get(life.lead.state)
        if not times:
            return clock.due_at
        offer = life.facts.offer.number if life.facts.offer else 0
        took = times[int(draw(life, f"{life.lead.state}/{life.lead.cycle}/{offer}") * len(times))]
        minutes = round(took / timedelta(minutes=1))
        done_at = add_span(clock.started_at, Span(minutes, Pace.BUSINESS), life.ctx.sales_window)
        return max(done_at, life.now)

    def _ends_task(self, player: Player, promise: object) -> Do:
        def do(life: Life) -> bool:
            task = life.facts.task
            if task is None or player.promise != promise or (task.id, task.due_at) != promise:
                return False
            done = self._buyers.to_call(life, player.person, task)
            if done is None:
                return False
            deeds.finish_task(life, done[0], task.owner, done[1])
            return True

        return do

    def _push(self, at: datetime, kind: int, number: int, version: int, do: Do | None) -> None:
        if at < self._ends:
            self._order += 1
            heapq.heappush(self._queue, (at, kind, self._order, number, version, do))


def _answers(response: Response) -> Do:
    return lambda life: life.happen(response.event, response.values)


def _sells(player: Player, promise: object, state: State) -> Do:
    def do(life: Life) -> bool:
        if player.promise != promise or life.lead.state is not state:
            return False
        for command, more in PROMISED[state]:
            deal = deeds.deal(life.now) if command == "opportunity" else None
            deeds.say(life, Said(command, "REP", life.lead.owner or "", deal=deal, **more))
        return True

    return do
