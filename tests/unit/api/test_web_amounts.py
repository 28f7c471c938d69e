"""Numbers as people type them into our forms, and amounts as they are shown again."""

from __future__ import annotations

import pytest

from api.web import numbers
from api.web.telling import money
from domain.errors import InvalidError
from tests.unit.api.house import House
from tests.unit.api.mailed import told
from tests.unit.api.test_answering_all import DEAL, brought_to
from tests.unit.api.visitors import stranger, visitor


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12.000,50", "12000.50"),
        ("12,000.50", "12000.50"),
        ("12 500", "12500"),
        ("12\xa0500,5", "12500.5"),
        ("12'500", "12500"),
        ("$12500", "12500"),
        ("$ 12,500.00", "12500.00"),
        ("12500 USD", "12500"),
        ("USD 12500", "12500"),
        ("1.250.000", "1250000"),
        ("12,5", "12.5"),
        ("0.125", "0.125"),
        ("-3", "-3"),  # the decision itself refuses it
    ],
)
def test_an_amount_is_read_as_what_it_is(typed: str, meant: str) -> None:
    assert numbers.amount(typed, "USD") == meant


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("12.500", "“12.500” may be 12500 or 12.5; write 12500 or 12.50"),
        ("12,500", "“12,500” may be 12500 or 12.5; write 12500 or 12.50"),
        ("$1.234", "“1.234” may be 1234 or 1.234; write 1234 or 1.2340"),
        ("-1.200", "“-1.200” may be -1200 or -1.2; write -1200 or -1.20"),
        ("twelve", "“twelve” is no number; write digits, such as 12500 or 12.50"),
        ("1e5", "is no number"),
        ("١٢٣", "is no number"),
        ("NaN", "is no number"),
        ("$", "is no number"),
        ("12.50.0", "is no number"),
        ("9" * 5000 + "x", "is no number"),
        ("€12500", "the amount is in € and the currency is USD"),
    ],
)
def test_what_may_be_two_amounts_or_none_is_asked_about(typed: str, asked: str) -> None:
    with pytest.raises(InvalidError, match=r".") as refused:
        numbers.amount(typed, "USD")
    assert asked in refused.value.sentence


def test_what_is_written_as_asked_is_read() -> None:
    for text in ("12500", "12.50", "1234", "1.2340", "-1.20"):
        assert float(numbers.number(text, "amount")) == float(text)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (12000.0, "12,000 USD"),
        (11500.5, "11,500.50 USD"),
        (12.5, "12.50 USD"),
        (1.125, "1.125 USD"),
        (9e11, "900,000,000,000 USD"),
    ],
)
def test_an_amount_is_shown_as_it_was_told(amount: float, shown: str) -> None:
    assert money({"amount": amount, "currency": "USD"}) == shown


def test_behind_a_link_and_on_the_page_alike(house: House) -> None:
    lead, path = brought_to(house, "QUALIFIED")
    rep = stranger(house)
    asked = told(rep, path, "opportunity", {**DEAL, "amount": "12.500"}, 422)
    assert "“12.500” may be 12500 or 12.5" in asked
    assert 'name="amount" inputmode="decimal" required value="12.500"' in asked
    told(rep, path, "opportunity", {**DEAL, "amount": "11.500,50"})
    rosa = visitor(house, "rosa")
    assert "Made an opportunity by Rosa Delgado: 11,500.50 USD" in rosa.get(f"/leads/{lead}")
    (handoff,) = house.get("/handoffs", "rosa")["items"]
    here = f"/handoffs/{handoff['id']}"
    assert "may be 12500 or 12.5" in rosa.send(here, f"{here}/won", {"amount": "12,500", "currency": "USD"}, 422).text
    strict = house.post(f"{here}/won", {"amount": "12,500", "currency": "USD"}, "rosa", status=422)
    assert strict["field"] == "amount"
    rosa.send(here, f"{here}/won", {"amount": "$12,500.00", "currency": "USD"})
    assert "Won by Rosa Delgado: 12,500 USD" in rosa.get(f"/leads/{lead}")


def test_a_number_learned_is_read_by_the_same_rule(house: House) -> None:
    lead, _ = house.offered()
    rosa, page = visitor(house, "rosa"), f"/leads/{lead}"
    assert "may be 1200 or 1.2" in rosa.send(page, f"{page}/tell", {"fact:company.dock_doors": "1.200"}, 422).text
    rosa.send(page, f"{page}/tell", {"fact:company.dock_doors": "1 200"})
    assert house.get(f"/leads/{lead}")["facts"]["company.dock_doors"]["value"] == 1200
