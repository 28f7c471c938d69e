from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.unit.api.house import CURIOUS, READY, House


def test_a_lead_is_enrolled_and_shown_with_what_comes_next(house: House) -> None:
    lead = house.enrol()
    assert [wake.verb for wake in house.wakes] == ["enrolled"]
    assert house.get(f"/leads/{lead}")["next"]["touch"] == "checklist"  # decided afresh while nobody has looked
    house.work(lead, 0)
    found = house.get(f"/leads/{lead}")
    assert (found["state"], found["track"], found["stage"]) == ("NURTURING", "dock-waiting", "awareness")
    assert found["next"]["touch"] == "checklist"
    assert found["next"]["due_at"].endswith("Z")
    assert "checklist" in found["next"]["reason"]
    assert found["grade"] == {"fit": "A", "engagement": 4}
    problem = next(c for c in found["verdict"]["criteria"] if c["id"] == "problem")
    assert (problem["holds"], problem["says"]) == ("unknown", "A problem we solve is stated in their own words")
    fits = next(c for c in found["verdict"]["criteria"] if c["id"] == "fits")
    assert fits["holds"] == "met"
    assert fits["evidence"]
    assert found["owner"] is None
    assert found["clock"] is None


def test_known_is_200_and_learns(house: House) -> None:
    lead = house.enrol()
    again = house.post("/leads", {"email": CURIOUS["email"].upper(), "fact": {"pain": "detention"}}, status=200)
    assert (again["id"], again["is_new"]) == (lead, False)
    assert house.get(f"/leads/{lead}")["facts"]["fact.pain"]["words"] == "Trucks wait and we pay detention"


@pytest.mark.parametrize("external_id", ["00Q/5:7 é%2F", "a/timeline", "..", "x?y#z", "100%"])
def test_the_id_of_another_system_serves_everywhere(house: House, external_id: str) -> None:
    lead = house.enrol({**CURIOUS, "external": {"system": "crm", "id": external_id}})
    given = quote(f"crm:{external_id}", safe="")
    if external_id == "..":
        given = "crm:.."
    assert house.get(f"/leads/{given}")["id"] == lead
    assert house.get(f"/leads/{given}/timeline")["items"]
    house.post(f"/leads/{given}/notes", {"text": "Met at the fair"}, status=201)
    external = {"system": "crm", "id": external_id}
    assert house.post("/events", {"name": "pricing_view", "external": external}, status=201)["id"] == lead


def test_an_external_id_belongs_to_one_lead(house: House) -> None:
    external = {"external": {"system": "crm", "id": "7"}}
    house.enrol({**CURIOUS, **external})
    answer = house.call("POST", "/leads", json={**READY, **external})
    assert answer.status_code == 409
    assert house.get("/leads")["items"][0]["email"] == CURIOUS["email"]  # and nobody was half enrolled
    assert len(house.get("/leads")["items"]) == 1


def test_lists_are_paged_and_filtered(house: House) -> None:
    made = [house.enrol({**CURIOUS, "email": f"p{n}@page.example"}) for n in range(5)]
    house.work(made[0], 0)
    first = house.get("/leads?limit=2")
    second = house.get(f"/leads?limit=2&after={first['next']}")
    third = house.get(f"/leads?limit=2&after={second['next']}")
    seen = [item["id"] for page in (first, second, third) for item in page["items"]]
    assert sorted(seen) == sorted(made)
    assert third["next"] is None
    assert [item["id"] for item in house.get("/leads?state=NURTURING&track=dock-waiting")["items"]] == [made[0]]
    assert house.call("GET", "/leads?after=rubbish").status_code == 422
    assert house.call("GET", "/leads?state=HAPPY").status_code == 422


def test_the_timeline_tells_everything_in_order(house: House) -> None:
    lead = house.enrol()
    house.sent(lead, "checklist")
    house.post(f"/leads/{lead}/notes", {"text": "Called back, was glad"}, "nurture", 201)
    house.post(f"/leads/{lead}/pause", {"until": "2026-06-01"})
    rows = house.get(f"/leads/{lead}/timeline")["items"]
    kinds = {row["kind"] for row in rows}
    assert kinds <= {"transition", "touch", "event", "verdict", "handoff", "disposition", "task", "note"}
    assert [row["data"]["to"] for row in rows if row["kind"] == "transition"] == ["INQUIRY", "NURTURING"]
    touch = next(row for row in rows if row["kind"] == "touch")
    assert touch["data"]["touch"] == "checklist"
    assert touch["data"]["status"] == "delivered"
    assert len(touch["data"]["content_hash"]) == 64
    note = next(row for row in rows if row["kind"] == "note")
    assert (note["actor"], note["actor_id"], note["data"]["text"]) == ("NUR", "lena", "Called back, was glad")
    page = house.get(f"/leads/{lead}/timeline?limit=2")
    rest = house.get(f"/leads/{lead}/timeline?after={page['next']}")
    assert page["items"] + rest["items"] == rows


def test_a_viewer_sees_no_names_addresses_or_words(house: House) -> None:
    lead, handoff = house.offered()
    house.post(f"/leads/{lead}/notes", {"text": "Marcus likes trains"}, status=201)
    paths = [f"/leads/{lead}", "/leads", f"/leads/{lead}/timeline", "/handoffs", f"/handoffs/{handoff['id']}"]
    for path in paths:
        text = house.call("GET", path, "viewer").text
        assert "Marcus" not in text, path
        assert "marcus.bell" not in text, path
    assert house.get(f"/leads/{lead}", "sales")["email"] == READY["email"]


def test_pause_has_an_end_and_can_be_ended(house: House) -> None:
    lead = house.enrol()
    house.work(lead, 0)
    for until in ("2020-01-01", "2031-01-01", "0001-01-01T00:00:00+14:00", "2026-06-01T10:00:00", "soon", 5, None):
        assert house.call("POST", f"/leads/{lead}/pause", json={"until": until}).status_code == 422, until
    assert house.post(f"/leads/{lead}/pause", {"until": "2026-06-01"})["paused_until"] == "2026-06-01T00:00:00Z"
    assert house.work(lead, 0).verb == "resume"
    assert house.post(f"/leads/{lead}/resume")["paused_until"] is None


def test_what_people_decide(house: House) -> None:
    lead = house.enrol()
    house.work(lead, 0)
    refused = house.call("POST", f"/leads/{lead}/promote", "nurture", json={})
    assert refused.status_code == 422
    assert refused.json()["field"] == "note"
    promoted = house.post(f"/leads/{lead}/promote", {"note": "She asked me to call"}, "nurture")
    assert (promoted["state"], promoted["owner"], promoted["clock"]["name"]) == ("SALES_READY", "ines", "routed")
    assert house.post(f"/leads/{lead}/assign", {"rep": "marc"}, "manager")["owner"] == "marc"
    back = house.post(f"/leads/{lead}/withdraw", {"note": "Not yet"}, "marketing")
    assert (back["state"], back["owner"], back["clock"]) == ("NURTURING", None, None)
    out = house.post(f"/leads/{lead}/disqualify", {"reason": "competitor"}, "marketing")
    assert out["state"] == "DISQUALIFIED"
    illegal = house.call("POST", f"/leads/{lead}/promote", "nurture", json={"note": "x"})
    assert illegal.status_code == 409
    assert illegal.json()["legal"] == []
    assert "possible now: nothing" in illegal.json()["detail"]
    assert house.post(f"/leads/{lead}/reopen", {"note": "They left the firm"}, "ops")["state"] == "INQUIRY"


def test_facts_told_later(house: House) -> None:
    lead = house.enrol()
    answer = house.call("PATCH", f"/leads/{lead}", "nurture", json={"fact": {"pain": "idle_crew"}})
    assert answer.status_code == 200
    fact = house.get(f"/leads/{lead}")["facts"]["fact.pain"]
    assert (fact["value"], fact["source"]) == ("idle_crew", "nurture")
    wrong = house.call("PATCH", f"/leads/{lead}", json={"fact": {"pain": "boredom"}})
    assert wrong.status_code == 422
    assert wrong.json()["field"] == "fact.pain"


def test_a_time_zone_that_does_not_exist_stops_no_clock(house: House) -> None:
    lead = house.enrol()
    house.call("PATCH", f"/leads/{lead}", json={"lead": {"time_zone": "Mars/Base"}})
    assert house.work(lead, 0).verb == "deliver"


def test_events_are_matched_and_counted_once(house: House) -> None:
    lead = house.enrol({**CURIOUS, "external": {"system": "crm", "id": "9"}})
    body = {"name": "pricing_view", "email": CURIOUS["email"].title(), "id": "visit-1", "source": "web"}
    assert house.post("/events", body, "service", 201)["is_new"]
    assert not house.post("/events", body, "service", 200)["is_new"]
    house.post(f"/leads/{lead}/events", {"name": "demo_request", "at": "2020-01-01"}, "service", 201)
    assert house.get(f"/leads/{lead}")["events"]["pricing_view"]["count"] == 1
    assert house.call("POST", "/events", json={"name": "pricing_view", "email": "no@body.example"}).status_code == 404
    assert house.call("POST", "/events", json={"name": "pricing_view"}).status_code == 422
    assert house.call("POST", f"/leads/{lead}/events", json={"name": "dance"}).status_code == 422
    spoofed = {"name": "click", "lead": lead, "source": "link", "id": "x"}
    assert house.call("POST", "/events", json=spoofed).status_code == 422
