"""Who changed a salesperson, for those who may."""

from __future__ import annotations

from html import unescape

from tests.unit.api.house import House
from tests.unit.api.visitors import visitor


def test_managers_see_who_changed_whom_and_what_it_was_before(house: House) -> None:
    house.call("PUT", "/reps/rosa", "manager", json={"capacity": 2, "hours": "Mon-Thu 09:00-15:00", "weight": 1.0})
    house.call("PUT", "/reps/rosa", "manager", json={"capacity": 2})  # as it is: nothing to tell
    house.post("/reps/rosa/away", {"until": "2026-12-01T06:00:00Z"}, "rosa")
    house.post("/reps/rosa/away", {"until": None}, "manager")
    house.call("PUT", "/reps/marc", "admin", json={"is_active": False})
    house.post("/reps/marc/reassign", {"reason": "<b>left</b>"}, "manager")
    page = visitor(house, "manager").get("/team")
    assert "<b>left" not in page
    told = unescape(page).partition("Lately changed")[2].partition("</section>")[0]
    lines = (
        "gave everything Marc Tremblay had to others: <b>left",
        "test-admin changed Marc Tremblay: takes leads no, was yes",
        "Tom Whitaker said that Rosa Delgado is back",
        "Rosa Delgado changed Rosa Delgado: away until Tue 1 Dec, was -",
        "changed Rosa Delgado: capacity 2, was 5, hours Mon-Thu 09:00-15:00, was the files",
    )
    places = [told.index(line) for line in lines]
    assert places == sorted(places)
    assert told.count("<li") == 7  # and both were added in the beginning
    assert "Lately changed" not in visitor(house, "rosa").get("/team")
