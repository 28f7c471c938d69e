"""`sign`, `publish`, `releases`: from files to what is live, with both teams' names under it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from commands.console import As, Data, Files, Json, print_json, print_table, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from settings import Settings


def register(app: typer.Typer) -> None:
    for command in (sign, publish, releases):
        app.command()(command)


def sign(
    who: As,
    subject: Annotated[str | None, typer.Argument(help="definition, or track:NAME.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Whatever you have not signed yet.")] = False,
    data: Data = None,
    files: Files = None,
    as_json: Json = False,
) -> None:
    """Put your name under what the files say now: the definition, or the campaign form of a track."""
    from commands.opening import settings_for
    from commands.preparing import opened_or_begun
    from domain.errors import InvalidError
    from storage import releases

    if (subject is None) != everything:
        raise InvalidError("name what you sign (definition, track:NAME), or give --all")
    settings = settings_for(data, files)
    files_now = _read(settings)
    with opened_or_begun(settings) as archive, archive.begin() as tx:
        release = archive.compile(files_now)
        subjects = [subject] if subject else list(release.form_hashes)
        fresh = [each for each in subjects if releases.sign(tx, archive, release, each, who)]
        waiting = releases.missing(tx, release)
    if as_json:
        print_json({"signed": fresh, "missing": waiting})
        return
    say(f"{who} signed {', '.join(fresh)}" if fresh else f"{who} has signed all this before")
    for each, teams in waiting.items():
        say(f"{each} still needs {' and '.join(teams)}")


def publish(who: As, data: Data = None, files: Files = None, as_json: Json = False) -> None:
    """Make the files live for everything that is decided from now on. The definition needs both signatures."""
    from commands.opening import settings_for
    from commands.preparing import opened_or_begun
    from commands.releasing import publish_files

    settings = settings_for(data, files)
    files_now = _read(settings)
    with opened_or_begun(settings) as archive:
        archive.compile(files_now).person(who)
        published = publish_files(archive, files_now, who)
    if as_json:
        print_json({"release": published.release.hash, "is_new": published.is_new, "missing": published.waiting})
    else:
        say(f"{published}{'' if published.is_new else ' (as before)'}")


def _read(settings: Settings) -> Mapping[str, str]:
    from authoring.load import read_folder

    return read_folder(settings.files)


def releases(data: Data = None, as_json: Json = False) -> None:
    """What was live and when, newest first."""
    from commands.opening import opened, settings_for
    from storage.overview import publications

    with opened(settings_for(data)) as archive, archive.reading() as tx:
        rows = publications(tx)
    if as_json:
        print_json(rows)
    else:
        short = [{**row, "release": row["release"][:12], "approved": ", ".join(row["approved"])} for row in rows]
        print_table(("number", "release", "at", "by", "approved"), short)
