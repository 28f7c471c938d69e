"""When a task is due: never while nobody works."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain import tasks
from domain.calendar import Window
from domain.phrases import parse_hours, parse_span

CHICAGO = Window(parse_hours("Mon-Fri 09:00-17:00"), "America/Chicago", "US")
FRIDAY = datetime(2027, 1, 8, 20, tzinfo=UTC)
"""Two in the afternoon there."""


def at(day: int, hour: int) -> datetime:
    """January, by the clock on the wall in Chicago."""
    return datetime(2027, 1, day, hour, tzinfo=UTC) + timedelta(hours=6)


@pytest.mark.parametrize(
    ("span", "due_at"),
    [
        ("1 hour", at(8, 15)),
        ("4 hours", at(11, 9)),  # closed since an hour
        ("1 day", at(11, 9)),  # Saturday
        ("10 days", at(19, 9)),  # Martin Luther King's day, a Monday
        ("4 days", at(12, 14)),
        ("4 business hours", at(11, 10)),
        ("3 business hours", at(8, 17)),  # the very end of a day is no night
        ("1 business day", at(11, 14)),
    ],
)
def test_it_is_due_while_somebody_works(span: str, due_at: datetime) -> None:
    assert tasks.due(FRIDAY, parse_span(span), CHICAGO) == due_at


@pytest.mark.parametrize("opened_at", [at(9, 12), at(10, 23), at(8, 3)])
def test_opened_while_nobody_works_it_is_due_while_somebody_does(opened_at: datetime) -> None:
    for span in ("1 minute", "2 hours", "1 day", "1 business hour", "2 business days"):
        due_at = tasks.due(opened_at, parse_span(span), CHICAGO)
        assert CHICAGO.is_open(due_at - timedelta(microseconds=1)) or CHICAGO.is_open(due_at), span


def test_who_tries_again_later_has_as_much_working_time_as_before() -> None:
    window = (at(5, 9), at(7, 9))  # two business days, from Tuesday on
    due_at, give_up_at = tasks.put_off(at(6, 14), parse_span("3 days"), CHICAGO, *window)
    assert (due_at, give_up_at) == (at(11, 9), at(12, 17))
    assert tasks.put_off(at(6, 14), parse_span("3 days"), CHICAGO, at(5, 9), None) == (due_at, None)
