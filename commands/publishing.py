"""`sign`, `publish`, `rollback`, `releases`: from files to what is live, with both teams' names under it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote
from uuid import UUID

import typer

from commands.console import Data, Files, Json, print_json, say
from commands.remote import KeyFile, Server, ServerUrl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from settings import Settings


MaybeAs = Annotated[
    str | None,
    typer.Option(
        "--as", metavar="PERSON", help="Who you are, by the id in people.yaml; with --server the key says it."
    ),
]


def register(app: typer.Typer) -> None:
    for command in (sign, publish, rollback):
        app.command()(command)
    family = typer.Typer(invoke_without_command=True)
    family.callback()(releases)
    family.command()(show)
    app.add_typer(family, name="releases")


def sign(
    who: MaybeAs = None,
    subject: Annotated[str | None, typer.Argument(help="definition, or track:NAME.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Whatever you have not signed yet.")] = False,
    data: Data = None,
    files: Files = None,
    server: ServerUrl = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Put your name under what the files say now: the definition, or the campaign form of a track."""
    from commands.opening import settings_for
    from domain.errors import InvalidError

    if (subject is None) != everything:
        raise InvalidError("name what you sign (definition, track:NAME), or give --all")
    settings = settings_for(data, files)
    files_now = _read(settings)
    if server:
        at = Server(server, key_file)
        hash = _proposed(at, files_now)
        done = at.post(f"/releases/{hash}/sign", {"subject": subject, "as": who})
    else:
        done = _sign(settings, files_now, subject, _named(who))
    if as_json:
        print_json({"signed": done["signed"], "missing": done["missing"]})
        return
    name = who or "you"
    say(f"{name} signed {', '.join(done['signed'])}" if done["signed"] else "all this was signed before")
    for each, teams in done["missing"].items():
        say(f"{each} still needs {' and '.join(teams)}")


def _sign(settings: Settings, files: Mapping[str, str], subject: str | None, who: str) -> dict[str, Any]:  # Any: JSON
    from commands.preparing import opened_or_begun
    from storage import releases

    with opened_or_begun(settings) as archive, archive.begin() as tx:
        release = archive.compile(files)
        subjects = [subject] if subject else list(release.form_hashes)
        fresh = [each for each in subjects if releases.sign(tx, archive, release, each, who)]
        return {"signed": fresh, "missing": releases.missing(tx, release)}


def publish(
    who: MaybeAs = None,
    onto: Annotated[
        str | None,
        typer.Option(metavar="RELEASE", help="Only if this is live; also to take back what others published."),
    ] = None,
    data: Data = None,
    files: Files = None,
    server: ServerUrl = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Make the files live for everything that is decided from now on, and say who had the old words already.

    To publish is marketing's signature under copy, order and gaps. The definition and the campaign form of a running
    track need both teams (nurture sign). Refused when somebody else was faster.
    """
    from commands.opening import settings_for
    from commands.release_pages import print_published

    settings = settings_for(data, files)
    files_now = _read(settings)
    if server:
        at = Server(server, key_file)
        done = at.post(f"/releases/{_proposed(at, files_now)}/publish", {"onto": onto, "as": who})
    else:
        done = _publish(settings, files_now, _named(who), onto)
    print_json(done) if as_json else print_published(done)


def _publish(settings: Settings, files: Mapping[str, str], who: str, onto: str | None) -> dict[str, Any]:  # Any: JSON
    from api import publications
    from commands.planning import progress
    from commands.preparing import opened_or_begun
    from commands.releasing import publish_files
    from storage import reading, releases
    from storage.releases import Onto

    with opened_or_begun(settings) as archive:
        with archive.reading() as tx:
            releases.require_marketing(tx, archive, archive.compile(files), who)
            expected = Onto(releases.find(tx, onto)) if onto else None
        with progress("Waking leads") as tell:
            done = publications.published(publish_files(archive, files, who, onto=expected, tell=tell))
        with archive.reading() as tx:
            first = [one for each in done["reworded"] for one in each["first"]]
            persons = reading.persons(tx, [UUID(one["lead"]) for one in first])
    for one in first:
        person = persons.get(UUID(one["lead"]), {})
        one["name"] = " ".join(person[n] for n in ("first_name", "last_name") if n in person) or person.get("email")
    return done


def rollback(
    to: Annotated[
        str | None, typer.Argument(metavar="RELEASE", help="Its number or hash.", show_default="what was live before")
    ] = None,
    who: MaybeAs = None,
    data: Data = None,
    server: ServerUrl = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Make live again what was live before. Its signatures still stand; your files stay as they are."""
    from commands.opening import opened, settings_for
    from commands.planning import progress
    from storage import publishing, releases

    if server:
        done = Server(server, key_file).post("/releases/rollback", {"to": to, "as": who})
    else:
        with opened(settings_for(data)) as archive:
            with archive.begin() as tx:
                archive.live(tx).person(_named(who))
                hash = releases.rollback(tx, archive, _named(who), to).hash
            with progress("Waking leads") as tell:
                publishing.wake_concerned(archive, tell)
        done = {"release": hash}
    if as_json:
        print_json({"release": done["release"]})
    else:
        say(f"release {done['release'][: releases.SHORT]} is live again")
        say("your files still say what was taken back; mend them before you publish again")


def releases(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    data: Data = None,
    server: ServerUrl = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """What was live and when, by whom and what changed, newest first; and what is proposed."""
    if context.invoked_subcommand:
        return
    from api import publications
    from commands.opening import opened, settings_for
    from commands.release_pages import print_releases

    if server:
        found = Server(server, key_file).get(f"/releases?limit={limit}")
    else:
        with opened(settings_for(data)) as archive, archive.reading() as tx:
            found = publications.listed(tx, limit)
    print_json(found["items"]) if as_json else print_releases(found)


def show(
    release: Annotated[str, typer.Argument(help="A number, a hash or the beginning of one.")],
    file: Annotated[str | None, typer.Option(metavar="PATH", help="Print this file as it was.")] = None,
    data: Data = None,
    server: ServerUrl = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """One release: who signed and published it, what it changes, and its files as they were."""
    from api import publications
    from commands.opening import opened, settings_for
    from commands.release_pages import print_release
    from domain.errors import MissingError
    from storage import releases as stored

    if server:
        found = Server(server, key_file).get(f"/releases/{quote(release, safe='')}")
    else:
        with opened(settings_for(data)) as archive, archive.reading() as tx:
            found = publications.one(tx, archive, stored.find(tx, release))
    if file is not None and file not in found["files"]:
        raise MissingError(f"release {found['release'][: stored.SHORT]} has no file {file}")
    print_json(found) if as_json else print_release(found, file)


def _read(settings: Settings) -> Mapping[str, str]:
    from authoring.load import read_folder

    return read_folder(settings.files)


def _proposed(server: Server, files: Mapping[str, str]) -> str:
    hash: str = server.post("/releases", {"files": dict(files)})["release"]
    return hash


def _named(who: str | None) -> str:
    from domain.errors import InvalidError

    if who is None:
        raise InvalidError("say who you are: --as PERSON, by the id in people.yaml (with --server the key says it)")
    return who
