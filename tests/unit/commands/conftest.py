"""The command line as somebody types it, on a data folder of the test's own."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import cli
from commands.opening import opened, settings_for
from storage import enrolling
from storage.enrolling import Enrolment

ROOT = Path(__file__).parents[3]


@dataclass
class Said:
    """What a command left behind. `json` is of its stdout."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # Any: JSON
        return json.loads(self.out)


@dataclass
class Desk:
    data: Path
    files: Path
    capsys: pytest.CaptureFixture[str]

    def type(self, *words: str) -> Said:
        """`nurture WORDS --data ...`; a traceback would be the test's."""
        self.capsys.readouterr()
        code = cli.run([*words, "--data", str(self.data)])
        out, err = self.capsys.readouterr()
        return Said(code, out, err)

    def sign_and_publish(self) -> None:
        for words in (("sign", "--all", "--as", "ines"), ("sign", "--all", "--as", "tom"), ("publish", "--as", "ines")):
            said = self.type(*words, "--files", str(self.files))
            assert said.code == 0, said.err

    def enrol(self, email: str) -> str:
        with opened(settings_for(self.data)) as archive, archive.begin() as tx:
            values = {"inquiry.topic": "detention", "lead.first_name": "Ana"}
            return str(enrolling.enrol(tx, archive, Enrolment(email, values)).lead_id)


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Nothing begun yet; the shipped files to change at will."""
    for name in [name for name in os.environ if name.startswith(("NURTURE_", "TEMPORAL_"))]:
        monkeypatch.delenv(name)
    for folder in ("lead_defs", "content"):
        shutil.copytree(ROOT / folder, tmp_path / "files" / folder)
    return Desk(tmp_path / "data", tmp_path / "files", capsys)


@pytest.fixture
def open_desk(desk: Desk) -> Desk:
    """Signed and published."""
    desk.sign_and_publish()
    return desk
