"""Whether anybody works: seen by the doctor, on a real Temporal server."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update
from temporalio import activity
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from commands.opening import opened, settings_for
from commands.programs import temporal_binary
from commands.workers import last_asked, silence
from storage import tables as t
from tests.unit.commands.conftest import Desk
from workflows.options import TASK_QUEUE

NOON = datetime(2027, 1, 4, 12, 30, tzinfo=UTC)


@activity.defn
async def nothing() -> None:
    """A worker has to have something it could do."""


@pytest.mark.parametrize(
    ("asked_at", "says"),
    [
        (None, "no worker has asked for work in the last five minutes"),
        (NOON, "no worker has asked for work since 12:30 UTC"),
        (NOON + timedelta(minutes=9), None),
        (NOON + timedelta(minutes=11), None),  # the server's clock is a little ahead
    ],
)
def test_a_worker_that_died_is_missed_when_it_should_have_asked_again(asked_at: datetime | None, says: str) -> None:
    assert silence(asked_at, NOON + timedelta(minutes=10)) == says


async def findings(desk: Desk) -> tuple[int, dict[str, dict[str, str]]]:
    said = await asyncio.to_thread(desk.type, "doctor", "--json")
    return said.code, {each["name"]: each for each in said.json["findings"]}


async def asked(client: Client) -> None:
    """Returns when somebody has."""
    while await last_asked(client) is None:  # noqa: ASYNC110 - a server can only be asked
        await asyncio.sleep(0.1)


async def test_nobody_works_then_somebody_does(open_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    lead_id = open_desk.enrol("ana@bluelake.example")
    with opened(settings_for(open_desk.data)) as archive, archive.begin() as tx:
        due = {"step_due_at": archive.clock.now() - timedelta(hours=3), "step_seq": t.leads.c.seq}
        tx.execute(
            update(t.leads).where(t.leads.c.id == UUID(lead_id)).values(**due, step={"reason": "the next touch"})
        )
    env = await WorkflowEnvironment.start_local(dev_server_existing_path=temporal_binary())
    async with env:
        monkeypatch.setenv("TEMPORAL_ADDRESS", str(env.client.service_client.config.target_host))
        code, found = await findings(open_desk)
        assert (code, found["worker"]["status"]) == (1, "bad")
        assert "no worker has asked for work" in found["worker"]["says"]
        assert "start one: nurture up" in found["worker"]["do"]
        for name in ("worker", "leads overdue"):
            assert f"the next touch, lead {lead_id}" in found[name]["says"]
        async with Worker(env.client, task_queue=TASK_QUEUE, activities=[nothing]):
            await asyncio.wait_for(asked(env.client), 60)
            assert (await findings(open_desk))[1]["worker"]["status"] == "ok"
