"""Leads that change hands: one by the manager, all of somebody who leaves or is away; nothing is left with nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select, update

from domain.errors import InvalidError, RefusedError
from domain.lead import IN_SALES
from domain.said import Deal
from storage import reps
from storage import tables as t
from tests.world import World, shipped_files

READY = {"fact.pain": "detention", "fact.evaluate_within_months": 1}
AT_WORK = datetime(2027, 1, 5, 16, 0, tzinfo=UTC)
DEAL = Deal(1000.0, "USD", AT_WORK.date() + timedelta(days=90), "commit")
WAY: tuple[tuple[str, dict[str, Any]], ...] = (
    ("accept", {}),
    ("attempt", {"outcome": "connected", "channel": "phone"}),
    ("qualify", {}),
    ("opportunity", {"deal": DEAL}),
    ("proposal", {"deal": DEAL}),
)


@pytest.fixture
def hands(world: World) -> World:
    """Rosa has all there is; Marc is away until somebody says otherwise."""
    world.clock.at = AT_WORK
    with world.archive.begin() as tx:
        tx.execute(update(t.reps).values(capacity=100))
        reps.away(tx, world.archive, "marc", AT_WORK + timedelta(days=30))
    return world


def back(world: World, rep: str = "marc") -> None:
    with world.archive.begin() as tx:
        reps.away(tx, world.archive, rep, None)


def with_rosa(world: World, number: int, steps: int = 0) -> list[UUID]:
    leads = [world.enrol(f"lead{steps}{n}@site{steps}{n}.example", values=READY) for n in range(number)]
    for lead in leads:
        world.live(lead, world.clock.at)
        for command, more in WAY[:steps]:
            world.say(lead, command, **more)
    return leads


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    found: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        found.append(statement)

    event.listen(world.archive.engine, "before_cursor_execute", note)
    yield found
    event.remove(world.archive.engine, "before_cursor_execute", note)


def check(world: World) -> None:
    """With sales: one owner who is there, one clock, one open offer where somebody has it."""
    with world.archive.reading() as tx:
        rows = tx.execute(select(t.leads).where(t.leads.c.state.in_([s.value for s in IN_SALES]))).mappings().all()
        c = t.offers.c
        query = select(c.lead_id, func.count(), func.max(c.rep)).where(c.closed_at.is_(None)).group_by(c.lead_id)
        offers = {row[0]: (row[1], row[2]) for row in tx.execute(query)}
        people = world.archive.live(tx).people
    for row in rows:
        assert row["owner"] in people, dict(row)
        assert row["clock_name"], dict(row)
        expected = (1, row["owner"]) if row["state"] != "SALES_READY" else None
        assert offers.get(row["id"]) == expected, dict(row)


@pytest.mark.parametrize("steps", range(6))
def test_the_manager_gives_a_lead_to_another_in_every_state(hands: World, steps: int) -> None:
    (lead,) = with_rosa(hands, 1, steps)
    before = hands.row(lead)
    back(hands)
    hands.clock.at += timedelta(minutes=30)
    hands.say(lead, "reassign", "MGR", who="tom", rep="marc", note_length=20)
    after = hands.row(lead)
    assert (after["state"], after["clock_name"]) == (before["state"], before["clock_name"])
    assert (after["owner"], after["clock_started_at"]) == ("marc", hands.clock.at)
    row = [r for r in hands.rows(t.log, lead) if r["transition"] == "T43"][-1]
    assert (row["data"]["from"], row["data"]["rep"], row["actor_id"]) == ("rosa", "marc", "tom")
    told = [(n["person"], n["kind"]) for n in hands.rows(t.notices, lead)]
    assert ("marc", "reassigned") in told
    (place,) = hands.rows(t.queue, lead)
    assert (place["rep"], place["claimed_by"]) == ("marc", None)
    check(hands)
    with pytest.raises(RefusedError, match="with marc now, not with rosa"):
        hands.say(lead, "recycle", who="rosa", reason="no_budget")


def test_reassign_needs_somebody_who_can_take_it_and_a_reason(hands: World) -> None:
    (lead,) = with_rosa(hands, 1)
    for more, words in (
        ({"rep": "marc", "note_length": 0}, "say why"),
        ({"rep": None, "note_length": 9}, "name the salesperson"),
        ({"rep": "rosa", "note_length": 9}, "has it already"),
        ({"rep": "ines", "note_length": 9}, "name the salesperson"),
        ({"rep": "nobody", "note_length": 9}, "nobody called nobody"),
    ):
        with pytest.raises(InvalidError, match=words):
            hands.say(lead, "reassign", "MGR", who="tom", **more)
    with pytest.raises(RefusedError, match="away"):
        hands.say(lead, "reassign", "MGR", who="tom", rep="marc", note_length=9)
    with pytest.raises(RefusedError, match="cannot reassign"):
        hands.say(lead, "reassign", "REP", rep="marc", note_length=9)
    assert hands.row(lead)["owner"] == "rosa"


def test_somebody_leaves_with_forty_leads(hands: World) -> None:
    routing = shipped_files()["lead_defs/routing.yaml"].replace("capacity: {", "# capacity: {")  # forty in one day
    hands.publish({**shipped_files(), "lead_defs/routing.yaml": routing})
    leads = [lead for steps, number in enumerate((20, 8, 4, 3, 3, 2)) for lead in with_rosa(hands, number, steps)]
    assert len(leads) == 40
    back(hands)
    with hands.archive.begin() as tx:
        tx.execute(update(t.reps).where(t.reps.c.id == "marc").values(capacity=25))
    with statements(hands) as sent, hands.archive.begin() as tx:
        shown = reps.put(tx, hands.archive, "rosa", {"is_active": False}, "tom")
    assert len(sent) < 30
    assert sum(shown["handed_over"].values()) == 40
    assert shown["in_hand"] == 0
    check(hands)
    owners = Counter(hands.row(lead)["owner"] for lead in leads)
    assert owners == {"marc": 25, "tom": 15}
    with hands.archive.reading() as tx:
        held = next(rep for rep in reps.listed(tx, hands.archive) if rep["id"] == "marc")
    assert held["in_hand"] <= held["capacity"]
    for lead in leads:
        assert hands.row(lead)["seq"] >= 2
        hands.live_for(lead, minutes=1)  # the life goes on
        assert hands.row(lead)["owner"] in ("marc", "tom")
    check(hands)


def test_nobody_is_left_to_take_over(hands: World) -> None:
    untouched, worked = with_rosa(hands, 1)[0], with_rosa(hands, 1, 2)[0]
    with hands.archive.begin() as tx:
        reps.reassign(tx, hands.archive, "rosa", "rosa left")
    row = hands.row(untouched)
    assert (row["state"], row["is_on_desk"], row["owner"]) == ("SALES_READY", True, "tom")
    assert (hands.row(worked)["state"], hands.row(worked)["owner"]) == ("WORKING", "tom")
    check(hands)
    again = hands.rows(t.log, worked)
    with hands.archive.begin() as tx:
        assert reps.reassign(tx, hands.archive, "rosa", "again")["handed_over"] == {}
    assert hands.rows(t.log, worked) == again


def test_away_gives_what_waits_for_a_first_attempt_to_others_unless_told_otherwise(hands: World) -> None:
    untouched, worked = with_rosa(hands, 1)[0], with_rosa(hands, 1, 2)[0]
    back(hands)
    until = AT_WORK + timedelta(days=10)
    with hands.archive.begin() as tx:
        assert reps.away(tx, hands.archive, "rosa", until, "nothing")["handed_over"] == {}
    with hands.archive.begin() as tx:
        assert reps.away(tx, hands.archive, "rosa", until)["handed_over"] == {"marc": 1}
    assert (hands.row(untouched)["owner"], hands.row(worked)["owner"]) == ("marc", "rosa")
    with hands.archive.begin() as tx:
        assert reps.away(tx, hands.archive, "rosa", until, "everything")["handed_over"] == {"marc": 1}
    with pytest.raises(InvalidError, match="untouched, everything, nothing"), hands.archive.begin() as tx:
        reps.away(tx, hands.archive, "rosa", until, "half")
    check(hands)


def test_somebody_taken_out_of_people_yaml_leaves_nothing_behind(hands: World) -> None:
    leads = with_rosa(hands, 3, 2)
    back(hands)
    people = shipped_files()["lead_defs/people.yaml"]
    kept = "".join(line for line in people.splitlines(keepends=True) if not line.startswith("  rosa:"))
    hands.publish({**shipped_files(), "lead_defs/people.yaml": kept})
    assert {hands.row(lead)["owner"] for lead in leads} == {"marc"}
    check(hands)


@pytest.mark.parametrize(
    "changes",
    [
        {"hours": "Mon-Fri 09:00-09:00"},
        {"hours": "never"},
        {"holidays": "XX"},
        {"holidays": "DE-XX"},
        {"zone": "Mars/Base"},
        {"capacity": -1},
        {"weight": 0},
    ],
)
def test_a_calendar_in_which_nobody_works_is_refused(hands: World, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidError), hands.archive.begin() as tx:
        reps.put(tx, hands.archive, "rosa", changes)
