"""What people write, and the value it stands for."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.definition import FieldDef
from domain.errors import InvalidError
from domain.values import LARGEST_NUMBER, LONGEST_TEXT, coerce, company_domain

TEXT, NUMBER, FLAG, DATE = (FieldDef.model_validate({"type": t}) for t in ("text", "number", "flag", "date"))
CHOICE = FieldDef(type="choice", options={"3pl": "Third-party logistics", "other": "Something else"})
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.dates(),
    st.datetimes(),
    st.binary(),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(), st.integers(), max_size=2),
)


@pytest.mark.parametrize(
    ("field", "raw", "value"),
    [
        (TEXT, "  two\r\nlines ", "two\nlines"),
        (TEXT, 42, "42"),
        (TEXT, "x" * LONGEST_TEXT, "x" * LONGEST_TEXT),
        (NUMBER, "12", 12.0),
        (NUMBER, 12, 12.0),
        (NUMBER, " -2.5 ", -2.5),
        (NUMBER, "-0", 0.0),
        (CHOICE, "3pl", "3pl"),
        (CHOICE, " 3PL ", "3pl"),
        (CHOICE, "third-party LOGISTICS", "3pl"),
        (FLAG, True, True),
        (FLAG, "Yes", True),
        (FLAG, "no", False),
        (FLAG, "FALSE", False),
        (DATE, "2027-03-31", date(2027, 3, 31)),
        (DATE, date(2027, 3, 31), date(2027, 3, 31)),
    ],
)
def test_what_is_meant_is_understood(field: FieldDef, raw: object, value: object) -> None:
    found = coerce("fact.x", raw, field)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(("raw", "is_less"), [("-3", True), (-0.5, True), (-1e15, True), ("0", False), (-0.0, False)])
def test_less_than_makes_sense_is_refused(raw: object, is_less: bool) -> None:
    months = FieldDef(type="number", min=0)
    if not is_less:
        assert coerce("fact.x", raw, months) == 0
        return
    with pytest.raises(InvalidError, match=r"fact.x is 0 at least; .* is less"):
        coerce("fact.x", raw, months)
    with pytest.raises(ValueError, match="only a number has a min"):
        FieldDef(type="text", min=0)


@pytest.mark.parametrize(
    ("field", "raw", "words"),
    [
        (TEXT, "   ", "is empty; leave it out"),
        (TEXT, "x" * (LONGEST_TEXT + 1), "has 2001 characters; shorten it to 2000"),
        (TEXT, "a\x00b", "invisible character U+0000"),
        (TEXT, "a\ud800b", "invisible character U+D800"),
        (TEXT, True, "put it in quotes"),
        (TEXT, ["a"], "a list or mapping is none"),
        (TEXT, 10**400, "a number that long"),
        (NUMBER, "1,200", "“1,200” is none, so write digits only"),
        (NUMBER, "1_000", "digits only"),
        (NUMBER, "１２", "digits only"),
        (NUMBER, "1e3", "digits only"),
        (NUMBER, "nan", "digits only"),
        (NUMBER, math.nan, "write one between"),
        (NUMBER, math.inf, "write one between"),
        (NUMBER, 10**400, "write one between"),
        (NUMBER, True, "true is none"),
        (NUMBER, None, "nothing is none"),
        (CHOICE, "fourth", "is never “fourth”; it can be 3pl, other"),
        (CHOICE, False, "is never false"),
        (FLAG, 1, "1 is neither"),
        (FLAG, "maybe", "“maybe” is neither"),
        (DATE, "31.3.2027", "like 2027-03-31"),
        (DATE, "20270331", "like 2027-03-31"),
        (DATE, "2027-02-30", "2027-02-30 is not in the calendar"),
        (DATE, datetime(2027, 3, 31, tzinfo=UTC), "like 2027-03-31"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_way_to_write_it(field: FieldDef, raw: object, words: str) -> None:
    with pytest.raises(InvalidError) as error:
        coerce("fact.x", raw, field)
    assert error.value.sentence.startswith("fact.x ")
    assert words in error.value.sentence
    assert error.value.field == "fact.x"


@given(st.sampled_from([TEXT, NUMBER, CHOICE, FLAG, DATE]), ANYTHING)
def test_whatever_comes_is_a_value_or_a_sentence(field: FieldDef, raw: object) -> None:
    refusal, value = None, None
    try:
        value = coerce("fact.x", raw, field)
    except InvalidError as error:
        refusal = error.sentence
    if refusal is not None or value is None:
        assert refusal
        assert len(refusal) < 200
        return
    kinds = {"text": str, "choice": str, "number": float, "flag": bool, "date": date}
    assert type(value) is kinds[field.type]
    assert coerce("fact.x", value, field) == value


@given(st.text())
def test_a_stored_text_can_be_written_to_any_archive(raw: str) -> None:
    try:
        value = str(coerce("fact.x", raw, TEXT))
    except InvalidError:
        return
    assert "\x00" not in value
    assert value.encode().decode() == value
    assert 0 < len(value) <= LONGEST_TEXT


@given(st.floats(-LARGEST_NUMBER, LARGEST_NUMBER) | st.integers(-(10**15), 10**15))
def test_a_number_stays_itself(raw: float) -> None:
    assert coerce("fact.x", raw, NUMBER) == raw


def test_a_free_mail_domain_is_nobodys_company() -> None:
    assert company_domain(None, "ann@Bluelake.example") == "bluelake.example"
    assert company_domain("www.bluelake.example", "ann@gmail.com") == "bluelake.example"
    assert company_domain(None, "ann@gmail.com") is None
    assert company_domain(None, None) is None
