"""Reports of promises: over HTTP, and on the page of the team."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from storage import tables as t
from tests.unit.api.house import House
from tests.unit.api.visitors import visitor


def test_who_let_a_lead_pass_is_named_over_http_and_on_the_page(house: House) -> None:
    lead, handoff = house.offered()
    first = handoff["owner"]
    house.work(lead, 4)  # reminded, escalated, taken back, offered to the next one
    (one,) = house.get("/reports/without-attempt?open=true", "viewer")["items"]
    assert (one["lead"], one["state"], one["business_days"]) == (lead, "HANDED_OFF", 1.5)
    assert "name" not in one  # a viewer sees no persons
    assert house.get("/reports/without-attempt", "rosa")["items"][0]["name"] == "Marcus Bell, Ridgeway Foods"
    was, now = one["hands"]
    assert (was["rep"], was["clock"], was["became"], was["broken"]) == (first, "accept", "let it pass", True)
    assert was["business_minutes"] == 720
    assert was["wall_minutes"] > was["business_minutes"]
    assert (now["became"], now["broken"]) == ("has it", False)
    assert house.get("/reports/without-attempt?open=false")["items"] == []
    by_rep = {row["rep"]: row for row in house.get("/reports/promises?days=30")["items"]}
    assert (by_rep[first]["offered"], by_rep[first]["let_pass"], by_rep[first]["tried"]) == (1, 1, 0)
    page = visitor(house, "manager").get("/team")
    assert "let it pass" in page
    assert house.call("GET", "/reports/promises?days=0").status_code == 422


def test_whoever_is_silent_says_on_the_page_that_they_are_back(house: House) -> None:
    with house.archive.begin() as tx:
        tx.execute(update(t.reps).where(t.reps.c.id == "rosa").values(let_pass=2))
    rosa = visitor(house, "rosa")
    assert "let the last 2 pass: nothing is offered while colleagues answer" in rosa.get("/team")
    house.post("/reps/marc/away", {"until": "2026-12-01"}, "manager")
    assert "let the last 2 pass: still gets leads, for nobody else of the team answers" in rosa.get("/team")
    house.post("/reps/marc/away", {"until": None}, "manager")
    rosa.send("/team", "/team/rosa/back")
    assert "let the last 2 pass" not in rosa.get("/team")
    (row,) = [row for row in house.get("/reps")["items"] if row["id"] == "rosa"]
    assert (row["let_pass"], row["is_silent"]) == (0, False)
    until = (house.clock.at + timedelta(days=3)).isoformat()
    house.post("/reps/rosa/away", {"until": until}, "rosa")
    assert "away until" in rosa.get("/team")
