"""CSVs as people send them: whatever can be read is, and whatever cannot is said before anything is written."""

from __future__ import annotations

import codecs
import csv
import io
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authoring.csv_files import LONGEST_LINE, MOST_COLUMNS, CsvError, escaped, in_words, open_csv, unescaped

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


def written(folder: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / "leads.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def rows(path: Path) -> list[list[str]]:
    return [record.cells for record in open_csv(path).records()]


@pytest.mark.parametrize(
    ("encoding", "called"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("cp1252", "Windows-1252"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
    ],
)
def test_the_usual_encodings_are_recognized(tmp_path: Path, encoding: str, called: str) -> None:
    file = open_csv(written(tmp_path, "Email,Name\nana@site.example,Anaïs\n", encoding))
    assert [r.cells for r in file.records()] == [["ana@site.example", "Anaïs"]]
    assert file.header == ("Email", "Name")
    assert in_words(file.encoding) == called


def test_an_encoding_far_down_in_the_file_counts(tmp_path: Path) -> None:
    lines = "".join(f"lead{n}@site.example,Ana\n" for n in range(80_000))
    file = open_csv(written(tmp_path, f"Email,Name\n{lines}x@site.example,Anaïs\n", "cp1252"))
    assert in_words(file.encoding) == "Windows-1252"
    assert list(file.records())[-1].cells[1] == "Anaïs"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_usual_delimiters_are_recognized(tmp_path: Path, delimiter: str) -> None:
    text = delimiter.join(["Email", '"Name; first, last"', "Title"])
    file = open_csv(
        written(
            tmp_path,
            f"{text}\n{delimiter.join(['a@b.example', 'Ana, B; C', 'x'])}\n".replace("Ana, B; C", '"Ana, B; C"'),
        )
    )
    assert file.delimiter == delimiter
    assert [r.cells for r in file.records()] == [["a@b.example", "Ana, B; C", "x"]]


def test_one_column_needs_no_delimiter(tmp_path: Path) -> None:
    assert rows(written(tmp_path, "Email\r\na@b.example\r\n")) == [["a@b.example"]]


def test_quoted_line_ends_and_blank_rows_keep_the_rows_of_a_spreadsheet(tmp_path: Path) -> None:
    file = open_csv(written(tmp_path, 'Email,Note\n\na@b.example,"one\ntwo"\n,\nc@d.example,x\n'))
    assert [(r.number, r.cells[0]) for r in file.records()] == [(3, "a@b.example"), (5, "c@d.example")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"PK\x03\x04 and so on", "an Excel or zip file"),
        (b"%PDF-1.7\n", "a PDF"),
        (bytes(range(256)) * 20, "no text"),
        (b"\n,,,\n\n,\n", "no header"),
        (",".join(f"c{n}" for n in range(10_000)).encode(), f"10000 columns and {MOST_COLUMNS} is the most"),
        (b'Email,"Name\na@b.example,x\n', "quotes do not pair up"),
        (b'Email,Name\na@b.example,"x\n' + b"c@d.example,y\n" * 20_000, "row 2, from line 2 to"),
        (b'Email,Name\na@b.example,"x\nc@d.example,"y"\n', "row 2, from line 2 to 3"),
    ],
)
def test_what_is_wrong_with_the_whole_file_is_one_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(CsvError, match=says) as raised:
        rows(path)
    assert "\n" not in raised.value.sentence
    assert "leads.csv" in raised.value.sentence


def test_what_is_no_file_at_all(tmp_path: Path) -> None:
    with pytest.raises(CsvError, match="is a folder"):
        open_csv(tmp_path)
    with pytest.raises(CsvError, match="is no file"):
        open_csv(tmp_path / "leads.csv")


def test_an_encoding_that_was_named_is_taken_at_its_word(tmp_path: Path) -> None:
    path = written(tmp_path, "Email,Name\na@b.example,Anaïs\n", "latin-1")
    assert next(iter(open_csv(path, "latin-1").records())).cells[1] == "Anaïs"
    with pytest.raises(CsvError, match="is not UTF-8"):
        list(open_csv(path, "utf-8").records())
    for name in ("klingon", "base64"):
        with pytest.raises(CsvError, match=f"no encoding {name}"):
            open_csv(path, name)


def test_a_bad_row_is_its_own_fault(tmp_path: Path) -> None:
    giant = "x" * 10_000_000
    text = f'Email,Note\na@b.example,"5" pipe"\nc@d.example,{giant}\ne@f.example,a\0b\ng@h.example,fine\n'
    found = list(open_csv(written(tmp_path, text)).records())
    assert [(r.number, bool(r.problem)) for r in found] == [(2, True), (3, True), (4, True), (5, False)]
    assert "quotes" in (found[0].problem or "")
    assert "shorten" in (found[1].problem or "")
    assert "NUL" in (found[2].problem or "")


def test_a_line_without_end_is_not_read_into_memory(tmp_path: Path) -> None:
    with pytest.raises(CsvError, match="no end within"):
        rows(written(tmp_path, b"Email\n" + b"x" * (LONGEST_LINE + 10)))


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=6), st.sampled_from(["utf-8-sig", "utf-16"]))
def test_what_a_writer_wrote_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]], encoding: str
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([["Email", "Note"], *table])
    path = written(tmp_path_factory.mktemp("csv"), out.getvalue(), encoding)
    control = sum(c < " " for c in out.getvalue())
    if control * 200 < len(out.getvalue()):
        assert rows(path) == [row for row in table if any(cell.strip() for cell in row)]


@given(st.binary(max_size=400))
def test_any_bytes_end_in_rows_or_in_a_sentence(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = written(tmp_path_factory.mktemp("csv"), content)
    with suppress(CsvError):
        for record in open_csv(path).records():
            assert record.problem or any(cell.strip() for cell in record.cells)


@given(st.text(max_size=5))
def test_an_escaped_cell_is_no_formula_and_comes_back(cell: str) -> None:
    assert escaped(cell)[:1] not in tuple("=+-@\t\r")
    assert unescaped(escaped(cell)) == cell or cell.startswith(("'", "\r"))


def test_marks_of_utf16_alone_are_empty(tmp_path: Path) -> None:
    with pytest.raises(CsvError):
        open_csv(written(tmp_path, codecs.BOM_UTF16_LE))


def test_two_encodings_in_one_file_are_both_read(tmp_path: Path) -> None:
    content = "Email,Name\na@b.example,Zoë\n".encode() + "c@d.example,Müller – Söhne\n".encode("cp1252")
    file = open_csv(written(tmp_path, content))
    assert [record.cells[1] for record in file.records()] == ["Zoë", "Müller – Söhne"]
    assert file.read_as == "UTF-8 with Windows-1252 in places, cut at commas"


def test_windows_letters_alone_are_not_taken_for_a_mixture(tmp_path: Path) -> None:
    file = open_csv(written(tmp_path, "Email,Name\na@b.example,Müller, Ångström\n".encode("cp1252")))
    assert file.encoding == "cp1252"


def test_a_person_in_the_first_row_is_no_header(tmp_path: Path) -> None:
    with pytest.raises(CsvError, match=r"no header: ana@acme\.example stands in its first row"):
        open_csv(written(tmp_path, b"ana@acme.example,Ana\nbob@acme.example,Bob\n"))
