"""Records one history per kind of life into tests/replay/histories: `python -m tests.replay.record [NAME...]`.

Recorded once for each released shape of the workflow and then kept: an old history that no longer replays is a
lead somewhere that would stand still. Only add; never record over a file because its replay fails. Then write the
commands of the new one beside the others: `python -m tests.replay.commands`.
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
from domain.said import Deal, Said
from storage import pauses, repairing, wakes
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


async def won(found: Stage) -> UUID:
    """From a raised hand to a signed deal, one decision of the salesperson taken back on the way."""
    lead = found.world.enrol(values={"fact.pain": "detention"})
    await _tell(found)
    found.world.event(lead, "demo_request", "d1")
    await _tell(found)
    found.world.say(lead, "attempt", outcome="connected", channel="phone")
    await _tell(found)
    with found.world.archive.begin() as tx:
        who = found.world.row(lead)["owner"]
        repairing.undo(tx, found.world.archive, lead, Said("undo", "REP", who), None)
    await _tell(found)
    today = found.world.clock.at.date()
    for command, more in (
        ("attempt", {"outcome": "connected", "channel": "phone"}),
        ("qualify", {}),
        ("opportunity", {"deal": Deal(9000, "USD", today, "commit")}),
        ("proposal", {"deal": Deal(9000, "USD")}),
        ("won", {"deal": Deal(9000, "USD")}),
    ):
        found.world.say(lead, command, **more)
        await _tell(found)
    await found.env.sleep(timedelta(days=30))
    return lead


async def second_cycle(found: Stage) -> UUID:
    """Promoted by hand, returned, cooled down, and nurtured again in a run of its own."""
    lead = found.world.enrol()
    await _tell(found)
    found.world.say(lead, "promote", "MKT", who="ines", note_length=9)
    await _tell(found)
    found.world.say(lead, "attempt", outcome="connected", channel="phone")
    await _tell(found)
    found.world.say(lead, "recycle", reason="needs_education", criterion="soon")
    await _tell(found)
    await found.env.sleep(timedelta(days=40))
    return lead


async def merged(found: Stage) -> UUID:
    """The same person came twice; this one's life ends in the other's."""
    lead, other = found.world.enrol(), found.world.enrol("ana@private.example")
    await _tell(found)
    await found.env.sleep(timedelta(days=10))
    with found.world.archive.begin() as tx:
        repairing.merge(tx, found.world.archive, lead, other, Said("merge", "OPS", "olga"), None)
    await _tell(found)
    return lead


async def erased(found: Stage) -> UUID:
    """Somebody asks to be forgotten while a pause runs."""
    lead = found.world.enrol()
    await _tell(found)
    with found.world.archive.begin() as tx:
        until = found.world.clock.at + timedelta(days=20)
        pauses.begin(tx, found.world.archive, "everything", until, "ines", "audit")
    await found.env.sleep(timedelta(days=10))
    with found.world.archive.begin() as tx:
        repairing.erase(tx, found.world.archive, lead, Said("erase", "OPS", "olga", ticket="DSR-1"))
    await _tell(found)
    return lead


EVERY = (quiet, clicked_and_ready, never_answered, disqualified, won, second_cycle, merged, erased)
LIVES: dict[str, Callable[[Stage], Awaitable[UUID]]] = {life.__name__: life for life in EVERY}


async def record(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with set_up(Path(folder)) as found:
            lead = await LIVES[name](found)
            history = await found.env.client.get_workflow_handle(workflow_id(lead)).fetch_history()
            (FOLDER / f"{name}.json").write_text(_IDENTITY.sub('"identity": "worker"', history.to_json()) + "\n")


if __name__ == "__main__":
    for chosen in sys.argv[1:] or LIVES:
        asyncio.run(record(chosen))
