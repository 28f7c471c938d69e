"""Countries in the words of whoever exports them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.countries import codes, country
from domain.definition import FieldDef
from domain.errors import InvalidError
from domain.values import coerce


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("DE", "DE"),
        (" de ", "DE"),
        ("DEU", "DE"),
        ("276", "DE"),
        ("Germany", "DE"),
        ("DEUTSCHLAND", "DE"),
        ("Allemagne", "DE"),
        ("ドイツ", "DE"),
        ("United States", "US"),
        ("United States of America", "US"),
        ("USA", "US"),
        ("U.S.", "US"),
        ("États-Unis", "US"),
        ("Etats Unis", "US"),
        ("UK", "GB"),
        ("Great Britain", "GB"),
        ("Großbritannien", "GB"),
        ("GROSSBRITANNIEN", "GB"),
        ("The Netherlands", "NL"),
        ("Netherlands (the)", "NL"),
        ("Czech Republic", "CZ"),
        ("Turkey", "TR"),
        ("Türkiye", "TR"),
        ("Korea, Republic of", "KR"),
        ("Viet Nam", "VN"),
        ("Cote d'Ivoire", "CI"),
        ("Trinidad and Tobago", "TT"),
        ("Kosovo", "XK"),
        ("de-by", "DE-BY"),
    ],
)
def test_however_a_country_is_written_it_is_its_two_letters(written: str, code: str) -> None:
    assert country(written) == code


@pytest.mark.parametrize("written", ["Narnia", "n/a", "-", "EU", "Europe", "Congo", "Kongo", "Texas", "ZZ", "DE-", "0"])
def test_what_is_no_country_or_two_of_them_is_none(written: str) -> None:
    with pytest.raises(ValueError, match="is none we know; write its two letters"):
        country(written)


@given(st.text(max_size=60))
def test_whatever_stands_there_is_a_code_or_a_sentence(written: str) -> None:
    with suppress(ValueError):
        assert country(written).partition("-")[0] in codes().values()


def test_a_field_of_ours_that_holds_a_country_keeps_its_letters_and_no_other_does() -> None:
    text = FieldDef(type="text")
    assert coerce("company.country", "Germany", text) == "DE"
    assert coerce("lead.title", "Germany", text) == "Germany"
    with pytest.raises(InvalidError, match=r"lead\.country is a country, and “Narnia” is none") as raised:
        coerce("lead.country", "Narnia", text)
    assert raised.value.field == "lead.country"
    assert len(str(raised.value)) < 200
    with pytest.raises(InvalidError) as long:
        coerce("lead.country", "x" * 2000, text)
    assert len(long.value.sentence) < 250


def test_one_with_options_of_its_own_keeps_to_them() -> None:
    field = FieldDef(type="choice", options={"dach": "Germany", "other": "Elsewhere"})
    assert coerce("lead.country", "Germany", field) == "dach"
