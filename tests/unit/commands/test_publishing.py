"""check, sign, publish, releases."""

from __future__ import annotations

from pathlib import Path

import cli
from tests.unit.commands.conftest import Desk

TRACK = "content/tracks/dock-waiting"
TRACKS = ["business-case", "dock-waiting", "keep-in-touch", "re-engagement"]


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


def test_both_teams_sign_then_it_can_be_live(desk: Desk) -> None:
    files = ("--files", str(desk.files))
    refused = desk.type("publish", "--as", "ines", *files)
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "the definition is not signed by marketing and sales" in refused.err
    desk.type("sign", "definition", "--as", "ines", *files)
    assert "still needs sales" in desk.type("sign", "--all", "--as", "ines", *files).err
    desk.type("sign", "definition", "--as", "tom", *files)
    published = desk.type("publish", "--as", "ines", "--json", *files).json
    assert published["missing"] == {f"track:{track}": ["sales"] for track in TRACKS}
    desk.type("sign", "--all", "--as", "tom", *files)
    assert desk.type("publish", "--as", "ines", "--json", *files).json["is_new"]
    again = desk.type("publish", "--as", "ines", "--json", *files).json
    assert (again["is_new"], again["missing"]) == (False, {})
    rows = desk.type("releases", "--json").json
    assert [(row["number"], row["approved"]) for row in rows] == [(2, TRACKS), (1, [])]


def test_files_with_errors_change_nothing(open_desk: Desk) -> None:
    change(open_desk, "lead_defs/sales-ready.yaml", "title:", "tilte:")
    refused = open_desk.type("publish", "--as", "ines", "--files", str(open_desk.files))
    assert refused.code == 1
    assert "lead_defs/sales-ready.yaml:" in refused.err
    assert len(open_desk.type("releases", "--json").json) == 1


def test_who_may_sign(desk: Desk) -> None:
    files = ("--files", str(desk.files))
    assert "marketing and sales sign" in desk.type("sign", "--all", "--as", "olga", *files).err
    assert "there is nobody called nobody" in desk.type("sign", "--all", "--as", "nobody", *files).err
    assert "there is nothing called budget to sign" in desk.type("sign", "budget", "--as", "ines", *files).err
    assert "give --all" in desk.type("sign", "--as", "ines", *files).err
