"""Every name in the shipped files that points at something else, written wrongly - all of them in one check."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from authoring.check import check
from authoring.documents import Document, Loc
from authoring.load import load, read_folder
from authoring.problems import Problem
from authoring.references import KEY, REFERENCES, found
from commands.templates import checker

ROOT = Path(__file__).resolve().parents[3]
FILES = read_folder(ROOT)
DOCUMENTS = load(FILES).documents
TODAY = date(2026, 11, 23)

CONDITIONS: dict[str, tuple[Loc, ...]] = {
    "lead_defs/sales-ready.yaml": (("criteria", "*", "when"), ("ready_when", "*"), ("hold_back_when", "*")),
    "lead_defs/profiles/*.yaml": (("never", "*"), ("points", "*")),
    "content/tracks/*/track.yaml": (("enrol",), ("stages", "*", "next_when")),
    "content/tracks/*/*.md": (("when",),),
}
IN_CONDITION = re.compile(
    r"\b(?:(?:company|inquiry|fact|grade|lists)\.[a-z_]+|(?<=happened\()[a-z_]+|fits|problem|soon)"
)
IN_TEMPLATE = re.compile(r"\b(?:lead|company|sender|fact)\.[a-z_]+(?=[^{}]*\}\})")
LINK = re.compile(r"(?<=\(asset:)[a-z0-9-]+|(?<=\(answer:)[a-z_]+")
SAMPLE_FIELDS: tuple[tuple[str, ...], ...] = tuple(
    ("samples", "*", group, "*", KEY) for group in ("lead", "company", "inquiry", "fact", "tells")
)

ENOUGH = 5
"""Samples use the same few fields again and again."""


@dataclass(frozen=True)
class Name:
    path: str
    line: int  # from 1, as column
    column: int
    name: str
    kind: str


def names_written() -> Iterator[Name]:
    for path, document in DOCUMENTS.items():
        for reference in REFERENCES:
            if fnmatchcase(path, reference.path):
                for loc, value in found(document.data, reference.loc):
                    if isinstance(value, str) and value not in reference.also and reference.severity == "error":
                        yield at(document, loc, 0, value, reference.kind)
        for pattern, locs in CONDITIONS.items():
            if fnmatchcase(path, pattern):
                for loc in locs:
                    yield from in_texts(document, loc, IN_CONDITION, "condition")
        if path.endswith(".md"):
            yield from in_texts(document, ("subject",), IN_TEMPLATE, "template")
            yield from in_body(document)
    yield from others()


def others() -> Iterator[Name]:
    definition, track = "lead_defs/sales-ready.yaml", "content/tracks/dock-waiting/track.yaml"
    samples = "content/samples.yaml"
    yield from each(definition, ("criteria", "*", "fact"), "fact")
    yield from each(definition, ("ready_when", "*", "*"), "criterion")
    for loc in (("stages", "*", "*"), ("stages", "*", "touches", "*")):
        yield from (
            name for name in each(track, loc, "touch") if f"content/tracks/dock-waiting/{name.name}.md" in FILES
        )
    taken = Counter[str]()
    for field_loc in SAMPLE_FIELDS:
        for name in each(samples, field_loc, "field"):
            taken[name.name] += 1
            if name.name != "email" and taken[name.name] <= ENOUGH:
                yield name


def each(path: str, pattern: tuple[str, ...], kind: str) -> Iterator[Name]:
    for loc, value in found(DOCUMENTS[path].data, pattern):
        if isinstance(value, str):
            yield at(DOCUMENTS[path], loc, 0, value, kind)


def in_texts(document: Document, pattern: Loc, names: re.Pattern[str], kind: str) -> Iterator[Name]:
    for loc, value in found(document.data, pattern):
        for match in names.finditer(value) if isinstance(value, str) else ():
            yield at(document, loc, match.start(), match[0], kind)


def in_body(document: Document) -> Iterator[Name]:
    assert isinstance(document.data, dict)
    body = str(document.data["body"])
    for pattern, kind in ((IN_TEMPLATE, "template"), (LINK, "link")):
        for match in pattern.finditer(body):
            line = body.count("\n", 0, match.start()) + (document.body_line or 1)
            yield Name(document.path, line, match.start() - body.rfind("\n", 0, match.start()), match[0], kind)


def at(document: Document, loc: Loc, offset: int, name: str, kind: str) -> Name:
    place = document.where(loc, offset)
    return Name(document.path, place.line, place.column, name, kind)


NAMES = list(dict.fromkeys(names_written()))


def misspelt(name: str, nth: int) -> str:
    """One letter too often, another one each time: what is alike is told once for many."""
    own = len(name) - name.rfind(".") - 1
    place = len(name) - 1 - nth % own
    return name[:place] + name[place] * (1 + nth // own) + name[place:]


def with_mistakes() -> tuple[Mapping[str, str], dict[Name, tuple[int, int]]]:
    """Files with every name wrong, and where each stands then: earlier mistakes push later ones to the right."""
    files, where = dict(FILES), dict[Name, tuple[int, int]]()
    times, pushed = Counter[tuple[str, str]](), Counter[tuple[str, int]]()
    for name in sorted(NAMES, key=lambda n: (n.path, n.line, n.column)):
        lines = files[name.path].split("\n")
        line, at = lines[name.line - 1], name.column - 1 + pushed[name.path, name.line]
        begins = at + 1 if line[at : at + 1] in "\"'" else at
        assert line.startswith(name.name, begins), (name, line)
        wrong = misspelt(name.name, times[name.path, name.name])
        lines[name.line - 1] = line[:begins] + wrong + line[begins + len(name.name) :]
        files[name.path] = "\n".join(lines)
        where[name] = (name.line, at + 1)
        times[name.path, name.name] += 1
        pushed[name.path, name.line] += len(wrong) - len(name.name)
    return files, where


@pytest.fixture(scope="module")
def told() -> tuple[list[Problem], dict[Name, tuple[int, int]]]:
    files, where = with_mistakes()
    return check(files, TODAY, checker(files)), where


def test_there_are_names_of_every_kind() -> None:
    kinds = {name.kind for name in NAMES}
    assert kinds >= {"person", "team", "sample", "rule", "criterion", "reason", "event", "asset", "pain", "fact"}
    assert kinds >= {"field", "touch", "stage", "persona", "condition", "template", "link"}
    assert len(NAMES) > 250


@pytest.mark.parametrize("kind", sorted({name.kind for name in NAMES}))
def test_each_is_an_error_where_it_stands_and_names_what_was_meant(
    kind: str, told: tuple[list[Problem], dict[Name, tuple[int, int]]]
) -> None:
    problems, where = told
    missed = []
    for name in (name for name in NAMES if name.kind == kind):
        line, column = where[name]
        here = [p for p in problems if (p.path, p.line, p.severity) == (name.path, line, "error")]
        if not any(p.column in (column, column + 1) and name.name.rpartition(".")[2] in p.sentence for p in here):
            missed.append((name, [(p.column, p.sentence) for p in here]))
    assert missed == []
