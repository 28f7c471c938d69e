"""When somebody's task is due: while people work. A length of calendar time that ends on a weekend, a public holiday or
at night ends when the next working day begins; working time never does."""

from __future__ import annotations

from datetime import datetime

from domain.calendar import Window, add_span
from domain.phrases import Pace, Span


def due(start: datetime, span: Span, window: Window) -> datetime:
    at = add_span(start, span, window)
    return window.first(at) if span.pace is Pace.CALENDAR else at


def put_off(
    now: datetime, every: Span, window: Window, due_at: datetime, give_up_at: datetime | None
) -> tuple[datetime, datetime | None]:
    """Both anew; until it is given up there is as much working time as before."""
    again_at = due(now, every, window)
    return again_at, window.add(again_at, window.between(due_at, give_up_at)) if give_up_at else None
