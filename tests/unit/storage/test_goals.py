"""What sales makes of a lead counts for the track it came from."""

from __future__ import annotations

from storage import goals
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
        found = goals.reached(tx)
    assert found["sales_ready"] == found["sales_accepted"] == {"dock-waiting": 1}
    assert found["won"] == {}
    assert found["leads"] == {world.row(lead)["track"]: 1}
