"""An SMTP server that delivers nothing: every mail becomes a file. Where mail goes until somebody turns
sending on.

Run it with `python -m mail.catcher --host 127.0.0.1 --port 2525 --folder mail`. A 250 means the file is on
the disk. Two kinds of address are turned away, for tests and the demo: `bounce-hard...@` with 550,
`bounce-soft...@` with 451.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from email.parser import BytesHeaderParser
from email.policy import compat32
from hashlib import sha256
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

LARGEST = 30 * 1024 * 1024
_UNFINISHED = ".part"


class Catcher:
    """The handler for aiosmtpd. One catcher per folder: it clears away what a killed one left unfinished."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last_ns = 0
        self._writing = 0
        self._is_quiet = asyncio.Event()
        self._is_quiet.set()
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob(f"*{_UNFINISHED}"):
            leftover.unlink()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        if address.lower().startswith("bounce-hard"):
            return "550 5.1.1 There is no such mailbox here"
        if address.lower().startswith("bounce-soft"):
            return "451 4.2.0 The mailbox is busy, try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        if not isinstance(content, bytes):
            return "554 5.6.0 This is no mail"
        # the clock may stand still or go back; arrivals stay in order and names unique all the same
        self._last_ns = max(time.time_ns(), self._last_ns + 1)
        name = f"{self._last_ns:020d}-{_hash_of(_message_id(content))}.eml"
        people = ", ".join(envelope.rcpt_tos)
        head = f"X-Envelope-From: {envelope.mail_from or '<>'}\r\nX-Envelope-To: {people}\r\n"
        self._writing += 1
        self._is_quiet.clear()
        try:
            await asyncio.to_thread(_write, self._folder, name, head.encode("utf-8", "replace") + content)
        except OSError as error:
            return f"452 4.3.1 The mail could not be stored ({error.strerror}): look after the catcher's disk"
        finally:
            self._writing -= 1
            if not self._writing:
                self._is_quiet.set()
        return "250 2.0.0 Caught"

    async def finished(self) -> None:
        """Returns when nothing is being written."""
        await self._is_quiet.wait()


def find(folder: Path, message_id: str) -> Path | None:
    """The first caught file with this Message-ID. Looks at names only: about 50 ms for 100 000 mails."""
    ending = f"-{_hash_of(message_id)}.eml"
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.name.endswith(ending)]
    return folder / min(names) if names else None


async def serve(host: str, port: int, folder: Path) -> None:
    """Runs until SIGTERM or SIGINT, then takes nothing new, ends what is being written and returns."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    catcher = Catcher(folder)
    server = await loop.create_server(lambda: catching(catcher), host, port)
    bound = server.sockets[0].getsockname()[1]
    print(f"The mail catcher listens on {host}:{bound} and writes to {folder}", flush=True)
    await stop.wait()
    server.close()
    await catcher.finished()
    await asyncio.sleep(0.05)  # the 250 of what was just written goes out


def catching(catcher: Catcher) -> SMTP:
    """One connection's protocol, as asyncio's `create_server` wants it."""
    host, ident = "catcher.localhost", "Nurture mail catcher"
    return SMTP(catcher, data_size_limit=LARGEST, enable_SMTPUTF8=True, hostname=host, ident=ident)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m mail.catcher", description="Turns every mail into a file.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2525)
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args(arguments)
    try:
        asyncio.run(serve(given.host, given.port, given.folder))
    except OSError as error:
        print(
            f"The mail catcher cannot start ({error.strerror}): choose another --port or --folder.",
            file=sys.stderr,
        )
        return 1
    return 0


def _write(folder: Path, name: str, content: bytes) -> None:
    """The file is there whole or not at all, even if the power fails."""
    unfinished = folder / f"{name}{_UNFINISHED}"
    with unfinished.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(folder / name)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _message_id(content: bytes) -> str:
    head = content.split(b"\r\n\r\n", 1)[0]
    return str(BytesHeaderParser(policy=compat32).parsebytes(head)["Message-ID"] or sha256(content).hexdigest())


def _hash_of(message_id: str) -> str:
    return sha256(message_id.strip().encode("utf-8", "replace")).hexdigest()[:32]


if __name__ == "__main__":
    sys.exit(main())
