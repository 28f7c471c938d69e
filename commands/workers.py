"""Whether a worker asks Temporal for work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from workflows.options import TASK_QUEUE

ASK = timedelta(seconds=10)
SILENT = timedelta(seconds=75)
"""Machine time. Temporal holds a question for up to a minute and counts when it came and when it was let go; so a
worker that died is missed after two minutes or so. One whose activities are all busy still asks for workflow tasks."""
START = "start one: nurture up, docker compose up -d worker, or python worker.py"


async def last_asked(client: Client) -> datetime | None:
    """When a worker last asked for work of either kind; Temporal forgets who has not for five minutes."""
    asked = []
    for kind in (TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY):
        request = DescribeTaskQueueRequest(
            namespace=client.namespace, task_queue=TaskQueue(name=TASK_QUEUE), task_queue_type=kind
        )
        answer = await client.workflow_service.describe_task_queue(request, timeout=ASK)
        asked += [poller.last_access_time.ToDatetime(UTC) for poller in answer.pollers]
    return max(asked, default=None)


def silence(asked_at: datetime | None, now: datetime) -> str | None:
    """What is wrong, in words; None while somebody asks. `now` is the machine's."""
    if asked_at is None:
        return "no worker has asked for work in the last five minutes"
    if now - asked_at < SILENT:
        return None
    return f"no worker has asked for work since {asked_at:%H:%M} UTC"
