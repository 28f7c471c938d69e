"""The strict reader of our files: YAML, and Markdown under front matter, where every value knows its place.

Stricter than YAML on purpose, since the authors are not programmers: `NO`, `12:30`, `2027-03-31` stay texts,
a key written twice is an error instead of the last one winning, and nothing can point at something else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from authoring.problems import Problem
from authoring.yaml_reading import Data, DocumentError, Spot, Value, YamlReader

__all__ = ["Data", "Document", "DocumentError", "Loc", "Place", "decode", "parse", "parse_touch"]

Loc: TypeAlias = tuple[str | int, ...]

LARGEST: Final = 1_000_000  # characters, and bytes
UNPRINTABLE: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff\u200b\u202d\u202e\u2060\ufeff]"
)
TEMPLATE_LINE: Final = re.compile(
    r"(?P<key> *(?:- +)?[\w-]+: +)"
    r"(?P<value>(?![\"'|>\[#]|\{(?![{%#])).*\{[{%#].*)"  # neither quoted nor a block, list or mapping
)
COMMENT: Final = re.compile(r"\s+#(?:(?![}%]\}).)*$")
FENCE: Final = "---"


@dataclass(frozen=True)
class Place:
    """Line and column count from 1, in characters."""

    path: str
    line: int
    column: int


class Document:
    """`data` holds dicts, lists and scalars only; `body_line` is where a touch's body begins, from 1."""

    def __init__(self, path: str, lines: list[str], root: Value, body_line: int | None = None) -> None:
        self.path = path
        self.data = root.data
        self.body_line = body_line
        self._lines = lines
        self._root = root

    def where(self, loc: Loc, offset: int = 0, *, at_key: bool = False) -> Place:
        """The place of the value at a pydantic loc; of its key with `at_key` or after a last `[key]`.

        Of a value that is not there, its nearest parent's key. `offset` counts characters into a text: a
        mistake inside a condition or a template is shown where it stands, however the text is written.
        """
        value, is_exact = self._nearest(loc)
        if value.key is not None and (at_key or not is_exact or loc[-1:] == ("[key]",)):
            return self._place(value.key)
        if offset and is_exact:
            return self._place(self._inside(value, offset))
        return self._place(value.start)

    def line_text(self, line: int) -> str:
        """The line as it was written, without its end; empty where there is none."""
        return self._lines[line - 1] if 0 < line <= len(self._lines) else ""

    def _nearest(self, loc: Loc) -> tuple[Value, bool]:
        value, is_exact = self._root, True
        for step in loc:
            # pydantic puts the names of union members into a loc: what is no part of the file is passed over.
            if step in value.parts:
                value, is_exact = value.parts[step], True
            elif step != "[key]":
                is_exact = False
        return value, is_exact

    def _inside(self, value: Value, offset: int) -> Spot:
        """Walks source and text together: quotes, escapes and breaks get lost, the order never."""
        line, column = value.start
        wanted = value.data[: offset + 1] if isinstance(value.data, str) else ""
        found = value.start
        if self._lines[line : line + 1] and re.match(r"[|>][-+0-9]*\s*(#.*)?$", self._lines[line][column:]):
            line, column = line + 1, 0
        for character in wanted:
            if character.isspace():
                continue
            while line < len(self._lines) and (column := self._lines[line].find(character, column)) < 0:
                line, column = line + 1, 0
            found = (line, column)
            column += 1
        return found

    def _place(self, start: Spot) -> Place:
        return Place(self.path, start[0] + 1, start[1] + 1)


def decode(path: str, raw: bytes) -> str:
    """The text of a file. Raises DocumentError when it is too large or not UTF-8."""
    if len(raw) > LARGEST:
        raise DocumentError((_too_large(path),))
    if b"\0" in raw:
        sentence = "This is no text; put pictures and office files elsewhere, and write the words here."
        raise DocumentError((Problem(path, 1, 1, sentence),))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig", "replace").replace("\r\n", "\n")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        sentence = "This file is not UTF-8; open it in your editor and save it with the encoding UTF-8."
        raise DocumentError((Problem(path, line, column, sentence),)) from error


def parse(path: str, text: str) -> Document:
    """A YAML file. Raises DocumentError with all problems that can be found in one reading."""
    lines = _lines(path, text)
    return Document(path, lines, YamlReader(path, lines).read())


def parse_touch(path: str, text: str) -> Document:
    """Markdown under front matter between two `---`; the body is `data["body"]`, to the character."""
    lines = _lines(path, text)
    if not lines or lines[0].rstrip() != FENCE:
        sentence = "A touch starts with a line ---, its settings, and a line --- again; write them."
        raise DocumentError((Problem(path, 1, 1, sentence),))
    closing = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), None)
    if closing is None:
        sentence = "The settings are never closed; write a line --- after them."
        raise DocumentError((Problem(path, 1, 1, sentence),))
    # Blank for the fence, so that the parser's line numbers are the file's.
    root = YamlReader(path, ["", *(_quoted(line) for line in lines[1:closing])]).read()
    if root.data is None:
        root = Value({}, (0, 0), None, {})
    if not isinstance(root.data, dict):
        sentence = "Settings are lines like `subject: ...`; write a key, a colon, a value."
        raise DocumentError((Problem(path, 2, 1, sentence),))
    if "body" in root.parts:
        line, column = root.parts["body"].key or (1, 0)
        sentence = "The body is not a setting; write it below the second ---."
        raise DocumentError((Problem(path, line + 1, column + 1, sentence, length=4),))
    body = "\n".join(lines[closing + 1 :])
    root.data["body"] = body
    root.parts["body"] = Value(body, (closing + 1, 0), None, {})
    return Document(path, lines, root, closing + 2)


def _quoted(line: str) -> str:
    """A setting with a template in it, in quotes: YAML would read `{{` as the start of a mapping.

    The quote takes the place of the value's first character, so the value's column stays right.
    """
    match = TEMPLATE_LINE.fullmatch(line)
    if match is None:
        return line
    value = match["value"]
    comment = COMMENT.search(value)
    text = value[: comment.start()] if comment else value.rstrip()
    return match["key"] + "'" + text.replace("'", "''") + "'" + (comment[0] if comment else "")


def _lines(path: str, text: str) -> list[str]:
    if len(text) > LARGEST:
        raise DocumentError((_too_large(path),))
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    problems = [
        Problem(path, number, match.start() + 1, f"Delete the invisible character U+{ord(match[0]):04X}.")
        for number, line in enumerate(lines, 1)
        if (match := UNPRINTABLE.search(line))
    ]
    if problems:
        raise DocumentError(tuple(problems[:20]))
    return lines


def _too_large(path: str) -> Problem:
    return Problem(path, 1, 1, "This file is larger than 1 MB; split it, and keep pictures apart.")
