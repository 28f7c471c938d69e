from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mail import caught
from mail.catcher import LARGEST, Catcher, catching, find
from mail.messages import build
from mail.pool import SmtpPool
from tests.unit.mail.sinks import hang_up
from tests.unit.mail.test_messages import ENVELOPE, WORDS

ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def caught_in(folder: Path) -> AsyncIterator[SmtpPool]:
    catcher = Catcher(folder)
    connections = []

    def connection() -> asyncio.Protocol:
        connections.append(catching(catcher))
        return connections[-1]

    server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0)
    pool = SmtpPool("127.0.0.1", server.sockets[0].getsockname()[1], size=8)
    yield pool
    await pool.close()
    server.close()
    for made in connections:
        hang_up(made)
    await asyncio.sleep(0.01)


def mail(number: int, words: bytes = b"hello") -> bytes:
    return b"Message-ID: <m%d@x.example>\r\nSubject: s\r\n\r\n%b\r\n" % (number, words)


async def test_what_was_answered_with_250_is_a_whole_file(tmp_path: Path) -> None:
    async with caught_in(tmp_path / "mail") as pool:
        outcomes = await asyncio.gather(*(pool.send("b+1@x.example", f"p{n}@y.example", mail(n)) for n in range(40)))
    assert {one.status for one in outcomes} == {"sent"}
    assert len(os.listdir(tmp_path / "mail")) == 40
    for n in range(40):
        path = find(tmp_path / "mail", f"<m{n}@x.example>")
        assert path is not None
        head = b"X-Envelope-From: b+1@x.example\r\nX-Envelope-To: p%d@y.example\r\n" % n
        assert path.read_bytes() == head + mail(n)


async def test_a_mail_that_comes_twice_is_there_twice_and_the_first_is_found(tmp_path: Path) -> None:
    async with caught_in(tmp_path) as pool:
        for words in (b"first", b"second"):
            await pool.send("a@x.example", "b@x.example", mail(1, words))
    assert len(os.listdir(tmp_path)) == 2
    found = find(tmp_path, " <m1@x.example>\n")
    assert found is not None
    assert b"first" in found.read_bytes()
    assert find(tmp_path, "<m2@x.example>") is None


async def test_a_reader_beyond_ascii_is_caught_and_found(tmp_path: Path) -> None:
    to = "müller@firma.example"
    async with caught_in(tmp_path) as pool:
        await pool.send("a@x.example", to, build(replace(ENVELOPE, to_address=to, to_name="Jörg Müller"), WORDS))
    (one,) = caught.listed(tmp_path, "müller", None, 10)[0]
    assert one.to == "Jörg Müller <müller@firma.example>"


@pytest.mark.parametrize(
    ("to", "status", "code"),
    [("bounce-hard@x.example", "failed", "5.1.1"), ("Bounce-Soft-7@x.example", "deferred", "4.2.0")],
)
async def test_addresses_that_bounce(tmp_path: Path, to: str, status: str, code: str) -> None:
    async with caught_in(tmp_path) as pool:
        outcome = await pool.send("a@x.example", to, mail(1))
    assert (outcome.status, outcome.code) == (status, code)
    assert os.listdir(tmp_path) == []


async def test_a_mail_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    lines = (b"x" * 996 + b"\r\n") * (LARGEST // 998 + 10)
    async with caught_in(tmp_path) as pool:
        outcome = await pool.send("a@x.example", "b@x.example", mail(1, lines))
    assert (outcome.status, outcome.code) == ("failed", "552")
    assert os.listdir(tmp_path) == []


async def test_a_folder_that_cannot_be_written_is_a_reason_to_come_back(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    async with caught_in(folder) as pool:
        folder.rmdir()
        outcome = await pool.send("a@x.example", "b@x.example", mail(1))
    assert (outcome.status, outcome.code) == ("deferred", "4.3.1")


def test_what_a_killed_catcher_left_unfinished_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "1-a.eml.part").write_bytes(b"half")
    (tmp_path / "1-b.eml").write_bytes(b"whole")
    Catcher(tmp_path)
    assert os.listdir(tmp_path) == ["1-b.eml"]


async def started(folder: Path, port: int = 0) -> asyncio.subprocess.Process:
    command = ["-m", "mail.catcher", "--port", str(port), "--folder", str(folder)]
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(sys.executable, *command, cwd=ROOT, stdout=pipe, stderr=pipe)


async def test_the_program_ends_cleanly_when_asked(tmp_path: Path) -> None:
    process = await started(tmp_path)
    assert process.stdout is not None
    port = int((await process.stdout.readline()).decode().split()[5].rpartition(":")[2])
    pool = SmtpPool("127.0.0.1", port)
    assert (await pool.send("a@x.example", "b@x.example", mail(1))).status == "sent"
    second = await started(tmp_path, port)
    _, complaint = await second.communicate()
    assert second.returncode == 1
    assert complaint.decode().count("\n") == 1
    assert "choose another --port" in complaint.decode()
    process.send_signal(signal.SIGTERM)  # with a connection still open
    _, errors = await process.communicate()
    await pool.close()
    assert (process.returncode, errors) == (0, b"")
    assert find(tmp_path, "<m1@x.example>") is not None
