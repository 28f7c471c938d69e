"""T20: qualified by a conversation that confirmed what both teams agreed has to be heard."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.errors import InvalidError, RefusedError
from domain.said import Said
from storage import people, repairing
from storage import tables as t
from storage.people import Learned
from tests.world import World, shipped_files

PAIN, MONTHS = "fact.pain", "fact.evaluate_within_months"
READY: Mapping[str, Any] = {PAIN: "detention", MONTHS: 2}  # Any: values of fields
DEFINITION = "lead_defs/sales-ready.yaml"


def talked(world: World, heard: Mapping[str, Any] | None = None) -> UUID:  # Any: as above
    """Ready by what a form said, and reached; nothing is confirmed yet."""
    lead = world.enrol(values=READY)
    world.live_for(lead, minutes=1)
    world.say(lead, "attempt", outcome="connected", channel="phone", learned=heard)
    return lead


def qualify(
    world: World,
    lead: UUID,
    learned: Mapping[str, Any] | None = None,  # Any: as above
    confirmed: Collection[str] = (),
    contradicted: Collection[str] = (),
) -> None:
    with world.archive.begin() as tx:
        said = Said("qualify", "REP", world.row(lead)["owner"])
        what = Learned(learned or {}, confirmed=confirmed, contradicted=contradicted)
        people.decide(tx, world.archive, lead, said, what)


def test_what_only_a_form_said_is_named_and_nothing_is_left_behind(world: World) -> None:
    lead = talked(world)
    before = world.rows(t.log, lead)
    with pytest.raises(InvalidError) as refused:
        qualify(world, lead, confirmed=["pain"])
    assert refused.value.sentence == (
        "qualify needs what the conversation confirmed: Will compare options within (months)"
        " (fact.evaluate_within_months); tell it as learned, or name what you heard again as confirmed"
    )
    assert refused.value.field == "learned"
    assert world.rows(t.log, lead) == before
    assert world.row(lead)["state"] == "WORKING"


def test_nothing_is_confirmed_and_contradicted_at_once(world: World) -> None:
    lead = talked(world)
    with pytest.raises(InvalidError, match=r"fact.pain is told as confirmed and as contradicted; which is it\?"):
        qualify(world, lead, confirmed=["pain"], contradicted=["fact.pain"])
    assert world.row(lead)["state"] == "WORKING"


def test_learned_and_confirmed_both_count(world: World) -> None:
    lead = talked(world)
    qualify(world, lead, {"evaluate_within_months": 3}, ["pain"])
    assert world.row(lead)["state"] == "QUALIFIED"
    (row,) = [r for r in world.rows(t.log, lead) if r["transition"] == "T20"]
    assert row["data"]["confirmed"] == [PAIN, MONTHS]


def test_what_was_heard_in_an_earlier_call_counts_while_it_is_true(world: World) -> None:
    lead = talked(world, {PAIN: "idle_crew"})
    world.say(lead, "attempt", outcome="voicemail", channel="phone", learned={MONTHS: 1})
    qualify(world, lead)
    assert world.row(lead)["state"] == "QUALIFIED"


def test_what_was_heard_too_long_ago_has_to_be_heard_again(world: World) -> None:
    lead = talked(world, {PAIN: "idle_crew", MONTHS: 1})
    world.clock.at += timedelta(days=200)  # true_for: 6 months
    with pytest.raises(InvalidError, match="evaluate_within_months"):
        qualify(world, lead)
    qualify(world, lead, {MONTHS: 1})


def test_what_they_took_back_is_not_confirmed(world: World) -> None:
    lead = talked(world, {PAIN: "idle_crew", MONTHS: 1})
    with pytest.raises(InvalidError, match=r"Costliest problem \(fact.pain\);"):
        qualify(world, lead, contradicted=[PAIN])
    qualify(world, lead, {"pain": "missed_slots"}, contradicted=[PAIN])
    assert world.row(lead)["state"] == "QUALIFIED"


def test_the_conversation_comes_first(world: World) -> None:
    lead = world.enrol(values=READY)
    world.live_for(lead, minutes=1)
    world.say(lead, "attempt", outcome="no_answer", channel="phone", learned=READY)
    with pytest.raises(RefusedError, match="log the conversation first"):
        qualify(world, lead, READY)


def test_an_empty_answer_confirms_nothing(world: World) -> None:
    lead = talked(world)
    with pytest.raises(InvalidError, match="qualify needs"):
        qualify(world, lead, {"pain": "", "evaluate_within_months": None})
    with pytest.raises(InvalidError, match="evaluate_within_months"):
        qualify(world, lead, {"pain": "detention", "evaluate_within_months": "soon"})


def test_undone_it_has_to_be_heard_again(world: World) -> None:
    lead = talked(world)
    world.clock.at += timedelta(minutes=1)
    qualify(world, lead, READY)
    with world.archive.begin() as tx:
        repairing.undo(tx, world.archive, lead, Said("undo", "REP", world.row(lead)["owner"]), None)
    assert world.row(lead)["state"] == "WORKING"
    with pytest.raises(InvalidError, match="qualify needs"):
        qualify(world, lead)


def test_a_definition_that_asks_for_nothing_needs_a_conversation_only(world: World) -> None:
    files = dict(shipped_files())
    files[DEFINITION] = files[DEFINITION].replace("qualify_needs: [pain, evaluate_within_months]\n", "")
    world.publish(files)
    lead = talked(world)
    qualify(world, lead)
    assert world.row(lead)["state"] == "QUALIFIED"
