"""Pictures beside a touch. In a release they are texts like every other file: their content in base64."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterator, Mapping
from typing import Final

from authoring.documents import Document
from authoring.problems import Problem, did_you_mean

TYPES: Final[Mapping[str, tuple[bytes, ...]]] = {
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".gif": (b"GIF87a", b"GIF89a"),
}
"""What every mail program shows, and how such a file begins. SVG can carry scripts, WebP is blank in Outlook."""
LARGEST, LARGEST_OF_A_MAIL = 300_000, 800_000
"""Bytes. A mail is sent whole, pictures and all, to every lead."""
NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
SHOWN: Final = re.compile(r"!\[[^\]]*\]\(\s*<?(?P<name>[^)>\s]+)")


def is_picture(path: str) -> bool:
    return path.lower().endswith(tuple(TYPES))


def encoded(raw: bytes) -> str:
    return b64encode(raw).decode("ascii")


def misnamed(name: str) -> str | None:
    if NAME.fullmatch(name):
        return None
    return f"“{name}” cannot be named in a mail; use small letters, digits, - and _ only, like plan-of-doors.png."


def content_problems(pictures: Mapping[str, str]) -> Iterator[Problem]:
    """Of files that came from anywhere: too large, or not what their ending says."""
    for path, text in pictures.items():
        if sentence := _wrong(path, text):
            yield Problem(path, 1, 1, sentence)


def _wrong(path: str, text: str) -> str | None:
    if (size := bytes_of(text)) > LARGEST:
        more = "more than " if size > 1_000_000 else ""  # no more of it was read
        return f"This picture has {more}{size // 1000} kB; make it smaller, {LARGEST // 1000} kB at most."
    try:
        content = b64decode(text, validate=True)
    except (NotBase64, ValueError):
        content = b""
    ending = path[path.rindex(".") :].lower()
    if not content.startswith(TYPES[ending]):
        return f"This is no {ending[1:].upper()} picture, whatever its name says; save it anew as PNG, JPEG or GIF."
    return None


def bytes_of(text: str) -> int:
    return len(text) * 3 // 4


def missing(files: Mapping[str, str], documents: Mapping[str, Document]) -> Iterator[Problem]:
    """Pictures that a touch shows and nobody put beside it, and touches that show too many."""
    for path, document in documents.items():
        body = document.data.get("body") if isinstance(document.data, dict) and path.endswith(".md") else None
        if isinstance(body, str) and "![" in body:
            yield from _shown(path, body, document.body_line or 1, files)


def _shown(path: str, body: str, first_line: int, files: Mapping[str, str]) -> Iterator[Problem]:
    folder, total = path[: path.rindex("/") + 1], 0
    seen: set[str] = set()
    for match in SHOWN.finditer(body):
        name = match["name"]
        if not is_picture(name) or not NAME.fullmatch(name):
            continue  # an address, or nothing that could be a picture: the mail's own check says so
        line = first_line + body.count("\n", 0, match.start("name"))
        column = match.start("name") - body.rfind("\n", 0, match.start("name"))
        if f"{folder}{name}" not in files:
            beside = [other.removeprefix(folder) for other in files if other.startswith(folder) and is_picture(other)]
            sentence = f"There is no picture {name} beside this touch{did_you_mean(name, beside)}"
            yield Problem(path, line, column, sentence, length=len(name))
            continue
        total += bytes_of(files[f"{folder}{name}"]) if name not in seen else 0
        seen.add(name)
        if total > LARGEST_OF_A_MAIL:
            sentence = (
                f"The pictures up to here have {total // 1000} kB together; {LARGEST_OF_A_MAIL // 1000} kB at most."
            )
            yield Problem(path, line, column, sentence, length=len(name))
            return
