"""The `nurture` command. What it does stands in commands/, one file per command or family."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

FAMILIES = (
    "up",
    "team",
    "checking",
    "new",
    "publishing",
    "previewing",
    "simulating",
    "leads",
    "pausing",
    "keys",
    "reps",
    "suppressing",
    "reporting",
    "webhooks",
    "clock",
    "schemas",
    "doctor",
    "planning",
    "importing",
    "backtesting",
    "demo",
    "bench",
)
"""Modules of commands/, in the order in which `nurture --help` lists them; loaded when Ctrl-C is already heard."""
STOPPED = 130


def build() -> typer.Typer:
    import typer

    app = typer.Typer(
        name="nurture",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_nurture)
    for name in FAMILIES:
        if find_spec(f"commands.{name}"):
            import_module(f"commands.{name}").register(app)
    return app


def _nurture() -> None:
    """From first inquiry to sales-ready, to sales, and back again."""
    if signal.getsignal(signal.SIGINT) is _stop:  # from here on there is something to put back first
        signal.signal(signal.SIGINT, signal.default_int_handler)


def run(arguments: Sequence[str]) -> int:
    """The exit code: 0, 1 with one sentence on stderr, 2 for a command line that cannot be."""
    try:
        build()(list(arguments), prog_name="nurture")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    except KeyboardInterrupt:
        return STOPPED
    except Exception as error:
        from commands.failing import sentence_for

        sentence = sentence_for(error)
        if sentence is None:
            raise
        print(f"nurture: {sentence}", file=sys.stderr)
        return 1
    return 0


def main() -> None:
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    code = run(sys.argv[1:])
    if code == STOPPED:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who presses it twice means it once
    if "temporalio.client" in sys.modules:
        _leave(code)
    sys.exit(code)


def _leave(code: int) -> None:
    """The SDK's native threads outlive a client, and have been seen to crash an interpreter that is ending
    (temporalio/sdk-python#300): what was done was done, and the exit code said it was not."""
    with suppress(OSError):  # nobody reads what is said any more
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _stop(number: int, frame: FrameType | None) -> None:
    """While the program is loading: an exception could come out anywhere, in the middle of somebody else's import."""
    os._exit(STOPPED)


if __name__ == "__main__":
    main()
