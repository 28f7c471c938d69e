"""A month of a sales team: whatever twelve people's habits do to it, every lead has one owner, a reason, and a name for
each hand that let it pass. `python -m tests.properties.test_month 1000` lives a month with so many leads and tells it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.month import DAYS, FILES, Month
from tests.month_by_hand import ByHand
from tests.month_checks import check, kept, tell
from tests.world import World


@contextmanager
def lived(leads: int, seed: int) -> Iterator[Month]:
    with tempfile.TemporaryDirectory() as folder:
        world = World.make(Path(folder), FILES, is_for_show=True)
        yield ByHand(world, leads, seed).live()
        world.archive.engine.dispose()


@pytest.mark.timeout(900)
def test_a_month_of_twelve_salespeople() -> None:
    with lived(120, 1) as month:
        check(month)
        by_rep = kept(month)
        assert by_rep["vera"]["tried"] == 0
        assert 0 < by_rep["vera"]["let_pass"] == by_rep["vera"]["offered"] < 10
        assert by_rep["stan"]["rejected"] == by_rep["stan"]["offered"] > 0
        assert by_rep["yuki"]["offered"] > 0


if __name__ == "__main__":
    with lived(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, int(sys.argv[2]) if len(sys.argv) > 2 else 1) as found:
        tell(found)
        check(found)
        print(f"{found.leads} leads in {DAYS} days: all as agreed")
