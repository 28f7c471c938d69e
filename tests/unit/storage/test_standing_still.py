"""Pauses of more than one lead, and a company about to buy: nothing is sent, everything goes on afterwards."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.errors import InvalidError, MissingError
from domain.said import Deal, Said
from storage import opportunities, pauses, people, repairing
from storage import tables as t
from storage.opportunities import Told
from tests.world import World

READY = {"fact.pain": "detention", "fact.evaluate_within_months": 1}


def pause(world: World, scope: str, days: int) -> None:
    with world.archive.begin() as tx:
        pauses.begin(tx, world.archive, scope, world.clock.at + timedelta(days=days), "ines", "audit")


def tell(world: World, **more: object) -> None:
    with world.archive.begin() as tx:
        told = Told("crm", "1", **{"status": "open", "company": "site.example", **more})  # type: ignore[arg-type]
        opportunities.tell(tx, told, world.clock.at)


def wakes_of(world: World, lead: UUID) -> list[str]:
    return [row["verb"] for row in world.rows(t.wakes, lead)]


@pytest.mark.parametrize("scope", ["everything", "track:dock-waiting", "company:site.example", "list:fair-2027"])
def test_what_is_paused_sends_nothing_until_its_end(world: World, scope: str) -> None:
    lead = world.enrol(origin="fair-2027")
    other = world.enrol("bo@elsewhere.example", origin="web")
    world.live_for(lead, minutes=1)
    pause(world, scope, 30)
    began = world.clock.at
    step = world.live_for(lead, days=29)
    assert step.reason == f"paused: {scope}"
    assert world.rows(t.ledger, lead) == []
    world.live_for(lead, days=10)
    first = world.rows(t.ledger, lead)[0]["claimed_at"]
    assert first >= began + timedelta(days=30)
    world.clock.at = began
    world.live_for(other, days=20)
    assert bool(world.rows(t.ledger, other)) == (scope in ("company:site.example", "list:fair-2027"))


def test_a_pause_ended_early_wakes_those_who_waited(world: World) -> None:
    lead, other = world.enrol(), world.enrol("bo@elsewhere.example")
    for each in (lead, other):
        world.live_for(each, minutes=1)
    pause(world, "company:site.example", 300)
    before = len(wakes_of(world, other))
    with world.archive.begin() as tx:
        assert pauses.end(tx, world.archive, "company:site.example", "ines") == 1
    assert pauses.wake_some(world.archive) == 1
    assert pauses.wake_some(world.archive) == 0
    assert wakes_of(world, lead)[-1] == "resumed company:site.example"
    assert len(wakes_of(world, other)) == before
    with world.archive.begin() as tx, pytest.raises(MissingError, match="paused is nothing"):
        pauses.end(tx, world.archive, "company:site.example", "ines")


def test_a_pause_made_shorter_wakes_those_who_waited_for_its_end(world: World) -> None:
    lead = world.enrol()
    world.live_for(lead, minutes=1)
    pause(world, "everything", 300)
    assert pauses.wake_some(world.archive) == 0
    world.look(lead)
    pause(world, "everything", 400)
    assert pauses.wake_some(world.archive) == 0
    pause(world, "everything", 5)
    assert pauses.wake_some(world.archive) == 1
    assert wakes_of(world, lead)[-1] == "resumed everything"
    assert world.look(lead).due_at == world.clock.at + timedelta(days=5)


def test_the_longer_pause_counts(world: World) -> None:
    lead = world.enrol()
    world.live_for(lead, minutes=1)
    pause(world, "everything", 5)
    pause(world, "track:dock-waiting", 40)
    world.live_for(lead, days=39)
    assert world.rows(t.ledger, lead) == []


def test_a_paused_lead_that_is_ready_goes_to_sales_all_the_same(world: World) -> None:
    pause(world, "everything", 100)
    lead = world.enrol(values=READY)
    world.live_for(lead, minutes=1)
    assert world.row(lead)["state"] == "HANDED_OFF"


@pytest.mark.parametrize("scope", ["", "track:no-such", "moon", "company:", "person:ana"])
def test_nonsense_is_refused_with_what_can_be_paused(world: World, scope: str) -> None:
    with pytest.raises(InvalidError, match="dock-waiting"):
        pause(world, scope, 5)
    with pytest.raises(InvalidError, match="two years"):
        pause(world, "everything", 1000)


def sold_to(world: World, email: str) -> UUID:
    """A lead of sales with an open opportunity."""
    lead = world.enrol(email, values=READY)
    world.live_for(lead, minutes=1)
    world.say(lead, "attempt", outcome="connected", channel="phone")
    world.say(lead, "qualify")
    world.say(lead, "opportunity", deal=Deal(9000, "USD", world.clock.at.date(), "commit"))
    return lead


def test_an_open_deal_stops_mail_to_colleagues_and_its_end_wakes_them(world: World) -> None:
    colleague = world.enrol("bo@site.example")
    stranger = world.enrol("cy@gmail.com")
    world.live_for(colleague, minutes=1)
    buyer = sold_to(world, "ana@site.example")
    began = world.clock.at
    step = world.live_for(colleague, days=20)
    assert "a deal is open" in step.reason
    assert world.rows(t.ledger, colleague) == []
    world.say(buyer, "lost", reason="price")
    assert wakes_of(world, colleague)[-1] == "deal closed at the company"
    world.live_for(colleague, days=10)
    assert world.rows(t.ledger, colleague)
    world.clock.at = began
    world.live_for(stranger, days=10)
    assert world.rows(t.ledger, stranger)


def test_what_is_fixed_when_a_deal_begins(world: World) -> None:
    buyer = sold_to(world, "ana@site.example")
    world.say(buyer, "proposal", deal=Deal(9500, "USD"))
    (row,) = world.rows(t.opportunities, buyer)
    assert (row["status"], row["stage"], row["amount"], row["origin"]) == ("open", "PROPOSAL", 9500, "marketing")
    assert (row["touches_before"], row["company"], row["owner"]) == (0, "site.example", world.row(buyer)["owner"])
    world.say(buyer, "won", deal=Deal(9100, "USD"))
    (row,) = world.rows(t.opportunities, buyer)
    assert (row["status"], row["amount"], row["closed_at"]) == ("won", 9100, world.clock.at)


def test_what_another_system_tells_of_a_deal_is_a_sign_of_life(world: World) -> None:
    buyer = sold_to(world, "ana@site.example")
    world.clock.at += timedelta(days=50)
    with world.archive.begin() as tx:
        assert people.deal_told(tx, world.archive, buyer, "crm", {"stage": "negotiation"})
    assert world.row(buyer)["clock_due_at"] == world.clock.at + timedelta(days=60)
    assert world.rows(t.log, buyer)[-1]["kind"] == "deal"
    colleague = world.enrol("bo@site.example")
    with world.archive.begin() as tx:
        assert people.deal_told(tx, world.archive, colleague, "crm", {}) is None


def open_deals(world: World) -> int:
    with world.archive.reading() as tx:
        found: int = tx.execute(select(t.accounts.c.open_deals)).scalar_one()
        return found


def test_another_systems_deals_count_once_however_often_they_are_told(world: World) -> None:
    lead = world.enrol()
    world.live_for(lead, minutes=1)
    for _ in range(3):
        tell(world)
    assert open_deals(world) == 1
    assert "a deal is open" in world.live_for(lead, days=10).reason
    tell(world, status="lost", company=None)
    assert open_deals(world) == 0
    tell(world, status="lost")
    assert open_deals(world) == 0
    world.live_for(lead, days=10)
    assert world.rows(t.ledger, lead)


def deals_here(world: World) -> int:
    with world.archive.reading() as tx:
        return tx.execute(select(t.accounts.c.open_deals).where(t.accounts.c.company == "site.example")).scalar_one()


@pytest.mark.parametrize("who_is_first", ["we", "they"])
def test_a_deal_that_two_tell_of_is_one(world: World, who_is_first: str) -> None:
    if who_is_first == "we":
        buyer = sold_to(world, "ana@site.example")
        tell(world, lead_id=buyer)
    else:
        buyer = world.enrol("ana@site.example")
        tell(world, lead_id=buyer)
        sold_to(world, "ana@site.example")
        world.event(buyer, "answer", "a", learned=READY)
        world.live_for(buyer, minutes=1)
        assert world.row(buyer)["state"] == "OPPORTUNITY"
    assert deals_here(world) == 1
    colleague = world.enrol("bo@site.example")
    world.live_for(colleague, minutes=1)
    tell(world, lead_id=buyer, status="won")
    assert deals_here(world) == 1  # ours is still open, so marketing stands still
    assert "deal closed at the company" not in wakes_of(world, colleague)
    world.say(buyer, "won", deal=Deal(9000, "USD"))
    assert deals_here(world) == 0
    assert wakes_of(world, colleague)[-1] == "deal closed at the company"


def test_the_same_id_from_two_systems_is_one_deal_and_other_ids_are_others(world: World) -> None:
    def told(system: str, id: str, status: str = "open", company: str = "site.example") -> None:
        with world.archive.begin() as tx:
            opportunities.tell(tx, Told(system, id, status, company), world.clock.at)

    told("crm", "0061")
    told("warehouse", "0061")
    assert deals_here(world) == 1
    told("crm", "0062")
    told("crm", "0062")
    assert deals_here(world) == 2
    told("crm", "0061", "lost")
    assert deals_here(world) == 2
    told("warehouse", "0061", "lost")
    told("warehouse", "0061", "lost")
    assert deals_here(world) == 1
    told("crm", "0062", company="elsewhere.example")
    assert deals_here(world) == 0


def test_a_deal_taken_back_is_none(world: World) -> None:
    buyer = sold_to(world, "ana@site.example")
    assert deals_here(world) == 1
    with world.archive.begin() as tx:
        tx.execute(t.notices.delete())
        repairing.undo(tx, world.archive, buyer, Said("undo", "REP", world.row(buyer)["owner"]), None)
    assert deals_here(world) == 0


def test_what_is_told_late_fills_gaps_and_overwrites_nothing(world: World) -> None:
    at = world.clock.at
    tell(world, status="won", amount=42000.0, at=at)
    earlier = {"at": at - timedelta(hours=1), "company": "elsewhere.example"}
    tell(world, **earlier, stage="proposal", amount=9000.0, currency="USD", close_on=date(2027, 6, 30))
    with world.archive.reading() as tx:
        row = tx.execute(select(t.opportunities)).mappings().one()
    assert (row["status"], row["amount"], row["company"]) == ("won", 42000.0, "site.example")
    assert (row["currency"], row["close_on"], row["stage"]) == ("USD", "2027-06-30", "proposal")


def test_the_deals_of_two_who_turn_out_to_be_one_are_one(world: World) -> None:
    buyer, twin = world.enrol(), world.enrol("ana@site-group.example")
    tell(world, lead_id=buyer)
    with world.archive.begin() as tx:
        opportunities.tell(tx, Told("warehouse", "7", "open", "site.example", twin), world.clock.at)
    assert deals_here(world) == 2
    with world.archive.begin() as tx:
        repairing.merge(tx, world.archive, twin, buyer, Said("merge", "OPS", "pia"), None)
    assert deals_here(world) == 1
