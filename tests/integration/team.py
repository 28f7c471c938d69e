"""The processes of the compose file, as this machine can run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import yaml
from sqlalchemy import create_engine, text

from commands.programs import temporal_binary
from tests.integration.test_up import ROOT, environment, free_ports, until
from tests.postgres import Server

COMPOSE = ROOT / "docker-compose.yml"
SECRET = "0123456789abcdef" * 4
SLOW, FAST = 600.0, 864000.0
"""Business seconds a second: a lease of a quarter of an hour runs out while somebody looks on; ten days a second."""


def services() -> dict[str, Any]:  # Any: YAML
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


@dataclass
class Team:
    """The processes of the compose file, as this machine can run them: its addresses in place of its host names."""

    data: Path
    files: Path
    url: str
    ports: dict[str, int]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def settings(self, **more: str) -> dict[str, str]:
        given = {name: str(value) for name, value in services()["worker"]["environment"].items()}
        kept = {name: value for name, value in given.items() if "$" not in value}
        here = {
            "NURTURE_DATABASE": self.url,
            "NURTURE_SECRET": SECRET,
            "NURTURE_DATA": str(self.data),
            "NURTURE_FILES": str(self.files),
            "NURTURE_HOST": "127.0.0.1",
            "NURTURE_SMTP_HOST": "127.0.0.1",
            "NURTURE_SMTP_PORT": str(self.ports["smtp"]),
            "NURTURE_SMTP_USERNAME": "",
            "NURTURE_SPEED": str(FAST),
            "TEMPORAL_ADDRESS": f"127.0.0.1:{self.ports['temporal']}",
            "TEMPORAL_CONFIG_FILE": os.devnull,
        }
        return environment() | kept | here | more

    def command(self, service: str) -> list[str]:
        said = services()[service]["command"]
        program = {"nurture": [sys.executable, "-m", "cli"], "python": [sys.executable]}[said[0]]
        here = {"0.0.0.0": "127.0.0.1", "8625": str(self.ports["smtp"]), "/data/mail": str(self.data / "mail")}
        return [*program, *(here.get(word, word) for word in said[1:])]

    def start(self, name: str, command: list[str], **more: str) -> None:
        given = self.settings(**more)
        with (self.data.parent / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(command, cwd=ROOT, env=given, stdout=log, stderr=log)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cli", *words]
        return subprocess.run(command, cwd=ROOT, env=self.settings(), capture_output=True, text=True, check=False)

    def prepare(self, speed: float) -> None:
        """As at every start and upgrade; the clock goes on from where it stands, at this speed."""
        given = self.settings(NURTURE_SPEED=str(speed))
        prepared = subprocess.run(
            self.command("prepare"), cwd=ROOT, env=given, capture_output=True, text=True, check=False
        )
        assert prepared.returncode == 0, prepared.stderr

    def call(
        self, api: str, path: str, body: object = None, key: str | None = None, method: str | None = None
    ) -> Any:  # Any: JSON
        """As an admin, or with that key. Raises HTTPError for whatever is refused."""
        key = key or (self.data / "admin.key").read_text().strip()
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        request = Request(f"http://127.0.0.1:{self.ports[api]}{path}", data, headers, method=method)
        with urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())

    def start_api(self, number: int) -> None:
        self.start(f"api{number}", self.command("api"), NURTURE_PORT=str(self.ports[f"api{number}"]))

    def start_all(self) -> None:
        """Two of each, and what takes the mail."""
        self.start("mail", self.command("mail"))
        for number in (1, 2):
            self.start_api(number)
            self.start(f"worker{number}", self.command("worker"))
        until(lambda: self.answers("api1") and self.answers("api2"), "the APIs")

    def answers(self, api: str) -> bool:
        try:
            return bool(self.call(api, "/ready"))
        except OSError:
            return False

    def rows(self, query: str) -> list[Any]:  # Any: rows
        engine = create_engine(self.url)
        with engine.connect() as tx:
            found = list(tx.execute(text(query)))
        engine.dispose()
        return found

    def end(self) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()


@contextmanager
def team_on(server: Server, folder: Path, files: Path, attributes: Iterable[str] = ()) -> Iterator[Team]:
    """Its Temporal runs, and knows these search attributes; the rest is started by whoever has prepared it."""
    names = ("temporal", "ui", "smtp", "api1", "api2")
    with server.nothing() as url:
        made = Team(folder / "data", files, url, dict(zip(names, free_ports(5), strict=True)))
        try:
            words = ["--port", str(made.ports["temporal"]), "--ui-port", str(made.ports["ui"]), "--log-level", "error"]
            words += [f"--search-attribute={name}=Keyword" for name in attributes]
            made.start("temporal", [temporal_binary(), "server", "start-dev", *words])
            yield made
        finally:
            made.end()
