"""What sales tells back: feedback with one tap, debriefs of deals, both due, reported when late, moving nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from storage import duties
from storage import tables as t
from tests.unit.api.house import READY, House
from tests.unit.api.visitors import forms_of, visitor

HEARD = ["pain", "evaluate_within_months"]
DEAL: dict[str, Any] = {
    "currency": "USD",
    "close_on": "2026-06-30",
    "forecast": "commit",
    "confirmed": HEARD,
}  # Any: JSON


def handed(house: House, email: str = READY["email"]) -> tuple[str, str]:
    """With Rosa; the other one is away."""
    house.post("/reps/marc/away", {"until": "2026-12-01"}, "manager")
    lead, handoff = house.offered({**READY, "email": email})
    return lead, f"/handoffs/{handoff['id']}"


def closed(house: House, amount: float, how: str = "won", email: str = READY["email"]) -> tuple[str, str]:
    lead, path = handed(house, email)
    then = {"command": "opportunity", "amount": amount, **DEAL}
    house.post(f"{path}/attempt", {"outcome": "connected", "channel": "phone", "then": then}, "rosa")
    end = {"amount": amount, "currency": "USD"} if how == "won" else {"reason": "price"}
    house.post(f"{path}/{how}", end, "rosa")
    return lead, path


def logged(house: House, lead: str, kind: str) -> list[Any]:  # Any: rows
    with house.archive.reading() as tx:
        c = t.log.c
        return list(tx.execute(select(t.log).where(c.lead_id == UUID(lead), c.kind == kind)))


def notices(house: House) -> list[tuple[str, str]]:
    with house.archive.reading() as tx:
        c = t.notices.c
        rows = tx.execute(select(c.person, c.kind).order_by(c.recorded_at))
        return [(row.person, row.kind) for row in rows if row.kind.startswith(("feedback", "debrief"))]


def test_feedback_is_asked_once_a_day_reminded_once_and_reported(house: House) -> None:
    lead, path = handed(house)
    house.post(f"{path}/recycle", {"reason": "no_budget"}, "rosa")
    (asked,) = house.get("/duties?owner=rosa&open=true")["items"]
    assert (asked["kind"], asked["lead"], asked["due_at"]) == ("feedback", lead, "2026-03-03T23:00:00Z")
    other, second = handed(house, "b@ridgeway-foods.example")
    house.post(f"{second}/recycle", {"reason": "no_budget"}, "rosa")
    assert len(house.get("/duties?owner=rosa")["items"]) == 1  # one request a day
    before = house.get(f"/leads/{lead}")["state"]
    for hours in (2, 30, 30, 30):
        house.clock.at += timedelta(hours=hours)
        duties.sweep(house.archive)
    assert notices(house) == [("rosa", "feedback_remind")]
    (breach,) = logged(house, lead, "breach")
    assert (breach.data["clock"], breach.data["owner"], breach.data["kept"]) == ("feedback", "rosa", False)
    assert breach.data["wall_minutes"] > breach.data["business_minutes"] >= 960
    assert logged(house, other, "breach") == []
    assert house.get(f"/leads/{lead}")["state"] == before == "RECYCLED"
    late = house.post(f"{path}/feedback", {"helpful": "no", "why": "Wrong number"}, "rosa")
    assert late["breached_at"]
    assert late["closed_at"]
    assert house.get("/duties?owner=rosa&open=true")["items"] == []


def test_what_was_not_told_back_stands_with_the_other_broken_promises(house: House) -> None:
    _, path = handed(house)
    house.post(f"{path}/recycle", {"reason": "no_budget"}, "rosa")
    named = {"/": "Rosa Delgado</bdi>: feedback by", "/team": "Rosa Delgado</bdi> <small>Feedback by"}
    tom = visitor(house, "manager")
    assert "<b>0</b> promises broken, 0 at risk, 1 in time" in tom.get("/")
    assert "Every promise is in time." in tom.get("/team")
    house.clock.at += timedelta(days=3)
    duties.sweep(house.archive)
    assert "<b>1</b> promise broken, 0 at risk, 0 in time" in tom.get("/")
    for page, words in named.items():
        shown = tom.get(page)
        assert "Every promise is in time." not in shown
        assert f'<a href="{path}"><span class="main">' in shown
        assert words in shown
    house.post(f"{path}/feedback", {"helpful": "no"}, "rosa")
    for page, words in named.items():
        assert words not in tom.get(page)


def test_unasked_feedback_counts_too_and_more_may_follow(house: House) -> None:
    _, path = handed(house)
    first = house.post(f"{path}/feedback", {"helpful": "partly"}, "rosa")
    assert first["answer"] == {"helpful": "partly"}
    more = {
        "accuracy": {"soon": "wrong", "problem": "right"},
        "minutes_saved": 10,
        "what_should_we_have_asked": ["priority"],
    }
    again = house.post(f"{path}/feedback", more, "rosa")
    assert again["answer"]["helpful"] == "partly"
    assert again["answer"]["accuracy"] == {"soon": "wrong", "problem": "right"}
    house.post(f"{path}/recycle", {"reason": "no_budget"}, "rosa")
    assert house.get("/duties?open=true")["items"] == []  # it was told already, so nobody asks again


@pytest.mark.parametrize(
    ("who", "body", "status"),
    [
        ("marc", {"helpful": "yes"}, 409),
        ("rosa", {}, 422),
        ("rosa", {"helpful": "maybe"}, 422),
        ("rosa", {"helpful": "yes", "minutes_saved": -5}, 422),
        ("rosa", {"helpful": "yes", "accuracy": {"vibes": "right"}}, 422),
        ("rosa", {"helpful": "yes", "what_should_we_have_asked": ["shoe_size"]}, 422),
        ("rosa", {"helpful": "yes", "why": "x" * 20_001}, 422),
        ("rosa", {"helpful": "yes", "stars": 5}, 422),
        ("rosa", {"helpful": "yes", "for_rep": "rosa"}, 403),
        ("marketing", {"helpful": "yes"}, 403),
        ("manager", {"helpful": "yes", "for_rep": "marc"}, 409),
        ("manager", {"helpful": "yes", "for_rep": "rosa"}, 200),
    ],
)
def test_who_may_judge_a_packet_and_how(house: House, who: str, body: dict[str, Any], status: int) -> None:
    _, path = handed(house)
    assert house.call("POST", f"{path}/feedback", who, json=body).status_code == status


def test_a_large_deal_is_debriefed_by_somebody_else(house: House) -> None:
    lead, path = closed(house, 60_000)
    (due,) = [one for one in house.get("/duties")["items"] if one["kind"] == "debrief"]
    assert (due["owner"], due["rep"], due["due_at"]) == ("ines", "rosa", "2026-03-23T15:00:00Z")
    assert notices(house) == [("ines", "debrief")]
    answer = {
        "primary": "numbers",
        "secondary": "proof",
        "who_decided": "The COO, with the controller",
        "predicted": ["problem"],
        "misled": ["soon"],
        "change": "Send the calculator first",
        "owner": "lena",
    }
    own = house.call("POST", f"{path}/debrief", "rosa", json=answer)
    assert own.status_code == 409
    assert "never by who sold it; ines asks them" in own.json()["detail"]
    for wrong in (
        {"primary": "price_was_right"},
        {"misled": ["x"]},
        {"touches_remembered": ["x"]},
        {"owner": "nobody"},
    ):
        assert house.call("POST", f"{path}/debrief", "marketing", json={**answer, **wrong}).status_code == 422, wrong
    told = house.post(f"{path}/debrief", answer, "marketing")
    assert told["closed_by"] == "ines"
    assert "who_decided" not in told["answer"]  # words about people are no codes
    assert house.get(path, "marketing")["duties"]["debrief"]["answer"]["who_decided"].startswith("The COO")
    assert "COO" not in house.call("GET", path, "viewer").text
    house.clock.at += timedelta(days=40)
    duties.sweep(house.archive)
    assert [row.data["clock"] for row in logged(house, lead, "breach")] == ["feedback"]


def test_a_lost_deal_is_asked_about_with_the_reasons_of_a_loss(house: House) -> None:
    _, path = closed(house, 60_000, "lost")
    assert house.call("POST", f"{path}/debrief", "marketing", json={"primary": "numbers"}).status_code == 422
    assert house.post(f"{path}/debrief", {"primary": "price"}, "marketing")["answer"]["primary"] == "price"


def test_of_small_deals_a_stated_share_is_asked_about(house: House) -> None:
    drawn = 0
    for number in range(20):
        house.clock.at += timedelta(days=number % 7 == 6)  # eight a day are the most one gets
        _, path = closed(house, 900, email=f"p{number}@ridgeway-foods.example")
        drawn += "debrief" in house.get(path)["duties"]
        if "debrief" not in house.get(path)["duties"]:
            answer = house.call("POST", f"{path}/debrief", "marketing", json={"primary": "price"})
            assert answer.status_code == 409
            assert "needs no debrief" in answer.json()["detail"]
    assert 0 < drawn < 12  # one in five of them, by a fixed draw


def test_the_definition_shows_what_sales_found(house: House) -> None:
    _, path = handed(house)
    house.post(f"{path}/reject", {"reason": "definition_not_met", "criterion": "soon"}, "rosa")
    _, second = handed(house, "b@ridgeway-foods.example")
    body = {
        "outcome": "connected",
        "channel": "phone",
        "then": {
            "command": "recycle",
            "reason": "needs_education",
            "criterion": "soon",
            "confirmed": ["pain"],
            "feedback": {"helpful": "yes", "minutes_saved": 20, "accuracy": {"problem": "right", "soon": "wrong"}},
        },
    }
    house.post(f"{second}/attempt", body, "rosa")
    _, third = closed(house, 60_000, email="c@ridgeway-foods.example")
    house.post(
        f"{third}/debrief", {"primary": "fit", "predicted": ["problem", "soon"], "misled": ["fits"]}, "marketing"
    )
    definition = house.get("/definitions", "viewer")["items"][0]
    soon, problem, fits = (
        {c["id"]: c["sales"] for c in definition["criteria"]}[n] for n in ("soon", "problem", "fits")
    )
    assert soon["refused"] == 2
    assert problem["heard"] == {"right": 2, "wrong": 0}  # in the call before the return, and in that before the deal
    assert soon["said"] == {"right": 0, "wrong": 1, "unsure": 0}
    assert soon["debriefed"] == {"predicted": 1, "misled": 0}
    assert fits["debriefed"] == {"predicted": 0, "misled": 1}
    assert definition["told_back"]["minutes_saved"] == 20
    assert definition["told_back"]["helpful"] == {"yes": 1, "partly": 0, "no": 0}
    page = visitor(house, "marketing").get("/definition")
    assert "Sales refused this criterion 2 times this month." in page
    house.clock.at += timedelta(days=31)
    assert "Nobody refused this criterion this month." in visitor(house, "viewer").get("/definition")


def test_one_tap_on_the_page_and_the_debrief_form(house: House) -> None:
    _, path = closed(house, 60_000)
    rosa = visitor(house, "rosa")
    assert "Was this packet helpful?" in rosa.get(path)
    assert "Was the packet helpful?" in rosa.get("/handoffs")
    done = rosa.send(path, f"{path}/feedback", {"helpful": "yes"})
    assert "Thank you." in rosa.get(done.headers["location"])
    assert f"{path}/debrief" not in forms_of(rosa.get(path))
    assert "To tell back" not in rosa.get("/handoffs")
    assert "Why did it end so?" in visitor(house, "marketing").get("/handoffs")
    assert "Whoever sold it does not ask." in rosa.get(path)
    ines = visitor(house, "marketing")
    bare = ines.send(path, f"{path}/debrief", {"change": "Kept words"}, 422)
    assert "Kept words" in bare.text
    ines.send(path, f"{path}/debrief", {"primary": "numbers", "predicted:problem": "on", "who_decided": "<b>COO</b>"})
    page = ines.get(path)
    assert "The numbers convinced them" in page
    assert "&lt;b&gt;COO&lt;/b&gt;" in page
    assert "Taught us something: Ines Okafor told why it ended so" in page


def test_duties_page_by_page_and_by_kind(house: House) -> None:
    closed(house, 60_000)
    first = house.get("/duties?limit=1")
    rest = house.get(f"/duties?limit=1&after={first['next']}")
    assert {one["kind"] for one in (*first["items"], *rest["items"])} == {"feedback", "debrief"}
    assert [one["kind"] for one in house.get("/duties?kind=debrief", "viewer")["items"]] == ["debrief"]
    assert house.call("GET", "/duties?after=nonsense").status_code == 422
