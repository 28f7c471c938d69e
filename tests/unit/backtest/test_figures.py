"""AUC with ties, and rates that say nothing while there is too little to go by."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authoring.backtest_figures import Rate, Telling, auc

SCORES = st.lists(st.integers(-5, 5), min_size=1, max_size=30)


def of(values: list[int]) -> array[float]:
    return array("d", values)


@pytest.mark.parametrize(
    ("good", "bad", "expected"),
    [
        ([3, 4], [1, 2], 1.0),
        ([1, 2], [3, 4], 0.0),
        ([1, 1], [1, 1, 1], 0.5),
        # 2·2 pairs: 2>1, 2=2, 3>1, 3>2
        ([2, 3], [1, 2], 3.5 / 4),
        ([5], [5], 0.5),
    ],
)
def test_auc_by_hand(good: list[int], bad: list[int], expected: float) -> None:
    assert auc(of(good), of(bad)) == pytest.approx(expected)


@given(SCORES, SCORES)
def test_auc_is_the_share_of_pairs_in_the_right_order_ties_counting_half(good: list[int], bad: list[int]) -> None:
    pairs = [1.0 if g > b else 0.5 if g == b else 0.0 for g in good for b in bad]
    assert auc(of(good), of(bad)) == pytest.approx(sum(pairs) / len(pairs))


def test_without_one_of_the_two_there_is_none() -> None:
    assert auc(of([1]), of([])) is None
    assert auc(of([]), of([1])) is None


def test_a_rate_of_few_is_left_out_and_the_interval_is_wilsons() -> None:
    assert Rate(3, 9).value is None
    assert Rate(3, 9).interval is None
    low, high = Rate(8, 10).interval or (0.0, 0.0)
    # Wilson 1927, as published for 8 of 10
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert Rate(0, 50).as_data()["rate"] == 0.0


@pytest.mark.parametrize(
    ("met", "not_met", "speaks_against", "verdict"),
    [
        ((40, 50), (5, 50), False, "tells"),
        ((5, 50), (40, 50), False, "misleads"),
        ((5, 50), (40, 50), True, "tells"),
        ((25, 50), (24, 50), False, "tells nothing"),
        ((5, 5), (0, 50), False, "too few to say"),
    ],
)
def test_what_a_criterion_is_worth_by_itself(
    met: tuple[int, int], not_met: tuple[int, int], speaks_against: bool, verdict: str
) -> None:
    telling = Telling("x", speaks_against)
    telling.seen.update({("met", True): met[0], ("met", False): met[1] - met[0]})
    telling.seen.update({("not_met", True): not_met[0], ("not_met", False): not_met[1] - not_met[0]})
    telling.seen["unknown", None] = 10
    assert telling.verdict == verdict
    assert telling.unknown_share == pytest.approx(10 / (met[1] + not_met[1] + 10))
