"""The plan: everybody on the way decided under what is live, and under files with other days between touches."""

from __future__ import annotations

import re
import resource
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from authoring.load import compile_release
from commands.benchmarks.decides import NOW
from commands.benchmarks.figures import Figure, Pair, Tell
from commands.benchmarks.population import fill
from domain.release import Release
from storage import on_the_way, planning
from storage import tables as t
from storage.archive import Archive, connect

LEADS, FEW = 100_000, 2000
LONGEST, CORES = 60.0, 2
"""Seconds that a plan of LEADS may take on so many cores."""
DEFAULTS = "content/defaults.yaml"


class Standing:
    """A clock that stands where the leads of the benchmark do."""

    def now(self) -> datetime:
        return NOW

    def wake_at(self, due_at: datetime) -> datetime:
        return due_at


def planned(folder: Path, files: Mapping[str, str], release: Release, is_quick: bool, tell: Tell) -> Figure:
    """In time of all processors, so that what else the machine does counts for neither side."""
    count = FEW if is_quick else LEADS
    engine = connect(f"sqlite:///{folder / 'plan.db'}", pool_size=2, is_for_show=True)
    t.metadata.create_all(engine)
    archive = Archive(engine, Standing(), compile_release, b"a secret of nobody")
    tell(f"plan: {count:,} leads are written")
    fill(archive, release, count)
    tell("plan: their facts are read")
    reading = _spent()
    read = sum(1 for _ in on_the_way.some(archive, count))
    reading = _spent() - reading
    old, new = (planning.when_signed(compile_release(each), each) for each in (files, _slower(files)))
    started, spent = time.perf_counter(), _spent()
    found = planning.plan(archive, old, new, lambda done, total: tell(f"plan: {done:,} of {total:,}"))
    seconds, spent = time.perf_counter() - started, _spent() - spent
    engine.dispose()
    if (found.total, read) != (count, count) or found.is_quiet:
        raise RuntimeError(
            f"the plan of the benchmark should see {count} leads and find a change; it saw {found.counts}"
        )
    says = f"one core's time for each of {count:,} leads planned, both releases; {LONGEST:g} s for {LEADS:,} on two"
    beside = {"seconds": round(seconds, 1), "of_processor": round(spent, 1)}
    pair = Pair(1000 * spent / count, 1000 * reading / count)
    target, floor = 1000 * LONGEST * CORES / LEADS, "their facts read and no more"
    return Figure("plan", says, "ms", (pair,), target, count, floor, "excess", beside)


def _slower(files: Mapping[str, str]) -> dict[str, str]:
    """Two days more wherever the defaults speak of days."""
    return {**files, DEFAULTS: re.sub(r"\d+(?= days)", lambda found: str(int(found[0]) + 2), files[DEFAULTS])}


def _spent() -> float:
    """Seconds of processor time: ours, and of all processes that were started here and have ended."""
    each = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in each)
