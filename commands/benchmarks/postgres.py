"""A PostgreSQL of our own, on a folder of its own and reached by its socket only, so no port can be taken."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

DEBIAN = Path("/usr/lib/postgresql")
NOBODY = 65534
USER = "nurture"
MISSING = "PostgreSQL is missing; install it: apt-get install postgresql"


def programs() -> Path:
    """The folder of initdb and pg_ctl, of the newest version there is. Raises LookupError with what to install."""
    versions = (path for path in DEBIAN.glob("*/bin") if (path / "initdb").is_file())
    if found := max(versions, key=lambda path: float(path.parent.name), default=None):
        return found
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    raise LookupError(MISSING)


@contextmanager
def started(options: Sequence[str] = ()) -> Iterator[Path]:
    """The folder of its socket, as long as the block lasts. PostgreSQL refuses to run as root, so root gives way to
    nobody."""
    owner = {"user": NOBODY, "group": NOBODY} if os.getuid() == 0 else {}
    found = programs()
    folder = Path(tempfile.mkdtemp(prefix="nurture-pg-"))
    if owner:
        os.chown(folder, NOBODY, NOBODY)

    def run(program: str, *words: str) -> None:
        command = [str(found / program), "-D", str(folder / "data"), *words]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **owner)  # type: ignore[call-overload]  # arguments by name

    try:
        run("initdb", "-U", USER, "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
        settings = " ".join(f"-c {option}" for option in ("listen_addresses=", *options))
        run("pg_ctl", "-s", "-w", "-l", str(folder / "log"), "-o", f"-k {folder} {settings}", "start")
        try:
            yield folder
        finally:
            run("pg_ctl", "-s", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def url(folder: Path, database: str = "postgres") -> str:
    return f"postgresql+psycopg://{USER}@/{database}?host={folder}"
