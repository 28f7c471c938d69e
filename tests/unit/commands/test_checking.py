"""check, as somebody types it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import update

import cli
from commands.file_watch import Stamps, settled, stamps
from commands.opening import opened, settings_for
from storage import enrolling
from storage import tables as t
from storage.enrolling import Enrolment
from tests.unit.commands.conftest import Desk

TRACK = "content/tracks/dock-waiting"


def change(desk: Desk, path: str, old: str, new: str) -> None:
    file = desk.files / path
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def check(desk: Desk, *more: str) -> tuple[int, str]:
    desk.capsys.readouterr()
    code = cli.run(["check", str(desk.files), *more])
    return code, desk.capsys.readouterr().out


def test_the_shipped_files_are_clean(desk: Desk) -> None:
    code, out = check(desk)
    assert code == 0
    assert "nothing wrong" in out


def test_a_misspelled_variable_is_shown_where_it_stands(desk: Desk) -> None:
    change(desk, f"{TRACK}/checklist.md", "sender.first_name", "sender.frist_name")
    code, out = check(desk)
    assert code == 1
    assert "There is no field sender.frist_name; did you mean sender.first_name?" in out
    head = next(line for line in out.splitlines() if "frist_name" in line)
    path, line, column = head.split(":")[:3]
    assert path == f"{TRACK}/checklist.md"
    written = (desk.files / path).read_text().splitlines()[int(line) - 1]
    assert written[int(column) - 1 :].startswith("sender.frist_name")


def test_a_name_that_may_be_unknown_needs_a_fallback(desk: Desk) -> None:
    change(desk, f"{TRACK}/checklist.md", "{{ sender.first_name }}", "{{ company.name }}")
    code, out = check(desk)
    assert code == 1
    assert "company.name may be unknown; give a fallback" in out


def test_problems_beside_the_lines_of_a_pull_request(desk: Desk) -> None:
    change(desk, f"{TRACK}/checklist.md", "sender.first_name", "sender.frist_name")
    code, out = check(desk, "--format", "github")
    assert code == 1
    assert out.startswith(f"::error file={TRACK}/checklist.md,line=")


def test_a_folder_without_files(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    desk.capsys.readouterr()
    assert cli.run(["check", str(tmp_path / "empty")]) == 1
    assert "There are no files in lead_defs and content here" in desk.capsys.readouterr().out


def test_paths_in_a_pull_request_are_those_of_the_repository(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    change(desk, f"{TRACK}/checklist.md", "sender.first_name", "sender.frist_name")
    monkeypatch.chdir(desk.files.parent)
    assert check(desk, "--format", "github")[1].startswith(f"::error file=files/{TRACK}/checklist.md,line=")


def test_the_days_of_a_lead_who_says_nothing(desk: Desk) -> None:
    _, short = check(desk)
    assert re.search(
        r"dock-waiting: a lead who says nothing gets 10 touches in \d\d days, 3 of them from people", short
    )
    _, long = check(desk, "--paths")
    (own,) = re.findall(r"(?m)^dock-waiting: .*\n((?:(?!.*: a lead who).*\n)*)", long)
    rows = re.findall(r"(?m)^\w{3} \d\d \w{3} \d{4} +(\S+) +(\S+) +(mail|a person)", own)
    assert len(rows) == 10
    assert rows[0] == ("awareness", "checklist", "mail")
    assert ("awareness", "research-call", "a person") in rows


def test_for_machines_problems_and_nothing_else(desk: Desk) -> None:
    change(desk, f"{TRACK}/track.yaml", "owner: ines", "owner: inse")
    said = desk.type("check", str(desk.files), "--json")
    assert said.code == 1
    (problem,) = said.json
    assert (problem["path"], problem["line"], problem["column"]) == (f"{TRACK}/track.yaml", 4, 8)
    assert problem["severity"] == "error"


def test_no_data_folder_is_needed_and_none_is_made(desk: Desk) -> None:
    said = desk.type("check", str(desk.files))
    assert said.code == 0
    assert "not signed" not in said.out
    assert not desk.data.exists()


def test_where_there_is_one_it_says_whose_signature_is_missing(open_desk: Desk) -> None:
    assert "not signed" not in open_desk.type("check", str(open_desk.files)).out
    change(open_desk, f"{TRACK}/track.yaml", "budget: 9000 USD", "budget: 12000 USD")
    open_desk.type("sign", "--all", "--as", "ines", "--files", str(open_desk.files))
    out = open_desk.type("check", str(open_desk.files)).out
    assert "not signed yet: track:dock-waiting, by sales (tom); run: nurture sign track:dock-waiting --as tom" in out
    assert "definition" not in out


def test_a_review_that_nobody_made(open_desk: Desk) -> None:
    with opened(settings_for(open_desk.data)) as archive, archive.begin() as tx:
        tx.execute(update(t.signatures).values(at=datetime.now(UTC) - timedelta(days=181)))
    out = open_desk.type("check", str(open_desk.files)).out
    assert "lead_defs/sales-ready.yaml:5:9: warning: This was last signed on" in out
    assert "1 warning" in out


def test_an_archive_that_cannot_be_read_stops_no_check(open_desk: Desk) -> None:
    (open_desk.data / "archive.db").write_bytes(b"no database at all" * 100)
    said = open_desk.type("check", str(open_desk.files))
    assert said.code == 0
    assert "who has signed cannot be told" in said.out


DECISION = "  decision: [reference-call, business-case]"
NEVER_TRUE = "  decision: {touches: [reference-call, business-case], next_when: company.dock_doors == 77}"


def test_a_condition_is_tried_on_open_leads_too(open_desk: Desk) -> None:
    change(open_desk, f"{TRACK}/track.yaml", DECISION, NEVER_TRUE)
    for number in range(3):
        open_desk.enrol(f"a{number}@site.example")
    out = open_desk.type("check", str(open_desk.files)).out
    assert "None of 3 open leads and 30 samples makes this true" in out
    assert "conditions were tried on 30 samples and 3 open leads" in out
    with opened(settings_for(open_desk.data)) as archive, archive.begin() as tx:
        values = {"inquiry.topic": "detention", "company.dock_doors": 77}
        enrolling.enrol(tx, archive, Enrolment("big@site.example", values))
    out = open_desk.type("check", str(open_desk.files)).out
    assert "makes this true" not in out
    assert "nothing wrong" in out


def test_without_an_archive_it_says_that_only_samples_were_asked(desk: Desk) -> None:
    change(desk, f"{TRACK}/track.yaml", DECISION, NEVER_TRUE)
    out = desk.type("check", str(desk.files)).out
    assert "No sample lead makes this true" in out
    assert f"conditions were tried on 30 samples and no leads: nothing was begun in {desk.data}" in out


def test_open_leads_that_two_tracks_would_take(open_desk: Desk) -> None:
    for number in range(2):
        with opened(settings_for(open_desk.data)) as archive, archive.begin() as tx:
            values = {"inquiry.topic": "detention", "company.dock_doors": 77}
            enrolling.enrol(tx, archive, Enrolment(f"b{number}@site.example", values))
    open_desk.enrol("ana@site.example")
    taking = "purpose: stage\nenrol: company.dock_doors == 77"
    change(open_desk, "content/tracks/keep-in-touch/track.yaml", "purpose: long_cycle", taking)
    change(open_desk, "content/tracks/keep-in-touch/track.yaml", "priority: -10\n", "")
    out = open_desk.type("check", str(open_desk.files)).out
    assert "dock-waiting and keep-in-touch would both take 2 of 3 open leads, and dock-waiting does" in out


def test_files_are_told_of_once_nobody_writes_any_more() -> None:
    sights: list[Stamps] = [{"a": (n, n)} for n in (1, 1, 2, 3, 3, 3, 4)]
    looks = iter(sights)
    told = list(islice(settled(lambda: next(looks), lambda: None), 2))
    assert told == [{"a": (1, 1)}, {"a": (3, 3)}]


def test_every_change_is_seen(desk: Desk) -> None:
    before = stamps(desk.files)
    change(desk, f"{TRACK}/checklist.md", "Twelve", "Twelve or more")
    changed = stamps(desk.files)
    assert {path for path in changed if changed[path] != before[path]} == {str(desk.files / TRACK / "checklist.md")}
    (desk.files / TRACK / "checklist.md").unlink()
    assert len(stamps(desk.files)) == len(before) - 1
