from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from tests.unit.api.house import CURIOUS, READY, House


def test_the_packet_says_who_why_and_what_to_ask(house: House) -> None:
    _, handoff = house.offered()
    packet = house.get(f"/handoffs/{handoff['id']}", "sales")
    assert packet["headline"].startswith("Marcus Bell, VP Operations at Ridgeway Foods: ")
    assert "A problem we solve is stated in their own words" in packet["why_now"]["says"]
    problem = next(c for c in packet["why_now"]["criteria"] if c["id"] == "problem")
    assert problem["holds"] == "met"
    assert problem["evidence"][0]["facts"]["fact.pain"] == "detention"
    assert packet["opening_question"] == "What did you pay in detention last quarter?"
    assert packet["accept_by"] == handoff["clock"]["due_at"]
    assert packet["routing"]["rule"] == "in-turn"
    assert packet["facts"]["fact.pain"]["words"] == "Trucks wait and we pay detention"
    assert packet["conversation"]
    assert packet["before"] == []
    assert "accept" in packet["possible"]


def test_a_handoff_from_accept_to_qualify(house: House) -> None:
    lead, handoff = house.offered()
    path, rep = f"/handoffs/{handoff['id']}", handoff["offer"]["rep"]
    taken = house.post(f"{path}/accept", {"offer": 1}, rep)
    assert (taken["state"], taken["clock"]["name"]) == ("ACCEPTED", "first_attempt")
    early = house.call("POST", f"{path}/qualify", rep, json={})
    assert early.status_code == 409
    bad = house.call("POST", f"{path}/attempt", rep, json={"outcome": "daydream", "channel": "phone"})
    assert bad.status_code == 422
    house.post(f"{path}/attempt", {"outcome": "connected", "channel": "phone"}, rep)
    heard = {"confirmed": ["pain", "evaluate_within_months"], "learned": {"budget_status": "approved"}}
    won = house.post(f"{path}/qualify", {"note": "Has budget", **heard}, rep)
    assert won["state"] == "QUALIFIED"
    assert house.get(f"/leads/{lead}")["facts"]["fact.budget_status"]["source"] == "rep"
    assert house.get(f"{path}")["offer"]["accepted_at"]


def test_only_the_rep_who_has_it_decides(house: House) -> None:
    lead, handoff = house.offered()
    path, rep = f"/handoffs/{handoff['id']}", handoff["offer"]["rep"]
    other = "marc" if rep == "rosa" else "rosa"
    answer = house.call("POST", f"{path}/accept", other, json={})
    assert answer.status_code == 409
    assert f"with {rep} now, not with {other}" in answer.json()["detail"]
    assert house.call("POST", f"{path}/accept", "manager", json={}).status_code == 409
    assert house.call("POST", f"{path}/accept", other, json={"for_rep": rep}).status_code == 403
    assert house.post(f"{path}/accept", {"for_rep": rep}, "ops")["state"] == "ACCEPTED"
    rows = house.get(f"/leads/{lead}/timeline")["items"]
    (said,) = [row for row in rows if row["data"].get("command") == "accept"]
    assert (said["actor_id"], said["data"]["entered_by"]) == (rep, "olga")
    assert "text" not in said["data"]  # words there would be the salesperson's own


def test_a_rep_away_gets_nothing_and_the_other_does(house: House) -> None:
    house.post("/reps/marc/away", {"until": "2026-04-01"}, "manager")
    lead, handoff = house.offered()
    assert handoff["offer"]["rep"] == "rosa"
    path = f"/handoffs/{handoff['id']}"
    assert [h["id"] for h in house.get("/handoffs?rep=rosa&open=true", "sales")["items"]] == [handoff["id"]]
    assert house.get("/handoffs?rep=marc")["items"] == []
    late = house.call("POST", f"{path}/accept", "sales", json={"offer": 2})
    assert late.status_code == 409
    assert "the lead is with rosa now" in late.json()["detail"]
    back = house.post(
        f"{path}/recycle",
        {"reason": "bad_timing", "resume_on": "2026-09-01", "note": "Budget round in August"},
        "sales",
    )
    assert (back["state"], back["owner"]) == ("RECYCLED", None)
    assert back["cool_until"].startswith("2026-08-02")
    over = house.call("POST", f"{path}/accept", "sales", json={})
    assert over.status_code == 409
    assert "this handoff is over (RECYCLED, bad_timing); the lead is with nobody in sales" in over.json()["detail"]
    assert house.get(f"/leads/{lead}")["return_reason"] == "bad_timing"
    assert house.get(path)["closed_at"]
    assert house.get("/handoffs?open=true")["items"] == []


def test_the_second_packet_knows_the_first(house: House) -> None:
    house.post("/reps/marc/away", {"until": "2026-12-01"}, "manager")
    lead, first = house.offered()
    house.post(f"/handoffs/{first['id']}/recycle", {"reason": "no_budget", "note": "Frozen"}, "sales")
    house.clock.at += timedelta(hours=1)
    house.post(f"/leads/{lead}/events", {"name": "demo_request"}, "service", 201)
    house.work_until(lead, "route")
    house.work(lead)
    second = house.get("/handoffs?open=true")["items"][0]
    packet = house.get(f"/handoffs/{second['id']}", "sales")
    assert packet["why_now"]["rule"] == "hand_raiser"
    assert "Asked for a demo" in packet["headline"]
    assert [(b["outcome"], b["reason"], b["reps"]) for b in packet["before"]] == [("RECYCLED", "no_budget", ["rosa"])]
    texts = [row["data"].get("text") for row in packet["conversation"]]
    assert "Frozen" in texts


def test_reasons_are_checked(house: House) -> None:
    _, handoff = house.offered()
    path, rep = f"/handoffs/{handoff['id']}", handoff["offer"]["rep"]
    unknown = house.call("POST", f"{path}/reject", rep, json={"reason": "did_not_like_them"})
    assert unknown.status_code == 422
    assert "misrouted" in unknown.json()["detail"]
    bare = house.call("POST", f"{path}/recycle", rep, json={"reason": "chose_competitor"})
    assert bare.status_code == 422
    assert bare.json()["field"] == "competitor"
    past = house.call("POST", f"{path}/recycle", rep, json={"reason": "bad_timing", "resume_on": "2020-01-01"})
    assert past.status_code == 422
    back = house.post(f"{path}/recycle", {"reason": "chose_competitor", "competitor": "Yardpilot"}, rep)
    assert back["state"] == "RECYCLED"
    rows = house.get(f"/leads/{back['id']}/timeline")["items"]
    assert "Competitor: Yardpilot" in [row["data"].get("text") for row in rows]
    rows_of_viewer = house.call("GET", f"/leads/{back['id']}/timeline", "viewer").text
    assert "Yardpilot" not in rows_of_viewer


def test_a_rejection_reroutes(house: House) -> None:
    lead, handoff = house.offered()
    path, rep = f"/handoffs/{handoff['id']}", handoff["offer"]["rep"]
    assert house.call("POST", f"{path}/reject", rep).json()["field"] == "reason"  # no body is an empty one
    again = house.post(f"{path}/reject", {"reason": "misrouted"}, rep)
    assert again["state"] == "SALES_READY"
    between = house.call("POST", f"{path}/disqualify", rep, json={"reason": "fake"})
    assert between.status_code == 409
    assert "on its way to another salesperson" in between.json()["detail"]
    house.work(lead)
    found = house.get(f"/handoffs/{handoff['id']}")
    assert found["offer"]["number"] == 2
    assert found["offer"]["rep"] != handoff["offer"]["rep"]


def test_a_handoff_by_the_leads_external_id(house: House) -> None:
    _, handoff = house.offered({**READY, "external": {"system": "crm", "id": "a/b"}})
    assert house.get("/handoffs/crm:a%2Fb")["id"] == handoff["id"]
    assert house.call("GET", f"/handoffs/{uuid4()}").status_code == 404
    assert house.call("GET", "/handoffs/nonsense").status_code == 404


def test_a_human_touch_is_done_once(house: House) -> None:
    lead = house.enrol()
    house.work_until(lead, "open_task")
    house.work(lead)
    task = house.get("/tasks?open=true&owner=lena")["items"][0]
    assert (task["lead"], task["touch"], task["name"]) == (lead, "research-call", "Marcus Bell")
    shown = house.get(f"/tasks/{task['id']}", "nurture")
    assert "Hi Marcus, this is Lena at Harborline" in shown["script"]
    assert "{{" not in shown["script"]
    assert "Unsubscribe" not in shown["script"]
    assert shown["ask"] == "What goes wrong at your docks that costs you most?"
    assert shown["outcomes"] == ["talked", "no_answer", "later", "not_us"]
    wrong = house.call("POST", f"/tasks/{task['id']}/done", "nurture", json={"outcome": "sang"})
    assert wrong.status_code == 422
    assert wrong.json()["field"] == "outcome"
    body = {"outcome": "talked", "facts": {"pain": "idle_crew"}, "words": "The crew waits until ten"}
    ended = house.post(f"/tasks/{task['id']}/done", body, "nurture")
    assert ended["task"]["outcome"] == "talked"
    twice = house.call("POST", f"/tasks/{task['id']}/done", "nurture", json=body)
    assert twice.status_code == 409
    assert house.get(f"/leads/{lead}")["facts"]["fact.pain"]["source"] == "call"
    assert house.get("/tasks?open=true")["items"] == []


def test_a_task_put_off_and_skipped(house: House) -> None:
    lead = house.enrol()
    house.work_until(lead, "open_task")
    house.work(lead)
    task = house.get("/tasks?open=true")["items"][0]["id"]
    later = house.post(f"/tasks/{task}/done", {"outcome": "no_answer"}, "nurture")
    assert (later["task"]["tries"], later["task"]["closed_at"]) == (1, None)
    skipped = house.post(f"/tasks/{task}/skip", {"reason": "On leave until May"}, "nurture")
    assert skipped["task"]["outcome"] == "not_done"
    assert house.call("POST", f"/tasks/{task}/skip", json={}).status_code == 409
    assert house.work(lead, 0).verb == "deliver"  # and the lead goes on
    rows = house.get(f"/leads/{lead}/timeline")["items"]
    assert [r["data"]["status"] for r in rows if r["data"].get("touch") == "research-call" and r["kind"] == "touch"]
    assert "On leave until May" in [row["data"].get("text") for row in rows]


def test_the_team(house: House) -> None:
    rep = house.get("/reps")["items"][0]
    assert (rep["id"], rep["name"], rep["capacity"], rep["in_hand"]) == ("marc", "Marc Tremblay", 5, 0)
    changed = house.call("PUT", "/reps/marc", "manager", json={"capacity": 9, "hours": "Mon-Fri 08:00-12:00"})
    assert (changed.status_code, changed.json()["capacity"]) == (200, 9)
    for body in ({"capacity": -1}, {"capacity": None}, {"hours": "always"}, {"zone": "Mars"}, {"weight": 0}):
        assert house.call("PUT", "/reps/marc", "manager", json=body).status_code == 422, body
    assert house.call("PUT", "/reps/ines", "manager", json={}).status_code == 422
    assert house.call("POST", "/reps/marc/away", "sales", json={"until": "2026-05-01"}).status_code == 403
    assert house.post("/reps/rosa/away", {"until": "2026-05-01"}, "sales")["away_until"]
    assert house.post("/reps/rosa/away", {"until": None}, "sales")["away_until"] is None
    assert house.call("POST", "/reps/rosa/away", "manager", json={"until": "2020-01-01"}).status_code == 422
    assert house.call("POST", "/reps/nobody/away", "manager", json={"until": None}).status_code == 404


def test_what_is_agreed(house: House) -> None:
    tracks = {track["id"]: track for track in house.get("/tracks", "viewer")["items"]}
    assert set(tracks) == {"beside-sales", "business-case", "dock-waiting", "keep-in-touch", "re-engagement"}
    assert tracks["keep-in-touch"]["enrol"] is None
    assert [tracks[name]["then"] for name in ("dock-waiting", "re-engagement")] == ["keep-in-touch", "none"]
    track = tracks["dock-waiting"]
    assert (track["is_approved"], len(track["stages"])) == (True, 4)
    assert track["stages"][0]["touches"][0]["id"] == "checklist"
    definition = house.get("/definitions", "viewer")["items"][0]
    assert [c["id"] for c in definition["criteria"]] == ["fits", "problem", "soon"]
    assert definition["ready_when"][1]["says"] == "Asked for a demo; The company fits our profile"


def test_an_owed_answer_is_a_task(house: House) -> None:
    lead = house.enrol({"email": "kofi@sablecreek.example", "inquiry": {"topic": "demo"}, "event": "demo_request"})
    house.work_until(lead, "ask")
    house.work(lead)
    task = house.get("/tasks?open=true")["items"][0]
    assert (task["kind"], task["event"], task["title"]) == ("answer", "demo_request", "Answer: Asked for a demo")
    assert CURIOUS["email"] not in task
