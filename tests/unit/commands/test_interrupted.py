"""Ctrl-C while a command is still loading: it ends at once, and nobody has to read a traceback."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = 4096
ROOT = Path(__file__).parents[3]
MODULES = ("typer", "domain.errors", "pydantic", "temporalio.client", "sqlalchemy", "settings", "storage.tables")
"""From the first to the last that `nurture doctor` loads: so many moments of its start."""


@pytest.mark.parametrize("module", MODULES)
def test_ctrl_c_while_loading_is_one_quiet_end(module: str, tmp_path: Path) -> None:
    """Python tells what it has just loaded, so the moment is the same on any machine."""
    command = [sys.executable, "-X", "importtime", "-m", "cli", "doctor", "--data", str(tmp_path / "none")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    end, other = os.pipe()
    fcntl.fcntl(other, fcntl.F_SETPIPE_SZ, PAGE)  # so it is never more than some dozen modules ahead of us
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=other)
    os.close(other)
    with open(end, buffering=1, encoding="utf-8") as told:
        loaded = next((line for line in iter(told.readline, "") if line.rstrip().endswith(f" {module}")), None)
        process.send_signal(signal.SIGINT)
        rest = told.read()
    said = [line for line in rest.splitlines() if not line.startswith("import time:")]
    assert loaded
    assert said == []
    assert process.wait() in (130, -signal.SIGINT)  # to a shell they are the same
