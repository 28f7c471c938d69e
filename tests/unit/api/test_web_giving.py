"""A manager gives a lead to somebody: from the page a mail leads to, and from the desk."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from storage import reps
from tests.unit.api.house import House
from tests.unit.api.test_queue import pooled
from tests.unit.api.visitors import forms_of, visitor


class Choices(HTMLParser):
    """What the list of salespeople offers, in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._is_rep = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "select":
            self._is_rep = given.get("name") == "rep"
        elif tag == "option" and self._is_rep:
            self.found.append(given.get("value") or "")


def choices(page: str) -> list[str]:
    parser = Choices()
    parser.feed(page)
    return parser.found


def pages_of(house: House, lead: str) -> list[str]:
    handoff = house.get("/handoffs")["items"][0]
    assert handoff["lead"] == lead
    return [f"/leads/{lead}", f"/handoffs/{handoff['id']}"]


@pytest.mark.parametrize("page", [0, 1])
def test_a_manager_gives_it_to_somebody_else_and_says_why(house: House, page: int) -> None:
    lead, handoff = house.offered()
    has_it = handoff["offer"]["rep"]
    other = "marc" if has_it == "rosa" else "rosa"
    path, action, tom = pages_of(house, lead)[page], f"/leads/{lead}/reassign", visitor(house, "manager")
    assert choices(tom.get(path)) == [other]  # not whoever has it, and not the manager, who takes none
    assert action not in forms_of(visitor(house, has_it).get(path))
    assert "Say why it changes hands" in tom.send(path, action, {"rep": other}, 422).text
    tom.send(path, action, {"rep": other, "note": "Knows their docks"})
    assert (house.get(f"/leads/{lead}")["owner"], house.get(f"/leads/{lead}")["state"]) == (other, "HANDED_OFF")
    assert "Knows their docks" in tom.get(f"/leads/{lead}")


def test_a_lead_of_a_queue_is_given_to_one_of_the_team(house: House) -> None:
    lead = pooled(house)
    tom = visitor(house, "manager")
    assert set(choices(tom.get(f"/leads/{lead}"))) == {"rosa", "marc"}
    tom.send(f"/leads/{lead}", f"/leads/{lead}/reassign", {"rep": "rosa", "note": "Met them"})
    assert (house.get(f"/leads/{lead}")["owner"], house.get(f"/leads/{lead}")["team"]) == ("rosa", None)


def test_most_room_first_and_who_is_away_last(house: House) -> None:
    for rep, capacity in (("rosa", 5), ("marc", 30), ("tom", 9)):
        house.call("PUT", f"/reps/{rep}", "manager", json={"capacity": capacity})
    lead = pooled(house)
    page = visitor(house, "manager").get(f"/leads/{lead}")
    assert choices(page) == ["marc", "tom", "rosa"]
    house.post("/reps/marc/away", {"until": "2026-12-01", "in_hand": "nothing"}, "manager")
    house.call("PUT", "/reps/tom", "manager", json={"is_active": False})
    page = visitor(house, "manager").get(f"/leads/{lead}")
    assert choices(page) == ["rosa", "marc"]
    assert "away until" in page


def test_from_the_desk_on_the_handoffs_page(house: House) -> None:
    lead = pooled(house)
    for verb in ("escalate", "reassign"):
        house.work_until(lead, verb)
        house.work(lead)
    assert house.get(f"/leads/{lead}")["is_on_desk"]
    path, tom = pages_of(house, lead)[1], visitor(house, "manager")
    assert "the manager assigns it" in visitor(house, "rosa").get(path)
    gone = tom.post(f"/leads/{lead}/assign", rep="tom")
    assert gone.status_code == 409
    assert "takes no leads now" in gone.text
    assert "nurture rep list" not in gone.text
    tom.send(path, f"/leads/{lead}/assign", {"rep": "marc"})
    assert house.get(f"/leads/{lead}")["owner"] == "marc"


def test_where_nobody_else_takes_leads_the_page_says_so(house: House) -> None:
    lead, handoff = house.offered()
    with house.archive.begin() as tx:
        for rep in {"rosa", "marc"} - {handoff["offer"]["rep"]}:
            reps.put(tx, house.archive, rep, {"is_active": False})
    assert "Nobody else takes leads" in visitor(house, "manager").get(f"/leads/{lead}")
