"""A PostgreSQL of the tests' own: one server a session on a folder of its own, a database for each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg

from commands.benchmarks.postgres import USER, started, url
from storage import migrate
from storage.tables import metadata

TEMPLATE = "archive"
CARELESS = "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"
"""What is lost when the machine goes down is only a test."""


@dataclass
class Server:
    """Reached by its socket only, so no port can be taken. `admin` is a connection of one thread."""

    folder: Path
    admin: psycopg.Connection
    _free: list[str] = field(default_factory=list)

    def url(self, name: str) -> str:
        return url(self.folder, name)

    @contextmanager
    def archive(self) -> Iterator[str]:
        """The URL of an empty archive that nobody else uses. Emptied afterwards and used again: on a busy disk that
        takes a twentieth of making the next one."""
        name = self._free.pop() if self._free else self._create(TEMPLATE)
        yield self.url(name)
        self._end_connections(name)
        with psycopg.connect(host=str(self.folder), user=USER, dbname=name) as tx:
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


@contextmanager
def running() -> Iterator[Server]:
    with (
        started(CARELESS) as folder,
        psycopg.connect(host=str(folder), user=USER, dbname="postgres", autocommit=True) as admin,
    ):
        server = Server(folder, admin)
        admin.execute(f"create database {TEMPLATE}".encode())
        migrate.upgrade(server.url(TEMPLATE))
        yield server
