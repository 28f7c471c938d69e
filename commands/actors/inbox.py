"""How a buyer reads: the caught mails of a folder, each with the links a person would see in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from pathlib import Path

LINK = re.compile(r"https?://[^\s<>\"]+/(c|a|u)/[A-Za-z0-9_-]{40}")


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    clicks: Sequence[str]
    answers: Sequence[str]
    unsubscribe: str | None


class Inbox:
    """Hands out every mail once, in the order of arrival; what lies there in the beginning was read long ago. A file
    that is still being written has no .eml name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read = self._names()

    def new(self) -> list[Mail]:
        names = sorted(self._names() - self._read)
        self._read.update(names)
        return [read(self._folder / name) for name in names]

    def _names(self) -> set[str]:
        return {path.name for path in self._folder.glob("*.eml")}


def read(path: Path) -> Mail:
    message = message_from_bytes(path.read_bytes(), EmailMessage, policy=default)
    part = message.get_body(("plain",))
    text = str(part.get_content()) if part else ""
    by_kind: dict[str, list[str]] = {"c": [], "a": [], "u": []}
    for found in LINK.finditer(text):
        if found[0] not in by_kind[found[1]]:
            by_kind[found[1]].append(found[0])
    to = parseaddr(str(message["To"]))[1]
    unsubscribe = by_kind["u"][0] if by_kind["u"] else None
    return Mail(to.lower(), str(message["Subject"]), by_kind["c"], by_kind["a"], unsubscribe)
