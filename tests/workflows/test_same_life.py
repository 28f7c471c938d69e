"""The same life twice: in memory, as examples and simulation play it, and in a real workflow on a real archive. Both
leave the same log, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from temporalio import activity

from authoring.simulation import deeds
from authoring.simulation.life import Entry, Life
from authoring.simulation.surroundings import Surroundings, Team
from authoring.simulation.verbs import VERBS
from domain.lead import Facts, Known, Lead, Source, State, Value
from domain.said import Said
from domain.steps import Verb
from storage import supporting, wakes
from storage import tables as t
from tests.workflows.conftest import Stage
from tests.world import shipped_release
from workflows.waking import signal

LATE = timedelta(minutes=1)
DATA = ("touch", "status", "is", "event", "command", "outcome", "stage", "track", "rep", "kind", "owner", "clock")
LEFT_OUT = ("verdict", "duty", "accuracy")
"""Kept beside the log, for the record of a handoff and for what sales owes and showed after it; they decide nothing."""


class PunctualClock:
    """The server's time, without the moment by which a timer fires late or a worker is slow: what is done within a
    minute after something was due or happened, is done then. So both lives have the same instants, to the microsecond.
    """

    def __init__(self, stage: Stage, at: datetime) -> None:
        self._stage, self.at = stage, at

    def now(self) -> datetime:
        if activity.in_activity():
            scheduled = activity.info().current_attempt_scheduled_time
            known = [at for at in (self.at, self._due_at()) if at and at <= scheduled < at + LATE]
            self.at = max(self.at, *known) if known else max(self.at, scheduled)
        return self.at

    def wake_at(self, due_at: datetime) -> datetime:
        return due_at

    def _due_at(self) -> datetime | None:
        """Of the one lead there is."""
        with self._stage.world.archive.reading() as tx:
            found: datetime | None = tx.execute(select(t.leads.c.step_due_at)).scalar()
            return found


@dataclass(frozen=True)
class Deed:
    """`say` is (command, more of Said), `task` an outcome, `event` a name; `facts` are learned with any of them.
    `support` says whether mail goes out in the salesperson's name from now on."""

    after: timedelta
    event: str | None = None
    task: str | None = None
    say: tuple[str, dict[str, Any]] | None = None  # Any: fields of Said
    facts: dict[str, Any] = field(default_factory=dict)  # Any: values as somebody sent them
    support: bool | None = None


def day(number: float, **what: Any) -> Deed:  # Any: fields of Deed
    return Deed(timedelta(days=number), **what)


EVERYTHING = {"fact.pain": "detention", "fact.evaluate_within_months": 2.0}
LIVES: dict[str, tuple[float, Sequence[Deed]]] = {
    "quiet": (120, ()),
    "ready by answers": (
        60,
        (
            day(4, event="answer", facts={"fact.pain": "detention"}),
            day(9, event="answer", facts={"fact.evaluate_within_months": 2.0}),
            day(9.02, say=("accept", {})),
            day(9.03, say=("attempt", {"outcome": "connected", "channel": "phone"})),
            day(12, say=("qualify", {}), facts=EVERYTHING),
        ),
    ),
    "hand raised, not ready": (30, (day(3, event="contact_request"), day(3.2, task="talked", facts=EVERYTHING))),
    "hand raised, ready": (20, (day(5, event="demo_request"), day(5.01, say=("accept", {})))),
    "recycled": (
        200,
        (
            day(2, event="answer", facts=EVERYTHING),
            day(2.05, say=("accept", {})),
            day(2.1, say=("attempt", {"outcome": "connected", "channel": "phone"})),
            day(6, say=("recycle", {"reason": "needs_education", "criterion": "soon", "note_length": 40})),
            day(40, event="pricing_view"),
            day(60, event="answer", facts={"fact.evaluate_within_months": 1.0}),
        ),
    ),
    "with mail in the salesperson's name": (
        45,
        (
            day(2, event="answer", facts=EVERYTHING),
            day(2.05, say=("attempt", {"outcome": "connected", "channel": "phone"})),
            day(2.06, support=True),
            day(16, event="reply"),
            day(17, say=("attempt", {"outcome": "connected", "channel": "phone"})),
            day(18, say=("qualify", {})),
            day(24, support=False),
        ),
    ),
    "rejected": (
        60,
        (
            day(2, event="answer", facts=EVERYTHING),
            day(2.05, say=("reject", {"reason": "definition_not_met", "criterion": "soon", "note_length": 40})),
        ),
    ),
    "nobody in sales acts": (45, (day(2, event="answer", facts=EVERYTHING),)),
    "replies, and is called": (40, (day(10, event="reply"), day(11, task="no_answer"), day(15, task="talked"))),
}


@pytest.mark.parametrize("name", LIVES)
async def test_the_same_life_in_memory_and_in_a_workflow(stage: Stage, name: str) -> None:
    days, deeds_ = LIVES[name]
    lead, begins, played = await lived(stage, days, deeds_)
    row = stage.world.row(lead)
    real = [line for r in stage.world.rows(t.log, lead) if (line := of_row(dict(r)))]
    mine = [of_entry(e) for e in in_memory(lead, row["time_zone"], begins, played, days)]
    differing = [n for n, (a, b) in enumerate(zip(real, mine, strict=False)) if a != b]
    first = differing[0] if differing else min(len(real), len(mine))
    shown = "\n".join(f"{a}\n{b}\n" for a, b in zip(real[first : first + 3], mine[first : first + 3], strict=False))
    assert not differing, f"row {first}:\n{shown}"
    assert len(real) == len(mine), (real[first:], mine[first:])
    assert len(real) > 5


async def lived(
    stage: Stage, days: float, deeds_: Sequence[Deed]
) -> tuple[UUID, datetime, list[tuple[datetime, Deed]]]:
    """The real one: a workflow, an archive, a server that skips the time between. Gives when each deed was done."""
    world, env = stage.world, stage.env
    clock = world.archive.clock = PunctualClock(stage, await env.get_current_time())
    lead = world.enrol()
    begins: datetime = world.row(lead)["created_at"]
    await _wake(stage)
    played = []
    for deed in deeds_:
        await env.sleep(begins + deed.after - await env.get_current_time())
        clock.at = max(clock.at, await env.get_current_time())
        played.append((clock.at, deed))
        _do(stage, lead, deed)
        await _wake(stage)
    await env.sleep(begins + timedelta(days=days) - await env.get_current_time())
    return lead, begins, played


async def _wake(stage: Stage) -> None:
    for wake in wakes.pending(stage.world.archive, timedelta(0)):
        assert await signal(stage.env.client, wake)


def _do(stage: Stage, lead: UUID, deed: Deed) -> None:
    world = stage.world
    if deed.event:
        world.event(lead, deed.event, f"e{deed.after}", learned=deed.facts)
    elif deed.task:
        try:
            world.finish_task(lead, deed.task, facts=deed.facts)
        except AssertionError:
            raise AssertionError(f"no open task after {deed.after}") from None
    elif deed.say:
        world.say(lead, deed.say[0], "REP", deed.facts or None, **deed.say[1])
    elif deed.support is not None:
        archive, who = world.archive, world.row(lead)["owner"]
        with archive.begin() as tx:
            if deed.support:
                supporting.allow(tx, archive, lead, None, "REP", who)
            else:
                supporting.end(tx, archive, lead, "REP", who)


def in_memory(
    lead: UUID, zone: str, begins: datetime, played: Sequence[tuple[datetime, Deed]], days: float
) -> list[Entry]:
    release, entries = shipped_release(), list[Entry]()
    values: dict[str, Value] = {"company.industry": "3pl", "company.dock_doors": 14.0, "company.country": "US"}
    values |= {"inquiry.topic": "detention", "company.domain": "site.example"}
    known = {name: Known(value, begins, Source.FORM, "log:1") for name, value in values.items()}
    row = Lead(lead, State.NEW, begins, begins, company="site.example", country="US", time_zone=zone)
    around = Surroundings(Team({rep: Team.of(release).reps[rep] for rep in ("marc", "rosa")}))  # as in the World
    life = Life(Facts(row, known), release, around, begins, entries.append)
    for at, deed in played:
        _live(life, at)
        _act(life, at, deed)
    _live(life, begins + timedelta(days=days))
    return entries


def _live(life: Life, until: datetime) -> None:
    while life.step.verb is not Verb.ENDED and life.step.due_at <= until:
        life.perform(max(life.step.due_at, life.now), VERBS)


def _act(life: Life, at: datetime, deed: Deed) -> None:
    life.now = at
    life.read()
    if deed.event and not life.happen(deed.event, deed.facts):
        return
    if deed.task:
        deeds.finish_task(life, deed.task, "lena", deed.facts)
    elif deed.say:
        deeds.say(life, Said(deed.say[0], "REP", life.lead.owner or "ines", **deed.say[1]), deed.facts)
    elif deed.support is not None:
        (deeds.allow_support if deed.support else deeds.end_support)(life, life.lead.owner or "")
    life.look(at)


Line = tuple[Any, ...]  # Any: column values


def of_row(row: dict[str, Any]) -> Line | None:  # Any: column values
    if row["kind"] in LEFT_OUT:
        return None
    return _line(
        row["at"], row["kind"], row["cycle"], row["actor"], row["reason"], row["transition"], row["from_state"],
        row["to_state"], row["data"],
    )  # fmt: skip


def of_entry(e: Entry) -> Line:
    return _line(e.at, e.kind, e.cycle, e.actor, e.reason, e.transition, e.from_state, e.to_state, e.data)


def _line(at: datetime, *columns: Any) -> Line:  # Any: column values
    *first, data = columns
    return (at, *first, {name: data[name] for name in DATA if data.get(name) is not None})
