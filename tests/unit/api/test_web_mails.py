"""Caught mails as pages: read as the reader does, sealed off from our own."""

from __future__ import annotations

import re
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from mail import caught
from tests.unit.api.house import House
from tests.unit.api.visitors import HERE, visitor

HTML = '<html><head><title>x</title></head><body><script>alert(1)</script><a href="{url}">Yes</a></body></html>'


@pytest.fixture
def folder(house: House, tmp_path: Path) -> Path:
    """The catcher's folder; the app is told of it as `serve` does."""
    found = tmp_path / "mail"
    found.mkdir()
    running = house.client.app.state.running  # type: ignore[attr-defined]  # starlette's own
    house.client.app.state.running = replace(  # type: ignore[attr-defined]  # as above
        running, services=replace(running.services, caught=found)
    )
    return found


def put(folder: Path, number: int, content: bytes) -> str:
    name = f"{number:020d}-{'a' * 32}.eml"
    head = b"X-Envelope-From: bounce@x.example\r\nX-Envelope-To: marcus@ridgeway.example\r\n"
    (folder / name).write_bytes(head + content)
    return name


def mail(subject: str = "Twelve reasons", url: str = "https://x.example/a", to: str = "Marcus <m@r.example>") -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "Lena <lena@harborline.example>", to, subject
    message["Date"] = "Tue, 12 Jan 2027 15:17:00 +0000"
    message.set_content(f"Read it at {url}. <b>Not bold</b>")
    message.add_alternative(HTML.format(url=url), subtype="html")
    return message.as_bytes()


def test_mails_are_listed_searched_and_read(house: House, folder: Path) -> None:
    names = [put(folder, number, mail(f"Number {number}")) for number in range(1, 44)]
    (folder / "half.eml.part").write_bytes(b"x")
    somebody = visitor(house)
    page = somebody.get("/mails")
    assert page.index("Number 43") < page.index("Number 42")
    assert "Tue 12 Jan 2027, " in page
    following = re.search(r'href="(\?[^"]*after=[^"]*)"', page)
    assert following is not None
    assert "Number 3<" in somebody.get(f"/mails{following[1].replace('&amp;', '&')}")
    found = somebody.get("/mails?q=number+17")
    assert names[16] in found
    assert names[17] not in found
    assert "No mail is found" in somebody.get("/mails?q=nobody")
    one = somebody.get(f"/mails/{names[0]}")
    assert "Lena &lt;lena@harborline.example&gt;" in one
    assert 'href="https://x.example/a" target="_blank" rel="noopener noreferrer"' in one
    assert "&lt;b&gt;Not bold" in one
    assert "Subject: Number 1" in one
    assert "X-Envelope" not in one
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in one


def test_the_mail_itself_is_sealed(house: House, folder: Path) -> None:
    name = put(folder, 1, mail())
    answer = visitor(house).client.get(f"/mails/{name}/html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'")
    assert "script-src" not in policy
    assert '<head><base target="_blank">' in answer.text


def test_the_mail_of_a_touch(house: House, folder: Path) -> None:
    lead = house.enrol()
    send = house.sent(lead, "checklist")
    somebody = visitor(house)
    assert "not among the caught ones" in somebody.get(f"/mails/of/{send}", 404)
    assert "not among the caught ones" in somebody.get("/mails/of/nonsense", 404)


@pytest.mark.parametrize("name", ["..%2Farchive.db", "x.eml", "1-a.eml", "%00", "../../etc/passwd", "ü.eml"])
def test_only_mails_are_mails(house: House, folder: Path, name: str) -> None:
    visitor(house).get(f"/mails/{name}", 404)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n\r\n",
        b"Subject: =?utf-8?q?=FF=FE?=\r\nTo: =?nonsense?q?x?=\r\nDate: never\r\n\r\nhello",
        b"Content-Type: text/html; charset=klingon\r\n\r\n<p>\xff\xfe",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--",
        b"Subject: \xf0\x28\x8c\x28 <script>\r\nDate: Tue, 12 Jan 99999 15:17:00 +9999\r\n\r\n\0\x01"
        + b"x" * 2_000_000,
    ],
)
def test_any_mail_can_be_looked_at(house: House, folder: Path, content: bytes) -> None:
    name = put(folder, 1, content)
    somebody = visitor(house)
    assert "<script>" not in somebody.get("/mails").partition("<main")[2]
    somebody.get(f"/mails/{name}")
    letter = caught.letter(folder, name)
    assert letter is not None
    somebody.get(f"/mails/{name}/html", 200 if letter.html is not None else 404)


def test_where_mail_leaves_there_is_none_to_show(house: House) -> None:
    somebody = visitor(house)
    assert 'href="/mails"' not in somebody.get("/")
    assert "sent here, not caught" in somebody.get("/mails", 404)
    assert somebody.client.post("/mails", headers={"Origin": HERE}).status_code == 405
