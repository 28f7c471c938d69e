"""Waiting for others without looking all the time: what was committed is seen, and nothing is waited for twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Thread
from uuid import UUID

import pytest
from sqlalchemy import update

from storage import clock
from storage import tables as t
from storage.changes import Changes
from storage.wakes import Wake
from tests.postgres import Server
from tests.world import MONDAY, World

NEVER, LONG = 3600.0, 30.0


@pytest.fixture
def changes(world: World) -> Iterator[Changes]:
    with closing(Changes(world.archive, anyway=NEVER)) as found:
        yield found


def touch(world: World, lead_id: UUID) -> None:
    with world.archive.begin() as tx:
        tx.execute(update(t.leads).where(t.leads.c.id == lead_id).values(seq=t.leads.c.seq + 1))


def test_every_commit_is_new_once(world: World, changes: Changes) -> None:
    lead_id = world.enrol()
    assert changes.are_new()
    for _ in range(3):
        touch(world, lead_id)
        assert changes.are_new()
    if world.archive.engine.dialect.name == "sqlite":  # another server may have something of its own to do
        assert not changes.are_new()
        assert not changes.wait(0.01)


def test_what_is_not_committed_yet_is_new_when_it_is(world: World, changes: Changes) -> None:
    lead_id = world.enrol()
    with world.archive.begin() as tx:
        tx.execute(update(t.leads).where(t.leads.c.id == lead_id).values(seq=9))
        changes.are_new()
    assert changes.are_new()


def test_who_waits_hears_of_it(world: World, changes: Changes) -> None:
    lead_id = world.enrol()
    changes.are_new()
    other = Thread(target=touch, args=(world, lead_id))
    other.start()
    assert changes.wait(LONG)
    other.join()


def test_a_clock_that_stands_goes_on_when_somebody_is_finished(world: World) -> None:
    """One lead is not finished with what happened; when it is, the clock reaches the other's time and nudges it."""
    busy, waiting = world.enrol(), world.enrol("bo@other.example")
    with world.archive.begin() as tx:
        clock.begin(tx, MONDAY, speed=1e7)
        due = {"step_due_at": MONDAY + timedelta(days=1), "step": {"verb": "deliver"}}
        tx.execute(update(t.leads).where(t.leads.c.id == waiting).values(step_seq=t.leads.c.seq, **due))
    with closing(clock.Running(world.archive)) as running:
        assert [running.go_on() for _ in range(3)] == [[], [], []]
        with world.archive.begin() as tx:
            later = {"step_due_at": MONDAY + timedelta(days=9), "step": {"verb": "deliver"}}
            tx.execute(update(t.leads).where(t.leads.c.id == busy).values(step_seq=t.leads.c.seq, **later))
        found: list[Wake] = []
        until = time.monotonic() + LONG
        while not found and time.monotonic() < until:
            found = running.go_on()
        assert [wake.lead_id for wake in found] == [waiting]


def due(world: World, lead_id: UUID, at: timedelta) -> None:
    """Finished with everything, and its next step, one that is done alone, is due then."""
    step = {"step_due_at": MONDAY + at, "step": {"verb": "route"}, "step_seq": t.leads.c.seq}
    with world.archive.begin() as tx:
        tx.execute(update(t.leads).where(t.leads.c.id == lead_id).values(step))


def nudged(running: clock.Running) -> list[UUID]:
    """The next who are."""
    until = time.monotonic() + LONG
    while time.monotonic() < until:
        if found := running.go_on():
            return [wake.lead_id for wake in found]
    return []


def test_who_stood_in_line_when_a_worker_was_killed_is_nudged_by_the_next(world: World) -> None:
    a, b = sorted(world.enrol(f"{n}@site{n}.example") for n in range(2))
    due(world, a, timedelta(minutes=1))
    due(world, b, timedelta(minutes=2))
    with world.archive.begin() as tx:
        clock.begin(tx, MONDAY, speed=1e7)
    world.archive.clock = clock.DemoClock(world.archive.engine)
    with closing(clock.Running(world.archive)) as killed:
        while world.archive.clock.now() < MONDAY + timedelta(minutes=2):
            assert killed.go_on() == []
    with closing(clock.Running(world.archive)) as running:
        assert nudged(running) == [a]
        due(world, a, timedelta(days=9))
        assert nudged(running) == [b]


@pytest.mark.postgresql
def test_one_worker_runs_the_clock_until_it_ends(server: Server, tmp_path: Path) -> None:
    with server.archive() as url:
        world = World.make(tmp_path, url=url)
        due(world, world.enrol(), timedelta(minutes=1))
        with world.archive.begin() as tx:
            clock.begin(tx, MONDAY, speed=1.0)
        with closing(clock.Running(world.archive)) as second:
            with closing(clock.Running(world.archive)) as first:
                first.go_on()
                with world.archive.begin() as tx:
                    tx.execute(update(t.clock).values(speed=1e7, advanced_at=None))
                assert second.go_on() == []
                with world.archive.reading() as tx:
                    assert clock.read(tx) < MONDAY + timedelta(minutes=1)
            assert nudged(second)
        world.archive.engine.dispose()
