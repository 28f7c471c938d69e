"""The packet: fifteen sections in the order a rep reads, every one said or said to be unknown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.api.house import READY, House
from tests.unit.api.visitors import visitor
from tests.world import shipped_release

STAGES = ("interest", "consideration", "decision", "awareness")
"""Of somebody in interest: what comes, and after it what they have behind them."""

CRITERIA_LINE = (
    "met: A problem we solve is stated in their own words (Costliest problem: Trucks wait and we pay detention"
)


def packet(house: House, body: dict[str, Any] | None = None, role: str = "sales") -> dict[str, Any]:  # Any: JSON
    _, handoff = house.offered(body)
    found: dict[str, Any] = house.get(f"/handoffs/{handoff['id']}", role)
    return found


def lines(found: dict[str, Any], number: int) -> list[str]:  # Any: JSON
    section: dict[str, Any] = found["sections"][number - 1]
    assert section["number"] == number
    said: list[str] = section["lines"]
    return said


def test_fifteen_sections_in_the_order_a_rep_reads(house: House) -> None:
    house.post("/reps/marc/away", {"until": "2026-12-01"}, "manager")
    found = packet(house)
    assert [one["number"] for one in found["sections"]] == list(range(1, 16))
    assert all(one["lines"] and all(one["lines"]) for one in found["sections"])
    assert lines(found, 1)[0].startswith("Marcus Bell, VP Operations at Ridgeway Foods: ")
    assert lines(found, 1)[1] == "Since Mon 2 Mar, 09:00 Chicago. Fit A, engagement 4 of 4 (1 is most)."
    assert lines(found, 2)[0].startswith("You already pay for the waiting.")
    assert lines(found, 2)[1] == "Ask: “What did you pay in detention last quarter?”"
    assert any(line.startswith(CRITERIA_LINE) for line in lines(found, 4))
    assert "Part in the decision: unknown" in lines(found, 5)
    assert "Will compare options within (months): 2 (form, today)" in lines(found, 6)
    assert "Budget: unknown - ask: “Is there money set aside for this, or would it need a case first?”" in lines(
        found, 6
    )
    assert lines(found, 8)[0] == "Seen: nothing yet"
    assert len([line for line in lines(found, 8) if line.startswith("Bring: ")]) == 3
    assert "Do not say: That their carriers are to blame" in lines(found, 9)
    assert "Do not ask again: Will compare options within (months), Costliest problem" in lines(found, 9)
    assert "met: Docks, 40 points (Dock doors at the site: 40)" in lines(found, 10)
    assert "met: Sector, 40 points (Industry: Food distribution)" in lines(found, 10)
    assert lines(found, 11) == ["None: this is the first time with sales"]
    assert "Phone: allowed, number unknown" in lines(found, 12)
    assert "Consent: unknown" in lines(found, 12)
    assert lines(found, 13)[0].startswith("Rosa Delgado: ")
    assert "Passed over: Marc Tremblay, away" in " ".join(lines(found, 13))
    assert lines(found, 14)[0] == "Accept by Mon 2 Mar, 17:00 Chicago"
    assert lines(found, 14)[1] == "If accepted now: first contact by Mon 2 Mar, 13:00 Chicago"
    assert "6 attempts on 2 channels over 10 business days; so far 0" in lines(found, 14)[2]


def test_of_somebody_nobody_knows_every_section_says_so(house: House) -> None:
    lead = house.enrol({"email": "office@unlisted.example"})
    house.work(lead, 0)
    house.post(f"/leads/{lead}/promote", {"note": "Met at the fair, wants to talk"}, "marketing")
    house.work_until(lead, "route")
    house.work(lead)
    found = house.get("/handoffs?open=true")["items"][0]
    shown = house.get(f"/handoffs/{found['id']}", found["offer"]["rep"])
    assert len(shown["sections"]) == 15
    assert all(one["lines"] for one in shown["sections"])
    said = "\n".join(line for one in shown["sections"] for line in one["lines"])
    assert "Promoted by Ines Okafor: Met at the fair, wants to talk" in said
    for words in ("Who signs: unknown", "Champion: unknown", "Best hour: unknown", "Consent: unknown"):
        assert words in said
    assert (
        lines(shown, 2)[0] == "Trucks get a confirmed slot, so nobody pays for waiting and the dock crew is never idle."
    )
    assert "Dock doors at the site: unknown" in said
    assert "None" not in said.replace("None: this is the first time", "")


def test_collateral_is_never_what_they_have_seen(house: House) -> None:
    lead = house.enrol({**READY, "fact": {}})
    house.sent(lead, "story-14-doors")
    house.post(f"/leads/{lead}/events", {"name": "demo_request"}, "service", 201)
    house.work_until(lead, "route")
    house.work(lead)
    found = house.get("/handoffs?open=true")["items"][0]
    shown = house.get(f"/handoffs/{found['id']}", found["offer"]["rep"])
    seen = {asset["id"] for one in shown["already_seen"] for asset in one["assets"]}
    assert {"detention-checklist", "story-14-doors"} <= seen
    bring = [asset["id"] for asset in shown["use_next"]]
    assert len(bring) == 3
    assert not seen & set(bring)
    stage = house.get(f"/leads/{lead}")["stage"]
    assert stage == "interest"
    assert bring[0] == "peak-plan"  # of their stage, for their part
    assert set(bring[1:]) <= {"story-cold-storage", "door-map", "late-truck-card"}  # of it too, for others
    known = shipped_release().assets
    left = [(asset["id"], known[asset["id"]].stage) for asset in shown["not_seen_yet"]]
    assert [of for _, of in left] == sorted((of for _, of in left), key=STAGES.index)
    assert next(id for id, of in left if of == "consideration") == "dock-calculator"  # for their part
    assert shown["fit"]["thirty_days_ago"] is None or shown["fit"]["thirty_days_ago"]["engagement_points"] == 0
    assert shown["fit"]["events_in_thirty_days"] == {"Asked for a demo": 1}


def test_a_colleague_and_who_else_is_there(house: House) -> None:
    other = house.enrol({**READY, "email": "cfo@ridgeway-foods.example", "lead": {"title": "CFO"}, "fact": {}})
    found = packet(house)
    assert [one["lead"] for one in found["people"]["colleagues"]] == [other]
    assert any(line.startswith("Also there: A colleague, CFO (") for line in lines(found, 5))


def test_the_second_packet_says_who_gave_it_back_and_what_changed(house: House) -> None:
    house.post("/reps/marc/away", {"until": "2026-12-01"}, "manager")
    lead, first = house.offered()
    body = {
        "attempt": {"outcome": "connected"},
        "reason": "no_budget",
        "note": "Frozen until summer",
        "learned": {"budget_status": "no_money"},
    }
    house.post(f"/handoffs/{first['id']}/recycle", body, "sales")
    house.clock.at += timedelta(days=40)
    house.call("PATCH", f"/leads/{lead}", "nurture", json={"fact": {"budget_status": "planned"}})
    house.post(f"/leads/{lead}/events", {"name": "demo_request"}, "service", 201)
    house.work_until(lead, "route")
    house.work(lead)
    second = house.get("/handoffs?open=true")["items"][0]
    shown = house.get(f"/handoffs/{second['id']}", "sales")
    (before,) = shown["before"]
    assert (before["by"], before["reason"], before["note"]) == ("rosa", "no_budget", "Frozen until summer")
    assert before["learned"] == ["fact.budget_status"]
    assert before["since"] == ["Budget: In the next plan", "Asked for a demo on 11 Apr 2026"]
    assert "Rosa Delgado: No money for it now. “Frozen until summer”" in lines(shown, 11)[0]
    assert lines(shown, 11)[1] == "Since then: Budget: In the next plan; Asked for a demo on 11 Apr 2026"


def test_what_is_promised_and_when_they_act(house: House) -> None:
    body = {**READY, "lead": {**READY["lead"], "time_zone": "Asia/Tokyo", "phone": "+1 555 0100"}}
    lead, handoff = house.offered({**body, "consent": {"basis": "form", "text": "Yes, write to me"}})
    path, rep = f"/handoffs/{handoff['id']}", handoff["offer"]["rep"]
    house.post(f"/leads/{lead}/events", {"name": "pricing_view", "at": "2026-03-02T01:20:00Z"}, "service", 201)
    callback = {"outcome": "no_answer", "channel": "phone", "callback_at": "2026-03-04T01:00:00Z"}
    house.post(f"{path}/attempt", callback, rep)
    shown = house.get(path, rep)
    assert any(line.startswith("Promised: callback Tue 3 Mar, 19:00 Chicago, by ") for line in lines(shown, 9))
    assert "Best hour: 10:00, when they did something once" in lines(shown, 12)
    assert "Consent: form, Mon 2 Mar" in lines(shown, 12)
    assert shown["contact_rules"]["is_working_time"] is False
    assert any(
        line.startswith("Their time: Tue 3 Mar, 00:") and "outside working hours" in line for line in lines(shown, 12)
    )
    house.clock.at += timedelta(days=3)
    assert "Promised: nothing is open" in lines(house.get(path, rep), 9)


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", "a" * 20_000, "‮gnp.exe", "{{ 7*7 }}"])
def test_hostile_words_stay_words(house: House, words: str) -> None:
    lead, handoff = house.offered()
    house.post(f"/leads/{lead}/events", {"name": "reply", "words": words}, "service", 201)
    shown = house.get(f"/handoffs/{handoff['id']}", handoff["offer"]["rep"])
    assert shown["their_words"][0]["text"] == words
    assert shown["their_words"][0]["source"] == "Replied to a mail"


def test_a_viewer_reads_no_words_and_no_names(house: House) -> None:
    lead, handoff = house.offered()
    house.post(f"/leads/{lead}/events", {"name": "reply", "words": "Secret words"}, "service", 201)
    answer = house.call("GET", f"/handoffs/{handoff['id']}", "viewer").text
    assert "Secret words" not in answer
    assert "Marcus" not in answer
    assert '"number":15' in answer


def test_what_sales_named_as_not_met_is_said_to_be_theirs(house: House) -> None:
    """And what a salesperson heard again still has what proved it before."""
    house.post("/reps/marc/away", {"until": "2026-12-01"}, "manager")
    lead, handoff = house.offered()
    path = f"/handoffs/{handoff['id']}"
    house.post(f"{path}/attempt", {"outcome": "connected", "channel": "phone"}, "rosa")
    house.clock.at += timedelta(hours=1)
    house.post(f"{path}/qualify", {"confirmed": ["pain", "evaluate_within_months"]}, "rosa")
    first = lines(house.get(path, "rosa"), 4)
    assert any(line.startswith(CRITERIA_LINE) for line in first)
    assert first[2] == "met: Will compare options within 3 months (Will compare options within (months): 2, Mon 2 Mar)"
    house.clock.at += timedelta(hours=1)
    house.post(f"{path}/recycle", {"reason": "needs_education", "criterion": "soon"}, "manager")
    while house.get(f"/leads/{lead}")["state"] == "RECYCLED":
        house.work(lead)
    house.post(f"/leads/{lead}/promote", {"note": "Met again at the fair"}, "marketing")
    house.work_until(lead, "route")
    house.work(lead)
    newest = next(one for one in house.get("/handoffs?open=true")["items"] if one["lead"] == lead)
    assert lines(house.get(f"/handoffs/{newest['id']}", "rosa"), 4)[2] == (
        "not met: Will compare options within 3 months (Not met, says sales: Still has to learn something first, Mon 2"
        " Mar; Will compare options within (months): 2, Mon 2 Mar)"
    )
    for page in (f"/handoffs/{newest['id']}", f"/leads/{lead}"):
        shown = visitor(house, "rosa").get(page)
        assert "Not met, says sales: Still has to learn something first</bdi>" in shown
        assert "Mon 2 Mar, <bdi>Tom Whitaker</bdi>" in shown
        assert "Nothing in their own words" not in shown
    assert lines(house.get(path, "rosa"), 4) == first  # the verdict of then stays as it was
