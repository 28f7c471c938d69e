"""sign, publish, releases."""

from __future__ import annotations

from tests.unit.commands.conftest import Desk

TRACK = "content/tracks/dock-waiting"
TRACKS = ["business-case", "dock-waiting", "keep-in-touch", "re-engagement"]


def change(desk: Desk, path: str, old: str, new: str) -> None:
    file = desk.files / path
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


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
