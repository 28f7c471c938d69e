"""The mapping file: which column of somebody else's export is which of our fields, and what counts as an opt-out."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from authoring.documents import Document, DocumentError, Loc, decode, parse
from authoring.load import FilesError
from authoring.numbers import Decimal
from authoring.problems import Problem, did_you_mean
from authoring.sentences import at, problems_of
from domain.definition import FieldDef, FieldName, Id, Name
from domain.errors import InvalidError
from domain.parts import Part
from domain.release import Release
from domain.values import coerce, instant

EXAMPLE_DAY = date(2027, 3, 31)
TEMPLATE = re.compile(r"\{\{(.*?)\}\}")


def _text(raw: object) -> object:
    """`yes: [1]` means the cell that reads 1."""
    if isinstance(raw, bool):
        return str(raw).lower()
    return str(raw) if isinstance(raw, int | float) else raw


def _short(raw: object) -> object:
    return {"column": raw} if isinstance(raw, str) else raw


def _dated(raw: object) -> object:
    return {"at": raw} if isinstance(raw, str) else raw


def _pattern(raw: object) -> object:
    """Shown to be one by writing a date with it and reading it again."""
    if isinstance(raw, str) and instant(EXAMPLE_DAY.strftime(raw), raw).date() != EXAMPLE_DAY:
        raise ValueError('is no way to write dates; write for example "%m/%d/%Y" or "%d.%m.%Y %H:%M"')
    return raw


Cell = Annotated[str, BeforeValidator(_text)]


class Rule(Part):
    """Where a field's value stands; a column's name, or a template of them such as `{{ First }} {{ Last }}`.

    `values` replaces what a cell reads, whatever its case; `default`, once written, stands for every cell that is
    empty or not listed - written as `null`, such a cell says nothing.
    """

    column: str = Field(min_length=1)
    values: dict[str, Cell | None] = {}
    default: Cell | None = None


class Flag(Part):
    """A column of yes and no. A cell that is in neither list refuses its row: an opt-out is never guessed."""

    column: str = Field(min_length=1)
    yes: list[Cell] = ["yes", "true", "1", "y", "x"]
    no: list[Cell] = ["no", "false", "0", "n"]


class Happening(Part):
    """What leads did before they came here. `times`: a column that counts, `per` of it being one (60 for minutes in
    a column of seconds). `at`: a column of dates; without `times`, once on each day that stands there."""

    times: str | None = Field(default=None, min_length=1)
    per: float = Field(default=1, gt=0)
    at: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _says_something(self) -> Happening:
        if not (self.times or self.at):
            raise ValueError("say which column holds the date (at) or the number (times)")
        return self


class Owner(Part):
    """Who has the lead already. `values` turns what a cell reads into an id of people.yaml."""

    column: str = Field(min_length=1)
    values: dict[str, Id | None] = {}


class Consent(Part):
    basis: str
    text: str | None = None


class ImportMapping(Part):
    """One export's columns. `source` is the system whose ids `external_id` holds.

    With `recognise`, columns of well-known names are read as well: the file then only adds to them, `ignore` takes
    some away. `received` is touch or asset -> a column of dates, or of yes and no; `dates` is how dates are written,
    if not as 2027-03-31 (for example "%m/%d/%Y"); `decimal` is the sign before the fraction of a number, needed only
    where the file's numbers do not tell.
    """

    source: Id = "import"
    encoding: str | None = None
    delimiter: Annotated[str, Field(pattern=r"^[^\"\r\n]$")] | None = None
    recognise: bool = False
    ignore: list[str] = []
    email: str = ""
    external_id: str | None = None
    opted_out: Annotated[Flag, BeforeValidator(_short)] | None = None
    do_not_call: Annotated[Flag, BeforeValidator(_short)] | None = None
    fields: dict[FieldName, Annotated[Rule, BeforeValidator(_short)]] = {}
    constants: dict[FieldName, str | int | float | bool] = {}
    bounced: Annotated[Flag, BeforeValidator(_short)] | None = None
    events: dict[Name, Annotated[Happening, BeforeValidator(_dated)]] = {}
    received: dict[Id, str] = {}
    owner: Annotated[Owner, BeforeValidator(_short)] | None = None
    dates: Annotated[str, BeforeValidator(_pattern)] | None = None
    decimal: Decimal | None = None
    empty: list[Cell] = [""]
    consent: Consent | None = None

    @model_validator(mode="after")
    def _finds_people(self) -> ImportMapping:
        if not (self.email or self.recognise):
            raise ValueError("the setting email is missing; write which column holds the address")
        return self

    def written(self) -> Iterator[tuple[Loc, str]]:
        """Every place that names columns."""
        if self.email:
            yield ("email",), self.email
        if self.external_id:
            yield ("external_id",), self.external_id
        for name in ("opted_out", "do_not_call", "bounced", "owner"):
            if found := getattr(self, name):
                yield (name, "column"), found.column
        for event, happening in self.events.items():
            for name in ("times", "at"):
                if column := getattr(happening, name):
                    yield ("events", event, name), column
        for what, column in self.received.items():
            yield ("received", what), column
        for field, rule in self.fields.items():
            yield ("fields", field, "column"), rule.column


@dataclass(frozen=True)
class Template:
    """Texts and column names in turn: text, column, text, column, ... text. Names are literal, nothing is computed."""

    pieces: tuple[str, ...]

    @staticmethod
    def of(written: str) -> Template:
        if "{{" not in written:
            return Template(("", written.strip(), ""))
        return Template(tuple(p.strip() if n % 2 else p for n, p in enumerate(TEMPLATE.split(written))))

    @property
    def columns(self) -> tuple[str, ...]:
        return self.pieces[1::2]

    def filled(self, cell: Callable[[str], str]) -> str:
        """Empty as soon as one of its cells is: half a value would be a wrong one."""
        cells = [cell(name) for name in self.columns]
        if not all(cells):
            return ""
        texts = self.pieces[0::2]
        return "".join(text + value for text, value in zip(texts, [*cells, ""], strict=True))


def parse_mapping(name: str, raw: bytes) -> tuple[ImportMapping, Document]:
    """The mapping, and the document to show its mistakes in. Raises FilesError."""
    try:
        document = parse(name, decode(name, raw))
    except DocumentError as error:
        raise FilesError(error.problems) from None
    try:
        return ImportMapping.model_validate(document.data), document
    except ValidationError as error:
        raise FilesError(list(problems_of(document, error, ImportMapping))) from None


@dataclass(frozen=True)
class Names:
    """What a mapping may speak of beside fields: events, touches and assets, and people who own leads."""

    events: Collection[str]
    received: Collection[str]
    owners: Collection[str]

    @staticmethod
    def of(release: Release) -> Names:
        touches = {touch for track in release.tracks.values() for touch in track.touches}
        owners = [name for name, person in release.people.items() if person.role in ("sales", "manager")]
        return Names(release.events, touches | release.assets.keys(), owners)


def check_mapping(
    mapping: ImportMapping,
    document: Document,
    header: Sequence[str],
    fields: Mapping[str, FieldDef],
    names: Names | None = None,
) -> None:
    """Every column exists once, every field is declared, every constant fits. Raises FilesError with all problems."""
    problems = [
        at(document, loc, sentence) for loc, text in mapping.written() for sentence in _column_problems(text, header)
    ]
    for group in ("fields", "constants"):
        for name in getattr(mapping, group):
            if name not in fields:
                sentence = f"There is no field {name} in lead_defs/fields.yaml{did_you_mean(name, fields)}"
                problems.append(at(document, (group, name), sentence, at_key=True))
    for name, value in mapping.constants.items():
        try:
            if name in fields:
                coerce(name, value, fields[name])
        except InvalidError as error:
            problems.append(at(document, ("constants", name), f"{error.sentence}."))
    for name in mapping.ignore:
        problems.extend(at(document, ("ignore",), sentence) for sentence in _column_problems(name, header))
    if names:
        problems.extend(_name_problems(mapping, document, names))
    if problems:
        raise FilesError(problems)


def _name_problems(mapping: ImportMapping, document: Document, names: Names) -> Iterator[Problem]:
    for name in mapping.events:
        if name not in names.events:
            sentence = f"There is no event {name} in lead_defs/events.yaml{did_you_mean(name, names.events)}"
            yield at(document, ("events", name), sentence, at_key=True)
    for name in mapping.received:
        if name not in names.received:
            sentence = f"There is no touch and no asset {name}{did_you_mean(name, names.received)}"
            yield at(document, ("received", name), sentence, at_key=True)
    for cell, who in (mapping.owner.values if mapping.owner else {}).items():
        if who is not None and who not in names.owners:
            sentence = f"Nobody in sales is called {who} in lead_defs/people.yaml{did_you_mean(who, names.owners)}"
            yield at(document, ("owner", "values", cell), sentence)


def _column_problems(text: str, header: Sequence[str]) -> Iterator[str]:
    for name in Template.of(text).columns:
        if name not in header:
            yield f"There is no column {name or 'without a name'}{did_you_mean(name, filter(None, header))}"
        elif header.count(name) > 1:
            yield f"{header.count(name)} columns are called {name}; rename all but one."
