"""Whether anybody has committed anything since the last question: asked hundreds of times a second by those who wait
for others, for a hundredth of what looking itself costs."""

from __future__ import annotations

import time
from contextlib import closing

from storage.archive import Archive

VERSION = {"sqlite": "pragma data_version", "postgresql": "select pg_current_snapshot()::text"}
"""What differs when another connection's commit can be seen. The number of the last write would not do: it is there
before the commit can be seen."""
ANYWAY = 1.0
"""Seconds after which there may always be something new: who was told so looks again, whatever went wrong before."""


class Changes:
    """One connection of its own, in no transaction. For one thread at a time; close it."""

    def __init__(self, archive: Archive, anyway: float = ANYWAY) -> None:
        name = self._name = archive.engine.dialect.name
        self._every = 0.004 if name == "sqlite" else 0.02
        """Seconds until asking again is worth it: here a question is a look into shared memory, there a round trip."""
        self._query = VERSION[name]
        self._connection = archive.engine.raw_connection()
        if name == "postgresql":
            self._connection.driver_connection.autocommit = True  # type: ignore[union-attr]  # a psycopg connection
        self._connection.detach()
        self._version: object = None
        self._anyway, self._anyway_at = anyway, 0.0

    def are_new(self) -> bool:
        """True the first time, and once a second anyway. Ask before you look: what comes meanwhile is new next time."""
        now, version = time.monotonic(), self._ask()
        if version == self._version and now < self._anyway_at:
            return False
        self._version, self._anyway_at = version, now + self._anyway
        return True

    def wait(self, seconds: float = ANYWAY) -> bool:
        """Until something is new; False when nothing was for so long."""
        until = time.monotonic() + seconds
        while not self.are_new():
            if time.monotonic() >= until:
                return False
            time.sleep(self._every)
        return True

    def claim(self, what: str) -> bool:
        """Whether nobody else does this: as long as this connection lasts, nobody else will. On SQLite there is one
        worker, and nobody to ask."""
        if self._name == "sqlite":
            return True
        with closing(self._connection.cursor()) as cursor:
            cursor.execute("select pg_try_advisory_lock(hashtext(%s))", (what,))
            return cursor.fetchone() == (True,)

    def _ask(self) -> object:
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(self._query)
            return cursor.fetchone()

    def close(self) -> None:
        self._connection.close()
