"""Waiting for others without looking all the time: what was committed is seen, and nothing is waited for twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from threading import Thread
from uuid import UUID

import pytest
from sqlalchemy import update

from storage import clock
from storage import tables as t
from storage.changes import Changes
from storage.wakes import Wake
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
