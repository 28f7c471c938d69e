"""T37: a dormant lead without a sign of life is looked at no more, and whatever it does wakes it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, update

from domain.said import Said
from storage import pauses, people, repairing
from storage import tables as t
from tests.world import MONDAY, World, shipped_files

YEAR = timedelta(days=360)


def rested(world: World, lead: UUID) -> list[tuple[str, str]]:
    rows = world.rows(t.log, lead)
    return [(r["transition"], r["reason"]) for r in rows if r["transition"] in ("T09", "T36", "T37", "T37b")]


def live_to_sunset(world: World) -> UUID:
    lead = world.enrol()
    world.live_for(lead, days=500)
    assert world.row(lead)["sunset_at"] is not None
    return lead


def test_a_silent_lead_is_brought_back_once_and_then_looked_at_no_more(world: World) -> None:
    lead = live_to_sunset(world)
    assert [id for id, _ in rested(world, lead)] == ["T09", "T36", "T09", "T37"]
    assert rested(world, lead)[-1] == ("T37", "no sign of life since 2027-01-04")
    row = world.row(lead)
    assert (row["state"], row["recheck_at"]) == ("DORMANT", None)
    assert row["sunset_at"] >= MONDAY + YEAR
    before, had = len(world.rows(t.log, lead)), len(world.rows(t.ledger, lead))
    step = world.live_for(lead, days=3000)
    assert (len(world.rows(t.log, lead)), len(world.rows(t.ledger, lead))) == (before, had)
    assert step.reason == f"sunset on {row['sunset_at']:%Y-%m-%d}: any sign of life wakes it"


def test_who_never_did_anything_has_no_last_engagement(world: World) -> None:
    lead = world.enrol(values={"inquiry.topic": ""})
    world.live_for(lead, minutes=1)
    world.say(lead, "enrol", "MKT", who="ines", track="dock-waiting")
    world.live_for(lead, days=500)
    data = world.rows(t.log, lead)[-1]["data"]
    assert data == {"last_engaged_at": None}


@pytest.mark.parametrize("sign", ["event", "inquiry", "hand", "marketer"])
def test_any_sign_of_life_wakes_it(world: World, sign: str) -> None:
    lead = live_to_sunset(world)
    if sign == "event":
        world.event(lead, "story_view", "late-1")
    elif sign == "inquiry":
        world.enrol(values={"inquiry.topic": "pricing"})
    elif sign == "hand":
        world.event(lead, "demo_request", "late-2")
    else:
        world.say(lead, "enrol", "MKT", who="ines", track="keep-in-touch")
    assert world.rows(t.wakes, lead)
    world.live_for(lead, minutes=5)
    row = world.row(lead)
    assert row["state"] in ("NURTURING", "HANDED_OFF", "DORMANT")
    assert row["sunset_at"] is None
    if row["state"] == "DORMANT":  # nothing left to give: looked at again from now on
        assert row["recheck_at"] > world.clock.at


def test_an_open_is_no_sign_of_life(world: World) -> None:
    lead = live_to_sunset(world)
    world.event(lead, "open", "o1", human="human")
    world.live_for(lead, days=100)
    assert world.row(lead)["sunset_at"] is not None


def test_who_woke_for_nothing_left_to_give_sets_again_after_another_silent_year(world: World) -> None:
    lead = live_to_sunset(world)
    world.event(lead, "story_view", "once")
    seen_at = world.clock.at
    world.live_for(lead, days=1)
    assert rested(world, lead)[-1][0] == "T37b"
    world.live_for(lead, days=355)
    assert world.row(lead)["sunset_at"] is None
    world.live_for(lead, days=1000)
    assert rested(world, lead)[-1] == ("T37", f"no sign of life since {seen_at:%Y-%m-%d}")


def test_a_report_that_comes_late_counts_if_it_would_have_prevented_the_sunset(world: World) -> None:
    early = live_to_sunset(world)
    sunset_at = world.row(early)["sunset_at"]
    world.event(early, "story_view", "before", at=sunset_at - YEAR - timedelta(days=1))
    world.live_for(early, days=1)
    assert world.row(early)["sunset_at"] == sunset_at
    world.event(early, "story_view", "within", at=sunset_at - timedelta(days=100))
    world.live_for(early, days=1)
    row = world.row(early)
    assert row["sunset_at"] is None
    assert row["state"] == "NURTURING" or row["recheck_at"] is not None


def test_what_they_did_puts_it_off_and_taking_that_back_brings_it_on(world: World) -> None:
    lead = world.enrol()
    world.live_for(lead, days=425)  # on re-engagement
    world.event(lead, "story_view", "only")
    world.live_for(lead, days=100)
    assert world.row(lead)["sunset_at"] is None
    with world.archive.begin() as tx:
        repairing.retract(tx, world.archive, lead, "test", "only", Said("retract", "OPS", "olga"), None)
    world.live_for(lead, days=200)
    assert rested(world, lead)[-1] == ("T37", "no sign of life since 2027-01-04")


def test_a_pause_ends_before_the_sunset(world: World) -> None:
    lead = world.enrol()
    world.live(lead, MONDAY + timedelta(days=300))
    assert world.row(lead)["state"] == "DORMANT"
    until = MONDAY + timedelta(days=600)
    with world.archive.begin() as tx:
        people.pause(tx, world.archive, lead, until, "MKT", "ines")
    world.live(lead, until - timedelta(days=1))
    assert world.row(lead)["sunset_at"] is None
    world.live(lead, until + timedelta(days=200))
    sunset_at = world.row(lead)["sunset_at"]
    assert sunset_at is not None
    assert sunset_at >= until


def test_a_pause_of_everything_counts_too(world: World) -> None:
    lead = world.enrol()
    world.live(lead, MONDAY + timedelta(days=425))
    until = world.clock.at + timedelta(days=90)
    with world.archive.begin() as tx:
        pauses.begin(tx, world.archive, "everything", until, "ines", "audit")
    world.live(lead, until - timedelta(days=1))
    assert world.row(lead)["sunset_at"] is None
    world.live(lead, until + timedelta(days=60))
    assert world.row(lead)["sunset_at"] >= until


def test_a_deal_at_the_company_lets_nobody_there_set(world: World) -> None:
    lead = world.enrol()
    world.live(lead, MONDAY + timedelta(days=425))
    with world.archive.begin() as tx:
        tx.execute(insert(t.accounts).values(company="site.example", open_deals=1, owner="rosa"))
    world.live_for(lead, days=200)
    assert world.row(lead)["sunset_at"] is None
    with world.archive.begin() as tx:
        tx.execute(update(t.accounts).values(open_deals=0))
    world.live_for(lead, days=200)
    assert world.row(lead)["sunset_at"] is not None


def test_taking_back_what_woke_it_lets_it_rest_again(world: World) -> None:
    lead = live_to_sunset(world)
    was = world.row(lead)
    world.say(lead, "enrol", "MKT", who="ines", track="keep-in-touch")
    with world.archive.begin() as tx:
        repairing.undo(tx, world.archive, lead, Said("undo", "MKT", "ines"), None)
    row = world.row(lead)
    same = ("state", "sunset_at", "recheck_at", "cycle", "track")
    assert [row[name] for name in same] == [was[name] for name in same]


def test_a_merge_with_somebody_alive_wakes_it(world: World) -> None:
    lead = live_to_sunset(world)
    other = world.enrol("ana@private.example")
    world.event(other, "story_view", "alive")
    with world.archive.begin() as tx:
        repairing.merge(tx, world.archive, other, lead, Said("merge", "OPS", "olga"), None)
    world.live_for(lead, minutes=1)
    assert world.row(lead)["sunset_at"] is None


def test_a_correction_begins_the_re_checks_anew(world: World) -> None:
    lead = live_to_sunset(world)
    with world.archive.begin() as tx:
        said = Said("correct", "OPS", "olga", note_length=9, to="DORMANT", ticket="T-1")
        repairing.correct(tx, world.archive, lead, said, "still wanted", True)
    row = world.row(lead)
    assert (row["sunset_at"], row["recheck_at"]) == (None, world.clock.at + timedelta(days=180))


def test_new_words_for_everybody_do_not_wake_who_is_sunset(world: World) -> None:
    lead = live_to_sunset(world)
    path = "content/tracks/keep-in-touch/track.yaml"
    files = dict(shipped_files())
    folder = path.rpartition("/")[0]
    names = [f"news-{n}" for n in range(6)]
    files |= {
        f"{folder}/{name}.md": f"---\nsubject: {name}\n---\nNew.\n\n{{{{ sender.first_name }}}}\n" for name in names
    }
    files[path] = files[path].replace("touches: [", f"touches: [{', '.join(names)}, ", 1)
    assert files[path] != shipped_files()[path]
    world.publish(files)
    world.live_for(lead, days=400)
    assert world.row(lead)["sunset_at"] is not None


def _engaged_at(world: World, lead: UUID) -> datetime | None:
    found = world.rows(t.log, lead)[-1]["data"]["last_engaged_at"]
    return datetime.fromisoformat(found) if found else None


def test_the_last_engagement_is_recorded(world: World) -> None:
    lead = world.enrol()
    world.live_for(lead, days=30)
    at = world.clock.at
    world.event(lead, "story_view", "read")
    world.live_for(lead, days=900)
    assert rested(world, lead)[-1][0] == "T37"
    assert _engaged_at(world, lead) == at
