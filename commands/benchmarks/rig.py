"""What the benchmark runs on: a Temporal dev server, a mail sink, an archive - all fresh, on loopback, in a
temporary folder - and the shipped track with its waiting times taken out."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from authoring.load import compile_release, read_folder
from commands.programs import temporal_binary
from settings import Settings
from storage import migrate, releases
from storage.archive import Archive, connect, machine_now
from storage.enrolling import Enrolment, enrol
from workflows.lead import ATTRIBUTES

TIMER = timedelta(milliseconds=20)
SLOTS = 32


class TimerClock:
    """The machine's time, but every step waits for a timer, as in life: a touch is one timer and one activity."""

    def now(self) -> datetime:
        return machine_now()

    def wake_at(self, due_at: datetime) -> datetime:
        return max(due_at, machine_now() + TIMER)


@dataclass(frozen=True)
class Rig:
    archive: Archive
    client: Client
    settings: Settings


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def hurried(files: Mapping[str, str]) -> dict[str, str]:
    """The shipped files, open at every hour and without gaps or caps, human touches turned into mails."""
    hurry = dict(files)
    text = hurry["content/defaults.yaml"]
    text = re.sub(r"(?m)^window:.*$", "window: Mon-Sun 00:00-23:59", text)
    text = re.sub(r"(?m)^at_most:.*$", "at_most: [90000 per 1 day]", text)
    text = re.sub(r"(?m)^sender_daily:.*$", "sender_daily: 100000", text)
    text = re.sub(r"(?m)^same_mail_at_one_company:.*$", "same_mail_at_one_company: 100000 per day", text)
    hurry["content/defaults.yaml"] = re.sub(r"(?m)^(  \w+): \d+ days$", r"\1: 0 days", text)
    for path, body in hurry.items():
        if path.endswith(".md") and "channel:" in body:
            hurry[path] = (
                "---\nsubject: A short note\nwhy: for the benchmark\n---\nHello.\n\n{{ sender.first_name }}\n"
            )
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


def new_lead(archive: Archive, number: int) -> UUID:
    """A quiet lead in a country without holidays, so that every touch is due."""
    values = {
        "lead.first_name": "Ana",
        "lead.country": "ZZ",
        "company.industry": "3pl",
        "company.dock_doors": 14,
        "inquiry.topic": "detention",
    }
    with archive.begin() as tx:
        return enrol(tx, archive, Enrolment(f"lead{number}@site{number}.example", values)).lead_id


@asynccontextmanager
async def rig(folder: Path, root: Path) -> AsyncIterator[Rig]:
    """Everything running; ended whatever happens."""
    temporal, smtp = free_port(), free_port()
    settings = Settings(data=folder, smtp_port=smtp, slots=SLOTS)
    mail = folder / "mail"
    mail.mkdir()
    processes = [_temporal(folder, temporal), _catcher(mail, smtp)]
    try:
        client = await _connected(f"127.0.0.1:{temporal}")
        migrate.upgrade(settings.database_url)
        archive = Archive(connect(settings.database_url, SLOTS), TimerClock(), compile_release, settings.secret_bytes())
        publish(archive, hurried(read_folder(root)))
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(SLOTS))
        yield Rig(archive, client, settings)
        archive.engine.dispose()
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _temporal(folder: Path, port: int) -> subprocess.Popen[bytes]:
    command = [temporal_binary(), "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(port)]
    command += ["--db-filename", str(folder / "temporal.db"), "--log-level", "error"]
    command += ["--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL"]
    for key in ATTRIBUTES.values():
        command += ["--search-attribute", f"{key.name}=Keyword"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _catcher(folder: Path, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "mail.catcher", "--host", "127.0.0.1", "--port", str(port)]
    return subprocess.Popen([*command, "--folder", str(folder)], stdout=subprocess.DEVNULL)


async def _connected(address: str) -> Client:
    for _ in range(100):
        try:
            return await Client.connect(address, data_converter=pydantic_data_converter)
        except RuntimeError:
            await asyncio.sleep(0.1)
    raise RuntimeError(f"the Temporal dev server does not answer at {address}")


def rate(count: int, work: Callable[[], object]) -> float:
    """How often a second, for `count` times done by one call of `work`."""
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)
