"""Touches a second, all real - decide, claim, render, SMTP, confirm - beside a bare timer-and-activity loop on the
same server, and how many history events one takes."""

from __future__ import annotations

import asyncio
import itertools
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select
from temporalio import activity, workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.delivering import Delivering
from activities.living import Living
from commands.benchmarks.figures import Figure, Pair, Tell, paired
from commands.benchmarks.rig import HOST, SLOTS, TIMER, Rig, free_port, listening, module, new_leads, rig, running
from domain.keys import workflow_id
from domain.steps import Life
from mail.links import Links
from mail.pool import SmtpPool
from mail.post import Post
from storage import tables as t
from storage.archive import Archive
from storage.life import ArchiveLife
from workflows.lead import LeadWorkflow
from workflows.options import TASK_QUEUE

FLOOR_EVENTS = 11.0
"""A timer and an activity."""
TOUCHES = 10
LONGEST = 300.0
"""Seconds after which a round is given up."""
LOOKED_AT = 10
"""Histories whose events are counted."""


@activity.defn(name="nothing")
async def nothing(number: int) -> int:
    return number


@workflow.defn(name="bare")
class Bare:
    """The floor: as many timers and activities as a lead has touches, with nothing in them."""

    @workflow.run
    async def run(self, rounds: int) -> None:
        for number in range(rounds):
            await workflow.sleep(TIMER)
            await workflow.execute_activity(nothing, number, start_to_close_timeout=timedelta(seconds=30))


class Silent:
    async def send_for(self, lead_id: uuid.UUID) -> None:
        """The leads of the benchmark tell nobody anything."""


@dataclass
class Touches:
    """Both sides of the comparison, with as many leads each; a further round takes new leads."""

    rig: Rig
    smtp_port: int
    leads: int
    gaps: list[int] = field(default_factory=list)
    """History events from one touch's timer to the next one's."""
    _first: int = 0

    async def bare(self) -> float:
        """Timer-and-activity rounds a second."""
        client = self.rig.client
        async with bare_worker(client, Bare, nothing), asyncio.timeout(LONGEST):
            started = time.perf_counter()
            handles = [
                await client.start_workflow(Bare.run, TOUCHES, id=f"bare-{uuid.uuid4()}", task_queue="bare")
                for _ in range(self.leads)
            ]
            await asyncio.gather(*(handle.result() for handle in handles))
            return self.leads * TOUCHES / (time.perf_counter() - started)

    async def real(self) -> float:
        """Touches a second of as many leads through the whole track."""
        numbers = range(self._first, self._first + self.leads)
        self._first += self.leads
        ids = await asyncio.to_thread(new_leads, self.rig.archive, numbers)
        pool = SmtpPool(HOST, self.smtp_port, size=8)
        async with lead_worker(self.rig, pool), asyncio.timeout(LONGEST):
            started = time.perf_counter()
            runs = [await _begin(self.rig.client, lead) for lead in ids]
            await _all_sent(self.rig.archive, ids)
            seconds = time.perf_counter() - started
            for lead, run in list(zip(ids, runs, strict=True))[:LOOKED_AT]:
                self.gaps += await _gaps(self.rig.client, lead, run)
        await pool.close()
        return self.leads * TOUCHES / seconds


async def measure(folder: Path, root: Path, is_quick: bool, tell: Tell) -> list[Figure]:
    leads, rounds, smtp = (25, 1, free_port()) if is_quick else (60, 3, free_port())
    catcher = module("mail.catcher", "--host", HOST, "--port", str(smtp), "--folder", str(folder / "mail"))
    with running(catcher, folder / "mail.log"):
        await listening(smtp)
        async with rig(folder, root) as made:
            both = Touches(made, smtp, leads)
            pairs = await paired(rounds, both.bare, both.real, tell)
    return _figures(both, pairs)


def _figures(both: Touches, pairs: tuple[Pair, ...]) -> list[Figure]:
    usual = float(Counter(both.gaps).most_common(1)[0][0])
    events = Figure(
        "events",
        "history events of an e-mail touch",
        "events",
        (Pair(usual, FLOOR_EVENTS),),
        target=0.0,
        n=len(both.gaps),
        floor_is="a timer and an activity",
        kind="excess",
    )
    touches = Figure(
        "touches",
        "touches, all real: decide, claim, render, SMTP, confirm",
        "/s",
        pairs,
        target=0.75,
        n=both.leads * TOUCHES,
        floor_is="bare timers and activities on the same server",
    )
    return [events, touches]


def bare_worker(client: Client, flow: type, act: object) -> Worker:
    return Worker(
        client,
        task_queue="bare",
        workflows=[flow],
        activities=[act],  # type: ignore[list-item]  # any callable that is an activity
        max_concurrent_activities=SLOTS,
        disable_eager_activity_execution=True,
        workflow_runner=UnsandboxedWorkflowRunner(),
    )


def lead_worker(rig: Rig, pool: SmtpPool) -> Worker:
    """As worker.py puts it together."""
    life = ArchiveLife(rig.archive, lambda address: True)
    delivering = Delivering(life, Post(pool, Links([rig.archive.secret], "https://links.example"), "mail.example"))
    return Worker(
        rig.client,
        task_queue=TASK_QUEUE,
        workflows=[LeadWorkflow],
        activities=[delivering.deliver, *Living(life, Silent()).all()],
        max_concurrent_activities=SLOTS,
        disable_eager_activity_execution=True,
    )


async def _begin(client: Client, lead: uuid.UUID) -> str | None:
    life = Life(str(lead))
    handle = await client.start_workflow(LeadWorkflow.run, life, id=workflow_id(lead), task_queue=TASK_QUEUE)
    return handle.first_execution_run_id


async def _all_sent(archive: Archive, ids: Sequence[uuid.UUID]) -> None:
    """Wait until every touch of the track was given to every one of these leads."""
    query = select(func.count()).where(t.ledger.c.lead_id.in_(ids), t.ledger.c.status == "sent")

    def count() -> int:
        with archive.reading() as tx:
            return int(tx.execute(query).scalar_one())

    while True:
        if await asyncio.to_thread(count) >= len(ids) * TOUCHES:
            return
        await asyncio.sleep(0.1)


async def _gaps(client: Client, lead: uuid.UUID, run: str | None) -> list[int]:
    history = await client.get_workflow_handle(workflow_id(lead), run_id=run).fetch_history()
    timers = [n for n, e in enumerate(history.events) if e.event_type == EventType.EVENT_TYPE_TIMER_STARTED]
    return [later - earlier for earlier, later in itertools.pairwise(timers)]
