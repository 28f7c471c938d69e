"""From columns to fields: by a mapping file, or by what exports call their columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from authoring.load import FilesError
from authoring.mapped_rows import MappedRows, open_rows, reopened
from authoring.mapping import Names
from domain.errors import InvalidError
from domain.importing import Before, Line, Received, Refused, Row
from domain.release import Release

MAPPING = """\
source: x-education
email: "{{ Id }}@leads.example"
external_id: Id
opted_out: {column: Do Not Email, yes: ["Yes"], no: ["No"]}
fields:
  lead.title: Title
  company.country: {column: Country, values: {India: IN}, default: null}
  company.name: "{{ Name }} {{ Legal form }}"
constants: {inquiry.topic: detention}
empty: [Select, ""]
consent: {basis: contract}
"""
HEADER = "Id,Do Not Email,Title,Country,Name,Legal form"
EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "x-education-mapping.yaml"


def opened(folder: Path, release: Release, text: str, mapping: str | None = MAPPING) -> MappedRows:
    path = folder / "leads.csv"
    path.write_text(text)
    return open_rows(path, release.fields, ("m.yaml", mapping.encode()) if mapping is not None else None)


def only(rows: MappedRows) -> Row:
    (row,) = rows.rows()
    return row


def test_templates_constants_values_and_what_means_nothing(tmp_path: Path, release: Release) -> None:
    row = only(opened(tmp_path, release, f"{HEADER}\nA1,No,Select,india,Acme,Inc\n"))
    assert row == Line(
        2,
        "A1@leads.example",
        {"inquiry.topic": "detention", "company.country": "IN", "company.name": "Acme Inc"},
        ("x-education", "A1"),
        consent={"basis": "contract"},
    )


def test_half_a_template_is_no_value_and_what_is_not_listed_takes_the_default(tmp_path: Path, release: Release) -> None:
    row = only(opened(tmp_path, release, f"{HEADER}\nA1,Yes,Boss,Narnia,Acme,\n"))
    assert isinstance(row, Line)
    assert row.values == {"inquiry.topic": "detention", "lead.title": "Boss"}
    assert row.has_opted_out


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (",No,Boss,India,Acme,Inc", "there is no address: Id is empty"),
        ("A1,Perhaps,Boss,India,Acme,Inc", "neither that it means yes nor no"),
        ("A1,No,Boss", "ends before the column Country"),
        ("A1,No,Boss,India,Acme,Inc,more", "7 cells and the header 6"),
        (HEADER, "the header once more"),
        ('A1,No,"Boss"s,India,Acme,Inc', "quotes"),
        (f"{'9' * 300},No,Boss,India,Acme,Inc", "its id is no id"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_alone(tmp_path: Path, release: Release, cells: str, says: str) -> None:
    rows = list(opened(tmp_path, release, f"{HEADER}\n{cells}\nB2,No,,,,\n").rows())
    assert isinstance(rows[0], Refused)
    assert says in rows[0].reason
    assert isinstance(rows[1], Line)
    assert rows[1].number == 3


def test_cells_left_out_at_the_end_are_missed_only_if_they_are_read(tmp_path: Path, release: Release) -> None:
    mapping = "email: Email\nfields: {lead.title: Title}\n"
    rows = opened(tmp_path, release, "Email,Title,Note,\na@b.example,x\nc@d.example,y,,,,\n", mapping)
    assert [type(row) for row in rows.rows()] == [Line, Line]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("lead.title: Title", "lead.titel: Title"), "m.yaml:6:3: There is no field lead.titel in"),
        (("lead.title: Title", "lead.title: Titel"), "did you mean Title?"),
        (("external_id: Id", "external_ids: Id"), "m.yaml:3:1"),
        (("topic: detention", "topic: weather"), "it can be detention"),
        (("@leads.example", "{{ Nope }}"), "There is no column Nope"),
        (("column: Do Not Email", "column: Country"), ""),
        ((MAPPING, ""), "m.yaml:1:1"),
        ((MAPPING, "- a\n- b\n"), "m.yaml:1:1"),
        ((MAPPING, "email: *x\n"), "points elsewhere"),
    ],
)
def test_a_mistake_in_the_mapping_is_shown_where_it_stands(
    tmp_path: Path, release: Release, change: tuple[str, str], says: str
) -> None:
    mapping = MAPPING.replace(*change)
    if not says:
        assert opened(tmp_path, release, f"{HEADER}\n", mapping).unmapped == ["Do Not Email"]
        return
    with pytest.raises(FilesError) as raised:
        opened(tmp_path, release, f"{HEADER}\n", mapping)
    problem = raised.value.problems[0]
    assert says in f"m.yaml:{problem.line}:{problem.column}: {problem.sentence}"


def test_a_column_that_is_there_twice_is_named(tmp_path: Path, release: Release) -> None:
    with pytest.raises(FilesError, match="2 columns are called Title"):
        opened(tmp_path, release, f"{HEADER},Title\n")


def test_a_hubspot_export_needs_no_mapping(tmp_path: Path, release: Release) -> None:
    text = (
        "Record ID,First Name,Last Name,Email,Phone Number,Job Title,Company name,Website URL,Country/Region,"
        "Unsubscribed from all email,Lifecycle Stage\n"
        "501,Ana,Ruiz,ana@acme.example,'+1 555 0100,COO,Acme,https://www.acme.example/us,US,true,Lead\n"
    )
    rows = opened(tmp_path, release, text, None)
    row = only(rows)
    assert isinstance(row, Line)
    assert (row.email, row.external, row.has_opted_out) == ("ana@acme.example", ("hubspot", "501"), True)
    assert row.values["lead.phone"] == "+1 555 0100"
    assert row.values["company.domain"] == "www.acme.example"
    assert rows.unmapped == ["Lifecycle Stage"]


def test_a_salesforce_export_and_our_own_names_need_none_either(tmp_path: Path, release: Release) -> None:
    text = (
        "Id,FirstName,LastName,Email,HasOptedOutOfEmail,DoNotCall,LeadSource,dock_doors,fact.pain\n"
        "00Q1,Ana,Ruiz,ana@acme.example,0,1,Web,14,detention\n"
    )
    row = only(opened(tmp_path, release, text, None))
    assert isinstance(row, Line)
    assert row.external == ("salesforce", "00Q1")
    assert (row.has_opted_out, row.is_do_not_call) == (False, True)
    assert row.values["company.dock_doors"] == "14"
    assert row.values["fact.pain"] == "detention"


@pytest.mark.parametrize("header", ["Name,Phone", "Email,E-mail", "Email,Opted out,Do not email"])
def test_nothing_important_is_guessed(tmp_path: Path, release: Release, header: str) -> None:
    with pytest.raises(InvalidError, match="mapping"):
        opened(tmp_path, release, f"{header}\n", None)


def test_a_stored_description_reads_the_same_rows(tmp_path: Path, release: Release) -> None:
    rows = opened(tmp_path, release, f"{HEADER}\nA1,No,Select,France,Acme,Inc\nB2,Yes,Boss,India,,\n")
    assert list(reopened(tmp_path / "leads.csv", rows.description, release.fields).rows()) == list(rows.rows())


def test_the_example_mapping_fits_the_shipped_fields(tmp_path: Path, release: Release) -> None:
    header = (
        "Prospect ID,Lead Number,Lead Source,Do Not Email,Do Not Call,Country,Specialization,"
        "What is your current occupation"
    )
    text = f"{header}\nabc,7,Web,No,Yes,India,Supply Chain Management,Select\n"
    row = only(opened(tmp_path, release, text, EXAMPLE.read_text()))
    assert isinstance(row, Line)
    assert row.email == "abc@leads.example"
    assert row.values["company.domain"] == "abc.example"
    assert row.values["company.country"] == "IN"
    assert row.values["company.industry"] == "3pl"
    assert "lead.title" not in row.values
    assert row.is_do_not_call


ADDING = """\
recognise: true
ignore: [Title]
dates: "%d.%m.%Y"
fields: {company.dock_doors: Tore}
events:
  pricing_view: {times: Visits, at: Last visit}
  demo_request: Demo
received: {cost-of-waiting: Mail 1, dock-calculator: Calculator}
owner: {column: Owner, values: {Rosa Diaz: rosa, "": null}}
"""
ADDED = "First Name,Email,Email Opt Out,Title,Tore,Visits,Last visit,Demo,Mail 1,Calculator,Owner"


def test_a_mapping_may_only_add_to_what_is_recognised(tmp_path: Path, release: Release) -> None:
    text = f"{ADDED}\nAna,ana@acme.example,1,COO,14,3,24.12.2026,,01.12.2026,yes,rosa diaz\n"
    rows = opened(tmp_path, release, text, ADDING)
    row = only(rows)
    assert isinstance(row, Line)
    assert (row.email, row.has_opted_out, row.owner) == ("ana@acme.example", True, "rosa")
    assert row.values == {"lead.first_name": "Ana", "company.dock_doors": "14"}
    assert row.events == (Before("pricing_view", datetime(2026, 12, 24, tzinfo=UTC), 3),)
    assert row.received == (Received("cost-of-waiting", datetime(2026, 12, 1, tzinfo=UTC)), Received("dock-calculator"))
    assert rows.unmapped == ["Title"]
    assert only(reopened(tmp_path / "leads.csv", rows.description, release.fields)) == row


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ("Ana,a@b.example,1,COO,14,many,,,,,", "Visits reads “many”; write how often, from 0 to 1000"),
        ("Ana,a@b.example,1,COO,14,nan,,,,,", "write how often"),
        ("Ana,a@b.example,1,COO,14,1,2026-12-24,,,,", "no date written as %d.%m.%Y"),
        ("Ana,a@b.example,1,COO,14,1,,,31.02.2026,,", "Mail 1 reads “31.02.2026”"),
    ],
)
def test_a_past_that_cannot_be_read_refuses_its_row(tmp_path: Path, release: Release, cells: str, says: str) -> None:
    row = only(opened(tmp_path, release, f"{ADDED}\n{cells}\n", ADDING))
    assert isinstance(row, Refused)
    assert says in row.reason


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ("email: Email\nevents: {pricing_veiw: Demo}\n", "did you mean pricing_view?"),
        ("email: Email\nreceived: {cost-of-waitin: Demo}\n", "did you mean cost-of-waiting?"),
        ("email: Email\nowner: {column: Owner, values: {Rosa: rosy}}\n", "did you mean rosa?"),
        ("email: Email\nowner: {column: Owner, values: {Ines: ines}}\n", "Nobody in sales is called ines"),
        ("email: Email\nevents: {demo_request: {per: 2}}\n", "Say which column holds the date (at)"),
        ("email: Email\ndates: tomorrow\n", "Is no way to write dates"),
        ("email: Email\ndates: 7\n", "7"),
        ("fields: {lead.title: Title}\n", "The setting email is missing"),
        ("recognise: true\nignore: [Titel]\n", "did you mean Title?"),
    ],
)
def test_a_mistake_in_the_past_is_shown_where_it_stands(
    tmp_path: Path, release: Release, mapping: str, says: str
) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(f"{ADDED}\n")
    with pytest.raises(FilesError) as raised:
        open_rows(path, release.fields, ("m.yaml", mapping.encode()), names=Names.of(release))
    assert says in raised.value.problems[0].sentence


def test_internal_names_of_hubspot_and_a_contact_of_salesforce_are_known(tmp_path: Path, release: Release) -> None:
    hubspot = "hs_object_id,email,firstname,jobtitle,hs_email_optout,hs_email_bad_address"
    row = only(opened(tmp_path, release, f"{hubspot}\n9,a@b.example,Ana,COO,true,false\n", None))
    assert isinstance(row, Line)
    assert (row.external, row.has_opted_out, row.has_bounced) == (("hubspot", "9"), True, False)
    text = "Contact ID,First Name,Account Name,Mailing Country,Email,Email Opt Out,Do Not Call,IsEmailBounced\n"
    row = only(opened(tmp_path, release, f"{text}003,Ana,Acme,US,a@b.example,0,1,true\n", None))
    assert isinstance(row, Line)
    assert (row.external, row.is_do_not_call, row.has_bounced) == (("salesforce", "003"), True, True)
    assert (row.values["company.name"], row.values["lead.country"]) == ("Acme", "US")


def test_columns_called_as_our_pages_call_a_field_need_no_mapping(tmp_path: Path, release: Release) -> None:
    row = only(opened(tmp_path, release, "Ticket,Email,Asked about\n-,a@b.example,detention\n", None))
    assert isinstance(row, Line)
    assert row.values == {"inquiry.topic": "detention"}


def test_without_a_column_of_addresses_it_names_the_columns_there_are(tmp_path: Path, release: Release) -> None:
    with pytest.raises(InvalidError, match="no column is called Email among E-Mail-Adresse, Land;"):
        opened(tmp_path, release, "E-Mail-Adresse,Land\na@b.example,DE\n", None)


NUMBERS = "email: Email\nfields: {company.dock_doors: Doors, fact.decide_within_months: Months}\n"


def doors(
    folder: Path, release: Release, cells: Sequence[str], mapping: str = NUMBERS, months: str = ""
) -> list[object]:
    """What each cell becomes, or why its row is refused."""
    text = "".join(f'a{n}@b.example,"{cell}","{months}"\n' for n, cell in enumerate(cells))
    rows = opened(folder, release, f"Email,Doors,Months\n{text}", mapping).rows()
    return [row.values.get("company.dock_doors") if isinstance(row, Line) else row.reason for row in rows]


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (["1.200", "12,5"], ["1200", "12.5"]),
        (["1.200", "1.200.000"], ["1200", "1200000"]),
        (["1.200", "12.5"], ["1.200", "12.5"]),
        (["1,200", "0.125"], ["1200", "0.125"]),
        (["1,200.5", "1.200"], ["1200.5", "1.200"]),
        (["1 200", "1'200,5", "-1.200", "1\u202f200"], ["1200", "1200.5", "-1200", "1200"]),
        (["many", "1.20.0", "", "14"], ["many", "1.20.0", None, "14"]),
    ],
)
def test_numbers_are_read_as_the_other_ones_of_their_column_are_written(
    tmp_path: Path, release: Release, cells: list[str], read: list[object]
) -> None:
    assert doors(tmp_path, release, cells) == read


def test_a_number_that_may_be_two_is_refused_until_somebody_says_which(tmp_path: Path, release: Release) -> None:
    for cells in (["1.200", "14"], ["1.200", "12,5", "12.5"]):
        reason, *others = doors(tmp_path, release, cells)
        assert "Doors: “1.200” may be 1.2 or 1200" in str(reason)
        assert others == [cell.replace(",", ".") for cell in cells[1:]]
    assert doors(tmp_path, release, ["1.200", "14"], f'{NUMBERS}decimal: ","\n') == ["1200", "14"]
    assert doors(tmp_path, release, ["1.200", "14"], f'{NUMBERS}decimal: "."\n') == ["1.200", "14"]
    with pytest.raises(FilesError):
        doors(tmp_path, release, ["14"], f'{NUMBERS}decimal: "x"\n')


def test_the_rest_of_the_file_tells_where_the_column_does_not(tmp_path: Path, release: Release) -> None:
    assert doors(tmp_path, release, ["1.200"], months="4,5") == ["1200"]
    assert doors(tmp_path, release, ["1.200", "12.5"], months="4,5") == ["1.200", "12.5"]
    # ... also beyond the rows that are read, and once more after a restart.
    path = tmp_path / "leads.csv"
    path.write_text('Email,Doors,Months\na@b.example,1.200,\nc@d.example,"12,5",\n')
    rows = open_rows(path, release.fields, ("m.yaml", NUMBERS.encode()), limit=1)
    for again in (rows, reopened(path, rows.description, release.fields)):
        assert [row.values for row in again.rows() if isinstance(row, Line)] == [{"company.dock_doors": "1200"}]


def test_what_a_column_counts_is_a_number_too(tmp_path: Path, release: Release) -> None:
    mapping = "email: Email\nevents: {pricing_view: {times: Views, per: 100}}\n"
    rows = opened(tmp_path, release, 'Email,Views\na@b.example,1.200\nc@d.example,"12,5"\n', mapping).rows()
    assert [row.events[0].times for row in rows if isinstance(row, Line) and row.events] == [12]
