"""`nurture simulate`: what would become of these leads with these files, without a server or an archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.console import Data, Files, Json, print_json, say
from domain.errors import InvalidError, NotReadyError

if TYPE_CHECKING:
    from authoring.simulation.population import Population
    from authoring.simulation.scenarios import Plan
    from domain.rates import Rates
    from domain.release import Release
    from settings import Settings

SAMPLES = "samples"
TEN = "10:00"
MOST_DAYS = 1000
LARGEST_MAPPING = 1_000_001


def register(app: typer.Typer) -> None:
    app.command()(simulate)


def simulate(
    track: Annotated[str | None, typer.Argument(metavar="TRACK", show_default="all tracks")] = None,
    leads: Annotated[
        str, typer.Option(metavar="FILE.csv", help="Whom: a file with one row per person, or the samples.")
    ] = SAMPLES,
    mapping: Annotated[Path | None, typer.Option(help="Which column is which field, as for nurture import.")] = None,
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="How long.")] = 120,
    begins: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="The first day.", show_default="today")
    ] = None,
    over: Annotated[int, typer.Option(min=0, max=MOST_DAYS, help="Over so many days they come; 0: all at once.")] = 0,
    html: Annotated[Path | None, typer.Option(help="Write one page with charts.")] = None,
    csv: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Write the figures as CSV files.")] = None,
    files: Files = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Live through the coming weeks: who becomes ready when, what sales has to carry, which touches nobody reaches.

    Where the data folder knows how buyers have answered, they go on like that; without it you see the two ends, all
    quiet and all eager. Our own people do what they promised, when it is due.
    """
    from authoring.simulation.scenarios import simulate as run
    from commands.opening import settings_for
    from commands.simulated import report, write_csv, write_html

    settings = settings_for(data, files)
    release, texts = _release(settings, track)
    first = _first_day(begins, release.defaults.time_zone)
    population = _population(leads, mapping, release, first)
    rates, capacity = _so_far(settings, release)
    plan = _plan(texts, population, first, days, over, track, rates, capacity)
    with _progress(as_json, plan.scenarios) as tell:
        results = run(plan, release, tell)
    if html:
        write_html(html, plan, population, results)
    if csv:
        write_csv(csv, plan, results)
    if as_json:
        print_json(
            {
                "track": track,
                "from": first.date().isoformat(),
                "days": days,
                "leads": len(plan.people),
                "refused": [{"row": r.number, "reason": r.reason} for r in population.refused],
                "doubled": population.doubled,
                "scenarios": [result.as_json() for result in results],
            }
        )
    else:
        report(plan, population, results)
        for path in filter(None, (html, csv)):
            say(f"written: {path}")


def _release(settings: Settings, track: str | None) -> tuple[Release, dict[str, str]]:
    from authoring.load import compile_release, read_folder
    from authoring.problems import did_you_mean

    texts = read_folder(settings.files)
    release = compile_release(texts)
    if track and track not in release.tracks:
        raise InvalidError(f"there is no track {track} in content/tracks{did_you_mean(track, release.tracks)}")
    if track and release.tracks[track].is_support:
        raise InvalidError(
            f"{track} runs beside a salesperson's work, for a lead only when that salesperson allows it, and nobody in"
            f" a simulation does; nurture preview {track} shows its mails"
        )
    return release, texts


def _first_day(begins: str | None, time_zone: str) -> datetime:
    """Ten in the morning of the house's own zone."""
    from domain.calendar import at_local
    from storage.archive import machine_now

    try:
        day = date.fromisoformat(begins) if begins else machine_now().date()
    except ValueError:
        raise InvalidError(f"--from is a day, as 2027-03-01; {begins} is none") from None
    if not 1990 <= day.year <= 2200:
        raise InvalidError(f"--from {begins} is too far off; take a year from 1990 to 2200")
    return at_local(day, datetime.strptime(TEN, "%H:%M").replace(tzinfo=UTC).time(), time_zone)


def _population(leads: str, mapping: Path | None, release: Release, first: datetime) -> Population:
    from authoring.mapped_rows import open_rows
    from authoring.simulation.population import of_rows, of_samples

    if leads == SAMPLES:
        found = of_samples(release)
    else:
        written = None
        if mapping:
            try:
                with mapping.open("rb") as file:
                    written = (str(mapping), file.read(LARGEST_MAPPING))
            except OSError as error:
                raise InvalidError(f"{mapping} cannot be read ({error.strerror}); check the path") from None
        found = of_rows(open_rows(Path(leads), release.fields, written).rows(), release, first)
    if not found.people:
        why = f"; row {found.refused[0].number}: {found.refused[0].reason}" if found.refused else ""
        where = "content/samples.yaml" if leads == SAMPLES else leads
        raise InvalidError(f"there is nobody in {where} to simulate{why}")
    return found


def _so_far(settings: Settings, release: Release) -> tuple[Rates | None, dict[str, int]]:
    """What the data folder knows, if there is one: how buyers answered, and who has how many places."""
    from commands.opening import has_archive, opened
    from storage import reps, responding

    if not has_archive(settings):
        return None, {}
    try:
        with opened(settings) as archive, archive.reading() as tx:
            team = {rep["id"]: rep["capacity"] for rep in reps.listed(tx, archive) if rep["is_active"]}
            return responding.rates(tx, release), team
    except NotReadyError as error:
        say(f"{settings.data} is not read: {error.sentence}")
        return None, {}


def _plan(
    texts: dict[str, str],
    population: Population,
    first: datetime,
    days: int,
    over: int,
    track: str | None,
    rates: Rates | None,
    capacity: dict[str, int],
) -> Plan:
    from authoring.simulation.scenarios import Plan

    return Plan(texts, population.people, first, days, timedelta(days=over), track, rates, capacity)


@contextmanager
def _progress(is_json: bool, scenarios: tuple[str, ...]) -> Iterator[Callable[[str, float], None]]:
    """On the error stream, so that what is piped on is only the result."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=is_json) as bar:
        tasks = {name: bar.add_task(name, total=1.0) for name in scenarios}
        yield lambda name, share: bar.update(tasks[name], completed=share)
