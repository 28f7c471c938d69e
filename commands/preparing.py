"""What must be there before anything runs: the folder, its secret, the archive at its newest step, a first key."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from commands.folder import Folder
from commands.opening import archive_on, demo_speed, has_archive, open_archive
from domain.errors import NotReadyError, RefusedError
from mail.modes import MailMode
from settings import Settings
from storage import api_keys, clock, migrate, overview
from storage.archive import Archive, Tx, connect, machine_now

ADMIN = "admin"


def prepare(settings: Settings, begins_at: datetime | None = None) -> Archive:
    """Make whatever is missing; safe to end at any moment and to begin again. Raises NotReadyError, RefusedError."""
    if settings.speed and settings.mail is MailMode.LIVE:
        raise RefusedError("live mail on the demo clock would go to real people in a hurry; leave out --speed")
    folder = Folder(settings.data)
    folder.make()
    make_secret(settings)
    migrate.upgrade(settings.database_url)
    engine = connect(settings.database_url, pool_size=4)
    _settle_clock(engine, settings, begins_at)
    archive = archive_on(engine, settings)
    make_admin_key(archive, folder.admin_key)
    return archive


@contextmanager
def opened_or_begun(settings: Settings) -> Iterator[Archive]:
    """For what may come before the first `up`: signing and publishing."""
    archive = open_archive(settings) if has_archive(settings) else prepare(settings)
    try:
        yield archive
    finally:
        archive.engine.dispose()


def make_secret(settings: Settings) -> None:
    path = settings.data / "secret.key"
    if settings.secret or (path.exists() and path.stat().st_size):
        return
    if has_archive(settings):
        raise NotReadyError(
            f"{path} is missing; put it back from a backup: links in mails and the suppression list hang on it"
        )
    write_secretly(path, secrets.token_hex(32))


def write_secretly(path: Path, text: str) -> None:
    """Whole or not at all, and from the beginning for its owner only."""
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _settle_clock(engine: Engine, settings: Settings, begins_at: datetime | None) -> None:
    """Business time must never jump: a folder stays on the clock it began with."""
    began_at_speed = demo_speed(engine)
    if not settings.speed:
        if began_at_speed:
            raise RefusedError(
                f"{settings.data} was begun on the demo clock; open it with --speed {began_at_speed:g},"
                " or name another folder with --data"
            )
        return
    with engine.begin() as tx:
        if not began_at_speed and overview.has_leads(tx):
            raise RefusedError(
                f"{settings.data} has leads that live in real time; leave out --speed, or name another folder"
                " with --data"
            )
        start = begins_at or machine_now().replace(minute=0, second=0, microsecond=0)
        clock.begin(tx, start.astimezone(UTC), settings.speed)


def make_admin_key(archive: Archive, path: Path) -> None:
    """The file is written before the commit: a crash leaves a key that does not work yet; the next start mends it."""
    with archive.begin() as tx:
        if path.exists() and api_keys.find(tx, path.read_text().strip()):
            return
        _, token = api_keys.create(tx, _free_name(tx), ADMIN)
        write_secretly(path, token + "\n")


def _free_name(tx: Tx) -> str:
    """A lost file makes a new key; the old one is ended, somebody may have found it."""
    taken = {key.name for key in api_keys.listed(tx)}
    for name in taken:
        if name == ADMIN or name.startswith(f"{ADMIN}-of-the-folder-"):
            api_keys.revoke(tx, name)
    number = 1
    while (name := ADMIN if number == 1 else f"{ADMIN}-of-the-folder-{number}") in taken:
        number += 1
    return name
