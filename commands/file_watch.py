"""When the files of a folder have changed: looked for twice a second, told once nobody is writing any more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from authoring.load import FOLDERS

EVERY = 0.5
"""Seconds."""
Stamps: TypeAlias = Mapping[str, tuple[int, int]]


def changed_folders(root: Path) -> Iterator[Stamps]:
    """At once, then after every change; never ends."""
    return settled(lambda: stamps(root), lambda: time.sleep(EVERY))


def settled(look: Callable[[], Stamps], wait: Callable[[], None]) -> Iterator[Stamps]:
    """Each new sight once two looks in a row agree: an editor empties a file before it fills it."""
    told, before = None, look()
    while True:
        now = before if told is None else look()
        if now != told and now == before:
            told = now
            yield now
        before = now
        wait()


def stamps(root: Path) -> Stamps:
    """Time of change (ns) and size of every file, by its path."""
    found = {}
    for path in (path for folder in FOLDERS for path in (root / folder).rglob("*")):
        try:
            seen = path.stat()
        except OSError:  # gone between the two, or a link to nowhere
            continue
        found[str(path)] = (seen.st_mtime_ns, seen.st_size)
    return found
