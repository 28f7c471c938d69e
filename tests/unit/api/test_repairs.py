"""Putting leads right and standing still, over HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.roles import ACTORS, ROUTES
from domain.lifecycle import PEOPLE, TABLE
from storage import api_keys
from tests.unit.api.house import CURIOUS, READY, House

ELSEWHERE = {"erase": ("DELETE", "/api/leads/{id}"), "bring": ("POST", "/api/leads")}


def test_every_row_that_a_person_triggers_has_a_route_that_one_of_them_may_call() -> None:
    for row in TABLE:
        if row.command is None:
            continue
        named = [(m, path) for m, path in ROUTES if m == "POST" and path.endswith(f"/{row.command}")]
        routes = [ELSEWHERE[row.command]] if row.command in ELSEWHERE else named
        may = {ACTORS[role] for route in routes for role in ROUTES[route]}
        assert set(row.actors) & set(PEOPLE) <= may, (row.id, routes)


def test_a_merge_answers_for_the_lead_that_stays(house: House) -> None:
    stays, goes = house.enrol(), house.enrol({**CURIOUS, "email": "c.ruiz@private.example"})
    answer = house.post(f"/leads/{goes}/merge", {"into": stays}, role="ops")
    assert (answer["id"], answer["merged"]) == (stays, goes)
    assert house.get(f"/leads/{goes}")["id"] == stays
    again = house.call("POST", "/leads", json={**CURIOUS, "email": "c.ruiz@private.example"}).json()
    assert (again["id"], again["is_new"]) == (stays, False)
    assert {wake.verb for wake in house.wakes} >= {"merge by operations"}


def test_only_operations_repair(house: House) -> None:
    lead = house.enrol()
    for role in ("sales", "marketing", "viewer", "service", "manager", "nurture"):
        assert house.call("POST", f"/leads/{lead}/merge", role, json={"into": lead}).status_code == 403
        assert house.call("DELETE", f"/leads/{lead}?ticket=1", role).status_code == 403
        assert house.call("GET", f"/leads/{lead}/export", role).status_code == 403


def test_the_first_of_two_corrections_waits_for_the_second(house: House) -> None:
    lead = house.enrol()
    with house.archive.begin() as tx:
        house.keys["pia"] = api_keys.create(tx, "pias", "ops", "pia")[1]
    body = {"to": "DORMANT", "ticket": "T-9", "note": "was imported by mistake"}
    first = house.post(f"/leads/{lead}/correct", body, role="ops", status=202)
    assert (first["state"], "somebody else" in first["waits_for"]) == ("NEW", True)
    assert house.post(f"/leads/{lead}/correct", body, role="pia")["state"] == "DORMANT"
    notes = [row["data"] for row in house.get(f"/leads/{lead}/timeline")["items"] if row["kind"] == "transition"]
    assert notes[-1]["seconded_by"] == "olga"


def test_a_salesperson_takes_back_what_they_said(house: House) -> None:
    lead, handoff = house.offered()
    rep = house.get(f"/leads/{lead}")["owner"]
    house.post(f"/handoffs/{handoff['id']}/recycle", {"reason": "needs_education", "criterion": "soon"}, role=rep)
    assert house.get(f"/leads/{lead}")["state"] == "RECYCLED"
    other = "marc" if rep == "rosa" else "rosa"
    refused = house.call("POST", f"/leads/{lead}/undo", other, json={})
    assert (refused.status_code, rep in refused.json()["detail"]) == (409, True)
    assert house.post(f"/leads/{lead}/undo", {}, role=rep)["state"] == "HANDED_OFF"
    house.post(f"/handoffs/{handoff['id']}/accept", {}, role=rep)


def test_what_a_salesperson_brings_is_theirs(house: House) -> None:
    body = {**CURIOUS, "origin": "sales"}
    lead = house.post("/leads", body, role="rosa", status=201)
    assert (lead["state"], lead["owner"]) == ("ACCEPTED", "rosa")
    again = house.post("/leads", body, role="marc")
    assert (again["state"], again["owner"]) == ("ACCEPTED", "rosa")
    packet = house.get(f"/handoffs/{house.get('/handoffs?open=true')['items'][0]['id']}")
    assert "sales brought this lead" in str(packet)


def test_a_person_sees_everything_and_then_nothing_is_left(house: House) -> None:
    lead = house.enrol()
    house.work(lead, 2)
    export = house.get(f"/leads/{lead}/export")
    assert export["is_complete"]
    assert "carmen.ruiz@sunbelt.example" in str(export["texts"])
    missing = house.call("DELETE", f"/leads/{lead}")
    assert (missing.status_code, "ticket" in missing.text) == (422, True)
    gone = house.call("DELETE", f"/leads/{lead}?ticket=DSR-4")
    assert (gone.status_code, gone.json()["state"]) == (200, "ERASED")
    left = str(house.get(f"/leads/{lead}")) + str(house.get(f"/leads/{lead}/export"))
    assert "carmen" not in left.casefold()
    assert "sunbelt" not in left.casefold()


def test_a_pause_of_everything_and_its_end(house: House) -> None:
    house.enrol()
    until = (house.clock.at + timedelta(days=9)).date().isoformat()
    house.post("/pauses", {"scope": "everything", "until": until, "note": "audit"}, role="marketing", status=201)
    (paused,) = house.get("/pauses", "viewer")["items"]
    assert (paused["scope"], paused["by"], paused["note"]) == ("everything", "ines", "audit")
    assert house.post("/pauses/end", {"scope": "everything"}, role="ops")["woken"] == 0
    assert house.call("POST", "/pauses/end", json={"scope": "everything"}).status_code == 404
    assert house.call("POST", "/pauses", "sales", json={"scope": "everything", "until": until}).status_code == 403


@pytest.mark.parametrize(
    ("id", "body", "field"),
    [
        ("crm", {"status": "open", "company": "site.example"}, "id"),
        ("nurture:1", {"status": "open", "company": "site.example"}, "id"),
        ("crm:1", {"status": "open", "company": "gmail.com"}, "company"),
        ("crm:1", {"status": "perhaps", "company": "site.example"}, "status"),
        ("crm:1", {"status": "open", "amount": -1}, "amount"),
        ("crm:1", {"status": "open", "amount": 5, "currency": "dollars"}, "currency"),
    ],
)
def test_a_deal_that_cannot_be(house: House, id: str, body: dict[str, object], field: str) -> None:
    answer = house.call("PUT", f"/opportunities/{id}", "service", json=body)
    assert answer.status_code == 422
    assert field in answer.text


def test_a_feed_of_deals_may_name_a_lead(house: House) -> None:
    lead, _ = house.offered(READY)
    told = house.call("PUT", "/opportunities/crm:1", "service", json={"status": "open", "lead": lead})
    assert (told.status_code, told.json()["company"]) == (201, "ridgeway-foods.example")
    told = house.call("PUT", "/opportunities/crm:1", "service", json={"status": "won"})
    assert told.status_code == 200
