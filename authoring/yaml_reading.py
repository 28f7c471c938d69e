"""One pass over a YAML file: its values with their places, its refusals with theirs.

Built from the parser's events: PyYAML's own tree has forgotten anchors, and its types are the wrong ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias, Union

import yaml

from authoring.problems import Problem
from authoring.yaml_sentences import yaml_problem
from domain.errors import InvalidError

Data: TypeAlias = Union[  # noqa: UP007 - a quoted name and | do not mix at run time
    dict[str, "Data"], list["Data"], str, int, float, bool, None
]
Spot: TypeAlias = tuple[int, int]  # line and column, from 0

DEEPEST: Final = 20
INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,17})")
DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}")
CONSTANTS: Final[dict[str, Data]] = {"true": True, "false": False, "null": None, "": None}
TAB_INDENT: Final = re.compile(r" *\t\s*(?=\S)")


class DocumentError(InvalidError):
    """A file that cannot be read, with every problem found before reading had to stop."""

    type = "document"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(" ".join(problem.sentence for problem in problems))
        self.problems = problems


@dataclass
class Value:
    """A value with the spots of its first character and of its key."""

    data: Data
    start: Spot
    key: Spot | None
    parts: dict[str | int, Value]


class YamlReader:
    """One pass over the parser's events; refusals are collected, broken syntax ends it."""

    def __init__(self, path: str, lines: list[str]) -> None:
        self._path = path
        self._lines = lines
        self._problems: list[Problem] = []

    def read(self) -> Value:
        for number, line in enumerate(self._lines):
            if match := TAB_INDENT.match(line):
                self._say((number, 0), "A tab indents this line; use spaces.", len(match[0]))
        root = Value(None, (0, 0), None, {})
        if not self._problems:
            try:
                root = self._documents("\n".join(self._lines))
            except yaml.MarkedYAMLError as error:
                self._problems.append(yaml_problem(self._path, error))
        if self._problems:
            raise DocumentError(tuple(self._problems))
        return root

    def _documents(self, text: str) -> Value:
        root: Value | None = None
        events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.CSafeLoader)
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if event.version or event.tags:
                    self._say(_start(event), "Lines that start with % are not used here; delete this one.")
                if root is not None:
                    self._say(_start(event), "A second --- starts a second document; write one per file.", 3)
            elif isinstance(event, yaml.NodeEvent):
                value = self._value(event, events, None, 0)
                root = root or value
        return root or Value(None, (0, 0), None, {})

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], key: Spot | None, depth: int) -> Value:
        self._check_node(event)
        if depth > DEEPEST:
            self._say(_start(event), f"This is nested more than {DEEPEST} deep; write it flatter.")
            raise DocumentError(tuple(self._problems))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event, events, key, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(event, events, key, depth)
        data = _typed(event) if isinstance(event, yaml.ScalarEvent) else None
        return Value(data, _start(event), key, {})

    def _mapping(
        self, event: yaml.MappingStartEvent, events: Iterator[yaml.Event], key: Spot | None, depth: int
    ) -> Value:
        data: dict[str, Data] = {}
        parts: dict[str | int, Value] = {}
        line, column = _start(event)
        if event.flow_style and self._lines[line][column : column + 1] != "{":
            self._say((line, column), "A colon starts a mapping in an inline list; put this on its own line.")
        for inner in events:
            if isinstance(inner, yaml.MappingEndEvent):
                break
            name = self._key(inner, events, depth)
            value = self._value(next(events), events, _start(inner), depth + 1)
            if event.flow_style and value.data is None and _is_prose(value, self._lines):
                sentence = "Words in braces, and words after a comma there, are keys; put this on its own line."
                self._say(_start(inner), sentence, len(name))
            if name in parts:
                first = (parts[name].key or (0, 0))[0] + 1
                sentence = f"{name} is already written in line {first}; keep one of them."
                self._say(_start(inner), sentence, len(name))
                continue
            data[name], parts[name] = value.data, value
        return Value(data, (line, column), key, parts)

    def _sequence(
        self, event: yaml.SequenceStartEvent, events: Iterator[yaml.Event], key: Spot | None, depth: int
    ) -> Value:
        items: list[Value] = []
        for inner in events:
            if isinstance(inner, yaml.SequenceEndEvent):
                break
            items.append(self._value(inner, events, None, depth + 1))
        parts: dict[str | int, Value] = dict(enumerate(items))
        return Value([item.data for item in items], _start(event), key, parts)

    def _key(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> str:
        """Keys are always texts: `no:` is the country, `2:` the second."""
        if isinstance(event, yaml.ScalarEvent):
            self._check_node(event)
            if event.value == "<<" and not event.style:
                self._say(_start(event), "Nothing can be merged in here; write the settings out.", 2)
            return str(event.value)
        told = len(self._problems)
        self._value(event, events, None, depth + 1)
        if not isinstance(event, yaml.AliasEvent):
            del self._problems[told:]  # what is wrong inside `{{ x }}` helps nobody
            self._say(_start(event), "A key must be a single word or text; put a {{ template }} in quotes.")
        return ""

    def _check_node(self, event: yaml.Event) -> None:
        start = _start(event)
        if isinstance(event, yaml.AliasEvent):
            self._say(start, f"*{event.anchor} points elsewhere, and nothing can; write it out, or quote a text.")
            return
        if anchor := getattr(event, "anchor", None):
            self._say(start, f"&{anchor} names a value, and nothing can; delete it, or quote a text.")
        if getattr(event, "tag", None):
            self._say(start, "A word that starts with ! is not used here; delete it, or quote a text.")

    def _say(self, start: Spot, sentence: str, length: int = 1) -> None:
        line, column = start[0] + 1, start[1] + 1
        self._problems.append(Problem(self._path, line, column, sentence, length=max(length, 1)))


def _start(event: yaml.Event) -> Spot:
    mark = event.start_mark
    return (mark.line, mark.column) if mark else (0, 0)


def _typed(event: yaml.ScalarEvent) -> Data:
    text = str(event.value)
    if event.style:  # quoted, or a block: what is written is meant as text
        return text
    if text in CONSTANTS:
        return CONSTANTS[text]
    if INTEGER.fullmatch(text):
        return int(text)
    return float(text) if DECIMAL.fullmatch(text) else text


def _is_prose(value: Value, lines: list[str]) -> bool:
    """`{say: sites, which wait}`: for YAML, `which wait` is a key with nothing after it."""
    line, column = value.start
    if line >= len(lines):  # never closed; the parser says so
        return False
    return not lines[line][column:].startswith("null") and ":" not in lines[line][max(column - 2, 0) : column]
