"""Who gets a lead: turns that stay fair, calendars, capacity, rules in their order."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authoring.load import compile_release
from domain import routing
from domain.context import Context
from domain.lead import Facts, Known, Lead, Source, State
from domain.phrases import parse_hours
from domain.policies import Capacity
from domain.release import Release
from domain.routing import Choice, Rep, choose, turn
from tests.world import MONDAY, shipped_files

WEIGHTS = st.lists(st.sampled_from([0.1, 0.25, 0.5, 1.0, 1.0, 1.5, 2.0, 7.0]), min_size=1, max_size=12)


def rep(id: str, **more: Any) -> Rep:  # Any: fields of Rep
    return Rep(**{"id": id, "team": "sales", "capacity": 20, "in_hand": 0, "weight": 1.0, **more})


@given(WEIGHTS, st.integers(1, 200))
def test_each_count_stays_within_one_of_its_weighted_share(weights: list[float], leads: int) -> None:
    reps = [rep(f"r{n}", weight=weight) for n, weight in enumerate(weights)]
    counts = Counter[str]()
    for done in range(1, leads + 1):
        chosen, credits = turn(reps)
        counts[chosen.id] += 1
        reps = [replace(one, credit=credits[one.id]) for one in reps]
        for one in reps:
            assert abs(counts[one.id] - done * one.weight / sum(weights)) <= 1 + 1e-6


def test_who_comes_back_from_leave_is_not_flooded() -> None:
    """While one is away the others' turns say nothing about them."""
    reps = {name: rep(name) for name in ("a", "b", "c")}
    given_to = []
    for number in range(40):
        here = [one for one in reps.values() if one.id != "c" or number >= 30]
        chosen, credits = turn(here)
        reps |= {id: replace(reps[id], credit=credit) for id, credit in credits.items()}
        given_to.append(chosen.id)
    assert Counter(given_to[:30]) == {"a": 15, "b": 15}
    assert max(Counter(given_to[30:]).values()) <= 4


def with_routing(text: str, **files: str) -> Release:
    return compile_release({**shipped_files(), "lead_defs/routing.yaml": text, **files})


def context(release: Release, now: datetime = MONDAY, known: dict[str, Any] | None = None, **more: Any) -> Context:
    """Any: values of facts, fields of Lead"""
    lead = Lead(uuid4(), State.SALES_READY, now, now, ready_rule="definition", **more)
    told = {name: Known(value, now, Source.FORM, "event:1") for name, value in (known or {}).items()}
    return Context(Facts(lead, told), release, now)


def chosen(found: Choice | routing.Refusals) -> tuple[str | None, str]:
    assert isinstance(found, Choice), found
    return (found.rep.id if found.rep else found.team), found.rule


RULES = """
manager: tom
rules:
  - {id: account, to: owner}
  - {id: before, to: previous_rep}
  - {id: french, to: round_robin, when: 'lead.language == "fr"', skill: french}
  - {id: turn, to: round_robin, team: sales}
"""
SKILLED = shipped_files()["lead_defs/people.yaml"].replace(
    "role: sales, team: sales, address: marc", "role: sales, team: sales, skills: [french], address: marc"
)


def test_rules_in_their_order(release: Release) -> None:
    ruled = with_routing(RULES, **{"lead_defs/people.yaml": SKILLED})
    reps = [rep("marc", skills=frozenset({"french"}), in_hand=9), rep("rosa", credit=1.0)]
    assert chosen(choose(context(ruled), reps)) == ("rosa", "turn")
    french = context(ruled, known={"lead.language": "fr"})
    assert chosen(choose(french, reps)) == ("marc", "french")
    returned = context(ruled, return_reason="no_budget", returned_by="marc")
    assert chosen(choose(returned, reps)) == ("marc", "before")
    assert chosen(choose(returned, reps, "rosa")) == ("rosa", "account")
    full = [reps[0], replace(reps[1], in_hand=20)]
    found = choose(returned, full, "rosa")
    assert chosen(found) == ("marc", "before")
    assert isinstance(found, Choice)
    assert found.passed_over == (("rosa", "no free place"),)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"is_active": False}, "not active"),
        ({"in_hand": 20}, "no free place"),
        ({"away_until": MONDAY + timedelta(days=9)}, "away"),
        ({"away_until": MONDAY + timedelta(hours=2)}, None),  # back in time to accept
        ({"hours": parse_hours("Thu-Fri 09:00-17:00")}, "not at work in time"),
        ({"zone": "Pacific/Auckland"}, None),  # asleep, but at work before the promise ends
        ({"zone": "Asia/Tokyo"}, "not at work in time"),
    ],
)
def test_who_can_take_a_lead(release: Release, more: dict[str, Any], why: str | None) -> None:
    ctx = context(release)
    assert routing.cannot(ctx, rep("rosa", **more), routing.soon_by(ctx)) == why


def test_a_public_holiday_is_no_working_day(release: Release) -> None:
    """14 July is one in France and none in the United States."""
    eve = datetime(2027, 7, 13, 21, 30, tzinfo=UTC)
    ctx = context(release, eve)
    hours, soon = parse_hours("Wed-Wed 09:00-17:00"), routing.soon_by(ctx)
    assert routing.cannot(ctx, rep("rosa", hours=hours), soon) is None
    assert routing.cannot(ctx, rep("rosa", hours=hours, holidays="FR"), soon) == "not at work in time"


def test_the_capacity_of_a_day_is_the_formula(release: Release) -> None:
    formula = Capacity(attempts_per_hour=8, share_for_new_leads=0.5, attempts_per_lead=6)
    assert formula.daily(timedelta(hours=8)) == 5
    assert formula.daily(timedelta(minutes=30)) == 1
    limited = RULES + "capacity: {attempts_per_hour: 32, share_for_new_leads: 0.5, attempts_per_lead: 8}"
    ruled = with_routing(limited, **{"lead_defs/people.yaml": SKILLED})
    ctx = context(ruled)
    reps = [rep("rosa", today=16), rep("marc", today=15, credit=-1.0)]
    assert chosen(choose(ctx, reps)) == ("marc", "turn")
    assert choose(ctx, [rep("rosa", today=16)]) == (("rosa", "has today's share"),)


QUEUE = """
manager: tom
teams: {sales: {handoff: queue}}
rules:
  - {id: before, to: previous_rep}
  - {id: turn, to: round_robin, team: sales}
"""


def test_a_team_with_a_queue_takes_the_lead_however_full_its_people_are() -> None:
    ctx = context(with_routing(QUEUE))
    assert chosen(choose(ctx, [rep("rosa", in_hand=20)])) == ("sales", "turn")
    assert choose(ctx, [rep("rosa", is_active=False)]) == (("rosa", "not active"),)


def test_a_queue_holds_what_can_be_taken_up_in_a_day() -> None:
    ctx = context(
        with_routing(QUEUE + "capacity: {attempts_per_hour: 6, share_for_new_leads: 0.5, attempts_per_lead: 6}")
    )
    team = [rep("rosa"), rep("marc")]
    assert chosen(choose(ctx, team, waiting={"sales": 7})) == ("sales", "turn")
    assert choose(ctx, team, waiting={"sales": 8}) == (("sales", "a day's work waits there already"),)


def test_who_leaves_is_followed_by_somebody_of_their_own_team(release: Release) -> None:
    reps = [rep("rosa"), rep("marc", in_hand=20), rep("ben", team="field", credit=1.5), rep("ann", today=99)]
    found = routing.successor(context(release), reps, "rosa")
    assert found is not None
    assert found.rep is not None
    assert found.rep.id == "ann"
    assert routing.successor(context(release), reps[:2], "rosa") is None


def test_who_lets_one_after_the_other_pass_is_passed_over_while_others_answer(release: Release) -> None:
    quiet = rep("vera", let_pass=2, credit=1.0)
    found = choose(context(release), [quiet, rep("rosa", in_hand=19)])
    assert chosen(found) == ("rosa", "in-turn")
    assert isinstance(found, Choice)
    assert found.passed_over == (("vera", "let the last ones pass"),)
    assert found.credits.keys() == {"rosa"}  # nobody falls behind while they do not answer
    full = choose(context(release), [quiet, rep("rosa", in_hand=20)])
    assert full == (("rosa", "no free place"), ("vera", "let the last ones pass"))
    assert chosen(choose(context(release), [rep("vera", let_pass=1), rep("rosa", in_hand=20)])) == ("vera", "in-turn")
    owner = choose(context(release), [quiet, rep("rosa")], account_owner="vera")
    assert chosen(owner) == ("rosa", "in-turn")


@pytest.mark.parametrize(
    "other",
    [
        {"let_pass": 2, "in_hand": 20},
        {"is_active": False},
        {"team": "field"},
        {"hours": parse_hours("Thu-Fri 09:00-17:00")},
        {"capacity": 0},
        {"capacity": 0, "in_hand": 3},
    ],
)
def test_where_nobody_who_answers_is_left_better_they_than_nobody(release: Release, other: dict[str, Any]) -> None:
    found = choose(context(release), [rep("vera", let_pass=5), rep("rosa", **other)])
    assert chosen(found) == ("vera", "in-turn")


def test_who_leaves_is_not_followed_by_somebody_who_does_not_answer(release: Release) -> None:
    reps = [rep("rosa"), rep("vera", let_pass=2, credit=2.0), rep("marc")]
    found = routing.successor(context(release), reps, "rosa")
    assert found is not None
    assert found.rep is not None
    assert found.rep.id == "marc"
    alone = routing.successor(context(release), reps[:2], "rosa")
    assert alone is not None
    assert alone.rep is not None
    assert alone.rep.id == "vera"


def test_what_was_let_pass_goes_to_whoever_is_at_work_now(release: Release) -> None:
    reps = [rep("hana", zone="Pacific/Auckland", credit=1.0), rep("rosa"), rep("vera")]
    assert chosen(choose(context(release), reps)) == ("hana", "in-turn")
    late = context(release, tried_reps=("vera",))
    assert chosen(choose(late, reps)) == ("rosa", "in-turn")
    behind = [reps[0], rep("rosa", unanswered=2, credit=1.0), rep("marc", unanswered=1), reps[2]]
    assert chosen(choose(late, behind)) == ("marc", "in-turn")
    assert chosen(choose(context(release), behind[1:])) == ("rosa", "in-turn")
    away = [reps[0], rep("rosa", away_until=MONDAY + timedelta(hours=1)), reps[2]]
    assert chosen(choose(late, away)) == ("hana", "in-turn")


@given(st.integers(2, 6), st.lists(st.sets(st.integers(0, 5), min_size=1), min_size=1, max_size=150))
def test_whoever_comes_and_goes_nobody_is_ever_two_leads_off(people: int, here: list[set[int]]) -> None:
    """With the same people it is one; with others at each turn the promise is weaker."""
    reps = {n: rep(f"r{n}") for n in range(people)}
    for some in here:
        able = [reps[n] for n in sorted(some) if n in reps]
        if able:
            _, credits = turn(able)
            reps |= {n: replace(one, credit=credits.get(one.id, one.credit)) for n, one in reps.items()}
    assert all(abs(one.credit) < 2 for one in reps.values())
