"""Leads on the way while the files change under them, while they rest, and while no track is for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from domain.errors import InvalidError
from domain.steps import Verb
from storage import people, trackless
from storage import tables as t
from tests.world import World, shipped_files

FOLDER = "content/tracks/dock-waiting"
TRACK, CHECKLIST = f"{FOLDER}/track.yaml", f"{FOLDER}/checklist.md"
FIRST, OTHER = "[checklist, cost-of-waiting, research-call]", "[checklist, research-call, cost-of-waiting]"


def _files(in_flight: str = "", first: str = FIRST, **more: str) -> dict[str, str]:
    track = shipped_files()[TRACK].replace(FIRST, first)
    assert first in track
    return {**shipped_files(), TRACK: f"{track}{in_flight}", **more}


def _touches(world: World, lead: UUID) -> list[str]:
    return [row["touch"] for row in sorted(world.rows(t.ledger, lead), key=lambda row: row["claimed_at"])]


KEEP = "in_flight: keep\n"


def test_keep_leaves_leads_on_the_way_their_order_and_gives_new_ones_the_new(world: World) -> None:
    world.publish(_files(KEEP))
    early = world.enrol("early@site.example")
    world.live_for(early, days=3)
    world.publish(_files(KEEP, OTHER))
    late = world.enrol("late@place.example")
    world.live_for(early, days=6)
    world.live_for(late, days=9)
    assert _touches(world, early) == ["checklist", "cost-of-waiting"]
    assert _touches(world, late) == ["checklist", "research-call"]


def test_an_edit_that_says_keep_itself_does_not_reach_leads_on_the_way(world: World) -> None:
    """They keep what they went by last: an edit they had adopted before stays adopted."""
    lead = world.enrol()
    world.live_for(lead, days=3)
    world.publish(_files("", OTHER))
    world.look(lead)
    world.publish(_files(KEEP))
    world.live_for(lead, days=9)
    assert _touches(world, lead) == ["checklist", "research-call"]


def test_adopt_gives_the_new_order_to_all(world: World) -> None:
    lead = world.enrol()
    world.live_for(lead, days=3)
    world.publish(_files("", OTHER))
    world.live_for(lead, days=9)
    assert _touches(world, lead) == ["checklist", "research-call"]


def test_what_was_kept_ends_with_the_cycle(world: World) -> None:
    world.publish(_files(KEEP))
    lead = world.enrol(values={"fact.pain": "detention", "fact.evaluate_within_months": 1})
    world.live_for(lead, minutes=1)
    live = world.publish(_files(KEEP, OTHER)).hash
    world.say(lead, "attempt", outcome="connected", channel="phone")
    world.say(lead, "recycle", learned={"evaluate_within_months": 12}, reason="needs_education", criterion="soon")
    world.live_for(lead, days=8)
    row = world.row(lead)
    assert (row["state"], row["track"], row["pinned_release"]) == ("NURTURING", "dock-waiting", live)


def test_words_are_live_under_keep(world: World) -> None:
    world.publish(_files(KEEP))
    lead = world.enrol()
    world.look(lead)
    words = shipped_files()[CHECKLIST].replace("Twelve reasons", "Ten reasons")
    world.publish(_files(KEEP, OTHER, **{CHECKLIST: words}))
    world.live_for(lead, days=3)
    assert "Ten reasons" in world.sent[0].subject


@pytest.mark.parametrize("in_flight", ["", KEEP])
def test_the_touch_a_lead_waits_for_is_removed_and_its_place_is_free_again(world: World, in_flight: str) -> None:
    world.publish(_files(in_flight))
    lead = world.enrol()
    assert world.look(lead).id.startswith("deliver:checklist:")
    fewer = _files(in_flight, "[cost-of-waiting, research-call]")
    del fewer[CHECKLIST]
    world.publish(fewer)
    world.live_for(lead, days=3)
    assert _touches(world, lead) == ["cost-of-waiting"]
    with world.archive.reading() as tx:
        steps = set(tx.execute(select(t.permits.c.step_id).where(t.permits.c.lead_id == lead)).scalars())
    assert not any("checklist" in step for step in steps)


def test_a_zone_that_changes_while_a_lead_waits_counts_at_once(world: World) -> None:
    lead = world.enrol(values={"lead.time_zone": "America/New_York"})
    world.look(lead)
    with world.archive.begin() as tx:
        people.change_facts(
            tx, world.archive, lead, people.Learned({"lead.time_zone": "Pacific/Honolulu"}), "MKT", "ines"
        )
    world.live_for(lead, days=4)
    (mail,) = world.sent
    local = mail.at.astimezone(ZoneInfo("Pacific/Honolulu"))
    assert (8, 30) <= (local.hour, local.minute) < (11, 30)
    held = [row["step_id"] for row in world.rows(t.permits, lead) if "checklist" in row["step_id"]]
    assert len(held) == 2  # the sender's and the company's; none that was promised for the hour before


def _called(world: World) -> UUID:
    """A lead whose call is due: the third touch."""
    lead = world.enrol()
    world.live_for(lead, days=16)
    assert [task["touch"] for task in world.rows(t.tasks, lead) if task["closed_at"] is None] == ["research-call"]
    return lead


def test_who_asks_to_be_called_later_hears_nothing_until_then_and_then_goes_on(world: World) -> None:
    lead = _called(world)
    until = world.clock.at + timedelta(days=40)
    world.finish_task(lead, "later", until=until)
    assert world.row(lead)["paused_until"] == until
    sent = len(world.sent)
    step = world.live(lead, until - timedelta(minutes=1))
    assert (step.verb, step.due_at, len(world.sent)) == (Verb.RESUME, until, sent)
    world.live_for(lead, days=8)
    assert len(world.sent) == sent + 1
    paused = [row for row in world.rows(t.log, lead) if row["kind"] == "paused"]
    assert [row["data"]["until"] for row in paused] == [until.isoformat()]


def test_who_names_no_day_is_left_alone_for_thirty(world: World) -> None:
    lead = _called(world)
    now = world.clock.at
    world.finish_task(lead, "later")
    assert world.row(lead)["paused_until"] == now + timedelta(days=30)


@pytest.mark.parametrize("days", [-1, 0, 731, 40_000])
def test_a_snooze_has_an_end_that_lies_ahead(world: World, days: int) -> None:
    lead = _called(world)
    with pytest.raises(InvalidError, match="within the next two years"):
        world.finish_task(lead, "later", until=world.clock.at + timedelta(days=days))
    assert [task["closed_at"] for task in world.rows(t.tasks, lead)] == [None]


def _digests(world: World) -> list[dict[str, object]]:
    with world.archive.reading() as tx:
        c = t.notices.c
        rows = tx.execute(select(c.person, c.lead_id, c.data).where(c.kind == "no_track").order_by(c.at))
        return [{"person": row.person, "lead": row.lead_id, **row.data} for row in rows]


def test_leads_that_no_track_is_for_are_counted_and_told_once_a_day(world: World) -> None:
    for n in range(3):
        world.look(world.enrol(f"a{n}@x.example", values={"inquiry.topic": "pricing"}))
    world.look(world.enrol("gone@x.example", values={"inquiry.topic": "pricing"}, has_opted_out=True))
    world.look(world.enrol("fits@y.example"))
    with world.archive.reading() as tx:
        assert trackless.count(tx) == 3
    assert trackless.tell(world.archive) == 0  # not before a day has passed
    world.clock.at += timedelta(hours=25)
    assert trackless.tell(world.archive) == 3
    assert trackless.tell(world.archive) == 0
    world.look(world.enrol("late@z.example", values={"inquiry.topic": "pricing"}))
    world.clock.at += timedelta(hours=25)
    assert trackless.tell(world.archive) == 1
    world.clock.at += timedelta(days=30)
    assert trackless.tell(world.archive) == 0  # no new ones: nobody is told of the old ones again
    assert _digests(world) == [
        {"person": "ines", "lead": None, "new": 3, "total": 3},
        {"person": "ines", "lead": None, "new": 1, "total": 4},
    ]


def test_a_lead_without_a_track_is_judged_all_the_same(world: World) -> None:
    lead = world.enrol(values={"inquiry.topic": "pricing"})
    world.live_for(lead, days=2)
    assert (world.row(lead)["state"], world.row(lead)["track"]) == ("INQUIRY", None)
    world.event(lead, "answer", "1", learned={"pain": "detention", "evaluate_within_months": 2})
    world.live_for(lead, minutes=1)
    assert world.row(lead)["state"] == "HANDED_OFF"


def test_a_new_inquiry_on_the_way_is_followed_to_a_track_that_goes_before(world: World) -> None:
    folder = "content/tracks/prices"
    track = shipped_files()[TRACK].replace('inquiry.topic in ["detention", "dock_delay"]', 'inquiry.topic == "pricing"')
    track = track[: track.index("stages:")] + "priority: 10\nstages: {awareness: [price-list]}\n"
    mail = "---\nsubject: What it costs\n---\nFrom 90 dollars a door.\n"
    world.publish({**shipped_files(), f"{folder}/track.yaml": track, f"{folder}/price-list.md": mail})
    lead = world.enrol()
    world.live_for(lead, days=3)
    assert world.enrol(values={"inquiry.topic": "pricing"}) == lead
    world.live_for(lead, days=8)
    assert _touches(world, lead) == ["checklist", "price-list"]
    switch = next(row for row in world.rows(t.log, lead) if row["transition"] == "T07")
    assert switch["reason"] == "asked for prices, which goes before dock-waiting"
    assert switch["data"]["track_from"] == "dock-waiting"


def test_a_dormant_lead_is_asked_to_stay_or_go_on_its_review_date(world: World) -> None:
    lead = world.enrol()
    world.live(lead, datetime(2028, 6, 1, tzinfo=UTC))
    assert _touches(world, lead)[16:] == ["count-one-hour", "right-person", "stay-or-go"]
    assert world.row(lead)["state"] == "DORMANT"


@pytest.mark.parametrize(
    ("reason", "track"),
    [("not_responsive", "re-engagement"), ("no_budget", "business-case"), ("no_need_now", "keep-in-touch")],
)
def test_what_sales_says_leads_to_the_track_for_it(world: World, reason: str, track: str) -> None:
    lead = world.enrol(values={"fact.pain": "detention", "fact.evaluate_within_months": 1})
    world.live_for(lead, minutes=1)
    for n in range(6):
        channel = "phone" if n % 2 else "email"
        world.say(lead, "attempt", outcome="connected" if n == 5 else "no_answer", channel=channel)
        world.clock.at += timedelta(days=3)
    world.say(lead, "recycle", reason=reason, note_length=30, learned={"evaluate_within_months": 12})
    world.live_for(lead, days=200)
    assert world.row(lead)["cycle"] == 2
    entry = next(row for row in world.rows(t.log, lead) if row["transition"] == "T33")
    assert entry["data"]["track"] == track
    assert _touches(world, lead)


def test_the_wrong_person_hears_nothing_more(world: World) -> None:
    lead = world.enrol(values={"fact.pain": "detention", "fact.evaluate_within_months": 1})
    world.live_for(lead, minutes=1)
    world.say(lead, "attempt", outcome="connected", channel="phone")
    world.say(lead, "recycle", reason="wrong_contact")
    world.live_for(lead, days=700)
    assert (world.row(lead)["state"], _touches(world, lead)) == ("DORMANT", [])
