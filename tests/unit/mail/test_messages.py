from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from mail.errors import MailAddressError, MailError
from mail.messages import Envelope, Notice, build, build_notice, message_id, return_path, send_id_of
from mail.templates import Rendered

SEND = UUID("0123456789abcdef0123456789abcdef")
TOKEN = "A" * 40
ENVELOPE = Envelope(
    send_id=SEND,
    to_address="bob.marsh@site.example",
    to_name="Bob Marsh",
    sender_name="Lena Holt",
    sender_address="lena@harborline.example",
    reply_to=f"r+{TOKEN}@mail.harborline.example",
    domain="mail.harborline.example",
    unsubscribe_url=f"https://nurture.harborline.example/a/rather/long/public/address/u/{TOKEN}",
    unsubscribe_address=f"u+{TOKEN}@mail.harborline.example",
    feedback_id=("checklist", "dock-waiting", "nurture", "harborline"),
    date_at=datetime(2026, 11, 24, 14, 30, tzinfo=UTC),
)
WORDS = Rendered("Bob, one hour?", "<p>Hi</p>\n", "Hi\n")


def lines(raw: bytes) -> list[str]:
    return raw.split(b"\r\n\r\n", 1)[0].decode("ascii").split("\r\n")


def test_every_header_in_the_raw_bytes() -> None:
    head = lines(build(ENVELOPE, WORDS))
    assert sorted(head) == sorted(
        [
            f"Message-ID: <{SEND.hex}@mail.harborline.example>",
            "Date: Tue, 24 Nov 2026 14:30:00 +0000",
            "Subject: Bob, one hour?",
            "From: Lena Holt <lena@harborline.example>",
            "To: Bob Marsh <bob.marsh@site.example>",
            f"Reply-To: r+{TOKEN}@mail.harborline.example",
            f"List-Unsubscribe: <https://nurture.harborline.example/a/rather/long/public/address/u/{TOKEN}>, "
            f"<mailto:u+{TOKEN}@mail.harborline.example?subject=unsubscribe>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "Feedback-ID: checklist:dock-waiting:nurture:harborline",
            f"X-Nurture-Id: {SEND.hex}",
            "MIME-Version: 1.0",
            f'Content-Type: multipart/alternative; boundary="=_{SEND.hex}"',
        ]
    )


def test_text_first_then_html_and_only_plain_bytes() -> None:
    words = Rendered("Ünal 👩‍🚒", "<p>" + "Grüße " * 400 + "</p>\n", "Grüße " * 400 + "\n.\nend\n")
    raw = build(ENVELOPE, words)
    assert max(raw) < 128
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    parts = list(parsed.iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert [part.get_content().replace("\r\n", "\n") for part in parts] == [words.text, words.html]
    assert parsed["Subject"] == words.subject


def test_the_same_send_is_the_same_bytes() -> None:
    assert build(ENVELOPE, WORDS) == build(ENVELOPE, WORDS)


HOSTILE = [
    "Bob\r\nBcc: all@x.example",
    "Bob\nBcc: all@x.example\n\n<b>",
    "Bob\rX: y",
    "Bob\x0bX: y\x0c\x85\u2028Z: y\x00",
    'a "quoted" \\ name, <evil@x.example>',
    "=?utf-8?q?Bcc:_all=40x.example?=",
    "=?utf-8?b?DQpCY2M6IGFsbEB4LmV4YW1wbGU=?=",
    "x" * 1_000_000,
    "é" * 1_000_000,
    "\u202eneB",
    "אבגד הוז",
    "👩‍🚒" * 50,
    "half \ud83d",
    "",
    "  ",
    "a:b;c,d",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_no_name_and_no_subject_adds_a_header(name: str) -> None:
    envelope = replace(ENVELOPE, to_name=name, sender_name=name, feedback_id=(name, name))
    raw = build(envelope, replace(WORDS, subject=name))
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert [header.partition(":")[0] for header in lines(raw) if not header.startswith((" ", "\t"))] == [
        header.partition(":")[0] for header in lines(build(ENVELOPE, WORDS))
    ]
    assert [one.addr_spec for one in parsed["To"].addresses] == ["bob.marsh@site.example"]
    assert [one.addr_spec for one in parsed["From"].addresses] == ["lena@harborline.example"]
    encoded = {header.partition(":")[0] for header in lines(raw) if "=?" in header and ":" in header}
    assert encoded <= {"Subject", "To", "From"}
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert max(raw) < 128


def test_nothing_in_a_header_turns_the_rest_of_it_round() -> None:
    address = "tom@harborline.example"
    notice = Notice(SEND, address, "Tom", "N", address, "harborline.example", "x", "y\n", ENVELOPE.date_at)
    turned = "Bell\u202e gnp.exe\u2066"
    for raw in (
        build(replace(ENVELOPE, to_name=turned), replace(WORDS, subject=turned)),
        build_notice(replace(notice, to_name=turned, subject=f"A lead for you: {turned}")),
    ):
        parsed = email.message_from_bytes(raw, policy=email.policy.default)
        assert parsed["Subject"].endswith("Bell gnp.exe")
        assert parsed["To"].addresses[0].display_name == "Bell gnp.exe"


def test_names_beyond_ascii_are_readable() -> None:
    raw = build(replace(ENVELOPE, to_name="Žofie Ünal-O'Neil, Dr."), WORDS)
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert parsed["To"].addresses[0].display_name == "Žofie Ünal-O'Neil, Dr."


CHANGES: dict[str, Callable[[str], Envelope]] = {
    "to": lambda address: replace(ENVELOPE, to_address=address),
    "sender": lambda address: replace(ENVELOPE, sender_address=address),
    "reply to": lambda address: replace(ENVELOPE, reply_to=address),
    "unsubscribe": lambda address: replace(ENVELOPE, unsubscribe_address=address),
}


@pytest.mark.parametrize("field", CHANGES)
@pytest.mark.parametrize(
    "address",
    [
        "",
        "bob",
        "a@x.example\r\nBcc: b@x.example",
        "a@x.example, b@x.example",
        "<a@x.example>",
        "j ö@x.example",
    ],
)
def test_an_address_that_no_header_can_carry(field: str, address: str) -> None:
    with pytest.raises(MailAddressError, match="name@company"):
        build(CHANGES[field](address), WORDS)


def test_a_reader_beyond_ascii_is_written_in_utf_8() -> None:
    raw = build(replace(ENVELOPE, to_address="jürgen.o'neil@müller.example", to_name="Jürgen, Dr."), WORDS)
    head = raw.split(b"\r\n\r\n", 1)[0].decode("utf-8").split("\r\n")
    assert 'To: "Jürgen, Dr." <jürgen.o\'neil@xn--mller-kva.example>' in head
    assert build(replace(ENVELOPE, to_address="ann@site.example"), WORDS).isascii()


def test_an_international_domain_is_written_in_ascii() -> None:
    assert "To: Bob Marsh <bob@xn--mller-kva.example>" in lines(
        build(replace(ENVELOPE, to_address="bob@müller.example"), WORDS)
    )


@pytest.mark.parametrize(
    "url",
    [
        "javascript:x",
        "https://x.example/a>, <mailto:b@x.example",
        "https://x.example/\r\nX: y",
        "https://ü.example/",
    ],
)
def test_an_unsubscribe_link_that_breaks_the_header(url: str) -> None:
    with pytest.raises(MailError, match="unsubscribe link"):
        build(replace(ENVELOPE, unsubscribe_url=url), WORDS)


def test_without_an_unsubscribe_address_the_link_stands_alone() -> None:
    head = lines(build(replace(ENVELOPE, unsubscribe_address=None), WORDS))
    assert f"List-Unsubscribe: <{ENVELOPE.unsubscribe_url}>" in head


def test_the_return_path_leads_back_to_the_send() -> None:
    path = return_path(SEND, "mail.harborline.example")
    assert path == f"b+{SEND.hex}@mail.harborline.example"
    for heard in (path, f"<{path}>", path.upper()):
        assert send_id_of(heard) == SEND
    for other in (
        "",
        "b@x.example",
        f"c+{SEND.hex}@x.example",
        f"b+{SEND.hex[:-1]}@x.example",
        f"b+{SEND.hex}",
    ):
        assert send_id_of(other) is None
    assert message_id(SEND, "d.example") == f"<{SEND.hex}@d.example>"


def test_a_notice_to_staff_is_marked_as_automatic() -> None:
    notice = Notice(
        SEND, "tom@harborline.example", "Tom", "Nurture", "nurture@harborline.example",
        "mail.harborline.example",
        "Two leads wait\r\nBcc: x", "See your queue: größer.\n", datetime(2026, 11, 24, 14, 30, tzinfo=UTC),
    )  # fmt: skip
    raw = build_notice(notice)
    names = [header.partition(":")[0] for header in lines(raw)]
    assert "Auto-Submitted: auto-generated" in lines(raw)
    assert "Subject: Two leads wait Bcc: x" in lines(raw)
    assert not {"Bcc", "List-Unsubscribe", "Feedback-ID"} & set(names)
