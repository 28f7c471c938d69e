"""nurture simulate, as a marketer types it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from commands.opening import opened, settings_for
from storage import reps
from storage.archive import Archive
from tests.unit.commands.conftest import Desk, Said

HEADER = "Email,company.industry,company.dock_doors,company.country,inquiry.topic\n"


def simulate(desk: Desk, *words: str) -> Said:
    return desk.type("simulate", *words, "--files", str(desk.files), "--from", "2027-03-01")


def test_the_samples_need_no_data_folder(desk: Desk) -> None:
    said = simulate(desk)
    assert said.code == 0, said.err
    assert "leads on all tracks, 120 days from 2027-03-01" in said.out
    assert "quiet" in said.out
    assert "eager" in said.out
    quiet, eager = re.findall(r"Nobody reaches, (?:quiet|eager): ([^.]+)", said.out)
    assert "research-call" in eager.replace("\n", " ").split(", ")
    assert quiet.replace("\n", " ").endswith("all of business-case, all of re-engagement")
    assert "Left out: beside-sales. A track beside a salesperson's work" in said.out.replace("\n", " ")
    assert not desk.data.exists()


def test_figures_for_machines_files_and_a_page(desk: Desk, tmp_path: Path) -> None:
    leads = tmp_path / "leads.csv"
    leads.write_text(HEADER + "ana@site.example,3pl,14,US,detention\nbo@site.example,3pl,many,US,detention\n")
    page, folder = tmp_path / "page.html", tmp_path / "figures" / "march"
    more = ("--html", str(page), "--csv", str(folder), "--days", "90", "--json")
    said = simulate(desk, "dock-waiting", "--leads", str(leads), *more)
    assert said.code == 0, said.err
    found = said.json
    assert (found["leads"], found["from"], found["days"]) == (1, "2027-03-01", 90)
    assert found["refused"][0]["row"] == 3
    quiet, eager = found["scenarios"]
    assert (quiet["scenario"], quiet["ready"], eager["ready"]) == ("quiet", 0, 1)
    assert eager["left_out"] == ["beside-sales"]
    assert "1 lead on dock-waiting" in page.read_text()
    assert "Left out: beside-sales." in page.read_text()
    with (folder / "days.csv").open(newline="") as file:
        days = list(csv.DictReader(file))
    assert len(days) == 2 * 90
    assert sum(int(day["mails"]) for day in days if day["scenario"] == "quiet") == 6
    assert {path.name for path in folder.iterdir()} == {"days.csv", "touches.csv", "unknown.csv", "states.csv"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("dock-wating",), "there is no track dock-wating in content/tracks; did you mean dock-waiting?"),
        (("--leads", "nowhere.csv"), "nowhere.csv"),
        (("beside-sales",), "nobody in a simulation does; nurture preview beside-sales shows its mails"),
        (("--from", "soon"), "--from is a day, as 2027-03-01; soon is none"),
        (("--from", "0001-01-01"), "too far off"),
        (("--html", "/nowhere/at/all.html"), "/nowhere/at/all.html cannot be written"),
    ],
)
def test_what_cannot_be_is_one_sentence(desk: Desk, words: tuple[str, ...], sentence: str) -> None:
    said = desk.type("simulate", "--files", str(desk.files), "--days", "3", *words)
    assert said.code == 1
    assert sentence in said.err


def test_a_file_without_people_is_told(desk: Desk, tmp_path: Path) -> None:
    leads = tmp_path / "empty.csv"
    leads.write_text(HEADER)
    said = simulate(desk, "--leads", str(leads))
    assert said.code == 1
    assert "there is nobody in" in said.err


def test_the_team_is_that_of_the_data_folder(open_desk: Desk) -> None:
    with opened(settings_for(open_desk.data)) as archive:
        _hire(archive, "rosa", 7)
    found = simulate(open_desk, "--json").json
    assert found["scenarios"][0]["capacity"] == {"rosa": 7}


def _hire(archive: Archive, rep: str, capacity: int) -> None:
    with archive.begin() as tx:
        reps.put(tx, archive, rep, {"capacity": capacity})
