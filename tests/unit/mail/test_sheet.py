"""Mails to our own people: two parts that say the same, buttons, and values of strangers that stay values."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from uuid import UUID

from mail.messages import Notice, build_notice
from mail.sheet import Button, Item, Section, Sheet, letter

URL = "https://n.example/handoffs/1"
SAID = f"Why now: They asked.\n\nAccept by noon.\n\nThe packet:\n{URL}"
BUTTONS = (
    Button("Accept", "https://n.example/h/x/accept", "go"),
    Button("Not for us", "https://n.example/h/x/no", "no"),
)
HOSTILE = '<img src="https://evil.example/x.png"> {{ 7*7 }} "onclick="alert(1)'


class Read(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[tuple[str, str]] = []
        self._href = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._href = dict(attrs).get("href") or "" if tag == "a" else ""

    def handle_data(self, data: str) -> None:
        if self._href and data.strip():
            self.links.append((data.strip(), self._href))


def read(html: str) -> Read:
    found = Read()
    found.feed(html)
    return found


def test_answers_are_buttons_before_the_link_to_everything() -> None:
    found = letter("A lead", SAID, URL, "Open the packet", "Foot.", Sheet(BUTTONS))
    assert read(found.html).links == [
        ("Accept", "https://n.example/h/x/accept"),
        ("Not for us", "https://n.example/h/x/no"),
        ("Open the packet", URL),
    ]
    assert found.text == (
        "Why now: They asked.\n\nAccept by noon.\n\nAccept:\nhttps://n.example/h/x/accept\n\n"
        f"Not for us:\nhttps://n.example/h/x/no\n\nThe packet:\n{URL}\n\n-- \nFoot.\n"
    )


def test_things_to_do_have_their_own_links_and_sentences_have_none() -> None:
    do = Section(
        "Today", [Item("Ana", "By noon", URL, BUTTONS[:1], is_late=True)], "and 3 more: https://n.example/queue"
    )
    told = Section("In their words", [Item("Trucks wait"), Item("Too long")], is_plain=True)
    found = letter("Today", f"2 things.\n\n{URL}", URL, "Open", "Foot.", Sheet((), (do, told)))
    assert ("Ana", URL) in read(found.html).links
    assert "TODAY\n- Ana\n  By noon\n  Accept: https://n.example/h/x/accept\n" in found.text
    assert "and 3 more: https://n.example/queue\n\nIN THEIR WORDS\n- Trucks wait\n- Too long\n" in found.text


def test_a_page_without_pictures_or_scripts_whatever_a_name_holds() -> None:
    items = [Item(HOSTILE, HOSTILE, URL)]
    plain = [Item(HOSTILE)]
    found = letter(
        HOSTILE,
        f"{HOSTILE}\n\n{URL}",
        URL,
        "Open",
        HOSTILE,
        Sheet((), (Section(HOSTILE, items), Section("x", plain, is_plain=True))),
    )
    page = read(found.html)
    assert not {"img", "script", "link", "iframe", "svg"} & set(page.tags)
    assert "{{ 7*7 }}" in found.html  # a value is never a template
    assert "url(" not in found.html
    assert {href for _, href in page.links} == {URL}
    assert "prefers-color-scheme: dark" in found.html


def test_a_notice_without_a_link_of_its_own_is_still_a_mail() -> None:
    found = letter("About Ana", "Nothing to open.", URL, "Open", "Foot.")
    assert read(found.html).links == []
    assert found.text.startswith("Nothing to open.")


def test_both_parts_travel_in_one_mail_the_same_bytes_each_time() -> None:
    found = letter("Größe", SAID, URL, "Open", "Foot.", Sheet(BUTTONS))
    at = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
    notice = Notice(
        UUID(int=7), "tom@x.example", "Tom", "N", "n@x.example", "x.example", found.subject, found.text, at, found.html
    )
    raw = build_notice(notice)
    assert raw == build_notice(notice)
    message = message_from_bytes(raw, policy=default)
    assert message.get_content_type() == "multipart/alternative"
    text, html = message.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert "Accept by noon." in text.get_content()
    assert "Accept by noon." in html.get_content()
