"""Tracks as nobody would write them: no combination of their keys makes a lead go in a circle or get anything twice."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.lead import Status
from tests.unit.domain.lives import CALL, MAIL, MONDAY, Life, release_of, track

CONDITIONS = ("known(fact.pain)", "not known(fact.pain)", "fact.months <= 6", 'fact.pain == "warm"')
TOUCHES = [f"t{number}" for number in range(9)]
condition = st.one_of(st.none(), st.sampled_from(CONDITIONS))
length = st.one_of(st.none(), st.sampled_from(["0 days", "1 day", "10 days", "60 days"]))
stage = st.fixed_dictionaries(
    {},
    optional={
        "next_when": condition,
        "back_when": condition,
        "longest": length,
        "gap": length,
        "used_up": st.sampled_from(["next", "rest"]),
    },
)
touch = st.tuples(st.sampled_from([MAIL, CALL]), condition, length)
told = st.tuples(
    st.integers(0, 30),
    st.sampled_from([("fact.pain", "warm"), ("fact.pain", "late"), ("fact.months", 5.0), ("fact.months", 9.0)]),
)


def _text(kind: str, when: str | None, wait: str | None) -> str:
    settings = f"when: {when}\n" * bool(when) + f"wait: {wait}\n" * bool(wait)
    return kind.replace("---\n", f"---\n{settings}", 1)


def _body(stages: list[dict[str, str | None]], cuts: list[int], reserve: int) -> str:
    """The touches in order over the stages, the last ones in reserve."""
    names, written = TOUCHES[: len(TOUCHES) - reserve], {}
    edges = [0, *sorted(cuts[: len(stages) - 1]), len(names)]
    for number, each in enumerate(stages):
        given = {key: value for key, value in each.items() if value is not None}
        id = ("early", "middle", "late")[number] if len(stages) > 2 else ("early", "late")[number]
        written[id] = {**given, "touches": names[edges[number] : edges[number + 1]]}
    return f"stages: {json.dumps(written)}\nreserve: {json.dumps(TOUCHES[len(names) :])}\n"


@settings(max_examples=60)
@given(
    stages=st.lists(stage, min_size=2, max_size=3),
    cuts=st.lists(st.integers(0, 6), min_size=2, max_size=2),
    reserve=st.integers(0, 2),
    touches=st.lists(touch, min_size=9, max_size=9),
    news=st.lists(told, max_size=6),
    skips=st.booleans(),
)
def test_no_track_leads_in_a_circle(
    stages: list[dict[str, str | None]],
    cuts: list[int],
    reserve: int,
    touches: list[tuple[str, str | None, str | None]],
    news: list[tuple[int, tuple[str, str | float]]],
    skips: bool,
) -> None:
    texts = {name: _text(*each) for name, each in zip(TOUCHES, touches, strict=True)}
    life = Life.begin(release_of(track("kegs", _body(stages, cuts, reserve), texts)))
    for days, (name, value) in news:
        life.live_for(days, skips)
        life.learn(name, value)
    life.live_for(100, skips)
    life.returned("other")
    life.live(MONDAY + timedelta(days=700), skips)
    assert len(life.had) == len(set(life.had))
    assert set(life.had) <= set(TOUCHES)
    given = [d for d in life.facts.ledger if d.status is not Status.FAILED]
    assert all(later.claimed_at >= earlier.claimed_at for earlier, later in pairwise(given))
