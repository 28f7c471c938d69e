"""What all tests share: the shipped files as a release, a published archive, and a clock that is set by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from domain.release import Release
from tests.world import World, shipped_release

settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


@pytest.fixture(scope="session")
def release() -> Release:
    """The files in lead_defs/ and content/, every track approved."""
    return shipped_release()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An empty, published archive in a file, two salespeople, and a clock that only the test moves."""
    made = World.make(tmp_path)
    yield made
    made.archive.engine.dispose()
