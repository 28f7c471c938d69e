"""The table itself: complete, closed, and the same in code and documents."""

from __future__ import annotations

import pytest

from commands.lifecycle_page import PAGE, page
from domain.decisions import COMMANDS
from domain.errors import RefusedError
from domain.lead import Lead, State
from domain.lifecycle import PEOPLE, ROWS, TABLE, apply, legal
from domain.marketing_decisions import ENROLS
from domain.sales_decisions import RETURNS
from domain.steps import Move
from tests.world import MONDAY


def test_the_page_is_made_from_the_table() -> None:
    assert PAGE.read_text() == page(), "run: python -m commands.lifecycle_page"


def test_ids_are_unique_and_every_command_is_implemented() -> None:
    assert len(ROWS) == len(TABLE)
    assert {row.command for row in TABLE if row.command} == set(COMMANDS)


def test_whatever_a_person_may_do_has_a_person_who_may() -> None:
    for row in TABLE:
        if row.command:
            assert set(row.actors) & set(PEOPLE), row


def test_every_state_a_lead_can_be_in_can_be_left_or_ends() -> None:
    ends = {State.MERGED, State.ERASED}
    assert {state for row in TABLE for state in row.sources} >= set(State) - ends


@pytest.mark.parametrize("command", ["recycle", "enrol"])
def test_commands_with_several_rows_pick_one_for_each_state(command: str) -> None:
    chosen = {"recycle": RETURNS, "enrol": ENROLS}[command]
    rows = {source: row.id for row in TABLE if row.command == command for source in row.sources}
    assert rows == chosen


def test_what_is_not_in_the_table_is_refused() -> None:
    import uuid

    for state in State:
        lead = Lead(uuid.uuid4(), state, MONDAY, MONDAY)
        for row in TABLE:
            if state not in row.sources:
                with pytest.raises(RefusedError) as refused:
                    apply(lead, Move(row.id, row.target or state, "SYS"), MONDAY)
                assert refused.value.legal == tuple(legal(state))
