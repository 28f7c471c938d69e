"""What makes a story come out the same twice: ids that come from outside, and an order among those reached together."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from uuid import UUID

from sqlalchemy import insert, select, update

from domain import keys
from storage import clock
from storage import tables as t
from tests.world import MONDAY, World

FAST = 1e7
TICK = timedelta(seconds=0.05)


def begin(world: World, speed: float = FAST) -> None:
    with world.archive.begin() as tx:
        clock.begin(tx, MONDAY, speed)


def waits(world: World, lead_id: UUID, due: timedelta, verb: str = "deliver", company: str | None = None) -> None:
    """The lead is finished with everything, and its next step is due then."""
    values = {"step": {"verb": verb}, "step_due_at": MONDAY + due, "step_seq": t.leads.c.seq, "company": company}
    with world.archive.begin() as tx:
        tx.execute(update(t.leads).where(t.leads.c.id == lead_id).values(values))


def done(world: World, *leads: UUID) -> None:
    for lead_id in leads:
        waits(world, lead_id, timedelta(days=30))


def now(world: World) -> timedelta:
    with world.archive.reading() as tx:
        return clock.read(tx) - MONDAY


def test_the_same_external_id_is_the_same_lead_in_every_folder(world: World) -> None:
    lead_id = world.enrol("ana@site.example", external=("crm", "77"))
    assert lead_id == keys.lead_id("crm", "77") != keys.lead_id("cr", "m/77")
    assert world.enrol("ana@site.example", external=("crm", "77")) == lead_id
    other = world.enrol("bo@site.example", external=("crm", "78"))
    assert len({lead_id, other, world.enrol("no-id@site.example")}) == 3


def test_an_id_that_is_taken_is_not_used_again(world: World) -> None:
    lead_id = world.enrol("ana@site.example", external=("crm", "77"))
    with world.archive.begin() as tx:  # as when a lead was erased, or merged into another one
        tx.execute(update(t.external_ids).where(t.external_ids.c.lead_id == lead_id).values(external_id="gone"))
        tx.execute(update(t.leads).where(t.leads.c.id == lead_id).values(address_key="erased"))
    again = world.enrol("ana@site.example", external=("crm", "77"))
    assert again != lead_id
    with world.archive.reading() as tx:
        assert len(tx.execute(select(t.leads.c.id)).all()) == 2


def test_what_is_due_within_minutes_is_reached_together_however_fast_the_machine(world: World) -> None:
    leads = [world.enrol(f"{n}@site{n}.example") for n in range(3)]
    for lead_id, minutes in zip(leads, (60, 64, 69), strict=True):
        waits(world, lead_id, timedelta(minutes=minutes))
    begin(world, speed=timedelta(minutes=65) / TICK)  # a limit in the middle of what is done together
    found = clock.advance(world.archive, TICK)
    assert found == []
    assert timedelta(minutes=59) < now(world) < timedelta(minutes=60)
    with world.archive.begin() as tx:
        tx.execute(update(t.clock).values(advanced_at=None))
    found = clock.advance(world.archive, TICK)
    assert {wake.lead_id for wake in found} == set(leads)
    assert now(world) == timedelta(minutes=70)


def test_whose_turn_it_is_depends_on_who_came_before_so_they_come_one_after_the_other(world: World) -> None:
    a, b, c, d = sorted(world.enrol(f"{n}@site{n}.example") for n in range(4))
    waits(world, d, timedelta(minutes=60), "reassign")
    waits(world, a, timedelta(minutes=61), "reassign")
    waits(world, b, timedelta(minutes=62), "deliver", "one.example")
    waits(world, c, timedelta(minutes=63), "deliver", "one.example")
    begin(world)
    line = deque[UUID]()
    assert [wake.lead_id for wake in clock.advance(world.archive, TICK, line=line)] == [b]
    assert list(line) == [d, a, c]
    assert clock.advance(world.archive, TICK, line=line) == []  # b is not finished
    order = []
    for finished in (b, d, a):
        done(world, finished)
        order += [wake.lead_id for wake in clock.advance(world.archive, TICK, line=line)]
    assert order == [d, a, c]
    assert not line


def test_the_clock_stops_where_somebody_owes_something(world: World) -> None:
    lead_id = world.enrol()
    done(world, lead_id)
    handoff = keys.handoff_id(lead_id, 1)
    with world.archive.begin() as tx:
        tx.execute(insert(t.handoffs).values(id=handoff, lead_id=lead_id, number=1, cycle=1, opened_at=MONDAY))
        owed = {"id": handoff, "kind": "feedback", "lead_id": lead_id, "handoff_id": handoff, "rep": "rosa"}
        due = {"remind_at": MONDAY + timedelta(hours=5), "due_at": MONDAY + timedelta(hours=9), "opened_at": MONDAY}
        tx.execute(insert(t.duties).values(**owed, **due, owner="rosa", is_asked=True, answer={}))
    begin(world)
    world.archive.clock = clock.DemoClock(world.archive.engine)
    stops = []
    for _ in range(2):
        with world.archive.begin() as tx:
            tx.execute(update(t.clock).values(advanced_at=None))
        clock.advance(world.archive, TICK)
        stops.append(now(world))
    assert stops == [timedelta(hours=5), timedelta(hours=9)]
    with world.archive.reading() as tx:
        breaches = tx.execute(select(t.log.c.kind).where(t.log.c.kind == "breach")).all()
        reminded, breached = tx.execute(select(t.duties.c.reminded_at, t.duties.c.breached_at)).one()
    assert (reminded, breached, len(breaches)) == (MONDAY + timedelta(hours=5), MONDAY + timedelta(hours=9), 1)
