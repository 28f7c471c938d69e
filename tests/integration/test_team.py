"""A team's own server: the compose file is valid, and its very commands do their work - two workers, two APIs, one
PostgreSQL - while one of each is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import yaml
from sqlalchemy import create_engine, text

from commands.programs import temporal_binary
from tests.integration.test_up import GIVEN_UP, PERSON, ROOT, environment, free_ports, until
from tests.postgres import Server

pytestmark = [pytest.mark.postgresql, pytest.mark.timeout(600)]
COMPOSE = ROOT / "docker-compose.yml"
READY = {**PERSON, "fact": {"pain": "detention", "evaluate_within_months": 1}}
LEADS = 40


def services() -> dict[str, Any]:  # Any: YAML
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


def test_the_file_is_as_the_published_schema_wants_it() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout


def test_nothing_is_published_beyond_this_machine_and_no_secret_has_a_default() -> None:
    published = [port for service in services().values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)
    for name in ("POSTGRES_PASSWORD", "NURTURE_SECRET"):
        assert f"${{{name}:?" in COMPOSE.read_text()
        assert f"${{{name}:-" not in COMPOSE.read_text()


def test_every_setting_there_exists() -> None:
    from settings import Settings

    named = {name for s in services().values() for name in s.get("environment", {}) if name.startswith("NURTURE_")}
    assert {name.removeprefix("NURTURE_").casefold() for name in named} <= set(Settings.model_fields)


@dataclass
class Team:
    """The processes of the compose file, as this machine can run them: its addresses in place of its host names."""

    data: Path
    url: str
    ports: dict[str, int]
    files: Path = ROOT
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def settings(self, **more: str) -> dict[str, str]:
        given = {name: str(value) for name, value in services()["worker"]["environment"].items()}
        kept = {name: value for name, value in given.items() if "$" not in value}
        here = {
            "NURTURE_DATABASE": self.url,
            "NURTURE_SECRET": "0123456789abcdef" * 4,
            "NURTURE_DATA": str(self.data),
            "NURTURE_FILES": str(self.files),
            "NURTURE_HOST": "127.0.0.1",
            "NURTURE_SMTP_HOST": "127.0.0.1",
            "NURTURE_SMTP_PORT": str(self.ports["smtp"]),
            "NURTURE_SMTP_USERNAME": "",
            "NURTURE_SPEED": "864000",
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

    def call(self, api: str, path: str, body: object = None) -> Any:  # Any: JSON
        key = (self.data / "admin.key").read_text().strip()
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        with urlopen(Request(f"http://127.0.0.1:{self.ports[api]}{path}", data, headers), timeout=20) as answer:
            return json.loads(answer.read())

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

    def prepare(self) -> None:
        given = self.settings()
        done = subprocess.run(self.command("prepare"), cwd=ROOT, env=given, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def start_api(self, number: int) -> None:
        self.start(f"api{number}", self.command("api"), NURTURE_PORT=str(self.ports[f"api{number}"]))

    def start_all(self) -> None:
        """Two of each, and what takes the mail."""
        self.start("mail", self.command("mail"))
        for number in (1, 2):
            self.start_api(number)
            self.start(f"worker{number}", self.command("worker"))
        until(lambda: self.answers("api1") and self.answers("api2"), "the APIs")

    def end(self) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()


@contextmanager
def team_on(server: Server, folder: Path, files: Path = ROOT, attributes: Iterable[str] = ()) -> Iterator[Team]:
    """Its Temporal runs, and knows these search attributes; the rest is started by whoever has prepared it."""
    names = ("temporal", "ui", "smtp", "api1", "api2")
    with server.nothing() as url:
        made = Team(folder / "data", url, dict(zip(names, free_ports(5), strict=True)), files)
        try:
            words = ["--port", str(made.ports["temporal"]), "--ui-port", str(made.ports["ui"]), "--log-level", "error"]
            words += [f"--search-attribute={name}=Keyword" for name in attributes]
            made.start("temporal", [temporal_binary(), "server", "start-dev", *words])
            yield made
        finally:
            made.end()


@pytest.fixture
def team(server: Server, tmp_path: Path) -> Iterator[Team]:
    with team_on(server, tmp_path) as made:
        yield made


def begin(team: Team) -> None:
    for who in ("ines", "tom"):
        signed = team.run("sign", "--all", "--as", who)
        assert signed.returncode == 0, signed.stderr
    for _ in range(2):  # again at every upgrade
        team.prepare()
    for rep in ("rosa", "marc"):
        added = team.run("rep", "add", rep, "--capacity", "100")
        assert added.returncode == 0, added.stderr
    team.start_all()


def enrol(team: Team, number: int) -> str:
    """Every other one is ready at once; through either API, or the other when one is dead."""
    body = {**(READY if number % 2 else PERSON), "email": f"ana@site{number}.example"}
    for api in ((f"api{1 + number // 2 % 2}"), "api2"):
        try:
            return str(team.call(api, "/api/leads", body)["id"])
        except OSError:
            continue
    raise AssertionError("no API answers")


def test_two_workers_and_two_apis_on_one_database(team: Team) -> None:
    begin(team)
    with ThreadPoolExecutor(6) as pool:
        leads = list(pool.map(lambda n: enrol(team, n), range(LEADS // 2)))
        team.running["worker1"].send_signal(signal.SIGKILL)
        team.running["api1"].send_signal(signal.SIGKILL)
        leads += pool.map(lambda n: enrol(team, n), range(LEADS // 2, LEADS))
    assert len(set(leads)) == LEADS
    team.start("worker3", team.command("worker"))

    def offered() -> bool:
        states = Counter(row.state for row in team.rows("select state from leads"))
        return states["NEW"] + states["INQUIRY"] + states["SALES_READY"] == 0 and states["NURTURING"] <= LEADS // 2

    until(offered, "every lead's first steps", GIVEN_UP)
    until(
        lambda: len(team.rows("select 1 from ledger where status = 'sent'")) >= LEADS // 2, "a mail for each", GIVEN_UP
    )
    assert len(team.rows("select lead_id from handoffs where closed_at is null")) == LEADS // 2
    twice = team.rows("select lead_id, touch from ledger group by lead_id, touch having count(*) > 1")
    assert twice == []
    ids = [path.name for path in (team.data / "mail").glob("*.eml")]
    known = team.rows("select 1 from ledger where channel = 'email'")
    told = team.rows("select 1 from notices where sent_at is not null")
    assert len(ids) == len(set(ids)) <= len(known) + len(told)
