"""The page of a simulation: one file, nothing loaded from anywhere, charts drawn as SVG by the template."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate

from jinja2 import Environment, PackageLoader, StrictUndefined

from authoring.simulation.figures import Day, Result

WIDTH, HEIGHT = 360, 190
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 16, 24
TICKS = 4


@dataclass(frozen=True)
class Line:
    """One scenario's values by day as a path, and where its end is labelled."""

    scenario: str
    number: int
    path: str
    last: float
    end: tuple[float, float]


@dataclass(frozen=True)
class Chart:
    """Lines over days. `limit` is drawn across: what there is room for."""

    title: str
    says: str
    lines: tuple[Line, ...]
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]
    limit: tuple[float, str] | None = None


LEFT_OUT = (
    "A track beside a salesperson's work runs for a lead only when that salesperson allows it, and nobody here does;"
    " nurture preview shows its mails."
)


def render(
    headline: str, begins: datetime, results: Sequence[Result], summary: Sequence[tuple[str, Sequence[str]]]
) -> str:
    environment = Environment(
        loader=PackageLoader("authoring"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda value: f"{value:,.0f}"
    most = max((touch.reached for result in results for touch in result.touches), default=0)
    page = environment.get_template("simulation.html").render(
        headline=headline,
        results=results,
        summary=summary,
        charts=list(_charts(begins.date(), results)),
        touches=list(zip(*(result.touches for result in results), strict=True)),
        many_tracks=len({touch.track for result in results for touch in result.touches}) > 1,
        most_reached=max(most, 1),
        left_out=", ".join(results[0].left_out),
        why_left_out=LEFT_OUT,
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        bottom=HEIGHT - BOTTOM,
    )
    return page + "\n"


def _charts(first: date, results: Sequence[Result]) -> Sequence[Chart]:
    places = max((result.places for result in results), default=0)
    return (
        _chart("Sales-ready so far", "Leads that have become ready, added up.", first, results, _ready_so_far),
        _chart(
            "In hand with sales",
            "Leads that salespeople have at the end of each day.",
            first,
            results,
            _in_hand,
            places,
        ),
        _chart("Ready and waiting", "Ready leads that no salesperson has a free place for.", first, results, _waiting),
        _chart("Mails a week", "Mails that left in the seven days up to each day.", first, results, _mails_a_week),
    )


def _ready_so_far(days: Sequence[Day]) -> list[float]:
    return [float(n) for n in accumulate(day.ready for day in days)]


def _in_hand(days: Sequence[Day]) -> list[float]:
    return [float(sum(day.in_hand.values())) for day in days]


def _waiting(days: Sequence[Day]) -> list[float]:
    return [float(day.waiting) for day in days]


def _mails_a_week(days: Sequence[Day]) -> list[float]:
    return [float(sum(day.mails for day in days[max(n - 6, 0) : n + 1])) for n in range(len(days))]


def _chart(
    title: str,
    says: str,
    first: date,
    results: Sequence[Result],
    values: Callable[[Sequence[Day]], list[float]],
    limit: int | None = None,
) -> Chart:
    series = [values(result.days) for result in results]
    top = _round_up(max([limit or 0, 1, *(value for each in series for value in each)]))
    count = max((len(each) for each in series), default=1)
    lines = tuple(
        _line(result.scenario, n, each, count, top)
        for n, (result, each) in enumerate(zip(results, series, strict=True))
    )
    steps = sorted({round(n * (count - 1) / TICKS) for n in range(TICKS + 1)})
    across = tuple((_x(n, count), f"{first + timedelta(days=n):%d %b}") for n in steps)
    up = tuple((_y(top * n / 2, top), f"{top * n / 2:,.0f}") for n in range(3))
    return Chart(title, says, lines, across, up, (_y(limit, top), f"{limit} places") if limit else None)


def _line(scenario: str, number: int, values: list[float], count: int, top: float) -> Line:
    points = [(_x(n, count), _y(value, top)) for n, value in enumerate(values)]
    path = "M" + " L".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return Line(scenario, number, path, values[-1] if values else 0.0, points[-1] if points else (LEFT, 0))


def _x(number: int, count: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * number / max(count - 1, 1)


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top


def _round_up(value: float) -> float:
    """The next even 1, 2 or 5 with zeros, so that its half is a round number too."""
    step = 2.0
    while True:
        for factor in (1, 2, 5):
            if value <= step * factor:
                return step * factor
        step *= 10
