"""Lives at random through `decide` and the table, in memory and so many at once: whatever buyers, salespeople and time
do, the contract holds. `python -m tests.properties.test_many_lives 10000` lives so many of them."""

from __future__ import annotations

import random
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from authoring.simulation.deeds import allow_support, end_support, finish_task, say
from authoring.simulation.life import Entry, Life
from authoring.simulation.surroundings import Surroundings, Team
from authoring.simulation.verbs import VERBS
from domain.errors import NurtureError
from domain.lead import IN_SALES, SUPPORTED, USED, Facts, Lead, State
from domain.lifecycle import ROWS, legal
from domain.readiness import judge
from domain.said import Deal, Said
from domain.steps import Verb
from domain.view import LeadView
from tests.world import MONDAY, shipped_release

EVENTS = ("click", "pricing_view", "demo_request", "reply", "story_view", "talked")
FACTS: tuple[tuple[str, Any], ...] = (
    ("fact.pain", "detention"),
    ("fact.evaluate_within_months", 2.0),
    ("fact.evaluate_within_months", 12.0),
    ("fact.contact_role", "outsider"),
    ("company.dock_doors", 500.0),
    ("inquiry.topic", "pricing"),
)
SITE: dict[str, Any] = {  # Any: values of fields
    "company.industry": "3pl",
    "company.dock_doors": 14.0,
    "company.country": "US",
    "inquiry.topic": "detention",
}
MORE: dict[str, dict[str, Any]] = {  # Any: fields of Said
    "attempt": {"outcome": "connected", "channel": "phone"},
    "reject": {"reason": "definition_not_met", "criterion": "problem"},
    "disqualify": {"reason": "competitor"},
    "opportunity": {"deal": Deal(1000, "USD", date(2030, 1, 1), "commit")},
    "proposal": {"deal": Deal(1000, "USD")},
    "won": {"deal": Deal(1000, "USD")},
    "lost": {"reason": "price"},
    "enrol": {"track": "dock-waiting"},
    "assign": {"rep": "rosa"},
    "correct": {"to": "DORMANT", "ticket": "T"},
    "erase": {"ticket": "T"},
}
SELLING = ("say", "say", "say", "say", "say", "support")
SILENT = timedelta(days=360)
ANYBODY = ("event", "event", "fact", "fact", "say", "task", "opt_out")
REASONS = ("no_budget", "needs_education", "bad_timing", "other", "wrong_contact", "no_need_now", "chose_competitor")


class Random:
    """One life and everything that was told of it, checked as it goes."""

    def __init__(self, seed: int) -> None:
        self.dice, self.told = random.Random(seed), list[Entry]()
        self.release = shipped_release()
        lead = Lead(UUID(int=seed + 1), State.NEW, MONDAY, MONDAY, country="US", time_zone="America/Chicago")
        around = Surroundings(Team.of(self.release))
        self.life = Life(Facts(lead), self.release, around, MONDAY, self.hear)
        self.life.happen("click", SITE)
        self.was = lead.state

    def hear(self, entry: Entry) -> None:
        self.told.append(entry)
        if entry.transition:
            row = ROWS[entry.transition]
            assert entry.actor in row.actors, entry
            assert State(str(entry.from_state)) in row.sources, entry

    def live(self, acts: int) -> None:
        for _ in range(acts):
            hours = (0.1, 0.5, 2, 5, 300) if self.life.lead.state in IN_SALES else (0.1, 3, 30, 200, 900, 5000)
            until = self.life.now + timedelta(hours=self.dice.choice(hours))
            self.wait(until)
            with suppress(NurtureError):  # refused: nothing may be half done, which the checks see
                self.act()
            self.life.look(self.life.now)
            self.check()

    def wait(self, until: Any) -> None:  # Any: datetime
        for _ in range(400):
            step = self.life.step
            if step.verb is Verb.ENDED or step.due_at > until:
                self.life.look(until)
                return
            self.life.perform(max(step.due_at, self.life.now), VERBS)
            self.check()
        raise AssertionError(f"goes round and round: {self.life.step}")

    def act(self) -> None:
        with_sales = self.life.lead.state in (*IN_SALES, State.WON, State.LOST)
        kind = self.dice.choice((*SELLING, "event", "fact", "task") if with_sales else ANYBODY)
        if kind == "event":
            self.life.happen(self.dice.choice(EVENTS))
        elif kind == "fact":
            self.life.happen("answer", dict([self.dice.choice(FACTS)]))
        elif kind == "task":
            finish_task(self.life, self.dice.choice(("talked", "no_answer", "later", "not_us")), "lena")
        elif kind == "support":
            change = allow_support if self.dice.random() < 0.8 else end_support
            change(self.life, self.life.lead.owner or "")
        elif kind == "opt_out" and self.dice.random() < 0.1:
            self.life.change(has_opted_out=True)
        else:
            possible = legal(self.life.lead.state)
            is_odd = not possible or self.dice.random() < 0.1
            self.say(self.dice.choice(list(MORE) if is_odd else possible))

    def say(self, command: str) -> None:
        more = dict(MORE.get(command, {}))
        if command == "recycle":
            more = {"reason": self.dice.choice(REASONS), "criterion": "soon", "has": {"referral": True}}
            more |= {"resume_on": self.life.now + timedelta(days=90)}
        rows = [row for row in ROWS.values() if row.command == command]
        possible = [a for row in rows if self.life.lead.state in row.sources for a in row.actors]
        actor = self.dice.choice([a for a in possible if a not in ("SYS", "EVT")] or ["REP"])
        who = self.life.lead.owner or self.life.lead.returned_by or "ines"
        say(self.life, Said(command, actor, who, note_length=30, **more))

    def check(self) -> None:
        lead = self.life.lead
        assert (lead.state in IN_SALES) == (lead.owner is not None) == (lead.clock is not None), lead
        assert self.life.facts.offer is None or lead.state in IN_SALES
        assert self.life.facts.task is None or lead.state not in IN_SALES, (lead.state, self.life.facts.task)
        assert lead.sunset_at is None or (lead.state is State.DORMANT and lead.recheck_at is None), lead
        given = Counter(d.touch for d in self.life.facts.ledger if d.status in USED)
        assert max(given.values(), default=1) == 1, given
        view = LeadView(self.life.facts, self.release, self.life.now)
        assert judge(view, self.release) == judge(view, self.release)

    def check_story(self) -> None:
        """The log is one chain; nobody is mailed while with sales, but by whoever has it and lets it; ready again needs
        news."""
        state, accepted, left_at, news, is_allowed = "NEW", set[int](), None, MONDAY, False
        for entry in self.told:
            if entry.kind in ("event", "disposition", "task") or (entry.kind == "enrolled"):
                news = entry.at
            if entry.kind == "touch" and entry.data.get("channel") == "email":
                is_support = self.release.tracks[str(entry.data["track"])].is_support
                assert (is_allowed and State(state) in SUPPORTED) if is_support else state == "NURTURING", entry
            if entry.kind == "support":
                is_allowed = entry.data["mail"] == "allowed"
            if entry.transition is None:
                continue
            if entry.transition == "T37":
                engaged_at = entry.data["last_engaged_at"]
                assert not engaged_at or entry.at >= datetime.fromisoformat(str(engaged_at)) + SILENT, entry
            assert entry.from_state == state, entry
            state = str(entry.to_state)
            is_allowed &= State(state) in SUPPORTED and entry.transition != "T43"
            accepted |= {entry.cycle} if state == "ACCEPTED" or entry.transition == "T40" else set()
            assert state != "QUALIFIED" or entry.cycle in accepted, entry
            if state == "SALES_READY" and State(str(entry.from_state)) not in IN_SALES and entry.reason != "override":
                assert left_at is None or news > left_at, entry
            if State(str(entry.from_state)) in IN_SALES and State(state) not in IN_SALES:
                left_at = entry.at
        assert state == self.life.lead.state


def one(seed: int) -> Counter[str]:
    life = Random(seed)
    life.live(life.dice.randint(3, 25))
    life.check_story()
    return Counter(entry.transition or entry.kind for entry in life.told)


def test_lives_at_random_keep_the_contract() -> None:
    told = sum((one(seed) for seed in range(400)), Counter[str]())
    assert told.total() > 400 * 5
    assert told["T37"] > 5, "lives too short for a sunset prove nothing of it"


if __name__ == "__main__":
    count = int(sys.argv[1])
    with ProcessPoolExecutor(2) as pool:
        rows = sum(told.total() for told in pool.map(one, range(count), chunksize=50))
    print(f"{count} lives, {rows} rows of their logs: the contract holds")
