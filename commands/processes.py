"""Processes as `up` remembers them: by pid and start time, so that a pid used again is never taken for ours."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launcher.py")
POLL = 0.05


@dataclass(frozen=True)
class Process:
    name: str
    pid: int
    started: str
    """What the system says about its start; differs for another process with the same pid."""

    @property
    def is_running(self) -> bool:
        return bool(self.started) and start_of(self.pid) == self.started

    def send(self, number: signal.Signals) -> None:
        """To it and whatever it started itself; nothing when it is gone."""
        if not self.is_running:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


def start_of(pid: int) -> str:
    """When this process started, in whatever words the system has; empty when there is none (or only its remains)."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        # the second field is the name in brackets and may hold anything, brackets too
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else f"{boot}/{fields[19]}"
    except FileNotFoundError:
        return "" if Path("/proc/self").exists() else _start_by_ps(pid)
    except (OSError, IndexError):
        return ""


def _start_by_ps(pid: int) -> str:
    asked = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = asked.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else started.strip()


def launch(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a program in a process group of its own, so that Ctrl-C reaches it in our order and not at once."""
    full = list(command)
    if sys.platform == "linux":
        full = [sys.executable, "-I", str(LAUNCHER), str(os.getpid()), *full]
    with log.open("ab") as out:  # in append mode, so that shortening the file while it is open is safe
        return subprocess.Popen(
            full,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
        )


def end(processes: Iterable[Process], grace: float, reap: Callable[[], None] = lambda: None) -> None:
    """Ask them to end, wait at most `grace` seconds, then end them. `reap` collects those that are our children."""
    open_ones = [each for each in processes if each.is_running]
    for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
        for each in open_ones:
            each.send(number)
        until = time.monotonic() + seconds
        while open_ones and time.monotonic() < until:
            time.sleep(POLL)
            reap()
            open_ones = [each for each in open_ones if each.is_running]
