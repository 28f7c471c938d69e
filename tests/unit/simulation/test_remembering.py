"""A memory makes deciding faster and changes no decision, however long a lead lives and whatever happens to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from authoring.simulation.buyers import best_answers
from authoring.simulation.life import Entry, Life
from authoring.simulation.playing import all_signed, arrived
from authoring.simulation.surroundings import Surroundings, Team
from authoring.simulation.verbs import VERBS
from domain.context import Context
from domain.decide import decide
from domain.release import Release
from domain.steps import Verb
from tests.world import shipped_release

EVENTS = ("reply", "pricing_view", "click", "demo_request", "answer")
ANSWERS: tuple[dict[str, float | str], ...] = (
    {},
    {"fact.pain": "detention"},
    {"fact.evaluate_within_months": 2.0},
    {"fact.evaluate_within_months": 9.0},
    {"fact.contact_role": "outsider"},
)
LIVES = st.lists(
    st.tuples(st.floats(0.01, 90), st.sampled_from(EVENTS), st.sampled_from(ANSWERS)), min_size=1, max_size=8
)
SAMPLES = st.sampled_from(["quiet-hawaii", "timing-unknown", "told-us-everything", "hand-raiser-fit-unknown"])


@settings(max_examples=15, deadline=None)
@given(SAMPLES, LIVES)
def test_with_and_without_a_memory_every_decision_is_the_same(
    sample: str, happens: list[tuple[float, str, dict[str, float | str]]]
) -> None:
    release = all_signed(shipped_release())
    facts, now, _ = arrived(release, sample, None)
    life = Life(facts, release, Surroundings(Team.of(release)), now, _nobody_listens)
    for days, event, values in happens:
        until = life.now + timedelta(days=days)
        while life.step.verb is not Verb.ENDED and life.step.due_at <= until:
            life.perform(max(life.step.due_at, life.now), VERBS)
            _is_the_same(life, release)
        life.now = until
        _is_the_same(life, release)
        life.happen(event, values)
        life.look(until)
        _is_the_same(life, release)


def _nobody_listens(entry: Entry) -> None:
    """What is logged does not matter here."""


def _is_the_same(life: Life, release: Release) -> None:
    bare = replace(life.facts, memory=None)
    for later in (timedelta(0), timedelta(hours=9), timedelta(days=59)):
        now = life.now + later
        assert decide(life.facts, release, now) == decide(bare, release, now)
        assert Context(life.facts, release, now).verdict == Context(bare, release, now).verdict


def test_the_best_answers_are_those_the_definition_asks_for() -> None:
    best = best_answers(shipped_release())
    assert best["fact.pain"] in shipped_release().fields["fact.pain"].options
    assert 0 <= float(str(best["fact.evaluate_within_months"])) <= 3
    assert 6 <= float(str(best["company.dock_doors"])) <= 60
    assert best["company.industry"] in ("3pl", "food_distribution")
    assert best["fact.contact_role"] != "outsider"
