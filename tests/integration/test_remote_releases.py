"""`--server`: the commands of a laptop against a running server, over real HTTP."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
import uvicorn

import cli
from tests.unit.api.house import ROOT, House, furnished
from tests.unit.commands.conftest import Said

CHECKLIST = "content/tracks/dock-waiting/checklist.md"
TRACK = "content/tracks/dock-waiting/track.yaml"


@dataclass
class Laptop:
    house: House
    url: str
    files: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def type(self, who: str, *words: str) -> Said:
        self.monkeypatch.setenv("NURTURE_KEY", self.house.keys.get(who, who))
        self.capsys.readouterr()
        code = cli.run([*words, "--server", self.url])
        return Said(code, *self.capsys.readouterr())

    def change(self, path: str, old: str, new: str) -> None:
        file = self.files / path
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new, 1))

    def forget_examples(self) -> None:
        file = self.files / TRACK
        file.write_text(file.read_text().partition("# Lives of sample leads")[0])


@pytest.fixture
def laptop(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Laptop]:
    for folder in ("lead_defs", "content"):
        shutil.copytree(ROOT / folder, tmp_path / "files" / folder)
    monkeypatch.setenv("NURTURE_FILES", str(tmp_path / "files"))
    with socket.socket() as listening, furnished(tmp_path, f"sqlite:///{tmp_path / 'archive.db'}") as house:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(house.client.app, log_level="warning", lifespan="off"))
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield Laptop(house, f"http://127.0.0.1:{listening.getsockname()[1]}", tmp_path / "files", capsys, monkeypatch)
        server.should_exit = True
        thread.join(10)


def test_a_change_from_a_laptop(laptop: Laptop) -> None:
    lead = laptop.house.enrol()
    laptop.house.sent(lead, "checklist")
    assert laptop.type("nurture", "plan").code == 0
    laptop.change(CHECKLIST, "Leave it in", "Leave it at")
    laptop.change(TRACK, "goal: 40", "goal: 50")
    laptop.change("content/defaults.yaml", "awareness: 7 days", "awareness: 21 days")
    laptop.forget_examples()  # they promise days that this change is meant to move
    planned = laptop.type("viewer", "plan")
    assert (planned.code, "may not do this" in planned.err) == (1, True)
    planned = laptop.type("marketing", "plan", "--json")
    assert (planned.code, planned.json["counts"]) == (2, {"other_time": 1})
    assert planned.json["missing"] == {"track:dock-waiting": ["marketing", "sales"]}
    assert "the track dock-waiting runs now" in laptop.type("marketing", "publish").err
    assert "still needs sales" in laptop.type("marketing", "sign", "--all").err
    assert "leave out as" in laptop.type("marketing", "sign", "--all", "--as", "tom").err
    assert "you signed track:dock-waiting" in laptop.type("manager", "sign", "--all").err
    again = laptop.type("admin", "sign", "track:dock-waiting", "--as", "tom")
    assert (again.code, "all this was signed before" in again.err) == (0, True)
    before = laptop.house.get("/leads/" + lead)["seq"]
    published = laptop.type("marketing", "publish")
    assert (published.code, "1 lead had checklist in other words" in published.out) == (0, True)
    assert laptop.house.get("/leads/" + lead)["seq"] > before
    rows = laptop.type("viewer", "releases", "--json").json
    assert [(row["number"], row["by"], row["via"]) for row in rows] == [
        (2, "ines", "test-marketing"),
        (1, "ines", None),
    ]
    assert laptop.type("ops", "rollback").code == 0
    assert "went back" in laptop.type("viewer", "releases").out


def test_refusals_are_sentences(laptop: Laptop, tmp_path: Path) -> None:
    assert "send a valid key" in laptop.type("nk_wrong", "releases").err
    assert "a server wants a key" in laptop.type("", "releases").err
    assert "a server wants a key" in laptop.type("ключ", "releases").err
    assert "cannot be read" in laptop.type("admin", "releases", "--key-file", str(tmp_path / "none")).err
    laptop.change("lead_defs/sales-ready.yaml", "title:", "tilte:")
    for command in (["plan"], ["publish"], ["sign", "--all"]):
        said = laptop.type("marketing", *command)
        assert (said.code, "lead_defs/sales-ready.yaml:" in said.err) == (1, True), said.err
    (laptop.files / "content" / "strange.md").write_bytes(b"\xff\xfe\x00")
    assert "content/strange.md" in laptop.type("marketing", "publish").err
    assert len(laptop.house.get("/releases")["items"]) == 1
    elsewhere = Laptop(laptop.house, "http://127.0.0.1:9", laptop.files, laptop.capsys, laptop.monkeypatch)
    assert "does not answer" in elsewhere.type("admin", "releases").err
    elsewhere.url = "ftp://nowhere"
    assert "is no address of a server" in elsewhere.type("admin", "releases").err
