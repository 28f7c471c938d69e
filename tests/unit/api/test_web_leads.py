"""The pages of marketing and nurture: today, the list of leads, one lead, its actions."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from storage import tables as t
from storage.api_keys import ROLES
from tests.unit.api.house import CURIOUS, READY, House
from tests.unit.api.visitors import forms_of, visitor

MARKUP = "<script>alert(1)</script><b>x"
RTL = "\u202eمرحبا\u202c"


def test_today_says_what_is_going_on(house: House) -> None:
    lead, _ = house.offered()
    other = house.enrol({**CURIOUS, "email": "x@sunbelt.example"})
    house.work_until(other, "open_task")
    house.work(other)
    page = visitor(house, "marketing").get("/")
    for words in ("Where the leads are", "Offered to sales", "became sales-ready", "offered to", "came to us"):
        assert words in page
    assert f'href="/leads/{lead}"' in page
    assert "/leads?state=HANDED_OFF" in page
    assert "Chicago" in page or "New York" in page


def test_today_with_nothing_in_it(house: House) -> None:
    page = visitor(house).get("/")
    assert "Nothing yet" in page
    assert "Every promise is in time" in page


def test_a_broken_promise_stands_on_today(house: House) -> None:
    lead, _ = house.offered()
    house.work_until(lead, "escalate")
    house.work(lead)
    house.clock.at += timedelta(hours=2)
    page = visitor(house, "manager").get("/")
    assert "2 hours late" in page
    assert "<b>1</b> promise broken" in page
    assert "broke a promise" in page


def test_what_somebody_has_promised_for_today_stands_first(house: House) -> None:
    lead, handoff = house.offered()
    reps = {"rosa", "marc"}
    rep = handoff["offer"]["rep"]
    page = visitor(house, rep).get("/")
    own = page.partition('id="own"')[2].partition("</section>")[0]
    assert f'href="/handoffs/{handoff["id"]}"' in own
    assert "Accept by 17:00" in own
    assert page.index('id="own"') < page.index('class="figures"')
    assert "Nothing of yours is due today" in visitor(house, (reps - {rep}).pop()).get("/")
    assert 'id="own"' not in visitor(house, "marketing").get("/")
    for _ in range(60):
        if house.get(f"/leads/{lead}")["is_on_desk"]:
            break
        house.work(lead)
    desk = visitor(house, "manager").get("/").partition('id="own"')[2].partition("</section>")[0]
    assert "On your desk" in desk
    assert "Marcus Bell" in desk


def test_the_tile_counts_what_the_rows_and_the_team_show(house: House) -> None:
    leads = [house.offered({**READY, "email": f"lead{n}@site{n}.example"})[0] for n in range(9)]
    past, to_come = house.clock.at - timedelta(hours=1), house.clock.at + timedelta(hours=1)
    c = t.leads.c
    with house.archive.begin() as tx:  # late, whether somebody has been reminded of them yet or not
        tx.execute(t.leads.update().values(clock_due_at=past))
        tx.execute(t.leads.update().where(c.id == UUID(leads[0])).values(clock_rung=1))
    tom = visitor(house, "manager")
    page = tom.get("/")
    assert "<b>9</b> promises broken, 0 at risk, 0 in time" in page
    danger = page.partition('id="promises"')[2].partition("</section>")[0]
    assert danger.count("<li>") == 8
    assert '<a href="/team">and 1 more</a>' in danger
    assert "Late, and still waiting <small>9</small>" in tom.get("/team")
    with house.archive.begin() as tx:  # one escalated, one at risk, and the rest in time
        tx.execute(t.leads.update().values(clock_due_at=to_come, clock_rung=0))
        for rung, lead in ((2, leads[0]), (1, leads[1])):
            tx.execute(t.leads.update().where(c.id == UUID(lead)).values(clock_rung=rung))
    page = tom.get("/")
    assert "<b>1</b> promise broken, 1 at risk, 7 in time" in page
    danger = page.partition('id="promises"')[2].partition("</section>")[0]
    assert (danger.count("<li>"), "more</a>" in danger) == (2, False)
    assert "Late, and still waiting <small>1</small>" in tom.get("/team")


@pytest.mark.parametrize("role", ROLES)
def test_every_page_for_every_role(house: House, role: str) -> None:
    lead, handoff = house.offered()
    other = house.enrol({**CURIOUS, "email": "x@sunbelt.example"})
    house.work_until(other, "open_task")
    house.work(other)
    task = house.get("/tasks")["items"][0]["id"]
    somebody = visitor(house, role)
    for path in ("/", "/leads", f"/leads/{lead}", f"/leads/{other}", "/tasks", f"/tasks/{task}", "/handoffs"):
        page = somebody.get(path)
        assert "{&#39;" not in page, f"{path} shows something raw"
        assert "None" not in page, path
    somebody.get(f"/handoffs/{handoff['id']}")


def test_leads_are_found_by_name_company_and_state(house: House) -> None:
    marcus = house.enrol(READY)
    zoe = house.enrol(
        {
            **CURIOUS,
            "email": "zoe@boreal.example",
            "lead": {"first_name": "Zoë", "last_name": "Ångström"},
            "company": {"name": "Müller & Söhne"},
        }
    )
    ines = visitor(house, "marketing")
    for words, found in (
        ("bell", marcus),
        ("marcus ridgeway", marcus),
        ("ÅNGSTRÖM", zoe),
        ("müller", zoe),
        ("zoe@boreal", zoe),
    ):
        page = ines.client.get("/leads", params={"q": words}).text
        assert f"/leads/{found}" in page, words
        assert f"/leads/{({marcus, zoe} - {found}).pop()}" not in page, words
    assert "No lead is found" in ines.get("/leads?q=100%25&state=NEW")
    assert "No lead is found" in ines.get("/leads?q=_____")
    assert f"/leads/{marcus}" in ines.get("/leads?state=nonsense")


def test_the_list_goes_on(house: House) -> None:
    for number in range(32):
        house.enrol({**CURIOUS, "email": f"reader{number}@site.example"})
    ines = visitor(house, "marketing")
    first = ines.get("/leads?q=site.example")
    assert first.count('href="/leads/') == 30
    following = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    second = ines.get(f"/leads{following}")
    assert second.count('href="/leads/') == 2
    assert "To the beginning" in second
    ines.get("/leads?after=nonsense", 422)


def test_one_lead_tells_its_whole_story(house: House) -> None:
    lead = house.enrol()
    send = house.sent(lead, "checklist")
    page = visitor(house, "marketing").get(f"/leads/{lead}")
    assert "Marcus Bell" in page
    assert "VP Operations, Ridgeway Foods" in page
    assert "What comes next" in page
    assert "Got the mail “Twelve reasons a truck waits. Which are yours?”" in page
    assert f"/mails/of/{send}" in page
    assert "The company fits our profile" in page
    assert "Dock doors at the site: 40" in page
    assert "To ask: “When do you expect to compare options side by side?”" in page
    only = visitor(house, "marketing").get(f"/leads/{lead}?show_only=what+they+did")
    assert "Got the mail" not in only
    assert "Came to us for the first time" in only


def test_a_lead_by_another_systems_id(house: House) -> None:
    house.enrol({**CURIOUS, "external": {"system": "crm", "id": "a/b c"}})
    somebody = visitor(house, "marketing")
    assert "Marcus Bell" in somebody.get("/leads/crm:a%2Fb%20c")
    done = somebody.post("/leads/crm:a%2Fb%20c/note", text="By its other name")
    assert done.headers["location"] == "/leads/crm:a%2Fb%20c?done=note"
    assert "By its other name" in somebody.get(done.headers["location"])


def test_what_each_role_may_do_with_a_lead(house: House) -> None:
    lead = house.enrol()
    house.work(lead)

    def actions(role: str) -> set[str]:
        forms = forms_of(visitor(house, role).get(f"/leads/{lead}"))
        return {action.rpartition("/")[2] for action in forms if action.startswith("/leads/")}

    assert actions("marketing") == {"note", "pause", "promote", "disqualify", "tell"}
    assert actions("nurture") == {"note", "pause", "promote", "disqualify", "tell"}
    assert actions("sales") == {"note", "pause", "tell"}
    assert actions("service") == {"pause", "tell"}
    assert actions("admin") == {"note", "pause", "promote", "disqualify", "tell"}
    assert actions("viewer") == set()


def test_marketing_acts(house: House) -> None:
    lead = house.enrol()
    house.work(lead)
    ines, path = visitor(house, "marketing"), f"/leads/{lead}"
    ines.send(path, f"{path}/note", {"text": "Met at the fair"})
    page = ines.get(f"{path}?done=note")
    assert "The note is on the lead" in page
    assert "Met at the fair" in page
    ines.send(path, f"{path}/pause", {"until": "2026-03-20"})
    assert "paused until" in ines.get(path)
    past = ines.send(path, f"{path}/resume")
    assert past.headers["location"] == f"{path}?done=resume"
    wrong = ines.send(path, f"{path}/pause", {"until": "2020-01-01"}, 422)
    assert "Choose a day to come, within the next two years" in wrong.text
    assert 'value="2020-01-01"' in wrong.text
    ines.send(path, f"{path}/tell", {"fact:fact.pain": "detention", "fact:fact.evaluate_within_months": "2"})
    assert house.get(path)["facts"]["fact.pain"]["source"] == "nurture"
    bad = ines.send(path, f"{path}/tell", {"fact:fact.evaluate_within_months": "soon"}, 422)
    assert "“soon” is no number" in bad.text
    assert 'value="soon"' in bad.text
    bare = ines.send(path, f"{path}/promote", status=422)
    assert "Say why this lead is ready" in bare.text
    ines.send(path, f"{path}/promote", {"note": "Their boss called ours"})
    assert house.get(path)["state"] == "SALES_READY"
    assert "withdraw" in {action.rpartition("/")[2] for action in forms_of(ines.get(path))}


def test_disqualify_and_reopen(house: House) -> None:
    lead = house.enrol()
    house.work(lead)
    ines, path = visitor(house, "marketing"), f"/leads/{lead}"
    refused = ines.send(path, f"{path}/disqualify", status=422)
    assert "“Why?” has no answer yet" in refused.text
    ines.send(path, f"{path}/disqualify", {"reason": "fake", "note.fake": "Mickey Mouse", "note.competitor": "unseen"})
    page = ines.get(path)
    assert "Disqualified by Ines Okafor: Not a real person" in page
    assert "Mickey Mouse" in page
    assert "unseen" not in page
    gone = ines.post(f"{path}/disqualify", reason="fake")
    assert gone.status_code == 409
    assert "“Disqualify” is not possible now: this lead is “Disqualified”" in gone.text
    ines.send(path, f"{path}/reopen", {"note": "A real mouse after all"})
    assert house.get(path)["state"] == "INQUIRY"
    ines.send(path, f"{path}/enrol", {"track": "dock-waiting"})
    assert house.get(path)["state"] == "NURTURING"


def test_the_manager_assigns_from_the_desk(house: House) -> None:
    lead = house.enrol(READY)
    house.work_until(lead, "route")
    tom, path = visitor(house, "manager"), f"/leads/{lead}"
    tom.send(path, f"{path}/assign", {"rep": "rosa"})
    assert house.get(path)["owner"] == "rosa"
    assert "Offered to Rosa Delgado" in tom.get(path)


def test_the_same_form_twice_is_done_once(house: House) -> None:
    lead = house.enrol()
    ines, path = visitor(house, "marketing"), f"/leads/{lead}"
    form = {**forms_of(ines.get(path))[f"{path}/note"], "text": "Once only"}
    for _ in range(2):
        assert ines.post(f"{path}/note", **form).status_code == 303
    assert ines.get(path).count("Once only") == 1
    assert ines.post(f"{path}/note", **{**form, "text": "Another"}).status_code == 303
    again = ines.client.get(f"{path}/note", follow_redirects=False)
    assert (again.status_code, again.headers["location"]) == (303, path)
    assert ines.post(f"{path}/erase").status_code == 404


def test_hostile_words_stay_words(house: House) -> None:
    lead = house.enrol(
        {
            **CURIOUS,
            "lead": {"first_name": MARKUP, "last_name": RTL, "title": "<i>Boss</i>"},
            "company": {"name": "<img src=x onerror=alert(1)>"},
            "external": {"system": "crm", "id": '"><script>'},
        }
    )
    ines, path = visitor(house, "marketing"), f"/leads/{lead}"
    long = "wordswithoutanyspace" * 500
    for words in (long, MARKUP, RTL, "{{ 7 * 7 }}", "line\r\nline"):
        ines.send(path, f"{path}/note", {"text": words})
    for where in ("/", "/leads", f"/leads?q={MARKUP}", path):
        page = ines.get(where)
        assert "<script>alert" not in page, where
        assert "<img src=x" not in page, where
        assert "<i>Boss" not in page, where
    page = ines.get(path)
    assert long in page
    assert RTL in page
    assert "{{ 7 * 7 }}" in page
    too_long = ines.send(path, f"{path}/note", {"text": "x" * 30_000}, 422)
    assert "at most 20000 characters" in too_long.text
    nul = ines.send(path, f"{path}/note", {"text": "a\0b"}, 422)
    assert "cannot be stored" in nul.text
    assert ines.post(f"{path}/note", text="x" * 2_000_000).status_code == 413
