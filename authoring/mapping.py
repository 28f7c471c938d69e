"""The mapping file: which column of somebody else's export is which of our fields, and what counts as an opt-out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationError

from authoring.documents import Document, DocumentError, Loc, decode, parse
from authoring.load import FilesError
from authoring.problems import did_you_mean
from authoring.sentences import at, problems_of
from domain.definition import FieldDef, FieldName, Id
from domain.errors import InvalidError
from domain.parts import Part
from domain.values import coerce

TEMPLATE = re.compile(r"\{\{(.*?)\}\}")


def _text(raw: object) -> object:
    """`yes: [1]` means the cell that reads 1."""
    if isinstance(raw, bool):
        return str(raw).lower()
    return str(raw) if isinstance(raw, int | float) else raw


def _short(raw: object) -> object:
    return {"column": raw} if isinstance(raw, str) else raw


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


class Consent(Part):
    basis: str
    text: str | None = None


class ImportMapping(Part):
    """One export's columns. `source` is the system whose ids `external_id` holds."""

    source: Id = "import"
    encoding: str | None = None
    delimiter: Annotated[str, Field(pattern=r"^[^\"\r\n]$")] | None = None
    email: str = Field(min_length=1)
    external_id: str | None = None
    opted_out: Annotated[Flag, BeforeValidator(_short)] | None = None
    do_not_call: Annotated[Flag, BeforeValidator(_short)] | None = None
    fields: dict[FieldName, Annotated[Rule, BeforeValidator(_short)]] = {}
    constants: dict[FieldName, str | int | float | bool] = {}
    empty: list[Cell] = [""]
    consent: Consent | None = None

    def written(self) -> Iterator[tuple[Loc, str]]:
        """Every place that names columns."""
        yield ("email",), self.email
        if self.external_id:
            yield ("external_id",), self.external_id
        for name in ("opted_out", "do_not_call"):
            if flag := getattr(self, name):
                yield (name, "column"), flag.column
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


def check_mapping(
    mapping: ImportMapping, document: Document, header: Sequence[str], fields: Mapping[str, FieldDef]
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
    if problems:
        raise FilesError(problems)


def _column_problems(text: str, header: Sequence[str]) -> Iterator[str]:
    for name in Template.of(text).columns:
        if name not in header:
            yield f"There is no column {name or 'without a name'}{did_you_mean(name, filter(None, header))}"
        elif header.count(name) > 1:
            yield f"{header.count(name)} columns are called {name}; rename all but one."
