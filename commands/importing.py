"""`nurture import`: works on the archive itself, so nothing else has to run; the wakes wait in the outbox for whoever
is up next. No workflow drives it: its row in the archive says where to go on, and the same command does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.console import Data, Json, print_json, say, screen
from domain.errors import InvalidError

if TYPE_CHECKING:
    from authoring.mapped_rows import MappedRows
    from storage.archive import Archive
    from storage.importing import Import, Survey

LARGEST_MAPPING = 1_000_001
SHOWN_COLUMNS = 12


@dataclass(frozen=True)
class Options:
    path: Path
    mapping: Path | None
    is_dry_run: bool
    limit: int | None
    data: Path | None
    is_json: bool


def register(app: typer.Typer) -> None:
    app.command("import")(import_file)


def import_file(
    path: Annotated[Path, typer.Argument(metavar="FILE.csv", help="An export with one row per person.")],
    mapping: Annotated[
        Path | None, typer.Option(help="Which column is which field (YAML); without it, by their names.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and show, write nothing.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many rows from the top.")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Map, check, show and import the people of a CSV; goes on where it was interrupted."""
    from authoring.load import FilesError
    from authoring.problems import render

    try:
        _import(Options(path, mapping, dry_run, limit, data, as_json))
    except FilesError as error:
        # Of a mapping, every mistake with its place, not only the first.
        say("\n".join(render(problem, "") for problem in error.problems))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        say("interrupted; the same command goes on from there")
        raise typer.Exit(130) from None


def _import(options: Options) -> None:
    from commands.opening import open_archive, settings_for
    from storage import importing

    archive = open_archive(settings_for(options.data))
    rows = _open(archive, options)
    with _progress(options, "Checking", None) as advance:
        survey = importing.survey(archive, rows.rows, advance)
    if not options.is_json:
        _show(rows, survey)
    if options.is_dry_run:
        if options.is_json:
            print_json({"dry_run": True, **_read(rows), **_surveyed(survey)})
        return
    name, sha256 = options.path.name, rows.file.sha256
    with archive.begin() as tx:
        found = importing.start(tx, archive, name, sha256, rows.description, survey.total, "cli")
    resumed_at = found.next_row or None
    if resumed_at and not options.is_json:
        print(f"Going on with the import of {found.at:%Y-%m-%d %H:%M} UTC at row {resumed_at}.")
    with _progress(options, "Importing", found.total) as advance:
        advance(found.taken)
        found = importing.run(archive, found, rows.rows, lambda now: advance(now.taken))
    rejected_file = _write_rejected(archive, rows, found, options.path)
    if options.is_json:
        ended = {"import_id": str(found.id), "resumed_at_row": resumed_at, "total": found.total, **found.counts}
        print_json({**ended, "rejected_file": rejected_file, **_read(rows)})
    else:
        _summarize(found, rejected_file)


def _open(archive: Archive, options: Options) -> MappedRows:
    from authoring.mapped_rows import open_rows

    with archive.reading() as tx:
        fields = archive.live(tx).fields
    mapping = None
    if options.mapping:
        try:
            with options.mapping.open("rb") as file:
                mapping = (str(options.mapping), file.read(LARGEST_MAPPING))
        except OSError as error:
            raise InvalidError(f"{options.mapping} cannot be read ({error.strerror}); check the path") from None
    return open_rows(options.path, fields, mapping, options.limit)


def _read(rows: MappedRows) -> dict[str, object]:
    file = rows.file
    how = {"encoding": file.encoding, "delimiter": file.delimiter, "sha256": file.sha256}
    return {**how, "mapped": rows.mapped, "unmapped": rows.unmapped}


def _surveyed(survey: Survey) -> dict[str, object]:
    rejected = [{"row": each.number, "reason": each.reason} for each in survey.first_rejected]
    counts = {"total": survey.total, "opted_out": survey.opted_out, "rejected": survey.rejected}
    return {**counts, "first_rejected": rejected}


def _show(rows: MappedRows, survey: Survey) -> None:
    from rich.markup import escape
    from rich.table import Table

    from authoring.csv_files import in_words

    console = screen()
    file = rows.file
    mark = {"\t": "tabs", ",": "commas", ";": "semicolons"}.get(file.delimiter, file.delimiter)
    how = f"{in_words(file.encoding)}, cut at {escape(mark)}"
    console.print(f"[bold]{escape(file.source.path.name)}[/]: {how}, ", end="")
    console.print(f"{survey.total} rows, {survey.opted_out} opted out, {survey.rejected} would be rejected.")
    table = Table("field", *(f"row {line.number}" for line, _ in survey.samples))
    table.add_row("email", *(escape(line.email) for line, _ in survey.samples))
    names = sorted({name for _, values in survey.samples for name in values})
    for name in names:
        table.add_row(name, *(escape(str(values.get(name, ""))) for _, values in survey.samples))
    console.print(table)
    if unmapped := rows.unmapped:
        more = f" and {len(unmapped) - SHOWN_COLUMNS} more" if len(unmapped) > SHOWN_COLUMNS else ""
        console.print(f"Not read: {escape(', '.join(unmapped[:SHOWN_COLUMNS]))}{more}.")
    if not rows.mapping.opted_out:
        console.print("[bold]No column says who has opted out[/]; if there is one, name it in a mapping file.")
    for each in survey.first_rejected:
        console.print(f"  row {each.number}: {escape(each.reason)}")


@contextmanager
def _progress(options: Options, what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """On the error stream, so that what is piped on is only the result."""
    if options.is_json:
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


def _write_rejected(archive: Archive, rows: MappedRows, found: Import, path: Path) -> str | None:
    """Beside the file: row and reason, and the row as it was, to be mended and imported as it is."""
    from commands.rejected import write
    from storage import importing

    if not found.counts["rejected"]:
        return None
    with archive.reading() as tx:
        refused = importing.rejects(tx, found.id)
    target = path.with_name(f"{path.stem}.rejected.csv")
    try:
        write(target, rows.file, refused)
    except OSError as error:
        say(f"{target} cannot be written ({error.strerror}); the import itself is done")
        return None
    return str(target)


def _summarize(found: Import, rejected_file: str | None) -> None:
    counts = found.counts
    print(
        f"{found.taken} of {found.total} rows: {counts['new']} new, {counts['known']} known before,"
        f" {counts['merged']} merged with a row above, {counts['rejected']} rejected."
    )
    print(f"Opted out among those taken: {counts['opted_out']}. Whoever opted out is never mailed, taken or not.")
    if rejected_file:
        print(f"Rejected rows with their reasons: {rejected_file}")
