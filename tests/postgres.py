"""A PostgreSQL of the tests' own: one server a session on a folder of its own, a database for each test."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg

from storage import migrate
from storage.tables import metadata

DEBIAN = Path("/usr/lib/postgresql")
NOBODY = 65534
TEMPLATE = "archive"
MISSING = "PostgreSQL is missing, and the suite runs on it too; install it: apt-get install postgresql"
CARELESS = "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"
"""What is lost when the machine goes down is only a test."""


@dataclass
class Server:
    """Reached by its socket only, so no port can be taken. `admin` is a connection of one thread."""

    folder: Path
    admin: psycopg.Connection
    _free: list[str] = field(default_factory=list)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://nurture@/{name}?host={self.folder}"

    @contextmanager
    def archive(self) -> Iterator[str]:
        """The URL of an empty archive that nobody else uses. Emptied afterwards and used again: on a busy disk that
        takes a twentieth of making the next one."""
        name = self._free.pop() if self._free else self._create(TEMPLATE)
        yield self.url(name)
        self._end_connections(name)
        with psycopg.connect(host=str(self.folder), user="nurture", dbname=name) as tx:
            tx.execute("; ".join(f"delete from {table}" for table in reversed(metadata.sorted_tables)).encode())
        self._free.append(name)

    @contextmanager
    def nothing(self) -> Iterator[str]:
        """The URL of a database without a single table."""
        name = self._create("template1")
        yield self.url(name)
        self._end_connections(name)
        self.admin.execute(f"drop database {name}".encode())

    def _create(self, template: str) -> str:
        name = f"test_{uuid4().hex}"
        self.admin.execute(f"create database {name} template {template}".encode())
        return name

    def _end_connections(self, name: str) -> None:
        self.admin.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s", [name])


def programs() -> Path:
    """The folder of initdb and pg_ctl, of the newest version there is. Raises LookupError with what to install."""
    versions = (path for path in DEBIAN.glob("*/bin") if (path / "initdb").is_file())
    if found := max(versions, key=lambda path: float(path.parent.name), default=None):
        return found
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    raise LookupError(MISSING)


@contextmanager
def running() -> Iterator[Server]:
    """PostgreSQL refuses to run as root, so root gives way to nobody."""
    owner = {"user": NOBODY, "group": NOBODY} if os.getuid() == 0 else {}
    found = programs()
    folder = Path(tempfile.mkdtemp(prefix="nurture-pg-"))
    if owner:
        os.chown(folder, NOBODY, NOBODY)

    def run(program: str, *words: str) -> None:
        command = [str(found / program), "-D", str(folder / "data"), *words]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **owner)  # type: ignore[call-overload]  # arguments by name

    try:
        run("initdb", "-U", "nurture", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
        options = " ".join(f"-c {option}" for option in ("listen_addresses=", *CARELESS))
        run("pg_ctl", "-s", "-w", "-l", str(folder / "log"), "-o", f"-k {folder} {options}", "start")
        try:
            with psycopg.connect(host=str(folder), user="nurture", dbname="postgres", autocommit=True) as admin:
                server = Server(folder, admin)
                admin.execute(f"create database {TEMPLATE}".encode())
                migrate.upgrade(server.url(TEMPLATE))
                yield server
        finally:
            run("pg_ctl", "-s", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
