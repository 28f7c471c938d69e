"""Reading a CSV as people export it: any of the usual encodings and delimiters, row by row, never whole in memory.

What is wrong with the file as a whole is a CsvError before anybody has acted on it, as long as it is read once to
its end first; what is wrong with one row is that row's `problem`, and the rows after it are read.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from domain.errors import InvalidError

DELIMITERS = ",;\t"
MOST_COLUMNS = 1000
LONGEST_LINE = 16_000_000
"""Characters read at most before a line end is missed: what bounds the memory."""
CHUNK = 1 << 20
HEAD = 1 << 16
BOMS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
MAGIC = {
    b"PK\x03\x04": "an Excel or zip file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a compressed file",
}
CONTROL = bytes(sorted(set(range(32)) - set(b"\t\n\v\f\r")))
MOST_CONTROL = 0.01
"""Share of control characters above which nobody wrote this as text."""
SAVE_AS = "save it as CSV UTF-8 and import that"
MIXED = "nurture-mixed"
"""The name of what decodes a file that is UTF-8 in parts and Windows-1252 in others."""
UTF8_LETTER = re.compile(rb"[\xc3-\xdf][\x80-\xbf](?![\x80-\xbf])|[\xe0-\xef][\x80-\xbf]{2}(?![\x80-\xbf])")
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
ESCAPED = re.compile(r"'[=+\-@\t]")


class CsvError(InvalidError):
    """The file as a whole cannot be read."""

    type = "csv"


@dataclass(frozen=True)
class Record:
    """One row; number 1 is the first record of the file, blank ones counted. With a `problem`, cells mean nothing."""

    number: int
    cells: list[str]
    problem: str | None = None


@dataclass(frozen=True)
class Source:
    """Where the rows come from: `name` is what errors call it, `encoding` a Python codec, `errors` what it does with
    bytes that are none of its own."""

    path: Path
    name: str
    encoding: str
    errors: str = "strict"


@dataclass(frozen=True)
class CsvFile:
    """A file that begins like a CSV; `sha256` is of its bytes."""

    source: Source
    delimiter: str
    header: tuple[str, ...]
    header_number: int
    sha256: str

    @property
    def encoding(self) -> str:
        return self.source.encoding

    @property
    def read_as(self) -> str:
        """Encoding and delimiter, in words."""
        mark = {"\t": "tabs", ",": "commas", ";": "semicolons"}.get(self.delimiter, self.delimiter)
        mixed = " with Windows-1252 in places" if self.source.errors != "strict" else ""
        return f"{in_words(self.encoding)}{mixed}, cut at {mark}"

    def records(self) -> Iterator[Record]:
        """The rows below the header that are not blank. Raises CsvError at what no row alone can be blamed for."""
        for record in _records(self.source, self.delimiter):
            if record.number > self.header_number and (record.problem or any(map(str.strip, record.cells))):
                yield record


def open_csv(path: Path, encoding: str | None = None, delimiter: str | None = None, name: str | None = None) -> CsvFile:
    """Look at the whole file once for its encoding and hash, and read its header. Raises CsvError."""
    called = name or str(path)
    try:
        if not path.is_file():
            what = "is a folder; name the CSV file in it" if path.is_dir() else "is no file; check the path"
            raise CsvError(f"{called} {what}")
        sha256, found = _scan(path, called)
        if encoding:
            source = Source(path, called, _codec(encoding))
        elif found == MIXED:
            codecs.register_error(MIXED, _as_windows)
            source = Source(path, called, "utf-8-sig", MIXED)
        else:
            source = Source(path, called, found)
        mark = delimiter or _delimiter(source)
        number, header = _header(source, mark)
    except OSError as error:
        raise CsvError(f"{called} cannot be read: {error.strerror}") from None
    return CsvFile(source, mark, header, number, sha256)


def unescaped(cell: str) -> str:
    """Without the apostrophe that keeps spreadsheets from computing a cell; what `escaped` wrote comes back."""
    return cell[1:] if ESCAPED.match(cell) else cell


def escaped(cell: str) -> str:
    """Safe to open in a spreadsheet: what begins like a formula stays text."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _scan(path: Path, name: str) -> tuple[str, str]:
    """SHA-256 and encoding. UTF-8 when every byte of it is, as hardly any other encoding's text happens to be; two
    files pasted together are mixed."""
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    is_utf8, has_utf8, head = True, False, b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            head = head or chunk[:HEAD]
            digest.update(chunk)
            try:
                is_utf8 = is_utf8 and decoder.decode(chunk) is not None
            except UnicodeDecodeError:
                is_utf8 = False
            has_utf8 = has_utf8 or bool(UTF8_LETTER.search(chunk))
    if not head.strip():
        raise CsvError(f"{name} is empty; export it again")
    if wide := _wide(head):
        return digest.hexdigest(), wide
    kind = next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), None)
    control = len(head) - len(head.translate(None, CONTROL))
    if kind or control > MOST_CONTROL * len(head):
        raise CsvError(f"{name} is {kind or 'no text'}, not a CSV; open it in a spreadsheet and {SAVE_AS}")
    return digest.hexdigest(), "utf-8-sig" if is_utf8 else MIXED if has_utf8 else "cp1252"


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """What is no UTF-8 amid UTF-8 came from a Windows program."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


def _wide(head: bytes) -> str | None:
    """UTF-16 by its mark, or by every other byte being zero, as in most of the world's column names."""
    if head[:2] in BOMS:
        return BOMS[head[:2]]
    even, odd = head[0:400:2].count(0), head[1:400:2].count(0)
    half = max(len(head[:400]) // 2, 1)
    if odd > 0.7 * half and not even:
        return "utf-16-le"
    return "utf-16-be" if even > 0.7 * half and not odd else None


def _codec(name: str) -> str:
    try:
        found = codecs.lookup(name).name
        "a".encode(found)
    except LookupError:
        raise CsvError(f"there is no encoding {name[:40]}; write utf-8, utf-16 or cp1252") from None
    return "utf-8-sig" if found == "utf-8" else found


def _delimiter(source: Source) -> str:
    """Whichever cuts the first rows into most columns. (csv.Sniffer counts letters, and errs on prose.)"""

    def columns(mark: str) -> int:
        records = islice(_records(source, mark), 20)
        return next((len(r.cells) for r in records if _has_words(r.cells)), 0)

    return max(DELIMITERS, key=columns)


def _header(source: Source, delimiter: str) -> tuple[int, tuple[str, ...]]:
    for record in _records(source, delimiter):
        if record.problem:
            raise CsvError(f"{source.name}: the header in row {record.number} cannot be read: {record.problem}")
        header = tuple(cell.strip() for cell in record.cells)
        if len(header) > MOST_COLUMNS:
            raise CsvError(
                f"{source.name} has {len(header)} columns and {MOST_COLUMNS} is the most; export only those you map"
            )
        if found := next(filter(ADDRESS.fullmatch, header), None):
            raise CsvError(f"{source.name} has no header: {found[:60]} stands in its first row; name the columns there")
        if _has_words(header):
            return record.number, header
    raise CsvError(f"{source.name} has no header; its first row must name the columns")


def _has_words(cells: Iterable[str]) -> bool:
    return any(character.isalnum() for cell in cells for character in cell)


def _records(source: Source, delimiter: str) -> Iterator[Record]:
    """Strict about quotes: a lenient reader would swallow the rest of the file into one cell and say nothing."""
    with source.path.open(encoding=source.encoding, errors=source.errors, newline="") as file:
        reader = csv.reader(_lines(source.name, file), delimiter=delimiter, strict=True)
        number = 0
        while True:
            number, first = number + 1, reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Record(number, [], _blamed(source.name, number, first, reader.line_num, error))
                continue
            except UnicodeError:
                raise CsvError(
                    f"{source.name} is not {in_words(source.encoding)} after row {number - 1}; name its encoding in the"
                    f" mapping, or {SAVE_AS}"
                ) from None
            is_broken = any("\0" in cell for cell in cells)
            yield Record(number, cells, "a cell holds a NUL character; delete it" if is_broken else None)


def _blamed(name: str, number: int, first: int, last: int, error: csv.Error) -> str:
    """The row's own fault, if it stands in one line; else nobody can tell which rows it has swallowed."""
    if "field limit" in str(error):
        what = f"a cell has more than {csv.field_size_limit()} characters; shorten it"
    else:
        what = 'its quotes do not pair up; close them, and double a quote inside a cell ("")'
    if first < last:
        raise CsvError(f"{name}, row {number}, from line {first} to {last}: {what}")
    return what


def _lines(name: str, file: TextIO) -> Iterator[str]:
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
            raise CsvError(f"{name}: line {number} has no end within {LONGEST_LINE} characters; is this a CSV?")
        yield line


def in_words(encoding: str) -> str:
    """As people call it."""
    names = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252"}
    return names.get(encoding, "UTF-16" if encoding.startswith("utf-16") else encoding)
