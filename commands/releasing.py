"""From the files of a folder to what is live: checked, signed, and only when something is different."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from authoring.check import check
from authoring.load import FilesError, compile_release, read_folder
from authoring.problems import Problem
from commands.templates import checker
from domain.errors import ConflictError, RefusedError
from domain.release import Release
from storage import given, publishing, releases
from storage.archive import Archive, Tx
from storage.given import Reworded
from storage.planning import Tell
from storage.releases import SHORT, Onto


@dataclass(frozen=True)
class Published:
    """`is_new` is False when this was live already, signatures included."""

    release: Release
    is_new: bool
    waiting: Mapping[str, list[str]]
    """Subject to the teams whose signature it lacks; a track in here takes no leads yet."""
    reworded: tuple[Reworded, ...] = ()
    """Touches that say something else now, with who had them before."""

    def __str__(self) -> str:
        tracks = [name.removeprefix("track:") for name in self.waiting]
        rest = f"; not signed yet, so without leads: {', '.join(tracks)}" if tracks else ""
        return f"release {self.release.hash[:SHORT]} is live{rest}"


def problems_on(files: Mapping[str, str], today: date) -> list[Problem]:
    """Of every kind; what is over (a goal, an expiry) counts from `today` on."""
    return check(files, today, checker(files))


def checked(archive: Archive, files: Mapping[str, str]) -> tuple[Release, list[Problem]]:
    """The release, and the warnings about it. Raises FilesError with all problems."""
    found = problems_on(files, archive.clock.now().date())
    if any(problem.severity == "error" for problem in found):
        raise FilesError(found)
    return archive.compile(files), found


def publish_files(
    archive: Archive,
    files: Mapping[str, str],
    by: str,
    *,
    onto: Onto | None = None,
    via: str | None = None,
    tell: Tell | None = None,
) -> Published:
    """Make them live if that changes anything, then wake the leads whose next step is another one.

    Raises FilesError with all problems, RefusedError and ConflictError as storage/releases.py; without `onto` also
    ConflictError for files that would take back what somebody published.
    """
    release, _ = checked(archive, files)
    with archive.begin() as tx:
        published = publish_in(tx, archive, release, files, by, onto, via)
    publishing.wake_concerned(archive, tell)
    return published


def publish_in(
    tx: Tx,
    archive: Archive,
    release: Release,
    files: Mapping[str, str],
    by: str,
    onto: Onto | None = None,
    via: str | None = None,
) -> Published:
    """The part of it that is one transaction; whoever calls wakes the leads after the commit."""
    before = releases.newest(tx)
    waiting = releases.missing(tx, release)
    now = (release.hash, releases.approved(release, waiting))
    if before and now == (before["release"], list(before["approved"])):
        return Published(release, False, waiting)
    if onto is None:
        _refuse_to_undo(tx, files, before["release"] if before else None)
    old = archive.release(tx, before["release"]) if before else None
    releases.publish(tx, archive, files, by, onto or Onto(before["release"] if before else None), via)
    reworded = given.had_before(tx, old, release) if old else []
    return Published(release, True, waiting, tuple(reworded))


def _refuse_to_undo(tx: Tx, files: Mapping[str, str], live: str | None) -> None:
    undone = releases.undone(tx, files)
    if undone and live:
        path, row = next(iter(undone.items()))
        where = f"{path} and {len(undone) - 1} more" if len(undone) > 1 else path
        by, when = row["by"], f"{row['at']:%d %b %Y}"
        if row["action"] == "rollback":
            what = f"put live again what it said in {where}; mend them first"
            what = f"{by} rolled release {row['before'][:SHORT]} back on {when}, and these files would {what}"
        else:
            what = f"these files take back what {by} made live on {when} ({where}); get those changes first"
        raise ConflictError(f"{what}, or, if that is what you want: nurture publish --onto {live[:SHORT]}")


def publish_at_start(archive: Archive, root: Path, options: str = "") -> list[str]:
    """What `up` does with the folder's files; sentences for the screen. Files that are not fit change nothing.

    `options` are those that the commands in the sentences need to mean the same folders.
    """
    publishing.wake_concerned(archive)  # what a crash left of an earlier publication
    try:
        published = publish_files(archive, read_folder(root), "up")
    except (FilesError, RefusedError, ConflictError) as error:
        return _stays(archive, root, options, error)
    return [str(published)] if published.is_new or published.waiting else []


def _stays(archive: Archive, root: Path, options: str, error: FilesError | RefusedError | ConflictError) -> list[str]:
    with archive.reading() as tx:
        hash = releases.live_hash(tx)
    stays = f"release {hash[:SHORT]} stays live" if hash else "nothing is live yet, leads cannot be taken in"
    if isinstance(error, FilesError):
        count = sum(problem.severity == "error" for problem in error.problems)
        what = "1 error" if count == 1 else f"{count} errors"
        return [f"{stays}: the files in {root} have {what}; run: nurture check {root}"]
    if hash:
        return [f"{stays}: {error.sentence}"]
    return [f"{stays}: {sign_first(compile_release(read_folder(root)), options)}"]


def sign_first(release: Release, options: str = "") -> str:
    """What both teams have to type before anything can be live."""
    marketing, sales = release.definition.signers.marketing, release.definition.signers.sales
    commands = [f"nurture sign --all --as {who}{options}" for who in (marketing, sales)]
    commands.append(f"nurture publish --as {marketing}{options}")
    return f"the definition needs the signatures of both teams; run: {', then '.join(commands)}"
