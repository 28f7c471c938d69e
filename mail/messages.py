"""From rendered words to the bytes on the wire, with the headers a nurture mail owes its reader and the
provider.

The standard policies rewrite a long List-Unsubscribe or Feedback-ID as `=?utf-8?q?...`, which breaks
one-click unsubscribe; the policy here never folds, and only names and subjects may be anything but plain
ASCII. The one exception: an address whose own part is beyond ASCII (müller@...) makes all headers UTF-8 (RFC 6532), and
only servers that offer SMTPUTF8 take such a mail.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from uuid import UUID

from mail.errors import MailAddressError, MailError
from mail.pictures import Picture
from mail.templates import Rendered
from mail.values import DIRECTION

_POLICY = SMTP.clone(max_line_length=998, cte_type="7bit")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"(?=.{{1,64}}@){_ATOM}(\.{_ATOM})*@[A-Za-z0-9-]{{1,63}}(\.[A-Za-z0-9-]{{1,63}})*")
_BEYOND = re.compile(r"[^\x00-\x7f]")
LONGEST_LOCAL = 64  # octets
_RETURN_PATH = re.compile(r"b\+([0-9a-f]{32})@[^@]+")
_LONGEST_NAME = 70  # characters: encoded, it still fits one header line
_LONGEST_SUBJECT = 200
TEST_MARK = "[Test]"


@dataclass(frozen=True)
class Envelope:
    """Who sends what to whom. `domain` is ours and names the Message-ID; `date_at` is aware.

    `feedback_id` holds up to four parts from the particular to the general, the sender last (Google's
    Feedback-ID).
    """

    send_id: UUID
    to_address: str
    to_name: str | None
    sender_name: str
    sender_address: str
    reply_to: str
    domain: str
    unsubscribe_url: str
    unsubscribe_address: str | None
    feedback_id: tuple[str, ...]
    date_at: datetime
    is_test: bool = False
    """Read by a colleague: says so, and is counted by nobody."""


@dataclass(frozen=True)
class Notice:
    """A notice to our own staff: no tracking, nothing to unsubscribe from. `date_at` is aware."""

    notice_id: UUID
    to_address: str
    to_name: str | None
    sender_name: str
    sender_address: str
    domain: str
    subject: str
    text: str
    date_at: datetime
    html: str = ""


def message_id(send_id: UUID, domain: str) -> str:
    """The same send always has the same Message-ID, so that a relay's or catcher's copy can be asked for."""
    return f"<{send_id.hex}@{domain}>"


def return_path(send_id: UUID, domain: str) -> str:
    """The envelope sender of one send (VERP): whatever bounces names the send it belongs to."""
    return f"b+{send_id.hex}@{domain}"


def send_id_of(address: str) -> UUID | None:
    """The inverse of `return_path`; None for any other address. Relays change case, so case does not
    count.
    """
    found = _RETURN_PATH.fullmatch(address.strip().strip("<>").lower())
    return UUID(hex=found[1]) if found else None


def build(envelope: Envelope, rendered: Rendered, pictures: Sequence[Picture] = ()) -> bytes:
    """Raises MailAddressError for an address that cannot be written as it is; names are cleaned instead."""
    subject = f"{TEST_MARK} {rendered.subject}" if envelope.is_test else rendered.subject
    reader = wire_address(envelope.to_address)
    message = _start(envelope.send_id, envelope.domain, envelope.date_at, subject, is_utf8=not reader.isascii())
    message["From"] = _person(envelope.sender_name, envelope.sender_address)
    message["To"] = _called(envelope.to_name, reader)
    message["Reply-To"] = _person(None, envelope.reply_to)
    message["List-Unsubscribe"] = _unsubscribe(envelope)
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if envelope.is_test:
        message["X-Nurture-Test"] = "yes"
    else:
        message["Feedback-ID"] = ":".join(_feedback_part(part) for part in envelope.feedback_id[-4:])
        message["X-Nurture-Id"] = envelope.send_id.hex
    message.set_content(rendered.text)
    message.add_alternative(rendered.html, subtype="html")
    if pictures:
        _attach(message, pictures, f"=_{envelope.send_id.hex}_p")
    # the default boundary is random: the same send is the same bytes, whenever it is built
    message.set_boundary(f"=_{envelope.send_id.hex}")
    return message.as_bytes()


def _attach(message: EmailMessage, pictures: Sequence[Picture], boundary: str) -> None:
    """Beside the HTML, inline: a mail program shows them where they belong and lists no attachments."""
    html = message.get_body(("html",))
    assert isinstance(html, EmailMessage)  # the part that has just been added
    for one in pictures:
        html.add_related(one.content, "image", one.subtype, cid=one.content_id, filename=one.name, disposition="inline")
    html.set_boundary(boundary)


def build_notice(notice: Notice) -> bytes:
    """Says of itself that it is automatic, so that nobody's out-of-office answers it."""
    message = _start(notice.notice_id, notice.domain, notice.date_at, notice.subject)
    message["From"] = _person(notice.sender_name, notice.sender_address)
    message["To"] = _person(notice.to_name, notice.to_address)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(notice.text)
    if notice.html:
        message.add_alternative(notice.html, subtype="html")
        message.set_boundary(f"=_{notice.notice_id.hex}")
    return message.as_bytes()


def ascii_address(address: str) -> str:
    """The address as a header and an envelope can carry it: an international domain in its ASCII form."""
    local, at, domain = address.strip().rpartition("@")
    try:
        plain = f"{local}{at}{domain.encode('idna').decode('ascii') if domain else ''}"
    except UnicodeError:
        plain = ""
    if not _ADDRESS.fullmatch(plain):
        raise MailAddressError("This is no address we can write to: it must be plain, like name@company.example.")
    return plain


def wire_address(address: str) -> str:
    """The same for somebody we write to, whose own part before the @ may be beyond ASCII (RFC 6531)."""
    local, at, domain = address.strip().rpartition("@")
    ascii_address(_BEYOND.sub("x", local) + at + domain)
    if not local.isprintable() or " " in local or len(local.encode()) > LONGEST_LOCAL:
        raise MailAddressError("This is no address we can write to: it must be plain, like name@company.example.")
    return local + at + domain.encode("idna").decode("ascii")


def one_line(text: str, longest: int) -> str:
    """Without line breaks, control characters and what turns the rest of the line round, and no longer than a header
    should be."""
    kept = (c for c in text[: longest * 4] if c not in DIRECTION)
    clean = "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in kept)
    # the email package decodes `=?utf-8?...?=` in what it is given, and would write out the line breaks in it
    line = " ".join(clean.split()).replace("=?", "= ?")
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _start(send_id: UUID, domain: str, date_at: datetime, subject: str, *, is_utf8: bool = False) -> EmailMessage:
    message = EmailMessage(policy=_POLICY.clone(utf8=is_utf8))
    message["Message-ID"] = message_id(send_id, domain.encode("idna").decode("ascii"))
    message["Date"] = date_at
    message["Subject"] = one_line(subject, _LONGEST_SUBJECT)
    return message


def _person(name: str | None, address: str) -> Address:
    return _called(name, ascii_address(address))


def _called(name: str | None, address: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(display_name=one_line(name or "", _LONGEST_NAME), username=local, domain=domain)


def _unsubscribe(envelope: Envelope) -> str:
    url = envelope.unsubscribe_url
    if not re.fullmatch(r"https?://[!#-;=?-~]+", url):
        raise MailError("The unsubscribe link must be a plain https address: check the public address in settings.")
    if envelope.unsubscribe_address is None:
        return f"<{url}>"
    return f"<{url}>, <mailto:{ascii_address(envelope.unsubscribe_address)}?subject=unsubscribe>"


def _feedback_part(part: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", part)[:60] or "-"
