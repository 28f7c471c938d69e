"""`nurture up` as somebody uses it: started, killed in parts and as a whole, started again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from commands.folder import Folder
from commands.processes import Process

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
GIVEN_UP = 110.0
"""What was on its way when a worker was killed is given up and taken up again within this."""
pytestmark = pytest.mark.timeout(480)

PERSON = {
    "email": "ana@bluelake.example",
    "company": {"industry": "3pl", "dock_doors": 20, "country": "US"},
    "inquiry": {"topic": "detention"},
}


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NURTURE_", "TEMPORAL_"))}
    return kept | {"PYTHONPATH": str(ROOT)}


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def until(holds: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not come within {patience} s"
        time.sleep(0.1)


@dataclass
class House:
    """One data folder with published files, and whatever `up` runs on it."""

    data: Path
    ports: list[int]
    more: Mapping[str, str] = field(default_factory=dict)
    """Beside the environment of the others."""
    up: subprocess.Popen[str] | None = None
    speed: tuple[str, ...] = ("864000",)

    @property
    def environment(self) -> dict[str, str]:
        return environment() | dict(self.more)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "cli", *arguments, "--data", str(self.data)]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )

    def start(self) -> dict[str, str]:
        options = zip(("--port", "--temporal-port", "--temporal-ui-port", "--smtp-port"), self.ports, strict=True)
        given = [str(part) for option in options for part in option]
        command = self.command("up", "--json", "--speed", *self.speed, *given)
        with (self.data.parent / "up.err").open("ab") as errors:
            self.up = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        assert self.up.stdout is not None
        line = self.up.stdout.readline()
        assert line, (self.data.parent / "up.err").read_text()
        addresses: dict[str, str] = json.loads(line)
        return addresses

    def end(self, number: signal.Signals) -> None:
        if self.up is None:
            return
        self.up.send_signal(number)
        self.up.wait(15)
        assert self.up.stdout is not None
        self.up.stdout.close()
        self.up = None

    @property
    def processes(self) -> dict[str, Process]:
        return {each.name: each for each in Folder(self.data).last_run().processes}

    def call(self, method: str, path: str, body: object = None) -> Any:  # Any: JSON
        key = (self.data / "admin.key").read_text().strip()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        content = json.dumps(body).encode() if body is not None else None
        request = Request(f"http://127.0.0.1:{self.ports[0]}{path}", content, headers, method=method)
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def touches(self, lead_id: str) -> int:
        """How many were delivered."""
        items = self.call("GET", f"/api/leads/{lead_id}/timeline")["items"]
        return sum(row["kind"] == "touch" and row["data"]["status"] == "delivered" for row in items)

    def answers(self) -> bool:
        try:
            return bool(self.call("GET", "/health"))
        except (OSError, HTTPError):
            return False


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "data", free_ports(4))
    for who in ("ines", "tom"):
        signed = made.run("sign", "--all", "--as", who)
        assert signed.returncode == 0, signed.stderr
    yield made
    made.end(signal.SIGKILL)


def test_it_stands_takes_a_lead_and_ends_with_all_its_children(house: House) -> None:
    addresses = house.start()
    assert set(addresses) == {"api", "web", "temporal", "mail", "data", "admin_key_file"}
    assert (house.data / "admin.key").stat().st_mode & 0o777 == 0o600
    assert house.data.stat().st_mode & 0o777 == 0o700
    lead = house.call("POST", "/api/leads", PERSON)["id"]
    until(lambda: house.call("GET", f"/api/leads/{lead}")["track"] == "dock-waiting", "nurturing")
    until(lambda: list((house.data / "mail").glob("*.eml")), "a mail")

    second = house.run("up", "--speed", "864000")
    assert second.returncode == 1
    assert "is running on" in second.stderr
    assert second.stderr.count("\n") == 1

    children = house.processes
    assert set(children) == {"temporal", "mail", "worker", "api"}
    began = time.monotonic()
    house.end(signal.SIGTERM)
    assert time.monotonic() - began < 30
    assert not [each.name for each in children.values() if each.is_running]


def test_killed_in_parts_and_as_a_whole_it_goes_on(house: House) -> None:
    house.start()
    lead = house.call("POST", "/api/leads", PERSON)["id"]
    until(lambda: house.touches(lead) >= 1, "a first touch")
    for name in ("worker", "temporal", "api"):
        before = house.processes[name]
        os.kill(before.pid, signal.SIGKILL)
        until(lambda name=name, pid=before.pid: house.processes[name].pid != pid, f"another {name}")  # type: ignore[misc]
    until(house.answers, "the API")
    given = house.touches(lead)
    until(lambda: house.touches(lead) > given, "the next touch")

    children = house.processes
    house.end(signal.SIGKILL)
    until(lambda: not [each for each in children.values() if each.is_running], "the end of all children")
    house.start()
    mails = [path.name.partition("-")[2] for path in (house.data / "mail").glob("*.eml")]
    assert len(mails) == len(set(mails)), "a mail was sent twice"
    assert house.call("GET", f"/api/leads/{lead}")["id"] == lead
    deadline = time.monotonic() + GIVEN_UP
    while (healthy := house.run("doctor", "--json")).returncode and time.monotonic() < deadline:
        time.sleep(2)
    assert healthy.returncode == 0, healthy.stdout


def test_a_folder_stays_on_the_clock_it_began_with(house: House) -> None:
    house.start()
    house.end(signal.SIGTERM)
    refused = house.run("up")
    assert refused.returncode == 1
    assert "was begun on the demo clock" in refused.stderr


def test_while_temporal_is_away_calls_are_accepted_and_acted_on_when_it_is_back(house: House) -> None:
    house.start()
    temporal = house.processes["temporal"].pid
    os.kill(temporal, signal.SIGSTOP)  # not killed: it would be started again at once
    try:
        lead = house.call("POST", "/api/leads", PERSON)["id"]
        again = house.call("POST", f"/api/leads/{lead}/events", {"name": "click", "source": "site", "id": "1"})
        assert again["is_new"]
        assert house.call("GET", f"/api/leads/{lead}")["state"] == "NEW"
    finally:
        os.kill(temporal, signal.SIGCONT)
    until(lambda: house.call("GET", f"/api/leads/{lead}")["state"] == "NURTURING", "nurturing")
