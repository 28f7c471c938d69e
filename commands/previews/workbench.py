"""The files as they are now: looked at again when one of them has changed, with the last good ones kept beside."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock

from authoring.check import report
from authoring.load import FOLDERS, FilesError, load, read_folder
from authoring.preview import RealLead
from authoring.problems import Problem
from commands.releasing import problems_on
from domain.release import Release
from storage.archive import machine_now


@dataclass(frozen=True)
class State:
    """`release` is of these files, or when `is_old` of the last ones that were right; None if none ever were."""

    version: str
    problems: Sequence[Problem]
    told: str
    """The problems with their lines and carets."""
    release: Release | None
    is_old: bool
    now: datetime
    lead: RealLead | None = None

    @property
    def errors(self) -> int:
        return sum(problem.severity == "error" for problem in self.problems)


class Workbench:
    """Several requests may look at once."""

    def __init__(self, root: Path, lead: RealLead | None = None) -> None:
        self.root, self.lead = root, lead
        self._lock = Lock()
        self._state: State | None = None

    def version(self) -> str:
        """Changes with any file: by names, sizes and times, without opening one."""
        digest = hashlib.sha256()
        for folder in FOLDERS:
            for path in sorted((self.root / folder).rglob("*")):
                try:
                    stat = path.stat()
                except OSError:  # gone between the listing and now
                    continue
                digest.update(f"{path}\0{stat.st_mtime_ns}\0{stat.st_size}\n".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()[:16]

    def look(self) -> State:
        with self._lock:
            version = self.version()
            if self._state is None or self._state.version != version:
                self._state = self._look(version, self._state.release if self._state else None)
            return self._state

    def _look(self, version: str, before: Release | None) -> State:
        now = machine_now()
        try:
            files = read_folder(self.root)
        except FilesError as error:
            return State(
                version, error.problems, report(error.problems, {}), before, before is not None, now, self.lead
            )
        problems = problems_on(files, now.date())
        release = load(files).release
        return State(version, problems, report(problems, files), release or before, release is None, now, self.lead)
