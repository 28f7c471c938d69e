"""`nurture bench`: what this machine can do, each figure beside the floor measured in the same run."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.console import Json, print_json, say, screen
from domain.errors import InvalidError, NotReadyError

if TYPE_CHECKING:
    from commands.benchmarks.figures import Figure

NAMES = ("touches", "enrolments", "mails", "clicks", "decide", "authoring", "queue", "import")


def register(app: typer.Typer) -> None:
    app.command()(bench)


def bench(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME...", help=f"Of {', '.join(NAMES)}.", show_default="all")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Under a minute, and rougher.")] = False,
    as_json: Json = False,
) -> None:
    """Measure each figure beside its floor, on loopback and in a temporary folder. See docs/benchmark.md."""
    chosen = list(dict.fromkeys(names or NAMES))
    if unknown := [name for name in chosen if name not in NAMES]:
        raise InvalidError(f"there is no benchmark {unknown[0]}; there are {', '.join(NAMES)}")
    figures: list[Figure] = []
    with _ending_well(), _progress(chosen) as begin:
        for name in chosen:
            figures += _measure(name, quick, begin(name))
    if as_json:
        print_json({"quick": quick, "figures": [figure.as_json() for figure in figures]})
    else:
        _show(figures)


@contextmanager
def _ending_well() -> Iterator[None]:
    """Told to end, we end as after Ctrl-C: what was started is stopped, and the folder goes."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _measure(name: str, is_quick: bool, tell: Callable[[str], None]) -> list[Figure]:
    import asyncio

    from commands.benchmarks import authors, clicks, decides, enrolments, imports, mails, queues, touches
    from commands.opening import settings_for

    measures = dict(zip(NAMES, (touches, enrolments, mails, clicks, decides, authors, queues, imports), strict=True))
    with tempfile.TemporaryDirectory(prefix="nurture-bench-") as folder:
        try:
            return asyncio.run(measures[name].measure(Path(folder), settings_for().files, is_quick, tell))
        except TimeoutError:
            raise NotReadyError(
                f"{name} took too long on this machine; try again when it has less to do, or with --quick"
            ) from None


@contextmanager
def _progress(names: Sequence[str]) -> Iterator[Callable[[str], Callable[[str], None]]]:
    """Gives, for a name, whom to tell what is going on; where nobody looks on, one line for each name."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=len(names))

        def begin(name: str) -> Callable[[str], None]:
            progress.update(task, completed=names.index(name), description=name)
            if not console.is_terminal:
                say(f"{name} ...")
            return lambda line: progress.update(task, description=f"{name}: {line}")

        yield begin


def _show(figures: Sequence[Figure]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("figure", "ours", "floor", "ours to floor", "target", "", "n"):
        table.add_column(column, justify="left" if column in ("figure", "") else "right", no_wrap=True)
    for figure in figures:
        table.add_row(*_row(figure))
    screen().print(table)
    for figure in figures:
        beside = "".join(f"; {name.replace('_', ' ')}: {value:g}" for name, value in figure.beside.items())
        screen().print(f"[bold]{figure.name}[/]: {figure.says}; floor: {figure.floor_is}{beside}")


def _row(figure: Figure) -> tuple[str, ...]:
    pair, sign = figure.middle, ">=" if figure.kind == "share" else "<="
    told, wanted = (f"{figure.value:.2f}", f"{figure.target:.2f}")
    if figure.kind == "excess":
        told, wanted = f"{figure.value:+.4g}", f"+{figure.target:g}"
    verdict = "[green]met[/]" if figure.is_met else "[red]not met[/]"
    unit = figure.unit if figure.unit.startswith("/") else f" {figure.unit}"
    ours, floor = (f"{value:,.0f}" if value >= 100 else f"{value:.3g}" for value in (pair.ours, pair.floor))
    return figure.name, f"{ours}{unit}", f"{floor}{unit}", told, f"{sign} {wanted}", verdict, f"{figure.n:,}"
