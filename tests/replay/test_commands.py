"""The order in which the workflow asks for things, against a committed one that people can read."""

from __future__ import annotations

import json
from difflib import unified_diff
from pathlib import Path

import pytest

from tests.replay.commands import BASELINE, commands, listed
from tests.replay.record import FOLDER
from tests.replay.test_histories import HOW


def test_every_recorded_life_asks_for_the_same_in_the_same_order() -> None:
    was, now = BASELINE.read_text(), listed()
    moved = "\n".join(unified_diff(was.splitlines(), now.splitlines(), "commands.txt", "histories", lineterm="", n=2))
    assert was == now, f"{HOW}.\nAfter adding a history: python -m tests.replay.commands\n{moved}"


def test_two_commands_that_change_places_are_seen(tmp_path: Path) -> None:
    history = json.loads((FOLDER / "quiet.json").read_text())
    events, kinds = history["events"], [event["eventType"] for event in history["events"]]
    first = kinds.index("EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES")
    assert kinds[first + 1] == "EVENT_TYPE_TIMER_STARTED"
    events[first], events[first + 1] = events[first + 1], events[first]
    (tmp_path / "quiet.json").write_text(json.dumps(history))
    life = listed(tmp_path).partition("\nquiet\n")[2]
    assert life.strip()
    assert life.strip() not in BASELINE.read_text()


def test_an_event_without_a_name_is_not_passed_over() -> None:
    with pytest.raises(KeyError):
        list(commands({"events": [{"eventType": "EVENT_TYPE_NEXUS_OPERATION_SCHEDULED"}]}))
