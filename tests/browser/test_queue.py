"""A salesperson's turn at the queue, by keyboard alone and on a phone."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Site
from tests.browser.test_pages import CONTRAST, UNNAMED
from tests.unit.api.test_queue import pooled


def test_from_next_to_outcome_by_keyboard_on_a_phone(site: Site) -> None:
    lead = pooled(site.house)
    with site.visit("rosa", viewport={"width": 360, "height": 740}) as seen:
        page = seen.go("/queue")
        expect(page.get_by_role("button", name="The next one")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Marcus Bell")).to_be_visible()
        expect(page.get_by_role("button", name="I am calling now")).to_be_focused()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate(UNNAMED) == []
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_have_text("Yours as long as a call may take.")
        button = page.get_by_role("button", name="No answer")
        for _ in range(12):
            page.keyboard.press("Tab")
            if button.evaluate("e => e === document.activeElement"):
                break
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_have_text("Noted.")
        expect(page.get_by_role("button", name="The next one")).to_be_focused()
    assert site.house.get(f"/leads/{lead}")["state"] == "WORKING"


def test_an_open_page_keeps_the_claim(site: Site) -> None:
    lead = pooled(site.house)
    site.house.post("/queue/next", {}, "rosa")
    with site.visit("rosa") as seen:
        seen.page.clock.install()
        page = seen.go("/queue")
        before = site.house.get("/queue", "rosa")["claim"]["until"]
        site.house.clock.at = site.house.clock.at.replace(minute=10)
        with page.expect_response(lambda answer: answer.url.endswith("/queue/keep")):
            page.clock.fast_forward("05:01")
        expect(page.get_by_role("heading", name="Marcus Bell")).to_be_visible()
    claim = site.house.get("/queue", "rosa")["claim"]
    assert claim["lead"]["id"] == lead
    assert claim["until"] > before
