"""What all tests share: the shipped files as a release, a published archive on either database, and a clock that is
set by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from commands.benchmarks.postgres import programs
from domain.release import Release
from storage.archive import connect
from storage.tables import metadata
from tests import postgres
from tests.world import World, shipped_release

settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")
DATABASES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "postgresql: needs a PostgreSQL on this machine; make check goes without")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where there is no PostgreSQL nothing runs that needs it: a test left out is a failing one."""
    if any(item.get_closest_marker("postgresql") for item in items):
        try:
            programs()
        except LookupError as missing:
            raise pytest.UsageError(*missing.args) from None


@pytest.fixture(scope="session")
def release() -> Release:
    """The files in lead_defs/ and content/, every track approved."""
    return shipped_release()


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """Only for tests marked postgresql."""
    with postgres.running() as running:
        yield running


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an archive nobody uses yet, on each database in turn."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'archive.db'}"
        engine = connect(url, pool_size=1)
        metadata.create_all(engine)
        engine.dispose()
        yield url
        return
    server: postgres.Server = request.getfixturevalue("server")
    with server.archive() as url:
        yield url


@pytest.fixture(params=DATABASES)
def nothing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without a single table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'archive.db'}"
        return
    server: postgres.Server = request.getfixturevalue("server")
    with server.nothing() as url:
        yield url


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    """An empty, published archive, two salespeople, and a clock that only the test moves."""
    made = World.make(tmp_path, url=database)
    yield made
    made.archive.engine.dispose()
