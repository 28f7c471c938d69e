"""What a salesperson logs once a lead is qualified: it stays where it is, and the queue knows when it is due again."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from domain.said import Deal, Said
from storage import queue, repairing, supporting
from storage import tables as t
from tests.world import World, shipped_release

DEAL = Deal(42_000, "USD", date(2028, 1, 1), "commit")
WAY = {"QUALIFIED": ("qualify",), "OPPORTUNITY": ("qualify", "opportunity")}
WAY["PROPOSAL"] = (*WAY["OPPORTUNITY"], "proposal")


def stood(world: World, state: str) -> UUID:
    """A lead that came that far at ten in the morning in Chicago, and was left alone for two days."""
    lead = world.enrol("ana@site.example", values={"fact.pain": "detention", "fact.evaluate_within_months": 1})
    world.live_for(lead, minutes=1)
    world.say(lead, "attempt", outcome="connected", channel="phone")
    for command in WAY[state]:
        world.say(lead, command, deal=None if command == "qualify" else DEAL)
    world.live_for(lead, days=2)
    assert world.row(lead)["state"] == state
    return lead


@pytest.mark.parametrize("state", WAY)
@pytest.mark.parametrize("outcome", ["connected", "no_answer"])
def test_it_stays_where_it_is_and_only_the_clock_that_asks_for_a_sign_begins_anew(
    world: World, state: str, outcome: str
) -> None:
    lead = stood(world, state)
    before = world.row(lead)
    world.say(lead, "attempt", outcome=outcome, channel="phone", minutes=7)
    after = world.row(lead)
    assert world.transitions(lead)[-1] == "T18b"
    assert [row["outcome"] for row in world.rows(t.attempts, lead)] == ["connected", outcome]
    assert (after["state"], after["owner"]) == (state, before["owner"])
    assert after["state_entered_at"] == before["state_entered_at"]
    moved = timedelta(0) if state == "QUALIFIED" else timedelta(days=2)
    assert after["clock_due_at"] - before["clock_due_at"] == moved
    assert after["clock_name"] == before["clock_name"]


@pytest.mark.parametrize("state", WAY)
def test_a_callback_is_the_next_thing_in_their_queue_until_they_tried_again(world: World, state: str) -> None:
    lead = stood(world, state)
    rep, callback_at = world.row(lead)["owner"], world.clock.at + timedelta(hours=3)
    world.say(lead, "attempt", outcome="gatekeeper", channel="phone", callback_at=callback_at)
    (placed,) = world.rows(t.queue, lead)
    assert (placed["kind"], placed["from_at"]) == ("callback", callback_at)
    world.clock.at = callback_at
    with world.archive.begin() as tx:
        found = queue.take_next(tx, world.archive, rep)
    assert found is not None
    assert (found.lead_id, found.kind) == (lead, "callback")
    world.say(lead, "attempt", outcome="no_answer", channel="phone")
    (placed,) = world.rows(t.queue, lead)
    order = shipped_release().queue
    gap = order.next_step if state == "QUALIFIED" else order.next_step_in_deal
    assert (placed["kind"], placed["claimed_by"]) == ("next_step", None)
    assert placed["from_at"] == callback_at + gap


def test_a_promise_that_an_attempt_does_not_keep_is_broken_all_the_same(world: World) -> None:
    """Calling is no opportunity: seven days after qualifying it goes back, however often they called."""
    lead = stood(world, "QUALIFIED")
    for _ in range(30):
        world.say(lead, "attempt", outcome="no_answer", channel="phone")
        world.live_for(lead, days=1)
        if world.row(lead)["state"] != "QUALIFIED":
            break
    assert world.row(lead)["state"] == "RECYCLED"
    assert world.row(lead)["return_reason"] == "stalled_in_sales"


def test_mail_in_their_name_is_quiet_after_it(world: World) -> None:
    lead = stood(world, "OPPORTUNITY")
    with world.archive.begin() as tx:
        supporting.allow(tx, world.archive, lead, None, "REP", world.row(lead)["owner"])
    world.live_for(lead, days=2)
    world.say(lead, "attempt", outcome="connected", channel="phone")
    said_at = world.clock.at
    world.live_for(lead, days=30)
    (send,) = world.rows(t.ledger, lead)[-1:]
    assert send["touch"] in {letter.touch for letter in world.sent}
    assert send["claimed_at"] - said_at >= timedelta(days=5)


@pytest.mark.parametrize("state", WAY)
def test_it_is_taken_back_with_all_it_did(world: World, state: str) -> None:
    lead = stood(world, state)
    before = dict(world.row(lead))
    world.say(lead, "attempt", outcome="connected", channel="phone", callback_at=world.clock.at + timedelta(days=1))
    world.clock.at += timedelta(minutes=5)
    with world.archive.begin() as tx:
        repairing.undo(tx, world.archive, lead, Said("undo", "REP", before["owner"]), None)
    world.look(lead)
    after = world.row(lead)
    same = ("state", "owner", "clock_name", "clock_started_at", "clock_due_at", "state_entered_at", "answered")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert len(world.rows(t.attempts, lead)) == 1
    assert world.rows(t.queue, lead)[0]["kind"] == "next_step"
