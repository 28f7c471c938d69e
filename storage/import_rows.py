"""Rows of a file into the archive, many at once: in waves in which nobody stands twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from domain import keys
from domain.errors import ConflictError, NurtureError
from domain.importing import Line, Refused, Row, usable
from domain.lead import Source, Value
from domain.release import Release
from storage import enrolling, enrolling_many, import_history, wakes
from storage import tables as t
from storage.archive import Archive, Tx
from storage.enrolling import Enrolment
from storage.enrolling_many import LostRaceError, Met, Ready

Outcome = Sequence[str] | Refused
"""The counts a row belongs to, or why it was rejected."""
MOST_RACES = 10
"""Lost one after the other by the same rows; each means that somebody else got on, so nobody comes near it."""


@dataclass(frozen=True)
class Prepared:
    """A row that nothing is wrong with by itself."""

    line: Line
    ready: Ready
    left_unknown: Mapping[str, str]


def prepare(release: Release, secret: bytes, rows: Iterable[Row], tag: str) -> list[Prepared | Refused]:
    """All that can be told of rows without the archive, so that nobody waits for it."""
    return [row if isinstance(row, Refused) else _prepared(release, secret, row, tag) for row in rows]


def _prepared(release: Release, secret: bytes, line: Line, tag: str) -> Prepared | Refused:
    try:
        values, left = usable(release.fields, line.values)
        who = _enrolment(line, values, tag)
        address, understood = enrolling.understood(release, who)
        import_history.check(line, release)
    except NurtureError as error:
        return Refused(line.number, error.sentence)
    return Prepared(line, Ready(who, address, keys.address_key(secret, address), understood), left)


def take(tx: Tx, archive: Archive, release: Release, rows: Sequence[Prepared | Refused], tag: str) -> list[Outcome]:
    """What became of each. All of a row or, on a rule it breaks, nothing of it."""
    outcomes: dict[int, Outcome] = {row.number: row for row in rows if isinstance(row, Refused)}
    left = [row for row in rows if isinstance(row, Prepared)]
    stands = enrolling_many.stand_for(tx, [row.ready.key for row in left])
    while left:
        wave, left = _next_wave(left, stands)
        for row, outcome in zip(wave, _taken(tx, archive, release, wave, tag), strict=True):
            outcomes[row.line.number] = outcome
    return [outcomes[number] for number in sorted(outcomes)]


def _next_wave(rows: Sequence[Prepared], stands: Mapping[str, UUID]) -> tuple[list[Prepared], list[Prepared]]:
    """Those that share nobody with a row before them, and the others. Two rows about one person are taken one after
    the other: by the address, the external id, or the lead that two addresses stand for since they were merged."""
    seen: set[object] = set()
    wave: list[Prepared] = []
    left: list[Prepared] = []
    for row in rows:
        key, external = row.ready.key, row.line.external
        marks = {key, external or key, stands.get(key, key)}
        (left if marks & seen else wave).append(row)
        seen |= marks
    return wave, left


def _taken(tx: Tx, archive: Archive, release: Release, wave: Sequence[Prepared], tag: str) -> list[Outcome]:
    for _ in range(MOST_RACES):
        try:
            with tx.begin_nested():
                return _take_wave(tx, archive, release, wave, tag)
        except LostRaceError:
            continue
    raise AssertionError("a wave lost every race")


def _take_wave(tx: Tx, archive: Archive, release: Release, wave: Sequence[Prepared], tag: str) -> list[Outcome]:
    found, now = enrolling_many.meet(tx, archive, release, [row.ready for row in wave])
    outcomes: list[Outcome] = []
    taken: list[tuple[Met, Line]] = []
    earlier = _told_already(tx, [met for met in found if isinstance(met, Met)], tag)
    for row, met in zip(wave, found, strict=True):
        error = (
            met if isinstance(met, ConflictError) else import_history.refusal(row.line, met.lead.state, met.lead.owner)
        )
        if isinstance(met, Met) and error is None:
            taken.append((met, row.line))
            outcomes.append((_kind(met, earlier), *flags(row)))
        elif error:
            outcomes.append(Refused(row.line.number, error.sentence))
    if taken:
        _write(tx, release, taken, tag, now)
    return outcomes


def _write(tx: Tx, release: Release, taken: Sequence[tuple[Met, Line]], tag: str, now: datetime) -> None:
    met = [each for each, _ in taken]
    log_ids = enrolling_many.write(tx, met, now)
    enrolling_many.learn(tx, release, met, log_ids, now)
    import_history.add(tx, release, taken, tag, now)
    enrolling_many.keep(tx, met)
    wakes.wake_many(tx, [each.lead.id for each in met], wakes.IMPORTED)
    for each, line in taken:
        if line.owner:
            import_history.with_sales(tx, each.lead.id, line.owner, release, tag, now)


def _kind(met: Met, earlier: set[UUID]) -> str:
    if met.is_new:
        return "new"
    return "merged" if met.lead.id in earlier else "known"


def _told_already(tx: Tx, met: Sequence[Met], tag: str) -> set[UUID]:
    """Of the leads there are, those that an earlier row of this import was about."""
    ids = [each.lead.id for each in met if not each.is_new]
    if not ids:
        return set()
    c = t.log.c
    kinds = ("enrolled", "inquired_again")
    mine = select(c.lead_id).where(c.lead_id.in_(ids), c.actor_id == tag, c.kind.in_(kinds))
    return set(tx.execute(mine).scalars())


def flags(row: Prepared) -> list[str]:
    """What is counted of a row beside what became of it."""
    line = row.line
    found = {"opted_out": line.has_opted_out, "left_unknown": row.left_unknown, "with_sales": line.owner}
    return [name for name, is_so in found.items() if is_so]


def _enrolment(line: Line, values: Mapping[str, Value], tag: str) -> Enrolment:
    return Enrolment(
        line.email,
        values,
        origin="import",
        source=Source.IMPORT,
        actor="OPS",
        actor_id=tag,
        external=line.external,
        consent=line.consent,
        has_opted_out=line.has_opted_out,
        is_do_not_call=line.is_do_not_call,
        has_bounced=line.has_bounced,
    )
