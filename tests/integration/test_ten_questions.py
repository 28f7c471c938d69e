"""The operators' page does what it says: its ten questions are asked as they stand there, of a real lead on a real
Temporal server, and the backup it takes is restored."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.test_readme import commands
from tests.integration.test_up import PERSON, ROOT, House, environment, house, until

__all__ = ["house"]
PAGE = (ROOT / "docs" / "operators.md").read_text()
BLOCKS = dict(re.findall(r"<!-- tested: (\w+) -->\n```sh\n(.*?)```", PAGE, re.DOTALL))
LEAD = "/api/leads/crm:1"
pytestmark = pytest.mark.timeout(600)


@dataclass
class Operator:
    house: House
    here: Path
    lead: str = "$(id crm:1)"

    def type(self, name: str) -> str:
        """The page's commands of that name, in a shell that knows what the page defined first."""
        story = BLOCKS["story"].replace("8700", str(self.house.ports[1])).replace("$(id crm:1)", self.lead)
        if name not in ("story", "backup"):
            story = story.replace('story "$lead"', "").rstrip() + "\n" + BLOCKS[name]
        elif name == "backup":
            story = BLOCKS[name]
        path = f"{self.here.parent}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        shell = ["bash", "-euo", "pipefail", "-c", story]
        done = subprocess.run(
            shell, cwd=self.here, env=environment() | {"PATH": path}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
        return done.stdout

    def answers(self, name: str, *patterns: str) -> None:
        said = self.type(name)
        for pattern in patterns:
            assert re.search(pattern, said, re.MULTILINE), f"question {name}: no {pattern!r} in\n{said}"

    def details(self) -> str:
        """What the workflow says of itself; nothing while there is none."""
        where = ("--address", f"127.0.0.1:{self.house.ports[1]}", "--workflow-id", f"lead-{self.lead}")
        asked = [
            shutil.which("temporal") or str(Path(sys.executable).parent / "temporal"),
            "workflow",
            "metadata",
            *where,
        ]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout


@pytest.fixture
def operator(house: House, tmp_path: Path) -> Operator:
    house.speed = ("1", "--begin", "2027-01-04T15:00:00")
    house.start()
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / ".nurture").symlink_to(house.data)
    commands(tmp_path)
    return Operator(house, tmp_path / "here")


def test_ten_questions_and_a_backup(operator: Operator) -> None:
    house = operator.house
    assert {str(n) for n in range(1, 11)} < set(BLOCKS)
    assert house.run("rep", "add", "rosa").returncode == 0
    lead = house.call("POST", "/api/leads", PERSON | {"external": {"system": "crm", "id": "1"}})["id"]
    assert house.run("clock", "10 days").returncode == 0
    operator.answers(
        "story", r"\Aheard    enrolled\ndid      decide\n", r"^next     email 1 of 10: checklist, Tue 05 Jan"
    )
    operator.lead = lead
    _while_nurtured(operator)
    house.call("PATCH", LEAD, {"fact": {"pain": "detention", "evaluate_within_months": 2}})
    until(lambda: house.call("GET", LEAD)["state"] == "HANDED_OFF", "a salesperson")
    operator.answers("4", r"owner rosa", r"Running +lead-[0-9a-f-]{36}")
    operator.answers("5", r"due +2027-01-1\d", r"next +half the time to accept", r"clock +accept, until 2027")
    house.call("POST", "/api/handoffs/crm:1/accept", {"for_rep": "rosa"})
    given_back = {"for_rep": "rosa", "reason": "no_budget", "note": "In summer", "learned": {}}
    house.call("POST", "/api/handoffs/crm:1/recycle", given_back)
    until(lambda: "cool-down" in operator.details(), "the rest")
    operator.answers(
        "6", r"heard +accept by sales", r"heard +recycle by sales", r"cool-down after no_budget", "In summer"
    )
    operator.answers("7", r"release ([0-9a-f]{12})[\s\S]*\n1 +\1 +live")
    operator.answers("10", r"Pending Activities: 0")
    _restored(operator)


def _while_nurtured(operator: Operator) -> None:
    house = operator.house
    operator.answers(
        "1", r"next +email 2 of 10: cost-of-waiting[\s\S]*did +deliver", r"(?i)got the mail “[^”]*hour[^”]*”"
    )
    operator.answers("2", r"NURTURING.*next: call 3 of 10: research-call, Fri 15 Jan", r"due 2027-01-15 1\d:\d\d UTC")
    operator.answers("3", r"lacks problem unknown, soon unknown", r"unknown +A problem we solve is stated")
    operator.answers("9", r"2027-01-12 .* cost-of-waiting", r"Trucks wait and we pay detention")
    scope = "company:bluelake.example"
    house.call("POST", "/api/pauses", {"scope": scope, "until": "2027-02-01T00:00:00Z", "note": "strike"})
    assert house.run("clock", "2 days").returncode == 0
    operator.answers("8", rf"next +paused: {scope}", "strike")
    house.call("POST", "/api/pauses/end", {"scope": scope})


def _restored(operator: Operator) -> None:
    """On an empty folder with an empty Temporal the lead's workflow is there again."""
    house = operator.house
    operator.type("backup")
    house.end(signal.SIGTERM)
    shutil.rmtree(house.data)
    shutil.copytree(operator.here / "backup", house.data)
    house.start()
    repaired = house.run("doctor", "--repair")
    assert (repaired.returncode, "woke 1 leads" in repaired.stderr) == (0, True), repaired.stdout
    until(lambda: "cool-down after no_budget" in operator.details(), "its workflow")
