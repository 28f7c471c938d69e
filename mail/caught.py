"""Reading what the catcher caught: a list, and one mail in its parts. Anybody may have sent these, so nothing in them
is believed: a header that cannot be read is shown as it is.
"""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.parser import HeaderParser
from email.policy import compat32
from email.utils import parsedate_to_datetime
from pathlib import Path

NAME = re.compile(r"[0-9]{20}-[0-9a-f]{32}\.eml")
MOST_SEARCHED = 2000
LONGEST_HEAD = 64_000
LONGEST_PART = 1_000_000
PICTURES = ("image/png", "image/jpeg", "image/gif")


@dataclass(frozen=True)
class Caught:
    """`sent_at` is what its Date says, in UTC; None when that is no date."""

    name: str
    to: str
    sender: str
    subject: str
    sent_at: datetime | None


@dataclass(frozen=True)
class Letter:
    """`headers` as they were on the wire, without the catcher's own two."""

    caught: Caught
    headers: str
    text: str
    html: str | None


def listed(folder: Path, words: str, after: str | None, limit: int) -> tuple[Sequence[Caught], str | None]:
    """The newest first. Only the newest few thousand are searched: their headers must be opened one by one."""
    names = sorted((n for n in _names(folder) if not after or n < after), reverse=True)
    wanted = [word.casefold() for word in words.split()]
    found: list[Caught] = []
    for name in names[:MOST_SEARCHED] if wanted else names[: limit + 1]:
        caught = _caught(name, _head(folder / name))
        line = f"{caught.to} {caught.sender} {caught.subject}".casefold()
        if all(word in line for word in wanted):
            found.append(caught)
        if len(found) > limit:
            break
    return found[:limit], found[limit - 1].name if len(found) > limit else None


def _names(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries if NAME.fullmatch(entry.name)]


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LONGEST_HEAD).partition(b"\r\n\r\n")[0]


def letter(folder: Path, name: str) -> Letter | None:
    """None for a name that is none of ours, or a mail that is not there."""
    path = folder / name
    if not NAME.fullmatch(name) or not path.is_file():
        return None
    content = path.read_bytes()
    raw = content.partition(b"\r\n\r\n")[0].decode("utf-8", "replace").replace("\r\n", "\n")
    shown = "\n".join(line for line in raw.split("\n") if not line.startswith("X-Envelope-"))
    message = message_from_bytes(content, policy=compat32)
    return Letter(_caught(name, content.partition(b"\r\n\r\n")[0]), shown, *_parts(message))


def _caught(name: str, head: bytes) -> Caught:
    message = HeaderParser(policy=compat32).parsestr(head.decode("utf-8", "replace"))
    words = {header: _words(message, header) for header in ("To", "From", "Subject", "X-Envelope-To", "Date")}
    return Caught(name, words["To"] or words["X-Envelope-To"], words["From"], words["Subject"], _date(words["Date"]))


def _words(message: Message, header: str) -> str:
    raw = str(message[header] or "")
    try:
        return " ".join(str(make_header(decode_header(raw))).split())
    except (ValueError, LookupError, AttributeError):
        return " ".join(raw.split())


def _date(words: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(words)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _parts(message: Message) -> tuple[str, str | None]:
    """(plain text, HTML), the first of each."""
    found: dict[str, str] = {}
    for part in message.walk():
        if part.get_content_maintype() == "text":
            found.setdefault(part.get_content_subtype(), _decoded(part))
    html = found.get("html")
    return found.get("plain", ""), with_pictures(html, message) if html else html


def with_pictures(html: str, message: Message) -> str:
    """The pictures that travelled with it put in: a page knows no Content-ID."""
    for part in message.walk():
        shown = f'"cid:{str(part.get("Content-ID", "")).strip("<> ")}"'
        payload = part.get_payload(decode=True) if part.get_content_type() in PICTURES and shown in html else None
        if isinstance(payload, bytes):
            content = b64encode(payload[:LONGEST_PART]).decode("ascii")
            html = html.replace(shown, f'"data:{part.get_content_type()};base64,{content}"')
    return html


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    try:
        return content[:LONGEST_PART].decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return content[:LONGEST_PART].decode("utf-8", "replace")
