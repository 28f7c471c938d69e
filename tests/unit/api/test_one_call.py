"""One call after one telephone call: attempt, facts, decision and feedback together, or nothing of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from storage import tables as t
from tests.unit.api.house import READY, House

DEAL: dict[str, Any] = {
    "amount": 42000,
    "currency": "USD",
    "close_on": "2026-06-30",
    "forecast": "best_case",
    "confirmed": ["pain", "evaluate_within_months"],
}  # Any: JSON


def offered(house: House) -> tuple[str, str, str]:
    lead, handoff = house.offered()
    return lead, f"/handoffs/{handoff['id']}", handoff["offer"]["rep"]


def attempts(house: House, lead: str) -> list[Any]:  # Any: rows
    with house.archive.reading() as tx:
        return list(tx.execute(select(t.attempts).where(t.attempts.c.lead_id == UUID(lead))))


def transitions(house: House, lead: str) -> list[str]:
    rows = house.get(f"/leads/{lead}/timeline?limit=500")["items"]
    return [row["data"]["transition"] for row in rows if row["kind"] == "transition"]


def test_an_attempt_and_what_came_of_it(house: House) -> None:
    lead, path, rep = offered(house)
    body = {
        "outcome": "connected",
        "channel": "phone",
        "minutes": 12,
        "meeting_at": "2026-03-09T15:00:00Z",
        "then": {
            "command": "opportunity",
            **DEAL,
            "learned": {"budget_status": "approved"},
            "feedback": {"helpful": "yes", "why": "Knew the doors", "minutes_saved": 15},
        },
    }
    found = house.post(f"{path}/attempt", body, rep)
    assert (found["state"], found["clock"]["name"], found["owner"]) == ("OPPORTUNITY", "sign", rep)
    assert transitions(house, lead)[-4:] == ["T13", "T18", "T20", "T24"]
    (attempt,) = attempts(house, lead)
    assert (attempt.minutes, attempt.meeting_at.isoformat()) == (12, "2026-03-09T15:00:00+00:00")
    facts = house.get(f"/leads/{lead}")["facts"]
    assert (facts["fact.budget_status"]["source"], facts["fact.pain"]["source"]) == ("rep", "rep")
    assert facts["fact.pain"]["value"] == "detention"
    answer = house.get(path, rep)["duties"]["feedback"]["answer"]
    assert answer == {"helpful": "yes", "minutes_saved": 15, "why": "Knew the doors"}
    assert "why" not in house.get(path, "viewer")["duties"]["feedback"]["answer"]


def test_a_decision_brings_its_attempt(house: House) -> None:
    lead, path, rep = offered(house)
    body = {
        "attempt": {
            "outcome": "connected",
            "minutes": 4,
            "note": "Short and kind",
            "callback_at": "2026-08-15T09:00:00-05:00",
        },
        "reason": "bad_timing",
        "resume_on": "2026-09-01",
        "learned": {"pain": "idle_crew"},
    }
    found = house.post(f"{path}/recycle", body, rep)
    assert (found["state"], found["clock"]) == ("RECYCLED", None)
    assert transitions(house, lead)[-3:] == ["T13", "T18", "T21"]
    (attempt,) = attempts(house, lead)
    assert (attempt.channel, attempt.minutes) == ("phone", 4)
    assert attempt.callback_at.isoformat() == "2026-08-15T14:00:00+00:00"
    texts = [row["data"].get("text") for row in house.get(f"/leads/{lead}/timeline?limit=500")["items"]]
    assert "Short and kind" in texts
    learned = house.get(f"/leads/{lead}")["facts"]["fact.pain"]
    assert (learned["value"], learned["source"]) == ("idle_crew", "rep")


def test_a_form_filled_in_before_the_call_does_not_overtake_it(house: House) -> None:
    lead, path, rep = offered(house)
    house.clock.at += timedelta(hours=2)
    house.post(f"{path}/recycle", {"reason": "no_budget", "learned": {"pain": "idle_crew"}}, rep)
    late = {"name": "answer", "at": "2026-03-02T15:30:00Z", "fact": {"pain": "missed_slots"}}
    house.post(f"/leads/{lead}/events", late, "service", 201)
    fact = house.get(f"/leads/{lead}")["facts"]["fact.pain"]
    assert (fact["value"], fact["source"]) == ("idle_crew", "rep")


def test_what_is_refused_leaves_nothing_behind(house: House) -> None:
    lead, path, rep = offered(house)
    before = house.get(f"/leads/{lead}/timeline?limit=500")["items"]
    wrong = {"attempt": {"outcome": "connected"}, "reason": "chose_competitor"}
    answer = house.call("POST", f"{path}/recycle", rep, json=wrong)
    assert (answer.status_code, answer.json()["field"]) == (422, "competitor")
    vain = {"outcome": "no_answer", "channel": "phone", "then": {"command": "qualify"}}
    refused = house.call("POST", f"{path}/attempt", rep, json=vain)
    assert refused.status_code == 409
    assert "log the conversation first" in refused.json()["detail"]
    assert house.get(f"/leads/{lead}/timeline?limit=500")["items"] == before
    assert attempts(house, lead) == []
    assert house.get(f"/leads/{lead}")["state"] == "HANDED_OFF"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"outcome": "voicemail", "callback_at": "2026-03-01"}, "callback_at"),
        ({"outcome": "meeting_booked", "meeting_at": "2020-01-01T10:00:00Z"}, "meeting_at"),
        ({"outcome": "connected", "callback_at": "2026-03-09T15:00:00"}, "callback_at"),
        ({"outcome": "connected", "minutes": -1}, "minutes"),
        ({"outcome": "connected", "minutes": 100000}, "minutes"),
        ({"outcome": "connected", "attempt": {"outcome": "connected"}}, "attempt"),
        ({"outcome": "connected", "then": {"command": "opportunity", **DEAL, "close_on": "2026-02-27"}}, "close_on"),
        ({"outcome": "connected", "then": {"command": "opportunity", **DEAL, "currency": None}}, "currency"),
        ({"outcome": "connected", "then": {"command": "opportunity", **DEAL, "amount": None}}, "amount"),
        ({"outcome": "connected", "then": {"command": "opportunity", **DEAL, "currency": "usd"}}, "then.currency"),
        ({"outcome": "connected", "then": {"command": "accept"}}, "then.command"),
        ({"outcome": "connected", "then": {"command": "qualify", "offer": 1}}, "then"),
        ({"outcome": "connected", "then": {"command": "qualify", "confirmed": ["budget_status"]}}, "confirmed"),
        ({"outcome": "connected", "then": {"command": "qualify", "contradicted": ["favourite_colour"]}}, None),
        ({"outcome": "connected", "feedback": {"accuracy": {"vibes": "wrong"}, "helpful": "no"}}, "accuracy"),
        ({"outcome": "connected", "feedback": {"helpful": "very"}}, "feedback.helpful"),
        ({"outcome": "connected", "feedback": {"why": "x"}}, "helpful"),
        ({"outcome": "connected", "referral": {"email": "x@y.example"}}, "referral"),
    ],
)
def test_what_cannot_be_is_named(house: House, body: dict[str, Any], field: str | None) -> None:
    lead, path, rep = offered(house)
    answer = house.call("POST", f"{path}/attempt", rep, json={"channel": "phone", **body})
    assert answer.status_code == 422, answer.text
    assert field is None or answer.json()["field"] == field
    assert house.get(f"/leads/{lead}")["state"] == "HANDED_OFF"


def test_the_same_call_twice_is_one(house: House) -> None:
    lead, path, rep = offered(house)
    then = {"command": "qualify", "note": "Yes", "confirmed": ["pain", "evaluate_within_months"]}
    body = {"outcome": "connected", "channel": "phone", "then": then}
    key = {"Idempotency-Key": "call-1"}
    first, again = (house.call("POST", f"{path}/attempt", rep, json=body, headers=key).json() for _ in range(2))
    assert first == again
    assert len(attempts(house, lead)) == 1
    twice = house.call("POST", f"{path}/qualify", rep, json={})
    assert twice.status_code == 409
    assert "possible now" in twice.json()["detail"]
    assert "opportunity" in twice.json()["legal"]


def test_a_fact_found_wrong_counts_for_its_criterion(house: House) -> None:
    lead, path, rep = offered(house)
    body = {
        "outcome": "connected",
        "channel": "phone",
        "then": {
            "command": "recycle",
            "reason": "no_budget",
            "confirmed": ["pain"],
            "contradicted": ["evaluate_within_months"],
        },
    }
    house.post(f"{path}/attempt", body, rep)
    known = house.get(f"/leads/{lead}")
    assert "fact.evaluate_within_months" not in known["facts"]
    assert next(c for c in known["verdict"]["criteria"] if c["id"] == "soon")["holds"] == "unknown"
    with house.archive.reading() as tx:
        rows = tx.execute(select(t.log.c.reason, t.log.c.data).where(t.log.c.kind == "accuracy")).all()
    assert {row.reason: row.data["was"] for row in rows} == {"problem": "right", "soon": "wrong"}


def test_a_lost_deal_goes_back_before_its_time(house: House) -> None:
    _, path, rep = offered(house)
    deal = {"outcome": "connected", "channel": "phone", "then": {"command": "opportunity", **DEAL}}
    house.post(f"{path}/attempt", deal, rep)
    house.post(f"{path}/lost", {"reason": "price"}, rep)
    assert house.call("POST", f"{path}/won", rep, json={"amount": 1, "currency": "USD"}).status_code == 409
    other = "marc" if rep == "rosa" else "rosa"
    assert house.call("POST", f"{path}/recycle", other, json={"reason": "no_budget"}).status_code == 409
    back = house.post(f"{path}/recycle", {"reason": "no_budget"})  # an admin, in the place of who had it
    assert back["state"] == "RECYCLED"


REFERRAL = {"email": "ana.bell@ridgeway-foods.example", "first_name": "Ana", "title": "DC Manager"}


def test_a_referral_becomes_an_inquiry_with_the_context(house: House) -> None:
    lead, path, rep = offered(house)
    house.wakes.clear()
    body = {"reason": "wrong_contact", "referral": REFERRAL, "note": "He runs finance"}
    found = house.post(f"{path}/recycle", body, rep)
    named = house.get(f"/leads/{found['referred']}")
    assert (named["state"], named["origin"], named["name"]) == ("NEW", "referral", "Ana")
    assert named["facts"]["company.dock_doors"]["value"] == 40
    assert named["facts"]["lead.title"]["value"] == "DC Manager"
    assert "fact.pain" not in named["facts"]  # it is not theirs
    assert {str(wake.lead_id) for wake in house.wakes} == {lead, found["referred"]}
    here = house.get(f"/leads/{lead}/timeline")["items"]
    there = house.get(f"/leads/{found['referred']}/timeline")["items"]
    assert [row["data"]["named"] for row in here if row["data"].get("is") == "referral"] == [found["referred"]]
    (link,) = [row for row in there if row["data"].get("is") == "referral"]
    assert link["data"]["named_by"] == lead
    assert "Named by Marcus Bell, VP Operations." in link["data"]["text"]
    assert "Trucks wait and we pay detention" in link["data"]["text"]
    house.work_until(found["referred"], "deliver")


def test_a_referral_to_somebody_known_or_to_nobody(house: House) -> None:
    known = house.enrol({"email": REFERRAL["email"], "inquiry": {"topic": "pricing"}})
    lead, path, rep = offered(house)
    own = {"reason": "wrong_contact", "referral": {"email": READY["email"].upper()}}
    refused = house.call("POST", f"{path}/recycle", rep, json=own)
    assert (refused.status_code, refused.json()["field"]) == (422, "referral")
    bad = house.call("POST", f"{path}/recycle", rep, json={"reason": "wrong_contact", "referral": {"email": "x@"}})
    assert bad.status_code == 422
    assert house.get(f"/leads/{lead}")["state"] == "HANDED_OFF"
    found = house.post(f"{path}/recycle", {"reason": "wrong_contact", "referral": REFERRAL}, rep)
    assert found["referred"] == known
    assert house.get(f"/leads/{known}")["facts"]["inquiry.topic"]["value"] == "pricing"  # their own word counts more


def test_a_referral_in_words_alone_is_a_note(house: House) -> None:
    lead, path, rep = offered(house)
    found = house.post(f"{path}/recycle", {"reason": "wrong_contact", "referral": "Ask for Ana"}, rep)
    assert "referred" not in found
    texts = [row["data"].get("text") for row in house.get(f"/leads/{lead}/timeline")["items"]]
    assert "Referral: Ask for Ana" in texts


def test_before_a_return_one_sees_what_it_means(house: House) -> None:
    lead, path, rep = offered(house)
    found = house.get(f"{path}/recycle?reason=bad_timing&resume_on=2026-09-01", rep)
    assert (found["cool_until"], found["to"]) == ("2026-08-02T00:00:00Z", rep)
    assert "Asked for a demo" in found["wakes_early"]
    assert house.get(f"/leads/{lead}")["state"] == "HANDED_OFF"
    house.post(f"{path}/recycle", {"reason": "bad_timing", "resume_on": "2026-09-01"}, rep)
    assert house.call("GET", f"{path}/recycle?reason=bad_timing", rep).status_code == 409
    now = house.get(f"/leads/{lead}")
    assert now["cool_until"] == found["cool_until"]
    house.work_until(lead, "deliver")
    back = house.get(f"/leads/{lead}")
    assert (back["track"], back["stage"]) == (found["track"], found["stage"])


@pytest.mark.parametrize("asked", ["reason=bored", "reason=bad_timing&resume_on=2020-01-01", "reason=no_timeline", ""])
def test_an_outlook_on_what_cannot_be(house: House, asked: str) -> None:
    _, path, rep = offered(house)
    assert house.call("GET", f"{path}/recycle?{asked}", rep).status_code == 422
