"""Telling Temporal that something happened to a lead: signal-with-start, so that a lead without a workflow gets one."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from temporalio.client import Client
from temporalio.service import RPCError

from domain.keys import workflow_id
from domain.steps import Life
from workflows.lead import LeadWorkflow
from workflows.options import TASK_QUEUE


class Wake(Protocol):
    @property
    def lead_id(self) -> UUID: ...

    @property
    def seq(self) -> int: ...

    @property
    def verb(self) -> str: ...


async def signal(client: Client, wake: Wake) -> bool:
    """True when the server has it. Lost, doubled, late and reordered ones do no harm: only the highest seq counts."""
    try:
        await client.start_workflow(
            LeadWorkflow.run,
            Life(str(wake.lead_id)),
            id=workflow_id(wake.lead_id),
            task_queue=TASK_QUEUE,
            start_signal="wake",
            start_signal_args=[wake.seq, wake.verb],
            static_summary="a lead's life, from the first inquiry on",
        )
    except (RPCError, RuntimeError):  # the server is away: the wake row stays and the relay tries again
        return False
    return True
