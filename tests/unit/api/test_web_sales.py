"""The pages of sales and of human touches: handoffs with their decisions, tasks with their ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.unit.api.house import CURIOUS, READY, House
from tests.unit.api.visitors import Visitor, forms_of, visitor

HEARD = {"confirmed:fact.pain": "on", "confirmed:fact.evaluate_within_months": "on"}
"""What we told and they said again: enough to qualify."""


def offered(house: House) -> tuple[str, str, str, Visitor]:
    """A lead and its handoff's page, in front of the one it was offered to; the other one is away."""
    house.post("/reps/marc/away", {"until": "2026-12-01"}, "manager")
    lead, handoff = house.offered()
    return lead, f"/handoffs/{handoff['id']}", "rosa", visitor(house, "rosa")


def decisions(page: str, path: str) -> list[str]:
    told_back = (f"{path}/feedback", f"{path}/debrief")
    return [a.removeprefix(f"{path}/") for a in forms_of(page) if a.startswith(path) and a not in told_back]


def test_the_packet_on_one_screen(house: House) -> None:
    _, path, _, rosa = offered(house)
    listed = rosa.get("/handoffs")
    assert "Marcus Bell" in listed
    assert "Ridgeway Foods" in listed
    assert f'href="{path}"' in listed
    page = rosa.get(path)
    first = page.partition("In detail")[0]
    for words in (
        "VP Operations, Ridgeway Foods",
        "Why now",
        "A problem we solve is stated in their own words",
        "“What did you pay in detention last quarter?”",
        "Costliest problem: Trucks wait and we pay detention",
        "marcus.bell@ridgeway-foods.example",
        "Accept",
        "Their time",
    ):
        assert words in first, words
    assert decisions(page, path) == ["accept", "attempt", "reject", "recycle"]
    assert "Not mine by territory, language or segment" in page
    assert "The team cannot take more now" not in page  # switched off in reasons.yaml


def test_from_accept_to_qualified(house: House) -> None:
    lead, path, _, rosa = offered(house)
    done = rosa.send(path, f"{path}/accept")
    page = rosa.get(done.headers["location"])
    assert "Accepted. The clock for the first contact is running." in page
    assert decisions(page, path) == ["attempt", "recycle", "disqualify"]
    rosa.send(path, f"{path}/attempt", {"outcome": "no_answer"})
    early = rosa.send(path, f"{path}/qualify", status=409)
    assert "Log the conversation first" in early.text
    rosa.send(path, f"{path}/attempt", {"outcome": "connected", "note": "Friendly"})
    vague = rosa.send(path, f"{path}/qualify", {"note": "Signs in May"}, status=422)
    assert "Qualify needs what the conversation confirmed: Costliest problem" in vague.text
    assert "What the conversation must confirm" in vague.text
    given = {"fact:fact.budget_status": "approved", "note": "Signs in May", **HEARD}
    rosa.send(path, f"{path}/qualify", given)
    known = house.get(f"/leads/{lead}")
    assert (known["state"], known["facts"]["fact.budget_status"]["source"]) == ("QUALIFIED", "rep")
    page = rosa.get(f"/leads/{lead}")
    for words in ("Did not answer when Rosa Delgado called", "Talked with Rosa Delgado", "Friendly", "Signs in May"):
        assert words in page


def test_not_for_us_needs_what_the_reason_needs(house: House) -> None:
    _, path, _, rosa = offered(house)
    page = rosa.get(path)
    assert 'name="criterion.definition_not_met"' in page
    assert 'name="note.bad_data"' in page
    bare = rosa.send(path, f"{path}/reject", {"reason": "definition_not_met", "note.misrouted": "unseen"}, 422)
    assert "“Does not meet what we agreed on” needs what of our agreement is not met" in bare.text
    assert 'value="definition_not_met" required checked' in bare.text
    given = {"reason": "definition_not_met", "criterion.definition_not_met": "soon"}
    done = rosa.send(path, f"{path}/reject", {**given, "note.definition_not_met": "Next year at best"})
    assert done.headers["location"] == f"{path}?done=reject"
    page = rosa.get(path)
    assert "this handoff is over: back in nurture, does not meet what we agreed on" in page
    assert "Next year at best" in page
    assert decisions(page, path) == []


def test_back_to_nurture_with_a_date(house: House) -> None:
    lead, path, _, rosa = offered(house)
    rosa.send(path, f"{path}/attempt", {"outcome": "connected"})
    past = {"reason": "bad_timing", "resume_on.bad_timing": "2020-01-01"}
    assert "“When should we be back?” needs a day to come" in rosa.send(path, f"{path}/recycle", past, 422).text
    assert "is unknown" not in rosa.send(path, f"{path}/recycle", {"reason": "bad_timing"}, 422).text
    rosa.send(path, f"{path}/recycle", {**past, "resume_on.bad_timing": "2026-09-01", "fact:fact.priority": "someday"})
    known = house.get(f"/leads/{lead}")
    assert (known["state"], known["facts"]["fact.priority"]["value"]) == ("RECYCLED", "someday")
    assert "Sent back by Rosa Delgado: Right problem, wrong moment" in rosa.get(f"/leads/{lead}")


def test_not_responsive_says_how_much_effort_is_missing(house: House) -> None:
    _, path, _, rosa = offered(house)
    rosa.send(path, f"{path}/attempt", {"outcome": "voicemail"})
    page = rosa.send(path, f"{path}/recycle", {"reason": "not_responsive"}, 422).text
    assert "6 attempts on 2 channels over 10 business days; so far 1 on 1" in page


def test_others_may_look_and_leaders_may_decide_for_them(house: House) -> None:
    lead, path, _, _ = offered(house)
    marc = visitor(house, "marc")
    page = marc.get(path)
    assert decisions(page, path) == []
    assert "Only whoever has the lead decides" in page
    refused = marc.post(f"{path}/accept")
    assert refused.status_code == 409
    assert "with Rosa Delgado now, not with Marc Tremblay" in refused.text
    assert decisions(visitor(house, "marketing").get(path), path) == []
    tom = visitor(house, "manager")
    assert "You decide for <bdi>Rosa Delgado</bdi>" in tom.get(path)
    tom.send(path, f"{path}/accept")
    assert house.get(f"/leads/{lead}")["owner"] == "rosa"
    assert "Entered by Tom Whitaker for Rosa Delgado" in tom.get(f"/leads/{lead}")


def test_an_answer_to_an_old_offer_is_told_who_has_it(house: House) -> None:
    lead, handoff = house.offered()
    path, rep = f"/handoffs/{handoff['id']}", handoff["offer"]["rep"]
    old = visitor(house, rep)
    form = forms_of(old.get(path))[f"{path}/accept"]
    old.send(path, f"{path}/reject", {"reason": "misrouted"})
    between = old.post(f"{path}/accept", **form)
    assert between.status_code == 409
    assert "on its way to another salesperson" in between.text
    house.work(lead)
    late = old.post(f"{path}/accept", **form)
    assert late.status_code == 409
    assert "now" in late.text
    assert old.post(f"{path}/no_such_decision").status_code == 404
    assert old.client.get(f"{path}/accept", follow_redirects=False).headers["location"] == path


def test_the_desk_is_the_managers(house: House) -> None:
    lead, handoff = house.offered()
    path = f"/handoffs/{handoff['id']}"
    for _ in range(60):
        if house.get(f"/leads/{lead}")["is_on_desk"]:
            break
        house.work(lead)
    page = visitor(house, "manager").get(path)
    assert "On the manager's desk" in page
    assert "Nobody took it: on the manager&#39;s desk" in page or "manager" in visitor(house).get(f"/leads/{lead}")


def called(house: House, body: dict[str, Any] | None = None) -> tuple[str, str]:  # Any: JSON
    """A lead with an open human touch, and the page of the task."""
    lead = house.enrol(body or CURIOUS)
    house.work_until(lead, "open_task")
    house.work(lead)
    return lead, f"/tasks/{house.get('/tasks?open=true')['items'][0]['id']}"


def test_a_call_with_script_question_and_answer(house: House) -> None:
    lead, path = called(house)
    lena = visitor(house, "nurture")
    assert f'href="{path}"' in lena.get("/tasks")
    assert "1 task</a>" in lena.get("/")
    page = lena.get(path)
    assert "Hi Marcus, this is Lena at Harborline" in page
    assert "“What goes wrong at your docks that costs you most?”" in page
    assert "Trucks wait and we pay detention" in page
    for outcome in ("talked", "no_answer", "later", "not_us"):
        assert f'name="outcome" value="{outcome}"' in page
    lena.send(path, f"{path}/done", {"outcome": "no_answer"})
    assert "1 time" in lena.get(path)
    lena.send(
        path,
        f"{path}/done",
        {"outcome": "talked", "fact:fact.pain": "idle_crew", "words": "They wait <i>until</i> ten"},
    )
    page = lena.get(f"/leads/{lead}")
    assert "Talked with Lena Brandt: The crew stands idle, then everything comes at once" in page
    assert "They wait &lt;i&gt;until&lt;/i&gt; ten" in page
    assert f"{path}/done" not in forms_of(lena.get(path))
    assert "Talked" in lena.get("/tasks?which=ended")
    twice = lena.post(f"{path}/done", outcome="talked")
    assert twice.status_code == 409
    assert "closed already" in twice.text


def test_later_and_not_us_ask_only_what_they_need(house: House) -> None:
    lead, path = called(house)
    lena = visitor(house, "nurture")
    lena.send(path, f"{path}/done", {"outcome": "later", "until": "2026-05-04", "reason": "fake"})
    assert house.get(f"/leads/{lead}")["paused_until"].startswith("2026-05-04")
    other, path = called(house, {**READY, "email": "else@site.example", "fact": {}})
    wrong = lena.send(path, f"{path}/done", {"outcome": "sang"}, 422)
    assert "Choose what happened" in wrong.text
    lena.send(path, f"{path}/done", {"outcome": "not_us", "reason": "competitor", "until": "x"})
    assert house.get(f"/leads/{other}")["state"] == "DISQUALIFIED"


def test_a_task_is_skipped(house: House) -> None:
    lead, path = called(house)
    visitor(house, "nurture").send(path, f"{path}/skip", {"words": "On leave"})
    assert "On leave" in visitor(house).get(f"/leads/{lead}")
    assert visitor(house).post(f"{path}/burn").status_code == 404
    assert visitor(house, "service").post(f"{path}/skip").status_code == 403


def test_promises_are_told_in_the_readers_time(house: House) -> None:
    house.post("/reps/marc/away", {"until": "2026-12-01"}, "manager")
    _, handoff = house.offered({**READY, "lead": {**READY["lead"], "time_zone": "Asia/Tokyo"}})
    house.clock.at += timedelta(minutes=5)
    page = visitor(house, "rosa").get(f"/handoffs/{handoff['id']}")
    assert " Tokyo</time>" in page


def test_a_deal_from_the_conversation_to_the_signature(house: House) -> None:
    lead, path, _, rosa = offered(house)
    rosa.send(path, f"{path}/attempt", {"outcome": "connected"})
    rosa.send(path, f"{path}/qualify", HEARD)
    assert decisions(rosa.get(path), path)[:2] == ["attempt", "opportunity"]
    bare = rosa.send(path, f"{path}/opportunity", {"amount": "0"}, status=422)
    assert "mount" in bare.text
    deal = {"amount": "42000", "currency": "USD", "close_on": "2027-06-30", "forecast": "best_case"}
    rosa.send(path, f"{path}/opportunity", deal)
    assert decisions(rosa.get(path), path) == ["attempt", "proposal", "won", "lost", "recycle"]
    rosa.send(path, f"{path}/attempt", {"outcome": "meeting_held", "channel": "meeting", "note": "Their lawyer came"})
    assert "Their lawyer came" in rosa.get(path)
    rosa.send(path, f"{path}/proposal", {"amount": "41000", "currency": "USD"})
    assert decisions(rosa.get(path), path) == ["attempt", "won", "lost", "rescope", "recycle"]
    rosa.send(path, f"{path}/lost", {"reason": "price"})
    assert house.get(f"/leads/{lead}")["state"] == "LOST"
    assert "Lost" in rosa.get(f"/leads/{lead}")
    assert decisions(rosa.get(path), path) == ["recycle"]  # the one thing left to say
    rosa.send(path, f"{path}/recycle", {"reason": "no_budget"})
    assert house.get(f"/leads/{lead}")["state"] == "RECYCLED"


def test_what_a_return_means_is_shown_beside_the_form(house: House) -> None:
    _, path, _, rosa = offered(house)
    assert "hx-get" in rosa.get(path)
    shown = rosa.get(f"{path}/recycle/outlook?reason=bad_timing&resume_on.bad_timing=2026-09-01&resume_on.no_budget=x")
    assert "Back from Sat 1 Aug" in shown
    assert "<bdi>Rosa Delgado</bdi> first" in shown
    assert "Whoever you name" in rosa.get(f"{path}/recycle/outlook?reason=wrong_contact")
    assert "“When should we be back?” needs a day to come" in rosa.get(
        f"{path}/recycle/outlook?reason=bad_timing&resume_on.bad_timing=2020-01-01"
    )
    assert "“Why?” has no answer yet" in rosa.get(f"{path}/recycle/outlook?reason=%3Cscript%3E")
    assert rosa.get(f"{path}/recycle/outlook?resume_on.x=1").strip() == ""


def test_a_call_with_what_was_agreed_in_the_teams_own_time(house: House) -> None:
    lead, path, _, rosa = offered(house)
    past = {"outcome": "voicemail", "callback_at": "2026-03-02T08:00"}
    assert "“Call them back” needs a time to come" in rosa.send(path, f"{path}/attempt", past, 422).text
    assert (
        "“Call them back” needs a time to come"
        in rosa.send(path, f"{path}/attempt", {**past, "callback_at": "soon"}, 422).text
    )
    rosa.send(path, f"{path}/attempt", {**past, "callback_at": "2026-03-04T08:00", "minutes": "3"})
    promised = house.get(path, "rosa")["do_not"]["promised"]
    assert promised == [{"what": "callback", "at": "2026-03-04T14:00:00Z", "by": "rosa"}]  # 8 in Chicago
    given = {
        "reason": "wrong_contact",
        "referral.wrong_contact.email": "ana@ridgeway-foods.example",
        "attempt.channel": "phone",
    }
    rosa.send(path, f"{path}/recycle", {**given, "attempt.outcome": "connected", "referral.other.email": "x"})
    page = rosa.get(f"/leads/{lead}")
    assert "Named a colleague to talk to" in page
    assert "Talked with Rosa Delgado" in page


def test_what_we_told_a_rep_is_marked_right_or_wrong(house: House) -> None:
    lead, path, _, rosa = offered(house)
    given = {"attempt.outcome": "connected", "attempt.channel": "phone"}
    rosa.send(path, f"{path}/attempt", {"outcome": "connected"})
    rosa.send(path, f"{path}/qualify", {**given, **HEARD, "wrong:company.dock_doors": "on"})
    facts = house.get(f"/leads/{lead}")["facts"]
    assert facts["fact.pain"]["source"] == "rep"
    assert "company.dock_doors" not in facts


def test_a_decision_is_taken_back_on_the_page_by_whoever_made_it(house: House) -> None:
    lead, path, _, rosa = offered(house)
    page, words = f"/leads/{lead}", "Take the last decision back"
    assert words not in rosa.get(page)
    house.post(f"{path}/recycle", {"reason": "needs_education", "criterion": "soon"}, "rosa")
    assert words not in visitor(house, "marc").get(page)
    rosa.send(page, f"{page}/undo", {"note": "the wrong lead"})
    assert house.get(page)["state"] == "HANDED_OFF"
    assert words not in rosa.get(page)


def test_codes_zones_and_what_was_so_then(house: House) -> None:
    """What choices are called, whose time a form asks for, how a handoff ended whatever the lead is in now, and that
    an answer was changed."""
    lead, path, _, rosa = offered(house)
    page = rosa.get(path)
    assert "Industry: Food distribution" in page.partition("Fit and interest")[2]
    assert "if agreed, Chicago time" in page
    rosa.send(path, f"{path}/attempt", {"outcome": "connected"})
    rosa.send(path, f"{path}/recycle", {"reason": "wrong_contact"})
    house.work(lead, 0)
    assert house.get(f"/leads/{lead}")["state"] == "DORMANT"
    assert "Handoff 1, sent back" in rosa.get(f"/leads/{lead}")
    for given, said in (
        ("yes", "Thank you. It is counted"),
        ("yes", "Thank you. It is counted"),
        ("no", "Changed to No"),
    ):
        done = rosa.send(path, f"{path}/feedback", {"helpful": given})
        assert said in rosa.get(done.headers["location"])
