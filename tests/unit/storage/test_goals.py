"""What sales makes of a lead counts for the track it came from."""

from __future__ import annotations

from storage import goals
from tests.unit.storage.test_supporting import DEAL, supported
from tests.world import World


def test_a_lead_given_back_still_counts_where_it_became_ready(world: World) -> None:
    lead = world.enrol()
    world.live_for(lead, days=1)
    assert world.row(lead)["track"] == "dock-waiting"
    world.event(lead, "answer", "now", learned={"pain": "detention", "evaluate_within_months": 2})
    world.live_for(lead, minutes=1)
    world.say(lead, "attempt", outcome="connected", channel="phone")
    world.say(lead, "recycle", reason="no_budget", learned={"evaluate_within_months": 12})
    world.live_for(lead, days=200)
    assert world.row(lead)["track"] != "dock-waiting"
    with world.archive.reading() as tx:
        found = goals.reached(tx, world.archive.live(tx))
    assert found["sales_ready"] == found["sales_accepted"] == {"dock-waiting": 1}
    assert found["won"] == {}
    assert found["leads"] == {world.row(lead)["track"]: 1}


def test_a_deal_that_had_mail_in_the_salespersons_name_counts_for_that_track_too(world: World) -> None:
    lead = supported(world)
    world.live_for(lead, days=15)
    world.say(lead, "qualify")
    world.say(lead, "opportunity", deal=DEAL)
    with world.archive.reading() as tx:
        before = goals.reached(tx, world.archive.live(tx))
    assert (before["leads"]["beside-sales"], before["won"]) == (1, {})
    world.say(lead, "won", deal=DEAL)
    with world.archive.reading() as tx:
        assert goals.reached(tx, world.archive.live(tx))["won"] == {"beside-sales": 1}
