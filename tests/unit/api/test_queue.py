"""The queue and the team over HTTP and on their pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from authoring.load import compile_release
from storage import releases
from tests.unit.api.house import READY, House, shipped
from tests.unit.api.visitors import forms_of, visitor

ROUTING = """
manager: tom
teams: {sales: {handoff: queue}}
rules:
  - {id: turn, to: round_robin, team: sales}
"""


def pooled(house: House) -> str:
    """One lead in the queue of the team."""
    files = {**shipped(), "lead_defs/routing.yaml": ROUTING}
    house.archive.compile = compile_release
    with house.archive.begin() as tx:
        releases.publish(tx, house.archive, files, "ines")
    lead = house.enrol(READY)
    house.work_until(lead, "route")
    house.work(lead)
    return lead


def test_next_keep_skip_release_over_http(house: House) -> None:
    lead = pooled(house)
    assert house.get("/queue", "rosa") == {"waiting": {"team": {"other": 1}, "yours": {}}, "claim": None}
    claim = house.post("/queue/next", {}, "rosa")["claim"]
    assert (claim["lead"]["id"], claim["lead"]["state"], claim["is_new"]) == (lead, "HANDED_OFF", True)
    assert claim["until"] == "2026-03-02T15:15:00Z"
    assert house.post("/queue/next", {}, "marc") == {"claim": None}
    assert house.get("/queue", "rosa")["claim"]["lead"]["id"] == lead
    assert house.post("/queue/keep", {"is_calling": True}, "rosa")["claim"]["until"] == "2026-03-02T17:00:00Z"
    refused = house.post("/queue/skip", {"reason": "tired"}, "rosa", 422)
    assert "one of not_now" in refused["detail"]
    assert house.post("/queue/skip", {"reason": "not_now"}, "rosa") == {"claim": None, "lead": lead}
    assert house.post("/queue/next", {}, "rosa") == {"claim": None}
    assert house.post("/queue/next", {}, "marc")["claim"]["lead"]["id"] == lead
    assert house.post("/queue/release", {}, "marc")["lead"] == lead
    assert house.post("/queue/release", {}, "marc", 409)["legal"] == ["next"]


def test_the_same_next_twice_is_one(house: House) -> None:
    lead = pooled(house)
    first = house.call("POST", "/queue/next", "rosa", headers={"Idempotency-Key": "k1"}).json()
    assert first == house.call("POST", "/queue/next", "rosa", headers={"Idempotency-Key": "k1"}).json()
    assert first["claim"]["lead"]["id"] == lead


@pytest.mark.parametrize(("role", "status"), [("marketing", 403), ("viewer", 403), ("admin", 403), ("manager", 404)])
def test_who_is_given_leads(house: House, role: str, status: int) -> None:
    house.post("/queue/next", {}, role, status)


def test_decisions_of_whoever_claimed_it(house: House) -> None:
    lead = pooled(house)
    handoff = house.get("/handoffs?open=true")["items"][0]["id"]
    house.post(f"/handoffs/{handoff}/attempt", {"outcome": "no_answer", "channel": "phone"}, "rosa", 409)
    house.post("/queue/next", {}, "rosa")
    house.post(f"/handoffs/{handoff}/attempt", {"outcome": "no_answer", "channel": "phone"}, "marc", 409)
    house.post(f"/handoffs/{handoff}/attempt", {"outcome": "no_answer", "channel": "phone"}, "rosa")
    found = house.get(f"/leads/{lead}")
    assert (found["state"], found["owner"], found["team"], found["holder"]) == ("WORKING", "rosa", None, "rosa")


def test_reassign_one_lead_and_all(house: House) -> None:
    lead, _ = house.offered()
    first = house.get(f"/leads/{lead}")["owner"]
    other = {"rosa": "marc", "marc": "rosa"}[first]
    house.post(f"/leads/{lead}/reassign", {"rep": other}, "manager", 422)
    house.post(f"/leads/{lead}/reassign", {"rep": other, "note": "Knows docks"}, "rosa", 403)
    moved = house.post(f"/leads/{lead}/reassign", {"rep": other, "note": "Knows docks"}, "manager")
    assert (moved["owner"], moved["state"]) == (other, "HANDED_OFF")
    house.post(f"/reps/{other}/reassign", {"reason": " "}, "manager", 422)
    house.post(f"/reps/{other}/reassign", {"reason": "Moves to Lyon"}, "rosa", 403)
    done = house.post(f"/reps/{other}/reassign", {"reason": "Moves to Lyon"}, "manager")
    assert done["handed_over"] == {first: 1}
    row = [r for r in house.get(f"/leads/{lead}/timeline")["items"] if r["data"].get("transition") == "T43"][-1]
    assert (row["data"]["from"], row["data"]["rep"], row["data"]["reason"]) == (other, first, "Moves to Lyon")
    house.post("/reps/nobody/reassign", {"reason": "x"}, "manager", 404)


def test_away_over_http_says_what_went_to_whom(house: House) -> None:
    lead, _ = house.offered()
    owner = house.get(f"/leads/{lead}")["owner"]
    other = {"rosa": "marc", "marc": "rosa"}[owner]
    answer = house.post(f"/reps/{owner}/away", {"until": "2026-04-01", "in_hand": "half"}, owner, 422)
    assert "in_hand" in str(answer)
    assert house.post(f"/reps/{owner}/away", {"until": "2026-04-01"}, owner)["handed_over"] == {other: 1}
    assert house.get(f"/leads/{lead}")["owner"] == other


def test_a_holiday_calendar_that_does_not_exist(house: House) -> None:
    for wrong in ("XX", "DE-XX", "de", "Germany"):
        answer = house.call("PUT", "/reps/rosa", "manager", json={"holidays": wrong})
        assert answer.status_code == 422, wrong
    assert house.call("PUT", "/reps/rosa", "manager", json={"holidays": "DE-BY"}).json()["holidays"] == "DE-BY"


def test_a_salespersons_day_in_the_queue(house: House) -> None:
    lead = pooled(house)
    rosa = visitor(house, "rosa")
    page = rosa.get("/queue")
    assert "1 lead waits for the team" in page
    page = rosa.get(rosa.send("/queue", "/queue/next").headers["location"])
    for words in (
        "Marcus Bell",
        "VP Operations, Ridgeway Foods",
        "marcus.bell@ridgeway-foods.example",
        "Why now",
        "Yours until",
    ):
        assert words in page, words
    assert "Yours as long as a call may take" in rosa.get(rosa.send("/queue", "/queue/call").headers["location"])
    assert rosa.post("/queue/keep").headers["location"] == "/queue?done=keep"
    done = rosa.send("/queue", "/queue/attempt", {"outcome": "no_answer", "channel": "phone", "note": "Rang out"})
    assert done.headers["location"] == "/queue?done=queue-attempt"
    assert house.get(f"/leads/{lead}")["owner"] == "rosa"
    page = rosa.get("/queue?done=queue-attempt")
    assert "Noted." in page
    assert "Marcus Bell" not in page
    house.clock.at = datetime(2026, 3, 2, 20, tzinfo=UTC)
    rosa.send("/queue", "/queue/next")
    page = rosa.get("/queue")
    assert "Time to try again" in page
    talked = rosa.send("/queue", "/queue/attempt", {"outcome": "connected", "channel": "phone"})
    assert talked.headers["location"].startswith("/handoffs/")
    assert "Qualify" in rosa.get(talked.headers["location"])


def test_a_callback_agreed_on_the_queues_page_comes_back_at_its_time(house: House) -> None:
    pooled(house)
    rosa = visitor(house, "rosa")
    rosa.send("/queue", "/queue/next")
    form = forms_of(rosa.get("/queue"))["/queue/attempt"]
    assert {"callback_at", "meeting_at", "minutes"} <= form.keys()
    late = rosa.send("/queue", "/queue/attempt", {"outcome": "gatekeeper", "callback_at": "2026-03-02T08:00"}, 422)
    assert "“Call them back” needs a time to come" in late.text
    rosa.send("/queue", "/queue/attempt", {"outcome": "gatekeeper", "callback_at": "2026-03-02T13:30", "minutes": "3"})
    house.clock.at = datetime(2026, 3, 2, 19, 29, tzinfo=UTC)
    assert house.post("/queue/next", {}, "rosa") == {"claim": None}
    house.clock.at = datetime(2026, 3, 2, 19, 30, tzinfo=UTC)
    assert house.post("/queue/next", {}, "rosa")["claim"]["kind"] == "callback"
    assert "You agreed to call" in rosa.get("/queue")


def test_skip_on_the_page_and_a_claim_that_ran_out(house: House) -> None:
    pooled(house)
    rosa, marc = visitor(house, "rosa"), visitor(house, "marc")
    rosa.send("/queue", "/queue/next")
    form = forms_of(rosa.get("/queue"))["/queue/attempt"]
    rosa.send("/queue", "/queue/skip", {"reason": "not_now"})
    page = rosa.get(rosa.send("/queue", "/queue/next").headers["location"])
    assert "nobody to call just now: you passed over 1 of those that wait" in page
    assert "the first comes back to you Tue 3 Mar, 09:00 Chicago." in page
    assert "no hour to call" not in page
    marc.send("/queue", "/queue/next")
    late = rosa.post("/queue/attempt", **{**form, "outcome": "connected"})
    assert late.status_code == 409
    assert "with Marc Tremblay now" in late.text
    assert rosa.post("/queue/nonsense").status_code == 404


def test_where_it_is_no_hour_to_call_nobody_is_told_of_skips(house: House) -> None:
    pooled(house)
    house.clock.at = datetime(2026, 3, 3, 3, tzinfo=UTC)
    rosa = visitor(house, "rosa")
    page = rosa.get(rosa.send("/queue", "/queue/next").headers["location"])
    assert "nobody to call just now: what is left is not due, or it is no hour to call there." in page


def test_the_queue_is_for_people_who_sell(house: House) -> None:
    assert "/queue" not in visitor(house, "marketing").get("/")
    assert "this key belongs to nobody" in visitor(house, "admin").get("/queue")


def test_the_team_page(house: House) -> None:
    lead, _ = house.offered()
    owner = house.get(f"/leads/{lead}")["owner"]
    tom = visitor(house, "manager")
    page = tom.get("/team")
    for words in (
        "Rosa Delgado",
        "Marc Tremblay",
        "1</b> of 5 places taken",
        "Accept by",
        "Marcus Bell",
        "Every promise is in time",
    ):
        assert words in page, words
    tom.send("/team", f"/team/{owner}/change", {"capacity": "7", "hours": "Mon-Thu 08:00-14:00", "holidays": "CA"})
    rep: dict[str, Any] = next(r for r in house.get("/reps")["items"] if r["id"] == owner)
    assert (rep["capacity"], rep["hours"], rep["holidays"], rep["zone"]) == (7, "Mon-Thu 08:00-14:00", "CA", None)
    wrong = tom.send("/team", f"/team/{owner}/change", {"hours": "Mon-Fri 09:00-09:00"}, 422)
    assert "closes before it opens" in wrong.text
    tom.send("/team", f"/team/{owner}/reassign-all", {"reason": "Moves to Lyon"})
    assert house.get(f"/leads/{lead}")["owner"] != owner
    tom.send("/team", f"/team/{owner}/away", {"until": "2026-04-01"})
    assert "away until" in tom.get("/team")
    tom.send("/team", f"/team/{owner}/back")
    assert "away until" not in tom.get("/team").partition("Lately changed")[0]


def test_what_a_salesperson_may_change_on_the_team_page(house: House) -> None:
    forms = forms_of(visitor(house, "rosa").get("/team"))
    assert "/team/rosa/away" in forms
    assert not {"/team/marc/away", "/team/rosa/change", "/team/rosa/reassign-all"} & forms.keys()
    assert visitor(house, "rosa").post("/team/marc/reassign-all", reason="x").status_code == 403
    assert not [action for action in forms_of(visitor(house, "viewer").get("/team")) if action.startswith("/team/")]


def test_broken_promises_with_both_kinds_of_minutes(house: House) -> None:
    lead, _ = house.offered()
    house.work_until(lead, "escalate")
    house.work(lead)
    page = visitor(house, "viewer").get("/team")
    assert "Late, and still waiting" in page
    assert "480</td><td>" in page.replace("\n", "")
    assert "Marcus Bell" not in page


def test_pages_say_the_queue_where_a_lead_is_nobodys(house: House) -> None:
    lead = pooled(house)
    tom = visitor(house, "manager")
    handoff = house.get("/handoffs")["items"][0]
    assert (handoff["team"], handoff["offer"]["team"]) == ("sales", "sales")
    for path in ("/handoffs?whose=all", f"/handoffs/{handoff['id']}", f"/leads/{lead}", "/team"):
        page = tom.get(path)
        assert "queue of <bdi>sales</bdi>" in page, path
    assert "0 leads with you" in tom.get("/")
    assert "Waits in the queue of sales" in tom.get(f"/leads/{lead}")
    assert "No lead is waiting here" in tom.get("/handoffs?whose=mine")
    house.clock.at += timedelta(days=2)
    house.work_until(lead, "escalate")
    house.work(lead)
    assert "queue of <bdi>sales</bdi>" in tom.get("/").partition("Promises in danger")[2]
    assert "queue of <bdi>sales</bdi>: the time to accept" in tom.get("/team").partition("Broken promises")[2]
