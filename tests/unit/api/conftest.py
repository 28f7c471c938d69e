"""The API over a real archive on either database, with the shipped files published and a clock that tests move."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.api.house import House, furnished


@pytest.fixture
def house(tmp_path: Path, database: str) -> Iterator[House]:
    with furnished(tmp_path, database) as found:
        yield found
