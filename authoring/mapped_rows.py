"""A CSV read through its mapping: row by row, what each says about whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from authoring.aliases import guess
from authoring.csv_files import CsvFile, Record, open_csv, unescaped
from authoring.mapping import Flag, ImportMapping, Rule, Template, check_mapping, parse_mapping
from domain.definition import FieldDef
from domain.errors import InvalidError
from domain.importing import Line, Refused, Row

LONGEST_ID = 255


def open_rows(
    path: Path,
    fields: Mapping[str, FieldDef],
    mapping: tuple[str, bytes] | None = None,
    limit: int | None = None,
    name: str | None = None,
) -> MappedRows:
    """The file through its mapping (a name for its mistakes, and its bytes), or through what the column names
    suggest. `name` is what errors call the file, if it is not its path.

    Raises CsvError for the file, FilesError for the mapping, InvalidError when the columns suggest too little.
    """
    if mapping is None:
        file = open_csv(path, name=name)
        return MappedRows(file, guess(file.header, fields), limit)
    found, document = parse_mapping(*mapping)
    file = open_csv(path, found.encoding, found.delimiter, name)
    check_mapping(found, document, file.header, fields)
    return MappedRows(file, found, limit)


def reopened(path: Path, description: Mapping[str, object]) -> MappedRows:
    """The same rows again, from the `description` that was stored. Raises CsvError."""
    written = dict(description)
    limit = written.pop("limit", None)
    mapping = ImportMapping.model_validate(written)
    file = open_csv(path, mapping.encoding, mapping.delimiter)
    return MappedRows(file, mapping, limit if isinstance(limit, int) else None)


class MappedRows:
    """Reads the file afresh each time it is asked; the same file always gives the same rows."""

    def __init__(self, file: CsvFile, mapping: ImportMapping, limit: int | None = None) -> None:
        self.file, self.mapping, self.limit = file, mapping, limit
        self._at = {name: index for index, name in reversed(list(enumerate(file.header))) if name}
        self._empty = frozenset(text.strip().casefold() for text in mapping.empty)
        self._email = Template.of(mapping.email)
        self._external = Template.of(mapping.external_id) if mapping.external_id else None
        self._fields = [(name, rule, Template.of(rule.column)) for name, rule in mapping.fields.items()]
        consent = mapping.consent.model_dump(exclude_none=True) if mapping.consent else {}
        self._consent: dict[str, str] = consent

    def rows(self, first: int = 0) -> Iterator[Row]:
        """From row number `first` on. Raises CsvError."""
        for count, record in enumerate(self.file.records()):
            if count == self.limit:
                return
            if record.number < first:
                continue
            try:
                yield self._line(record)
            except InvalidError as error:
                yield Refused(record.number, error.sentence)

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
        return {str(loc[1] if len(loc) == 3 else loc[0]): text for loc, text in self.mapping.written()}

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
        email = self._email.filled(lambda name: self._cell(cells, name))
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
            value = _ruled(rule, template.filled(lambda column: self._cell(cells, column)))
            if value:
                values[name] = _host(value) if name == "company.domain" else value
        return values

    def _external_id(self, cells: list[str]) -> tuple[str, str] | None:
        found = self._external.filled(lambda name: self._cell(cells, name)) if self._external else ""
        if len(found) > LONGEST_ID or not found.isprintable():
            raise InvalidError(f"its id is no id: one has at most {LONGEST_ID} characters, all of them visible")
        return (self.mapping.source, found) if found else None

    def _flag(self, cells: list[str], flag: Flag | None) -> bool:
        if flag is None:
            return False
        text = self._cell(cells, flag.column).casefold()
        if text and text not in {word.strip().casefold() for word in (*flag.yes, *flag.no)}:
            raise InvalidError(
                f"{flag.column} reads “{text[:40]}”, and the mapping says neither that it means yes nor no;"
                " add it to one of the two"
            )
        return text in {word.strip().casefold() for word in flag.yes}


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
