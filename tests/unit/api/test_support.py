"""Sales support through the API and on the lead's page: seen first, allowed by its salesperson, taken back at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.unit.api.house import House
from tests.unit.api.visitors import visitor


def taken(house: House) -> tuple[str, str, str]:
    """A lead somebody works with: its id, who has it, and who does not."""
    lead, handoff = house.offered()
    rep = handoff["offer"]["rep"]
    house.post(f"/handoffs/{handoff['id']}/attempt", {"outcome": "voicemail", "channel": "phone"}, rep)
    return lead, rep, "marc" if rep == "rosa" else "rosa"


def test_what_would_be_sent_is_seen_before_it_is_allowed(house: House) -> None:
    lead, rep, _ = taken(house)
    found = house.get(f"/leads/{lead}/support", rep)
    assert (found["allowed"], found["since"], found["owner"]) == (None, None, rep)
    (track,) = found["tracks"]
    assert (track["id"], track["quiet_days"], track["why_not"]) == ("beside-sales", 5, None)
    name = {"rosa": "Rosa Delgado", "marc": "Marc Tremblay"}[rep]
    assert (track["next"]["touch"], track["next"]["from"]) == ("three-numbers", name)
    assert track["next"]["text"].startswith("Hi Marcus,")
    assert name.split()[0] in track["next"]["text"]
    assert "https://harborline.example/guides/three-numbers" in track["next"]["text"]
    assert "/u/" not in track["next"]["text"]
    assert "a link of their own" in track["next"]["text"]
    assert "text" not in house.get(f"/leads/{lead}/support", "viewer")["tracks"][0]["next"]
    allowed = house.post(f"/leads/{lead}/support", None, rep)
    assert allowed["support"] == "beside-sales"
    house.work(lead, 0)
    assert house.get(f"/leads/{lead}")["next"]["due_at"] == track["next"]["due_at"]
    assert house.get(f"/leads/{lead}/support")["since"]["by"] == rep


def test_what_stands_in_the_way_is_said(house: House) -> None:
    lead, rep, _ = taken(house)
    house.clock.at += timedelta(hours=1)
    house.post(f"/leads/{lead}/events", {"name": "reply", "id": "r1"}, "service", 201)
    (track,) = house.get(f"/leads/{lead}/support", rep)["tracks"]
    assert track["next"] is None
    assert track["why_not"].startswith("they are owed an answer (reply)")


def test_refused_with_the_one_who_may(house: House) -> None:
    lead, rep, other = taken(house)
    cases: list[tuple[str, dict[str, Any], int, str]] = [
        (other, {}, 409, f"only {rep}, who has this lead"),
        ("manager", {}, 409, f"only {rep}"),
        ("marketing", {}, 403, ""),
        ("admin", {}, 403, ""),
        (rep, {"track": "dock-waiting"}, 422, "there are: beside-sales"),
        (rep, {"track": "x" * 65}, 422, ""),
        (rep, {"on": True}, 422, ""),
    ]
    for role, body, status, words in cases:
        answer = house.call("POST", f"/leads/{lead}/support", role, json=body)
        assert answer.status_code == status, answer.text
        assert words in answer.text
    early = house.enrol({"email": "early@site.example"})
    assert house.call("POST", f"/leads/{early}/support", rep, json={}).status_code == 409
    assert house.call("POST", f"/leads/{lead}/support/end", rep, json={}).status_code == 409


def test_the_same_request_twice_is_done_once(house: House) -> None:
    lead, rep, _ = taken(house)
    for _ in range(2):
        answer = house.call("POST", f"/leads/{lead}/support", rep, json={}, headers={"Idempotency-Key": "one"})
        assert answer.status_code == 200
    house.post(f"/leads/{lead}/support/end", None, "manager")
    rows = [r for r in house.get(f"/leads/{lead}/timeline")["items"] if r["data"].get("is") == "support"]
    assert [(r["data"]["mail"], r["actor_id"]) for r in rows] == [("allowed", rep), ("ended", "tom")]


def test_on_the_page_of_the_lead(house: House) -> None:
    lead, rep, other = taken(house)
    path = f"/leads/{lead}"
    page = visitor(house, other).get(path)
    assert "can allow it" in page
    assert f'action="{path}/support"' not in page
    own = visitor(house, rep)
    before = own.get(path)
    assert "Would be next: <b>Three numbers worth having before we talk</b>" in before
    own.send(path, f"{path}/support")
    page = own.get(path)
    assert "No more mail in my name" in page
    assert "lets “Beside the salesperson, one useful thing at a time” go out in their name" in page
    own.send(path, f"{path}/end_support")
    assert "Let it go out in my name" in own.get(path)


def test_a_page_that_is_out_of_date_says_so(house: House) -> None:
    """The lead went to somebody else while the page was open."""
    lead, rep, other = taken(house)
    path = f"/leads/{lead}"
    own = visitor(house, rep)
    own.get(path)
    house.post(f"/leads/{lead}/reassign", {"rep": other, "note": "Their region"}, "manager")
    answer = own.post(f"{path}/support", track="beside-sales")
    assert answer.status_code == 409
    assert f"Only {other}, who has this lead" in answer.text


def test_no_page_where_nothing_can_be_allowed(house: House) -> None:
    lead, _ = house.offered()
    assert 'id="support"' not in visitor(house, "sales").get(f"/leads/{lead}")
