"""What `nurture simulate` found, as tables on the screen, CSV files and one page."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from authoring.simulation.figures import Result
from authoring.simulation.page import LEFT_OUT, render
from authoring.simulation.population import Population
from authoring.simulation.scenarios import Plan
from commands.console import print_table, screen
from domain.errors import InvalidError

SHOWN = 8
COUNTS = ("ready", "offered", "mails", "human_touches", "exhausted", "waiting")
TOUCH = ("track", "stage", "touch", "channel", "reached", "median_day")
WANT = "unknown, so not"


def report(plan: Plan, population: Population, results: Sequence[Result]) -> None:
    screen().print(f"[bold]{headline(plan, population)}[/]\n", markup=True)
    names = [result.scenario for result in results]
    rows = [dict(zip(("", *names), (name, *values), strict=True)) for name, values in summary(results)]
    print_table(("", *names), rows)
    print()
    print_table(("touch", "stage", "channel", *(r.scenario for r in results)), list(_touches(results)))
    for result in results:
        if result.never_reached:
            print(f"\nNobody reaches, {result.scenario}: {', '.join(_absent(result))}.")
    if left_out := results[0].left_out:
        print(f"\nLeft out: {', '.join(left_out)}. {LEFT_OUT}")
    _report_unknown(results)
    for row in population.refused[:SHOWN]:
        print(f"  row {row.number}: {row.reason}")


def _absent(result: Result) -> Iterator[str]:
    """The touches that nobody got, and whole tracks by their name alone."""
    given = {touch.track for touch in result.touches if touch.reached}
    yield from (touch.touch for touch in result.never_reached if touch.track in given)
    yield from (f"all of {track}" for track in dict.fromkeys(t.track for t in result.touches) if track not in given)


def headline(plan: Plan, population: Population) -> str:
    over = f", coming over {plan.over.days} days" if plan.over else ""
    left_out = f"; {len(population.refused)} rows left out" if population.refused else ""
    doubled = f"; {population.doubled} twice in the file" if population.doubled else ""
    so_far = f", answering as after {plan.rates.deliveries:,} mails so far" if plan.rates else ""
    count = len(plan.people)
    who = f"{count:,} lead{'s' if count != 1 else ''} on {plan.track or 'all tracks'}"
    return f"{who}, {plan.days} days from {plan.begins:%Y-%m-%d}{over}{so_far}{left_out}{doubled}"


def summary(results: Sequence[Result]) -> Iterator[tuple[str, list[str]]]:
    """What matters most first: who becomes ready, whether sales can carry it, who is used up."""
    rows = {
        "sales-ready": [_share(r.ready, r) for r in results],
        "half of them by day": [_or_dash(r.median_day_ready) for r in results],
        "touches each": [f"{r.touches_per_lead:.1f}" for r in results],
        "exhausted": [_share(r.exhausted, r) for r in results],
        "half of those by day": [_or_dash(r.median_day_exhausted) for r in results],
        "most in hand at once": [f"{r.peak} of {r.places} places" for r in results],
        "first waits for a place": [_or_dash(r.first_full_day, "day ") for r in results],
        "most waiting at once": [str(r.most_waiting) for r in results],
        "disqualified": [_share(sum(r.excluded.values()), r) for r in results],
        "on no track": [_share(r.states.get("INQUIRY", 0), r) for r in results],
    }
    yield from rows.items()
    for sender in sorted({name for r in results for name, days in r.full_days.items() if days}):
        yield f"days {sender} may send no more", [str(r.full_days.get(sender, 0)) for r in results]


def _touches(results: Sequence[Result]) -> Iterator[dict[str, object]]:
    for each in zip(*(result.touches for result in results), strict=True):
        first = each[0]
        told = {
            r.scenario: f"{touch.reached}" + (f" (day {touch.median_day})" if touch.reached else "")
            for r, touch in zip(results, each, strict=True)
        }
        yield {"touch": first.touch, "stage": first.stage, "channel": first.channel, **told}


def _report_unknown(results: Sequence[Result]) -> None:
    rows = [
        {"scenario": r.scenario, WANT: u.where, "leads": u.leads, "nobody told us": _named(u.fields)}
        for r in results
        for u in r.unknown[:SHOWN]
    ]
    if rows:
        print()
        print_table(("scenario", WANT, "leads", "nobody told us"), rows)


def _named(fields: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in list(fields.items())[:4])


def _share(count: int, result: Result) -> str:
    return f"{count:,} ({count / result.leads:.0%})" if result.leads else "0"


def _or_dash(value: int | None, before: str = "") -> str:
    return "-" if value is None else f"{before}{value}"


def write_html(path: Path, plan: Plan, population: Population, results: Sequence[Result]) -> None:
    page = render(headline(plan, population), plan.begins, results, list(summary(results)))
    _write(path, page)


def write_csv(folder: Path, plan: Plan, results: Sequence[Result]) -> None:
    """One file for each kind of figure, each with the scenario in its first column."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidError(f"{folder} cannot be made ({error.strerror}); name another folder") from None
    reps = sorted({name for result in results for name in result.capacity})
    days = ("scenario", "day", "date", *COUNTS, *(f"in_hand_{rep}" for rep in reps))
    _csv(folder / "days.csv", days, (row for r in results for row in _days(r, plan.begins, reps)))
    touches = ([r.scenario, *(getattr(t, name) for name in TOUCH)] for r in results for t in r.touches)
    _csv(folder / "touches.csv", ("scenario", *TOUCH), touches)
    unknown = ((r.scenario, u.where, u.leads, *f) for r in results for u in r.unknown for f in u.fields.items())
    _csv(folder / "unknown.csv", ("scenario", "where", "leads", "field", "leads_without_it"), unknown)
    states = ((r.scenario, state, count) for r in results for state, count in sorted(r.states.items()))
    _csv(folder / "states.csv", ("scenario", "state", "leads"), states)


def _days(result: Result, begins: datetime, reps: Sequence[str]) -> Iterator[Sequence[object]]:
    for day in result.days:
        on = (begins + timedelta(days=day.number)).date().isoformat()
        counts, held = (getattr(day, name) for name in COUNTS), (day.in_hand.get(rep, 0) for rep in reps)
        yield result.scenario, day.number, on, *counts, *held


def _csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows(rows)
    except OSError as error:
        raise InvalidError(f"{path} cannot be written ({error.strerror}); name another folder") from None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidError(f"{path} cannot be written ({error.strerror}); name another file") from None
