"""What another system knew: touches never sent again, leads that stay with their salesperson, addresses left alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from domain.importing import Before, Line, Received, Row
from domain.lead import State
from storage import importing, reading
from storage import tables as t
from storage.importing import Import
from tests.world import World, shipped_release

GOOD = {"company.industry": "3pl", "company.dock_doors": 14, "company.country": "US", "inquiry.topic": "detention"}
TRACK = shipped_release().tracks["dock-waiting"]
FIRST = TRACK.stages[TRACK.first_stage].touches[0]


def imported(world: World, *rows: Line, name: str = "leads.csv") -> Import:
    given: Sequence[Row] = rows
    with world.archive.begin() as tx:
        found = importing.start(tx, world.archive, name, name, {}, len(rows), "test")
    return importing.run(world.archive, found, lambda first: (row for row in given if row.number >= first))


def lead_of(world: World, email: str = "ana@acme.example") -> UUID:
    with world.archive.reading() as tx:
        found = reading.by_address(tx, world.archive, email)
    assert found is not None
    return found


def reasons(world: World, found: Import) -> list[str]:
    with world.archive.reading() as tx:
        return [each.reason for each in importing.rejects(tx, found.id)]


def total(world: World, table: Any) -> int:  # Any: one of storage.tables
    with world.archive.reading() as tx:
        return tx.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_touch_the_old_system_gave_is_never_given_again(world: World) -> None:
    day = world.clock.at - timedelta(days=40)
    imported(world, Line(2, "ana@acme.example", GOOD, received=(Received(FIRST, day),)), Line(3, "bo@b.example", GOOD))
    for email in ("ana@acme.example", "bo@b.example"):
        world.live_for(lead_of(world, email), days=60)
    other = [row["touch"] for row in world.rows(t.ledger, lead_of(world, "bo@b.example")) if row["tries"]]
    ours = [row["touch"] for row in world.rows(t.ledger, lead_of(world)) if row["tries"]]
    assert FIRST in other
    assert ours
    assert FIRST not in ours
    (row,) = (row for row in world.rows(t.ledger, lead_of(world)) if row["touch"] == FIRST)
    assert (row["status"], row["code"], row["ended_at"], row["track"]) == ("sent", "imported", day, "dock-waiting")


def test_an_asset_by_itself_keeps_every_touch_back_that_offers_it(world: World) -> None:
    touch = next(each for each in TRACK.touches.values() if each.assets and not each.is_human)
    imported(world, Line(2, "ana@acme.example", GOOD, received=tuple(map(Received, touch.assets))))
    world.live_for(lead_of(world), days=120)
    assert world.sent
    assert touch.id not in [each.touch for each in world.sent]


def test_the_same_history_twice_is_there_once(world: World) -> None:
    asset = next(iter(shipped_release().assets))
    line = Line(2, "ana@acme.example", GOOD, received=(Received(FIRST), Received(asset), Received(asset)))
    imported(world, line)
    rows = total(world, t.ledger)
    assert imported(world, line, name="again.csv").counts["known"] == 1
    assert total(world, t.ledger) == rows


def test_what_they_did_before_counts_on_the_day_it_happened(world: World) -> None:
    day = datetime(2026, 12, 1, 9, tzinfo=UTC)
    late = world.clock.at + timedelta(days=400)
    line = Line(
        2, "ana@acme.example", GOOD, events=(Before("pricing_view", day, 3), Before("open", day), Before("click", late))
    )
    imported(world, line)
    (facts,) = world.rows(t.lead_facts, lead_of(world))
    assert facts["seen"]["pricing_view"]["days"] == {"2026-12-01": 3}
    assert "open" not in facts["seen"]  # may be a machine: never counted
    assert facts["seen"]["click"]["last_at"] == world.clock.at.isoformat()  # nobody's clock is ahead of ours
    assert total(world, t.events) == 5


def test_a_thousand_events_of_one_lead_are_all_taken(world: World) -> None:
    imported(world, Line(2, "ana@acme.example", GOOD, events=(Before("click", None, 1000), Before("reply", None, 900))))
    assert total(world, t.events) == 1900


def test_who_is_with_a_salesperson_stays_there_and_nobody_is_told(world: World) -> None:
    found = imported(world, Line(2, "ana@acme.example", GOOD, owner="rosa"))
    assert found.counts["with_sales"] == 1
    lead_id = lead_of(world)
    assert world.transitions(lead_id) == ["T42"]
    world.live_for(lead_id, days=3)
    row = world.row(lead_id)
    assert (row["state"], row["owner"], row["clock_name"]) == (State.ACCEPTED, "rosa", "outcome")
    assert total(world, t.notices) == 0
    assert not world.sent
    world.say(lead_id, "attempt", outcome="connected", channel="phone")
    world.say(lead_id, "recycle", reason="no_budget", note_length=30)
    assert world.row(lead_id)["state"] == State.RECYCLED
    (handoff,) = world.rows(t.handoffs, lead_id)
    assert (handoff["outcome"], handoff["reason"]) == ("RECYCLED", "no_budget")


def test_an_owner_of_a_lead_that_is_on_its_way_here_is_a_row_to_look_at(world: World) -> None:
    lead_id = world.enrol("ana@acme.example")
    world.live_for(lead_id, days=1)
    found = imported(world, Line(2, "ana@acme.example", {"lead.title": "COO"}, owner="rosa"))
    assert reasons(world, found) == ["it is NURTURING here already, so rosa cannot simply have it; assign it by hand"]
    # Nothing of the row was taken, not even the title.
    (facts,) = world.rows(t.lead_facts, lead_id)
    assert "lead.title" not in facts["known"]


def test_the_same_owner_again_changes_nothing(world: World) -> None:
    line = Line(2, "ana@acme.example", GOOD, owner="rosa")
    imported(world, line)
    assert imported(world, line, name="again.csv").counts["rejected"] == 0
    assert world.transitions(lead_of(world)) == ["T42"]


def test_what_the_files_do_not_know_is_refused_by_name(world: World) -> None:
    found = imported(
        world,
        Line(2, "a@a.example", owner="nobody"),
        Line(3, "b@b.example", owner="ines"),
        Line(4, "c@c.example", events=(Before("sneezed"),)),
        Line(5, "d@d.example", received=(Received("no-such-mail"),)),
        Line(6, "e@e.example"),
    )
    assert found.counts["rejected"] == 4
    assert [reason.partition(" in lead_defs")[0] for reason in reasons(world, found)] == [
        "nobody in sales is called nobody",
        "nobody in sales is called ines",
        "there is no event sneezed",
        "there is no touch and no asset no-such-mail",
    ]
    assert total(world, t.leads) == 1


def test_an_address_that_bounced_there_is_not_tried_here(world: World) -> None:
    imported(world, Line(2, "ana@acme.example", GOOD, has_bounced=True))
    with world.archive.reading() as tx:
        assert tx.execute(select(t.suppressions.c.reason)).scalars().all() == ["bounced"]
    world.live_for(lead_of(world), days=60)
    assert not world.sent
