"""What only a browser shows: keys and mouse, with and without scripts, small and large, light and dark."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.unit.api.house import CURIOUS
from tests.unit.api.test_releases import CHECKLIST, DEFAULTS, OTHER_GOAL, SHORTER, TYPO, propose

CONTRAST = """
() => {
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > .99) return c; } return [255, 255, 255]; };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !e.checkVisibility({visibilityProperty: true})) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(1)} ${e.className} ${walk.currentNode.data.trim().slice(0, 40)}`);
  }
  return found;
}
"""
SHIFTS = """
() => new Promise(done => { let sum = 0;
  new PerformanceObserver(list => list.getEntries().forEach(e => { if (!e.hadRecentInput) sum += e.value; }))
    .observe({type: 'layout-shift', buffered: true});
  requestAnimationFrame(() => requestAnimationFrame(() => done(sum))); })
"""
UNNAMED = """
() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea, button, a')]
  .filter(e => e.checkVisibility() && !(e.labels?.length || e.textContent.trim() || e.ariaLabel)).map(e => e.outerHTML)
"""


def offered(site: Site) -> tuple[str, str]:
    """A lead that is offered to Rosa, and its handoff's page."""
    site.house.post("/reps/marc/away", {"until": "2026-12-01"}, "manager")
    lead, handoff = site.house.offered()
    return lead, f"/handoffs/{handoff['id']}"


def everything(site: Site) -> list[str]:
    """Every kind of page, with something in it."""
    lead, handoff = offered(site)
    other = site.house.enrol({**CURIOUS, "email": "x@sunbelt.example", "company": {"name": "W" * 60}})
    site.house.work_until(other, "open_task")
    site.house.work(other)
    task = f"/tasks/{site.house.get('/tasks')['items'][0]['id']}"
    mail = site.caught("Twelve reasons a truck waits", "<html><head></head><body><p>Hello</p></body></html>")
    found = [
        "/",
        "/leads",
        f"/leads/{lead}",
        f"/leads/{other}",
        "/tasks",
        task,
        "/handoffs",
        handoff,
        "/team",
        "/queue",
    ]
    found += ["/team", "/queue", "/mails", mail]
    return [*found, *released(site), "/login"]


def released(site: Site) -> list[str]:
    """The list with a proposal that nobody has signed, the proposal itself, and its plan."""
    files = {**OTHER_GOAL, CHECKLIST: TYPO[CHECKLIST] + f"\n{'w' * 200}\n", DEFAULTS: SHORTER[DEFAULTS]}
    release = propose(site.house, files)["release"]
    return ["/releases", f"/releases/{release}", f"/releases/{release}/plan"]


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")])
def test_every_page_fits_reads_well_and_stands_still(site: Site, width: int, scheme: str) -> None:
    paths = everything(site)
    with site.visit("admin", viewport={"width": width, "height": 800}, color_scheme=scheme) as seen:
        for path in paths:
            page = seen.go(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            for one in page.locator("main details").all():
                one.evaluate("e => e.open = true")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert page.evaluate(CONTRAST) == [], path
            assert page.evaluate(UNNAMED) == [], path
            assert page.locator("h1").count() == 1, path
            assert page.reload() is not None
            assert page.evaluate(SHIFTS) < 0.01, path


def test_signing_in_and_around_by_keyboard(site: Site) -> None:
    lead = site.house.enrol()
    with site.visit(None) as seen:
        page = seen.go(f"/leads/{lead}")
        expect(page.get_by_label("Your key")).to_be_focused()
        page.keyboard.type(site.house.keys["marketing"])
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/leads/{lead}")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="To the content")).to_be_focused()
        page.keyboard.press("Enter")
        summary = page.locator("summary", has_text="Write a note")
        for _ in range(20):
            page.keyboard.press("Tab")
            if summary.evaluate("e => e === document.activeElement"):
                break
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.type("Written without a mouse")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("The note is on the lead")
        expect(page.locator("#story")).to_contain_text("Written without a mouse")


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_salesperson_accepts_tries_and_sends_back(site: Site, has_scripts: bool) -> None:
    lead, path = offered(site)
    with site.visit("rosa", java_script_enabled=has_scripts) as seen:
        page = seen.go("/handoffs")
        page.get_by_role("link", name="Marcus Bell").click()
        page.get_by_role("button", name="Accept").click()
        expect(page.get_by_role("status")).to_contain_text("Accepted")
        page.get_by_role("button", name="Talked").click()
        expect(page.get_by_role("status")).to_contain_text("Noted")
        expect(page.get_by_text("Talked with Rosa Delgado")).to_be_visible()
        page.locator("summary", has_text="Not for us - why?").click()
        date = page.get_by_label("When should we be back?", exact=True)
        expect(date).to_be_hidden()
        page.get_by_label("Right problem, wrong moment").check()
        expect(date).to_be_visible()
        send = page.get_by_role("button", name="Send back to nurture")
        send.click()
        expect(page.get_by_role("alert")).to_contain_text("needs a day to come when we should be back")
        page.get_by_label("When should we be back?", exact=True).fill("2026-09-01")
        send.click()
        expect(page.get_by_role("status")).to_contain_text("Back to nurture")
        assert page.url == f"{site.url}{path}?done=recycle"
        page.reload()
        expect(page.get_by_text("this handoff is over")).to_be_visible()
        seen.complaints[:] = [c for c in seen.complaints if "422" not in c]  # the browser tells of every refusal
    assert site.house.get(f"/leads/{lead}")["state"] == "RECYCLED"


def test_today_keeps_up_by_itself(site: Site) -> None:
    with site.visit("marketing") as seen:
        seen.page.clock.install()
        page = seen.go("/")
        expect(page.get_by_text("Nothing yet")).to_be_visible()
        site.house.enrol()
        page.clock.fast_forward(9000)
        expect(page.get_by_text("came to us for the first time")).to_be_visible()
        site.house.call("GET", "/leads")
        page.context.clear_cookies()
        page.clock.fast_forward(9000)
        page.wait_for_url("**/login")


def test_the_search_finds_while_typing(site: Site) -> None:
    lead = site.house.enrol()
    site.house.enrol({**CURIOUS, "email": "zoe@x.example", "lead": {"first_name": "Zoë"}})
    with site.visit("marketing") as seen:
        page = seen.go("/leads")
        page.get_by_role("searchbox").press_sequentially("bell")
        expect(page.locator("#found li")).to_have_count(1)
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.wait_for_url("**/leads?q=bell*")
        # Pressed slowly: what was found must not be fetched anew, and so replaced, under the finger.
        page.get_by_role("link", name="Marcus Bell").hover()
        page.mouse.down()
        page.wait_for_timeout(500)
        page.mouse.up()
        page.wait_for_url(f"**/leads/{lead}")
        page.go_back()
        expect(page.get_by_role("searchbox")).to_have_value("bell")
        page.get_by_role("combobox").select_option("LOST")
        expect(page.locator("#found")).to_contain_text("No lead is found by this.")


def test_a_mail_runs_nothing_and_its_links_act_as_the_buyer(site: Site) -> None:
    lead = site.house.enrol()
    send = site.house.sent(lead, "cost-of-waiting")
    address = site.house.links.url("a", send, answer_number(site, send))
    evil = (
        f"<html><head><script>top.location='/leads'</script></head><body><form action='{site.url}/logout' method=post>"
    )
    letter = site.caught(
        "What does one hour cost?", f"{evil}<a href='{address}'>Trucks waiting</a><img src=//x.example/a>"
    )
    with site.visit("marketing") as seen:
        page = seen.go(letter)
        frame = page.frame_locator("iframe")
        with page.context.expect_page() as opened:
            frame.get_by_role("link", name="Trucks waiting").click()
        buyer = opened.value
        buyer.get_by_role("button", name="Send my answer").click()
        expect(buyer.get_by_role("heading", name="Thank you")).to_be_visible()
        assert page.url == site.url + letter
        assert_sealed(page)
        refused = re.compile("Blocked script|Content Security Policy|sandboxed|ERR_BLOCKED", re.IGNORECASE)
        assert any(refused.search(c) for c in seen.complaints)
        seen.complaints[:] = [c for c in seen.complaints if not refused.search(c)]
        expect(seen.go(f"/leads/{lead}").locator("#story")).to_contain_text("Answered: ")


def answer_number(site: Site, send: object) -> int:
    """Which link of that mail asks about the problem."""
    for number in range(12):
        page = site.house.client.get(f"/a/{site.house.links.url('a', send, number).rpartition('/')[2]}")  # type: ignore[arg-type]  # a UUID
        if page.status_code == 200 and "<form" in page.text:
            return number
    raise AssertionError("this mail asks nothing")


def assert_sealed(page: Page) -> None:
    """Our own page cannot look into the mail, so the mail cannot look into it."""
    assert page.locator("iframe").evaluate("e => e.contentDocument") is None


def test_a_link_from_elsewhere_finds_whoever_is_signed_in(site: Site) -> None:
    """As from a notice read in a browser: the cookie is for our own pages only, and nobody has to sign in twice."""
    lead = site.house.enrol()
    elsewhere = site.url.replace("127.0.0.1", "localhost")
    with site.visit("marketing") as seen:
        page = seen.page
        page.goto(f"{elsewhere}/login")
        page.evaluate(
            "url => { const a = document.createElement('a'); a.href = url; a.text = 'Open'; document.body.append(a) }",
            f"{site.url}/leads/{lead}",
        )
        page.get_by_role("link", name="Open").click()
        expect(page.get_by_role("heading", name="Marcus Bell")).to_be_visible()
        seen.complaints.clear()  # it came from another site on purpose


def test_a_form_on_another_site_does_nothing(site: Site) -> None:
    lead = site.house.enrol()
    elsewhere = site.url.replace("127.0.0.1", "localhost")
    form = (
        "url => { const f = document.createElement('form'); f.method = 'post'; f.action = url;"
        " f.innerHTML = '<input name=text value=stolen>'; document.body.append(f); f.submit() }"
    )
    with site.visit("marketing") as seen:
        seen.page.goto(f"{elsewhere}/login")
        seen.page.evaluate(form, f"{site.url}/leads/{lead}/note")
        seen.page.wait_for_timeout(300)
        seen.complaints.clear()  # refusals are told
    assert "stolen" not in site.house.call("GET", f"/leads/{lead}/timeline").text
