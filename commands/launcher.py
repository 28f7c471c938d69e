"""Becomes another program that the kernel ends as soon as its starter is gone, however that one ended.

`python -I launcher.py STARTER_PID PROGRAM ARGUMENTS...`, on Linux. A step of its own, because running Python between
fork and exec of a process with threads can hang; what is set here outlives the exec.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(starter: int, command: list[str]) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != starter:  # it ended before we could ask
        sys.exit(1)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
