"""The demo as somebody runs it: three weeks of the story on free ports, ended by itself, with nothing lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from authoring.load import compile_release
from commands.telling import story
from storage.archive import Archive, SystemClock, connect

ROOT = Path(__file__).resolve().parents[2]


def demo(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli", "demo", "--exit", "--data", str(folder), "--files", str(ROOT), *more]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("NURTURE_", "TEMPORAL_"))}
    environment |= {"PYTHONPATH": str(ROOT), "COLUMNS": "120"}
    return subprocess.run(
        command, cwd=folder.parent, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.timeout(400)
def test_the_first_days_of_the_demo_told_twice_side_by_side(tmp_path: Path) -> None:
    """Twelve days, and five of the same seed beside them: each takes time and ports from the other, and changes none
    of its story."""
    with ThreadPoolExecutor() as pool:
        running = pool.submit(demo, tmp_path / "demo", "--days", "12")
        again = demo(tmp_path / "again", "--days", "5")
        done = running.result()
    assert (done.returncode, again.returncode) == (0, 0), done.stdout + done.stderr + again.stdout + again.stderr
    assert "WRONG" not in done.stderr
    for words in (
        ": accepted by Rosa Delgado",
        "unsubscribed",
        "enrolled              8",
        "12 days in",
        "seed 1 tells",
    ):
        assert words in done.stdout
    assert len(list((tmp_path / "demo" / "mail").glob("*.eml"))) > 80
    assert json.loads((tmp_path / "demo" / "up.json").read_text())["processes"] == []  # all ended

    first, second = (story_until(tmp_path / name, "2027-01-09") for name in ("demo", "again"))
    assert len(first) > 250
    assert first == second


def story_until(folder: Path, day: str) -> list[tuple[str, ...]]:
    engine = connect(f"sqlite:///{folder / 'archive.db'}", pool_size=1)
    try:
        rows = story(Archive(engine, SystemClock(), compile_release, b""))
    finally:
        engine.dispose()
    return [row for row in rows if row[1] < day]


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    done = demo(tmp_path / "mine")
    assert (done.returncode, (tmp_path / "mine" / "thesis.txt").read_text()) == (1, "years of work")
    assert "name another folder with --data" in done.stderr
    assert "Traceback" not in done.stderr
