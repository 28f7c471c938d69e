"""The one loop on a server that skips time."""

from __future__ import annotations

import base64
import itertools
import re
from datetime import timedelta
from uuid import UUID

from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.worker import Replayer

from domain.keys import workflow_id
from domain.steps import Life
from storage import tables as t
from storage import wakes
from tests.workflows.conftest import Stage
from workflows.lead import LeadWorkflow
from workflows.options import TASK_QUEUE
from workflows.payloads import DATA_CONVERTER
from workflows.runner import Runner
from workflows.waking import signal

_DATA = re.compile(r'"data": "([^"]*)"')
NAMES = ("ana@", "Ana", "site.example")


def readable(history: str) -> str:
    """A history with its payloads decoded, as the UI shows it."""
    return _DATA.sub(lambda found: base64.b64decode(found[1]).decode(errors="replace"), history)


async def _start(stage: Stage, lead: UUID) -> WorkflowHandle[LeadWorkflow, None]:
    for wake in wakes.pending(stage.world.archive, timedelta(0)):
        assert await signal(stage.env.client, wake)
    return stage.env.client.get_workflow_handle_for(LeadWorkflow.run, workflow_id(lead))


async def test_eight_months_in_a_few_seconds_and_every_touch_once(stage: Stage) -> None:
    lead = stage.world.enrol()
    handle = await _start(stage, lead)
    for _ in range(130):
        await stage.env.sleep(timedelta(days=2))
        if stage.world.row(lead)["state"] == "DORMANT":
            break
    touches = [r["touch"] for r in stage.world.rows(t.ledger, lead)]
    assert len(touches) == len(set(touches)) == 16  # ten of the main track, then six that keep in touch
    assert len(stage.post.letters) == 13
    description = await handle.describe()
    assert description.status in (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.CONTINUED_AS_NEW)


async def test_no_name_or_address_in_any_history_and_eleven_events_a_touch(stage: Stage) -> None:
    lead = stage.world.enrol()
    handle = await _start(stage, lead)
    lengths: list[int] = []
    for _ in range(60):
        await stage.env.sleep(timedelta(hours=12))
        lengths.append((await handle.describe()).history_length)
        if len(stage.post.letters) == 2:
            break
    assert min(b - a for a, b in itertools.pairwise(lengths) if b > a) == 11
    history = readable((await handle.fetch_history()).to_json())
    assert not [word for word in NAMES if word in history]
    assert "email 1 of 10: checklist" in history
    assert str(lead) in history


async def test_lost_doubled_late_and_reordered_signals_do_no_harm(stage: Stage) -> None:
    lead = stage.world.enrol()
    handle = await _start(stage, lead)
    await stage.env.sleep(timedelta(days=2))
    stage.world.event(lead, "answer", "1", learned={"pain": "detention"})
    stage.world.event(lead, "answer", "2", learned={"evaluate_within_months": 2})
    seq = stage.world.row(lead)["seq"]
    for number in (1, seq, seq, 2, seq - 1):
        await handle.signal(LeadWorkflow.wake, args=[number, "answer"])
    await stage.env.sleep(timedelta(seconds=5))
    assert stage.world.row(lead)["state"] == "HANDED_OFF"
    assert stage.world.transitions(lead).count("T08") == 1


async def test_a_workflow_is_rebuilt_from_the_archive(stage: Stage) -> None:
    """Terminated by an operator, started again by a repair: it goes on where the lead stands."""
    lead = stage.world.enrol()
    handle = await _start(stage, lead)
    await stage.env.sleep(timedelta(days=20))
    before = {r["touch"] for r in stage.world.rows(t.ledger, lead)}
    await handle.terminate("lost")
    wakes.wake_all_open(stage.world.archive)
    await _start(stage, lead)
    await stage.env.sleep(timedelta(days=60))
    touches = [r["touch"] for r in stage.world.rows(t.ledger, lead)]
    assert before < set(touches)
    assert len(touches) == len(set(touches))


async def test_a_worker_of_a_newer_build_asks_for_a_fresh_run(stage: Stage) -> None:
    stage.world.archive.build = "1"
    lead = stage.world.enrol()
    handle = await _start(stage, lead)
    await stage.env.sleep(timedelta(days=2))
    first = (await handle.describe()).run_id
    stage.world.archive.build = "2"
    await stage.env.sleep(timedelta(days=14))
    assert (await handle.describe()).run_id != first
    touches = [r["touch"] for r in stage.world.rows(t.ledger, lead)]
    assert len(touches) == len(set(touches)) >= 2


async def test_a_disqualified_lead_needs_no_workflow(stage: Stage) -> None:
    lead = stage.world.enrol()
    handle = await _start(stage, lead)
    await stage.env.sleep(timedelta(minutes=1))
    stage.world.say(lead, "disqualify", "MKT", reason="competitor", who="ines")
    await _start(stage, lead)
    await handle.result()


async def test_a_whole_life_replays(stage: Stage) -> None:
    lead = stage.world.enrol()
    handle = await _start(stage, lead)
    await stage.env.sleep(timedelta(days=30))
    history = await handle.fetch_history()
    replayer = Replayer(workflows=[LeadWorkflow], workflow_runner=Runner(), data_converter=DATA_CONVERTER)
    await replayer.replay_workflow(history)


async def test_started_twice_is_one_life(stage: Stage) -> None:
    lead = stage.world.enrol()
    await _start(stage, lead)
    again = await stage.env.client.start_workflow(
        LeadWorkflow.run,
        Life(str(lead)),
        id=workflow_id(lead),
        task_queue=TASK_QUEUE,
        start_signal="wake",
        start_signal_args=[1, "again"],
    )
    await stage.env.sleep(timedelta(days=3))
    assert [r["touch"] for r in stage.world.rows(t.ledger, lead)] == ["checklist"]
    assert again.id == workflow_id(lead)
