"""`nurture clock`: what time it is in the demo's world, and sending it forward - to see what the next days bring."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from commands.console import Data, Json, print_json, say

if TYPE_CHECKING:
    from storage.archive import Clock

PATIENCE = 30.0
LOOK_EVERY = 0.1


def register(app: typer.Typer) -> None:
    app.command("clock")(clock)


def clock(
    forward: Annotated[
        str | None, typer.Argument(metavar="[LENGTH]", help='Go forward so far: "2 days". Without it, say the time.')
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """On a demo clock: what time it is, or send it forward. Everything due on the way happens on the way."""
    from commands.opening import opened, settings_for
    from domain.errors import InvalidError
    from domain.phrases import parse_duration
    from storage import clock as demo

    with opened(settings_for(data)) as archive:
        with archive.reading() as tx:
            now = demo.read(tx)
        if forward is not None:
            try:
                target = now + parse_duration(forward)
            except ValueError as error:
                raise InvalidError(str(error)) from None
            with archive.begin() as tx:
                demo.forward(tx, target)
            try:
                now = _arrived(archive.clock, target)
            except BaseException:
                with archive.begin() as tx:  # whoever sees it fail or stops it does not expect it to go on later
                    demo.forward(tx, archive.clock.now())
                raise
        print_json({"now": now.isoformat()}) if as_json else print(f"{now:%A %d %B %Y, %H:%M} UTC")


def _arrived(clock: Clock, target: datetime) -> datetime:
    """Wait until the clock is there; it stands while anything due is unfinished, so this takes what it takes."""
    from domain.errors import NotReadyError

    began, seen, shown = time.monotonic(), clock.now(), ""
    while (now := clock.now()) < target:
        if now > seen:
            began, seen = time.monotonic(), now
        if time.monotonic() - began > PATIENCE:
            raise NotReadyError(f"the clock stands still at {now:%d %b %H:%M}; is nurture up running on this folder?")
        if shown != (shown := f"{now:%a %d %b}"):
            say(shown)
        time.sleep(LOOK_EVERY)
    return now
