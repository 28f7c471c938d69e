"""The queue under random hands: many ask, walk away, call, skip and put back; a model beside it knows whose is what."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from domain.errors import InvalidError, RefusedError
from domain.policies import Queue
from domain.queue import EPOCH, Place, standing
from storage import queue
from storage import tables as t
from tests.world import World, shipped_files

ROUTING = shipped_files()["lead_defs/routing.yaml"].replace("handoff: offer", "handoff: queue")
READY = {"fact.pain": "detention", "fact.evaluate_within_months": 1}
AT_WORK = datetime(2027, 1, 5, 16, 0, tzinfo=UTC)
"""Tuesday, ten in the morning in Chicago."""
REPS = ("rosa", "marc", "stan", "vera")
LEASE, CALL, SKIPPED = timedelta(minutes=15), timedelta(hours=2), timedelta(days=1)
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "ask", "ask", "wait", "wait", "keep", "call", "skip", "release", "attempt", "reject"]),
        st.sampled_from(REPS),
        st.integers(1, 40),
    ),
    min_size=5,
    max_size=45,
)


@dataclass
class Model:
    """What everybody may rely on: a claim is a lease, a skip lasts a day, a refusal as long as sales has the lead."""

    world: World
    leads: list[UUID]
    claims: dict[UUID, tuple[str, datetime]] = field(default_factory=dict)
    passed: dict[tuple[UUID, str], datetime | None] = field(default_factory=dict)
    owners: dict[UUID, str] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.world.clock.at

    def mine(self, rep: str) -> UUID | None:
        return next((lead for lead, (who, until) in self.claims.items() if who == rep and until > self.now), None)

    def free_for(self, rep: str) -> set[UUID]:
        claimed = {lead for lead, (_, until) in self.claims.items() if until > self.now}
        passed = {lead for (lead, who), until in self.passed.items() if who == rep and (not until or until > self.now)}
        return {lead for lead in self.leads if lead not in self.owners} - claimed - passed

    def ask(self, rep: str) -> None:
        mine, free = self.mine(rep), self.free_for(rep)
        with self.world.archive.begin() as tx:
            found = queue.take_next(tx, self.world.archive, rep)
        if mine:
            assert found is not None
            assert (found.lead_id, found.is_new) == (mine, False)
        elif not free:
            assert found is None or self.owners.get(found.lead_id) == rep  # a retry that is due
        else:
            assert found is not None
            assert found.lead_id in free or self.owners.get(found.lead_id) == rep
        if found:
            until = max(self.now + LEASE, self.claims[mine][1] if mine else self.now)
            assert found.until == until
            self.claims[found.lead_id] = (rep, until)

    def keep(self, rep: str, is_calling: bool) -> None:
        mine = self.mine(rep)
        with self.said(mine), self.world.archive.begin() as tx:
            kept = queue.keep_claim(tx, self.world.archive, rep, is_calling)
            assert mine is not None
            until = max(self.claims[mine][1], self.now + (CALL if is_calling else LEASE))
            assert (kept.lead_id, kept.until) == (mine, until)
            self.claims[mine] = (rep, until)

    def skip(self, rep: str) -> None:
        mine = self.mine(rep)
        with pytest.raises(InvalidError), self.world.archive.begin() as tx:
            queue.skip(tx, self.world.archive, rep, None)
        with self.said(mine), self.world.archive.begin() as tx:
            assert queue.skip(tx, self.world.archive, rep, "not_now") == mine
            assert mine is not None
            self.passed[mine, rep] = self.now + SKIPPED
            del self.claims[mine]

    def release(self, rep: str) -> None:
        mine = self.mine(rep)
        with self.said(mine), self.world.archive.begin() as tx:
            assert queue.let_go(tx, self.world.archive, rep) == mine
            del self.claims[mine]

    def attempt(self, rep: str) -> None:
        """The first one takes the lead on; nobody else's does."""
        if mine := self.mine(rep):
            self.world.say(mine, "attempt", who=rep, outcome="no_answer", channel="phone")
            self.owners[mine] = rep
            del self.claims[mine]

    def reject(self, rep: str) -> None:
        mine = self.mine(rep)
        if mine and mine not in self.owners:
            self.world.say(mine, "reject", who=rep, reason="misrouted")
            self.passed[mine, rep] = None
            del self.claims[mine]
            self.world.live(mine, self.now)
            if self.world.row(mine)["is_on_desk"]:
                self.owners[mine] = "tom"

    @contextmanager
    def said(self, mine: UUID | None) -> Iterator[None]:
        if mine:
            yield
        else:
            with pytest.raises(RefusedError, match="no lead claimed"):
                yield

    def check(self) -> None:
        """No claim is an acceptance, and nobody has what another has."""
        for lead in self.leads:
            row = self.world.row(lead)
            if lead not in self.owners:
                assert (row["state"], row["owner"], row["team"]) == ("HANDED_OFF", "tom", "sales")
            elif self.owners[lead] != "tom":
                assert (row["state"], row["owner"], row["team"]) == ("WORKING", self.owners[lead], None)


@settings(max_examples=25)
@given(ACTS)
def test_whoever_asks_walks_away_or_skips_nobody_has_what_another_has(acts: list[tuple[str, str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World.make(Path(folder), {**shipped_files(), "lead_defs/routing.yaml": ROUTING})
        world.clock.at = AT_WORK
        with world.archive.begin() as tx:
            more = {"capacity": 20, "weight": 1.0, "is_active": True}
            tx.execute(insert(t.reps), [{"id": rep, **more} for rep in REPS[2:]])
        leads = [world.enrol(f"lead{n}@site{n}.example", values=READY) for n in range(4)]
        for lead in leads:
            world.live(lead, AT_WORK)
        model = Model(world, leads)
        for what, rep, minutes in acts:
            if what == "wait":
                world.clock.at = min(world.clock.at + timedelta(minutes=minutes), AT_WORK + timedelta(hours=5))
            elif what in ("keep", "call"):
                model.keep(rep, what == "call")
            else:
                getattr(model, what)(rep)
        model.check()
        world.archive.engine.dispose()


@given(st.integers(0, 7), st.integers(0, 7), st.integers(0, 40), st.floats(0, 100), st.booleans())
def test_whatever_has_waited_long_enough_goes_before_everything_new(
    old: int, new: int, more: int, value: float, is_urgent: bool
) -> None:
    """Sixteen days with the shipped file: one stroke of two days for each of the eight kinds."""
    order = Queue()
    now = AT_WORK + len(order.order) * order.promote_every + timedelta(hours=more)
    waiting = at(AT_WORK, old, order)
    fresh = replace(at(now, new, order), value=value, urgent_at=now if is_urgent else now + timedelta(days=9))
    assert standing(waiting, order, now, "b") < standing(fresh, order, now, "a")


def at(since: datetime, base: int, order: Queue) -> Place:
    slot, far = base + (since - EPOCH) // order.promote_every, since + timedelta(days=90)
    return Place(order.order[base], "sales", None, "|US|UTC", slot, base, 0, 0.0, since, far, far, since)
