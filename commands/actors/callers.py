"""The simulated people who do tasks: they call, note what was said, and now and then do not get round to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from commands.actors.acting import Action, News, office_after
from commands.actors.buyers import Buyer
from commands.actors.chance import chance
from commands.actors.surfaces import Api, Board
from domain.release import Release

TOUCHES = frozenset({"task", "touch", "transition"})
NEVER_DONE, LATE = 0.12, 0.15
"""How many human touches nobody gets round to, and how many raised hands are answered too late."""
CALL_AGAIN = timedelta(days=14)
Json = Mapping[str, Any]  # Any: JSON


@dataclass(frozen=True)
class Ending:
    """How a task ends, and what it taught."""

    outcome: str
    facts: Mapping[str, object] = field(default_factory=dict)
    words: str | None = None


def hours_until_done(kind: str, random: Random) -> float | None:
    """Working hours until somebody does it; None when nobody ever does."""
    if kind != "touch":
        return random.uniform(4.5, 6.0) if random.random() < LATE else random.uniform(0.4, 3.5)
    return None if random.random() < NEVER_DONE else random.uniform(1.0, 15.0)


def ending(task: Json, buyer: Buyer, now: datetime, release: Release, random: Random) -> Ending:
    """`task` is as the API shows one. Who does not pick up may get a message, where the touch knows that outcome."""
    if not buyer.picks_up(task["kind"], task["touch"] or task["event"], task["tries"]):
        return Ending("left_note" if "left_note" in task["outcomes"] and random.random() < 0.7 else "no_answer")
    if task["kind"] == "touch" and random.random() < 0.08:
        return Ending("later")
    tells = buyer.tells(now)
    asked = {task.get("learn"), f"fact.{task.get('learn')}", "fact.pain"}
    facts = {name: value for name, value in tells.items() if task["kind"] != "touch" or name in asked}
    return Ending("talked", facts, in_their_words(facts, tells, release))


def in_their_words(facts: Mapping[str, object], tells: Mapping[str, object], release: Release) -> str | None:
    """What a caller writes down."""
    said = []
    if "fact.pain" in facts:
        words = release.fields["fact.pain"].options.get(str(facts["fact.pain"]), str(facts["fact.pain"]))
        said.append(f"{words}.")
    if "fact.pain_metric" in tells:
        said.append(f"{tells['fact.pain_metric']}.")
    if "fact.evaluate_within_months" in facts:
        said.append(f"We want to compare within {facts['fact.evaluate_within_months']} months.")
    return " ".join(said) or None


@dataclass
class Caller:
    """One person with tasks."""

    id: str
    api: Api
    board: Board
    """The open tasks of all."""
    buyers: Mapping[str, Buyer]
    """By lead id; filled while they arrive."""
    release: Release
    seed: int
    _planned: set[tuple[str, int]] = field(default_factory=set)

    def look(self, news: News) -> list[Action]:
        if not news.kinds & TOUCHES:
            return []
        found = []
        for task in self.board.at(news):
            if task["owner"] == self.id and (task["id"], task["tries"]) not in self._planned:
                self._planned.add((task["id"], task["tries"]))
                found += self._plan(task, news.now)
        return found

    def _plan(self, task: Json, now: datetime) -> list[Action]:
        buyer = self.buyers.get(task["lead"])
        if buyer is None:
            return []
        random = chance(self.seed, self.id, buyer.id, task["touch"] or task["event"], task["tries"])
        hours = hours_until_done(task["kind"], random)
        if hours is None:
            return []
        start = max(now, datetime.fromisoformat(task["due_at"])) if task["tries"] else now
        at = office_after(start, hours if not task["tries"] else hours / 4, self.release.defaults.time_zone)
        return [
            Action(
                at,
                f"{self.id}: {task['title']}, {buyer.id}",
                partial(self._do, task["id"], buyer, at, random),
            )
        ]

    def _do(self, task_id: str, buyer: Buyer, now: datetime, random: Random) -> None:
        task = self.api.get(f"/api/tasks/{task_id}")
        if task["closed_at"]:  # the lead went on meanwhile
            return
        how = ending(task, buyer, now, self.release, random)
        body: dict[str, object] = {"outcome": how.outcome, "facts": how.facts}
        if how.words:
            body["words"] = how.words
        if how.outcome == "later":
            body["until"] = (now + CALL_AGAIN).isoformat()
        self.api.post(f"/api/tasks/{task_id}/done", body)
