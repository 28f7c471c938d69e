"""docs/authoring/afternoon.md, word for word: on one machine, then over real HTTP, under leads on their way."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
import uvicorn

import cli
from api.app import create_app
from api.services import Services
from commands.opening import open_archive, opened, settings_for
from mail.links import Links
from storage.archive import machine_now
from storage.enrolling import Enrolment, enrol
from storage.life import ArchiveLife
from tests.unit.commands.test_authoring_docs import blocks, commands
from tests.unit.commands.test_authoring_docs import run as run_first
from tests.world import HandClock, World

LEADS = 150
SERVER = "https://nurture.example.com"
EXPECTED = re.compile(r"#\s*exit code (\d)")
A_WEEK_LESS = timedelta(days=6)


@dataclass
class Desk:
    """Somebody who does what the page says. `keys` are by their owner."""

    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    address: str = ""
    keys: dict[str, str] = field(default_factory=dict)
    said: str = ""
    """By the commands of the last block."""

    def follow(self, marker: str, text: str) -> None:
        kind = marker.removeprefix("tested").removeprefix(": ")
        if kind == "plan":
            assert text in self.said, self.said
        elif kind.startswith("content/"):
            edit(Path(kind), text)
        elif kind == "keys":
            for line in text.splitlines():
                self.keys[line.split()[-1]] = self.type(line).strip()
        else:
            who = kind.removeprefix("server").strip()
            self.said = "".join([self.type(line, who) for line in text.splitlines()])

    def type(self, line: str, who: str = "") -> str:
        """What it says on its output."""
        expected = found[1] if (found := EXPECTED.search(line)) else "0"
        match shlex.split(line.replace(SERVER, self.address), comments=True):
            case ["mv", old, new]:
                shutil.move(old, new)
            case ["export", "NURTURE_KEY=nk_..."]:
                self.monkeypatch.setenv("NURTURE_KEY", self.keys[who])
            case ["nurture", *words]:
                code = cli.run(words)
                out, err = self.capsys.readouterr()
                assert code == int(expected), (line, out, err)
                return out
            case other:
                raise AssertionError(f"the page has a command that no test can run: {other}")
        return ""


def edit(path: Path, difference: str) -> None:
    old, new = ([row[1:] for row in difference.splitlines() if row.startswith(sign)] for sign in "-+")
    text = path.read_text()
    assert text.count("\n".join(old) + "\n") == 1, (path, old, text)
    path.write_text(text.replace("\n".join(old) + "\n", "\n".join(new) + "\n"))


def had_the_first_mail(count: int) -> None:
    """So many leads came some days ago, had one mail, and wait for the next."""
    archive = open_archive(settings_for(speed=1.0))
    clock = HandClock()
    archive = replace(archive, clock=clock)
    world = World(archive, clock, ArchiveLife(archive, lambda address: True))
    for number in range(count):
        clock.at = machine_now() - A_WEEK_LESS
        values = {"inquiry.topic": "guide", "lead.first_name": "Ana"}
        with archive.begin() as tx:
            lead = enrol(tx, archive, Enrolment(f"ana@site{number}.example", values)).lead_id
        step = world.look(lead)
        while len(world.sent) <= number:
            clock.at = max(clock.at, step.due_at)
            step = world.perform(lead, step)
    assert {letter.touch for letter in world.sent} == {"the-guide"}
    archive.engine.dispose()


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The API of this data folder, on a port of its own."""
    with socket.socket() as listening, opened(settings_for()) as archive:
        listening.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        services = Services(archive, Links([b"k" * 32], address), lambda wakes: None, address, "test", folder)
        app = create_app(services)
        running = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield address
        running.should_exit = True
        thread.join(10)


def test_the_afternoon_as_it_stands_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.startswith("NURTURE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    write_the_first_track(monkeypatch)
    capsys.readouterr()
    desk = Desk(capsys, monkeypatch)
    first, *rest = blocks("afternoon.md")
    desk.follow(*first)
    had_the_first_mail(LEADS)
    with server(tmp_path) as desk.address:
        for marker, text in rest:
            desk.follow(marker, text)
    cli.run(["releases", "--json"])
    actions = [row["action"] for row in json.loads(capsys.readouterr().out)]
    assert actions == ["rollback", "publish", "rollback", "publish", "publish", "publish"]


def write_the_first_track(monkeypatch: pytest.MonkeyPatch) -> None:
    track = Path("content/tracks/welcome/track.yaml")
    for marker, text in blocks("first-track.md"):
        if marker == "tested":
            for words in commands(text):
                run_first(words, monkeypatch)
        elif marker == "tested: accept":
            track.write_text(track.read_text().replace("stages:\n", text))
