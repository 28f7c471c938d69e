"""Mails a second through our pool beside the same bytes over as many bare connections; and mails written."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from uuid import UUID, uuid4

from aiosmtplib import SMTP

from commands.benchmarks.figures import Figure, Tell, paired
from commands.benchmarks.rig import HOST, SECRET, SLOTS, archive, free_port, listening, module, new_lead, running
from domain.letters import Letter
from mail.links import Links
from mail.messages import return_path
from mail.pool import SmtpPool
from mail.post import Post
from storage import texts
from storage.archive import Archive
from storage.deciding import open_lead
from storage.sending import letter

CONNECTIONS = 8
LONGEST = 60.0
DOMAIN = "mail.example"
Mail = tuple[str, str, bytes]


@dataclass(frozen=True)
class Mails:
    mails: list[Mail]
    port: int

    async def bare(self) -> float:
        waiting = iter(self.mails)

        async def connection() -> None:
            async with SMTP(hostname=HOST, port=self.port, local_hostname="bench.example", start_tls=False) as client:
                for sender, recipient, message in waiting:
                    await client.mail(sender)
                    await client.rcpt(recipient)
                    await client.data(message)

        return await self._timed(connection, CONNECTIONS)

    async def pooled(self) -> float:
        """As many callers as a worker has slots."""
        waiting, pool = iter(self.mails), SmtpPool(HOST, self.port, size=CONNECTIONS, hello_name="bench.example")

        async def caller() -> None:
            for sender, recipient, message in waiting:
                outcome = await pool.send(sender, recipient, message)
                if outcome.status != "sent":
                    raise RuntimeError(f"the sink did not take a mail: {outcome.status} {outcome.code}")

        result = await self._timed(caller, SLOTS)
        await pool.close()
        return result

    async def _timed(self, sender: Callable[[], Awaitable[None]], how_many: int) -> float:
        started = time.perf_counter()
        async with asyncio.timeout(LONGEST):
            await asyncio.gather(*(sender() for _ in range(how_many)))
        return len(self.mails) / (time.perf_counter() - started)


async def measure(folder: Path, root: Path, is_quick: bool, tell: Tell) -> list[Figure]:
    count, rounds, port = (300, 2, free_port()) if is_quick else (2000, 3, free_port())
    tell("writing mails")
    with archive(folder, root) as made:
        letters = list(islice(_letters(made, new_lead(made, 0).lead_id), count))
    post = Post(SmtpPool(HOST, port), Links([SECRET.encode()], "https://links.example"), DOMAIN)
    mails, per_second = _written(post, letters)
    with running(module("commands.benchmarks.sink", str(port)), folder / "sink.log"):
        await listening(port)
        both = Mails(mails, port)
        pairs = await paired(rounds, both.bare, both.pooled, tell)
    size = sum(len(message) for _, _, message in mails) / len(mails)
    figure = Figure(
        "mails",
        "mails through our pool, bytes ready, to a sink that keeps nothing",
        "/s",
        pairs,
        target=0.9,
        n=count,
        floor_is=f"the same bytes over {CONNECTIONS} bare connections",
        beside={"rendered_per_core": round(per_second), "bytes_per_mail": round(size)},
    )
    return [figure]


def _letters(archive: Archive, lead_id: UUID) -> Iterator[Letter]:
    """Every mail of the track to one lead, again and again, each a send of its own."""
    with archive.reading() as tx:
        ctx = open_lead(tx, archive, lead_id).ctx
        address = texts.get(tx, lead_id, "address")["address", "email"]
        track = ctx.release.main_track
        mails = [t for t in track.touches.values() if not t.is_human]
        letters = [letter(tx, ctx, track, touch, uuid4(), address) for touch in mails]
    return (replace(each, send_id=uuid4()) for each in cycle(letters))


def _written(post: Post, letters: list[Letter]) -> tuple[list[Mail], float]:
    """The bytes, and how many mails a second one core fills in and puts together."""
    for each in letters[:20]:
        post.compose(each)  # compiled once per process, before the clock runs
    started = time.process_time()
    written = [post.compose(each)[1] for each in letters]
    per_second = len(letters) / (time.process_time() - started)
    mails = [(return_path(a.send_id, DOMAIN), a.to_address, m) for a, m in zip(letters, written, strict=True)]
    return mails, per_second
