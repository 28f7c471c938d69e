"""The pages of releases: signing, publishing, going back, the plan and the differences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from storage import tables as t
from tests.unit.api.house import House
from tests.unit.api.test_releases import CHECKLIST, OTHER_GOAL, SHORTER, TYPO, live, propose
from tests.unit.api.visitors import visitor


def test_both_teams_sign_and_marketing_publishes(house: House) -> None:
    release = propose(house, OTHER_GOAL)["release"]
    page, action = f"/releases/{release}", f"/releases/{release}/sign"
    ines, tom, viewer = (visitor(house, role) for role in ("marketing", "manager", "viewer"))
    assert "waits for marketing and sales to sign" in ines.get("/releases")
    assert "Sign for" not in viewer.get(page)
    assert "Publish</button>" not in tom.get(page)
    refused = ines.send(page, f"{page}/publish", status=409)
    assert "The track dock-waiting runs now" in refused.text
    ines.send(page, action)
    assert "Sign for" not in ines.get(page)
    tom.send(page, action)
    assert "ready to be published" in ines.get("/releases")
    assert "Live. Leads" in ines.get(ines.send(page, f"{page}/publish").headers["location"])
    assert live(house) == release
    assert "Publish</button>" not in ines.get(page)
    assert "of 50 sales accepted" in ines.get("/releases")


def test_an_admin_signs_for_somebody(house: House) -> None:
    release = propose(house, OTHER_GOAL)["release"]
    page = f"/releases/{release}"
    admin = visitor(house)
    for person in ("ines", "tom"):
        admin.send(page, f"{page}/sign", {"subject": "track:dock-waiting", "as": person})
    signatures = house.get(f"/releases/{release}")["signatures"]
    assert {(s["who"], s["via"]) for s in signatures if s["subject"] == "track:dock-waiting"} == {
        ("ines", "test-admin"),
        ("tom", "test-admin"),
    }
    admin.send(page, f"{page}/publish", {"as": "lena"})
    assert house.get("/releases")["items"][0]["by"] == "lena"


def test_going_back_from_the_page(house: House) -> None:
    before = live(house)
    house.post(f"/releases/{propose(house, SHORTER)['release']}/publish", {}, "marketing")
    ines = visitor(house, "marketing")
    ines.send("/releases", "/releases/rollback")
    assert live(house) == before
    assert "went back" in ines.get("/releases")


def test_a_page_that_was_overtaken_takes_nothing_back(house: House) -> None:
    """Two look at the list; what the second one sees is no longer live when she goes back."""
    house.post(f"/releases/{propose(house, SHORTER)['release']}/publish", {}, "marketing")
    ines = visitor(house, "marketing")
    seen = {"once": "x", "to": house.get("/releases")["items"][1]["release"], "onto": live(house)}
    newer = propose(house, {**SHORTER, CHECKLIST: TYPO[CHECKLIST]})["release"]
    house.post(f"/releases/{newer}/publish", {}, "nurture")
    refused = ines.post("/releases/rollback", **seen)
    assert (refused.status_code, live(house)) == (409, newer)
    assert "lena made" in refused.text


def test_the_differences_and_the_plan(house: House) -> None:
    lead = house.enrol()
    house.work(lead, 0)
    markup = {**TYPO, CHECKLIST: TYPO[CHECKLIST] + "\n**bold** & more\n"}
    release = propose(house, markup)["release"]
    viewer = visitor(house, "viewer")
    page = viewer.get(f"/releases/{release}")
    assert '<span class="plus">+Leave it at the dock office' in page
    assert "**bold** &amp; more" in page
    assert "1 file beside" in page
    plan = viewer.get(f"/releases/{release}/plan")
    assert "the same touch in other words" in plan
    assert "Bell" not in plan
    assert "Marcus Bell" in visitor(house, "marketing").get(f"/releases/{release}/plan")
    viewer.get(f"/releases/{'0' * 64}", 404)
    viewer.post(f"/releases/{release}/publish")
    assert live(house) != release


def test_goal_and_budget_beside_what_came(house: House) -> None:
    """One of two leads was accepted: what each has cost, were the whole budget spent."""
    assert "<b>0</b> of 40 sales accepted by 31 Mar 2027" in visitor(house, "viewer").get("/releases")
    house.enrol()
    house.post("/reps/marc/away", {"until": "2026-12-01"}, "manager")
    lead, handoff = house.offered()
    house.post(f"/handoffs/{handoff['id']}/accept", {}, "rosa")
    with house.archive.begin() as tx:  # ready at once: it was never on a track
        tx.execute(t.handoffs.update().where(t.handoffs.c.lead_id == UUID(lead)).values(track="dock-waiting"))
    page = visitor(house, "viewer").get("/releases")
    assert "<b>1</b> of 40 sales accepted by 31 Mar 2027" in page
    assert "225 each as planned, 9,000 each so far" in page
    house.clock.at = datetime(2027, 4, 1, 4, tzinfo=UTC)  # still the last day of March in Chicago
    assert "the date is over" not in visitor(house, "viewer").get("/releases")
    house.clock.at += timedelta(hours=2)
    over = visitor(house, "viewer").get("/releases")
    assert over.count("the date is over") == 1
    assert 'the date is over, 39 short</span> <span class="far">set a new goal, or end the track' in over
