"""A CSV read through its mapping: row by row, what each says about whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from itertools import islice
from pathlib import Path

from authoring.aliases import completed, guess
from authoring.csv_files import CsvFile, Record, open_csv, unescaped
from authoring.documents import Loc
from authoring.mapping import (
    Flag,
    Happening,
    ImportMapping,
    Names,
    Rule,
    Template,
    check_mapping,
    parse_mapping,
)
from authoring.numbers import Decimal, Signs, plain
from domain.definition import FieldDef
from domain.errors import InvalidError
from domain.importing import Before, Line, Received, Refused, Row
from domain.values import instant

LONGEST_ID = 255
MOST_TIMES = 1000
"""Above it a cell holds something else than how often a person did something."""
YES, NO = frozenset({"yes", "true", "1", "y", "x"}), frozenset({"no", "false", "0", "n"})


def open_rows(
    path: Path,
    fields: Mapping[str, FieldDef],
    mapping: tuple[str, bytes] | None = None,
    limit: int | None = None,
    name: str | None = None,
    names: Names | None = None,
) -> MappedRows:
    """The file through its mapping (a name for its mistakes, and its bytes), or through what the column names
    suggest. `name` is what errors call the file, if it is not its path; `names` is what else a mapping may speak of.

    Raises CsvError for the file, FilesError for the mapping, InvalidError when the columns suggest too little.
    """
    if mapping is None:
        file = open_csv(path, name=name)
        return MappedRows(file, guess(file.header, fields), fields, limit)
    found, document = parse_mapping(*mapping)
    file = open_csv(path, found.encoding, found.delimiter, name)
    check_mapping(found, document, file.header, fields, names)
    if found.recognise:
        found = completed(found, file.header, fields)
    return MappedRows(file, found, fields, limit)


def reopened(path: Path, description: Mapping[str, object], fields: Mapping[str, FieldDef]) -> MappedRows:
    """The same rows again, from the `description` that was stored. Raises CsvError."""
    written = dict(description)
    limit = written.pop("limit", None)
    mapping = ImportMapping.model_validate(written)
    file = open_csv(path, mapping.encoding, mapping.delimiter)
    return MappedRows(file, mapping, fields, limit if isinstance(limit, int) else None)


class MappedRows:
    """Reads the file afresh each time it is asked; the same file always gives the same rows."""

    def __init__(
        self, file: CsvFile, mapping: ImportMapping, fields: Mapping[str, FieldDef], limit: int | None = None
    ) -> None:
        self.file, self.mapping, self.limit = file, mapping, limit
        self._at = {name: index for index, name in reversed(list(enumerate(file.header))) if name}
        flags = (mapping.opted_out, mapping.do_not_call, mapping.bounced)
        self._words = {flag.column: _words(flag) for flag in flags if flag}
        self._owners = {
            text.strip().casefold(): who for text, who in (mapping.owner.values if mapping.owner else {}).items()
        }
        self._empty = frozenset(text.strip().casefold() for text in mapping.empty)
        self._email = Template.of(mapping.email)
        self._external = Template.of(mapping.external_id) if mapping.external_id else None
        self._fields = [(name, rule, Template.of(rule.column)) for name, rule in mapping.fields.items()]
        declared = {name: fields[name].type for name in mapping.fields if name in fields}
        self._numbers = {name for name, kind in declared.items() if kind == "number"}
        consent = mapping.consent.model_dump(exclude_none=True) if mapping.consent else {}
        self._consent: dict[str, str] = consent

    def rows(self, first: int = 0) -> Iterator[Row]:
        """From row number `first` on. Raises CsvError."""
        return (self._row(record) for record in self._records() if record.number >= first)

    def rows_with_cells(self) -> Iterator[tuple[Row, dict[str, str]]]:
        """The same, with all cells as they stand, by column; for what is in the file and no business of a lead's."""
        for record in self._records():
            yield self._row(record), dict(zip(self.file.header, record.cells, strict=False))

    def _records(self) -> Iterator[Record]:
        return islice(self.file.records(), self.limit)

    def _row(self, record: Record) -> Row:
        try:
            return self._line(record)
        except InvalidError as error:
            return Refused(record.number, error.sentence)

    @property
    def unmapped(self) -> list[str]:
        """Columns that nothing reads."""
        read = {name for _, text in self.mapping.written() for name in Template.of(text).columns}
        return [name for name in self.file.header if name and name not in read]

    @property
    def description(self) -> dict[str, object]:
        """All that decides what the file's rows become, as JSON: with the file's hash, what an import is known by."""
        return {"limit": self.limit, **self.mapping.model_dump(mode="json", exclude_unset=True)}

    @property
    def mapped(self) -> dict[str, str]:
        """What is read -> the column or template it is read from."""
        return {_name(loc): text for loc, text in self.mapping.written()}

    @property
    def decimal(self) -> Decimal | None:
        """The sign before a fraction, where the mapping or the file says it. Raises CsvError."""
        return self.mapping.decimal or self.signs.of()

    def _line(self, record: Record) -> Line:
        cells, width = record.cells, len(self.file.header)
        if record.problem:
            raise InvalidError(record.problem)
        if any(map(str.strip, cells[width:])):
            raise InvalidError(
                f"it has {len(cells)} cells and the header {width}; put quotes around a cell that holds the delimiter"
            )
        if len(cells) > 1 and tuple(map(str.strip, cells[:width])) == self.file.header:
            raise InvalidError("it is the header once more; delete it")
        email = self._filled(self._email, cells)
        if not email:
            raise InvalidError(f"there is no address: {' or '.join(self._email.columns)} is empty")
        return Line(
            record.number,
            email,
            self._values(cells),
            self._external_id(cells),
            self._flag(cells, self.mapping.opted_out),
            self._flag(cells, self.mapping.do_not_call),
            self._consent,
            self._flag(cells, self.mapping.bounced),
            self._events(cells),
            self._received(cells),
            self._owner(cells),
        )

    def _cell(self, cells: list[str], name: str) -> str:
        """Spreadsheets leave out empty cells at a row's end; one that somebody needs is still missed."""
        index = self._at[name]
        if index >= len(cells):
            raise InvalidError(f"it ends before the column {name}; is a line break missing its quotes?")
        text = unescaped(cells[index].strip())
        return "" if text.casefold() in self._empty else text

    def _values(self, cells: list[str]) -> dict[str, object]:
        values: dict[str, object] = dict(self.mapping.constants)
        for name, rule, template in self._fields:
            written = self._filled(template, cells)
            value = _ruled(rule, written)
            if value and value == written and name in self._numbers:
                values[name] = self._plain(rule.column, value)
            elif value:
                values[name] = _host(value) if name == "company.domain" else value
        return values

    def _filled(self, template: Template, cells: list[str]) -> str:
        return template.filled(lambda name: self._cell(cells, name))

    def _plain(self, column: str, text: str) -> str:
        if text.isdigit():
            return text  # most are, and need no look at the whole file
        try:
            return plain(text, self.mapping.decimal or self.signs.of(column))
        except InvalidError as error:
            raise InvalidError(f"{column}: {error.sentence}") from None

    @cached_property
    def signs(self) -> Signs:
        """Of the whole file, whatever part of it is read; only called for where a number stands. Raises CsvError."""
        found, counting = Signs(), [event.times for event in self.mapping.events.values() if event.times]
        columns = {*counting, *(rule.column for name, rule, _ in self._fields if name in self._numbers)}
        templates = [(column, Template.of(column)) for column in sorted(columns)]
        for record in self.file.records() if templates else ():
            for column, template in templates:
                with suppress(InvalidError):  # a row cut short; it is refused when its turn comes
                    found.see(column, self._filled(template, record.cells))
        return found

    def _external_id(self, cells: list[str]) -> tuple[str, str] | None:
        found = self._filled(self._external, cells) if self._external else ""
        if len(found) > LONGEST_ID or not found.isprintable():
            raise InvalidError(f"its id is no id: one has at most {LONGEST_ID} characters, all of them visible")
        return (self.mapping.source, found) if found else None

    def _flag(self, cells: list[str], flag: Flag | None) -> bool:
        if flag is None:
            return False
        text = self._cell(cells, flag.column).casefold()
        yes, no = self._words[flag.column]
        if text and text not in yes and text not in no:
            raise InvalidError(
                f"{flag.column} reads “{text[:40]}”, and the mapping says neither that it means yes nor no;"
                " add it to one of the two"
            )
        return text in yes

    def _events(self, cells: list[str]) -> tuple[Before, ...]:
        found = []
        for name, event in self.mapping.events.items():
            day = self._cell(cells, event.at) if event.at else ""
            times = self._times(cells, event) if event.times else int(bool(day))
            if times:
                found.append(Before(name, self._instant(event.at or "", day) if day else None, times))
        return tuple(found)

    def _times(self, cells: list[str], event: Happening) -> int:
        """How often, whole times only."""
        text = self._plain(event.times or "", self._cell(cells, event.times or ""))
        try:
            times = float(text or 0) / event.per
            if not 0 <= times <= MOST_TIMES:
                raise ValueError
        except ValueError:
            raise InvalidError(f"{event.times} reads “{text[:40]}”; write how often, from 0 to {MOST_TIMES}") from None
        return int(times)

    def _received(self, cells: list[str]) -> tuple[Received, ...]:
        """A day, or yes and no where nobody noted the day."""
        found = []
        for what, column in self.mapping.received.items():
            text = self._cell(cells, column)
            if text.casefold() in YES:
                found.append(Received(what))
            elif text and text.casefold() not in NO:
                found.append(Received(what, self._instant(column, text)))
        return tuple(found)

    def _owner(self, cells: list[str]) -> str | None:
        if self.mapping.owner is None:
            return None
        text = self._cell(cells, self.mapping.owner.column)
        return self._owners.get(text.casefold(), text) or None

    def _instant(self, column: str, text: str) -> datetime:
        try:
            return instant(text, self.mapping.dates)
        except ValueError:
            wanted = self.mapping.dates or "2027-03-31 or 2027-03-31 14:30"
            raise InvalidError(
                f"{column} reads “{text[:40]}”, which is no date written as {wanted}; say in the mapping how dates are"
                ' written, as in dates: "%m/%d/%Y"'
            ) from None


def _name(loc: Loc) -> str:
    """A field by its own name, everything else by where it stands in the mapping."""
    if loc[0] == "fields":
        return str(loc[1])
    return ".".join(str(step) for step in loc if step != "column")


def _words(flag: Flag) -> tuple[frozenset[str], frozenset[str]]:
    yes, no = (frozenset(word.strip().casefold() for word in words) for words in (flag.yes, flag.no))
    return yes, no


def _ruled(rule: Rule, text: str) -> str | None:
    by_default = rule.default if "default" in rule.model_fields_set else text
    if not text:
        return by_default
    if not rule.values:
        return text
    values = {written.strip().casefold(): value for written, value in rule.values.items()}
    return values.get(text.casefold(), by_default)


def _host(text: str) -> str:
    """`https://www.acme.example/de` is how CRMs keep the domain of a company."""
    return text.partition("://")[2].partition("/")[0] if "://" in text else text.partition("/")[0]
