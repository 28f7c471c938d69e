"""Enrolments a second: acknowledged (in the archive, Temporal told), and with the first step standing.

The first one's floor is a bare signal-with-start, the second one's a bare start and one activity.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from temporalio import activity, workflow

from commands.benchmarks.figures import Figure, Pair, Tell, paired
from commands.benchmarks.rig import A_DAY, HOST, Rig, free_port, new_lead, rig
from commands.benchmarks.touches import bare_worker, lead_worker
from mail.pool import SmtpPool
from storage import tables as t
from storage import wakes
from storage.archive import Archive
from workflows.waking import signal

AT_ONCE = 16
"""Callers that enrol one after the other; half the slots of a worker."""
TIDY_EVERY, LOOK_EVERY = 0.2, 0.05
LONGEST = 60.0


@workflow.defn(name="bare_beginning")
class Beginning:
    """The floor of a life's first minute: one activity, then a long wait."""

    @workflow.run
    async def run(self, number: int) -> None:
        await workflow.execute_activity("counted", number, start_to_close_timeout=timedelta(seconds=30))
        await workflow.sleep(A_DAY)

    @workflow.signal
    def wake(self, seq: int, verb: str) -> None:
        """As a lead's own: nothing but a number."""


@dataclass
class Enrolments:
    """Both sides of both comparisons, with as many leads each; a further round takes new leads."""

    rig: Rig
    count: int
    _enrolled: int = 0
    _acted: int = 0
    _told: list[wakes.Wake] = field(default_factory=list)

    async def signalled(self) -> float:
        """Bare signal-with-starts a second; no worker runs, as on the other side."""
        return await self._timed(lambda: self._bare(start_signal="wake", start_signal_args=[1, "enrolled"]))

    async def acknowledged(self) -> float:
        """Committed, Temporal told, and the wake rows gone."""
        return await self._timed(self._enrol, until=self._all_tidy)

    async def started(self) -> float:
        """Bare workflows a second whose first activity has run."""
        expected = self._acted + self.count

        async def all_acted() -> bool:
            return self._acted >= expected

        async with bare_worker(self.rig.client, Beginning, self._count_one):
            return await self._timed(self._bare, until=all_acted)

    async def standing(self) -> float:
        """Leads a second that are enrolled and whose first step stands in the archive."""
        expected = self._enrolled + self.count

        async def all_stand() -> bool:
            return await self._all_tidy() and await asyncio.to_thread(_standing, self.rig.archive) >= expected

        async with lead_worker(self.rig, SmtpPool(HOST, free_port())):
            return await self._timed(self._enrol, until=all_stand)

    async def _bare(self, **signal: Any) -> None:  # Any: arguments of start_workflow
        await self.rig.client.start_workflow(Beginning.run, 1, id=f"bare-{uuid.uuid4()}", task_queue="bare", **signal)

    @activity.defn(name="counted")
    async def _count_one(self, number: int) -> int:
        self._acted += 1
        return number

    async def _enrol(self) -> None:
        self._enrolled += 1
        wake = await asyncio.to_thread(new_lead, self.rig.archive, self._enrolled)
        if not await signal(self.rig.client, wake):
            raise RuntimeError("the Temporal dev server did not take a signal")
        self._told.append(wake)

    async def _all_tidy(self) -> bool:
        """Deletes the rows of wakes that were sent, many at once, as the API's own process does."""
        told, self._told = self._told, []
        await asyncio.to_thread(wakes.sent, self.rig.archive, told)
        return True

    async def _timed(
        self, one: Callable[[], Awaitable[None]], until: Callable[[], Awaitable[bool]] | None = None
    ) -> float:
        """How many a second, from the first call until `until` says that all have arrived."""
        waiting = iter(range(self.count))

        async def caller() -> None:
            for _ in waiting:
                await one()

        started = time.perf_counter()
        async with asyncio.timeout(LONGEST):
            callers = asyncio.gather(*(caller() for _ in range(AT_ONCE)))
            while not callers.done():
                await asyncio.wait([callers], timeout=TIDY_EVERY)
                if until:
                    await until()
            await callers
            while until:
                if await until():
                    break
                await asyncio.sleep(LOOK_EVERY)
        return self.count / (time.perf_counter() - started)


async def measure(folder: Path, root: Path, is_quick: bool, tell: Tell) -> list[Figure]:
    count, rounds = (120, 1) if is_quick else (300, 3)
    async with _made(folder / "acknowledged", root, count) as both:
        acknowledged = await paired(rounds, both.signalled, both.acknowledged, tell)
    async with _made(folder / "standing", root, count) as both:
        standing = await paired(rounds, both.started, both.standing, tell)
    return _figures(count, acknowledged, standing)


def _figures(count: int, acknowledged: tuple[Pair, ...], standing: tuple[Pair, ...]) -> list[Figure]:
    told = Figure(
        "enrolments",
        "enrolments acknowledged: in the archive, Temporal told",
        "/s",
        acknowledged,
        target=0.7,
        n=count,
        floor_is=f"bare signal-with-start, {AT_ONCE} callers too",
    )
    stood = Figure(
        "first steps",
        "enrolments with their first step standing",
        "/s",
        standing,
        target=0.6,
        n=count,
        floor_is="bare start and one activity",
    )
    return [told, stood]


@asynccontextmanager
async def _made(folder: Path, root: Path, count: int) -> AsyncIterator[Enrolments]:
    """A server of its own for each comparison, whose leads wait a day for their first touch."""
    async with rig(folder, root, wait=A_DAY) as made:
        yield Enrolments(made, count)


def _standing(archive: Archive) -> int:
    with archive.reading() as tx:
        return int(tx.execute(select(func.count()).where(t.leads.c.step_due_at.is_not(None))).scalar_one())
