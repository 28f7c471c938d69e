"""What stands still and who made it so, on the pages of everybody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.unit.api.house import House
from tests.unit.api.visitors import visitor

HOSTILE = "<script>alert(1)</script> \u202eaudit"


def pause(house: House, scope: str, days: int, note: str = "", role: str = "marketing") -> Any:  # Any: JSON
    until = (house.clock.at + timedelta(days=days)).isoformat()
    return house.post("/pauses", {"scope": scope, "until": until, "note": note}, role, 201)


def test_everybody_sees_what_stands_still_since_when_by_whom_and_why(house: House) -> None:
    everybody = [visitor(house, role) for role in ("viewer", "sales", "marketing", "ops")]
    assert not any("Standing still" in someone.get("/") for someone in everybody)
    pause(house, "everything", 30, HOSTILE)
    pause(house, "track:dock-waiting", 10)
    for someone in everybody:
        page = someone.get("/")
        shown, _, rest = page.partition("Standing still")[2].partition('class="figures"')
        for words in ("Everything", "until Wed 1 Apr", "paused Mon 2 Mar", "Ines", "alert(1)", "The track “"):
            assert words in shown, words
        assert "<script>alert" not in page
        assert "paused everything until Wed 1 Apr" in rest.partition("What just happened")[2]
    house.clock.at += timedelta(days=31)
    assert not any("Standing still" in someone.get("/") for someone in everybody)


def test_who_ended_a_pause_is_told_among_what_happened_to_leads(house: House) -> None:
    pause(house, "everything", 30)
    house.clock.at += timedelta(hours=1)
    house.enrol()
    house.clock.at += timedelta(hours=1)
    house.post("/pauses/end", {"scope": "everything"}, "ops")
    happened = visitor(house, "viewer").get("/").partition("What just happened")[2]
    order = ("Olga Petrenko ended the pause of everything", "came to us", "Ines Okafor paused everything")
    told = [happened.index(words) for words in order]
    assert told == sorted(told)


def test_a_second_pause_of_the_same_says_what_it_replaces(house: House) -> None:
    assert pause(house, "everything", 30, "audit")["replaced"] is None
    second = pause(house, "everything", 5, "strike", "ops")
    replaced = second["replaced"]
    assert (replaced["by"], replaced["note"], replaced["scope"]) == ("ines", "audit", "everything")
    assert replaced["until"] > str(second["until"])
    assert "changed the pause of everything until" in visitor(house, "viewer").get("/")
    house.clock.at += timedelta(days=6)  # one that is over is replaced by nothing
    assert pause(house, "everything", 30)["replaced"] is None


def test_a_leads_page_names_the_pauses_over_it(house: House) -> None:
    lead = house.enrol()
    house.work(lead)
    for scope in ("everything", "track:dock-waiting", "company:elsewhere.example", "list:fair-2027"):
        pause(house, scope, 30)
    page = visitor(house, "viewer").get(f"/leads/{lead}").partition("What comes next")[0]
    assert "everything paused until" in page
    assert "to a working session” paused until" in page
    assert "elsewhere.example" not in page
    assert "fair-2027" not in page
