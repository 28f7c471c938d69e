"""How fast a long job may write beside live traffic: SQLite has one writer, so each transaction holds up everybody."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select

from storage import tables as t
from storage.archive import Tx

MOST_ROWS = 500
FEWEST_ROWS = 25
"""Of fewer, the statements of a transaction cost more than the rows in them."""
FIRST_ROWS = 50
ALONE, IN_COMPANY = 0.5, 0.1
"""Seconds that one transaction may hold up others: while nobody else writes, and while somebody does."""
LEAST_REST = 0.1
"""Seconds left free in any case: a writer that waits for SQLite looks again only so often, and would starve."""
LONGEST_REST = 1.0


class Pace:
    """How many rows the next transaction takes, and how long to rest after it. Others are noticed by the log: when it
    has grown between two of our own transactions, they get as much time as we took."""

    def __init__(self) -> None:
        self.size = FIRST_ROWS
        self._took = 0.0
        self._left_at: int | None = None
        self._in_company = False

    @contextmanager
    def working(self) -> Iterator[None]:
        """Around all that is done for a transaction; the rest after it is measured by that."""
        began = time.monotonic()
        yield
        self._took = time.monotonic() - began

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Around what is done in it, while others wait; the size of the next one is measured by that."""
        began = time.monotonic()
        yield
        took = max(time.monotonic() - began, 0.001)
        allowed = (IN_COMPANY if self._in_company else ALONE) / took * self.size
        self.size = max(FEWEST_ROWS, min(MOST_ROWS, int(allowed), self.size * 2))

    def see(self, tx: Tx) -> None:
        """At the beginning of a transaction."""
        self._in_company = self._left_at is not None and _newest(tx) > self._left_at

    def leave(self, tx: Tx) -> None:
        """At its end."""
        self._left_at = _newest(tx)

    def rest(self) -> None:
        time.sleep(min(max(self._took if self._in_company else 0.0, LEAST_REST), LONGEST_REST))


def _newest(tx: Tx) -> int:
    return tx.execute(select(func.max(t.log.c.id))).scalar() or 0
