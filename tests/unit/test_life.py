"""Whole lives of leads through the real archive, as the people around them would tell them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from domain.errors import InvalidError, RefusedError
from domain.letters import OURS, Outcome
from domain.said import Deal
from storage import tables as t
from storage.life import ArchiveLife
from tests.world import World, shipped_files

CHICAGO = ZoneInfo("America/Chicago")


def test_a_quiet_lead_gets_every_touch_once_and_comes_to_rest(world: World) -> None:
    """The main track, then one mail every three weeks, then nothing before the review date."""
    lead = world.enrol()
    world.live_for(lead, days=240)
    rows = world.rows(t.ledger, lead)
    assert sorted(Counter(r["track"] for r in rows).items()) == [("dock-waiting", 10), ("keep-in-touch", 6)]
    assert len({r["touch"] for r in rows}) == 16
    assert world.row(lead)["state"] == "DORMANT"
    assert world.transitions(lead)[:2] == ["T04", "T05"]


def test_mails_leave_in_the_window_of_the_buyer_and_under_the_caps(world: World) -> None:
    lead = world.enrol()
    world.live_for(lead, days=200)
    sent = sorted(r["claimed_at"] for r in world.rows(t.ledger, lead) if r["channel"] == "email")
    for at in sent:
        local = at.astimezone(CHICAGO)
        assert local.weekday() in (1, 2, 3), local
        assert (8, 30) <= (local.hour, local.minute) < (11, 30), local
    every = sorted(r["claimed_at"] for r in world.rows(t.ledger, lead))
    assert all(c - a >= timedelta(days=7) - timedelta(hours=3) for a, c in zip(every, every[2:], strict=False))


def test_answers_make_a_lead_ready_and_sales_hears_of_it(world: World) -> None:
    lead = world.enrol()
    world.live_for(lead, days=2)
    world.event(lead, "answer", "1", learned={"pain": "detention"})
    world.event(lead, "answer", "2", learned={"evaluate_within_months": 2})
    world.live_for(lead, minutes=1)
    row = world.row(lead)
    assert (row["state"], row["ready_rule"], row["clock_name"]) == ("HANDED_OFF", "definition", "accept")
    notices = world.rows(t.notices, lead)
    assert [n["kind"] for n in notices] == ["offered"]
    assert notices[0]["person"] == row["owner"]


def test_silence_is_never_acceptance(world: World) -> None:
    """Remind, escalate, somebody else, and at last the manager's desk, which alarms every business day."""
    lead = world.enrol(values={"fact.pain": "detention", "fact.evaluate_within_months": 1})
    world.live_for(lead, days=20)
    row = world.row(lead)
    assert (row["state"], row["owner"], row["is_on_desk"]) == ("SALES_READY", "tom", True)
    kinds = [r["kind"] for r in world.rows(t.log, lead)]
    assert kinds.count("breach") >= 4
    with pytest.raises(RefusedError, match="only the manager"):
        world.say(lead, "withdraw", "MKT")
    world.say(lead, "assign", "MGR", rep="rosa", who="tom")
    assert world.row(lead)["owner"] == "rosa"


def _worked(world: World) -> UUID:
    lead = world.enrol(values={"fact.pain": "detention", "fact.evaluate_within_months": 1})
    world.live_for(lead, minutes=1)
    world.say(lead, "attempt", outcome="connected", channel="phone")
    return lead


def test_a_recycled_lead_comes_back_with_its_memory(world: World) -> None:
    lead = _worked(world)
    had = {r["touch"] for r in world.rows(t.ledger, lead)}
    world.say(lead, "recycle", reason="no_budget", learned={"evaluate_within_months": 12})
    assert world.row(lead)["state"] == "RECYCLED"
    world.live_for(lead, days=200)
    row = world.row(lead)
    assert row["cycle"] == 2
    touches = [r["touch"] for r in world.rows(t.ledger, lead)]
    assert len(touches) == len(set(touches))
    assert had <= set(touches)
    assert "T08" not in world.transitions(lead)


def test_ready_again_only_on_something_newer_than_the_return(world: World) -> None:
    lead = _worked(world)
    world.say(lead, "recycle", reason="no_budget")
    world.live_for(lead, days=130)
    assert world.row(lead)["state"] == "NURTURING"
    world.event(lead, "answer", "later", learned={"evaluate_within_months": 2})
    world.live_for(lead, minutes=1)
    assert world.row(lead)["state"] == "HANDED_OFF"


def test_a_raised_hand_breaks_the_cool_down(world: World) -> None:
    lead = _worked(world)
    world.say(lead, "recycle", reason="no_budget")
    world.live_for(lead, days=3)
    world.event(lead, "demo_request", "d1")
    world.live_for(lead, minutes=1)
    assert world.row(lead)["state"] == "HANDED_OFF"
    assert "T34" in world.transitions(lead)


def test_a_hand_raised_out_of_profile_is_answered_by_a_person(world: World) -> None:
    lead = world.enrol(values={"company.industry": "other", "company.dock_doors": 500, "company.country": "FR"})
    world.event(lead, "demo_request", "d1")
    world.live_for(lead, minutes=1)
    (task,) = world.rows(t.tasks, lead)
    assert (task["kind"], task["owner"], task["closed_at"]) == ("answer", "lena", None)
    world.live_for(lead, days=30)
    assert world.rows(t.ledger, lead) == []
    assert any(n["kind"] == "task_escalate" for n in world.rows(t.notices, lead))


def test_the_same_event_twice_changes_nothing(world: World) -> None:
    lead = world.enrol()
    assert world.event(lead, "pricing_view", "p1")
    seq = world.row(lead)["seq"]
    assert not world.event(lead, "pricing_view", "p1")
    assert world.row(lead)["seq"] == seq


def test_who_unsubscribed_before_the_first_look_waits_for_that_reason(world: World) -> None:
    lead = world.enrol(has_opted_out=True)
    assert world.live_for(lead, days=1).reason == "they have unsubscribed; judged all the same"
    other = world.enrol("b@other.example", values={"inquiry.topic": "other"})
    assert world.live_for(other, days=1).reason == "no track matches; judged all the same"


def test_an_opt_out_stops_mail_at_the_moment_of_sending(world: World) -> None:
    from storage import enrolling

    lead = world.enrol()
    step = world.look(lead)
    world.clock.at = step.due_at
    with world.archive.begin() as tx:
        enrolling.opt_out(tx, world.archive, lead, "test")
    world.perform(lead, step)
    world.live_for(lead, days=200)
    assert world.sent == []


def test_a_crash_between_claim_and_confirm_never_sends_twice(world: World) -> None:
    from domain.steps import Order

    lead = world.enrol()
    step = world.look(lead)
    world.clock.at = step.due_at
    world.life.claim(Order(str(lead), step.seq, step.id), "first")
    again = world.perform(lead, step)
    assert world.sent == []
    (row,) = world.rows(t.ledger, lead)
    assert row["status"] == "uncertain"
    assert again.id != step.id


def test_greylisting_waits_and_then_sends_the_same_mail_once(world: World) -> None:
    lead = world.enrol()
    answers = iter([Outcome("deferred", "4.2.0"), Outcome("sent", "2.0.0", "words")])
    world.answer = lambda letter: next(answers)
    world.live_for(lead, days=3)
    (row,) = world.rows(t.ledger, lead)
    assert (row["status"], row["tries"]) == ("sent", 2)


def test_a_dead_address_gets_no_more_mail(world: World) -> None:
    world.answer = lambda letter: Outcome("failed", "5.1.1")
    lead = world.enrol()
    world.live_for(lead, days=200)
    assert len(world.sent) == 1
    assert world.row(lead)["has_bounced"]


def test_a_human_touch_teaches_facts_and_retries(world: World) -> None:
    lead = world.enrol()
    while not any(r["channel"] == "call" for r in world.rows(t.ledger, lead)):
        world.live_for(lead, days=1)
    world.finish_task(lead, "no_answer")
    (task,) = [r for r in world.rows(t.tasks, lead) if r["closed_at"] is None]
    assert task["tries"] == 1
    world.finish_task(lead, "talked", facts={"pain": "idle_crew"}, words="The crew waits more than the trucks")
    (call,) = [r for r in world.rows(t.ledger, lead) if r["channel"] == "call"]
    assert (call["status"], call["engaged_at"]) == ("sent", world.clock.at)


def test_what_is_not_in_the_table_is_refused_with_what_is(world: World) -> None:
    lead = world.enrol()
    world.look(lead)
    with pytest.raises(RefusedError) as refused:
        world.say(lead, "accept")
    assert refused.value.legal == ()
    before = world.transitions(lead)
    with pytest.raises(InvalidError, match="reason"):
        world.say(lead, "disqualify", "MKT", reason="no_such_reason")
    assert world.transitions(lead) == before


def test_a_late_decision_is_told_who_has_it_now(world: World) -> None:
    lead = world.enrol(values={"fact.pain": "detention", "fact.evaluate_within_months": 1})
    world.live_for(lead, minutes=1)
    first = world.row(lead)["owner"]
    world.say(lead, "reject", reason="misrouted")
    world.live_for(lead, minutes=1)
    second = world.row(lead)["owner"]
    assert first != second
    with pytest.raises(RefusedError, match=f"with {second} now"):
        world.say(lead, "accept", who=first)


def test_a_pause_ends_by_itself(world: World) -> None:
    from storage import people

    lead = world.enrol()
    world.look(lead)
    until = datetime(2027, 3, 1, tzinfo=UTC)
    with world.archive.begin() as tx:
        people.pause(tx, world.archive, lead, until, "MKT", "ines")
    world.live(lead, datetime(2027, 3, 20, tzinfo=UTC))
    assert min(r["claimed_at"] for r in world.rows(t.ledger, lead)) > until


def test_a_notice_found_by_two_is_sent_by_one(world: World) -> None:
    from storage import notices

    lead = world.enrol(values={"fact.pain": "detention", "fact.evaluate_within_months": 1})
    world.live_for(lead, minutes=1)
    (mine,) = notices.unsent(world.archive, lead)
    (theirs,) = notices.unsent(world.archive, lead)
    assert notices.claim(world.archive, mine)
    assert not notices.claim(world.archive, theirs)


DEAL = Deal(42_000, "USD", date(2027, 6, 30), "best_case")


def _qualified(world: World) -> UUID:
    lead = _worked(world)
    world.say(lead, "qualify")
    return lead


def test_a_deal_from_opportunity_to_won_and_no_more_mail(world: World) -> None:
    lead = _qualified(world)
    world.say(lead, "opportunity", deal=DEAL)
    world.live_for(lead, days=5)
    world.say(lead, "proposal", deal=DEAL)
    world.say(lead, "won", deal=DEAL)
    before = len(world.sent)
    step = world.live_for(lead, days=400)
    assert (world.row(lead)["state"], step.verb, len(world.sent)) == ("WON", "ended", before)
    with pytest.raises(InvalidError, match="purpose: customer"):
        world.say(lead, "enrol", "MKT", track="dock-waiting", who="ines")


def test_a_deal_without_a_sign_of_life_alarms_and_moves_nothing(world: World) -> None:
    lead = _qualified(world)
    world.say(lead, "opportunity", deal=DEAL)
    world.live_for(lead, days=100)
    assert world.row(lead)["state"] == "OPPORTUNITY"
    assert ("tom", "clock_escalate") in [(n["person"], n["kind"]) for n in world.rows(t.notices, lead)]


def test_a_lost_deal_comes_back_as_its_reason_says(world: World) -> None:
    lead = _qualified(world)
    world.say(lead, "opportunity", deal=DEAL)
    world.say(lead, "lost", reason="price")
    world.live_for(lead, days=22)
    row = world.row(lead)
    assert (row["state"], row["return_reason"]) == ("RECYCLED", "no_budget")
    world.live_for(lead, days=130)
    assert world.row(lead)["cycle"] == 2


def test_a_deal_that_should_never_have_been_is_out_for_good(world: World) -> None:
    lead = _qualified(world)
    world.say(lead, "opportunity", deal=DEAL)
    world.say(lead, "lost", reason="not_qualified_in_hindsight", note_length=9)
    world.live_for(lead, days=30)
    assert world.row(lead)["state"] == "DISQUALIFIED"


@pytest.mark.parametrize("state", ["HANDED_OFF", "ACCEPTED", "WORKING", "QUALIFIED", "OPPORTUNITY", "PROPOSAL", "LOST"])
def test_recycled_from_every_state_sales_can_have_it_in(world: World, state: str) -> None:
    lead = world.enrol(values={"fact.pain": "detention", "fact.evaluate_within_months": 1})
    world.live_for(lead, minutes=1)
    way: list[tuple[str, dict[str, Any]]] = [
        ("accept", {}),
        ("attempt", {"outcome": "connected", "channel": "phone"}),
        ("qualify", {}),
        ("opportunity", {"deal": DEAL}),
        ("proposal", {"deal": DEAL}),
        ("lost", {"reason": "price"}),
    ]
    for command, more in way:
        if world.row(lead)["state"] == state:
            break
        world.say(lead, command, **more)
    owner = world.row(lead)["owner"] or world.row(lead)["returned_by"]
    world.say(lead, "recycle", reason="no_budget", who=owner)
    assert (world.row(lead)["state"], world.row(lead)["returned_by"]) == ("RECYCLED", owner)


@pytest.mark.parametrize(
    "deal", [None, Deal(0, "USD", DEAL.close_on, "commit"), Deal(1, "dollars", DEAL.close_on, "commit"), Deal(1, "USD")]
)
def test_a_deal_says_what_it_is_worth(world: World, deal: Deal | None) -> None:
    lead = _qualified(world)
    with pytest.raises(InvalidError):
        world.say(lead, "opportunity", deal=deal)
    assert world.row(lead)["state"] == "QUALIFIED"


def test_ready_again_while_it_rests_is_handed_over_when_the_rest_ends(world: World) -> None:
    lead = _worked(world)
    world.say(lead, "recycle", reason="needs_education", criterion="soon")
    world.live_for(lead, days=8)
    world.event(lead, "answer", "later", learned={"evaluate_within_months": 2})
    world.live_for(lead, days=1)
    assert world.row(lead)["state"] == "NURTURING"
    world.live_for(lead, days=22)
    assert world.row(lead)["state"] == "HANDED_OFF"


def test_pilot_keeps_a_mail_until_it_may_leave(world: World) -> None:
    lead = world.enrol()
    world.life = ArchiveLife(world.archive, lambda address: False)
    world.live_for(lead, days=10)
    assert world.sent == []
    assert world.rows(t.ledger, lead) == []
    world.life = ArchiveLife(world.archive, lambda address: address == "ana@site.example")
    world.live_for(lead, days=10)
    assert world.sent[0].touch == "checklist"


def _dormant(world: World) -> UUID:
    lead = world.enrol()
    world.live_for(lead, days=240)
    assert world.row(lead)["state"] == "DORMANT"
    return lead


def test_a_lead_that_had_everything_and_then_answers_goes_to_sales(world: World) -> None:
    lead = _dormant(world)
    world.event(lead, "answer", "1", learned={"pain": "detention"})
    world.event(lead, "answer", "2", learned={"evaluate_within_months": 2})
    world.live_for(lead, minutes=1)
    assert world.row(lead)["state"] == "HANDED_OFF"


def test_any_sign_of_life_makes_us_look_at_a_dormant_lead(world: World) -> None:
    lead = _dormant(world)
    seq = world.row(lead)["seq"]
    world.event(lead, "download", "d1")
    assert world.row(lead)["seq"] == seq + 1


def test_a_hand_raised_while_with_sales_is_answered_when_they_refuse_the_lead(world: World) -> None:
    lead = world.enrol(values={"fact.pain": "detention", "fact.evaluate_within_months": 1})
    world.live_for(lead, minutes=1)
    world.event(lead, "contact_request", "c1")
    world.live_for(lead, minutes=1)
    world.say(lead, "reject", reason="bad_data", note_length=5)
    world.live_for(lead, minutes=1)
    assert [r["kind"] for r in world.rows(t.tasks, lead)] == ["answer"]


def test_what_is_overdue_counts_for_the_day_it_goes_out(world: World) -> None:
    lead = world.enrol()
    step = world.look(lead)
    world.clock.at = step.due_at + timedelta(days=7)
    step = world.look(lead)
    world.clock.at = max(world.clock.at, step.due_at)
    world.perform(lead, step)
    with world.archive.reading() as tx:
        days = set(tx.execute(select(t.permits.c.day).where(t.permits.c.is_used)).scalars())
    assert days == {world.sent[0].at.date().isoformat()}


def test_a_greylisted_mail_is_tried_again_within_the_hour_with_the_words_of_then(world: World) -> None:
    lead = world.enrol()
    answers = iter([Outcome("deferred", "4.2.0"), Outcome("sent", "2.0.0", "words")])
    world.answer = lambda letter: next(answers)
    step = world.look(lead)
    world.clock.at = step.due_at
    world.perform(lead, step)
    path = "content/tracks/dock-waiting/checklist.md"
    changed = {**shipped_files(), path: shipped_files()[path].replace("Twelve reasons", "Ten reasons")}
    live = world.publish(changed).hash
    world.live_for(lead, hours=1)
    assert len(world.sent) == 2
    assert "Ten reasons" in world.sent[1].subject
    assert world.rows(t.ledger, lead)[0]["release"] == live


def test_a_setting_of_ours_that_prevents_sending_never_gives_a_mail_up(world: World) -> None:
    world.answer = lambda letter: Outcome("deferred", OURS)
    lead = world.enrol()
    world.live_for(lead, days=30)
    assert len(world.sent) > 10
    world.answer = lambda letter: Outcome("sent", "2.0.0", "words")
    world.live_for(lead, days=5)
    assert world.rows(t.ledger, lead)[0]["status"] == "sent"


def test_a_lead_is_written_to_in_its_language_where_there_is_one(world: World) -> None:
    french = world.enrol("zoe@boreal.example", values={"lead.language": "fr-CA", "inquiry.topic": "dock_delay"})
    other = world.enrol("ana@site.example", values={"lead.language": "pl", "inquiry.topic": "dock_delay"})
    for lead in (french, other):
        world.live_for(lead, days=20)
    rows = (*world.rows(t.ledger, french), *world.rows(t.ledger, other))
    languages = {(row["lead_id"], row["touch"]): row["language"] for row in rows}
    assert languages[french, "cost-of-waiting"] == "fr"
    assert languages[french, "checklist"] is None
    assert languages[other, "cost-of-waiting"] is None
    said = {letter.to_address: letter for letter in world.sent if letter.touch == "cost-of-waiting"}
    assert "trois prix" in said["zoe@boreal.example"].body
    assert said["zoe@boreal.example"].path.endswith("cost-of-waiting.fr.md")
    assert said["zoe@boreal.example"].language == "fr"
    assert said["ana@site.example"].language == "en"


def test_a_notice_says_what_is_due_and_whose_it_is(world: World) -> None:
    from storage import notices

    lead = world.enrol()
    world.live_for(lead, days=30)
    told = {row["kind"]: row for row in world.rows(t.notices, lead)}
    found = {n.kind: n for n in notices.unsent(world.archive, lead)}
    with world.archive.reading() as tx:
        about = {kind: notices.circumstances(tx, world.archive.live(tx), found[kind]) for kind in told if kind in found}
    assert about["touch"]["task"] == "Ask what goes wrong at their docks"
    assert about["touch"]["owner"] == "Lena Brandt"
    (task,) = [row for row in world.rows(t.tasks, lead) if str(row["id"]) == told["touch"]["data"]["task"]]
    assert about["touch"]["due_at"] == task["due_at"]
