"""The links of ours in a touch's text: `asset:<id>` shows a piece, `answer:<fact>=<value>` teaches a fact."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from authoring.documents import Document
from authoring.problems import Problem
from authoring.references import References
from domain.definition import FieldDef
from domain.errors import InvalidError
from domain.values import coerce

LINK = re.compile(r"\]\(\s*<?(?P<kind>asset|answer):(?P<target>[^)>\s]*)")


@dataclass(frozen=True)
class Link:
    kind: str
    target: str
    offset: int  # of the target, in the body
    length: int


def links(body: str) -> list[Link]:
    return [
        Link(match["kind"], unquote(match["target"]), match.start("target"), len(match["target"]))
        for match in LINK.finditer(body)
    ]


def assets_in(body: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(link.target for link in links(body) if link.kind == "asset"))


def full_name(fact: str) -> str:
    """`pain` is short for fact.pain, in `learn:` and in answer links."""
    return fact if "." in fact else f"fact.{fact}"


def link_problems(document: Document, references: References, fields: dict[str, FieldDef]) -> Iterator[Problem]:
    data = document.data if isinstance(document.data, dict) else {}
    body = str(data.get("body", ""))
    for link in links(body):
        sentence = (
            references.unknown("asset", link.target)
            if link.kind == "asset"
            else _wrong_answer(link.target, references, fields)
        )
        if sentence:
            line = body.count("\n", 0, link.offset) + (document.body_line or 1)
            column = link.offset - body.rfind("\n", 0, link.offset)
            yield Problem(document.path, line, column, sentence, length=max(link.length, 1))


def _wrong_answer(target: str, references: References, fields: dict[str, FieldDef]) -> str | None:
    name, has_value, value = target.partition("=")
    if sentence := references.unknown("field", name):
        return sentence
    declared = fields.get(full_name(name))
    if not has_value or declared is None:
        return None
    try:
        coerce(full_name(name), value, declared)
    except InvalidError as error:
        return f"{error.sentence}."
    return None
