"""The archive as activities see it (activities/ports.py): one method per transaction."""

from __future__ import annotations

from collections.abc import Callable

from domain.letters import Claimed, Outcome
from domain.steps import Order, Step, Verb
from storage import handling, sending
from storage.archive import Archive
from storage.deciding import Deciding, act

ACTIONS: dict[str, Callable[[Deciding, Step], None]] = {
    Verb.OPEN_TASK.value: handling.open_task,
    Verb.SKIP_TASK.value: handling.skip_task,
    Verb.ASK.value: handling.ask,
    Verb.ROUTE.value: handling.route,
    Verb.REMIND.value: handling.climb,
    Verb.ESCALATE.value: handling.climb,
    Verb.REASSIGN.value: handling.reassign,
    Verb.DESK.value: handling.desk,
}


class ArchiveLife:
    def __init__(self, archive: Archive, may_send: Callable[[str], bool]) -> None:
        self._archive, self._may_send = archive, may_send

    def look(self, order: Order) -> Step:
        return act(self._archive, order)

    def perform(self, verb: str, order: Order) -> Step:
        return act(self._archive, order, ACTIONS[verb])

    def claim(self, order: Order, attempt: str) -> Claimed | Step:
        return sending.claim(self._archive, order, attempt, self._may_send)

    def confirm(self, claimed: Claimed, outcome: Outcome) -> Step:
        return sending.confirm(self._archive, claimed, outcome)
