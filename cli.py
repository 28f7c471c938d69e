"""The `nurture` command. What it does stands in commands/, one file per command or family."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

import typer

from commands import (
    checking,
    clock,
    doctor,
    keys,
    leads,
    new,
    pausing,
    previewing,
    publishing,
    reporting,
    reps,
    schemas,
    simulating,
    suppressing,
    team,
    up,
    webhooks,
)
from commands.failing import sentence_for

FAMILIES = (
    up,
    team,
    checking,
    new,
    publishing,
    previewing,
    simulating,
    leads,
    pausing,
    keys,
    reps,
    suppressing,
    reporting,
    webhooks,
    clock,
    schemas,
    doctor,
)
"""In the order in which `nurture --help` lists them."""


def build() -> typer.Typer:
    app = typer.Typer(
        name="nurture",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_nurture)
    for family in FAMILIES:
        family.register(app)
    for name in ("planning", "importing", "backtesting", "demo", "bench"):
        if find_spec(f"commands.{name}"):
            import_module(f"commands.{name}").register(app)
    return app


def _nurture() -> None:
    """From first inquiry to sales-ready, to sales, and back again."""


def run(arguments: Sequence[str]) -> int:
    """The exit code: 0, 1 with one sentence on stderr, 2 for a command line that cannot be."""
    try:
        build()(list(arguments), prog_name="nurture")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        sentence = sentence_for(error)
        if sentence is None:
            raise
        print(f"nurture: {sentence}", file=sys.stderr)
        return 1
    return 0


def main() -> None:
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
