"""Every mail of the files compiled as it will be sent: what `nurture check` adds to what authoring knows by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from authoring.load import load
from authoring.problems import Problem, did_you_mean
from mail.errors import Part, TemplateError
from mail.expressions import Variable
from mail.templates import compile_mail

SENDER = ("sender.first_name", "sender.name", "sender.address", "sender.phone")
ALWAYS_KNOWN = frozenset(SENDER[:3])

Checker = Callable[[str, str, str, str], list[Problem]]


def checker(files: Mapping[str, str]) -> Checker:
    """For authoring.check: a touch's path, subject, body and preheader to what is wrong with its templates."""
    release = load(files).release
    names = {*release.fields, *SENDER} if release else None

    def problems(path: str, subject: str, body: str, preheader: str) -> list[Problem]:
        if not subject:  # made by a person: a script, no mail
            return []
        text = files.get(path, "")
        try:
            mail = compile_mail(subject, body, preheader or None, path, _body_line(text))
        except TemplateError as error:
            line, column = _place(text, error.part, error.line, error.column)
            return [Problem(path, line, column, error.sentence)]
        return list(_variables(path, text, mail.variables, names)) if names else []

    return problems


def _variables(path: str, text: str, variables: tuple[Variable, ...], names: Collection[str]) -> Iterator[Problem]:
    for variable in variables:
        name = variable.name
        if name not in names:
            sentence = f"There is no field {name}{did_you_mean(name, names)}"
        elif not variable.has_fallback and name not in ALWAYS_KNOWN:
            sentence = f'{name} may be unknown; give a fallback: {{{{ {name} or "..." }}}}.'
        else:
            continue
        line, column = _place(text, variable.part, variable.line, variable.column)
        yield Problem(path, line, column, sentence, length=len(name))


def _body_line(text: str) -> int:
    """The line after the second `---`."""
    marks = [number for number, line in enumerate(text.splitlines(), 1) if line.rstrip() == "---"]
    return marks[1] + 1 if len(marks) > 1 else 1


def _place(text: str, part: Part, line: int, column: int) -> tuple[int, int]:
    """In the file; in a value of the head it is where that value begins, plus what is before it there."""
    if part == "body":
        return line, column
    for number, written in enumerate(text.splitlines(), 1):
        if found := re.match(rf"{part}:\s*[\"']?", written):
            return number, found.end() + column
    return 1, 1
