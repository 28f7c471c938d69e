"""Every mail and script of the files read as it will be sent: what `nurture check` adds to what authoring knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from authoring.documents import Document, DocumentError, parse
from authoring.problems import Problem, did_you_mean
from authoring.references import FIELDS
from mail.errors import Part, TemplateError
from mail.expressions import Variable
from mail.templates import read_mail

SENDER = ("sender.first_name", "sender.name", "sender.address", "sender.phone")
ALWAYS_KNOWN = frozenset(SENDER[:3])
MOST = 20
"""Problems told of one touch; more than that are one problem, told often."""
PLACEHOLDER = "-"
_VALUE = re.compile(r"\{\{.*?\}\}")

Checker = Callable[[Document], list[Problem]]


@dataclass(frozen=True)
class Words:
    """What a touch says: a script has a title where a mail has a subject, and only the title of a script's variant
    or translation tells what it is. What is missing is told elsewhere."""

    subject_key: str
    subject: str
    preheader: str
    body: str

    @staticmethod
    def of(document: Document) -> Words:
        data = document.data if isinstance(document.data, dict) else {}
        is_mail = data.get("channel", "email") == "email" and ("subject" in data or "title" not in data)
        key = "subject" if is_mail else "title"
        subject, preheader, body = (
            text if isinstance(text := data.get(name), str) else "" for name in (key, "preheader", "body")
        )
        return Words(key, _or_placeholder(subject), preheader, _or_placeholder(body))

    def text(self, part: Part) -> str:
        return {"subject": self.subject, "preheader": self.preheader, "body": self.body}[part]

    def without(self, part: Part, offset: int) -> Words | None:
        """The same without what is wrong there, so that the next mistake is found too; None where that cannot be."""
        text = self.text(part)
        for value in _VALUE.finditer(text):
            if value.start() <= offset < value.end():
                return self._with(part, value.start(), value.end())
        start, end = text.rfind("\n", 0, offset) + 1, text.find("\n", offset)
        line = text[start:] if end < 0 else text[start:end]
        if part != "body" or "{%" in line or not line.strip(PLACEHOLDER):
            return None
        return self._with(part, start, start + len(line))

    def _with(self, part: Part, start: int, end: int) -> Words:
        text = self.text(part)
        blank = text[:start] + PLACEHOLDER.rjust(end - start, "x") + text[end:]
        return replace(self, **{part: blank})


def _or_placeholder(text: str) -> str:
    return text if text.strip() else PLACEHOLDER


def checker(files: Mapping[str, str]) -> Checker:
    """For authoring.check: a touch's document to what is wrong with its templates."""
    names = _declared(files)
    return lambda document: list(_problems(document, names))


def _declared(files: Mapping[str, str]) -> Collection[str] | None:
    """Read apart from all else, so that a mistake in another file hides no misspelt variable."""
    try:
        data = parse(FIELDS, files.get(FIELDS, "")).data
    except DocumentError:
        return None
    fields = data.get("fields") if isinstance(data, dict) else None
    return {*fields, *SENDER} if isinstance(fields, dict) else None


def _problems(document: Document, names: Collection[str] | None) -> Iterator[Problem]:
    words: Words | None = Words.of(document)
    first = document.body_line or 1
    for _ in range(MOST):
        if words is None:
            return
        try:
            mail = read_mail(words.subject, words.body, words.preheader, document.path, first)
        except TemplateError as error:
            offset = _offset(words.text(error.part), error.line - (first if error.part == "body" else 1), error.column)
            yield _problem(document, words, error.part, offset, error.sentence)
            words = words.without(error.part, offset)
        else:
            yield from _variables(document, words, mail.variables, names)
            return


def _variables(
    document: Document, words: Words, variables: tuple[Variable, ...], names: Collection[str] | None
) -> Iterator[Problem]:
    first = document.body_line or 1
    for variable in variables:
        name = variable.name
        if names is not None and name not in names:
            sentence = f"There is no field {name}{did_you_mean(name, names)}"
        elif not variable.has_fallback and name not in ALWAYS_KNOWN:
            sentence = f'{name} may be unknown; give a fallback: {{{{ {name} or "..." }}}}.'
        else:
            continue
        row = variable.line - (first if variable.part == "body" else 1)
        offset = _offset(words.text(variable.part), row, variable.column)
        yield _problem(document, words, variable.part, offset, sentence, len(name))


def _offset(text: str, row: int, column: int) -> int:
    """Of a row (from 0) and a column (from 1)."""
    lines = text.split("\n")
    return sum(len(line) + 1 for line in lines[:row]) + column - 1


def _problem(document: Document, words: Words, part: Part, offset: int, sentence: str, length: int = 1) -> Problem:
    if part == "body":
        before = words.body[:offset]
        line, column = before.count("\n") + (document.body_line or 1), offset - before.rfind("\n")
        return Problem(document.path, line, column, sentence, length=length)
    place = document.where((words.subject_key if part == "subject" else part,), offset)
    return Problem(place.path, place.line, place.column, sentence, length=length)
