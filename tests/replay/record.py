"""Records one history per kind of life into tests/replay/histories: `python -m tests.replay.record [NAME...]`.

Recorded once for each released shape of the workflow and then kept: an old history that no longer replays is a
lead somewhere that would stand still. Only add; never record over a file because its replay fails.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from domain.keys import workflow_id
from storage import wakes
from tests.workflows.conftest import Stage, set_up
from workflows.waking import signal

_IDENTITY = re.compile(r'"identity": "[^"]*"')
FOLDER = Path(__file__).parent / "histories"
READY = {"fact.pain": "detention", "fact.evaluate_within_months": 2}


async def _tell(found: Stage) -> None:
    for wake in wakes.pending(found.world.archive, timedelta(0)):
        await signal(found.env.client, wake)
    wakes.sent(found.world.archive, wakes.pending(found.world.archive, timedelta(0)))
    await found.env.sleep(timedelta(minutes=1))


async def quiet(found: Stage) -> UUID:
    """Mails, a task nobody does, a stage that changes."""
    lead = found.world.enrol()
    await _tell(found)
    await found.env.sleep(timedelta(days=40))
    return lead


async def clicked_and_ready(found: Stage) -> UUID:
    """Events wake it, it becomes ready, sales accepts, works and returns it."""
    lead = found.world.enrol()
    await _tell(found)
    await found.env.sleep(timedelta(days=10))
    found.world.event(lead, "answer", "1", learned={"pain": "detention"})
    await _tell(found)
    found.world.event(lead, "answer", "2", learned={"evaluate_within_months": 2})
    await _tell(found)
    found.world.say(lead, "accept")
    await _tell(found)
    found.world.say(lead, "attempt", outcome="connected", channel="phone")
    await _tell(found)
    found.world.say(lead, "recycle", reason="no_budget")
    await _tell(found)
    return lead


async def never_answered(found: Stage) -> UUID:
    """Remind, escalate, reassign, and the manager's desk."""
    lead = found.world.enrol(values=READY)
    await _tell(found)
    await found.env.sleep(timedelta(days=9))
    return lead


async def disqualified(found: Stage) -> UUID:
    """A life that ends, and its workflow with it."""
    lead = found.world.enrol()
    await _tell(found)
    found.world.say(lead, "disqualify", "MKT", reason="competitor", who="ines")
    await _tell(found)
    return lead


LIVES: dict[str, Callable[[Stage], Awaitable[UUID]]] = {
    life.__name__: life for life in (quiet, clicked_and_ready, never_answered, disqualified)
}


async def record(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with set_up(Path(folder)) as found:
            lead = await LIVES[name](found)
            history = await found.env.client.get_workflow_handle(workflow_id(lead)).fetch_history()
            (FOLDER / f"{name}.json").write_text(_IDENTITY.sub('"identity": "worker"', history.to_json()) + "\n")


if __name__ == "__main__":
    for chosen in sys.argv[1:] or LIVES:
        asyncio.run(record(chosen))
