"""The plan: every lead on the way decided under one release and under another. It reads, and changes nothing.

Many leads are split over processes, each with its own view of the archive: a decision is pure Python.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import get_context
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from domain.lead import Facts
from domain.planning import TOUCHING, Change, Outlook, Pair, compare, given_by, outlook, repeats, text
from domain.release import Release
from storage import releases
from storage import tables as t
from storage.archive import Archive, Compile, Tx, connect, replace_approved
from storage.many_facts import load_many
from storage.wakes import NO_WORKFLOW

BATCH = 500
FEW = 2000
"""Leads up to which one process is faster than starting others."""
MOST_PROCESSES = 4
OLD_RELEASES = 20
"""How many former releases are looked into for touches that were given and are gone."""
Tell = Callable[[int, int], None]
"""Leads done, of how many."""


@dataclass(frozen=True)
class Side:
    """A release as it would be live."""

    files: Mapping[str, str]
    approved: frozenset[str]


@dataclass(frozen=True)
class Planned:
    """One lead for which something differs. `repeats` are touches it had, with the names they would come under."""

    lead: UUID
    change: Change
    before: Outlook
    after: Outlook
    repeats: tuple[tuple[str, str], ...] = ()


@dataclass
class Plan:
    """`counts` hold every lead on the way; `rows` those that differ, the gravest change first."""

    old: str
    new: str
    paths: list[dict[str, str]]
    counts: Counter[Change] = field(default_factory=Counter)
    rows: list[Planned] = field(default_factory=list)
    kept: int = 0
    """Leads on tracks marked `in_flight: keep`, whose structure stays as it was until their cycle ends."""

    @property
    def total(self) -> int:
        return self.counts.total()

    @property
    def is_quiet(self) -> bool:
        return self.counts[Change.SAME] == self.total

    @property
    def renamed(self) -> Mapping[tuple[str, str], int]:
        """(gone touch, its new name) -> how many leads had it and would get it again."""
        return Counter(pair for row in self.rows for pair in row.repeats)


@dataclass(frozen=True)
class Task:
    """What every process needs to compare; small enough to be sent to it."""

    old: Side
    new: Side
    delivered: Mapping[str, str]
    now: datetime


@dataclass(frozen=True)
class Part:
    """What came of one batch."""

    counts: Mapping[Change, int]
    kept: int
    rows: Sequence[Planned]


def when_signed(release: Release, files: Mapping[str, str]) -> Side:
    """Files as they will be once both teams have signed them."""
    return Side(files, frozenset(releases.approved(release, {})))


def live_side(tx: Tx) -> Side | None:
    row = releases.newest(tx)
    return Side(releases.files_of(tx, row["release"]), frozenset(row["approved"])) if row else None


def plan(archive: Archive, old: Side, new: Side, tell: Tell | None = None) -> Plan:
    """What every lead on the way would need next under both, as of now."""
    pair = _pair(archive.compile, old, new)
    paths = releases.changed_paths(old.files, new.files)
    found = Plan(pair.old.hash, pair.new.hash, paths)
    with archive.reading() as tx:
        ids = _on_the_way(tx)
        delivered = _gone(tx, archive, pair)
    task = Task(old, new, delivered, archive.clock.now())
    is_copy_only = pair.differs_in_copy_only({each["path"] for each in paths})
    for part in _rewordings(archive, task, pair, ids) if is_copy_only else _parts(archive, task, ids):
        found.counts.update(part.counts)
        found.rows += part.rows
        found.kept += part.kept
        if tell:
            tell(found.total, len(ids))
    order = list(Change)
    found.rows.sort(key=lambda row: (order.index(row.change), row.lead))
    return found


def _pair(compile: Compile, old: Side, new: Side, delivered: Mapping[str, str] | None = None) -> Pair:
    before, after = (replace_approved(compile(side.files), side.approved) for side in (old, new))
    return Pair(before, after, delivered or {})


def is_large(tx: Tx, most: int) -> bool:
    c = t.leads.c
    return tx.execute(select(c.id).where(c.state.not_in(NO_WORKFLOW)).offset(most).limit(1)).first() is not None


def _on_the_way(tx: Tx) -> list[UUID]:
    c = t.leads.c
    return list(tx.execute(select(c.id).where(c.state.not_in(NO_WORKFLOW)).order_by(c.id)).scalars())


def _gone(tx: Tx, archive: Archive, pair: Pair) -> dict[str, str]:
    """Touches that somebody had and neither release gives, with the text they had last."""
    c, known = t.ledger.c, {id for each in (pair.old, pair.new) for id, _ in given_by(each)}
    query = select(c.touch, c.release, func.max(c.claimed_at)).where(c.touch.not_in(known))
    newest: dict[str, str] = {}
    for row in tx.execute(query.group_by(c.touch, c.release).order_by(func.max(c.claimed_at))):
        newest[row.touch] = row.release
    looked_into = list(dict.fromkeys(reversed(newest.values())))[:OLD_RELEASES]
    found = {}
    for touch, hash in newest.items():
        if hash in looked_into and (given := archive.release(tx, hash).find_touch(touch)):
            found[touch] = text(given[1])
    return found


STANDING = select(*(t.leads.c[n] for n in ("id", "state", "track", "stage", "step", "step_seq", "seq")))


def _rewordings(archive: Archive, task: Task, pair: Pair, ids: Sequence[UUID]) -> Iterator[Part]:
    """Where nothing differs that a decision reads, the step that stands is the next one under both. Leads for which
    something happened since are decided."""
    moved: list[UUID] = []
    for at in range(0, len(ids), BATCH):
        with archive.reading() as tx:
            leads = tx.execute(STANDING.where(t.leads.c.id.in_(ids[at : at + BATCH]))).all()
        moved += sorted(row.id for row in leads if not row.step or row.step_seq < row.seq)
        standing = {row.id: _standing(row) for row in leads if row.step and row.step_seq >= row.seq}
        rows = [Planned(id, Change.OTHER_WORDS, e, e) for id, e in standing.items() if pair.is_reworded(e.touch, id)]
        yield Part({Change.OTHER_WORDS: len(rows), Change.SAME: len(standing) - len(rows)}, 0, rows)
    yield from _parts(archive, task, moved)


def _standing(row: Any) -> Outlook:  # Any: of STANDING
    step = row.step
    touch = step["id"].split(":")[1] if step["verb"] in TOUCHING else None
    where = (row.state, row.track, row.stage)
    return Outlook(*where, step["verb"], step["id"], touch, datetime.fromisoformat(step["due_at"]), step["reason"])


def _parts(archive: Archive, task: Task, ids: Sequence[UUID]) -> Iterator[Part]:
    batches = [ids[at : at + BATCH] for at in range(0, len(ids), BATCH)]
    if len(ids) <= FEW:
        comparing = Comparing(archive, task)
        yield from map(comparing, batches)
        return
    url = archive.engine.url.render_as_string(hide_password=False)
    begun = (url, archive.compile, task)
    workers = min(os.cpu_count() or 1, MOST_PROCESSES)
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin, begun) as pool:
        for done in as_completed([pool.submit(_compare_in_process, batch) for batch in batches]):
            yield done.result()


class Comparing:
    """One process's share: both releases compiled once, then batch after batch."""

    def __init__(self, archive: Archive, task: Task) -> None:
        self._archive, self._task = archive, task
        self._pair = _pair(archive.compile, task.old, task.new, task.delivered)

    def __call__(self, ids: Sequence[UUID]) -> Part:
        with self._archive.reading() as tx:
            facts = [each for each in load_many(tx, ids) if each.lead.state not in NO_WORKFLOW]
            planned = [self._one(tx, each) for each in facts]
        counts = Counter(row.change for row in planned)
        rows = [row for row in planned if row.change is not Change.SAME]
        return Part(counts, sum(map(self._is_kept, facts)), rows)

    def _one(self, tx: Tx, facts: Facts) -> Planned:
        both = (self._archive.applied(tx, release, facts.lead) for release in (self._pair.old, self._pair.new))
        old, new = (outlook(facts, release, self._task.now) for release in both)
        change = compare(facts, old, new, self._pair, self._task.now)
        again = tuple(repeats(facts, new, self._pair, self._task.now)) if change is Change.AGAIN else ()
        return Planned(facts.lead.id, change, old, new, again)

    def _is_kept(self, facts: Facts) -> bool:
        track = self._pair.new.tracks.get(facts.lead.track or "")
        return track is not None and track.in_flight == "keep"


@dataclass
class _At:
    """A clock that stands: the plan was asked for as of one instant."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def wake_at(self, due_at: datetime) -> datetime:
        return due_at


_own: list[Comparing] = []
"""Of a process that was started to compare."""


def _begin(url: str, compile: Compile, task: Task) -> None:
    _own.append(Comparing(Archive(connect(url, pool_size=1), _At(task.now), compile, b""), task))


def _compare_in_process(ids: Sequence[UUID]) -> Part:
    return _own[0](ids)
