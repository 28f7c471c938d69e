"""What is refused on a page is said in the page's words: its labels, its buttons, the names of people and states."""

from __future__ import annotations

import re
from html import unescape

from tests.unit.api.house import House
from tests.unit.api.mailed import told as sent
from tests.unit.api.test_answering_all import DEAL, TALKED, brought_to
from tests.unit.api.test_queue import pooled
from tests.unit.api.visitors import stranger, visitor

OF_THE_API = re.compile(r"[a-z]+_[a-z]+|/api/|[A-Z]{4,}|fact\.|Input should|String should")
"""Codes, addresses of the API, states as it calls them, and pydantic's words."""


def alert(page: str) -> str:
    (said,) = re.findall(r'<p class="wrong" role="alert"[^>]*>(.*?)</p>', page, re.S)
    plain = unescape(said)
    assert not OF_THE_API.search(plain), plain
    return plain


LACKING: list[tuple[str, dict[str, str], str]] = [
    ("attempt", {**TALKED, "callback_at": "2020-01-01T10:00"}, "“Call them back” needs a time to come"),
    ("attempt", {**TALKED, "callback_at": "soon"}, "“Call them back” needs a time to come"),
    ("attempt", {**TALKED, "minutes": "99999"}, "“Minutes” is how long it took, from 0 to 1440"),
    ("attempt", {**TALKED, "outcome": "sang"}, "Choose what happened"),
    ("qualify", {"note": "May"}, "Tick what you heard again, or choose what it is"),
    ("qualify", {"fact:fact.evaluate_within_months": "soon"}, "“soon” is no number; write digits"),
    ("attempt", {**TALKED, "outcome": "meeting_booked"}, "When is it? Say so under “Meeting”"),
    (
        "qualify",
        {"confirmed:fact.pain": "on", "wrong:fact.pain": "on"},
        "“Costliest problem” is ticked as right and as wrong; tick one of them",
    ),
    (
        "qualify",
        {"fact:fact.evaluate_within_months": "-3"},
        "“Will compare options within (months)” is 0 at least; -3 is less",
    ),
    ("recycle", {}, "“Why?” has no answer yet: choose one"),
    ("recycle", {"reason": "bad_timing"}, "wrong moment, and we know when” needs a day to come"),
    ("recycle", {"reason": "not_responsive"}, "10 business days; so far 1 on 1 over 0"),
    ("recycle", {"reason": "other", "note.other": "short"}, "“Something else” needs what was said, in at least 20"),
    ("recycle", {"reason": "needs_education"}, "needs what of our agreement is not met"),
    (
        "accept",
        {},
        "“Accept” is not possible now: this lead is “Worked by sales”, and possible is “Log an attempt”, “Qualify”",
    ),
]
OF_A_DEAL: list[tuple[dict[str, str], str]] = [
    ({"amount": ""}, "“What is it worth?” needs an amount above zero"),
    ({"amount": "0"}, "“What is it worth?” needs an amount above zero"),
    ({"amount": "-5"}, "“What is it worth?” needs an amount above zero"),
    ({"currency": "usd"}, "“Currency” needs the three letters"),
    ({"currency": "XXX"}, "“Currency” needs the three letters of one that is in use"),
    ({"currency": "DEM"}, "“Currency” needs the three letters of one that is in use"),
    ({"close_on": "9999-12-31"}, "“When do you expect it to close?” needs a day from today on, within ten years"),
    ({"close_on": "2020-01-01"}, "“When do you expect it to close?” needs a day from today on"),
    ({"close_on": "soon"}, "“When do you expect it to close?” needs a day from today on"),
]


def test_what_a_decision_lacks_on_the_page_and_behind_a_link(house: House) -> None:
    _, path = brought_to(house, "WORKING")
    (handoff,) = house.get("/handoffs", "rosa")["items"]
    rosa, rep = visitor(house, "rosa"), stranger(house)
    for command, given, says in LACKING:
        assert says in alert(rosa.post(f"/handoffs/{handoff['id']}/{command}", **given).text)
        assert says in alert(rep.client.post(f"{path.rpartition('/')[0]}/{command}", data=given).text)
    house.post(f"/handoffs/{handoff['id']}/qualify", {"confirmed": ["pain", "evaluate_within_months"]}, "rosa")
    for given, says in OF_A_DEAL:
        assert says in alert(sent(rep, path, "opportunity", {**DEAL, **given}, 422))


def test_in_the_queue(house: House) -> None:
    pooled(house)
    rosa = visitor(house, "rosa")
    assert alert(rosa.post("/queue/skip", reason="bored").text).startswith("“Why?” has no answer yet")
    assert alert(rosa.post("/queue/skip", reason="not_now").text) == (
        "You have no lead claimed, or the claim ran out. Take the next one"
    )
