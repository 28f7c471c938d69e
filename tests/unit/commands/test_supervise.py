"""Real programs, small ones: started again when they end, ended with whoever started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from commands import processes
from commands.folder import Folder
from commands.processes import Process
from commands.supervise import Program, Supervisor

WAIT = [sys.executable, "-c", "import time; print('waiting', flush=True); time.sleep(60)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
]
ROOT = Path(__file__).parents[3]


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, told: list[str]) -> Iterator[Supervisor]:
    folder = Folder(tmp_path)
    folder.make()
    made = Supervisor(folder, {"api": 1}, told.append)
    yield made
    made.stop()


def program(name: str, command: list[str], is_base: bool = False) -> Program:
    return Program(name, command, dict(os.environ), is_base)


def until(holds: Callable[[], object], also: Callable[[], None] = lambda: time.sleep(0.05)) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        also()


def test_what_ends_is_started_again_after_a_growing_pause(supervisor: Supervisor, told: list[str]) -> None:
    supervisor.start([program("short", [sys.executable, "-c", "raise SystemExit(3)"])])
    until(lambda: supervisor.running["short"].starts >= 3, supervisor.tick)
    assert supervisor.running["short"].pause > 0.2
    assert "short ended (exit code 3); starting it again in 0.2 s" in told[0]


def test_a_killed_one_comes_back_with_another_pid(supervisor: Supervisor, told: list[str]) -> None:
    supervisor.start([program("steady", WAIT)])
    first = supervisor.running["steady"].process
    first.send(signal.SIGKILL)
    until(lambda: supervisor.running["steady"].process.pid != first.pid, supervisor.tick)
    assert "SIGKILL" in told[0]
    assert supervisor.folder.last_run().processes == [supervisor.running["steady"].process]


def test_stopping_ends_all_and_forgets_them(supervisor: Supervisor) -> None:
    supervisor.start([program("base", WAIT, is_base=True), program("other", WAIT)])
    found = [each.process for each in supervisor.running.values()]
    supervisor.stop()
    assert not [each for each in found if each.is_running]
    assert supervisor.folder.last_run().processes == []
    assert supervisor.folder.last_run().ports == {"api": 1}


def test_one_that_does_not_listen_is_ended(tmp_path: Path) -> None:
    popen = processes.launch(DEAF, tmp_path / "log", dict(os.environ))
    deaf = Process("deaf", popen.pid, processes.start_of(popen.pid))
    until(lambda: (tmp_path / "log").read_bytes())
    processes.end([deaf], 0.3)
    assert not deaf.is_running
    assert popen.wait() == -signal.SIGKILL


def test_a_pid_used_again_is_nobody_of_ours() -> None:
    me = Process("me", os.getpid(), processes.start_of(os.getpid()))
    assert me.is_running
    assert not Process("me", os.getpid(), "another start").is_running
    assert not Process("me", os.getpid(), "").is_running
    assert processes.start_of(2**22 + 1) == ""


def test_children_die_with_their_starter(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, sys, time; from commands import processes\n"
        f"popen = processes.launch({WAIT!r}, pathlib.Path(sys.argv[1]), dict(os.environ))\n"
        "print(popen.pid, flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "log")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    started = processes.start_of(pid)
    until(lambda: (tmp_path / "log").read_bytes())
    starter.kill()
    starter.wait()
    starter.stdout.close()
    child = Process("child", pid, started)
    if sys.platform != "linux":  # the next start ends it there
        processes.end([child], 1)
    until(lambda: not child.is_running)
