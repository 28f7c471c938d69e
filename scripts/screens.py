"""The pictures in docs/screens: every page of a running demo, wide and light as well as on a phone and dark.

    nurture demo --days 38
    python -m scripts.screens http://127.0.0.1:8600 --key .nurture-demo/admin.key --mail .nurture-demo/mail

After 38 days sales is in a meeting and promises are about to break, so there is something to see on every page.
Needs the packages of the tests and the system's Chromium. A page the demo has nothing for is named at the end, exit 1.
"""

from __future__ import annotations

import re
import shutil
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent.parent / "docs/screens"
LOOKS = {
    "wide-light": {"viewport": {"width": 1200, "height": 820}, "color_scheme": "light"},
    "phone-dark": {"viewport": {"width": 390, "height": 780}, "color_scheme": "dark", "is_mobile": True},
}
TRIES = 20
LONGEST = 1600
"""CSS pixels of height that a picture shows at most: of a longer page its beginning."""

PAGES = {  # name: the path, and the links to follow from there
    "login": ("/login", ()),
    "today": ("/", ()),
    "leads": ("/leads", ()),
    "systems": ("/webhooks", ()),
    "lead": ("/leads?state=PROPOSAL", ('.rows a[href^="/leads/"]',)),
    "tasks": ("/tasks?whose=all", ()),
    "task": ("/tasks?whose=all", ('.rows a[href^="/tasks/"]',)),
    "handoffs": ("/handoffs?whose=all", ()),
    "handoff": ("/handoffs?whose=all", ('.rows a[href^="/handoffs/"]',)),
    "queue": ("/queue", ()),
    "team": ("/team", ()),
    "mails": ("/mails", ()),
    "mail": ("/mails", ('.rows a[href^="/mails/"]',)),
    "definition": ("/definition", ()),
    "releases": ("/releases", ()),
    "release": ("/releases", ('a[href^="/releases/"]',)),
}
SIGNED = {"answer": "/a/", "decide": "/h/", "unsubscribe": "/u/"}
"""Pages behind the links in mails, which need no sign-in."""


def main() -> int:
    given = _arguments()
    key = given.key.read_text(encoding="utf-8").strip()
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    missing: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for look in LOOKS:
            missing += [f"{name}-{look}" for name in _taken(browser, look, given, key)]
        browser.close()
    for name in missing:
        print(f"nothing to show for {name}", file=sys.stderr)
    return 1 if missing else 0


def _taken(browser: Browser, look: str, given: Namespace, key: str) -> list[str]:
    """The names of what could not be taken."""
    context = browser.new_context(base_url=given.url, **LOOKS[look])  # type: ignore[arg-type]  # one entry per keyword
    page, missing = context.new_page(), []
    for name, (path, links) in PAGES.items():
        page.goto(path)
        if not _reached(page, links):
            missing.append(name)
            continue
        _shot(page, given.out / f"{name}-{look}.png")
        if name == "login":
            page.get_by_label("Your key").fill(key)
            page.get_by_role("button", name="Sign in").click()
    for name, path in SIGNED.items():
        address = _link_in(given.mail, path)
        if address is None:
            missing.append(name)
            continue
        page.goto(urlsplit(address).path)
        _shot(page, given.out / f"{name}-{look}.png")
    context.close()
    return missing


def _reached(page: Page, links: Sequence[str]) -> bool:
    """By the first of the links that leads on to the last."""
    if not links:
        return True
    for to in [one.get_attribute("href") or "" for one in page.locator(links[0]).all()[:TRIES]]:
        page.goto(to)
        if _reached(page, links[1:]):
            return True
    return False


def _shot(page: Page, to: Path) -> None:
    page.wait_for_load_state("networkidle")
    width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    page.screenshot(path=to, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": min(height, LONGEST)})


def _link_in(mails: Path, path: str) -> str | None:
    """The youngest link of this kind; an older one may have been answered."""
    for file in sorted(mails.glob("*.eml"), reverse=True):
        body = message_from_bytes(file.read_bytes(), policy=default).get_body(("plain",))
        found = re.search(rf"https?://\S+{path}[\w.-]+\S*", body.get_content() if body else "")
        if found:
            return found[0].rstrip(".,>)")
    return None


def _arguments() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--mail", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=HERE)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
