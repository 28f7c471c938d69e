"""What proves a criterion goes on saying what it said, also after sales has heard something else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from api.evidence import evidence
from api.leads import context
from api.web import proofs
from domain.importing import Line
from storage import tables as t
from storage.around import around
from tests.unit.importing.test_history import GOOD, imported, lead_of
from tests.world import World

PAIN = "fact.pain"
WAITS, IDLE = "Trucks wait and we pay detention", "The crew stands idle, then everything comes at once"


def known(world: World, lead_id: UUID) -> Any:  # Any: JSON
    (facts,) = world.rows(t.lead_facts, lead_id)
    return facts["known"]


def shown(world: World, lead_id: UUID, id: str, may_see_persons: bool = True) -> tuple[dict[str, Any], str, str]:
    """The record as JSON, and in words with who says so, as proof of what hurts them. Any: JSON"""
    with world.archive.reading() as tx:
        ctx = context(tx, world.archive, lead_id)
        found = evidence(tx, ctx, around(tx, lead_id, may_see_persons), [id]).of(id)
    criteria = ctx.release.definition.criteria.items()
    criterion = next(name for name, each in criteria if PAIN in each.when.reads.fields | each.when.reads.known)
    (one,) = proofs.proven(ctx, [{"id": criterion, "evidence": [id]}], {id: found})
    (proof,) = one["evidence"]
    return found, proof.says, proof.by


def test_a_fact_that_sales_corrected_says_who_from_what_to_what_and_when(world: World) -> None:
    imported(world, Line(2, "ana@acme.example", {**GOOD, PAIN: "detention"}, owner="rosa"))
    lead_id = lead_of(world)
    first = known(world, lead_id)[PAIN]["evidence"]
    told, says, by = shown(world, lead_id, first)
    assert (says, by) == (f"Costliest problem: {WAITS}", "import of leads.csv")
    assert not {"corrected", "corrects"} & told.keys()

    world.clock.at += timedelta(days=3)
    world.say(lead_id, "attempt", outcome="connected", channel="phone", learned={PAIN: "idle_crew"})
    second = known(world, lead_id)[PAIN]["evidence"]
    assert second != first
    told, says, by = shown(world, lead_id, first)
    assert told["corrected"][PAIN] == {"to": "idle_crew", "at": "2027-01-07T15:00:00Z", "by": "rosa"}
    assert says == f"Costliest problem: {WAITS}, corrected to {IDLE} by Rosa Delgado on 7 Jan 2027"
    told, says, by = shown(world, lead_id, second)
    assert says == f"Costliest problem: {IDLE}, corrected from {WAITS}"
    assert by == "Rosa Delgado"


def test_hearing_the_same_again_corrects_nothing(world: World) -> None:
    imported(world, Line(2, "ana@acme.example", {**GOOD, PAIN: "detention"}, owner="rosa"))
    lead_id = lead_of(world)
    first = known(world, lead_id)[PAIN]["evidence"]
    world.say(lead_id, "attempt", outcome="connected", channel="phone", learned={PAIN: "detention"})
    for id in (first, known(world, lead_id)[PAIN]["evidence"]):
        assert shown(world, lead_id, id)[1] == f"Costliest problem: {WAITS}"


def test_a_record_that_is_gone_is_no_proof_and_no_stumble(world: World) -> None:
    lead_id = world.enrol()
    with world.archive.reading() as tx:
        ctx = context(tx, world.archive, lead_id)
        found = evidence(tx, ctx, around(tx, lead_id, True), ["log:999999", "event:1", "nonsense"])
    assert found.of("log:999999") == {"id": "log:999999"}
    assert found.of("nonsense") == {"id": "nonsense"}
