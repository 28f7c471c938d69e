"""`nurture import` as somebody types it: what it shows, what it asks, and how it is stopped."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from commands.import_interview import interview
from commands.mapping_files import beside
from domain.errors import InvalidError
from tests.unit.commands.conftest import Desk
from tests.world import shipped_release

HEADER = ["Mail", "Branch", "Gates", "No mails", "Rep", "Got checklist", "Notes"]
ROWS = [
    ["ana@acme.example", "Food", "14", "nope", "Rosa Delgado", "2026-11-02", "x"],
    ["bob@bolt.example", "Robots", "many", "nope", "", "", "y"],
    ["cy@cork.example", "retail", "9", "please stop", "", "", ""],
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "leads.csv"
    with path.open("w", newline="") as out:
        csv.writer(out).writerows([HEADER, *ROWS])
    return path


class Answers:
    """What is typed, by a part of the question; everything else is Enter. A list is typed one after the other."""

    def __init__(self, given: Sequence[tuple[str, str]]) -> None:
        self._given = list(given)
        self.asked: list[str] = []

    def __call__(self, question: str, usual: str) -> str:
        self.asked.append(question)
        for n, (part, answer) in enumerate(self._given):
            if part in question:
                del self._given[n]
                return answer
        return usual


COLUMNS = [
    ("becomes", word) for word in ("email", "industry", "dock_doors", "opted_out", "owner", "received:checklist")
]


def test_the_interview_leaves_a_mapping_that_the_next_import_finds(open_desk: Desk, file: Path) -> None:
    answers = Answers(
        [*COLUMNS, ("“Food” is", "food_distribution"), ("“nope” say", "no"), ("“please stop” say", "yes")]
    )
    saved = interview(file, None, shipped_release(), answers)
    assert saved == beside(file)
    written = yaml.safe_load(saved.read_text())
    assert written["email"] == "Mail"
    assert written["fields"]["company.industry"] == {"column": "Branch", "values": {"Food": "food_distribution"}}
    assert written["fields"]["company.dock_doors"] == "Gates"
    assert "please stop" in written["opted_out"]["yes"]
    assert "nope" in written["opted_out"]["no"]
    assert written["owner"]["values"] == {"Rosa Delgado": "rosa"}  # guessed from the people, Enter was enough
    assert written["received"] == {"checklist": "Got checklist"}
    assert "Notes" not in saved.read_text()

    shown = open_desk.type("import", str(file), "--dry-run")
    assert shown.code == 0, shown.err
    assert f"Mapping: {saved}" in shown.err
    assert "3 rows, 1 opted out, 1 would be rejected" in shown.out
    line = next(line for line in shown.out.splitlines() if line.startswith("Branch"))
    assert line.split() == ["Branch", "company.industry", "food_distribution", "retail"]
    assert "row 3: company.dock_doors is a number" in shown.out

    done = open_desk.type("import", str(file), "--json").json
    assert (done["new"], done["rejected"], done["opted_out"], done["with_sales"]) == (2, 1, 1, 1)
    again = interview(file, saved, shipped_release(), Answers([]))
    assert yaml.safe_load(again.read_text()) == written  # what was answered once is the guess of the next time


def test_a_wrong_answer_is_asked_again_with_the_nearest_right_one(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = Answers([("becomes", word) for word in ("email", "email", "industri", "?", "industry", "!")])
    interview(file, None, shipped_release(), answers)
    err = capsys.readouterr().err
    assert "email is another column already" in err
    assert "There is no field industri; did you mean company.industry?" in err
    assert "Costliest problem" in err  # the list of fields


def test_a_word_that_is_no_answer_is_never_taken_for_one(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tries = [
        ("“Food” is", "food"), ("“Food” is", "food_distribution"), ("“Robots” is", "-"),
        ("“nope” say", "perhaps"), ("“nope” say", "NO"), ("“please stop” say", "yep"), ("“please stop” say", "yes"),
        ("“Rosa Delgado” is", "rose"), ("“Rosa Delgado” is", "marc"),
    ]  # fmt: skip
    answers = Answers([*COLUMNS, *tries])
    written = yaml.safe_load(interview(file, None, shipped_release(), answers).read_text())
    assert written["fields"]["company.industry"]["values"] == {"Food": "food_distribution"}
    assert "nope" in written["opted_out"]["no"]
    assert "nope" not in written["opted_out"]["yes"]
    assert "please stop" in written["opted_out"]["yes"]
    assert written["owner"]["values"] == {"Rosa Delgado": "marc"}
    err = capsys.readouterr().err
    assert "company.industry is never “food”; it can be 3pl" in err
    assert "“perhaps” is neither yes nor no." in err
    assert "There is no rose; did you mean rosa?" in err


def test_enter_neither_opts_anybody_out_nor_in(open_desk: Desk, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = interview(
        file, None, shipped_release(), Answers([COLUMNS[0], ("becomes", "-"), ("becomes", "-"), COLUMNS[3]])
    )
    flag = yaml.safe_load(saved.read_text())["opted_out"]
    assert not {"nope", "please stop"} & {*flag["yes"], *flag["no"]}
    assert "its rows are refused until somebody writes “nope” under yes or no" in capsys.readouterr().err
    told = open_desk.type("import", str(file), "--dry-run")
    assert "the mapping says neither that it means yes nor no" in told.err


def test_countries_and_numbers_are_asked_about_only_where_they_are_unclear(open_desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("Email,Land,Doors\na@b.example,Deutschland,1.200\nc@d.example,Narnia,14\ne@f.example,Albion,\n")
    columns = [("becomes", name) for name in ("email", "lead.country", "company.dock_doors")]
    tries = [("“Narnia” is", "Mordor"), ("“Narnia” is", "Frankreich"), ("“1.200” is", "1.3"), ("“1.200” is", "1200")]
    answers = Answers([*columns, *tries])
    written = yaml.safe_load(interview(file, None, shipped_release(), answers).read_text())
    assert written["fields"]["lead.country"] == {"column": "Land", "values": {"Narnia": "FR"}}
    assert written["decimal"] == ","
    assert not any("Deutschland" in question or "“14”" in question for question in answers.asked)
    shown = open_desk.type("import", str(file), "--dry-run")
    assert "lead.country stays unknown in 1 rows: no country is “Albion” 1." in shown.out
    assert "1.200 is 1200" in shown.out
    assert open_desk.type("import", str(file), "--dry-run", "--json").json["decimal"] == ","


def test_without_an_address_nothing_is_saved(file: Path) -> None:
    with pytest.raises(InvalidError, match="no column was said to hold mail addresses"):
        interview(file, None, shipped_release(), Answers([("becomes", "-")]))
    assert not beside(file).exists()


def test_typed_into_a_terminal(open_desk: Desk, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("email\n!\ny\n"))
    done = open_desk.type("import", str(file), "--map", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out[done.out.index("{") :])["new"] == 3
    assert yaml.safe_load(beside(file).read_text()) == {"email": "Mail"}


def test_words_that_are_none_of_the_choices_are_told_before_anything_is_written(open_desk: Desk, file: Path) -> None:
    mapping = file.with_name("m.yaml")
    mapping.write_text("email: Mail\nfields: {company.industry: Branch}\n")
    shown = open_desk.type("import", str(file), "--mapping", str(mapping), "--dry-run")
    assert "company.industry stays unknown in 2 rows: none of its choices is “Food” 1, “Robots” 1." in shown.out
    told = open_desk.type("import", str(file), "--mapping", str(mapping), "--dry-run", "--json").json
    assert told["left_unknown"] == {"company.industry": {"Food": 1, "Robots": 1}}
    assert told["rejected"] == 0


def test_only_the_first_refusals_are_shown_and_the_rest_counted(open_desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("Email\nana@acme.example\n" + "nobody\n" * 12)
    shown = open_desk.type("import", str(file), "--dry-run")
    assert shown.out.count("is not a mail address") == 5
    assert "and 7 more would be rejected; an import writes all of them to a file." in shown.out


def test_imports_are_listed_and_a_finished_one_cannot_be_paused(open_desk: Desk, file: Path) -> None:
    mapping = file.with_name("leads.mapping.yaml")
    mapping.write_text("email: Mail\n")
    assert open_desk.type("import", str(file)).code == 0
    (listed,) = open_desk.type("import", "--list", "--json").json
    assert (listed["status"], listed["taken"]) == ("done", 3)
    refused = open_desk.type("import", "--pause", listed["id"])
    assert refused.code == 1
    assert "done already" in refused.err
    assert "name the file to import" in open_desk.type("import").err
