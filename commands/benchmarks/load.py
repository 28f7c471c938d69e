"""Readers of links: as little as a browser can be, so that what is measured is the server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from statistics import median

HOST = "127.0.0.1"
AGENT = "Mozilla/5.0 (X11; Linux x86_64)"
CONNECTIONS = 16
LONGEST = 60.0


@dataclass(frozen=True)
class Connection:
    """One that is kept alive: ask, wait for the whole answer, ask again."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def get(self, path: str) -> None:
        """Raises RuntimeError for anything but a success or a redirect, IncompleteReadError for a broken one."""
        request = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: {AGENT}\r\n\r\n"
        self.writer.write(request.encode())
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status, _, headers = head.partition("\r\n")
        for line in headers.splitlines():
            name, _, value = line.partition(":")
            if name == "content-length":
                await self.reader.readexactly(int(value))
        if status.split()[1] not in ("200", "204", "302"):
            raise RuntimeError(f"the server answered {status}")


async def rate(port: int, paths: Sequence[str]) -> float:
    """Answers a second to as many readers, each asking as soon as it has its answer."""
    waiting = iter(paths)

    async def read() -> None:
        async with connected(port) as connection:
            for path in waiting:
                await connection.get(path)

    started = time.perf_counter()
    async with asyncio.timeout(LONGEST):
        await asyncio.gather(*(read() for _ in range(CONNECTIONS)))
    return len(paths) / (time.perf_counter() - started)


async def patience(port: int, paths: Sequence[str], per_second: float) -> float:
    """The median time of an answer in milliseconds, when so many come a second whatever the server does."""
    free: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
    taken: list[float] = []

    async def ask(path: str, due: float) -> None:
        connection = await free.get()
        await connection.get(path)
        taken.append(time.perf_counter() - due)
        free.put_nowait(connection)

    async with asyncio.timeout(LONGEST), connected(port) as one, connected(port) as two, connected(port) as three:
        for connection in (one, two, three):
            free.put_nowait(connection)
        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number, path in enumerate(paths):
                due = started + number / per_second
                await asyncio.sleep(due - time.perf_counter())
                group.create_task(ask(path, due))
    return median(taken) * 1000


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Connection]:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
