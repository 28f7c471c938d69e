"""Secrets shared with other systems: one file per secret in a folder, its name the secret's. Read anew each time, so
that changing one needs no restart; two lines while an old and a new one are both good, the new one first."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from domain.errors import InvalidError, NotReadyError

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
LARGEST = 10_000
Secrets = Callable[[str], tuple[str, ...]]


def secrets_in(folder: Path) -> Secrets:
    def read(name: str) -> tuple[str, ...]:
        """The newest first. Raises NotReadyError when there is none."""
        path = folder / name
        is_one = bool(NAME.fullmatch(name)) and path.is_file()
        found = tuple(path.read_text("utf-8", "replace")[:LARGEST].split()) if is_one else ()
        if not found:
            raise NotReadyError(f"the secret {name} is missing; write it with: nurture webhook secret {name}")
        return found

    return read


def no_secrets(name: str) -> tuple[str, ...]:
    raise NotReadyError(f"there is no folder for secrets, and {name} should be in it")


def write(folder: Path, name: str, secret: str, keeps_old: bool) -> None:
    """For its owner's eyes alone. Raises InvalidError for a name or a secret that cannot be."""
    if not NAME.fullmatch(name):
        raise InvalidError(f"{name[:80]} is no name of a secret; use small letters, digits, - and _")
    if not secret or len(secret.split()) != 1 or len(secret) > LARGEST:
        raise InvalidError("a secret is one word without spaces")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    old = path.read_text("utf-8").split()[:1] if keeps_old and path.is_file() else []
    written = path.with_name(f".{name}.new")
    written.unlink(missing_ok=True)
    with os.fdopen(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join([secret, *old]) + "\n")
    written.replace(path)
