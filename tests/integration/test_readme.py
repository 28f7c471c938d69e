"""The README does what it says: its session is run as it stands there, against a real `up`."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.test_up import ROOT, House, environment, house

__all__ = ["house"]
README = (ROOT / "README.md").read_text()
MAIL = Path("content/tracks/dock-waiting/checklist.md")
pytestmark = pytest.mark.timeout(600)


def block(name: str) -> str:
    found = re.search(rf"<!-- tested: {name} -->\n```sh\n(.*?)```", README, re.DOTALL)
    assert found, f"the README's commands of `{name}` are gone"
    return found[1]


def commands(folder: Path) -> str:
    """A folder with the `nurture` command as `make setup` leaves it in .venv/bin."""
    script = folder / "nurture"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m cli "$@"\n')
    script.chmod(0o755)
    return str(folder)


def test_the_first_hour(house: House, tmp_path: Path) -> None:
    *signed, up = block("start").splitlines()
    assert signed == [f"nurture sign --all --as {who}" for who in ("ines", "tom")]  # which the house did
    house.speed = tuple(shlex.split(up)[3:])
    house.start()
    here = tmp_path / "here"
    for folder in ("lead_defs", "content", "docs/examples"):
        shutil.copytree(ROOT / folder, here / folder)
    (here / ".nurture").symlink_to(house.data)
    path = f"{commands(tmp_path)}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def run(text: str, code: int = 0) -> str:
        text = text.replace("8600", str(house.ports[0])).replace("8700", str(house.ports[1]))
        shell, more = ["bash", "-euo", "pipefail", "-c", text], {"PATH": path}
        done = subprocess.run(
            shell, cwd=here, env=environment() | more, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert done.returncode == code, done.stdout
        assert '"status":4' not in done.stdout, done.stdout
        return done.stdout

    assert "Two hours every Monday" in run(block("by-hand"))
    _nothing_twice(house)
    story = run(block("history"))
    assert "result[0].reason: email 2 of 4: free-trial-run, " in story
    assert "result[0].told.lacks: soon not met" in story
    assert "activityType.name: deliver" in story
    imported = run(block("import"))
    assert "4 of 4 rows: 3 new, 0 known before, 0 merged with a row above, 1 rejected" in imported
    assert re.search("Kim +(NEW|INQUIRY|NURTURING), cycle 1", imported)
    (here / MAIL).write_text((here / MAIL).read_text().replace("Twelve reasons", "A dozen reasons"))
    plan, publish, releases, rollback = block("publish").splitlines()
    planned = run(plan, code=2)
    assert f"~ {MAIL}" in planned
    assert "the same touch in other words" in planned
    told = run("\n".join((publish, releases, rollback)))
    assert "is live" in told


def _nothing_twice(house: House) -> None:
    lead = house.call("GET", "/api/leads/crm:1")
    assert lead["cycle"] == 2
    items = house.call("GET", "/api/leads/crm:1/timeline")["items"]
    touches = [row["data"] for row in items if row["kind"] == "touch"]
    given = [touch["delivery"] for touch in touches if touch["status"] == "delivered"]
    assert len(given) == len(set(given)) >= 4


def test_every_file_it_links_to_exists() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")):
        prose = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#]+)\)", prose):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name} links to {target}"
