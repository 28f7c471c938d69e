"""The data folder: everything one installation has. Who runs on it is kept in `up.json` and under a lock."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from commands.processes import Process
from domain.errors import ConflictError, NotReadyError

LOG_LIMIT = 5_000_000
"""Bytes of a log before it becomes `.1`, and the `.1` before it is lost."""


@dataclass(frozen=True)
class Run:
    """The last `up` of a folder: where it listened and what it started."""

    ports: Mapping[str, int] = field(default_factory=dict)
    processes: Sequence[Process] = ()


@dataclass(frozen=True)
class Folder:
    path: Path

    @property
    def mail(self) -> Path:
        return self.path / "mail"

    @property
    def temporal_db(self) -> Path:
        return self.path / "temporal.db"

    @property
    def admin_key(self) -> Path:
        return self.path / "admin.key"

    def log(self, name: str) -> Path:
        return self.path / "logs" / f"{name}.log"

    def make(self) -> None:
        """Only its owner may look inside: it holds keys, addresses and mails. Raises NotReadyError."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for inside in (self.mail, self.path / "logs"):
                inside.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise NotReadyError(
                f"the data folder {self.path} cannot be made ({error.strerror}); name another one with --data"
            ) from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One `up` at a time; the lock ends with the process, however that ends. Raises ConflictError."""
        handle = os.open(self.path / "up.lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ConflictError(
                    f"nurture up is running on {self.path} already; stop that one (Ctrl-C), or name another"
                    " folder with --data"
                ) from None
            yield
        finally:
            os.close(handle)

    def last_run(self) -> Run:
        """What `up.json` says; nothing when there is none or a crash of the machine left half of one."""
        try:
            raw = json.loads((self.path / "up.json").read_text())
            return Run(raw["ports"], [Process(**each) for each in raw["processes"]])
        except (OSError, ValueError, KeyError, TypeError):
            return Run()

    def remember(self, run: Run) -> None:
        text = json.dumps({"ports": dict(run.ports), "processes": [asdict(each) for each in run.processes]})
        unfinished = self.path / "up.json.part"
        unfinished.write_text(text)
        unfinished.replace(self.path / "up.json")

    def shorten_logs(self) -> None:
        """Copy, then empty the file in place: the program that writes it appends and notices nothing."""
        for log in (self.path / "logs").glob("*.log"):
            if log.stat().st_size > LOG_LIMIT:
                log.with_suffix(".log.1").write_bytes(log.read_bytes())
                os.truncate(log, 0)
