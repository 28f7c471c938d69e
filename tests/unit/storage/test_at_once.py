"""Several processes on one archive: whatever two of them do at the same moment is as if one had come first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from threading import Barrier
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func, select, update

from domain.errors import ConflictError, NurtureError
from domain.importing import Line
from domain.letters import Claimed
from domain.said import Said
from domain.steps import Order, Permit, Step
from storage import api_keys, enrolling, events, idempotency, importing, people, permits, reps, sending, wakes
from storage import tables as t
from storage.archive import Archive, Tx, machine_now
from storage.enrolling import Enrolment
from storage.events import Happening
from storage.idempotency import Answer
from tests.world import MONDAY, World

T = TypeVar("T")
READY = {"fact.pain": "detention", "fact.evaluate_within_months": 1}


def at_once(*acts: Callable[[], T]) -> list[T]:
    """What each of them gave back, in their order; none begins before all are there."""
    start = Barrier(len(acts))

    def run(act: Callable[[], T]) -> T:
        start.wait(10)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def many(count: int, act: Callable[[int], T]) -> list[T]:
    return at_once(*(lambda n=n: act(n) for n in range(count)))


def in_tx(archive: Archive, act: Callable[[Tx], T]) -> T:
    with archive.begin() as tx:
        return act(tx)


def count(world: World, table: Any, **values: object) -> int:  # Any: one of storage.tables
    with world.archive.reading() as tx:
        return tx.execute(select(func.count()).select_from(table).filter_by(**values)).scalar_one()


def some_leads(world: World, number: int, values: dict[str, object] | None = None) -> list[UUID]:
    return [world.enrol(f"lead{n}@site{n}.example", values=values or {}) for n in range(number)]


def test_one_address_is_one_lead(world: World) -> None:
    found = many(6, lambda n: world.enrol("ana@site.example"))
    assert len(set(found)) == 1
    kinds = Counter(row["kind"] for row in world.rows(t.log, found[0]))
    assert (kinds["enrolled"], kinds["inquired_again"]) == (1, 5)


def test_one_external_id_belongs_to_one_lead(world: World) -> None:
    def enrol(n: int) -> str:
        try:
            world.enrol(f"ana{n}@site.example", external=("crm", "7"))
        except ConflictError:
            return "refused"
        return "taken"

    assert sorted(many(4, enrol)) == ["refused", "refused", "refused", "taken"]
    assert count(world, t.leads) == 1


def test_one_event_counts_once(world: World) -> None:
    lead = world.enrol()
    assert sorted(many(6, lambda n: world.event(lead, "pricing_view", "p1"))) == [False] * 5 + [True]
    (facts,) = world.rows(t.lead_facts, lead)
    assert sum(facts["seen"]["pricing_view"]["days"].values()) == 1


def test_no_event_and_no_fact_is_lost(world: World) -> None:
    """Facts are read, merged and written back: each of them must see what the one before left."""
    lead = world.enrol()
    learned = [{"pain": "detention"}, {"evaluate_within_months": 9}, {"contact_role": "outsider"}, {}]

    def happen(n: int) -> bool:
        return world.event(lead, "answer", f"a{n}", learned=learned[n % len(learned)])

    assert all(many(12, happen))
    (facts,) = world.rows(t.lead_facts, lead)
    assert sum(facts["seen"]["answer"]["days"].values()) == 12
    assert {"fact.pain", "fact.evaluate_within_months", "fact.contact_role"} <= facts["known"].keys()
    assert world.row(lead)["seq"] == 13


def test_who_waited_for_a_lead_decides_on_what_the_other_left(world: World) -> None:
    """The workflow looks while an answer is being stored: it waits, and then judges with the answer."""
    lead = world.enrol(values={"fact.pain": "detention"})
    answer = Happening("answer", "test", "1", learned={"evaluate_within_months": 1})
    with ThreadPoolExecutor(1) as pool:
        with world.archive.begin() as tx:
            events.happen(tx, world.archive, lead, answer)
            looking = pool.submit(world.look, lead)
            assert wait([looking], timeout=0.3).not_done
        assert looking.result(10).verb == "route"


def test_a_key_is_one_change(world: World) -> None:
    def call(n: int) -> int:
        def change(tx: Tx) -> int:
            if stored := idempotency.claim(tx, "somebody", "key", "hash"):
                return stored.status
            enrolling.enrol(tx, world.archive, Enrolment(f"lead{n}@site.example"))
            idempotency.keep(tx, "somebody", "key", Answer(201, {"n": n}))
            return 201

        return in_tx(world.archive, change)

    assert many(5, call) == [201] * 5
    assert count(world, t.leads) == 1


def test_a_step_is_claimed_once(world: World) -> None:
    lead = world.enrol()
    step = world.look(lead)
    world.clock.at = step.due_at
    order = Order(str(lead), step.seq, step.id)

    def claim(n: int) -> Claimed | Step:
        return sending.claim(world.archive, order, f"attempt{n}", lambda _: True)

    assert sum(isinstance(got, Claimed) for got in many(4, claim)) == 1
    assert count(world, t.ledger, touch=step.id.split(":")[1]) == 1


def test_permits_are_never_given_twice(world: World) -> None:
    leads = some_leads(world, 50)
    limits = [Permit("company:site", 10), Permit("sender:ines", 25)]

    def reserve(n: int) -> str:
        def take(tx: Tx) -> str:
            while True:
                day = permits.first_free_day(tx, limits, MONDAY)
                if permits.reserve(tx, leads[n], f"step{n}", limits, day):
                    return day.isoformat()

        return in_tx(world.archive, take)

    days = [(MONDAY.date() + timedelta(days=n)).isoformat() for n in range(5)]
    assert Counter(many(50, reserve)) == dict.fromkeys(days, 10)
    assert count(world, t.permits) == 100


def test_nobody_gets_more_leads_than_there_is_room_for(world: World) -> None:
    with world.archive.begin() as tx:
        tx.execute(update(t.reps).values(capacity=2))
    leads = some_leads(world, 7, READY)
    steps = [world.look(lead) for lead in leads]
    many(7, lambda n: world.perform(leads[n], steps[n]))
    held = Counter(world.row(lead)["owner"] for lead in leads)
    assert held == {"rosa": 2, "marc": 2, "ines": 3}


def test_each_freed_place_wakes_another_of_those_who_wait(world: World) -> None:
    with world.archive.begin() as tx:
        tx.execute(update(t.reps).values(capacity=2))
    leads = some_leads(world, 7, READY)
    for lead in leads:
        world.live_for(lead, seconds=1)
    owned = [lead for lead in leads if world.row(lead)["state"] == "HANDED_OFF"]
    assert len(owned) == 4
    many(3, lambda n: world.say(owned[n], "recycle", reason="no_budget"))
    with world.archive.reading() as tx:
        woken = list(tx.execute(select(t.wakes.c.lead_id).where(t.wakes.c.verb == "place_free")).scalars())
    assert set(woken) == set(leads) - set(owned)
    assert len(woken) == 3


def test_a_place_freed_while_somebody_looks_for_one_is_not_missed(world: World) -> None:
    with world.archive.begin() as tx:
        tx.execute(update(t.reps).values(capacity=1))
    first, second, third = some_leads(world, 3, READY)
    for lead in (first, second):
        world.live_for(lead, seconds=1)
    step = world.look(third)
    with ThreadPoolExecutor(1) as pool:
        with world.archive.begin() as tx:
            said = Said("recycle", "REP", str(world.row(first)["owner"]), "no_budget")
            people.decide(tx, world.archive, first, said, people.Learned())
            routing = pool.submit(world.perform, third, step)
            assert wait([routing], timeout=0.3).not_done
        routing.result(10)
    assert world.row(third)["state"] == "HANDED_OFF"


def test_one_decision_counts_and_the_other_is_told(world: World) -> None:
    lead = world.enrol(values=READY)
    world.live_for(lead, minutes=1)

    def say(n: int) -> str:
        try:
            world.say(lead, "reject", reason="misrouted")
        except NurtureError:
            return "refused"
        return "taken"

    assert sorted(many(3, say)) == ["refused", "refused", "taken"]
    assert len(world.rows(t.offers, lead)) == 1


def test_two_relays_share_what_is_pending(world: World) -> None:
    leads = some_leads(world, 60)
    found = many(4, lambda n: wakes.pending(world.archive, timedelta(0), limit=20))
    taken = [wake.id for part in found for wake in part]
    assert len(taken) == len(set(taken)) == len(leads)
    assert wakes.pending(world.archive, timedelta(0)) == []
    with world.archive.begin() as tx:  # the relay that took them died
        tx.execute(update(t.wakes).values(taken_at=machine_now() - wakes.LEASE))
    assert len(wakes.pending(world.archive, timedelta(0))) == len(leads)


def test_evidence_about_a_send_counts_once_and_waits_for_nobody(world: World) -> None:
    """A click is evidence too: both need the lead and the ledger's row, in the same order."""
    lead = world.enrol()
    step = world.look(lead)
    world.clock.at = step.due_at
    claimed = world.life.claim(Order(str(lead), step.seq, step.id), "dead")
    assert isinstance(claimed, Claimed)
    send_id = claimed.letter.send_id
    world.look(lead)

    def act(n: int) -> None:
        if n % 2:
            sending.resolve(world.archive, send_id, True)
        else:
            world.event(lead, "click", f"c{n}", ledger_id=send_id)

    many(6, act)
    (row,) = world.rows(t.ledger, lead)
    assert (row["status"], row["engaged_at"]) == ("sent", world.clock.at)
    assert sum(r["data"].get("code") == "found_at_relay" for r in world.rows(t.log, lead)) == 1


def _lines(numbers: Sequence[int]) -> list[Line]:
    return [Line(n, f"lead{k}@site{k}.example") for n, k in enumerate(numbers, start=2)]


def test_imports_in_opposite_orders_and_a_repair_do_not_wait_for_each_other(world: World) -> None:
    some_leads(world, 20)
    files = [_lines(range(40)), _lines(range(39, -1, -1))]

    def run(rows: list[Line]) -> object:
        with world.archive.begin() as tx:
            found = importing.start(tx, world.archive, str(rows[0].email), "h", {}, len(rows), "test")
        return importing.run(world.archive, found, lambda first: (row for row in rows if row.number >= first)).counts

    counts = at_once(lambda: run(files[0]), lambda: run(files[1]), lambda: wakes.wake_all_open(world.archive))
    assert count(world, t.leads) == 40
    assert sum(found["new"] for found in counts if isinstance(found, dict)) == 20


def test_one_file_is_one_import(world: World) -> None:
    def start(n: int) -> UUID:
        begun = in_tx(world.archive, lambda tx: importing.start(tx, world.archive, "a.csv", "h", {}, 3, "test"))
        return begun.id

    assert len(set(many(4, start))) == 1


def test_what_people_set_up_twice_at_once_is_there_once(world: World) -> None:
    def key(tx: Tx) -> str:
        try:
            return api_keys.create(tx, "web", "service")[0].name
        except ConflictError:
            return "refused"

    assert sorted(many(3, lambda n: in_tx(world.archive, key))) == ["refused", "refused", "web"]
    many(3, lambda n: in_tx(world.archive, lambda tx: reps.put(tx, world.archive, "tom", {"capacity": n})))
    assert count(world, t.reps, id="tom") == 1


def test_a_reader_sees_one_moment(world: World) -> None:
    """What a page shows fits together, although others write between its questions."""
    lead = world.enrol()
    with world.archive.reading() as tx:
        before = tx.execute(select(t.leads.c.seq).where(t.leads.c.id == lead)).scalar_one()
        assert world.event(lead, "pricing_view", "p1")
        seen = tx.execute(select(func.count()).select_from(t.events)).scalar_one()
        after = tx.execute(select(t.leads.c.seq).where(t.leads.c.id == lead)).scalar_one()
    assert (before, seen) == (after, 0)
    assert world.row(lead)["seq"] == before + 1
