"""The preview in a browser: its views, its seals, and that it follows what is saved."""

from __future__ import annotations

import shutil
import socket
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

import cli
from commands.previews.site import Site
from commands.previews.workbench import Workbench
from tests.browser.conftest import Seen, listen
from tests.browser.test_pages import CONTRAST, UNNAMED

ROOT = Path(__file__).resolve().parents[2]
TRACK = "content/tracks/dock-waiting"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The shipped ones to change at will."""
    for folder in ("lead_defs", "content"):
        shutil.copytree(ROOT / folder, tmp_path / "files" / folder)
    return tmp_path / "files"


@pytest.fixture
def address(files: Path) -> Iterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = Site(Workbench(files), None, None, "https://n.example", "mail.example").app()
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield url
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def seen(address: str, browser: Browser) -> Iterator[Seen]:
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    found = Seen(context.new_page(), address)
    listen(context, found)
    yield found
    context.close()
    assert found.complaints == []


def choose(page: Page, view: str) -> None:
    page.get_by_label(view, exact=True).check(force=True)


def test_every_view_of_a_mail(seen: Seen) -> None:
    page = seen.go("/")
    mail = page.locator("#checklist")
    expect(mail.frame_locator("iframe.light").get_by_text("Compare arrival with appointment.")).to_be_visible()
    wide = mail.locator("iframe.light").bounding_box()
    choose(page, "Phone")
    phone = mail.locator("iframe.light").bounding_box()
    assert wide is not None
    assert phone is not None
    assert wide["width"] > 700
    assert phone["width"] == 377  # a screen of 375 and its frame
    overflow = "e => e.ownerDocument.documentElement.scrollWidth - e.ownerDocument.documentElement.clientWidth"
    assert mail.frame_locator("iframe.light").locator("body").evaluate(overflow) == 0
    choose(page, "Dark")
    ground = mail.frame_locator("iframe.dark").locator(".sheet").evaluate("e => getComputedStyle(e).backgroundColor")
    assert ground == "rgb(28, 34, 43)"
    expect(mail.locator("iframe.light")).to_be_hidden()
    choose(page, "Text part")
    expect(mail.locator("pre.text")).to_contain_text("Unsubscribe: https://n.example/u/")
    choose(page, "Headers")
    expect(mail.locator("pre.headers")).to_contain_text("List-Unsubscribe-Post: List-Unsubscribe=One-Click")


def test_dark_is_the_mails_own_choice_on_a_dark_screen_too(address: str, browser: Browser) -> None:
    context = browser.new_context(base_url=address, color_scheme="dark")
    page = context.new_page()
    page.goto("/")
    sheet = page.locator("#checklist").frame_locator("iframe.light").locator(".sheet")
    assert sheet.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
    context.close()


def test_the_page_behind_an_answer_and_another_reader(seen: Seen) -> None:
    page = seen.go("/")
    page.get_by_text("Read by").click()
    page.get_by_role("link", name="eager-quebec").click()
    asking = page.locator("#cost-of-waiting")
    expect(asking.get_by_role("heading", name="Zoë, combien vous coûte une heure au quai ?")).to_be_visible()
    asking.get_by_text("pain=idle_crew").click()
    inside = asking.frame_locator("iframe.answer >> visible=true")
    expect(inside.get_by_role("heading", name="Qu'est-ce qui vous coûte le plus, à vos quais ?")).to_be_visible()
    expect(inside.get_by_label("L'équipe attend, puis tout arrive en même temps")).to_be_checked()


def test_nothing_in_a_mail_leads_anywhere(seen: Seen) -> None:
    page = seen.go("/")
    frame = page.locator("#checklist iframe.light")
    assert frame.evaluate("e => e.contentDocument") is None
    page.locator("#checklist").frame_locator("iframe.light").get_by_role("link", name="Get the one-page").click()
    page.wait_for_timeout(200)
    assert len(page.context.pages) == 1
    seen.complaints.clear()  # the browser says that it opened nothing


def test_it_follows_what_is_saved_and_survives_a_mistake(seen: Seen, files: Path) -> None:
    page = seen.go("/")
    choose(page, "Text part")
    file = files / TRACK / "checklist.md"
    good = file.read_text(encoding="utf-8")
    file.write_text(good.replace("Before you change anything", "Before you paint anything"), encoding="utf-8")
    expect(page.locator("#checklist pre.text")).to_contain_text("Before you paint anything", timeout=10_000)
    expect(page.get_by_label("Text part", exact=True)).to_be_checked()
    file.write_text(good.replace("subject:", "subjct:"), encoding="utf-8")
    expect(page.get_by_role("alert")).to_contain_text("did you mean subject?", timeout=10_000)
    expect(page.get_by_role("alert")).to_contain_text("^^^^^^")
    expect(page.locator("#checklist pre.text")).to_contain_text("Before you paint anything")
    file.write_text(good, encoding="utf-8")
    expect(page.get_by_role("alert")).to_have_count(0, timeout=10_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_and_used_by_everybody(address: str, browser: Browser, scheme: str) -> None:
    for width in (375, 1280):
        context = browser.new_context(base_url=address, viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]  # light or dark
        page = context.new_page()
        page.goto("/")
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate(UNNAMED) == []
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        context.close()


def test_a_picture_is_there_and_with_images_off_its_words(seen: Seen, files: Path) -> None:
    (files / TRACK / "doors.png").write_bytes(png())
    file = files / TRACK / "checklist.md"
    text = file.read_text(encoding="utf-8").replace("Leave it in", "![Three doors](doors.png)\n\nLeave it in")
    file.write_text(text, encoding="utf-8")
    page = seen.go("/")
    loaded = "e => e.complete && e.naturalWidth"
    shown = page.locator("#checklist").frame_locator("iframe.light").get_by_role("img", name="Three doors")
    expect(shown).to_be_visible()
    assert shown.evaluate(loaded) == 1
    choose(page, "Images off")
    off = page.locator("#checklist").frame_locator("iframe.no-images").get_by_role("img", name="Three doors")
    expect(off).to_have_count(1)
    assert off.evaluate(loaded) == 0
    seen.complaints.clear()  # the browser says that it loaded none


def png() -> bytes:
    """One red dot."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    dot = zlib.compress(b"\0\xff\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", dot) + chunk(b"IEND", b"")


def test_the_files_open_without_any_server(files: Path, tmp_path: Path, browser: Browser) -> None:
    out = tmp_path / "out"
    assert cli.run(["preview", "--files", str(files), "--out", str(out), "--data", str(tmp_path / "data")]) == 0
    context = browser.new_context()
    found = Seen(context.new_page(), out.as_uri())
    listen(context, found)
    page = found.go("/index.html")
    expect(page.get_by_role("heading", name="Twelve reasons a truck waits. Which are yours?")).to_be_visible()
    choose(page, "Dark")
    expect(page.locator("#checklist").frame_locator("iframe.dark").get_by_text("Time the paperwork.")).to_be_visible()
    page.get_by_text("Read by").click()
    page.get_by_role("link", name="nothing-known", exact=True).click()
    expect(page.locator("#checklist").frame_locator("iframe.light").get_by_text("Hi there,")).to_be_visible()
    assert found.complaints == []
    context.close()
