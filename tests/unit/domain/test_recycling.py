"""Out of sales and round again, as the files say."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from domain import recycling
from domain.context import Context
from domain.lead import Source, State, Status
from domain.release import Release
from domain.steps import Verb
from tests.unit.domain.lives import MAIL, Life, release_of, track
from tests.world import shipped_release

MANY = dict.fromkeys(("a", "b", "c", "d", "e", "f"), MAIL)
KEGS = track("kegs", "stages: {early: [a, b], late: {touches: [c, d, e, f], next_when: fact.months <= 6}}\n", MANY)
NEWS = track("news", "purpose: long_cycle\nstages: {early: [letter]}\n", {"letter": MAIL}, None)
CASE = track("case", "purpose: long_cycle\nstages: {late: [sum]}\n", {"sum": MAIL}, None)
RULES = """\
  no_money: {cool_down: 120 days, resume_early: 60 days, stage: late, track: case}
  not_them: {cool_down: 0 days, track: none, wake_up: [reply]}
  kept: {cool_down: 7 days, stage: late, track: keep}
  unwritten: {cool_down: 7 days, track: case}
"""
REASONS = "".join(f"  {code}: {{say: So}}\n" for code in ("no_money", "not_them", "kept", "unwritten"))


def _release(*tracks: dict[str, str], defaults: str = "") -> Release:
    defaults = defaults or ("then: news\n" if NEWS in tracks else "")
    return release_of(*tracks, defaults=defaults, recycling=RULES, reasons=REASONS)


def _on_kegs(release: Release, days: float = 2) -> Life:
    life = Life.begin(release)
    life.live_for(days)
    return life


def _ctx(life: Life) -> Context:
    return Context(life.facts, life.release, life.now)


def test_the_reason_says_on_which_track_a_lead_comes_back() -> None:
    life = _on_kegs(_release(KEGS, NEWS, CASE))
    life.returned("no_money", life.now + timedelta(days=120))
    life.live_for(119)
    assert life.lead.state is State.RECYCLED
    life.live_for(4)
    assert (life.had[-1], life.lead.cycle, life.lead.track) == ("sum", 2, "case")


def test_a_track_nobody_has_written_falls_back_to_then_and_at_last_to_the_own() -> None:
    for tracks, expected in (((KEGS, NEWS), "news"), ((KEGS,), "kegs")):
        life = _on_kegs(_release(*tracks))
        life.returned("unwritten")
        life.look()
        assert life.lead.track == expected


def test_keep_keeps_the_own_while_four_touches_are_left() -> None:
    life = _on_kegs(_release(KEGS, NEWS))
    _returned_late(life)
    life.look()
    assert (life.lead.track, life.lead.stage) == ("kegs", "late")
    life.live_for(30)
    life.returned("kept")
    life.look()
    assert len(life.had) >= 3
    assert life.lead.track == "news"


def test_keep_is_the_track_that_matches_for_who_never_was_on_one() -> None:
    life = Life.begin(_release(KEGS, NEWS))
    life.look()
    life.change(track=None, stage=None)
    life.returned("kept")
    life.look()
    assert life.lead.track == "kegs"


def test_a_date_of_the_buyer_counts_less_what_the_reason_says() -> None:
    life = _on_kegs(_release(KEGS, CASE))
    opens = datetime.fromisoformat("2027-09-01T00:00+00:00")
    assert recycling.cool_until(_ctx(life), "no_money", opens) == opens - timedelta(days=60)
    assert recycling.cool_until(_ctx(life), "bad_timing", opens) == opens - timedelta(days=30)
    assert recycling.cool_until(_ctx(life), "no_money", life.now + timedelta(days=5)) == life.now
    assert recycling.cool_until(_ctx(life), "no_money", None) == life.now + timedelta(days=120)


def test_the_wrong_person_gets_nothing_more_not_even_on_the_review_date() -> None:
    life = _on_kegs(_release(KEGS, NEWS, defaults="then: news\ndormant_track: news\n"))
    had = list(life.had)
    life.returned("not_them")
    life.live_for(800)
    assert (life.lead.state, life.had) == (State.DORMANT, had)
    assert [m.transition for m in life.moves if m.reason == "nothing is sent to this person: not_them"] == ["T35"]
    rested = [m.transition for m in life.moves if m.transition in ("T37", "T37b")]
    assert rested == ["T37b", "T37"]  # looked at every half year, until a year has passed without a sign of life


@pytest.mark.parametrize("waking", ["reply", "inquiry"])
def test_the_wrong_person_who_comes_back_is_heard(waking: str) -> None:
    life = _on_kegs(_release(KEGS, NEWS))
    life.returned("not_them")
    life.live_for(20)
    if waking == "reply":
        life.do("reply")
        assert life.look().verb is Verb.ASK  # a person reads it first
    else:
        life.learn("inquiry.topic", "kegs")
        life.look()
        assert life.lead.state is State.NURTURING


def test_a_new_inquiry_ends_a_cool_down_and_a_second_import_does_not() -> None:
    life = _on_kegs(_release(KEGS, NEWS, CASE))
    life.returned("no_money", life.now + timedelta(days=120))
    life.live_for(10)
    life.learn("inquiry.topic", "kegs", Source.IMPORT)
    life.look()
    assert life.lead.state is State.RECYCLED
    life.learn("inquiry.topic", "kegs")
    life.look()
    assert (life.lead.state, life.lead.track) == (State.NURTURING, "kegs")


def test_four_returns_in_two_years_are_too_many() -> None:
    life = _on_kegs(_release(KEGS, NEWS))
    for number in range(4):
        life.returned("kept")
        life.look()
        assert (life.lead.state is State.DORMANT) == (number == 3)


def _entry(life: Life) -> tuple[str, str]:
    kegs = life.release.tracks["kegs"]
    return recycling.entry_stage(_ctx(life), kegs)


def _returned_late(life: Life) -> None:
    life.change(stage="late")
    life.do("reply")
    life.change(answered={"reply": life.now})
    life.returned("kept")


def test_entry_at_the_stage_the_reason_says() -> None:
    life = _on_kegs(_release(KEGS))
    _returned_late(life)
    assert _entry(life) == ("late", "what kept says")


def test_half_a_silent_year_is_one_stage_lower() -> None:
    life = _on_kegs(_release(KEGS))
    _returned_late(life)
    life.now += timedelta(days=181)
    assert _entry(life) == ("early", "silent for half a year: one stage lower")


THREE = track(
    "kegs", "stages: {early: [a, b], mid: {touches: [c, d], next_when: fact.months <= 6}, late: [e, f]}\n", MANY
)


def test_never_below_what_facts_that_are_still_true_prove() -> None:
    life = _on_kegs(_release(THREE))
    life.returned("other")
    life.learn("fact.months", 5.0)
    assert _entry(life) == ("late", "what we know proves this stage")
    life.now += timedelta(days=400)
    assert _entry(life)[0] == "late"  # as long as the field has no `true_for`


def test_never_below_what_they_engaged_with_lately() -> None:
    life = _on_kegs(_release(THREE), days=1)
    step = life.look()
    life.live(step.due_at)
    mail = life.facts.ledger[-1]
    engaged = type(mail)(**{**vars(mail), "touch": "e", "status": Status.SENT, "engaged_at": life.now})
    life.facts = type(life.facts)(**{**vars(life.facts), "ledger": (engaged,)})
    life.returned("other")
    assert _entry(life) == ("late", "they engaged with this stage")
    life.now += timedelta(days=181)
    assert _entry(life)[0] == "early"


SWITCHED_ON = {
    "not_responsive",
    "bad_timing",
    "no_budget",
    "no_need_now",
    "wrong_contact",
    "chose_competitor",
    "needs_education",
    "other",
}
WAITING = {
    "no_timeline",
    "no_interest",
    "not_decision_maker",
    "incumbent_contract",
    "too_early",
    "internal_change",
    "no_show",
    "project_cancelled",
    "product_gap",
    "stalled_in_sales",
}


def test_the_shipped_files_hold_every_code_and_eight_are_on() -> None:
    release = shipped_release()
    assert set(release.reasons.recycle) == SWITCHED_ON | WAITING
    assert {name for name, reason in release.reasons.recycle.items() if reason.on} == SWITCHED_ON
    assert set(release.recycling.reasons) == SWITCHED_ON | WAITING


def test_a_shipped_reason_leads_to_a_track_that_exists() -> None:
    release = shipped_release()
    named = {rule.track for rule in release.recycling.reasons.values()} - {"keep", "none"}
    assert named == {"re-engagement", "keep-in-touch", "business-case"}
    assert named <= set(release.tracks)
