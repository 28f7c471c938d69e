"""How every command gets at a data folder: the settings, and the archive with the clock it was begun on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from authoring.load import compile_release
from domain.errors import NotReadyError
from domain.keys import content_hash
from settings import Settings
from storage import migrate, overview
from storage.archive import Archive, Clock, SystemClock, connect
from storage.clock import DemoClock

POOL = 4


def settings_for(data: Path | None = None, files: Path | None = None, **more: Any) -> Settings:  # Any: field values
    """What was given on the command line goes before `NURTURE_*`, that before the defaults."""
    given = {"data": data, "files": files, **more}
    return Settings(**{name: value for name, value in given.items() if value is not None})


def has_archive(settings: Settings) -> bool:
    """Whether somebody began one there; a database that a server was made with is still empty."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        return Path(url.database or "").is_file()
    engine = connect(settings.database_url, pool_size=1)
    try:
        return migrate.current(engine) is not None
    finally:
        engine.dispose()


def open_archive(settings: Settings, pool: int = POOL) -> Archive:
    """The archive of a folder that was begun. Raises NotReadyError for none, or one of another version."""
    if not has_archive(settings):
        raise NotReadyError(
            f"there is nothing in {settings.data} yet; begin with nurture up, or name another folder with --data"
        )
    engine = connect(settings.database_url, pool, is_for_show=bool(settings.speed))
    migrate.require_head(engine)
    return archive_on(engine, settings)


@contextmanager
def opened(settings: Settings) -> Iterator[Archive]:
    """The same for one command."""
    archive = open_archive(settings)
    try:
        yield archive
    finally:
        archive.engine.dispose()


def archive_on(engine: Engine, settings: Settings) -> Archive:
    clock: Clock = DemoClock(engine) if demo_speed(engine) else SystemClock()
    return Archive(engine, clock, compile_release, settings.secret_bytes(), settings.build or build_of())


def build_of() -> str:
    """Which workflow code this is: a run begun by other code starts afresh at its next step."""
    root = Path(__file__).parent.parent
    return content_hash("".join((root / "workflows" / name).read_text() for name in ("lead.py", "options.py")))[:12]


def demo_speed(engine: Engine) -> float | None:
    with engine.connect().execution_options(begin="deferred") as tx:
        return overview.demo_speed(tx)
