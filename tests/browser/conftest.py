"""The pages as a person uses them: the app on a port, the system's Chromium, and whatever goes wrong in it."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.unit.api.house import House, furnished

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 30_000
"""Milliseconds until what is not there yet will not come: on a busy machine the 5 s of the library are soon over."""
MISSING = "Chromium is missing, and the pages are tested in it; install it: apt-get install chromium"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Where there is none the session ends: a test left out is a failing one.

    Ended with the module: while it runs, its event loop is in the way of every asynchronous test.
    """
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.exit(MISSING, returncode=1)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        # --no-sandbox: as root Chromium refuses to start otherwise, and it sees nothing but our own pages
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()


@dataclass
class Seen:
    """A page in front of somebody, and what the browser complained of."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page


@dataclass
class Site:
    house: House
    url: str
    browser: Browser
    mail: Path

    @contextmanager
    def visit(self, who: str | None, **options: Any) -> Iterator[Seen]:  # Any: playwright's own
        """Signed in as the owner of this key. Complaints of the browser fail the test."""
        context = self.browser.new_context(base_url=self.url, **options)
        try:
            seen = Seen(context.new_page(), self.url)
            listen(context, seen)
            if who is not None:
                seen.go("/login")
                seen.page.get_by_label("Your key").fill(self.house.keys[who])
                seen.page.get_by_role("button", name="Sign in").click()
                seen.page.wait_for_url(f"{self.url}/")
            yield seen
            assert seen.complaints == []
        finally:
            context.close()

    def caught(self, subject: str, html: str, number: int = 1) -> str:
        """Put a mail into the catcher's folder; the address of its page."""
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"], message["Subject"] = "lena@harborline.example", "m@r.example", subject
        message["Date"] = "Mon, 02 Mar 2026 15:00:00 +0000"
        message.set_content("As text")
        message.add_alternative(html, subtype="html")
        name = f"{number:020d}-{'a' * 32}.eml"
        (self.mail / name).write_bytes(message.as_bytes())
        return f"/mails/{name}"


def listen(context: BrowserContext, seen: Seen) -> None:
    """Errors of scripts, of the content policy, and answers from anywhere else."""
    context.on("weberror", lambda error: seen.complaints.append(str(error.error)))
    context.on("console", lambda m: seen.complaints.append(m.text) if m.type in ("error", "warning") else None)
    context.on("response", lambda r: None if r.url.startswith(seen.url) else seen.complaints.append(r.url))


@pytest.fixture
def site(tmp_path: Path, browser: Browser) -> Iterator[Site]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        mail = tmp_path / "mail"
        mail.mkdir()
        with furnished(tmp_path, f"sqlite:///{tmp_path / 'archive.db'}", url) as house:
            app: Any = house.client.app  # Any: starlette's state
            running = app.state.running
            app.state.running = replace(running, services=replace(running.services, caught=mail))
            server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
            thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
            thread.start()
            yield Site(house, url, browser, mail)
            server.should_exit = True
            thread.join(10)
