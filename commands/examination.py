"""The doctor's questions, one function each; a question that needs an answer nobody gives is left out."""

from __future__ import annotations

import asyncio
import os
import shlex
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError

from commands import workers
from commands.folder import Folder
from commands.opening import opened
from commands.programs import SEARCH_ATTRIBUTES
from domain import keys
from domain.errors import NurtureError
from mail.modes import MailMode
from settings import Settings
from storage import doctor, overview, pauses
from storage.archive import Archive, machine_now

MOMENT = 3.0
"""Seconds in which a lead that is only waiting for its turn gets it."""
CONNECT, ASK = timedelta(seconds=5), timedelta(seconds=10)
BATCH = 100
REPAIR = "after a crash wait two minutes: what was on its way is taken up again; then run: nurture doctor --repair"


@dataclass(frozen=True)
class Finding:
    """`mind` is worth knowing, `bad` needs somebody; `do` says what."""

    name: str
    status: Literal["ok", "mind", "bad"]
    says: str
    do: str | None = None


def examine(settings: Settings) -> list[Finding]:
    findings = list(_settings(settings))
    try:
        with opened(settings) as archive:
            findings += [Finding("archive", "ok", f"{archive.engine.dialect.name}, up to date"), _live(archive)]
            findings += _pauses(archive)
            findings += _ailments(archive)
            findings += asyncio.run(_temporal(settings, archive))
    except NurtureError as error:
        findings.append(Finding("archive", "bad", error.sentence))
    return findings


def _settings(settings: Settings) -> Iterator[Finding]:
    folder = Folder(settings.data.resolve())
    yield Finding("data", "ok", str(folder.path))
    for path in (folder.admin_key, folder.path / "secret.key"):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Finding("data", "bad", f"others may read {path}", f"run: chmod 600 {path}")
    relay = f"{settings.smtp_host}:{settings.smtp_port}"
    mail = {
        MailMode.CATCH: "caught, nothing leaves the house",
        MailMode.PILOT: f"to {len(settings.pilot)} listed addresses and domains only, through {relay}",
        MailMode.LIVE: f"live, through {relay}",
    }
    yield Finding("mail", "ok" if settings.mail is MailMode.CATCH else "mind", mail[settings.mail])


def _live(archive: Archive) -> Finding:
    with archive.reading() as tx:
        found = overview.live(tx)
    if found is None:
        return Finding(
            "release", "bad", "nothing is live", "run: nurture sign --all --as NAME, then nurture publish --as NAME"
        )
    hash, approved = found
    if not approved:
        return Finding(
            "release",
            "mind",
            f"{hash[:12]} is live, but no track has both signatures",
            "run: nurture sign --all --as NAME",
        )
    return Finding("release", "ok", f"{hash[:12]} is live with {', '.join(approved)}")


def _pauses(archive: Archive) -> Iterator[Finding]:
    """Meant by somebody, so never bad; but whoever wonders why nothing is sent has to see them."""
    with archive.reading() as tx:
        found = pauses.listed(tx, archive.clock.now())
    for one in found:
        do = f"to go on before: nurture pause end {shlex.quote(one['scope'])}"
        yield Finding("pauses", "mind", f"{one['scope']}: nothing is sent {pauses.in_words(one)}", do)
    if not found:
        yield Finding("pauses", "ok", "none")


def _ailments(archive: Archive) -> Iterator[Finding]:
    found = doctor.examine(archive)
    behind = found.behind
    if behind:
        time.sleep(MOMENT)
        behind &= doctor.examine(archive).behind
    yield _count("leads behind", len(behind), "bad", "something happened to them that nobody has looked at", REPAIR)
    late = f"their next step is long past due{_oldest(archive) if found.overdue else ''}"
    yield _count("leads overdue", found.overdue, "bad", late, REPAIR)
    yield _count("wakes", found.late_wakes, "bad", "not sent to Temporal yet", "see whether a worker runs, and its log")
    if found.imported:
        says = f"{found.imported} imported leads still wait to begin; they do while a worker runs, a few at a time"
        yield Finding("imports", "ok", says)
    yield _count(
        "sends", found.uncertain, "mind", "ended nobody knows how; they count as used and are never sent again"
    )
    yield _count("notices", found.unsent_notices, "mind", "to our own people have not left yet", "see the relay's log")
    dead = "never arrived at another system"
    yield _count("webhooks", found.dead_webhooks, "mind", dead, "see nurture webhook dead, then nurture webhook resend")
    off = "asked for nothing more (410)"
    yield _count("endpoints", found.endpoints_off, "mind", off, "see nurture webhook endpoints, then enable")


def _count(name: str, count: int, status: Literal["mind", "bad"], says: str, do: str | None = None) -> Finding:
    return Finding(name, status, f"{count}: {says}", do) if count else Finding(name, "ok", "none stuck")


async def _temporal(settings: Settings, archive: Archive) -> list[Finding]:
    config = ClientConfig.load_client_connect_config()
    address = os.environ.get("TEMPORAL_ADDRESS") or _own_server(settings) or config.get("target_host")
    config["target_host"] = address or "127.0.0.1:7233"
    try:
        client = await asyncio.wait_for(Client.connect(**config), CONNECT.total_seconds())
        return [
            Finding("Temporal", "ok", f"answers at {config['target_host']}"),
            await _worker(client, archive),
            await _attributes(client),
            await _without_workflow(client, archive),
        ]
    except (RuntimeError, TimeoutError, RPCError):
        do = "start it (nurture up), or set TEMPORAL_ADDRESS to where it is"
        return [Finding("Temporal", "bad", f"does not answer at {config['target_host']}", do)]


def _own_server(settings: Settings) -> str | None:
    """Where the last `up` of this folder put it."""
    port = Folder(settings.data.resolve()).last_run().ports.get("temporal")
    return f"127.0.0.1:{port}" if port else None


async def _worker(client: Client, archive: Archive) -> Finding:
    silence = workers.silence(await workers.last_asked(client), machine_now())
    if silence is None:
        return Finding("worker", "ok", "asks for work")
    waits = await asyncio.to_thread(_oldest, archive)
    return Finding("worker", "bad", f"{silence}{f'; steps are due{waits}' if waits else ''}", workers.START)


def _oldest(archive: Archive) -> str:
    """To go on a sentence with, in business time; nothing when nothing is due."""
    found = doctor.oldest_due(archive)
    since = f"{found.due_at:%a %d %b %Y, %H:%M} UTC" if found else ""
    return f", the oldest since {since}: {found.reason}, lead {found.lead_id}" if found else ""


async def _attributes(client: Client) -> Finding:
    request = ListSearchAttributesRequest(namespace=client.namespace)
    answer = await client.operator_service.list_search_attributes(request, timeout=ASK)
    keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    absent = [name for name in SEARCH_ATTRIBUTES if answer.custom_attributes.get(name) != keyword]
    if not absent:
        return Finding("attributes", "ok", "leads can be found by state, stage, track and team")
    make = "".join(f" --name {name} --type Keyword" for name in absent)
    where = f"--namespace {client.namespace}"
    return Finding(
        "attributes",
        "bad",
        f"{' and '.join(absent)} missing: workflows cannot say where their leads stand",
        f"run: temporal operator search-attribute create {where}{make}",
    )


async def _without_workflow(client: Client, archive: Archive) -> Finding:
    total, lost = 0, 0
    batches = doctor.open_leads(archive, BATCH)
    while ids := await asyncio.to_thread(next, batches, None):
        total += len(ids)
        lost += len(ids) - await _running(client, [keys.workflow_id(lead_id) for lead_id in ids])
    if lost:
        return Finding("workflows", "bad", f"{lost} of {total} open leads have none", REPAIR)
    return Finding("workflows", "ok", f"each of {total} open leads has one")


async def _running(client: Client, ids: Sequence[str]) -> int:
    listed = ", ".join(f"'{id}'" for id in ids)
    count = await client.count_workflows(f"ExecutionStatus = 'Running' and WorkflowId in ({listed})", rpc_timeout=ASK)
    return count.count
