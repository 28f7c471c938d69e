"""A pause of everything that is ended wakes everybody, however many they are and whoever dies on the way."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event, func, insert, select, update

from domain.lead import State
from storage import pauses, wakes
from storage import tables as t
from tests.unit.storage.test_at_once import at_once
from tests.world import World

CROWD, BATCH = 3000, 70


class Killed(BaseException):
    """As a process that ends: nothing catches it."""


def crowd(world: World, state: State = State.NURTURING, count: int = CROWD) -> None:
    """Many more like the first one."""
    row = dict(world.row(world.enrol()))
    with world.archive.begin() as tx:
        tx.execute(
            insert(t.leads),
            [{**row, "id": uuid4(), "address_key": f"{state}{n}", "state": state.value} for n in range(count)],
        )
        tx.execute(update(t.leads).where(t.leads.c.id == row["id"]).values(state=state.value))
        tx.execute(t.wakes.delete())
        tx.execute(update(t.leads).values(seq=1))


def resume(world: World, scope: str) -> int:
    with world.archive.begin() as tx:
        pauses.begin(tx, world.archive, scope, world.clock.at + timedelta(days=90), "ines", "audit")
    with world.archive.begin() as tx:
        return pauses.end(tx, world.archive, scope, "ines")


def send_all(world: World) -> Counter[str]:
    """What a relay does: everything in the outbox leaves."""
    with world.archive.begin() as tx:
        sent = Counter(str(id) for id in tx.execute(select(t.wakes.c.lead_id)).scalars())
        tx.execute(t.wakes.delete())
    return sent


def kill_in_the_next_batch(world: World) -> None:
    """The worker dies after the wakes were written and before it is kept how far that came."""

    def die(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.lower().startswith(("update resumptions", "delete from resumptions")):
            raise Killed

    event.listen(world.archive.engine, "before_cursor_execute", die)
    try:
        with pytest.raises(Killed):
            pauses.wake_some(world.archive, BATCH)
    finally:
        event.remove(world.archive.engine, "before_cursor_execute", die)


def test_thousands_are_woken_once_each_although_workers_die(world: World) -> None:
    crowd(world)
    assert resume(world, "everything") == CROWD + 1
    assert send_all(world) == Counter()  # ending it wrote one row, not thousands
    woken, batches = Counter[str](), 0
    while found := pauses.wake_some(world.archive, BATCH):
        assert found <= BATCH
        woken += send_all(world)
        batches += 1
        if batches % 10 == 4:
            kill_in_the_next_batch(world)
            assert send_all(world) == Counter()
    assert (len(woken), set(woken.values())) == (CROWD + 1, {1})
    assert batches == -(-(CROWD + 1) // BATCH)
    with world.archive.reading() as tx:
        assert tx.execute(select(func.count()).where(t.leads.c.seq != 2)).scalar() == 0
        assert tx.execute(select(t.resumptions)).all() == []


def test_the_outbox_is_not_filled_faster_than_it_is_sent(world: World) -> None:
    crowd(world, count=200)
    resume(world, "everything")
    assert [pauses.wake_some(world.archive, 50) for _ in range(5)] == [50, 50, 0, 0, 0]
    send_all(world)
    assert pauses.wake_some(world.archive, 50) == 50


def test_who_waited_does_not_wait_for_a_whole_import_to_begin(world: World) -> None:
    crowd(world, count=20)
    with world.archive.begin() as tx:
        wakes.wake_many(tx, list(tx.execute(select(t.leads.c.id)).scalars()), wakes.IMPORTED)
    resume(world, "everything")
    assert pauses.wake_some(world.archive, 10) == 10


def test_two_workers_wake_nobody_twice(world: World) -> None:
    crowd(world, count=40)
    resume(world, "everything")
    at_once(*[lambda: pauses.wake_some(world.archive, 30)] * 2)
    while pauses.wake_some(world.archive, 30):
        pass
    woken = send_all(world)
    assert (len(woken), set(woken.values())) == (41, {1})


def test_only_those_who_waited_are_woken(world: World) -> None:
    crowd(world, count=5)
    with world.archive.begin() as tx:
        tx.execute(update(t.leads).values(company="site.example", track="dock-waiting"))
    gone = world.enrol("gone@site.example")
    with world.archive.begin() as tx:
        tx.execute(update(t.leads).where(t.leads.c.id == gone).values(state="DISQUALIFIED"))
        tx.execute(t.wakes.delete())
    for scope, count in (("track:dock-waiting", 6), ("company:elsewhere.example", 0), ("company:site.example", 6)):
        assert resume(world, scope) == count
        assert pauses.wake_some(world.archive) == count
        assert send_all(world).total() == count


def test_paused_anew_meanwhile_nothing_is_sent(world: World) -> None:
    lead = world.enrol()
    world.live_for(lead, minutes=1)
    resume(world, "everything")
    with world.archive.begin() as tx:
        pauses.begin(tx, world.archive, "everything", world.clock.at + timedelta(days=9), "ines", "again")
    assert pauses.wake_some(world.archive) == 1
    assert world.look(lead).reason == "paused: everything"
    assert [wake.verb for wake in wakes.pending(world.archive, timedelta(0))][-1] == "resumed everything"
