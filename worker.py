"""The worker's composition root: settings -> adapters -> activities -> Worker, and the relay beside it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal as signals
import sys
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import timedelta
from uuid import UUID

from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.worker import Worker

from activities.delivering import Delivering
from activities.living import Living
from api import staff_mail
from commands import beginnings
from commands.hook_post import HookPost
from commands.opening import open_archive
from domain.errors import NotReadyError, NurtureError
from hooks.reaching import Reach, networks
from hooks.secrets import secrets_in
from mail.catcher import find
from mail.errors import MailConfigError, MailError
from mail.links import Links
from mail.messages import Notice as StaffMail
from mail.messages import build_notice, message_id, return_path
from mail.modes import MailMode, may_send
from mail.pool import SmtpPool
from mail.post import Post
from settings import Settings
from storage import clock as demo
from storage import digests, duties, notices, pauses, sending, trackless, wakes, webhooks
from storage.archive import Archive
from storage.life import ArchiveLife
from storage.wakes import Wake
from workflows.lead import LeadWorkflow
from workflows.options import TASK_QUEUE
from workflows.payloads import DATA_CONVERTER
from workflows.runner import Runner
from workflows.waking import signal

logger = logging.getLogger("nurture.worker")
RELAY_EVERY, RELAY_AGE = 1.0, timedelta(seconds=2)
CLOCK_AGAIN = 0.5
RESOLVE_EVERY = 30.0
DIGEST_LOOK_EVERY = 5.0
DUTIES_EVERY = 2.0
TIDY_EVERY = 3600.0
GRACE, AT_ONCE = timedelta(seconds=30), 5.0


async def connect_temporal() -> Client:
    """As Temporal's own environment configuration says; waits for a server that is still starting."""
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", "127.0.0.1:7233")
    while True:
        try:
            return await Client.connect(**config, data_converter=DATA_CONVERTER)
        except RuntimeError as error:
            logger.info("waiting for Temporal at %s: %s", config.get("target_host"), str(error)[:120])
            await asyncio.sleep(0.5)


class StaffPost:
    """Sends what was written for our own people; a crash between leaves it to the relay."""

    def __init__(self, archive: Archive, pool: SmtpPool, settings: Settings, links: Links) -> None:
        self._archive, self._pool, self._settings, self._links = archive, pool, settings, links

    async def send_for(self, lead_id: UUID | None) -> None:
        """Of one lead, or of all, at once if it goes at once. A lead never waits for a mail to our own people, nor
        fails with it."""
        try:
            async with asyncio.timeout(AT_ONCE):
                await self._send(await asyncio.to_thread(notices.unsent, self._archive, lead_id))
        except Exception as error:
            logger.warning("a notice goes later: %s", type(error).__name__)

    async def send_due(self) -> None:
        await self._send(await asyncio.to_thread(notices.unsent, self._archive))

    async def _send(self, found: list[notices.Notice]) -> None:
        for notice in found:
            if not await asyncio.to_thread(notices.claim, self._archive, notice):
                continue
            was_sent = False
            try:
                written = await asyncio.to_thread(self._write, notice)
                sender = return_path(notice.id, self._settings.mail_domain)
                was_sent = written is None or (await self._pool.send(sender, *written)).status == "sent"
            except (NurtureError, MailError) as error:
                logger.error("a notice to %s cannot be sent: %s", notice.person, error)
            await asyncio.to_thread(notices.record, self._archive, notice, was_sent)

    def _write(self, notice: notices.Notice) -> tuple[str, bytes] | None:
        """The address and the mail; None when there is nothing to say any more."""
        with self._archive.reading() as tx:
            release = self._archive.live(tx)
            person, sender = release.person(notice.person), release.person(release.defaults.sender)
            letter = staff_mail.written(tx, self._archive, self._links, self._settings.public_url, notice)
        if letter is None:
            return None
        mail = StaffMail(
            notice.id,
            person.address,
            person.name,
            release.defaults.company.name,
            sender.address,
            self._settings.mail_domain,
            letter.subject,
            letter.text,
            notice.at,
            letter.html,
        )
        return person.address, build_notice(mail)


async def relay(archive: Archive, client: Client) -> None:
    """Send the wakes that their own commit's signal did not, and those of leads whose pause was ended."""
    await asyncio.to_thread(pauses.wake_some, archive)
    found = await asyncio.to_thread(wakes.pending, archive, RELAY_AGE)
    await send_wakes(archive, client, found)


async def send_wakes(archive: Archive, client: Client, found: list[Wake]) -> None:
    answers = await asyncio.gather(*(signal(client, wake) for wake in found))
    done = [wake for wake, was_sent in zip(found, answers, strict=True) if was_sent]
    await asyncio.to_thread(wakes.sent, archive, done)


async def resolve_uncertain(archive: Archive, settings: Settings, seen: set[UUID]) -> None:
    """The built-in catcher can be asked; another relay's answer comes as a bounce or an event."""
    if settings.mail is not MailMode.CATCH:
        return
    found = {send_id for send_id, _ in await asyncio.to_thread(sending.uncertain, archive)}
    for send_id in found & seen:  # twice seen: whatever was on the wire has arrived by now
        path = find(settings.mail_folder, message_id(send_id, settings.mail_domain))
        await asyncio.to_thread(sending.resolve, archive, send_id, path is not None)
    seen.clear()
    seen.update(found)


async def tell_trackless(archive: Archive) -> None:
    """Once a day, if there are new ones; before the first publish there is nothing to match."""
    with suppress(NotReadyError):
        await asyncio.to_thread(trackless.tell, archive)


async def tell_digests(archive: Archive) -> None:
    """Whose working day has begun; before the first publish it is nobody's."""
    with suppress(NotReadyError):
        await asyncio.to_thread(digests.tell, archive)


async def run_clock(archive: Archive, client: Client, staff: StaffPost) -> None:
    """Let the demo clock run; it nudges the leads it has reached, once the digests of that morning have left."""
    with closing(demo.Running(archive)) as running:
        while True:
            found = await asyncio.to_thread(running.go_on)
            if running.has_told():
                await staff.send_for(None)
            await send_wakes(archive, client, found)


async def every(seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    """Again and again; what goes wrong is logged and tried again, never the end of the worker."""
    while True:
        try:
            await work()
        except MailConfigError as error:
            logger.error("%s", error)
        except Exception:
            logger.exception("will try again in %s s", seconds)
        await asyncio.sleep(seconds)


async def main(settings: Settings) -> None:
    archive, client = open_archive(settings, settings.slots), await connect_temporal()
    pool = SmtpPool(
        settings.smtp_host,
        settings.smtp_port,
        size=settings.smtp_size,
        username=settings.smtp_username,
        password=settings.smtp_password,
        start_tls=settings.smtp_start_tls,
    )
    reach = Reach(networks(settings.hook_networks))
    hook_post = HookPost(archive, reach, secrets_in(settings.secrets_folder), settings.public_url)
    links = Links([archive.secret], settings.public_url)
    staff = StaffPost(archive, pool, settings, links)
    life = ArchiveLife(archive, lambda address: may_send(settings.mail, address, settings.pilot))
    delivering = Delivering(life, Post(pool, links, settings.mail_domain))
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(settings.slots))
    worker = Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[LeadWorkflow],
        workflow_runner=Runner(),
        activities=[delivering.deliver, *Living(life, staff).all()],
        max_concurrent_activities=settings.slots,
        max_cached_workflows=settings.cached_workflows,
        graceful_shutdown_timeout=GRACE,
    )
    beginning = beginnings.Beginnings(archive, client, max(settings.slots // 8, 1), settings.begin_per_second)
    uncertain = set[UUID]()
    background = [
        every(RELAY_EVERY, lambda: relay(archive, client)),
        every(beginnings.LOOK_EVERY, beginning.go_on),
        every(RELAY_EVERY, staff.send_due),
        every(DUTIES_EVERY, lambda: asyncio.to_thread(duties.sweep, archive)),
        every(RELAY_EVERY, hook_post.send_due),
        every(TIDY_EVERY, lambda: asyncio.to_thread(webhooks.tidy, archive)),
        every(RESOLVE_EVERY, lambda: resolve_uncertain(archive, settings, uncertain)),
        every(DIGEST_LOOK_EVERY, lambda: tell_trackless(archive)),
        every(DUTIES_EVERY, lambda: tell_digests(archive)),
    ]
    if isinstance(archive.clock, demo.DemoClock):
        background.append(every(CLOCK_AGAIN, lambda: run_clock(archive, client, staff)))
    await until_told_to_stop(worker, background)
    await hook_post.close()
    await pool.close()


async def until_told_to_stop(worker: Worker, background: Sequence[Awaitable[None]]) -> None:
    stop = asyncio.Event()
    for number in (signals.SIGTERM, signals.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with worker:
        tasks = [asyncio.ensure_future(work) for work in background]
        logger.info("worker is ready")
        await stop.wait()
        for task in tasks:
            task.cancel()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    asyncio.run(main(Settings()))
    # Ending the interpreter right after a worker has been seen to crash in the SDK's native threads.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
