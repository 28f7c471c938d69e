"""Clicks a second that are recorded before the reader is sent on, beside an empty route of the same server.

Every click is the dearest kind: a person's first one on this link, so it is an event of the lead as well.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import func, select

from commands.benchmarks import load
from commands.benchmarks.figures import Figure, Pair, Tell, paired
from commands.benchmarks.rig import HOST, SECRET, Rig, TimerClock, free_port, listening, module, new_lead, rig, running
from commands.benchmarks.served import EMPTY
from domain.letters import Claimed, Letter, Outcome
from domain.steps import Order
from mail.links import Links
from mail.templates import compile_mail
from storage import tables as t
from storage.archive import Archive
from storage.life import ArchiveLife

STEADY = 50
"""Requests a second at which the time of one is taken."""
READ_AFTER = timedelta(minutes=10)
"""Who follows a link seconds after the sending is no person."""


@dataclass
class Clicks:
    """Both sides; a path is followed once, so every round takes new ones."""

    port: int
    paths: Iterator[str]
    count: int
    steady_count: int

    async def empty(self) -> float:
        return await load.rate(self.port, [EMPTY] * self.count)

    async def recorded(self) -> float:
        return await load.rate(self.port, list(islice(self.paths, self.count)))

    async def empty_steady(self) -> float:
        return await load.patience(self.port, [EMPTY] * self.steady_count, STEADY)

    async def recorded_steady(self) -> float:
        return await load.patience(self.port, list(islice(self.paths, self.steady_count)), STEADY)


async def measure(folder: Path, root: Path, is_quick: bool, tell: Tell) -> list[Figure]:
    count, steady, rounds, port = (150, 100, 1, free_port()) if is_quick else (300, 100, 3, free_port())
    total = (count + steady) * rounds
    async with rig(folder, root) as made:
        tell(f"sending {total} mails with links")
        paths = await asyncio.to_thread(_paths, made.archive, total)
        environment = _environment(folder, port, made)
        with running(module("commands.benchmarks.served"), folder / "api.log", environment):
            await listening(port)
            await load.rate(port, [EMPTY] * load.CONNECTIONS)
            both = Clicks(port, iter(paths), count, steady)
            fast = await paired(rounds, both.empty, both.recorded, tell)
            slow = await paired(rounds, both.empty_steady, both.recorded_steady, tell)
            again = await load.rate(port, paths[:count])
        _check_recorded(made.archive, total + count)
    return _figures(both, fast, slow, again)


def _figures(both: Clicks, fast: tuple[Pair, ...], slow: tuple[Pair, ...], again: float) -> list[Figure]:
    return [
        Figure(
            "clicks",
            "clicks recorded before the redirect, each a person's first on its link",
            "/s",
            fast,
            target=0.5,
            n=both.count,
            floor_is=f"an empty route of the same server, {load.CONNECTIONS} readers too",
            beside={"followed_again": round(again)},
        ),
        Figure(
            "click time",
            f"median time of a click at {STEADY} a second",
            "ms",
            slow,
            target=10.0,
            n=both.steady_count,
            floor_is="the empty route at the same pace",
            kind="excess",
        ),
    ]


def _paths(archive: Archive, count: int) -> list[str]:
    """One link each of as many mails to as many leads, sent some minutes ago."""
    earlier = replace(archive, clock=TimerClock(timedelta(0), behind=READ_AFTER))
    life = ArchiveLife(earlier, lambda address: True)
    links = Links([SECRET.encode()], f"http://{HOST}")
    letters = [_sent(life, new_lead(earlier, number).lead_id) for number in range(count)]
    return [urlsplit(links.url("c", letter.send_id, _first_link(letter))).path for letter in letters]


def _sent(life: ArchiveLife, lead_id: UUID) -> Letter:
    """The lead's first mail, as if the relay had taken it."""
    step = life.look(Order(str(lead_id), 0, ""))
    claimed = life.claim(Order(str(lead_id), step.seq, step.id), "benchmark")
    assert isinstance(claimed, Claimed), claimed
    life.confirm(claimed, Outcome("sent", "250"))
    return claimed.letter


def _first_link(letter: Letter) -> int:
    """The number of the first link that leads somewhere else than to a question."""
    links = compile_mail(letter.subject, letter.body, letter.preheader, letter.path).links
    return next(link.number for link in links if link.kind in ("asset", "url"))


def _environment(folder: Path, port: int, made: Rig) -> Mapping[str, str]:
    """Nothing of the user's own installation reaches the server of the benchmark."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NURTURE_", "TEMPORAL_"))}
    return kept | {
        "NURTURE_DATA": str(folder),
        "NURTURE_SECRET": SECRET,
        "NURTURE_PORT": str(port),
        "TEMPORAL_ADDRESS": made.temporal,
        "TEMPORAL_NAMESPACE": "default",
        "TEMPORAL_CONFIG_FILE": os.devnull,
    }


def _check_recorded(archive: Archive, expected: int) -> None:
    query = select(func.count()).where(t.link_hits.c.verdict == "human")
    with archive.reading() as tx:
        found = tx.execute(query).scalar_one()
    if found != expected:
        raise RuntimeError(f"{expected} clicks were answered, but {found} stand in the archive as a person's")
