"""The README does what it says: its session is run as it stands there, against a real `up`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.test_up import ROOT, House, environment, house

__all__ = ["house"]
BLOCK = re.compile(r"<!-- tested: by-hand -->\n```sh\n(.*?)```", re.DOTALL)
pytestmark = pytest.mark.timeout(180)


def commands(folder: Path) -> str:
    """A folder with the `nurture` command as `make setup` leaves it in .venv/bin."""
    script = folder / "nurture"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m cli "$@"\n')
    script.chmod(0o755)
    return str(folder)


def test_one_lead_by_hand(house: House, tmp_path: Path) -> None:
    found = BLOCK.search((ROOT / "README.md").read_text())
    assert found, "the README's session is gone"
    house.speed = ("1", "--begin", "2027-01-04T15:00:00")
    house.start()
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / ".nurture").symlink_to(house.data)
    session = found[1].replace("8600", str(house.ports[0]))
    path = f"{commands(tmp_path)}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", session],
        cwd=tmp_path / "here",
        env=environment() | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"status":4' not in done.stdout, done.stdout
    lead = house.call("GET", "/api/leads/crm:1")
    assert lead["cycle"] == 2
    items = house.call("GET", "/api/leads/crm:1/timeline")["items"]
    touches = [row["data"] for row in items if row["kind"] == "touch"]
    given = [touch["delivery"] for touch in touches if touch["status"] == "delivered"]
    assert len(given) == len(set(given)) >= 4
    assert "Two hours every Monday" in done.stdout


def test_every_command_it_names_exists() -> None:
    names = set(re.findall(r"(?m)^(?:export .*\n)?nurture ([a-z]+)", (ROOT / "README.md").read_text()))
    names |= set(re.findall(r"`nurture ([a-z]+)", (ROOT / "README.md").read_text()))
    assert names >= {"up", "sign", "check", "import", "clock", "lead", "doctor"}
    for name in sorted(names):
        command = [sys.executable, "-m", "cli", name, "--help"]
        done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, check=False)
        assert done.returncode == 0, name


def test_every_file_it_links_to_exists() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name} links to {target}"
