"""Mail in a salesperson's name while they have the lead: only if they allow it, quiet while they talk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from domain.errors import InvalidError, RefusedError
from domain.letters import Outcome
from domain.said import Deal
from domain.steps import Order, Step, Verb
from storage import enrolling, pauses, people, repairing, reps, supporting
from storage import tables as t
from tests.world import World, shipped_files

DEAL = Deal(42_000, "USD", date(2028, 1, 1), "commit")
QUIET = timedelta(days=5)
TRACK = "content/tracks/beside-sales/track.yaml"


def working(world: World, email: str = "ana@site.example") -> UUID:
    lead = world.enrol(email, values={"fact.pain": "detention", "fact.evaluate_within_months": 1})
    world.live_for(lead, minutes=1)
    world.say(lead, "attempt", outcome="connected", channel="phone")
    return lead


def allow(world: World, lead: UUID, who: str | None = None, actor: str = "REP", track: str | None = None) -> None:
    with world.archive.begin() as tx:
        supporting.allow(tx, world.archive, lead, track, actor, who or world.row(lead)["owner"])


def end(world: World, lead: UUID, who: str | None = None, actor: str = "REP") -> None:
    with world.archive.begin() as tx:
        supporting.end(tx, world.archive, lead, actor, who or world.row(lead)["owner"])


def supported(world: World) -> UUID:
    lead = working(world)
    allow(world, lead)
    return lead


def mails(world: World) -> list[str]:
    return [letter.touch for letter in world.sent]


def test_nothing_goes_out_unless_the_salesperson_lets_it(world: World) -> None:
    lead = working(world)
    world.live_for(lead, days=18)
    assert world.sent == []
    assert world.row(lead)["state"] == "WORKING"


def test_one_mail_a_stage_in_the_salespersons_name(world: World) -> None:
    lead = supported(world)
    owner = world.row(lead)["owner"]
    world.live_for(lead, days=15)
    assert mails(world) == ["three-numbers"]
    world.say(lead, "qualify")
    world.say(lead, "opportunity", deal=DEAL)
    world.live_for(lead, days=25)
    assert mails(world) == ["three-numbers", "ask-a-customer"]  # it was qualified for a moment only
    world.say(lead, "proposal", deal=DEAL)
    world.live_for(lead, days=25)
    world.say(lead, "rescope", note_length=20)
    world.live_for(lead, days=25)
    assert mails(world) == ["three-numbers", "ask-a-customer", "reading-an-offer"]
    person = world.archive.compile(shipped_files()).people[owner]
    for letter in world.sent:
        assert (letter.sender_name, letter.reply_to) == (person.name, person.address)
        assert letter.values["sender"]["first_name"] == person.first_name
    rows = sorted(world.rows(t.ledger, lead), key=lambda r: r["claimed_at"])
    assert [(r["track"], r["stage"], r["sender"]) for r in rows] == [
        ("beside-sales", stage, owner) for stage in ("working", "opportunity", "proposal")
    ]


def test_it_goes_out_in_their_window_under_the_caps_and_after_the_quiet_time(world: World) -> None:
    lead = supported(world)
    spoken_at = world.clock.at
    world.live_for(lead, days=15)
    (row,) = world.rows(t.ledger, lead)
    local = row["claimed_at"].astimezone(ZoneInfo("America/Chicago"))
    assert row["claimed_at"] >= spoken_at + QUIET
    assert local.weekday() in (1, 2, 3)
    assert (8, 30) <= (local.hour, local.minute) < (11, 30)


def _voicemail(world: World, lead: UUID) -> datetime:
    world.say(lead, "attempt", outcome="voicemail", channel="phone")
    return world.clock.at


def _meeting(world: World, lead: UUID) -> datetime:
    at = world.clock.at + timedelta(days=6)
    world.say(lead, "attempt", outcome="meeting_booked", channel="phone", meeting_at=at)
    world.say(lead, "attempt", outcome="message_sent", channel="email")  # says nothing of the meeting, which stands
    return at


def _callback(world: World, lead: UUID) -> datetime:
    at = world.clock.at + timedelta(days=4)
    world.say(lead, "attempt", outcome="connected", channel="phone", callback_at=at)
    return at


def _qualified(world: World, lead: UUID) -> datetime:
    world.say(lead, "qualify")
    return world.clock.at


@pytest.mark.parametrize("talk", [_voicemail, _meeting, _callback, _qualified])
def test_whatever_a_person_says_keeps_it_quiet(world: World, talk: Callable[[World, UUID], datetime]) -> None:
    lead = supported(world)
    due_at = world.look(lead).due_at
    world.clock.at = due_at - timedelta(hours=1)
    quiet_from = talk(world, lead)
    step = world.live_for(lead, days=1)
    assert world.sent == []
    world.live(lead, max(quiet_from + timedelta(days=14), step.due_at))
    assert len(world.sent) == 1
    assert world.rows(t.ledger, lead)[0]["claimed_at"] >= quiet_from + QUIET


def test_a_reply_keeps_it_quiet_until_the_salesperson_has_answered(world: World) -> None:
    lead = supported(world)
    world.live_for(lead, days=1)
    world.event(lead, "reply", "r1")
    world.live_for(lead, days=12)
    assert world.sent == []
    world.say(lead, "attempt", outcome="replied", channel="email")
    answered_at = world.clock.at
    world.live_for(lead, days=14)
    assert mails(world) == ["three-numbers"]
    assert world.rows(t.ledger, lead)[0]["claimed_at"] >= answered_at + QUIET


def test_it_is_taken_back_at_once(world: World) -> None:
    lead = supported(world)
    step = world.look(lead)
    assert step.verb is Verb.DELIVER
    end(world, lead)
    world.clock.at = step.due_at
    world.perform(lead, step)
    world.live_for(lead, days=10)
    assert world.sent == []
    with pytest.raises(RefusedError, match="no mail goes out"):
        end(world, lead)
    kinds = [r["data"]["mail"] for r in world.rows(t.log, lead) if r["kind"] == "support"]
    assert kinds == ["allowed", "ended"]
    permits = world.rows(t.permits, lead)
    assert [p for p in permits if not p["is_used"]] == []


def test_allowed_twice_is_allowed_once(world: World) -> None:
    lead = supported(world)
    allow(world, lead)
    assert [r["kind"] for r in world.rows(t.log, lead)].count("support") == 1


def test_only_the_one_who_has_it_allows_it(world: World) -> None:
    lead = working(world)
    owner = world.row(lead)["owner"]
    other = {"rosa": "marc", "marc": "rosa"}[owner]
    for actor, who in (("REP", other), ("MGR", "tom"), ("MKT", "ines"), ("OPS", owner)):
        with pytest.raises(RefusedError):
            allow(world, lead, who, actor)
    with pytest.raises(InvalidError, match="there are: beside-sales"):
        allow(world, lead, track="dock-waiting")
    allow(world, lead)
    with pytest.raises(RefusedError, match="is with"):
        end(world, lead, other)
    end(world, lead, "tom", "MGR")
    assert world.row(lead)["support"] is None


def test_a_lead_in_nobodys_hands_is_refused(world: World) -> None:
    lead = world.enrol(values={"fact.pain": "detention", "fact.evaluate_within_months": 1})
    world.live_for(lead, minutes=1)
    assert world.row(lead)["state"] == "HANDED_OFF"
    with pytest.raises(RefusedError, match="accept it first"):
        allow(world, lead)


def test_where_none_is_signed_there_is_none_to_allow(world: World) -> None:
    lead = working(world)
    world.publish({path: text for path, text in shipped_files().items() if "beside-sales" not in path})
    with pytest.raises(RefusedError, match="no track with purpose: sales_support"):
        allow(world, lead)


def test_what_one_salesperson_allowed_does_not_hold_for_the_next(world: World) -> None:
    lead = supported(world)
    other = {"rosa": "marc", "marc": "rosa"}[world.row(lead)["owner"]]
    world.say(lead, "reassign", "MGR", rep=other, who="tom", note_length=20)
    assert world.row(lead)["support"] is None
    world.live_for(lead, days=15)
    assert world.sent == []


def test_a_salesperson_leaves_with_allowances(world: World) -> None:
    leads = [working(world, f"p{n}@site{n}.example") for n in range(4)]
    for lead in leads:
        allow(world, lead)
    gone = world.row(leads[0])["owner"]
    with world.archive.begin() as tx:
        reps.put(tx, world.archive, gone, {"is_active": False})
    for lead in leads:
        row = world.row(lead)
        assert row["owner"] != gone
    theirs = [lead for lead in leads if world.row(lead)["support"]]
    assert all(any(r["transition"] == "T43" for r in world.rows(t.log, lead)) for lead in set(leads) - set(theirs))
    assert len(theirs) < 4
    assert all(world.row(lead)["owner"] != gone for lead in theirs)


def test_what_was_reserved_in_the_name_of_who_leaves_is_free_for_others(world: World) -> None:
    lead = supported(world)
    world.look(lead)
    assert world.rows(t.permits, lead)
    with world.archive.begin() as tx:
        reps.put(tx, world.archive, world.row(lead)["owner"], {"is_active": False})
    assert world.rows(t.permits, lead) == []


def test_nothing_goes_out_while_the_salesperson_is_away(world: World) -> None:
    lead = supported(world)
    until = world.clock.at + timedelta(days=12)
    with world.archive.begin() as tx:
        reps.away(tx, world.archive, world.row(lead)["owner"], until, "nothing")
    world.live_for(lead, days=17)
    (row,) = world.rows(t.ledger, lead)
    assert row["claimed_at"] >= until


def _recycle(world: World, lead: UUID) -> None:
    world.say(lead, "recycle", reason="no_budget")


def _unsubscribe(world: World, lead: UUID) -> None:
    with world.archive.begin() as tx:
        enrolling.opt_out(tx, world.archive, lead, "link")


def _unpublish(world: World, lead: UUID) -> None:
    world.publish({path: text for path, text in shipped_files().items() if "beside-sales" not in path})


def _other_purpose(world: World, lead: UUID) -> None:
    files = shipped_files()
    world.publish({**files, TRACK: files[TRACK].replace("sales_support", "long_cycle").replace("quiet_time", "#")})


def _pause(world: World, lead: UUID) -> None:
    with world.archive.begin() as tx:
        people.pause(tx, world.archive, lead, world.clock.at + timedelta(days=60), "MKT", "ines")


def _pause_track(world: World, lead: UUID) -> None:
    with world.archive.begin() as tx:
        pauses.begin(tx, world.archive, "track:beside-sales", world.clock.at + timedelta(days=60), "ines", "")


def _suppress(world: World, lead: UUID) -> None:
    with world.archive.begin() as tx:
        key = tx.execute(select(t.leads.c.address_key).where(t.leads.c.id == lead)).scalar_one()
        tx.execute(
            t.suppressions.insert().values(address_key=key, reason="complaint", source="test", at=world.clock.at)
        )


STOPS = [_recycle, _unsubscribe, _unpublish, _other_purpose, _pause, _pause_track, _suppress]


@pytest.mark.parametrize("stop", STOPS)
def test_what_happens_in_the_last_moment_stops_it(world: World, stop: Callable[[World, UUID], None]) -> None:
    lead = supported(world)
    step = world.look(lead)
    assert step.verb is Verb.DELIVER
    world.clock.at = step.due_at
    stop(world, lead)
    world.perform(lead, step)
    world.live_for(lead, days=7)
    assert world.sent == []


def test_given_back_while_the_mail_is_being_written(world: World) -> None:
    """What was claimed before is on its way, once; the ledger says so, and nothing follows."""
    lead = supported(world)
    step = world.look(lead)
    world.clock.at = step.due_at
    claimed = world.life.claim(Order(str(lead), step.seq, step.id), "one")
    assert not isinstance(claimed, Step)
    world.say(lead, "recycle", reason="no_budget")
    after = world.life.confirm(claimed, Outcome("sent", "250", "words"))
    assert after.verb is Verb.RESUME
    assert [(r["touch"], r["status"]) for r in world.rows(t.ledger, lead)] == [("three-numbers", "sent")]
    assert (world.row(lead)["state"], world.row(lead)["support"]) == ("RECYCLED", None)


def test_a_relay_that_says_later_is_asked_again(world: World) -> None:
    lead = supported(world)
    world.answer = lambda letter: Outcome("deferred", "4.2.0")
    world.live(lead, world.look(lead).due_at + timedelta(minutes=1))
    world.answer = lambda letter: Outcome("sent", "250", "words")
    world.live_for(lead, days=8)
    assert [(r["touch"], r["status"], r["tries"]) for r in world.rows(t.ledger, lead)] == [("three-numbers", "sent", 2)]


def test_taken_back_return_brings_what_was_allowed_back_too(world: World) -> None:
    from domain.said import Said

    lead = supported(world)
    owner = world.row(lead)["owner"]
    world.say(lead, "recycle", reason="no_budget")
    assert world.row(lead)["support"] is None
    with world.archive.begin() as tx:
        repairing.undo(tx, world.archive, lead, Said("undo", "REP", owner), None)
    assert world.row(lead)["support"] == "beside-sales"


def test_the_clocks_of_sales_run_on_beside_it(world: World) -> None:
    lead = supported(world)
    world.live_for(lead, days=60)
    assert world.row(lead)["state"] in ("RECYCLED", "NURTURING")
    assert "T22" in world.transitions(lead)
    assert world.row(lead)["support"] is None


def test_colleagues_get_it_one_a_day(world: World) -> None:
    leads = [working(world, f"p{n}@site.example") for n in range(3)]
    for lead in leads:
        allow(world, lead)
    days = set()
    for lead in leads:
        step = world.look(lead)
        assert step.verb is Verb.DELIVER
        days.add(step.due_at.date())
    assert len(days) == 3


def test_marketing_cannot_put_anybody_on_it(world: World) -> None:
    lead = world.enrol(values={"inquiry.topic": "other"})
    world.live_for(lead, minutes=1)
    with pytest.raises(InvalidError, match="no approved track beside-sales"):
        world.say(lead, "enrol", "MKT", track="beside-sales", who="ines")


def test_a_track_that_becomes_sales_support_lets_its_leads_go(world: World) -> None:
    lead = world.enrol()
    world.live_for(lead, days=3)
    files = shipped_files()
    path = "content/tracks/dock-waiting/track.yaml"
    text = files[path].partition("examples:")[0]
    world.publish({**files, path: text.replace("title:", "purpose: sales_support\ntitle:", 1)})
    before = len(world.sent)
    world.live_for(lead, days=40)
    assert len(world.sent) == before
