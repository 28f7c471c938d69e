"""What the workflow asked Temporal for in each recorded life, in order and in words: `python -m tests.replay.commands`
writes tests/replay/commands.txt anew, after a history was added. A line that moved there is a command that moved."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.replay.record import FOLDER

BASELINE = FOLDER.parent / "commands.txt"
HEAD = "# Made by python -m tests.replay.commands. `>` is what the workflow asked for, `<` what came in between.\n"
Event = Mapping[str, Any]  # Any: JSON as the server writes it
COMMANDS = {
    "ACTIVITY_TASK_SCHEDULED": "activity",
    "TIMER_STARTED": "timer",
    "TIMER_CANCELED": "timer canceled",
    "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES": "search attributes",
    "MARKER_RECORDED": "marker",
    "WORKFLOW_EXECUTION_CONTINUED_AS_NEW": "continue as new",
    "WORKFLOW_EXECUTION_COMPLETED": "complete",
    "WORKFLOW_EXECUTION_FAILED": "fail",
}
HAPPENED = {
    "WORKFLOW_EXECUTION_STARTED": "started",
    "WORKFLOW_EXECUTION_SIGNALED": "signal",
    "TIMER_FIRED": "timer fired",
    "ACTIVITY_TASK_COMPLETED": "activity completed",
    "ACTIVITY_TASK_FAILED": "activity failed",
    "ACTIVITY_TASK_TIMED_OUT": "activity timed out",
}
SILENT = frozenset({"WORKFLOW_TASK_SCHEDULED", "WORKFLOW_TASK_STARTED", "WORKFLOW_TASK_COMPLETED"})
SILENT |= {"ACTIVITY_TASK_STARTED", "WORKFLOW_TASK_TIMED_OUT", "WORKFLOW_TASK_FAILED"}


def commands(history: Mapping[str, Sequence[Event]]) -> Iterator[str]:
    """Raises KeyError for an event nobody has given a name: name it, or the baseline would not see it move."""
    for event in history["events"]:
        kind = event["eventType"].removeprefix("EVENT_TYPE_")
        if kind in COMMANDS:
            yield f"> {COMMANDS[kind]}{_which(event)}"
        elif kind not in SILENT:
            yield f"< {HAPPENED[kind]}{_which(event)}"


def _which(event: Event) -> str:
    """The name of the activity or the signal, and which search attributes."""
    if said := event.get("activityTaskScheduledEventAttributes"):
        return f" {said['activityType']['name']}"
    if said := event.get("workflowExecutionSignaledEventAttributes"):
        return f" {said['signalName']}"
    if said := event.get("upsertWorkflowSearchAttributesEventAttributes"):
        return f" {', '.join(sorted(said['searchAttributes']['indexedFields']))}"
    return ""


def listed(folder: Path = FOLDER) -> str:
    lives = [
        "\n".join([f"\n{path.stem}", *commands(json.loads(path.read_text()))]) for path in sorted(folder.glob("*.json"))
    ]
    return HEAD + "\n".join(lives) + "\n"


if __name__ == "__main__":
    BASELINE.write_text(listed())
