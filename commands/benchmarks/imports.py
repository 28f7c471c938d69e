"""Rows imported a second, beside the same people enrolled one by one; and how long somebody waits who is enrolled
while an import runs."""

from __future__ import annotations

import asyncio
import csv
import os
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from commands.benchmarks.figures import Figure, Pair, Tell, paired
from commands.benchmarks.rig import SECRET, archive, module, new_lead, running
from domain.importing import Line
from storage import importing
from storage import tables as t
from storage.archive import Archive

A_SECOND = 10
"""People who are enrolled in a second while the other side of the second comparison is measured."""
LONG_FILE = 100_000
"""Rows of the import beside which they are; it is ended with them."""
PATIENCE = 120.0
VALUES = {"company.industry": "3pl", "company.dock_doors": "14", "inquiry.topic": "detention"}


@dataclass
class Imports:
    """Both sides of both comparisons; everybody is enrolled once."""

    archive: Archive
    folder: Path
    one_by_one: int
    rows: int
    waiting: int
    _enrolled: int = 0
    _files: int = 0

    async def alone(self) -> float:
        started = time.perf_counter()
        await asyncio.to_thread(self._enrol, self.one_by_one)
        return self.one_by_one / (time.perf_counter() - started)

    async def imported(self) -> float:
        self._files += 1
        name = f"{self._files}.csv"
        lines = [
            Line(n, f"row{n}@file{self._files}.example", VALUES, ("bench", f"{name}/{n}")) for n in range(self.rows)
        ]
        with self.archive.begin() as tx:
            found = importing.start(tx, self.archive, name, name, {}, len(lines), "bench")
        started = time.perf_counter()
        await asyncio.to_thread(importing.run, self.archive, found, lambda first: iter(lines[first:]))
        return self.rows / (time.perf_counter() - started)

    async def undisturbed(self) -> float:
        """Milliseconds within which 95 of 100 are enrolled, when nothing else is written."""
        return await self._patience()

    async def beside(self) -> float:
        """The same while another process imports a long file."""
        self._files += 1
        path = self.folder / f"{self._files}.csv"
        _write(path, self._files)
        environment = {**os.environ, "NURTURE_SECRET": SECRET, "NURTURE_DATA": str(self.folder)}
        environment.pop("NURTURE_DATABASE", None)
        command = module("cli", "import", str(path), "--json")
        with running(command, self.folder / "import.log", environment):
            await asyncio.to_thread(self._until_under_way, path.name)
            return await self._patience()

    async def _patience(self) -> float:
        taken: list[float] = []
        started = time.perf_counter()
        for number in range(self.waiting):
            due = started + number / A_SECOND
            await asyncio.sleep(due - time.perf_counter())
            await asyncio.to_thread(self._enrol)
            taken.append(time.perf_counter() - max(due, started))
        return sorted(taken)[int(len(taken) * 0.95)] * 1000

    def _enrol(self, count: int = 1) -> None:
        for _ in range(count):
            self._enrolled += 1
            new_lead(self.archive, self._enrolled)

    def _until_under_way(self, name: str) -> None:
        c = t.imports.c
        query = select(c.next_row).where(c.name == name, c.next_row > 0)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with self.archive.reading() as tx:
                if tx.execute(query).first():
                    return
            time.sleep(0.1)
        raise TimeoutError(f"no row of {name} was imported")


async def measure(folder: Path, root: Path, is_quick: bool, tell: Tell) -> list[Figure]:
    one_by_one, rows, waiting, rounds = (100, 1500, 40, 1) if is_quick else (300, 5000, 100, 3)
    with archive(folder / "data", root) as opened:
        both = Imports(opened, folder / "data", one_by_one, rows, waiting)
        fast = await paired(rounds, both.alone, both.imported, tell)
        slow = await paired(rounds, both.undisturbed, both.beside, tell)
    return _figures(both, fast, slow)


def _figures(both: Imports, fast: tuple[Pair, ...], slow: tuple[Pair, ...]) -> list[Figure]:
    imported = Figure(
        "import",
        "rows imported, with what is rested between transactions",
        "/s",
        fast,
        target=3.0,
        n=both.rows,
        floor_is=f"{both.one_by_one} enrolments, one after the other",
    )
    beside = Figure(
        "live beside import",
        f"within which 95 of 100 are enrolled, {A_SECOND} a second, while another process imports",
        "ms",
        slow,
        target=200.0,
        n=both.waiting,
        floor_is="the same while nothing is imported",
        kind="excess",
    )
    return [imported, beside]


def _write(path: Path, number: int) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["email", *VALUES])
        writer.writerows([f"row{n}@long{number}.example", *VALUES.values()] for n in range(LONG_FILE))
