"""What every key of a track does to a lead's life."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from domain.lead import Source, State
from domain.steps import Step, Verb
from tests.unit.domain.lives import CALL, MAIL, MONDAY, Life, release_of, track

TWO = "stages: {early: [one, two], late: [three]}\n"
MAILS = {"one": MAIL, "two": MAIL, "three": MAIL}


def test_a_quiet_lead_gets_the_stages_in_order_and_rests() -> None:
    life = Life.begin(release_of(track("kegs", TWO, MAILS)))
    life.live_for(60)
    assert life.had == ["one", "two", "three"]
    assert life.lead.state is State.DORMANT


def test_reserve_serves_from_the_second_cycle_on() -> None:
    life = Life.begin(release_of(track("kegs", TWO + "reserve: [spare]\n", {**MAILS, "spare": MAIL})))
    life.live_for(60)
    assert life.had == ["one", "two", "three"]
    life.returned("other")
    life.live_for(60)
    assert life.had == ["one", "two", "three", "spare"]
    assert life.lead.cycle == 2


def test_a_reserve_touch_takes_the_place_of_a_skipped_one_and_only_of_that() -> None:
    touches = {"one": MAIL, "ring": CALL, "three": MAIL, "spare": MAIL, "other": MAIL}
    body = "stages: {early: [one, ring], late: [three]}\nreserve: [spare, other]\n"
    life = Life.begin(release_of(track("kegs", body, touches)))
    life.live_for(60, skips=True)
    assert life.had == ["one", "ring", "spare", "three"]


def test_the_longest_time_ends_a_stage_although_touches_remain() -> None:
    body = "stages: {early: {touches: [one, two], longest: 5 days}, late: [three]}\n"
    life = Life.begin(release_of(track("kegs", body, MAILS)))
    life.live_for(5.5)
    assert life.lead.stage == "late"
    assert life.moves[-1].reason == "the longest time for this stage has passed"
    life.live_for(30)
    assert life.had == ["one", "three"]


def test_the_longest_time_of_the_last_stage_ends_the_track() -> None:
    body = "stages: {early: [one], late: {touches: [two, three], longest: 3 days, gap: 30 days}}\n"
    life = Life.begin(release_of(track("kegs", body, MAILS)))
    life.live_for(50)
    assert life.had == ["one"]
    assert life.lead.state is State.DORMANT


def test_a_stage_may_rest_when_it_is_used_up_until_something_happens() -> None:
    body = "stages: {early: {touches: [one], used_up: rest, next_when: known(fact.pain)}, late: [two, three]}\n"
    life = Life.begin(release_of(track("kegs", body, MAILS)))
    life.live_for(200)
    assert (life.had, life.lead.stage, life.lead.state) == (["one"], "early", State.NURTURING)
    life.learn("fact.pain", "late")
    life.live_for(20)
    assert life.had == ["one", "two", "three"]


def test_a_stage_that_rests_may_have_a_longest_time() -> None:
    body = "stages: {early: {touches: [one], used_up: rest, longest: 45 days}, late: [two, three]}\n"
    life = Life.begin(release_of(track("kegs", body, MAILS)))
    life.live_for(44)
    assert life.had == ["one"]
    life.live_for(5)
    assert life.had == ["one", "two"]


def _with_back(when: str) -> Life:
    body = f"stages: {{early: [one, two], late: {{touches: [three], back_when: {when}}}}}\n"
    life = Life.begin(release_of(track("kegs", body, MAILS)))
    life.change(state=State.NURTURING, track="kegs", stage="late", stage_entered_at=MONDAY, track_entered_at=MONDAY)
    return life


def test_back_when_leads_back_a_stage_and_not_to_and_fro() -> None:
    life = _with_back("known(fact.pain)")
    life.learn("fact.pain", "late")
    life.live_for(60)
    assert life.had == ["one", "two", "three"]
    assert [m.data["stage_to"] for m in life.moves if "stage_to" in m.data] == ["early", "late"]


def test_unknown_does_not_lead_back() -> None:
    life = _with_back("fact.months > 6")
    life.live_for(2)
    assert life.had == ["three"]


def test_next_when_goes_before_back_when() -> None:
    body = (
        "stages: {early: {touches: [one], next_when: known(fact.pain)},"
        " late: {touches: [two, three], back_when: known(fact.pain)}}\n"
    )
    life = Life.begin(release_of(track("kegs", body, MAILS)))
    life.learn("fact.pain", "late")
    life.live_for(60)
    assert life.had == ["two", "three"]


BEER = track("beer", "stages: {early: [ale]}\npriority: 5\n", {"ale": MAIL}, 'fact.pain == "warm"')


def test_a_new_inquiry_that_a_track_of_higher_priority_is_for_switches_and_says_why() -> None:
    life = Life.begin(release_of(track("kegs", TWO, MAILS), BEER))
    life.live_for(2)
    life.learn("fact.pain", "warm")
    life.live_for(10)
    assert life.had == ["one", "ale"]
    switch = next(m for m in life.moves if m.data.get("track_from"))
    assert (switch.transition, switch.data["track_from"], switch.data["track"]) == ("T07", "kegs", "beer")
    assert switch.reason == "asked for beer, which goes before kegs"


def test_what_was_known_before_and_what_another_system_tells_us_switch_nobody() -> None:
    life = Life.begin(release_of(track("kegs", TWO, MAILS)))
    life.learn("fact.pain", "warm")
    life.live_for(2)
    life.release = release_of(track("kegs", TWO, MAILS), BEER)
    life.live_for(10)
    life.learn("fact.pain", "warm", Source.IMPORT)
    life.live_for(10)
    assert "ale" not in life.had


def test_a_track_of_the_same_priority_waits() -> None:
    same = track("beer", "stages: {early: [ale]}\n", {"ale": MAIL}, 'fact.pain == "warm"')
    life = Life.begin(release_of(track("kegs", TWO, MAILS), same))
    life.live_for(2)
    life.learn("fact.pain", "warm")
    life.live_for(4)
    assert life.lead.track == "kegs"


NEWS = track("news", "purpose: long_cycle\nstages: {early: [letter]}\n", {"letter": MAIL}, None)


def test_a_used_up_track_leads_to_then_and_after_that_to_rest() -> None:
    life = Life.begin(release_of(track("kegs", TWO, MAILS), NEWS, defaults="then: news\n"))
    life.live_for(90)
    assert life.had == ["one", "two", "three", "letter"]
    assert life.lead.state is State.DORMANT


def test_then_none_leads_to_rest_whatever_the_defaults_say() -> None:
    life = Life.begin(release_of(track("kegs", TWO + "then: none\n", MAILS), NEWS, defaults="then: news\n"))
    life.live_for(90)
    assert life.had == ["one", "two", "three"]


def test_a_dormant_lead_comes_in_again_on_the_track_for_that() -> None:
    life = Life.begin(release_of(track("kegs", TWO, MAILS), NEWS, defaults="dormant_track: news\n"))
    life.live_for(60)
    assert life.lead.state is State.DORMANT
    life.live_for(180)
    assert life.had[-1] == "letter"
    assert [m.transition for m in life.moves if m.transition.startswith("T3")] == ["T36"]


def test_a_dormant_lead_that_inquires_again_goes_where_it_asks() -> None:
    life = Life.begin(release_of(track("kegs", TWO, MAILS), BEER))
    life.live_for(60)
    life.learn("fact.pain", "warm")
    life.learn("inquiry.topic", "kegs")
    life.live_for(20)
    assert life.had[-1] == "ale"


HELD = TWO + "hold_out: 20%\n"


def test_a_held_out_lead_is_judged_and_gets_nothing_of_the_track() -> None:
    release = release_of(track("kegs", HELD, MAILS), NEWS, defaults="then: news\n")
    held = next(id for id in (uuid4() for _ in range(500)) if release.tracks["kegs"].holds_out(id))
    life = Life.begin(release, held)
    life.live_for(15)
    assert (life.had, life.lead.state, life.lead.track) == ([], State.NURTURING, "kegs")
    assert next(m for m in life.moves if m.transition == "T05").data["held_out"] is True
    life.live_for(30)
    assert life.had == ["letter"]  # when the others are through with the track, it goes on as they do
    assert life.lead.is_held_out is False


def test_a_held_out_lead_that_becomes_ready_goes_to_sales_like_any() -> None:
    release = release_of(track("kegs", HELD, MAILS))
    held = next(id for id in (uuid4() for _ in range(500)) if release.tracks["kegs"].holds_out(id))
    life = Life.begin(release, held)
    life.live_for(3)
    life.learn("company.taps", 9.0)
    life.learn("fact.pain", "late")
    life.learn("fact.months", 2.0)
    life.look()
    assert life.lead.state is State.SALES_READY


def test_the_share_held_out_is_about_what_the_file_says_and_independent_of_other_tracks() -> None:
    release = release_of(
        track("kegs", HELD, MAILS), track("other", "hold_out: 20%\nstages: {early: [ale]}\n", {"ale": MAIL})
    )
    ids = [uuid4() for _ in range(4000)]
    kegs, other = ({id for id in ids if release.tracks[name].holds_out(id)} for name in ("kegs", "other"))
    assert 0.16 < len(kegs) / len(ids) < 0.24
    assert 0.02 < len(kegs & other) / len(ids) < 0.06


def _kept(old: str, new: str) -> Step:
    """What a lead on the way gets next when the files change so, and its track says `in_flight: keep`."""
    body = "in_flight: keep\n" + TWO
    before = release_of(track("kegs", body, MAILS))
    life = Life.begin(before)
    life.live_for(3)
    after = release_of(track("kegs", body.replace(old, new), {**MAILS, "new": MAIL}))
    life.release = after.keeping("kegs", before)
    return life.look()


def test_keep_keeps_the_order_for_leads_on_the_way() -> None:
    assert _kept("[one, two]", "[one, new, two]").id.startswith("deliver:two:")


def test_keep_keeps_the_gaps() -> None:
    plain = _kept("[one, two]", "[one, two]")
    hurried = _kept("{early: [one, two],", "{early: {touches: [one, two], gap: 1 day},")
    assert hurried.due_at.date() == plain.due_at.date()


def test_words_are_always_the_live_ones_and_a_deleted_touch_is_never_sent() -> None:
    before = release_of(track("kegs", TWO, MAILS))
    texts = {"one": MAIL, "three": MAIL.replace("About", "New words about")}
    after = release_of(track("kegs", "stages: {early: [one], late: [three]}\n", texts)).keeping("kegs", before)
    life = Life.begin(after)
    life.live_for(40)
    assert life.had == ["one", "three"]
    found = after.find_touch("three")
    assert found is not None
    assert "New words" in found[1].body


def test_keep_keeps_the_conditions() -> None:
    before = release_of(track("kegs", TWO, MAILS))
    never = MAIL.replace("subject:", "when: known(fact.pain)\nsubject:")
    after = release_of(track("kegs", TWO, {**MAILS, "one": never}))
    assert Life.begin(after).look().id.startswith("deliver:two:")
    assert Life.begin(after.keeping("kegs", before)).look().id.startswith("deliver:one:")


def test_a_touch_that_is_gone_is_not_waited_for() -> None:
    life = Life.begin(release_of(track("kegs", TWO, MAILS)))
    assert life.look().id.startswith("deliver:one:")
    life.release = release_of(track("kegs", "stages: {early: [two], late: [three]}\n", {"two": MAIL, "three": MAIL}))
    life.live_for(60)
    assert life.had == ["two", "three"]


def test_a_stage_that_is_gone_leads_to_the_first_and_repeats_nothing() -> None:
    life = Life.begin(release_of(track("kegs", TWO, MAILS)))
    life.live_for(18)  # the last touch still has its time to be answered
    assert (life.lead.stage, life.lead.state) == ("late", State.NURTURING)
    renamed = "stages: {early: [one, two, new], last: [three]}\n"
    late = track("case", "purpose: long_cycle\nstages: {late: [sum]}\n", {"sum": MAIL}, None)
    life.release = release_of(track("kegs", renamed, {**MAILS, "new": MAIL}), late)
    life.live_for(60)
    assert life.had == ["one", "two", "three", "new"]


def _local(step: Step, zone: str) -> datetime:
    return step.due_at.astimezone(ZoneInfo(zone))


def test_a_lead_whose_zone_changes_while_it_waits_is_written_to_in_the_new_one() -> None:
    life = Life.begin(release_of(track("kegs", TWO, MAILS)), zone="America/New_York")
    before = life.look()
    life.change(time_zone="Pacific/Auckland")
    after = life.look()
    for step, zone in ((before, "America/New_York"), (after, "Pacific/Auckland")):
        local = _local(step, zone)
        assert local.weekday() in (1, 2, 3)
        assert (8, 30) <= (local.hour, local.minute) < (11, 30)
    assert after.verb is Verb.DELIVER
    assert before.id == after.id


@pytest.mark.parametrize(
    ("day", "opens"),
    [
        (datetime(2027, 3, 14, 6, 0, tzinfo=UTC), datetime(2027, 3, 14, 8, 0, tzinfo=UTC)),  # 02:15 does not exist
        (datetime(2027, 11, 7, 5, 0, tzinfo=UTC), datetime(2027, 11, 7, 8, 15, tzinfo=UTC)),  # 02:15 CST, once only
    ],
)
def test_mails_on_the_nights_in_which_clocks_change(day: datetime, opens: datetime) -> None:
    """In Chicago 02:15 is missing on 14 March 2027: the window opens at the next existing time, 03:00 CDT."""
    release = release_of(track("kegs", "window: Mon-Sun 02:15-03:45\n" + TWO, MAILS))
    life = Life.begin(release)
    life.now = day
    life.change(state_entered_at=day, created_at=day)
    step = life.look()
    assert opens <= step.due_at < opens + timedelta(minutes=31)


def test_a_doubled_local_time_is_the_first_of_the_two() -> None:
    """In Chicago 01:30 comes twice on 7 November 2027: at 06:30 and at 07:30 UTC."""
    release = release_of(track("kegs", "window: Mon-Sun 01:30-01:45\n" + TWO, MAILS))
    life = Life.begin(release)
    life.now = datetime(2027, 11, 7, 5, 0, tzinfo=UTC)
    life.change(state_entered_at=life.now, created_at=life.now)
    opens = datetime(2027, 11, 7, 6, 30, tzinfo=UTC)
    assert opens <= life.look().due_at < opens + timedelta(minutes=15)
