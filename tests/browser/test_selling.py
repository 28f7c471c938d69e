"""A salesperson's way in the browser: from the link in the mail over the packet to what comes of it."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from api import offered_mail
from storage import sales_reading
from tests.browser.conftest import Site
from tests.browser.test_pages import CONTRAST, UNNAMED, offered
from tests.unit.api.house import READY


def link(site: Site, lead: str, answer: str) -> str:
    """As the mail holds it."""
    with site.house.archive.reading() as tx:
        offer = sales_reading.offers_of(tx, UUID(lead))[-1]
    return urlsplit(offered_mail.url(site.house.links, offer, answer)).path


def test_from_the_mail_to_the_outcome(site: Site) -> None:
    lead, path = offered(site)
    with site.visit(None, viewport={"width": 390, "height": 800}) as seen:
        page = seen.go(link(site, lead, "accept"))
        assert site.house.get(f"/leads/{lead}")["state"] == "HANDED_OFF"
        page.get_by_role("button", name="Accept").click()
        expect(page.get_by_role("status")).to_contain_text("First contact by")
        page.get_by_text("Log an attempt").click()
        page.get_by_role("button", name="No answer").click()
        expect(page.get_by_role("status")).to_contain_text("Noted. Outcome by")
        page.get_by_text("Qualify", exact=True).first.click()
        expect(page.get_by_text("What the conversation must confirm")).to_be_visible()
    with site.visit("rosa", viewport={"width": 390, "height": 800}) as seen:
        page = seen.go(path)
        page.get_by_role("textbox", name="Meeting if booked").fill("2026-03-09T09:00")
        page.get_by_label("Minutes").first.fill("7")
        page.get_by_role("button", name="Booked a meeting").hover()
        stood_at = page.evaluate("scrollY")
        page.get_by_role("button", name="Booked a meeting").click()
        expect(page.get_by_role("status").first).to_contain_text("Noted.")
        expect(page.get_by_role("status").first).to_be_in_viewport()
        assert page.evaluate("scrollY") == stood_at > 0
        expect(page.get_by_text("Promised: meeting Mon 9 Mar, 09:00 Chicago, by Rosa Delgado")).to_be_visible()
        page.get_by_text("Not for us - why?").click()
        outlook = page.locator(".outlook")
        expect(outlook).to_be_empty()
        page.get_by_label("Right problem, wrong moment, and we know when").check()
        expect(outlook).to_contain_text("Back from")
        page.get_by_label("When should we be back?").locator("visible=true").fill("2026-09-01")
        page.get_by_label("Note").locator("visible=true").last.click()
        expect(outlook).to_contain_text("Back from Sat 1 Aug")
        expect(outlook).to_contain_text("they go to Rosa Delgado first")
        page.get_by_text("Log the call that led to it").locator("visible=true").click()
        page.get_by_label("What happened").locator("visible=true").select_option("connected")
        page.get_by_role("button", name="Send back to nurture").click()
        expect(page.get_by_text("Back to nurture, with what you learned.")).to_be_visible()
        page.get_by_role("button", name="Yes", exact=True).click()
        expect(page.get_by_text("Thank you. It is counted")).to_be_visible()
    found = site.house.get(path)
    assert found["duties"]["feedback"]["answer"] == {"helpful": "yes"}
    known = site.house.get(f"/leads/{lead}")
    assert (known["state"], known["cool_until"][:10]) == ("RECYCLED", "2026-08-02")
    tried = [r["data"]["outcome"] for r in found["conversation"] if r["data"].get("transition") == "T18"]
    assert tried == ["no_answer", "meeting_booked", "connected"]


def test_what_is_refused_is_said_where_the_form_is(site: Site) -> None:
    """And a name without spaces makes no page wider than a phone."""
    name = {"first_name": "Maximilianofrancisco" * 4, "last_name": "W" * 120}
    lead, handoff = site.house.offered({**READY, "lead": {**READY["lead"], **name}})
    rep, path = handoff["offer"]["rep"], f"/handoffs/{handoff['id']}"
    with site.visit(rep, viewport={"width": 390, "height": 800}) as seen:
        page = seen.go(path)
        page.get_by_text("Log an attempt").click()
        page.get_by_role("button", name="Booked a meeting").click()
        expect(page.get_by_role("alert")).to_contain_text("Say so under “Meeting”")
        expect(page.get_by_role("alert")).to_be_in_viewport()
        assert len(seen.complaints) == 1  # the answer is a 422, and a browser notes that
        seen.complaints.clear()
    site.house.work_until(lead, "escalate")
    site.house.work(lead)
    with site.visit("manager", viewport={"width": 390, "height": 800}) as seen:
        page = seen.go("/team")
        expect(page.get_by_role("heading", name="Broken promises")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_without_scripts_it_works_all_the_same(site: Site) -> None:
    lead, path = offered(site)
    with site.visit("rosa", java_script_enabled=False) as seen:
        page = seen.go(path)
        page.get_by_text("Back to nurture", exact=True).click()
        page.get_by_label("The wrong person").check()
        page.get_by_label("Email", exact=True).locator("visible=true").fill("ana@ridgeway-foods.example")
        page.get_by_role("button", name="Send back to nurture").click()
        page.wait_for_url("**done=recycle")
    named = [r["data"]["named"] for r in site.house.get(f"/leads/{lead}/timeline")["items"] if "named" in r["data"]]
    assert site.house.get(f"/leads/{named[0]}")["email"] == "ana@ridgeway-foods.example"


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (1280, "light")])
def test_the_answers_and_the_definition_fit_and_read_well(site: Site, width: int, scheme: str) -> None:
    lead, path = offered(site)
    with site.visit("rosa", viewport={"width": width, "height": 800}, color_scheme=scheme) as seen:
        for step in (link(site, lead, "accept"), link(site, lead, "not-for-us"), "/definition"):
            _reads_well(seen.go(step), width)
        then = {
            "command": "opportunity",
            "amount": 90_000,
            "currency": "USD",
            "close_on": "2026-06-30",
            "forecast": "commit",
            "confirmed": ["pain", "evaluate_within_months"],
        }
        call = {"outcome": "connected", "channel": "phone", "then": then}
        site.house.post(f"{path}/attempt", {"outcome": "no_answer", "channel": "phone"}, "rosa")
        _reads_well(seen.go(link(site, lead, "qualify")), width)
        site.house.post(f"{path}/attempt", call, "rosa")
        _reads_well(seen.go(link(site, lead, "lost")), width)
        site.house.post(f"{path}/won", {"amount": 90_000, "currency": "USD"}, "rosa")
    with site.visit("marketing", viewport={"width": width, "height": 800}, color_scheme=scheme) as seen:
        _reads_well(seen.go(path), width)


def _reads_well(page: Page, width: int) -> None:
    """With everything on it unfolded."""
    for one in page.locator("main details").all():
        one.evaluate("e => e.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    assert page.evaluate(CONTRAST) == [], page.url
    assert page.evaluate(UNNAMED) == [], page.url
    assert page.locator("h1").count() == 1, page.url
