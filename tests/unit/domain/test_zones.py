"""In which zone a lead lives, when nobody has said so."""

from __future__ import annotations

import pytest

from domain.calendar import zone_of


@pytest.mark.parametrize(
    ("own", "countries", "zone", "rule"),
    [
        ("Asia/Tokyo", ["DE"], "Asia/Tokyo", "own"),
        (None, ["FR"], "Europe/Paris", "country"),
        (None, ["de"], "Europe/Berlin", "country"),  # Busingen keeps the same time
        ("Nowhere/Land", [None, "AT"], "Europe/Vienna", "country"),
        (None, ["US", "FR"], "Europe/Paris", "country"),  # the person's country has many, the company's one
        (None, ["ES"], "America/Chicago", "default"),  # the Canaries are an hour behind
        (None, ["US"], "America/Chicago", "default"),
        (None, ["Deutschland", "", None], "America/Chicago", "default"),
    ],
)
def test_own_then_a_country_of_one_time_then_the_default(
    own: str | None, countries: list[str | None], zone: str, rule: str
) -> None:
    assert zone_of(own, countries, "America/Chicago") == (zone, rule)
