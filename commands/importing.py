"""`nurture import`: works on the archive itself, so nothing else has to run; the wakes wait in the outbox for whoever
is up next. No workflow drives it: its row in the archive says where to go on, and the same command does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from commands.console import Data, Json, print_json, print_table, say
from commands.mapping_files import beside, read_mapping
from commands.progress import progress
from domain.errors import InvalidError

if TYPE_CHECKING:
    from authoring.mapped_rows import MappedRows
    from domain.release import Release
    from storage.archive import Archive
    from storage.import_survey import Survey
    from storage.importing import Import

LISTED = 20


@dataclass(frozen=True)
class Options:
    path: Path
    mapping: Path | None
    is_dry_run: bool
    limit: int | None
    data: Path | None
    is_json: bool
    asks: bool = False


def register(app: typer.Typer) -> None:
    app.command("import")(import_file)


def import_file(
    path: Annotated[Path | None, typer.Argument(metavar="FILE.csv", help="An export with one row per person.")] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(help="Which column is which field (YAML); else FILE.mapping.yaml if there, else by their names."),
    ] = None,
    ask: Annotated[
        bool, typer.Option("--map", help="Ask column by column, show the first rows, save FILE.mapping.yaml.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and show, write nothing.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many rows from the top.")] = None,
    pause: Annotated[
        UUID | None, typer.Option(metavar="ID", help="Stop an import that runs anywhere; its command goes on with it.")
    ] = None,
    list_them: Annotated[
        bool, typer.Option("--list", help="The latest imports: where they stand, and their ids.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Map, check, show and import the people of a CSV; goes on where it was interrupted or paused."""
    from authoring.load import FilesError
    from authoring.problems import render

    if pause or list_them:
        _pause(pause, data, as_json) if pause else _list(data, as_json)
        return
    if path is None:
        raise InvalidError("name the file to import, as in nurture import leads.csv")
    try:
        options = Options(path, mapping or _found(path), dry_run, limit, data, as_json)
        _import(_asked(options) if ask else options)
    except FilesError as error:
        # Of a mapping, every mistake with its place, not only the first.
        say("\n".join(render(problem, "") for problem in error.problems))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        say("interrupted; the rows taken so far stay, and the same command goes on from there")
        raise typer.Exit(130) from None


def _found(path: Path) -> Path | None:
    saved = beside(path)
    if not saved.is_file():
        return None
    say(f"Mapping: {saved}, found beside the file.")
    return saved


def _asked(options: Options) -> Options:
    from commands.import_interview import interview
    from commands.opening import opened, settings_for

    with opened(settings_for(options.data)) as archive, archive.reading() as tx:
        release = archive.live(tx)
    return replace(options, mapping=interview(options.path, options.mapping, release), asks=True)


def _import(options: Options) -> None:
    from commands.import_tables import show, summarize
    from commands.opening import opened, settings_for
    from storage import import_survey, importing

    with opened(settings_for(options.data)) as archive:
        rows = _open(archive, options)
        with progress("Checking", None, options.is_json) as advance:
            survey = import_survey.survey(archive, rows.rows, advance)
        if not options.is_json:
            show(rows, survey)
        if options.is_dry_run:
            if options.is_json:
                print_json({"dry_run": True, **_read(rows), **_surveyed(survey)})
            return
        if options.asks and not typer.confirm("\nImport now?", default=False, err=True):
            return
        found, resumed_at = _run(archive, rows, survey, options)
        rejected_file = _write_rejected(archive, rows, found, options.path)
    if options.is_json:
        ended = {"import_id": str(found.id), "status": found.status, "resumed_at_row": resumed_at, "total": found.total}
        print_json({**ended, **found.counts, "rejected_file": rejected_file, **_read(rows)})
        return
    summarize(found, rejected_file)
    if found.status == importing.PAUSED:
        print(f"Paused before row {found.next_row}; go on with: nurture import {options.path}")


def _run(archive: Archive, rows: MappedRows, survey: Survey, options: Options) -> tuple[Import, int | None]:
    """Where it stands in the end, and the row it went on at, if it did."""
    from storage import importing

    name, sha256 = options.path.name, rows.file.sha256
    with archive.begin() as tx:
        found = importing.start(tx, archive, name, sha256, rows.description, survey.total, "cli")
    resumed_at = found.next_row or None
    if not options.is_json:
        again = f"Going on with the import of {found.at:%Y-%m-%d %H:%M} UTC at row {resumed_at}."
        say(again if resumed_at else f"To stop it from elsewhere: nurture import --pause {found.id}")
    with progress("Importing", found.total, options.is_json, found.taken, "rows") as advance:
        return importing.run(archive, found, rows.rows, lambda now: advance(now.taken)), resumed_at


def _pause(import_id: UUID, data: Path | None, is_json: bool) -> None:
    from commands.opening import opened, settings_for
    from storage import importing

    with opened(settings_for(data)) as archive, archive.begin() as tx:
        found = importing.pause(tx, import_id)
    if is_json:
        print_json(_listed(found))
    else:
        print(f"{found.name} stops before its next rows; the same command, or a resume over HTTP, goes on with it.")


def _list(data: Path | None, is_json: bool) -> None:
    from commands.opening import opened, settings_for
    from storage import importing

    with opened(settings_for(data)) as archive, archive.reading() as tx:
        rows = [_listed(found) for found in importing.recent(tx, LISTED)]
    print_json(rows) if is_json else print_table(["at", "name", "status", "taken", "total", "by", "id"], rows)


def _listed(found: Import) -> dict[str, object]:
    row = {name: getattr(found, name) for name in ("at", "name", "status", "taken", "total", "by")}
    return {**row, "id": str(found.id)}


def _open(archive: Archive, options: Options) -> MappedRows:
    from authoring.mapped_rows import open_rows
    from authoring.mapping import Names

    with archive.reading() as tx:
        release: Release = archive.live(tx)
    mapping = read_mapping(options.mapping) if options.mapping else None
    return open_rows(options.path, release.fields, mapping, options.limit, names=Names.of(release))


def _read(rows: MappedRows) -> dict[str, object]:
    file = rows.file
    how = {"encoding": file.encoding, "delimiter": file.delimiter, "sha256": file.sha256}
    return {**how, "decimal": rows.decimal, "mapped": rows.mapped, "unmapped": rows.unmapped}


def _surveyed(survey: Survey) -> dict[str, object]:
    from storage.importing import COUNTS

    rejected = [{"row": each.number, "reason": each.reason} for each in survey.first_rejected]
    counts = {name: survey.counts[name] for name in COUNTS}
    left = {name: dict(words) for name, words in survey.left_unknown.items()}
    beside = {"need_utf8": survey.need_utf8, "first_rejected": rejected, "left_unknown": left}
    return {"total": survey.total, **counts, **beside}


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
