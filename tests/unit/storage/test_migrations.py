"""The numbered steps lead to the tables of the code, on each database there is on this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from domain.errors import NotReadyError
from domain.lead import Lead, State
from storage import migrate
from storage import tables as t
from storage.archive import connect
from storage.rows import from_lead
from tests.world import MONDAY

POSTGRES = Path("/usr/lib/postgresql/15/bin")
DATABASES = ["sqlite", *(["postgresql"] if POSTGRES.is_dir() else [])]
NOBODY = 65534


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'archive.db'}"
    else:
        with postgres() as made:
            yield made


@contextmanager
def postgres() -> Iterator[str]:
    """A server of our own on a folder of its own; PostgreSQL refuses to run as root, so root gives way to nobody."""
    as_whom = {"user": NOBODY, "group": NOBODY} if os.getuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="nurture-pg-"))
    if as_whom:
        os.chown(folder, NOBODY, NOBODY)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
    control = [str(POSTGRES / "pg_ctl"), "-s", "-w", "-D", str(folder / "data"), "-l", str(folder / "log")]
    make = [str(POSTGRES / "initdb"), "-D", str(folder / "data"), "-U", "nurture", "-A", "trust", "-N"]
    run = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder, **as_whom}
    try:
        subprocess.run(make, **run)  # type: ignore[call-overload]  # arguments by name
        subprocess.run([*control, "-o", options, "start"], **run)  # type: ignore[call-overload]  # as above
        yield f"postgresql+psycopg://nurture@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **(run | {"check": False}))  # type: ignore[call-overload]
        shutil.rmtree(folder, ignore_errors=True)


def test_the_steps_lead_to_the_tables(url: str) -> None:
    assert migrate.upgrade(url)
    assert not migrate.upgrade(url)
    engine = connect(url, pool_size=1)
    try:
        migrate.require_head(engine)
        with engine.begin() as tx:
            context = MigrationContext.configure(tx, opts={"compare_type": True})
            assert compare_metadata(context, t.metadata) == []
    finally:
        engine.dispose()


def test_an_archive_of_a_newer_version_is_left_alone(url: str) -> None:
    migrate.upgrade(url)
    engine = connect(url, pool_size=1)
    try:
        with engine.begin() as tx:
            tx.execute(text("update alembic_version set version_num = '9999'"))
        with pytest.raises(NotReadyError, match="newer version of nurture"):
            migrate.upgrade(url)
        with pytest.raises(NotReadyError, match="newer version of nurture"):
            migrate.require_head(engine)
    finally:
        engine.dispose()


def test_the_checks_are_there_too(url: str) -> None:
    """compare_metadata does not look at CHECKs: a lead with sales has an owner and a clock, or is not stored."""
    migrate.upgrade(url)
    engine = connect(url, pool_size=1)
    lead = Lead(uuid4(), State.HANDED_OFF, MONDAY, MONDAY)
    row = {**from_lead(lead), "address_key": "k", "origin": "api", "step_seq": 0}
    try:
        with pytest.raises(IntegrityError, match="one_owner_one_clock"), engine.begin() as tx:
            tx.execute(insert(t.leads).values(row))
    finally:
        engine.dispose()
