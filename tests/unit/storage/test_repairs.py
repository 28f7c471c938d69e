"""One person twice, a request to be erased, a wrong state, a decision taken back - on either database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from domain.errors import InvalidError, MissingError, RefusedError
from domain.lead import Source
from domain.said import Deal, Said
from domain.selling import withdrawn
from domain.steps import Verb
from storage import deals, enrolling, people, reading, repairing, supporting
from storage import tables as t
from storage.deciding import open_lead
from tests.unit.storage.test_at_once import at_once
from tests.world import World, shipped_release

READY = {"fact.pain": "detention", "fact.evaluate_within_months": 1}
DEAL = Deal(9000, "USD", None, "commit")


def put_right(world: World, act: Any, lead: UUID, *more: Any, **said: Any) -> Any:  # Any: one of storage.repairing
    command = act.__name__
    who = said.pop("who", "olga")
    with world.archive.begin() as tx:
        decision = Said(command, said.pop("actor", "OPS"), who, note_length=9, **said)
        return act(tx, world.archive, lead, *more, decision, *(() if command == "erase" else ("a note",)))


def merge(world: World, lead: UUID, into: UUID) -> None:
    put_right(world, repairing.merge, lead, into)


def undo(world: World, lead: UUID, who: str, actor: str = "REP") -> None:
    put_right(world, repairing.undo, lead, who=who, actor=actor)


def offered(world: World, email: str = "ana@site.example") -> tuple[UUID, str]:
    lead = world.enrol(email, values=READY)
    world.live_for(lead, minutes=1)
    return lead, world.row(lead)["owner"]


def sent_mail(world: World) -> None:
    """As if every notice had left the house."""
    with world.archive.begin() as tx:
        tx.execute(update(t.notices).values(sent_at=world.clock.at))


def test_a_merged_lead_is_the_other_one_from_then_on(world: World) -> None:
    first = world.enrol("ana@private.example", external=("crm", "7"))
    world.live_for(first, days=20)
    had = {r["touch"] for r in world.rows(t.ledger, first)}
    second = world.enrol("ana@site.example")
    world.event(first, "pricing_view", "p1")
    world.event(second, "pricing_view", "p2")
    merge(world, first, second)

    assert world.look(first).verb is Verb.ENDED
    with world.archive.reading() as tx:
        assert {reading.by_address(tx, world.archive, a) for a in ("ana@private.example", "ana@site.example")} == {
            second
        }
        assert reading.find(tx, str(first)) == reading.find(tx, "crm:7") == second
        enrolled = [r["lead_id"] for r in reading.timeline(tx, second, None, 500)[0] if r["kind"] == "enrolled"]
        assert enrolled == [first, second]
    world.live_for(second, days=200)
    later = [r["touch"] for r in world.rows(t.ledger, second)]
    assert had
    assert not had & set(later)
    assert len(later) == len(set(later))
    of_the_track = [touch for stage in shipped_release().main_track.stages.values() for touch in stage.touches]
    assert had < set(of_the_track)
    assert set(of_the_track) - had <= set(later)


def test_what_a_merged_lead_does_counts_for_the_survivor(world: World) -> None:
    first, second = world.enrol("a@x.example"), world.enrol("b@x.example")
    world.event(first, "pricing_view", "p1")
    merge(world, first, second)
    assert world.event(first, "pricing_view", "p2")
    world.event(first, "answer", "a1", learned={"pain": "detention"})
    with world.archive.begin() as tx:
        enrolling.opt_out(tx, world.archive, first, "link")
        facts = tx.execute(select(t.lead_facts).where(t.lead_facts.c.lead_id == second)).mappings().one()
    assert sum(facts["seen"]["pricing_view"]["days"].values()) == 2
    assert facts["known"]["fact.pain"]["value"] == "detention"
    assert world.row(second)["has_opted_out"]


def test_the_strictest_flags_win_and_the_stronger_source_is_believed(world: World) -> None:
    first = world.enrol("a@x.example", has_opted_out=True, values={"company.dock_doors": 30})
    second = world.enrol("b@x.example", values={"company.dock_doors": 12})
    with world.archive.begin() as tx:
        people.change_facts(
            tx, world.archive, second, people.Learned({"company.dock_doors": 14}, Source.REP), "REP", "rosa"
        )
    merge(world, first, second)
    assert world.row(second)["has_opted_out"]
    with world.archive.reading() as tx:
        known = tx.execute(select(t.lead_facts.c.known).where(t.lead_facts.c.lead_id == second)).scalar_one()
    assert known["company.dock_doors"]["value"] == 14


def test_two_in_flight_are_merged_towards_sales_only(world: World) -> None:
    with_sales, rep = offered(world)
    nurtured = world.enrol("other@site.example")
    with pytest.raises(RefusedError, match=f"with {rep}"):
        merge(world, with_sales, nurtured)
    merge(world, nurtured, with_sales)
    assert world.row(with_sales)["owner"] == rep
    other, _ = offered(world, "third@site.example")
    merge(world, other, with_sales)
    row = world.row(other)
    assert (row["state"], row["owner"], row["clock_name"]) == ("MERGED", None, None)
    assert all(o["closed_at"] for o in world.rows(t.offers, other))
    assert not any(o["closed_at"] for o in world.rows(t.offers, with_sales))


def test_nonsense_merges_are_refused(world: World) -> None:
    lead, other = world.enrol("a@x.example"), world.enrol("b@x.example")
    with pytest.raises(InvalidError):
        merge(world, lead, lead)
    merge(world, lead, other)
    with pytest.raises(RefusedError, match="MERGED"):
        merge(world, other, lead)


def test_crosswise_at_once_one_of_them_stays(world: World) -> None:
    lead, other = world.enrol("a@x.example"), world.enrol("b@x.example")

    def one(of: UUID, into: UUID) -> bool:
        try:
            merge(world, of, into)
        except RefusedError:
            return False
        return True

    assert sorted(at_once(lambda: one(lead, other), lambda: one(other, lead))) == [False, True]
    assert sorted(world.row(each)["state"] for each in (lead, other)) == ["MERGED", "NEW"]


def test_erasing_leaves_no_word_and_no_way_back_in(world: World) -> None:
    lead, twin = world.enrol("ana@site.example", external=("crm", "7")), world.enrol("ana@old.example")
    world.live_for(lead, days=20)
    merge(world, twin, lead)
    with pytest.raises(InvalidError, match="ticket"):
        put_right(world, repairing.erase, lead)
    put_right(world, repairing.erase, lead, ticket="DSR-12")
    for each in (lead, twin):
        assert world.row(each)["state"] == "ERASED"
        assert world.rows(t.person_texts, each) == []
        assert world.rows(t.external_ids, each) == []
        assert world.rows(t.lead_facts, each)[0]["known"] == {}
    assert world.look(lead).verb is Verb.ENDED
    assert len(world.rows(t.ledger, lead)) == 3
    sent = len(world.sent)
    again = world.enrol("ana@site.example")
    assert again != lead
    world.live_for(again, days=30)
    assert len(world.sent) == sent
    dump = [str(row) for table in t.metadata.sorted_tables for row in _all(world, table)]
    assert not [row for row in dump if "ana@old.example" in row]
    assert all(row["before"] is None for each in (lead, twin) for row in world.rows(t.log, each))


def test_erasing_leaves_nothing_that_says_where_they_worked_or_which_deal_was_theirs(world: World) -> None:
    lead = world.enrol(values=READY)
    world.live_for(lead, minutes=1)
    world.say(lead, "attempt", outcome="connected", channel="phone")
    with world.archive.begin() as tx:
        supporting.allow(tx, world.archive, lead, None, "REP", world.row(lead)["owner"])
    world.live_for(lead, days=14)
    assert len(world.sent) == 1
    world.say(lead, "qualify")
    world.say(lead, "opportunity", deal=Deal(9000, "USD", world.clock.at.date(), "commit"))
    with world.archive.begin() as tx:
        told = {"id": "deal-5", "status": "open", "company": "https://site.example"}
        deals.take(tx, world.archive, lead, "crm", told, None, None)
    put_right(world, repairing.erase, lead, ticket="DSR-12")
    with world.archive.reading() as tx:
        rows = tx.execute(select(t.opportunities).order_by(t.opportunities.c.system)).mappings().all()
        scopes = tx.execute(select(t.permits.c.scope)).scalars().all()
        accounts = tx.execute(select(t.accounts.c.company, t.accounts.c.open_deals)).all()
    assert [(r["system"], r["lead_id"], r["company"]) for r in rows] == [
        ("crm", None, "site.example"), ("nurture", lead, None)
    ]  # fmt: skip
    assert scopes == ["sender/lena"]
    assert accounts == [("site.example", 1)]
    with world.archive.begin() as tx:
        deals.take(tx, world.archive, None, "crm", {"id": "deal-5", "status": "lost"}, None, None)
        assert tx.execute(select(t.accounts.c.open_deals)).scalar() == 0


def _all(world: World, table: Any) -> Any:  # Any: one of storage.tables
    with world.archive.reading() as tx:
        return tx.execute(select(table)).all()


def correct(world: World, lead: UUID, who: str, to: str, is_admin: bool = False, **more: Any) -> bool:  # Any: of Said
    with world.archive.begin() as tx:
        said = Said("correct", "OPS", who, note_length=9, to=to, ticket="T-1", **more)
        return repairing.correct(tx, world.archive, lead, said, "was merged by mistake", is_admin) is not None


def test_a_correction_takes_two_of_operations_or_an_admin(world: World) -> None:
    lead = world.enrol()
    world.live_for(lead, days=3)
    assert not correct(world, lead, "olga", "DORMANT")
    assert not correct(world, lead, "olga", "DORMANT")
    assert not correct(world, lead, "pia", "RECYCLED")
    assert world.row(lead)["state"] == "NURTURING"
    assert correct(world, lead, "pia", "DORMANT")
    last = world.rows(t.log, lead)[-2]
    assert (last["transition"], last["data"]["seconded_by"], last["data"]["ticket"]) == ("T40", "olga", "T-1")
    assert correct(world, lead, "root", "WORKING", is_admin=True, rep="rosa")
    row = world.row(lead)
    assert (row["state"], row["owner"], row["clock_name"]) == ("WORKING", "rosa", "outcome")
    world.say(lead, "attempt", outcome="connected", channel="phone")
    world.say(lead, "qualify")
    with pytest.raises(InvalidError, match="salesperson"):
        correct(world, lead, "root", "ACCEPTED", is_admin=True, rep="ines")
    with pytest.raises(InvalidError, match="one of"):
        correct(world, lead, "root", "ERASED", is_admin=True)


@pytest.mark.parametrize(
    "decision",
    [
        ("accept", {}),
        ("attempt", {"outcome": "connected", "channel": "phone"}),
        ("reject", {"reason": "definition_not_met", "criterion": "problem"}),
        ("recycle", {"reason": "needs_education", "criterion": "soon"}),
    ],
)
def test_a_decision_is_taken_back_as_if_it_had_not_been(world: World, decision: tuple[str, dict[str, Any]]) -> None:
    lead, rep = offered(world)
    before = dict(world.row(lead))
    offer = dict(world.rows(t.offers, lead)[0])
    world.say(lead, decision[0], **decision[1])
    assert world.row(lead)["state"] != "HANDED_OFF"
    world.clock.at += timedelta(minutes=10)
    undo(world, lead, rep)
    after = dict(world.row(lead))
    beside = {"seq", "step", "step_seq", "step_due_at", "verdict_id", "verdict_mark"}
    assert {k: v for k, v in after.items() if k not in beside} == {k: v for k, v in before.items() if k not in beside}
    assert dict(world.rows(t.offers, lead)[0]) == {**offer, "accepted_at": world.rows(t.offers, lead)[0]["accepted_at"]}
    assert world.rows(t.attempts, lead) == []
    assert world.rows(t.handoffs, lead)[0]["closed_at"] is None
    world.say(lead, "accept")
    assert world.row(lead)["state"] == "ACCEPTED"


def test_a_won_deal_taken_back_is_open_again(world: World) -> None:
    lead, rep = offered(world)
    world.say(lead, "attempt", outcome="connected", channel="phone")
    world.say(lead, "qualify")
    world.say(lead, "opportunity", deal=Deal(9000, "USD", world.clock.at.date(), "commit"))
    world.clock.at += timedelta(days=1)
    world.say(lead, "won", deal=DEAL)
    assert world.rows(t.opportunities, lead)[0]["status"] == "won"
    undo(world, lead, rep)
    deal = world.rows(t.opportunities, lead)[0]
    assert (world.row(lead)["state"], deal["status"], deal["closed_at"]) == ("OPPORTUNITY", "open", None)
    assert world.row(lead)["won_at"] is None


def test_what_cannot_be_taken_back_says_why(world: World) -> None:
    lead, rep = offered(world)
    with pytest.raises(RefusedError, match="nobody has decided"):
        undo(world, lead, rep)
    world.say(lead, "accept")
    with pytest.raises(RefusedError, match=f"{rep}'s"):
        undo(world, lead, "somebody")
    world.clock.at += timedelta(minutes=31)
    with pytest.raises(RefusedError, match="30 minutes"):
        undo(world, lead, rep)
    world.say(lead, "attempt", outcome="no_answer", channel="phone")
    undo(world, lead, rep)
    with pytest.raises(RefusedError, match="nobody has decided"):
        undo(world, lead, rep)


def test_what_another_salesperson_has_read_stays(world: World) -> None:
    lead, rep = offered(world)
    sent_mail(world)
    world.clock.at += timedelta(minutes=1)
    world.say(lead, "reject", reason="misrouted")
    world.live_for(lead, minutes=1)
    other = world.row(lead)["owner"]
    sent_mail(world)
    with pytest.raises(RefusedError, match=f"{other} has been told"):
        undo(world, lead, rep)


def test_taken_back_before_anybody_read_of_it(world: World) -> None:
    lead, rep = offered(world)
    sent_mail(world)
    world.clock.at += timedelta(minutes=1)
    world.say(lead, "reject", reason="misrouted")
    world.live_for(lead, seconds=1)
    assert world.row(lead)["owner"] != rep
    undo(world, lead, rep)
    assert (world.row(lead)["owner"], world.row(lead)["state"]) == (rep, "HANDED_OFF")
    held = [o for o in world.rows(t.offers, lead) if o["closed_at"] is None]
    assert [o["rep"] for o in held] == [rep]
    assert len([n for n in world.rows(t.notices, lead) if n["sent_at"] is None]) == 0


def test_a_lead_that_sales_brings_is_theirs_at_once(world: World) -> None:
    lead = world.enrol(origin="sales")
    with world.archive.begin() as tx:
        repairing.bring(tx, world.archive, lead, Said("bring", "REP", "rosa"))
    row = world.row(lead)
    assert (row["state"], row["owner"], row["clock_name"]) == ("ACCEPTED", "rosa", "first_attempt")
    assert world.rows(t.notices, lead) == []
    world.say(lead, "attempt", outcome="connected", channel="phone")
    world.say(lead, "qualify")
    with world.archive.begin() as tx:
        assert repairing.bring(tx, world.archive, lead, Said("bring", "REP", "marc")) is None


def test_repairs_of_a_lead_that_is_not_there(world: World) -> None:
    lead = world.enrol()
    with pytest.raises(MissingError):
        merge(world, uuid4(), lead)
    with pytest.raises(MissingError):
        undo(world, uuid4(), "rosa")


def retract(world: World, lead: UUID, event_id: str) -> None:
    with world.archive.begin() as tx:
        repairing.retract(tx, world.archive, lead, "test", event_id, Said("retract", "OPS", "olga"), "a test of ours")


def known_of(world: World, lead: UUID) -> dict[str, Any]:  # Any: JSON
    known: dict[str, Any] = world.rows(t.lead_facts, lead)[0]["known"]
    return known


def test_evidence_taken_back_takes_the_lead_back_from_sales(world: World) -> None:
    lead = world.enrol(values={"fact.evaluate_within_months": 1})
    world.live_for(lead, days=3)
    world.event(lead, "answer", "a1", learned={"pain": "detention"})
    world.live_for(lead, minutes=1)
    assert world.row(lead)["state"] == "HANDED_OFF"
    retract(world, lead, "a1")
    row = world.row(lead)
    assert (row["state"], row["owner"], row["track"]) == ("NURTURING", None, "dock-waiting")
    assert world.transitions(lead)[-1] == "T41"
    assert "fact.pain" not in known_of(world, lead)
    with pytest.raises(RefusedError, match="already"):
        retract(world, lead, "a1")
    with pytest.raises(MissingError, match="no event a2"):
        retract(world, lead, "a2")


def test_a_reason_longer_than_a_code_stops_nothing(world: World) -> None:
    lead, _ = offered(world)
    with world.archive.begin() as tx:
        d = open_lead(tx, world.archive, lead)
        d.take(withdrawn(d.ctx, "evidence taken back: " + "x" * 64))
    assert len(world.rows(t.offers, lead)[0]["reason"]) == 64


def test_what_sales_has_accepted_stays_with_them(world: World) -> None:
    lead = world.enrol(values={"fact.evaluate_within_months": 1})
    world.event(lead, "answer", "a1", learned={"pain": "detention"})
    world.live_for(lead, minutes=1)
    world.say(lead, "accept")
    retract(world, lead, "a1")
    assert world.row(lead)["state"] == "ACCEPTED"


def test_what_was_said_with_a_decision_is_taken_back_with_it(world: World) -> None:
    lead, rep = offered(world)
    world.say(lead, "accept", learned={"pain": "idle_crew"})
    assert known_of(world, lead)["fact.pain"]["value"] == "idle_crew"
    undo(world, lead, rep)
    assert known_of(world, lead)["fact.pain"]["value"] == "detention"
