"""Keeps programs running: starts them, starts them again with growing pauses, ends them in order."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from commands import processes
from commands.folder import Folder, Run
from commands.processes import Process

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 15.0
STEADY = 20.0
"""Seconds a program has to run before its pause starts small again."""
GRACE_FIRST, GRACE_LAST = 6.0, 2.5
"""Seconds to end by itself: the worker finishes what it is sending; all in all it stays under ten."""
TICK = 0.1
LOGS_EVERY = 20.0


@dataclass(frozen=True)
class Program:
    """`is_base`: others stand on it, so it is ended last."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    is_base: bool = False


@dataclass
class Running:
    program: Program
    popen: subprocess.Popen[bytes]
    process: Process
    since: float
    pause: float = FIRST_PAUSE
    again_at: float | None = None
    starts: int = 1


@dataclass
class Supervisor:
    folder: Folder
    ports: Mapping[str, int]
    tell: Callable[[str], None]
    """Takes one sentence for whoever looks at the screen."""
    running: dict[str, Running] = field(default_factory=dict)
    _is_told_to_stop: bool = False
    _logs_at: float = 0.0

    def listen(self) -> None:
        """From now on Ctrl-C and SIGTERM only ask; `is_told_to_stop` says that they did."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup wants to outlive its terminal
                signal.signal(number, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._is_told_to_stop = True

    @property
    def is_told_to_stop(self) -> bool:
        return self._is_told_to_stop

    def start(self, programs: Sequence[Program]) -> None:
        for program in programs:
            self.running[program.name] = self._launch(program)
            self._remember()

    def tick(self) -> None:
        """Look after all of them once; call it about every TICK seconds."""
        time.sleep(TICK)
        now = time.monotonic()
        for each in self.running.values():
            if each.again_at is None and each.popen.poll() is not None:
                self._ended(each, now)
            elif each.again_at is not None and now >= each.again_at:
                fresh = self._launch(each.program)
                fresh.pause, fresh.starts = each.pause, each.starts + 1
                self.running[each.program.name] = fresh
                self._remember()
        if now > self._logs_at + LOGS_EVERY:
            self._logs_at = now
            self.folder.shorten_logs()

    def stop(self) -> None:
        """End all, those that others stand on last; returns within ten seconds with nothing left."""
        last = [each for each in self.running.values() if each.program.is_base]
        first = [each for each in self.running.values() if not each.program.is_base]
        for group, grace in ((first, GRACE_FIRST), (last, GRACE_LAST)):
            processes.end([each.process for each in group], grace, self._reap)
        self.running.clear()
        self._remember()

    def _launch(self, program: Program) -> Running:
        log = self.folder.log(program.name)
        popen = processes.launch(program.command, log, program.environment)
        process = Process(program.name, popen.pid, processes.start_of(popen.pid))
        return Running(program, popen, process, time.monotonic())

    def _ended(self, each: Running, now: float) -> None:
        if now - each.since > STEADY:
            each.pause = FIRST_PAUSE
        each.again_at = now + each.pause
        code, log = each.popen.returncode, self.folder.log(each.program.name)
        self.tell(f"{each.program.name} ended ({_how(code)}); starting it again in {each.pause:.1f} s, see {log}")
        each.pause = min(each.pause * 2, LONGEST_PAUSE)

    def _remember(self) -> None:
        self.folder.remember(Run(self.ports, [each.process for each in self.running.values()]))

    def _reap(self) -> None:
        for each in self.running.values():
            each.popen.poll()


def _how(code: int) -> str:
    try:
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"
    except ValueError:
        return f"signal {-code}"
