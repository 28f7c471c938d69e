"""Imports: up to 500 rows a transaction, and with them the number of the row that comes next.

An import is durable by its row in the archive, not by a workflow: whoever runs it, killed at any moment, goes on
exactly there - no row twice, none lost. What it enrols is waked through the outbox like everybody else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, insert, select, update

from domain import keys
from domain.addresses import email_address
from domain.errors import ConflictError, InvalidError, MissingError, RefusedError
from domain.importing import Line, Refused, Row
from storage import enrolling, import_rows
from storage import tables as t
from storage.archive import MANY_LEADS, Archive, Tx, one_at_a_time
from storage.around import IMPORT
from storage.pacing import MOST_ROWS, Pace

OPTING_OUT, RUNNING, PAUSED, DONE, REPLACED = "opting_out", "running", "paused", "done", "replaced"
UNDER_WAY = (OPTING_OUT, RUNNING)
UNFINISHED = (*UNDER_WAY, PAUSED)
TAKEN = ("new", "known", "merged", "rejected")
COUNTS = (*TAKEN, "opted_out", "left_unknown", "with_sales")
LONGEST_REASON = 1000

Rows = Callable[[int], Iterator[Row]]
"""The rows from a row number on; the same ones each time."""


@dataclass(frozen=True)
class Import:
    """`counts`: new, known (a lead before), merged (the address stood in an earlier row) and rejected add up to the
    rows taken. Among the first three, opted_out are never mailed, left_unknown have a field whose word is none of its
    choices, with_sales belong to a salesperson already."""

    id: UUID
    name: str
    status: str
    total: int
    next_row: int
    counts: Mapping[str, int]
    at: datetime
    by: str
    file_hash: str
    mapping: Mapping[str, object]

    @property
    def taken(self) -> int:
        return sum(self.counts[name] for name in TAKEN)


class PausedError(ConflictError):
    """Somebody pauses the import meanwhile; `found` is where it stands."""

    type = "paused"

    def __init__(self, found: Import) -> None:
        super().__init__("this import is paused; resume it")
        self.found = found


def start(
    tx: Tx, archive: Archive, name: str, file_hash: str, mapping: Mapping[str, object], total: int, by: str
) -> Import:
    """A new import, or the unfinished one of the same file through the same mapping, which goes on if it is paused.

    One of the same file through another mapping will not be gone on with: it is marked as replaced, what it has
    enrolled is known. `mapping` is JSON; total counts the rows below the header that are not blank.
    """
    one_at_a_time(tx, "import")
    c = t.imports.c
    same = (c.name == name[:255], c.status.in_(UNFINISHED))
    for row in tx.execute(select(t.imports).where(*same)).mappings().all():
        found = _import(row)
        if (found.file_hash, found.mapping) == (file_hash, mapping):
            return resume(tx, found.id)
        if found.file_hash == file_hash:
            tx.execute(update(t.imports).where(c.id == found.id).values(status=REPLACED))
    import_id = uuid4()
    values = {
        "id": import_id,
        "name": name[:255],
        "mapping": {"file": file_hash, "mapping": mapping},
        "status": OPTING_OUT,
        "total": total,
        "next_row": 0,
        "counts": dict.fromkeys(COUNTS, 0),
        "at": archive.clock.now(),
        "by": by[:64],
    }
    tx.execute(insert(t.imports).values(values))
    return load(tx, import_id)


def load(tx: Tx, import_id: UUID) -> Import:
    row = tx.execute(select(t.imports).where(t.imports.c.id == import_id)).mappings().first()
    if row is None:
        raise MissingError(f"there is no import {import_id}")
    return _import(row)


def unfinished(tx: Tx) -> list[Import]:
    """Those that somebody has begun and nobody is known to have ended, paused ones too, oldest first."""
    query = select(t.imports).where(t.imports.c.status.in_(UNFINISHED)).order_by(t.imports.c.at)
    return [_import(row) for row in tx.execute(query).mappings()]


def pause(tx: Tx, import_id: UUID) -> Import:
    """Whoever runs it stops before its next rows. Raises MissingError, RefusedError for one that has ended."""
    found = _open(tx, import_id)
    tx.execute(update(t.imports).where(t.imports.c.id == found.id).values(status=PAUSED))
    return load(tx, found.id)


def resume(tx: Tx, import_id: UUID) -> Import:
    """To be run again from where it stands; who has opted out comes first once more, which changes nothing. Raises as
    `pause` does."""
    found = _open(tx, import_id)
    c = t.imports.c
    tx.execute(update(t.imports).where(c.id == found.id, c.status == PAUSED).values(status=OPTING_OUT))
    return load(tx, found.id)


def _open(tx: Tx, import_id: UUID) -> Import:
    found = load(tx, import_id)
    if found.status not in UNFINISHED:
        word = "done" if found.status == DONE else "replaced by another one of the same file"
        raise RefusedError(f"this import is {word} already; begin a new one with the file", ())
    return found


def recent(tx: Tx, limit: int) -> list[Import]:
    """The newest first."""
    query = select(t.imports).order_by(t.imports.c.at.desc(), t.imports.c.id).limit(limit)
    return [_import(row) for row in tx.execute(query).mappings()]


def rejects(tx: Tx, import_id: UUID, limit: int | None = None) -> list[Refused]:
    c = t.import_rejects.c
    query = select(c.row, c.reason).where(c.import_id == import_id).order_by(c.row).limit(limit)
    return [Refused(*row) for row in tx.execute(query)]


def run(archive: Archive, found: Import, rows: Rows, tell: Callable[[Import], None] = lambda _: None) -> Import:
    """From where it stands to its end, or to where somebody pauses it; `tell` hears of every commit. Raises
    ConflictError when somebody else has gone on with it meanwhile, and what reading the file raises; it can be run
    again after either."""
    pace = Pace()
    if found.status == OPTING_OUT:
        found = _opt_out_first(archive, found, rows, pace)
    ahead = rows(found.next_row)
    try:
        while batch := list(islice(ahead, pace.size)):
            found = take_rows(archive, found, batch, pace)
            tell(found)
            pace.rest()
    except PausedError as paused:
        return paused.found
    with archive.begin() as tx:
        c = t.imports.c
        tx.execute(update(t.imports).where(c.id == found.id, c.status == RUNNING).values(status=DONE))
        return load(tx, found.id)


def take_rows(archive: Archive, found: Import, batch: Sequence[Row], pace: Pace | None = None) -> Import:
    """The next rows, in order, in one transaction with where to go on. A row that breaks a rule is rejected alone.

    Raises PausedError, or ConflictError when the import does not stand where `found` says; then it takes none.
    """
    pace, tag = pace or Pace(), f"{IMPORT}{found.id}"
    after = replace(found, next_row=batch[-1].number + 1)
    with pace.working():
        with archive.reading() as tx:
            release = archive.live(tx)
        rows = import_rows.prepare(release, archive.secret, batch, tag)
        with archive.begin() as tx, pace.writing():
            one_at_a_time(tx, MANY_LEADS)
            pace.see(tx)
            _go_on(tx, found, after)
            if (live := archive.live(tx)) is not release:
                release, rows = live, import_rows.prepare(live, archive.secret, batch, tag)
            after = _counted(tx, after, import_rows.take(tx, archive, release, rows, tag))
            pace.leave(tx)
    return after


def _go_on(tx: Tx, found: Import, after: Import) -> None:
    c = t.imports.c
    stands = (c.id == found.id, c.next_row == found.next_row, c.status == RUNNING)
    if not tx.execute(update(t.imports).where(*stands).values(next_row=after.next_row)).rowcount:
        stands_now = load(tx, found.id)
        if stands_now.status == PAUSED:
            raise PausedError(stands_now)
        raise ConflictError("somebody else is running this import; wait for it, or start again when it has ended")


def _counted(tx: Tx, found: Import, outcomes: Sequence[import_rows.Outcome]) -> Import:
    counts, rejected = Counter(found.counts), list[dict[str, object]]()
    for outcome in outcomes:
        if isinstance(outcome, Refused):
            reason = outcome.reason[:LONGEST_REASON]
            rejected.append({"import_id": found.id, "row": outcome.number, "reason": reason})
            counts["rejected"] += 1
        else:
            counts.update(outcome)
    if rejected:
        tx.execute(insert(t.import_rejects), rejected)
    tx.execute(update(t.imports).where(t.imports.c.id == found.id).values(counts=dict(counts)))
    return replace(found, counts=counts)


def _opt_out_first(archive: Archive, found: Import, rows: Rows, pace: Pace) -> Import:
    """Every opt-out of the whole file before its first lead: its row may be the last one, and the same address
    may stand above it without. Doing it again after a crash changes nothing."""
    leaving = (row for row in rows(0) if isinstance(row, Line) and row.is_suppressed)
    while batch := list(islice(leaving, MOST_ROWS)):
        with archive.begin() as tx:
            _suppress(tx, archive, batch)
        pace.rest()
    with archive.begin() as tx:
        c = t.imports.c
        tx.execute(update(t.imports).where(c.id == found.id, c.status == OPTING_OUT).values(status=RUNNING))
        return load(tx, found.id)


def _suppress(tx: Tx, archive: Archive, lines: Sequence[Line]) -> None:
    reasons: dict[str, str] = {}
    for line in lines:
        try:
            address = email_address(line.email)
        except InvalidError:
            continue  # nobody can be mailed there; the row is rejected when its turn comes
        reason = "opted_out" if line.has_opted_out else "bounced"
        reasons.setdefault(keys.address_key(archive.secret, address), reason)
    enrolling.suppress_many(tx, reasons, "import", archive.clock.now())


def _import(row: RowMapping) -> Import:
    return Import(
        row["id"],
        row["name"],
        row["status"],
        row["total"],
        row["next_row"],
        {**dict.fromkeys(COUNTS, 0), **row["counts"]},
        row["at"],
        row["by"],
        row["mapping"]["file"],
        row["mapping"]["mapping"],
    )
