"""Examples are lives: played through simulated time by `nurture check`, told as a timeline where they fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authoring.check import check
from authoring.problems import Problem
from authoring.simulation.playing import all_signed, play
from domain.example import Expected, Moment, parse_day, parse_expected, parse_moment
from tests.unit.authoring.small import DEFINITION, FILES, TRACK, edited
from tests.world import shipped_release

TODAY = date(2026, 11, 23)


def errors(files: dict[str, str]) -> Sequence[Problem]:
    return [problem for problem in check(files, TODAY) if problem.severity == "error"]


def with_example(text: str) -> dict[str, str]:
    return {**FILES, TRACK: FILES[TRACK] + "examples:\n" + text}


def told(text: str) -> str:
    """The one error of a track with this example."""
    (problem,) = errors(with_example(text))
    assert problem.path == TRACK
    return problem.sentence


@pytest.mark.parametrize(
    "text",
    [
        "  - {lead: complete, expect: ready definition on day 0}",
        "  - {lead: thirsty, expect: [not ready, no touch question]}",
        "  - {lead: no-timing, expect: not ready by day 30}",
        """\
  - lead: waving
    do:
      - {at: day 0 11:00, event: reply, answer: {inquiry.topic: kegs}}
    expect: [state sales_ready on day 0, {ready: hand_raiser, on: day 0}]""",
    ],
)
def test_an_example_that_comes_true_says_nothing(text: str) -> None:
    assert not errors(with_example(text))


def test_a_failing_one_shows_what_was_expected_beside_what_happened() -> None:
    files = with_example("  - {say: Too early, lead: complete, expect: [ready definition on day 4]}")
    (problem,) = errors(files)
    assert (problem.path, problem.line) == (TRACK, 14)
    assert (
        "complete (Too early): expected ready definition on day 4, but: day   0 Mon 2027-03-01 10:00"
        in problem.sentence
    )
    happened = problem.sentence.splitlines()
    assert "  day   0 Mon 2027-03-01 10:00  INQUIRY -> SALES_READY (definition)" in happened
    assert happened[-1] == "> day   4 Fri 2027-03-05 12:00  expected: ready definition on day 4"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "{lead: complet, expect: not ready}",
            "There is no sample complet in content/samples.yaml; did you mean compl",
        ),
        ("{lead: complete, expect: touch questoin}", "There is no touch questoin; did you mean question?"),
        ("{lead: complete, expect: ready definitoin}", "There is no rule of ready_when: definitoin; did you mean"),
        ("{lead: complete, expect: state sleeping}", "There is no state SLEEPING"),
        ("{lead: complete, expect: soon}", "“soon” is no expectation; write for example touch checklist on day 1"),
        ("{lead: complete, expect: []}", "write at least 1"),
        ("{lead: complete, expect: ready definition on day 5000}", "“day 5000” is too far off"),
        ("{lead: complete, from: 2027-02-30, expect: not ready}", "2027-02-30"),
        ("{lead: complete, do: [{at: noon, event: reply}], expect: not ready}", "“noon” is no day; write day 3"),
        ("{lead: complete, do: [{at: day 1}], expect: not ready}", "Write one of event, answer, task, sales"),
        ("{lead: complete, do: [{at: day 1, event: replly}], expect: not ready}", "There is no event replly"),
        ("{lead: thirsty, do: [{at: day 1, task: talked}], expect: not ready}", "there is no open task"),
        ("{lead: thirsty, do: [{at: day 1, sales: accept}], expect: not ready}", "cannot be sent accept"),
        ("{lead: thirsty, do: [{at: day 1, sales: dance}], expect: not ready}", "cannot be sent dance"),
        ("{lead: thirsty, do: [{at: day 1, event: reply, answer: {months: many}}], expect: not ready}", "months"),
        ("{lead: thirsty, do: [{at: day 1, event: reply, answer: {mnths: 2}}], expect: not ready}", "no field mnths"),
        ("{lead: thirsty, do: [{at: 1 day after quest, event: reply}], expect: not ready}", "There is no touch quest"),
        ("{lead: thirsty, do: [{at: 1 day after read, event: reply}], expect: not ready}", "1 day after read never"),
        ("{lead: thirsty, do: [{at: day 90, event: reply}], expect: not ready by day 9}", "the example is over before"),
    ],
)
def test_what_cannot_be_is_said_at_its_place(text: str, sentence: str) -> None:
    assert sentence in told(f"  - {text}\n")


def test_the_definition_is_judged_after_what_happened() -> None:
    happened = "  - {lead: no-timing, expect: ask soon}"
    told_us = "  - {lead: no-timing, do: [{at: day 2, event: reply, answer: {months: 2}}], expect: %s}"
    assert not errors(edited(DEFINITION, happened, told_us % "ready definition"))
    (problem,) = errors(edited(DEFINITION, happened, told_us % "ask soon"))
    assert "no-timing: expected ask soon after all this, but it is ready definition" in problem.sentence
    assert "event reply, tells fact.months" in problem.sentence


def test_caps_and_holidays_hold_in_examples() -> None:
    """5 July 2027 is a holiday; the first mail comes the day after it."""
    life = "{lead: thirsty, from: 2027-07-04, expect: [touch question on 2027-07-06 08:30, 2 touches by day 3]}"
    files = with_example(f"  - {life}\n") | {TRACK: f"{FILES[TRACK].replace('kegs', 'beer')}examples:\n  - {life}\n"}
    defaults = files["content/defaults.yaml"].replace("early: 7 days", "early: 1 day")
    assert not errors({**files, "content/defaults.yaml": defaults})
    capped = {**files, "content/defaults.yaml": defaults.replace("2 per 7 days", "1 per 7 days")}
    assert "expected 2 touches by day 3, but: 1" in errors(capped)[0].sentence


def test_the_same_example_is_the_same_life() -> None:
    release = all_signed(shipped_release())
    one, other = (play(release, "quiet-hawaii", None, []) for _ in range(2))
    assert one.entries == other.entries


@given(st.text(max_size=60) | st.from_regex(r"(no )?touch [a-z]{1,5}( (on|by) day \d{1,5})?", fullmatch=True))
def test_a_phrase_is_understood_or_refused_in_words(text: str) -> None:
    for parse in (parse_expected, parse_day, parse_moment):
        said = _understood(parse, text)
        assert said == text.strip() or any(word in said for word in ("write ", "the most", "calendar"))


def _understood(parse: Callable[[str], Expected | Moment], text: str) -> str:
    try:
        return parse(text).text
    except ValueError as error:
        return str(error)
