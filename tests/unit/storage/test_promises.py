"""Promises about sales-ready leads: who lets them pass is passed over, and what became of each is told by name."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from storage import promises, queue, reps
from storage import tables as t
from storage.promises import Hand, Untried
from tests.world import MONDAY, World, shipped_files

READY = {"fact.pain": "detention", "fact.evaluate_within_months": 1}
EARLY = MONDAY - timedelta(days=1)
ON_ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""What asks nothing new of a database."""


def ready(world: World, number: int) -> UUID:
    lead = world.enrol(f"lead{number}@site{number}.example", values=READY)
    world.live(lead, world.clock.at)
    return lead


def only(world: World, rep: str) -> None:
    """New leads go to them alone."""
    for name in ("rosa", "marc"):
        with world.archive.begin() as tx:
            reps.put(tx, world.archive, name, {"capacity": 20 if name == rep else 0})


def let_pass(world: World, rep: str) -> int:
    with world.archive.reading() as tx:
        found: int = tx.execute(select(t.reps.c.let_pass).where(t.reps.c.id == rep)).scalar_one()
        return found


def untried(world: World) -> list[Untried]:
    with world.archive.reading() as tx:
        return promises.untried(tx, world.archive, EARLY, 100)


def hands(world: World) -> list[tuple[str | None, str, str]]:
    (one,) = untried(world)
    check_whole(one, world.clock.at)
    return [(hand.rep, hand.clock, hand.became) for hand in one.hands]


def check_whole(one: Untried, now: datetime) -> None:
    """Each minute is somebody's."""
    ends = [one.ready_at, *(hand.until_at for hand in one.hands if hand.became != "skipped")]
    assert ends == sorted(ends)
    assert (one.closed_at or now) - ends[-1] < timedelta(minutes=1)


def silent(world: World) -> list[UUID]:
    """Two leads that a clock takes from Marc while Rosa has no place."""
    only(world, "marc")
    leads = [ready(world, n) for n in range(2)]
    for lead in leads:
        world.live(lead, MONDAY + timedelta(days=1, hours=6))
    assert {world.row(lead)["state"] for lead in leads} == {"SALES_READY"}
    return leads


def test_who_lets_two_pass_gets_no_more_and_the_manager_hears_of_it_once(world: World) -> None:
    leads = silent(world)
    assert let_pass(world, "marc") == 2
    with world.archive.reading() as tx:
        c = t.notices.c
        told = tx.execute(select(c.person, c.data, c.lead_id).where(c.kind == "silent")).all()
    assert [(row.person, row.data["owner"], row.lead_id) for row in told] == [("tom", "marc", leads[1])]
    with world.archive.begin() as tx:
        reps.put(tx, world.archive, "rosa", {"capacity": 1})
    assert world.row(ready(world, 4))["owner"] == "rosa"
    waiting = ready(world, 3)
    assert world.row(waiting)["state"] == "SALES_READY"
    (logged,) = [row["data"]["passed_over"] for row in world.rows(t.log, waiting) if row["kind"] == "routing"]
    assert sorted(logged) == [["marc", "let the last ones pass"], ["rosa", "no free place"]]
    with world.archive.begin() as tx:
        reps.put(tx, world.archive, "rosa", {"capacity": 20})
    world.live_for(waiting, hours=2)
    assert world.row(waiting)["owner"] == "rosa"


@ON_ONE
def test_accepting_is_no_answer_and_trying_or_refusing_is(world: World) -> None:
    only(world, "marc")
    first, second, third = (ready(world, n) for n in range(3))
    world.say(first, "accept")
    world.live(first, MONDAY + timedelta(hours=7))
    assert world.transitions(first)[-1] == "T19"
    assert let_pass(world, "marc") == 1
    world.say(second, "accept")
    assert let_pass(world, "marc") == 1
    world.say(second, "attempt", outcome="no_answer", channel="phone")
    assert let_pass(world, "marc") == 0
    world.live(third, MONDAY + timedelta(days=2))
    assert let_pass(world, "marc") == 1


@ON_ONE
@pytest.mark.parametrize("how", ["refuses", "is back", "manager"])
def test_silence_ends_with_a_word(world: World, how: str) -> None:
    only(world, "marc")
    kept = ready(world, 9)
    with world.archive.begin() as tx:
        tx.execute(t.reps.update().where(t.reps.c.id == "marc").values(let_pass=2))
    if how == "refuses":
        world.say(kept, "reject", reason="misrouted")
    else:
        with world.archive.begin() as tx:
            if how == "manager":
                reps.put(tx, world.archive, "marc", {"capacity": 20})
            else:
                reps.away(tx, world.archive, "marc", None)
    assert let_pass(world, "marc") == 0
    assert world.row(ready(world, 3))["owner"] == "marc"


@ON_ONE
def test_a_breach_is_not_kept(world: World) -> None:
    """Logged at the very instant at which the time is over."""
    lead = ready(world, 1)
    world.live_for(lead, days=3)
    rows = [row["data"] for row in world.rows(t.log, lead) if row["kind"] == "breach"]
    assert rows
    assert [row.get("kept", False) for row in rows] == [False] * len(rows)


def test_whoever_had_it_is_named_with_the_clock_and_the_time_it_was_held_back_too(world: World) -> None:
    only(world, "marc")
    lead = ready(world, 1)
    world.live(lead, MONDAY + timedelta(days=1, hours=8))
    (one,) = untried(world)
    check_whole(one, world.clock.at)
    marc, nobody = one.hands
    assert marc == Hand("marc", "accept", MONDAY, MONDAY + timedelta(days=1, hours=4), "let it pass", None, 720.0)
    assert (marc.is_broken, marc.wall_minutes) == (True, 28 * 60)
    assert (nobody.rep, nobody.clock, nobody.became) == (None, "routed", "held back")
    assert nobody.reason == "marc: had it already; rosa: no free place"
    assert one.days == pytest.approx(2.0)
    assert (one.lead_id, one.state, one.owner, one.closed_at) == (lead, "SALES_READY", "ines", None)
    with world.archive.begin() as tx:
        reps.put(tx, world.archive, "rosa", {"capacity": 20})
    world.live_for(lead, hours=2)
    assert hands(world)[-1] == ("rosa", "accept", "has it")
    world.say(lead, "attempt", outcome="connected", channel="phone")
    assert untried(world) == []  # and yet what Marc did is not forgotten
    with world.archive.reading() as tx:
        by_rep = {one.rep: one for one in promises.kept(tx, world.archive, EARLY)}
    assert (by_rep["marc"].offered, by_rep["marc"].let_pass, by_rep["marc"].median_minutes) == (1, 1, None)
    assert (by_rep["rosa"].accepted, by_rep["rosa"].tried, by_rep["rosa"].let_pass) == (1, 1, 0)


@ON_ONE
def test_refused_and_on_the_desk_and_late(world: World) -> None:
    only(world, "marc")
    lead = ready(world, 1)
    world.say(lead, "reject", reason="misrouted")
    with world.archive.begin() as tx:
        reps.put(tx, world.archive, "rosa", {"is_active": False})
    world.live_for(lead, hours=3)
    assert hands(world) == [("marc", "accept", "rejected"), ("tom", "desk", "on the desk")]
    world.say(lead, "assign", actor="MGR", who="tom", rep="marc")
    world.live_for(lead, hours=26)
    assert hands(world)[-1] == ("marc", "accept", "has it, late")


def test_what_became_of_claims_in_a_queue(world: World) -> None:
    ruled = shipped_files()["lead_defs/routing.yaml"].replace("handoff: offer", "handoff: queue")
    world.publish({**shipped_files(), "lead_defs/routing.yaml": ruled})
    world.clock.at = MONDAY + timedelta(hours=1)
    ready(world, 1)
    for rep, says in (("rosa", True), ("marc", False)):
        with world.archive.begin() as tx:
            assert queue.take_next(tx, world.archive, rep)
        world.clock.at += timedelta(minutes=5)
        if says:
            with world.archive.begin() as tx:
                queue.skip(tx, world.archive, rep, "not_mine")
    world.clock.at += timedelta(hours=1)
    (one,) = untried(world)
    told = [(hand.rep, hand.became, hand.reason, hand.minutes) for hand in one.hands]
    assert told[:2] == [("rosa", "skipped", "not_mine", 5.0), ("marc", "had it in front of them", None, 15.0)]
    assert (told[2][:2], one.hands[2].team) == ((None, "waits"), "sales")


@ON_ONE
def test_the_rate_counts_only_what_is_old_enough(world: World) -> None:
    only(world, "rosa")
    tried, left = ready(world, 1), ready(world, 2)
    world.say(tried, "attempt", outcome="connected", channel="phone")
    world.live(left, MONDAY + timedelta(days=13))
    with world.archive.reading() as tx:
        assert promises.never_tried(tx, world.clock.at, EARLY).n == 0
    world.clock.at = MONDAY + timedelta(days=14)
    with world.archive.reading() as tx:
        rate = promises.never_tried(tx, world.clock.at, EARLY)
    assert (rate.hits, rate.n, rate.value) == (1, 2, None)


@ON_ONE
def test_what_was_taken_from_them_for_another_reason_they_did_not_let_pass(world: World) -> None:
    only(world, "marc")
    handed_over, dropped, worked = (ready(world, n) for n in range(3))
    world.say(dropped, "withdraw", actor="MKT", who="ines", note_length=20)
    world.say(worked, "attempt", outcome="no_answer", channel="phone")
    world.live_for(worked, days=60)
    assert "T22" in world.transitions(worked)
    with world.archive.begin() as tx:
        reps.put(tx, world.archive, "rosa", {"capacity": 20})
        reps.away(tx, world.archive, "marc", world.clock.at + timedelta(days=9))
    assert world.row(handed_over)["owner"] == "rosa"
    with world.archive.reading() as tx:
        marc = next(one for one in promises.kept(tx, world.archive, EARLY) if one.rep == "marc")
    assert (marc.offered, marc.tried, marc.let_pass) == (3, 1, 0)
