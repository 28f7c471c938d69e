"""What the benchmark runs on: a Temporal dev server, a mail sink, an archive - all fresh, on loopback, in a
temporary folder - and the shipped track with its waiting times taken out."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from authoring.load import compile_release, read_folder
from commands.processes import launch
from commands.programs import temporal_binary
from storage import migrate, releases, wakes
from storage.archive import Archive, connect, machine_now
from storage.enrolling import Enrolment, enrol
from workflows.lead import ATTRIBUTES

HOST = "127.0.0.1"
TIMER = timedelta(milliseconds=300)
"""Longer than a machine that is busy takes to come back to a lead, so that every touch really waits for a timer."""
A_DAY = timedelta(days=1)
SLOTS = 32
SECRET = "a secret of the benchmark, long enough for links"
PATIENCE = 60.0
"""Seconds that a program may take to listen."""
COUNTRY = "BV"
"""An island nobody lives on, so it has no holidays: every touch is due."""


@dataclass(frozen=True)
class TimerClock:
    """The machine's time, but every step waits for a timer, as in life: a touch is one timer and one activity."""

    wait: timedelta
    behind: timedelta = timedelta(0)
    """How long ago what is prepared now shall have happened."""

    def now(self) -> datetime:
        return machine_now() - self.behind

    def wake_at(self, due_at: datetime) -> datetime:
        return max(due_at, machine_now() + self.wait)


@dataclass(frozen=True)
class Rig:
    archive: Archive
    client: Client
    temporal: str
    """Where the dev server listens."""


@asynccontextmanager
async def rig(folder: Path, root: Path, wait: timedelta = TIMER) -> AsyncIterator[Rig]:
    """An archive with the hurried track live, and a Temporal server beside it; ended whatever happens."""
    port = free_port()
    with archive(folder, root, wait) as opened, running(_temporal(folder, port), folder / "temporal.log"):
        client = await _connected(f"{HOST}:{port}")
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(SLOTS))
        yield Rig(opened, client, f"{HOST}:{port}")


@contextmanager
def archive(folder: Path, root: Path, wait: timedelta = TIMER) -> Iterator[Archive]:
    """In the folder whatever the environment says: a benchmark never touches anybody's archive."""
    folder.mkdir(exist_ok=True)
    url = f"sqlite:///{folder / 'archive.db'}"
    migrate.upgrade(url)
    made = Archive(connect(url, SLOTS), TimerClock(wait), compile_release, SECRET.encode())
    try:
        publish(made, hurried(read_folder(root)))
        yield made
    finally:
        made.engine.dispose()


@contextmanager
def running(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Iterator[None]:
    """A program as long as the block lasts; it dies with us too."""
    process = launch(command, log, environment or os.environ)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def module(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", name, *arguments]


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        port: int = sock.getsockname()[1]
        return port


async def listening(port: int) -> None:
    """Returns when somebody answers there. Raises RuntimeError when nobody does in time."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                _, writer = await asyncio.open_connection(HOST, port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


def hurried(files: Mapping[str, str]) -> dict[str, str]:
    """The shipped files, open at every hour and without gaps or caps, human touches turned into mails."""
    hurry = dict(files)
    text = hurry["content/defaults.yaml"]
    text = re.sub(r"(?m)^window:.*$", "window: Mon-Sun 00:00-23:59", text)
    text = re.sub(r"(?m)^at_most:.*$", "at_most: [90000 per 1 day]", text)
    text = re.sub(r"(?m)^sender_daily:.*$", "sender_daily: 100000", text)
    text = re.sub(r"(?m)^same_mail_at_one_company:.*$", "same_mail_at_one_company: 100000 per day", text)
    text = re.sub(r"(?m)^then:.*\n", "", text)  # only the main track
    hurry["content/defaults.yaml"] = re.sub(r"(?m)^(  \w+): \d+ days$", r"\1: 0 days", text)
    for path, body in hurry.items():
        if path.endswith(".md") and "channel:" in body:
            hurry[path] = "---\nsubject: A short note\nwhy: for the benchmark\n---\nHello.\n\n{{ sender.first_name }}\n"
        elif path.endswith(".md"):
            hurry[path] = re.sub(r"(?m)^(wait|when):.*\n", "", body)
    return hurry


def publish(archive: Archive, files: Mapping[str, str]) -> None:
    with archive.begin() as tx:
        release = archive.compile(files)
        for subject in release.form_hashes:
            for who in (release.definition.signers.marketing, release.definition.signers.sales):
                releases.sign(tx, archive, release, subject, who)
        releases.publish(tx, archive, files, release.definition.signers.marketing)


def new_lead(archive: Archive, number: int) -> wakes.Wake:
    """A quiet lead that the main track takes; the wake says which."""
    values = {
        "lead.first_name": "Ana",
        "lead.country": COUNTRY,
        "company.industry": "3pl",
        "company.dock_doors": 14,
        "inquiry.topic": "detention",
    }
    with archive.begin() as tx:
        return enrol(tx, archive, Enrolment(f"lead{number}@site{number}.example", values)).wake


def new_leads(archive: Archive, numbers: Sequence[int]) -> list[UUID]:
    """Their wakes are left where they are: no relay runs."""
    return [new_lead(archive, number).lead_id for number in numbers]


def _temporal(folder: Path, port: int) -> list[str]:
    command = [temporal_binary(), "server", "start-dev", "--headless", "--ip", HOST, "--port", str(port)]
    command += ["--db-filename", str(folder / "temporal.db"), "--log-level", "error"]
    command += ["--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL"]
    for key in ATTRIBUTES.values():
        command += ["--search-attribute", f"{key.name}=Keyword"]
    return command


async def _connected(address: str) -> Client:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await Client.connect(address, data_converter=pydantic_data_converter)
            except RuntimeError:
                await asyncio.sleep(0.1)
