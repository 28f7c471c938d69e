"""`nurture import` as it is used: a folder, a file, a mapping, and a process that may be killed at any moment."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from commands.opening import settings_for
from commands.preparing import prepare
from storage import releases
from storage import tables as t
from storage.archive import Archive
from tests.world import shipped_files

ROOT = Path(__file__).parents[2]
ROWS, OPTED_OUT, BROKEN = 2400, 240, 3
MAPPING = """\
source: crm
email: "{{ Id }}@site{{ Id }}.example"
external_id: Id
opted_out: {column: Opt-out, yes: ["Yes"], no: ["No"]}
fields: {company.dock_doors: Doors}
constants: {inquiry.topic: detention}
"""


@dataclass
class Place:
    archive: Archive
    data: Path
    file: Path
    mapping: Path

    def command(self, *more: str) -> list[str]:
        given = ["import", str(self.file), "--mapping", str(self.mapping), "--data", str(self.data), *more]
        return [sys.executable, "-m", "cli", *given]

    def run(self, *more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*more), cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
        )

    def count(self, table: str) -> int:
        with self.archive.reading() as tx:
            return tx.execute(select(func.count()).select_from(t.metadata.tables[table])).scalar_one()


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NURTURE_")}
    return kept | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A published folder, and a file in which every tenth has opted out and three rows cannot be taken."""
    archive = prepare(settings_for(tmp_path / "data"))
    with archive.begin() as tx:
        release = archive.compile(shipped_files())
        for subject in release.form_hashes:
            for who in ("ines", "tom"):
                releases.sign(tx, archive, release, subject, who)
        releases.publish(tx, archive, shipped_files(), "ines")
    file = tmp_path / "leads.csv"
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["Id", "Opt-out", "Doors"])
        for n in range(ROWS - BROKEN):
            writer.writerow([n, "Yes" if n % 10 == 0 else "No", n % 60])
        writer.writerows([["x1", "No", "=many"], ["", "No", "5"], ["x3", "Perhaps", "5"]])
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    yield Place(archive, tmp_path / "data", file, tmp_path / "mapping.yaml")
    archive.engine.dispose()


def test_a_dry_run_shows_what_would_happen_and_writes_nothing(place: Place) -> None:
    shown = place.run("--dry-run")
    assert shown.returncode == 0, shown.stderr
    assert f"{ROWS} rows, {OPTED_OUT} opted out, {BROKEN} would be rejected" in shown.stdout
    assert "company.dock_doors" in shown.stdout
    assert place.count("leads") == place.count("suppressions") == place.count("imports") == 0


def test_killed_again_and_again_it_loses_and_doubles_nothing(place: Place) -> None:
    kills = 0
    for enough in (100, 700, 1500):
        running = subprocess.Popen(place.command(), cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL)
        while running.poll() is None and place.count("leads") < enough:
            time.sleep(0.01)
        running.kill()
        kills += running.wait() == -9
        assert place.count("leads") == place.count("wakes") == place.count("external_ids")
    done = place.run("--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert kills
    assert told["resumed_at_row"] > 100
    assert (told["new"], told["rejected"], told["total"]) == (ROWS - BROKEN, BROKEN, ROWS)
    assert place.count("leads") == place.count("wakes") == ROWS - BROKEN
    assert place.count("suppressions") == told["opted_out"] == OPTED_OUT
    assert place.count("imports") == 1


def test_the_rejected_file_is_mended_and_imported_as_it_is(place: Place) -> None:
    done = place.run()
    assert done.returncode == 0, done.stderr
    assert f"{ROWS - BROKEN} new, 0 known before, 0 merged with a row above, {BROKEN} rejected" in done.stdout
    rejected = place.file.with_name("leads.rejected.csv")
    with rejected.open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["rejected_row"] for row in table] == [str(ROWS - 1), str(ROWS), str(ROWS + 1)]
    assert table[0]["Doors"] == "'=many"
    assert "is a number" in table[0]["rejected_because"]
    mended = rejected.read_text(encoding="utf-8-sig").replace("'=many", "12").replace("Perhaps", "Yes")
    rejected.write_text(mended)
    place.file = rejected
    again = json.loads(place.run("--json").stdout)
    assert (again["new"], again["opted_out"], again["rejected"]) == (2, 1, 1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04", "an Excel or zip file, not a CSV; open it in a spreadsheet and save it as CSV UTF-8"),
        (b"Id,Doors\n1,2\n", "There is no column Opt-out"),
        (b"Id,Opt-out,Doors\n,No,3\n", "no row can be imported, so nothing is"),
        (b'Id,Opt-out,Doors\n1,No,3\n2,No,"3\n3,No,3\n', "quotes do not pair up"),
    ],
)
def test_a_file_that_cannot_be_is_one_sentence_and_nothing_written(place: Place, content: bytes, says: str) -> None:
    place.file.write_bytes(content)
    done = place.run()
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert place.count("leads") == place.count("suppressions") == place.count("imports") == 0
