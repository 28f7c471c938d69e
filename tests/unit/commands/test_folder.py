"""The data folder: who may look, who holds it, what is remembered of the last run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from commands import folder as folders
from commands.folder import Folder, Run
from commands.processes import Process
from domain.errors import ConflictError, NotReadyError


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "data")
    made.make()
    return made


def test_only_its_owner_may_look_inside(folder: Folder) -> None:
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert folder.mail.is_dir()


def test_a_file_in_its_place_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder")
    with pytest.raises(NotReadyError, match=r"cannot be made .* name another one with --data"):
        Folder(tmp_path / "data").make()


def test_one_at_a_time(folder: Folder) -> None:
    with folder.locked(), pytest.raises(ConflictError, match="is running on"), folder.locked():
        pass
    with folder.locked():
        pass


def test_the_lock_ends_with_the_process_that_had_it(folder: Folder) -> None:
    code = (
        "import os, sys, pathlib; from commands.folder import Folder\n"
        "with Folder(pathlib.Path(sys.argv[1])).locked(): os._exit(9)"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(folder.path)], check=False, cwd=Path(__file__).parents[3])
    assert ended.returncode == 9  # it had the lock, and gave nothing back
    with folder.locked():
        pass


def test_the_last_run_is_remembered(folder: Folder) -> None:
    run = Run({"api": 8600}, [Process("worker", 12, "boot/34")])
    folder.remember(run)
    assert folder.last_run() == run


@pytest.mark.parametrize("text", ["", "{", "[]", '{"ports": {}, "processes": [{"pid": 1}]}', "null"])
def test_half_a_note_counts_as_none(folder: Folder, text: str) -> None:
    (folder.path / "up.json").write_text(text)
    assert folder.last_run() == Run()


def test_a_log_that_grew_is_kept_once(folder: Folder) -> None:
    log = folder.log("worker")
    with log.open("ab") as written:
        written.write(b"x" * (folders.LOG_LIMIT + 1))
        written.flush()
        folder.shorten_logs()
        written.write(b"after")
        written.flush()
        assert log.read_bytes() == b"after"
    assert log.with_suffix(".log.1").stat().st_size == folders.LOG_LIMIT + 1
