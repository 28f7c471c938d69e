"""People of one company are seen together: whoever sells there hears at once of a colleague who is ready, marketing to
all of them stands still meanwhile, and one mail goes to one of them a day."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from storage import opportunities
from storage import tables as t
from storage.opportunities import Told
from tests.unit.storage.test_standing_still import READY, sold_to
from tests.world import World


def ready(world: World, email: str) -> UUID:
    lead = world.enrol(email, values=READY)
    world.live_for(lead, minutes=1)
    return lead


def told(world: World, lead: UUID) -> list[tuple[str, str]]:
    return [(n["kind"], n["person"]) for n in sorted(world.rows(t.notices, lead), key=lambda n: n["at"])]


def full(world: World, rep: str) -> None:
    with world.archive.begin() as tx:
        tx.execute(update(t.reps).where(t.reps.c.id == rep).values(capacity=0))


def test_a_colleague_who_is_ready_goes_to_whoever_has_the_deal_there(world: World) -> None:
    owner = world.row(sold_to(world, "ana@site.example"))["owner"]
    colleagues = [ready(world, f"p{n}@site.example") for n in range(4)]  # by turns, two would go to the other
    assert {world.row(lead)["owner"] for lead in colleagues} == {owner}
    assert all(told(world, lead) == [("offered", owner)] for lead in colleagues)
    assert all(world.rows(t.offers, lead)[0]["rule"] == "account-owner" for lead in colleagues)


def test_an_owner_without_a_place_hears_of_it_once(world: World) -> None:
    owner = world.row(sold_to(world, "ana@site.example"))["owner"]
    other = {"rosa": "marc", "marc": "rosa"}[owner]
    full(world, owner)
    lead = ready(world, "bo@site.example")
    assert world.row(lead)["owner"] == other
    assert sorted(told(world, lead)) == [("colleague_ready", owner), ("offered", other)]
    world.say(lead, "reject", reason="misrouted", note_length=20)
    world.live_for(lead, hours=3)
    assert told(world, lead).count(("colleague_ready", owner)) == 1


def test_nobody_has_a_place_and_the_owner_hears_of_it_all_the_same(world: World) -> None:
    owner = world.row(sold_to(world, "ana@site.example"))["owner"]
    for rep in ("rosa", "marc"):
        full(world, rep)
    lead = ready(world, "bo@site.example")
    world.live_for(lead, hours=20)
    assert world.row(lead)["state"] == "SALES_READY"
    assert told(world, lead).count(("colleague_ready", owner)) == 1


@pytest.mark.parametrize(("owner", "hears"), [("marc", True), ("0051x000", False), (None, False)])
def test_a_deal_of_another_system_counts_with_its_owner(world: World, owner: str | None, hears: bool) -> None:
    """One who is none of our people cannot be told, and stops nothing."""
    with world.archive.begin() as tx:
        deal = Told("crm", "1", "open", "site.example", owner=owner)
        opportunities.tell(tx, deal, world.clock.now())
    colleagues = [ready(world, f"p{n}@site.example") for n in range(4)]
    owners = Counter(world.row(lead)["owner"] for lead in colleagues)
    assert owners == ({"marc": 4} if hears else {"marc": 2, "rosa": 2})
    with world.archive.begin() as tx:
        opportunities.tell(tx, Told("crm", "1", "won", "site.example", owner=owner), world.clock.now())
    later = [ready(world, f"q{n}@site.example") for n in range(2)]
    assert len({world.row(lead)["owner"] for lead in later}) == 2


def test_people_with_free_mail_are_no_colleagues(world: World) -> None:
    sold_to(world, "ana@gmail.com")
    owners = {world.row(ready(world, f"p{n}@gmail.com"))["owner"] for n in range(2)}
    assert len(owners) == 2


def test_one_mail_a_day_to_one_of_them_whoever_decides_first(world: World) -> None:
    leads = [world.enrol(f"p{n}@site.example") for n in range(5)]
    until = world.clock.at + timedelta(days=25)
    steps = {lead: world.look(lead) for lead in leads}
    for _ in range(200):  # the lives side by side, as workers play them
        lead, step = min(steps.items(), key=lambda one: one[1].due_at)
        if step.due_at > until:
            break
        world.clock.at = max(world.clock.at, step.due_at)
        steps[lead] = world.perform(lead, step)
    sent = Counter(
        (row["touch"], row["claimed_at"].date()) for lead in leads for row in world.rows(t.ledger, lead)
        if row["channel"] == "email"
    )  # fmt: skip
    assert len(sent) >= 5
    assert set(sent.values()) == {1}
