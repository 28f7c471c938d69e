"""From the files of a folder to what is live: checked, signed, and only when something is different."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from authoring.check import check
from authoring.load import FilesError, compile_release, read_folder
from authoring.problems import Problem
from commands.templates import checker
from domain.errors import RefusedError
from domain.release import Release
from storage import overview, releases, wakes
from storage.archive import Archive

SHORT = 12


@dataclass(frozen=True)
class Published:
    """`is_new` is False when this was live already, signatures included."""

    release: Release
    is_new: bool
    waiting: Mapping[str, list[str]]
    """Subject to the teams whose signature it lacks; a track in here takes no leads yet."""

    def __str__(self) -> str:
        tracks = [name.removeprefix("track:") for name in self.waiting]
        rest = f"; not signed yet, so without leads: {', '.join(tracks)}" if tracks else ""
        return f"release {self.release.hash[:SHORT]} is live{rest}"


def problems_on(files: Mapping[str, str], today: date) -> list[Problem]:
    """Of every kind; what is over (a goal, an expiry) counts from `today` on."""
    return check(files, today, checker(files))


def publish_files(archive: Archive, files: Mapping[str, str], by: str) -> Published:
    """Make them live if that changes anything, and wake every open lead then.

    Raises FilesError with all problems, RefusedError while the definition is not signed by both teams.
    """
    errors = [problem for problem in problems_on(files, archive.clock.now().date()) if problem.severity == "error"]
    if errors:
        raise FilesError(errors)
    release = archive.compile(files)
    with archive.begin() as tx:
        waiting = releases.missing(tx, release)
        is_new = overview.live(tx) != (release.hash, _approved(release, waiting))
        if is_new:
            releases.publish(tx, archive, files, by)
    if is_new:
        wakes.wake_all_open(archive, "published")
    return Published(release, is_new, waiting)


def _approved(release: Release, waiting: Mapping[str, Sequence[str]]) -> list[str]:
    """As storage/releases.py writes it down when it publishes."""
    return sorted(n for n, track in release.tracks.items() if f"track:{n}" not in waiting and track.status is None)


def publish_at_start(archive: Archive, root: Path, options: str = "") -> list[str]:
    """What `up` does with the folder's files; sentences for the screen. Files that are not fit change nothing.

    `options` are those that the commands in the sentences need to mean the same folders.
    """
    try:
        published = publish_files(archive, read_folder(root), "up")
    except (FilesError, RefusedError) as error:
        return _stays(archive, root, options, error)
    return [str(published)] if published.is_new or published.waiting else []


def _stays(archive: Archive, root: Path, options: str, error: FilesError | RefusedError) -> list[str]:
    with archive.reading() as tx:
        hash = releases.live_hash(tx)
    stays = f"release {hash[:SHORT]} stays live" if hash else "nothing is live yet, leads cannot be taken in"
    if isinstance(error, FilesError):
        count = sum(problem.severity == "error" for problem in error.problems)
        what = "1 error" if count == 1 else f"{count} errors"
        return [f"{stays}: the files in {root} have {what}; run: nurture check {root}"]
    return [f"{stays}: {sign_first(compile_release(read_folder(root)), options)}"]


def sign_first(release: Release, options: str = "") -> str:
    """What both teams have to type before anything can be live."""
    marketing, sales = release.definition.signers.marketing, release.definition.signers.sales
    commands = [f"nurture sign --all --as {who}{options}" for who in (marketing, sales)]
    commands.append(f"nurture publish --as {marketing}{options}")
    return f"the definition needs the signatures of both teams; run: {', then '.join(commands)}"
