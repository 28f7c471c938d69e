"""What somebody sees while the demo runs: a live picture in a terminal, plain lines anywhere else."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from commands.story import Line, local
from commands.telling import Figures

COLOURS = {
    "sales": "green",
    "good": "bold green",
    "hand": "bold cyan",
    "event": "cyan",
    "back": "yellow",
    "wrong": "red",
    "quiet": "bright_black",
}
STATE_COLOURS = {"NURTURING": "cyan", "SALES_READY": "green", "HANDED_OFF": "green", "ACCEPTED": "green",
                 "WORKING": "green", "QUALIFIED": "bold green",
                 "OPPORTUNITY": "bold green", "PROPOSAL": "bold green", "WON": "bold green",
                 "RECYCLED": "yellow"}  # fmt: skip
LAST, WIDEST_BAR, LABEL = 9, 30, 12
NARROW, LAST_NARROW = 72, 4
READING_TIME = 20.0
"""Seconds for which a sentence stays on the screen."""
WEEK = timedelta(days=7)


class Watching(Protocol):
    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, figures: Figures, lines: Sequence[Line]) -> None: ...

    def say(self, sentence: str) -> None: ...


class Scale:
    """Where a day lies between the beginning and the end of the story."""

    def __init__(self, starts_at: datetime, ends_at: datetime, zone: str) -> None:
        self.starts_at, self.ends_at, self.zone = starts_at, ends_at, zone

    def day(self, at: datetime) -> str:
        total = (self.ends_at - self.starts_at).days
        return f"day {min((at - self.starts_at).days + 1, total)} of {total}"

    def part(self, at: datetime) -> float:
        return min(1.0, (at - self.starts_at) / (self.ends_at - self.starts_at))


class Picture:
    """One screen that changes in place. Fits into 40 columns."""

    def __init__(self, console: Console, scale: Scale) -> None:
        self._console, self._scale = console, scale
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._lines: deque[Line] = deque(maxlen=LAST)
        self._said: deque[tuple[float, str]] = deque(maxlen=2)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def say(self, sentence: str) -> None:
        self._said.append((time.monotonic() + READING_TIME, sentence))

    def show(self, figures: Figures, lines: Sequence[Line]) -> None:
        self._lines.extend(line for line in lines if line.is_notable or len(lines) < LAST)
        self._live.update(self._drawn(figures), refresh=True)

    def _drawn(self, figures: Figures) -> RenderableType:
        head = Text.assemble((f"{local(figures.at, self._scale.zone)}", "bold"), f"  {self._scale.day(figures.at)}")
        width = min(WIDEST_BAR, self._console.width - LABEL - 6)
        done = round(self._scale.part(figures.at) * (width + LABEL))
        progress = Text("━" * done, "green") + Text("━" * (width + LABEL - done), "bright_black")
        return Group(
            head, progress, Text(), self._bars(figures, width), Text(), self._counts(figures), Text(), *self._news()
        )

    def _bars(self, figures: Figures, width: int) -> RenderableType:
        table = Table.grid(padding=(0, 1))
        total = max(sum(figures.states.values()), 1)
        for state, count in figures.states.items():
            bar = Text("█" * max(1, round(width * count / total)), STATE_COLOURS.get(state, "bright_black"))
            table.add_row(f"{state:<{LABEL}}", bar, str(count))
        return table

    def _counts(self, figures: Figures) -> Text:
        touches = figures.touches
        promises = f"promises {figures.kept} kept, {figures.broken} broken"
        return Text(f"touches {touches['delivered']} delivered, {touches['engaged']} engaged\n{promises}", "bold")

    def _news(self) -> list[Text]:
        """One line each where there is room for it; in a narrow terminal fewer, whole ones."""
        is_narrow, found = self._console.width < NARROW, []
        for line in list(self._lines)[-LAST_NARROW if is_narrow else 0 :]:
            when = Text(f"{local(line.at, self._scale.zone)}  ", "bright_black")
            text = when + Text(f"{line.who}: ") + Text(line.what, COLOURS.get(line.tone, ""))
            if not is_narrow:
                text.truncate(self._console.width, overflow="ellipsis")
            found.append(text)
        now = time.monotonic()
        return found + [Text(sentence, "bold red") for until, sentence in self._said if until > now]


class Lines:
    """For a log, a pipe, or a terminal that cannot move its cursor: what matters, and the figures once a week."""

    def __init__(self, scale: Scale) -> None:
        self._scale = scale
        self._next = scale.starts_at

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def say(self, sentence: str) -> None:
        print(sentence, flush=True)

    def show(self, figures: Figures, lines: Sequence[Line]) -> None:
        for line in lines:
            if line.is_notable:
                print(f"{local(line.at, self._scale.zone)} - {line}", flush=True)
        if figures.at >= self._next:
            self._next = figures.at + WEEK
            states = ", ".join(f"{count} {state}" for state, count in figures.states.items()) or "nobody yet"
            delivered = figures.touches["delivered"]
            print(f"== {self._scale.day(figures.at)}: {states}; {delivered} touches delivered", flush=True)


def watching(console: Console, scale: Scale) -> Watching:
    return Picture(console, scale) if console.is_terminal and not console.is_dumb_terminal else Lines(scale)


class Watchdog:
    """Notices that the clock stands still."""

    def __init__(self, patience: float, machine_seconds: Callable[[], float] = time.monotonic) -> None:
        self._patience, self._seconds = patience, machine_seconds
        self._at, self._since, self._told = datetime.min.replace(tzinfo=UTC), machine_seconds(), False

    def standing_for(self, at: datetime) -> float:
        """Seconds since business time last moved."""
        if at != self._at:
            self._at, self._since, self._told = at, self._seconds(), False
        return self._seconds() - self._since

    def has_to_tell(self, at: datetime) -> bool:
        """Once for each time it stands."""
        is_long = self.standing_for(at) >= self._patience
        tells, self._told = is_long and not self._told, self._told or is_long
        return tells
