"""The workflow as it is now replays every history that was ever recorded, and still asks for the same things in the
same order."""

from __future__ import annotations

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from tests.replay.record import FOLDER, LIVES
from tests.workflows.test_lead_workflow import NAMES, readable
from workflows.lead import LeadWorkflow
from workflows.payloads import DATA_CONVERTER
from workflows.runner import Runner

HISTORIES = sorted(FOLDER.glob("*.json"))
HOW = (
    "a sleeping lead with this history would stand still. Keep the old order of commands, or gate the new one with "
    "workflow.patched() and keep both until no open run is older"
)


def _text(path: Path) -> str:
    return path.read_text()


def test_every_kind_of_life_was_recorded() -> None:
    assert {path.stem.partition("@")[0] for path in HISTORIES} == set(LIVES)


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_it_replays(path: Path) -> None:
    history = WorkflowHistory.from_json("lead-replayed", _text(path))
    replayer = Replayer(workflows=[LeadWorkflow], workflow_runner=Runner(), data_converter=DATA_CONVERTER)
    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    assert result.replay_failure is None, f"{path.name}: {HOW}\n{result.replay_failure}"


def test_no_history_names_a_person() -> None:
    for path in HISTORIES:
        history = readable(path.read_text())
        assert "first look at this lead" in history or '"continuedExecutionRunId": "' in history
        assert not [word for word in NAMES if word in history]
