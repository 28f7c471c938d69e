"""The queue in the archive: who gets which lead next, the lease, and what two who ask at once get."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, get_ident
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, insert, select, update

from domain.errors import InvalidError, MissingError, RefusedError
from storage import queue, reps
from storage import tables as t
from storage.queue import Claimed
from tests.world import HandClock, World, shipped_files

READY = {"fact.pain": "detention", "fact.evaluate_within_months": 1}
ROUTING = """
manager: tom
teams: {sales: {handoff: queue}}
rules:
  - {id: before, to: previous_rep}
  - {id: turn, to: round_robin, team: sales}
"""
AT_WORK = datetime(2027, 1, 5, 16, 0, tzinfo=UTC)
"""Tuesday, ten in the morning in Chicago."""


@pytest.fixture
def pool(world: World) -> World:
    world.publish({**shipped_files(), "lead_defs/routing.yaml": ROUTING})
    world.clock.at = AT_WORK
    return world


def waiting(world: World, number: int = 1, more: Mapping[str, object] = MappingProxyType({})) -> list[UUID]:
    leads = [world.enrol(f"lead{n}@site{n}.example", values={**READY, **more}) for n in range(number)]
    for lead in leads:
        world.live(lead, world.clock.at)
    return leads


def ask(world: World, rep: str = "rosa") -> Claimed | None:
    with world.archive.begin() as tx:
        return queue.take_next(tx, world.archive, rep)


def asked(world: World, rep: str = "rosa") -> UUID | None:
    found = ask(world, rep)
    return found.lead_id if found else None


def place(world: World, lead: UUID) -> dict[str, object]:
    (row,) = world.rows(t.queue, lead)
    return dict(row)


def test_a_lead_in_a_queue_has_one_owner_and_one_clock(pool: World) -> None:
    (lead,) = waiting(pool)
    row = pool.row(lead)
    assert (row["state"], row["owner"], row["team"], row["clock_name"]) == ("HANDED_OFF", "tom", "sales", "accept")
    assert [n["kind"] for n in pool.rows(t.notices, lead)] == []
    with pytest.raises(RefusedError, match="waits in the queue of sales"):
        pool.say(lead, "attempt", who="rosa", outcome="connected", channel="phone")


def test_a_claim_is_a_lease_and_no_acceptance(pool: World) -> None:
    (lead,) = waiting(pool)
    found = ask(pool)
    assert found is not None
    assert (found.lead_id, found.is_new, found.until) == (lead, True, AT_WORK + timedelta(minutes=15))
    assert (pool.row(lead)["state"], pool.row(lead)["owner"]) == ("HANDED_OFF", "tom")
    assert ask(pool, "marc") is None
    again = ask(pool)
    assert again is not None
    assert (again.lead_id, again.is_new) == (lead, False)
    pool.clock.at += timedelta(minutes=16)
    assert asked(pool, "marc") == lead
    with pytest.raises(RefusedError, match="with marc now, not with rosa"):
        pool.say(lead, "attempt", who="rosa", outcome="connected", channel="phone")


def test_the_first_attempt_accepts_and_ends_the_claim(pool: World) -> None:
    first, second = waiting(pool, 2)
    lead = asked(pool)
    assert lead is not None
    pool.say(lead, "attempt", who="rosa", outcome="no_answer", channel="phone")
    row = pool.row(lead)
    assert (row["state"], row["owner"], row["team"]) == ("WORKING", "rosa", None)
    (offer,) = pool.rows(t.offers, lead)
    assert (offer["rep"], offer["accepted_at"], offer["closed_at"]) == ("rosa", AT_WORK, None)
    assert place(pool, lead)["rep"] == "rosa"
    assert asked(pool) == ({first, second} - {lead}).pop()


def test_a_call_keeps_the_lead_up_to_two_hours_and_an_open_page_as_long_as_it_is_open(pool: World) -> None:
    (lead,) = waiting(pool)
    ask(pool)
    with pool.archive.begin() as tx:
        assert queue.keep_claim(tx, pool.archive, "rosa", True).until == AT_WORK + timedelta(hours=2)
    pool.clock.at += timedelta(hours=1, minutes=55)
    assert ask(pool, "marc") is None
    with pool.archive.begin() as tx:
        assert queue.keep_claim(tx, pool.archive, "rosa", False).until == pool.clock.at + timedelta(minutes=15)
    pool.clock.at += timedelta(minutes=15)
    with pytest.raises(RefusedError, match="ran out"), pool.archive.begin() as tx:
        queue.keep_claim(tx, pool.archive, "rosa", False)
    assert asked(pool, "marc") == lead


def test_skip_takes_a_reason_and_is_counted_and_lasts_a_day(pool: World) -> None:
    (lead,) = waiting(pool)
    ask(pool)
    for reason in (None, "", "tired"):
        with pytest.raises(InvalidError, match="one of not_now"), pool.archive.begin() as tx:
            queue.skip(tx, pool.archive, "rosa", reason)
    with pool.archive.begin() as tx:
        queue.skip(tx, pool.archive, "rosa", "not_now")
    assert ask(pool) is None
    assert asked(pool, "marc") == lead
    with pool.archive.begin() as tx:
        queue.let_go(tx, pool.archive, "marc")
        with pytest.raises(RefusedError, match="no lead claimed"):
            queue.let_go(tx, pool.archive, "marc")
    pool.clock.at += timedelta(days=1)
    assert asked(pool) == lead
    told = [
        (row["data"]["is"], row["actor_id"], row["reason"]) for row in pool.rows(t.log, lead) if row["kind"] == "queue"
    ]
    assert told == [
        ("claimed", "rosa", None),
        ("skipped", "rosa", "not_now"),
        ("claimed", "marc", None),
        ("released", "marc", None),
        ("claimed", "rosa", None),
    ]


def test_who_refused_a_lead_does_not_get_it_again(pool: World) -> None:
    (lead,) = waiting(pool)
    ask(pool)
    pool.say(lead, "reject", who="rosa", reason="misrouted")
    pool.live(lead, pool.clock.at)
    assert (pool.row(lead)["state"], pool.row(lead)["team"]) == ("HANDED_OFF", "sales")
    assert ask(pool) is None
    assert asked(pool, "marc") == lead
    pool.say(lead, "recycle", who="marc", reason="no_budget")
    assert (pool.row(lead)["state"], pool.row(lead)["returned_by"]) == ("RECYCLED", "marc")
    assert pool.rows(t.queue, lead) == []
    assert pool.rows(t.queue_passes, lead) == []


def test_raised_hands_before_others_and_the_newest_first(pool: World) -> None:
    quiet = waiting(pool, 2)
    hands = []
    for n in range(2):
        hand = pool.enrol(f"hand{n}@plant{n}.example")
        pool.event(hand, "demo_request", f"d{n}")
        pool.live(hand, pool.clock.at)
        hands.append(hand)
        pool.clock.at += timedelta(minutes=1)
    order = []
    for _ in range(4):
        lead = asked(pool)
        assert lead is not None
        order.append(lead)
        pool.say(lead, "attempt", who="rosa", outcome="no_answer", channel="phone")
    assert order[:2] == [hands[1], hands[0]]
    assert set(order[2:]) == set(quiet)


def test_a_promise_about_to_break_goes_before_a_better_grade(pool: World) -> None:
    (old,) = waiting(pool)
    pool.clock.at = AT_WORK + timedelta(hours=6, minutes=30)  # of eight hours
    fresh = pool.enrol("new@plant.example", values=READY)
    pool.live(fresh, pool.clock.at)
    with pool.archive.begin() as tx:
        tx.execute(update(t.queue).where(t.queue.c.lead_id == fresh).values(key=-1))
    found = ask(pool)
    assert found is not None
    assert (found.lead_id, found.kind) == (old, "deadline")


def test_age_keeps_nobody_waiting_for_ever(pool: World) -> None:
    """Four strokes of the clock lift it above the kinds that would always go first."""
    (old,) = waiting(pool)
    with pool.archive.begin() as tx:  # a promise so long that it is no deadline
        later, slot = pool.clock.at + timedelta(days=90), t.queue.c.slot - t.queue.c.base + 7
        tx.execute(update(t.queue).values(kind="other", base=7, slot=slot, urgent_at=later, due_at=later))
    for day, goes_first in ((2, False), (14, True)):
        pool.clock.at = AT_WORK + timedelta(days=day)
        hand = pool.enrol(f"hand{day}@plant{day}.example")
        pool.event(hand, "demo_request", f"d{day}")
        pool.live(hand, pool.clock.at)
        found = asked(pool)
        assert found == (old if goes_first else hand), day
        pool.say(found, "recycle", who="rosa", reason="no_budget")


def test_nobody_is_called_at_night(pool: World) -> None:
    (far,) = waiting(pool, more={"lead.time_zone": "Asia/Kolkata"})
    assert ask(pool) is None
    pool.clock.at = datetime(2027, 1, 6, 4, 0, tzinfo=UTC)
    assert asked(pool) == far


def test_what_one_has_is_next_when_it_is_due(pool: World) -> None:
    (lead,) = waiting(pool)
    ask(pool)
    pool.say(lead, "attempt", who="rosa", outcome="no_answer", channel="phone")
    assert ask(pool) is None
    pool.clock.at += timedelta(hours=4)
    found = ask(pool)
    assert found is not None
    assert (found.lead_id, found.kind) == (lead, "retry")
    with pool.archive.begin() as tx:
        queue.let_go(tx, pool.archive, "rosa")
    with pool.archive.begin() as tx:
        tx.execute(update(t.attempts).values(callback_at=AT_WORK + timedelta(days=2)))
    pool.live(lead, pool.clock.at)
    assert ask(pool) is None
    pool.clock.at = AT_WORK + timedelta(days=2)
    assert asked(pool) == lead
    assert place(pool, lead)["kind"] == "callback"


def test_a_skill_of_the_rule_is_asked_of_whoever_takes_it(pool: World) -> None:
    ruled = ROUTING.replace(
        "rules:", "rules:\n  - {id: fr, to: pool, team: sales, when: 'lead.language == \"fr\"', skill: french}"
    )
    people = shipped_files()["lead_defs/people.yaml"]
    people = people.replace("team: sales, address: marc", "team: sales, skills: [french], address: marc")
    pool.publish({**shipped_files(), "lead_defs/routing.yaml": ruled, "lead_defs/people.yaml": people})
    (lead,) = waiting(pool, more={"lead.language": "fr"})
    assert ask(pool, "rosa") is None
    assert asked(pool, "marc") == lead


def test_who_is_full_gets_only_their_own(pool: World) -> None:
    waiting(pool, 2)
    with pool.archive.begin() as tx:
        reps.put(tx, pool.archive, "rosa", {"capacity": 1})
    lead = asked(pool)
    assert lead is not None
    pool.say(lead, "attempt", who="rosa", outcome="no_answer", channel="phone")
    assert ask(pool) is None
    pool.clock.at += timedelta(hours=4)
    assert asked(pool) == lead


def test_who_asks_must_be_somebody_who_takes_leads(pool: World) -> None:
    with pytest.raises(MissingError, match="takes no leads yet"):
        ask(pool, "lena")
    with pool.archive.begin() as tx:
        reps.put(tx, pool.archive, "rosa", {"is_active": False})
    with pytest.raises(RefusedError, match="not active"):
        ask(pool)


def test_nobody_took_it_is_the_managers_decision(pool: World) -> None:
    (lead,) = waiting(pool)
    pool.live_for(lead, days=3)
    row = pool.row(lead)
    assert (row["state"], row["is_on_desk"], row["owner"], row["team"]) == ("SALES_READY", True, "tom", None)
    assert pool.rows(t.queue, lead) == []


def test_a_lead_in_front_of_somebody_is_not_taken_away(pool: World) -> None:
    (lead,) = waiting(pool)
    end = datetime(2027, 1, 6, 19, 55, tzinfo=UTC)  # five minutes before the last rung
    pool.live(lead, end)
    assert asked(pool) == lead
    pool.live(lead, end + timedelta(minutes=10))
    assert pool.row(lead)["state"] == "HANDED_OFF"
    pool.say(lead, "attempt", who="rosa", outcome="connected", channel="phone")
    assert pool.row(lead)["owner"] == "rosa"


def test_nobody_gets_what_another_has_however_hard_they_hammer(pool: World) -> None:
    leads = set(waiting(pool, 24))
    people = [f"rep{n}" for n in range(6)]
    known = shipped_files()["lead_defs/people.yaml"]
    known += "".join(f"  {p}: {{name: {p} Smith, role: sales, team: sales, address: {p}@h.example}}\n" for p in people)
    pool.publish({**shipped_files(), "lead_defs/routing.yaml": ROUTING, "lead_defs/people.yaml": known})
    with pool.archive.begin() as tx:
        tx.execute(insert(t.reps), [{"id": p, "capacity": 3, "weight": 1.0, "is_active": True} for p in people])
    start = Barrier(len(people))

    def work(rep: str) -> list[UUID]:
        start.wait(10)
        got = []
        for _ in range(8):
            found = ask(pool, rep)
            if found and found.is_new:
                got.append(found.lead_id)
                pool.say(found.lead_id, "attempt", who=rep, outcome="no_answer", channel="phone")
        return got

    with ThreadPoolExecutor(len(people)) as threads:
        taken = list(threads.map(work, people))
    every = [lead for got in taken for lead in got]
    assert len(every) == len(set(every))
    assert set(every) <= leads
    assert Counter(map(len, taken)) == {3: 6}
    with pool.archive.reading() as tx:
        c = t.leads.c
        counted = select(c.owner, func.count()).where(c.team.is_(None)).group_by(c.owner)
        held = {row[0]: row[1] for row in tx.execute(counted)}
    assert held == dict.fromkeys(people, 3)


def test_a_claim_that_runs_out_while_it_is_renewed_is_not_renewed_for_whoever_took_it(pool: World) -> None:
    """Rosa asks in the last second of her lease; between her look and her renewal it is over, and Marc asks."""
    (lead,) = waiting(pool)
    assert asked(pool) == lead
    pool.clock.at += timedelta(minutes=14, seconds=59)
    later = replace(pool.archive, clock=HandClock(pool.clock.at + timedelta(seconds=1)))
    rosa, marc = get_ident(), list[Future[Claimed | None]]()
    patience = 10 if pool.archive.engine.dialect.name == "postgresql" else 0.1  # SQLite has one writer at a time

    def take() -> Claimed | None:
        with later.begin() as tx:
            return queue.take_next(tx, later, "marc")

    with ThreadPoolExecutor(1) as threads:

        @event.listens_for(pool.archive.engine, "after_cursor_execute")
        def _looked(connection: Any, cursor: Any, statement: str, *more: Any) -> None:  # Any: SQLAlchemy's own
            if get_ident() == rosa and "FROM queue" in statement and not marc:
                marc.append(threads.submit(take))
                wait(marc, patience)

        hers, his = ask(pool), marc[0].result(20)
    assert [found for found in (hers, his) if found and found.lead_id == lead] in ([hers], [his])


def test_who_logs_an_attempt_while_asking_gets_no_lead_beyond_their_places(pool: World) -> None:
    """From two windows: the attempt takes her last place after she was looked up, and before her claims are."""
    lead, _ = waiting(pool, 2)
    with pool.archive.begin() as tx:
        tx.execute(update(t.reps).where(t.reps.c.id == "rosa").values(capacity=1))
    lead = asked(pool) or lead
    asking, tried = get_ident(), list[Future[None]]()
    patience = 10 if pool.archive.engine.dialect.name == "postgresql" else 0.1  # SQLite has one writer at a time

    def attempt() -> None:
        pool.say(lead, "attempt", who="rosa", outcome="no_answer", channel="phone")

    with ThreadPoolExecutor(1) as threads:

        @event.listens_for(pool.archive.engine, "after_cursor_execute")
        def _looked(connection: Any, cursor: Any, statement: str, *more: Any) -> None:  # Any: SQLAlchemy's own
            if get_ident() == asking and "FROM reps" in statement and not tried:
                tried.append(threads.submit(attempt))
                wait(tried, patience)

        found = ask(pool)
        tried[0].result(20)
    assert found is None or found.lead_id == lead
    assert pool.row(lead)["state"] == "WORKING"


def test_a_place_freed_goes_to_the_best_of_those_held_back(world: World, tmp_path: Path) -> None:
    with world.archive.begin() as tx:
        tx.execute(update(t.reps).values(capacity=1))
    world.clock.at = AT_WORK
    for n in range(2):
        world.live(world.enrol(f"first{n}@site{n}.example", values=READY), world.clock.at)
    plain = world.enrol("plain@plant.example", values=READY)
    world.live_for(plain, minutes=1)
    hand = world.enrol("hand@yard.example")
    world.event(hand, "demo_request", "d1")
    world.live_for(hand, minutes=1)
    assert {world.row(lead)["state"] for lead in (plain, hand)} == {"SALES_READY"}
    with world.archive.reading() as tx:
        taken = tx.execute(select(t.leads.c.id).where(t.leads.c.state == "HANDED_OFF")).scalars().first()
    assert taken is not None
    world.say(taken, "recycle", reason="no_budget")
    with world.archive.reading() as tx:
        woken = tx.execute(select(t.wakes.c.lead_id).where(t.wakes.c.verb == "place_free")).scalars().all()
    assert woken == [hand]
