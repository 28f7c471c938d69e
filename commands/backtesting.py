"""`nurture backtest`: how a definition would have judged the past, before both teams sign it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.console import Data, Json, print_json, say
from domain.errors import InvalidError

if TYPE_CHECKING:
    from authoring.backtest import Judge, Result
    from authoring.backtest_csv import CsvPasts
    from domain.past import Past

LIVE = "live"
MOST_DIFFERING = 20


class Good(StrEnum):
    ACCEPTED = "accepted"
    QUALIFIED = "qualified"
    OPPORTUNITY = "opportunity"
    WON = "won"


@dataclass(frozen=True)
class Options:
    folder: Path
    against: str | None
    good: str
    csv: Path | None
    mapping: Path | None
    outcome: str | None
    at: str | None
    order_by: str | None
    last: float
    out: Path | None
    data: Path | None
    is_json: bool


def register(app: typer.Typer) -> None:
    app.command()(backtest)


def backtest(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER",
            help="Holds lead_defs/ with the definition to try.",
            show_default="NURTURE_FILES, else .",
        ),
    ] = None,
    against: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Another definition, or `live`: and on whom the two differ.")
    ] = None,
    good: Annotated[
        Good, typer.Option(help="How far a lead must have come with sales, to count as good.")
    ] = Good.QUALIFIED,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Leads of a CSV instead of the archive's.")
    ] = None,
    mapping: Annotated[Path | None, typer.Option(metavar="FILE", help="Of --csv: which column is which field.")] = None,
    outcome: Annotated[
        str | None, typer.Option(metavar="COLUMN=VALUE", help="Of --csv: the rows that did well.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Of --csv: the day that a row describes, for load by week.")
    ] = None,
    order_by: Annotated[
        str | None, typer.Option("--order", metavar="COLUMN", help="Of --csv: numbers or dates that go with time.")
    ] = None,
    last: Annotated[
        float, typer.Option(metavar="PERCENT", min=0.1, max=100, help="Of --csv: only so much, the latest by --order.")
    ] = 100,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Every lead with its verdict, as CSV.")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Judge the past by a definition: how often it would have been right, and which criteria tell anything.

    Every lead is judged with what was known at the time, nothing later. Without --csv the archive is read: good is
    what sales took as far as --good says, bad what it gave back. In a CSV, --outcome says who did well.
    """
    from authoring.load import FilesError
    from authoring.problems import render
    from commands.opening import settings_for

    order, files = order_by or at, settings_for(files=folder).files
    options = Options(files, against, good.value, csv_file, mapping, outcome, at, order, last / 100, out, data, as_json)
    try:
        _backtest(options)
    except FilesError as error:
        say("\n".join(render(problem, "") for problem in error.problems))
        raise typer.Exit(1) from None


def _backtest(options: Options) -> None:
    from authoring.backtest import Judge
    from authoring.backtest_definition import definition_in
    from authoring.backtest_figures import Figures
    from commands.backtest_tables import Differing, show

    _require_csv(options)
    judges = [Judge(_called(options.folder), definition_in(options.folder))]
    if options.against:
        judges.append(_other(options.against, options))
    figures, differing = [Figures(judge) for judge in judges], Differing(MOST_DIFFERING)
    with ExitStack() as stack:
        pasts, csv_pasts = stack.enter_context(_pasts(options, judges[0]))
        write = stack.enter_context(_leads_to(options.out, judges))
        for past in pasts:
            results = [judge.result(past) for judge in judges]
            for each, result in zip(figures, results, strict=True):
                each.add(result)
            differing.see(results)
            write(results)
    base = figures[0].base
    if csv_pasts:
        csv_pasts.require_both(base.good, base.n - base.good)
    elif not figures[0].judged:
        raise InvalidError("the archive holds no lead yet; judge a CSV with a known outcome: --csv FILE --outcome ...")
    refused, first = (csv_pasts.refused, csv_pasts.unreadable) if csv_pasts else (0, [])
    if options.is_json:
        unreadable = {"rows": refused, "first": [{"row": each.number, "reason": each.reason} for each in first]}
        definitions = [each.as_data() for each in figures]
        differ = {"total": differing.total, "leads": differing.leads} if options.against else None
        print_json({"definitions": definitions, "differing": differ, "unreadable": unreadable})
    else:
        show(figures, differing if options.against else None, refused, first)
        if options.out:
            print(f"Every lead with its verdict: {options.out}")


def _require_csv(options: Options) -> None:
    if options.csv and not options.outcome:
        raise InvalidError("say which rows did well: --outcome COLUMN=VALUE, as in --outcome Converted=1")
    given = {"mapping": options.mapping, "outcome": options.outcome, "at": options.at, "order": options.order_by}
    for name, value in given.items():
        if value and not options.csv:
            raise InvalidError(f"--{name} belongs to --csv FILE; name the file, or leave it out")


def _called(folder: Path) -> str:
    return folder.resolve().name if folder == Path() else str(folder)


def _other(against: str, options: Options) -> Judge:
    from authoring.backtest import Judge
    from authoring.backtest_definition import definition_in
    from commands.opening import opened, settings_for

    if against != LIVE:
        return Judge(_called(Path(against)), definition_in(Path(against)))
    with opened(settings_for(options.data)) as archive, archive.reading() as tx:
        return Judge(LIVE, archive.live(tx))


@contextmanager
def _pasts(options: Options, judge: Judge) -> Iterator[tuple[Iterator[Past], CsvPasts | None]]:
    from commands.progress import progress

    if options.csv:
        rows = _csv_pasts(options, judge)
        with progress("Judging", None, options.is_json) as advance:
            yield rows.pasts(advance), rows
        return
    from commands.opening import opened, settings_for
    from storage import past

    with (
        opened(settings_for(options.data)) as archive,
        archive.reading() as tx,
        progress("Judging", past.total(tx), options.is_json) as advance,
    ):
        yield _flat(past.pasts(tx, archive.clock.now(), options.good), advance), None


def _flat(leads: Iterator[list[Past]], advance: Callable[[int], None]) -> Iterator[Past]:
    for count, stretches in enumerate(leads, 1):
        advance(count)
        yield from stretches


def _csv_pasts(options: Options, judge: Judge) -> CsvPasts:
    from authoring.backtest_csv import Asked, CsvPasts, Outcome
    from authoring.mapped_rows import open_rows
    from commands.mapping_files import read_mapping

    assert options.csv
    assert options.outcome
    fields = judge.release.fields
    rows = open_rows(options.csv, fields, read_mapping(options.mapping) if options.mapping else None)
    return CsvPasts(rows, fields, Asked(Outcome.of(options.outcome), options.at, options.order_by, options.last))


@contextmanager
def _leads_to(path: Path | None, judges: list[Judge]) -> Iterator[Callable[[list[Result]], None]]:
    if path is None:
        yield lambda _: None
        return
    try:
        file = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise InvalidError(f"{path} cannot be written ({error.strerror}); name another file with --out") from None
    with file:
        writer = csv.writer(file)
        criteria = [f"{n}:{name}" for n, judge in enumerate(judges, 1) for name in judge.says]
        ours = [f"{n}:{name}" for n in range(1, len(judges) + 1) for name in ("ready_at", "rule", "fit", "engagement")]
        writer.writerow(["id", "end_at", "outcome", "became", *ours, *criteria])
        yield lambda results: writer.writerow(_line(results))


def _line(results: list[Result]) -> list[object]:
    from authoring.csv_files import escaped

    past = results[0].past
    outcome = "" if past.is_good is None else "good" if past.is_good else "not_good"
    line: list[object] = [past.id, past.end_at.isoformat() if past.has_date else "", outcome, escaped(past.became)]
    for result in results:
        ready_at = result.ready_at.isoformat() if result.ready_at and past.has_date else result.is_ready
        line += [ready_at or "", result.rule or "", round(result.fit, 2), round(result.engagement, 2)]
    return line + [holds for result in results for holds in result.criteria.values()]
