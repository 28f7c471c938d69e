"""Figures of the formulas against published ones."""

from __future__ import annotations

import pytest

from domain.intervals import Rate, difference


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_of_a_rate(hits: int, n: int, low: float, high: float) -> None:
    rate = Rate(hits, n)
    assert rate.low == pytest.approx(low, abs=1e-4)
    assert rate.high == pytest.approx(high, abs=1e-4)
    assert rate.value == hits / n


def test_nothing_tells_nothing_and_under_ten_no_rate_is_told() -> None:
    assert (Rate(0, 0).low, Rate(0, 0).high, Rate(0, 0).value) == (0.0, 1.0, None)
    assert Rate(9, 9).value is None
    assert Rate(10, 10).value == 1.0


def test_the_interval_of_a_difference() -> None:
    """Newcombe 1998 (two samples), table II: 56/70 less 48/80, method 10."""
    found = difference(Rate(56, 70), Rate(48, 80))
    assert found is not None
    for figure, published in zip(found, (0.2, 0.0524, 0.3339), strict=True):
        assert figure == pytest.approx(published, abs=1e-4)
    assert difference(Rate(5, 9), Rate(48, 80)) is None
