"""The archive's shape in numbered steps. Only forwards: an older version never opens what a newer one has changed.

After a change of tables.py, `python -m storage.migrate "what changed"` writes the next step for review.
"""

from __future__ import annotations

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text

from domain.errors import NotReadyError
from storage.archive import connect

FOLDER = Path(__file__).parent / "migrations"
ONE_AT_A_TIME = 7_214_001
"""PostgreSQL's advisory lock for two who upgrade at once; on SQLite the writing transaction is one already."""


def head() -> str:
    """The step that this version of the code needs."""
    found = ScriptDirectory(str(FOLDER)).get_current_head()
    assert found is not None
    return found


def current(engine: Engine) -> str | None:
    """The step the archive has reached; None for an empty one."""
    with engine.connect().execution_options(begin="deferred") as tx:
        return MigrationContext.configure(tx).get_current_revision()


def upgrade(url: str) -> bool:
    """Bring the archive to `head`, in one transaction. True when there was something to do.

    Raises NotReadyError for an archive that a newer version has changed.
    """
    engine = connect(url, pool_size=1)
    try:
        if current(engine) == head():
            return False
        with engine.begin() as tx:
            if tx.dialect.name == "postgresql":
                tx.execute(text("select pg_advisory_xact_lock(:n)"), {"n": ONE_AT_A_TIME})
            refuse_newer(MigrationContext.configure(tx).get_current_revision())
            command.upgrade(_config(tx), "head")
        return True
    finally:
        engine.dispose()


def refuse_newer(revision: str | None) -> None:
    known = {step.revision for step in ScriptDirectory(str(FOLDER)).walk_revisions()}
    if revision is not None and revision not in known:
        raise NotReadyError(
            f"this archive was changed by a newer version of nurture (step {revision}, known here up to"
            f" {head()}); install that version, or name another folder with --data"
        )


def require_head(engine: Engine) -> None:
    """Raises NotReadyError unless the archive is as this version needs it."""
    found = current(engine)
    refuse_newer(found)
    if found != head():
        raise NotReadyError("this archive has to be brought up to date first; run: nurture up")


def _config(tx: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = tx
    return config


def write(message: str) -> None:
    """The next step, from what tables.py has and the steps so far have not."""
    number = len(list(ScriptDirectory(str(FOLDER)).walk_revisions())) + 1
    with create_engine("sqlite://").connect() as tx:
        config = _config(tx)
        command.upgrade(config, "head")
        command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")


if __name__ == "__main__":
    write(" ".join(sys.argv[1:]) or "change")
