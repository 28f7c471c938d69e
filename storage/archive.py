"""The archive: one database, one transaction at a time per thread, and the release that is live."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Table, create_engine, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url

from domain.errors import NotReadyError
from domain.lead import Lead
from domain.release import Release
from storage import tables as t

Tx = Connection
Compile = Callable[[Mapping[str, str]], Release]
BUSY = timedelta(seconds=30)
SCHEMA_VERSION = 1
"""Of the files as `releases` holds them; what a newer version wrote is not guessed at."""
MANY_LEADS = "many leads"
"""What locks more leads than one does it one at a time: in two orders, two would wait for each other."""


class Clock(Protocol):
    """Business time for the domain; machine time for timers. Both aware UTC."""

    def now(self) -> datetime: ...

    def wake_at(self, due_at: datetime) -> datetime:
        """The machine instant at which a timer for this business instant should fire."""
        ...


class SystemClock:
    """Both times are the machine's."""

    def now(self) -> datetime:
        return machine_now()

    def wake_at(self, due_at: datetime) -> datetime:
        return due_at


def insert_once(tx: Tx, table: Table) -> Any:  # Any: two dialects' inserts with the same on_conflict methods
    """An insert that can say what to do when the row is there. Ask for `returning`: psycopg counts no inserted rows."""
    return (postgresql if tx.dialect.name == "postgresql" else sqlite).insert(table)


def one_at_a_time(tx: Tx, what: str) -> None:
    """Until the end of this transaction nobody else does the same; on SQLite nobody writes anyway."""
    if tx.dialect.name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(func.hashtext(what))))


def machine_now() -> datetime:
    return datetime.now(UTC)


def connect(url: str, pool_size: int = 16, is_for_show: bool = False) -> Engine:
    """An engine with what SQLite needs to be used by several processes: WAL, full sync, writers in a queue.

    On the demo clock (`is_for_show`) nothing waits for the disk: a killed program loses nothing, a machine that loses
    its power may lose the last moments of a story.
    """
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        hide_parameters=True,
        connect_args={"timeout": BUSY.total_seconds()},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: object, record: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]  # we begin transactions ourselves
        cursor = connection.cursor()  # type: ignore[attr-defined]  # a sqlite3 connection
        sync = "synchronous=normal" if is_for_show else "synchronous=full"
        for pragma in ("journal_mode=wal", sync, "foreign_keys=on", "cache_size=-32000"):
            cursor.execute(f"pragma {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred transaction that turns writer late fails at once when another wrote meanwhile; one that
        # says so at its start waits for its turn.
        mode = connection.get_execution_options().get("begin", "immediate")
        connection.exec_driver_sql(f"begin {mode}")

    return engine


@dataclass
class Archive:
    """What every transaction needs: the engine, the clock, how to compile a release, and the address secret."""

    engine: Engine
    clock: Clock
    compile: Compile
    secret: bytes
    build: str = ""
    """What this worker runs; a run begun by another build is asked to start afresh."""
    _compiled: dict[str, Release] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """A writing transaction: committed at the end, rolled back on any error."""
        with self.engine.begin() as tx:
            yield tx

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """A transaction that only reads: all of it as of one moment, and never waiting for writers."""
        options: dict[str, Any] = {"begin": "deferred"}  # Any: option values
        if self.engine.dialect.name == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self.engine.connect().execution_options(**options) as tx, tx.begin():
            yield tx

    def live(self, tx: Tx) -> Release:
        """What is live now, read inside the transaction that decides. Raises NotReadyError before the first publish."""
        row = tx.execute(select(t.live.c.release, t.live.c.approved).order_by(t.live.c.number.desc()).limit(1)).first()
        if row is None:
            raise NotReadyError("nothing is published yet; run: nurture sign and nurture publish")
        return replace_approved(self.release(tx, row.release), frozenset(row.approved))

    def release_for(self, tx: Tx, lead: Lead) -> Release:
        """What is live, as it applies to this lead: with the structure its track had, where edits do not reach it."""
        return self.applied(tx, self.live(tx), lead)

    def applied(self, tx: Tx, release: Release, lead: Lead) -> Release:
        """The same for a release that is not live."""
        track, pinned = release.tracks.get(lead.track or ""), lead.pinned_release
        if track is None or track.in_flight == "adopt" or pinned in (None, release.hash):
            return release
        return keeping(release, track.id, self.release(tx, pinned))

    def release(self, tx: Tx, hash: str) -> Release:
        """A stored release, compiled once per process."""
        found = self._compiled.get(hash)
        if found is None:
            c = t.releases.c
            row = tx.execute(select(c.files, c.schema_version).where(c.hash == hash)).one()
            if row.schema_version > SCHEMA_VERSION:
                raise NotReadyError("what is live was published by a newer version of nurture; install that one")
            with self._lock:
                found = self._compiled.get(hash) or self.compile(row.files)
                self._compiled[hash] = found
        return found


_approved: dict[tuple[str, frozenset[str]], Release] = {}


_kept: dict[tuple[str, frozenset[str], str, str], Release] = {}


def keeping(live: Release, track: str, before: Release) -> Release:
    """As above; there are as many as tracks with `in_flight: keep` and releases their leads came in with."""
    key = (live.hash, live.approved, track, before.hash)
    found = _kept.get(key)
    if found is None:
        found = _kept[key] = live.keeping(track, before)
    return found


def replace_approved(release: Release, approved: frozenset[str]) -> Release:
    """The same release with what is signed by now; kept, because compiled conditions are cached on it."""
    key = (release.hash, approved)
    found = _approved.get(key)
    if found is None:
        found = _approved[key] = replace(release, approved=approved)
    return found
