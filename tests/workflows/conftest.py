"""A worker as in production on the time-skipping server: real archive, real decisions, sends recorded."""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest_asyncio
from temporalio import activity
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.delivering import Delivering
from activities.living import Living
from domain.letters import Letter, Outcome
from tests.world import World
from workflows.lead import ATTRIBUTES, LeadWorkflow
from workflows.options import TASK_QUEUE
from workflows.payloads import DATA_CONVERTER
from workflows.runner import Runner


class ServerClock:
    """Business time is the server's own, which skips: the instant at which the running activity was scheduled."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        if activity.in_activity():
            self.at = max(self.at, activity.info().current_attempt_scheduled_time)
        return self.at

    def wake_at(self, due_at: datetime) -> datetime:
        return due_at


@dataclass
class RecordingPost:
    letters: list[Letter] = field(default_factory=list)

    async def send(self, letter: Letter) -> Outcome:
        self.letters.append(letter)
        return Outcome("sent", "2.0.0", "words")


class NoNotices:
    async def send_for(self, lead_id: UUID) -> None:
        """Notices stay in the archive, where the test reads them."""


@dataclass
class Stage:
    env: WorkflowEnvironment
    world: World
    post: RecordingPost


def server_path() -> str:
    beside = Path(sys.executable).parent / "temporal-test-server"
    found = shutil.which("temporal-test-server") or str(beside)
    assert Path(found).exists(), "the time-skipping server is missing; run make setup"
    return found


@pytest_asyncio.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with set_up(tmp_path) as found:
        yield found


@asynccontextmanager
async def set_up(folder: Path) -> AsyncIterator[Stage]:
    world, post = World.make(folder), RecordingPost()
    world.archive.clock = ServerClock()
    env = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=server_path(), data_converter=DATA_CONVERTER
    )
    async with env:
        names = {key.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD for key in ATTRIBUTES.values()}
        request = AddSearchAttributesRequest(namespace="default", search_attributes=names)
        await env.client.operator_service.add_search_attributes(request)
        activities = [Delivering(world.life, post).deliver, *Living(world.life, NoNotices()).all()]
        async with Worker(
            env.client, task_queue=TASK_QUEUE, workflows=[LeadWorkflow], workflow_runner=Runner(), activities=activities
        ):
            yield Stage(env, world, post)
    world.archive.engine.dispose()
