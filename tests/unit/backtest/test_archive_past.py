"""The archive judged again: what was known then, what sales said, and nothing from later."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from authoring.backtest import Judge, Result
from authoring.backtest_definition import definition_of
from domain.lead import Source, State
from domain.past import Past
from domain.said import Deal, Said
from storage import learning, past, people, repairing
from storage.deciding import open_lead
from tests.world import World, shipped_files


def pasts(world: World, good: str = "qualified", batch: int = past.BATCH) -> list[Past]:
    with world.archive.reading() as tx:
        return [each for found in past.pasts(tx, world.clock.now(), good, batch) for each in found]


def results(world: World) -> list[Result]:
    judge = Judge("shipped", definition_of(shipped_files()))
    return [judge.result(each) for each in pasts(world)]


def learn(world: World, lead_id: UUID, **facts: object) -> None:
    with world.archive.begin() as tx:
        learned = people.Learned({f"fact.{name}": value for name, value in facts.items()}, Source.CALL)
        people.change_facts(tx, world.archive, lead_id, learned, "NUR", "lena")


def handed_off(world: World) -> UUID:
    lead_id = world.enrol()
    world.live_for(lead_id, days=3)
    learn(world, lead_id, pain="detention", evaluate_within_months=2)
    world.live_for(lead_id, minutes=10)
    assert world.row(lead_id)["state"] == State.HANDED_OFF
    return lead_id


def test_a_lead_that_never_was_with_sales_has_no_outcome(world: World) -> None:
    lead_id = world.enrol()
    world.live_for(lead_id, days=30)
    (result,) = results(world)
    assert result.past.is_good is None
    assert not result.is_ready
    assert result.criteria == {"fits": "met", "problem": "unknown", "soon": "unknown"}


def test_what_sales_said_is_the_outcome_and_the_verdict_is_of_the_moment_they_got_it(world: World) -> None:
    lead_id = handed_off(world)
    assert [each.is_good for each in pasts(world)] == [None]
    world.say(lead_id, "accept")
    world.say(lead_id, "attempt", outcome="connected", channel="phone")
    assert [(each.is_good, each.became) for each in pasts(world, "accepted")] == [(True, "with sales")]
    world.clock.at += timedelta(days=1)
    # What the salesperson learns afterwards was not known when the lead was handed over.
    with world.archive.begin() as tx:
        lead = open_lead(tx, world.archive, lead_id).lead
        release = world.archive.live(tx)
        values = learning.understand(release, {"fact.evaluate_within_months": 24})
        learning.learn(tx, lead, release, values, Source.REP, "log:1", world.clock.at)
    (result,) = results(world)
    assert result.is_ready
    assert result.criteria["soon"] == "met"
    world.say(lead_id, "recycle", reason="no_budget", note_length=30)
    first, second = results(world)
    assert (first.past.is_good, first.past.became) == (False, "RECYCLED: no_budget")
    assert first.criteria["soon"] == "met"
    # The stretch that began when it came back is judged on what is known now.
    assert second.past.is_good is None
    assert second.criteria["soon"] == "not_met"
    assert not second.is_ready


def test_won_is_good_by_every_measure(world: World) -> None:
    lead_id = handed_off(world)
    world.say(lead_id, "accept")
    world.say(lead_id, "attempt", outcome="connected", channel="phone")
    world.say(lead_id, "qualify")
    assert [each.is_good for each in pasts(world, "opportunity")] == [None]
    deal = Deal(1000, "USD", world.clock.now().date(), "commit")
    for command in ("opportunity", "proposal", "won"):
        world.say(lead_id, command, deal=deal)
    for good in past.GOOD:
        assert [each.is_good for each in pasts(world, good)] == [True]


def test_an_event_that_was_reported_late_was_not_known_before(world: World) -> None:
    lead_id = world.enrol()
    asked_at = world.clock.at
    world.clock.at += timedelta(days=3)
    world.event(lead_id, "demo_request", "late", at=asked_at)
    (result,) = results(world)
    assert result.rule == "hand_raiser"
    assert result.ready_at == world.clock.at


def test_a_value_that_was_overwritten_is_still_known_of_its_time(world: World) -> None:
    lead_id = world.enrol()
    learn(world, lead_id, pain="detention", evaluate_within_months=2)
    at = world.clock.at
    world.clock.at += timedelta(days=5)
    learn(world, lead_id, evaluate_within_months=12)
    (found,) = pasts(world)
    assert found.as_of(at).known["fact.evaluate_within_months"].value == 2
    assert found.as_of(world.clock.at).known["fact.evaluate_within_months"].value == 12
    assert results(world)[0].ready_at == at


def test_more_leads_than_one_batch_are_all_judged_once(world: World) -> None:
    ids = {str(world.enrol(f"ana{n}@site{n}.example")) for n in range(10)}
    assert sorted(each.id for each in pasts(world, batch=3)) == sorted(ids)


def test_who_would_never_be_a_lead_is_not_ready(world: World) -> None:
    world.enrol("x@dockrival.example", values={"fact.pain": "detention", "fact.evaluate_within_months": 1})
    (result,) = results(world)
    assert not result.is_ready


def test_what_a_merged_lead_had_learned_and_done_is_the_survivors_past(world: World) -> None:
    gone, stays = world.enrol("ana@private.example"), world.enrol("ana@site.example")
    world.event(gone, "demo_request", "d1")
    learn(world, gone, pain="detention")
    with world.archive.begin() as tx:
        said = Said("merge", "OPS", "olga", note_length=9)
        repairing.merge(tx, world.archive, gone, stays, said, "one person")
    (found,) = pasts(world)
    assert found.id == str(stays)
    assert [event.name for event in found.events] == ["demo_request"]
    assert "fact.pain" in found.known
