"""The API process: settings -> archive -> app -> uvicorn, and the client that tells the workflows."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from threading import Thread

import uvicorn
from temporalio.client import Client
from temporalio.envconfig import ClientConfig

from api.app import create_app
from api.services import Services
from commands.opening import open_archive
from hooks.secrets import secrets_in
from mail.links import Links
from mail.modes import MailMode
from settings import Settings
from storage import wakes
from storage.archive import Archive
from storage.wakes import Wake
from workflows.payloads import DATA_CONVERTER
from workflows.waking import signal

logger = logging.getLogger("nurture.api")
PATIENCE = 1.0
"""Seconds a caller waits for Temporal; what takes longer is left to the worker's relay."""
REST = 2.0
"""Seconds in which nobody waits again after Temporal did not answer."""
TIDY_EVERY = 0.2
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Signaller:
    """Tells Temporal of committed wakes. Never raises, never blocks for long; rows it could not send stay."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._loop = asyncio.new_event_loop()
        self._client: Client | None = None
        self._done: list[Wake] = []
        self._rest_until = 0.0

    def start(self) -> None:
        Thread(target=self._run, name="signaller", daemon=True).start()

    def __call__(self, found: Sequence[Wake]) -> None:
        if not found or time.monotonic() < self._rest_until:
            return
        waiting = asyncio.run_coroutine_threadsafe(self._send(found), self._loop)
        try:
            waiting.result(PATIENCE)
        except Exception as error:  # the commit stands whatever happens here
            waiting.cancel()
            self._rest_until = time.monotonic() + REST
            logger.warning("Temporal was not told of %d wakes (%s); the relay will", len(found), type(error).__name__)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._tidy())

    async def _send(self, found: Sequence[Wake]) -> None:
        client = await self._connected()
        answers = await asyncio.gather(*(signal(client, wake) for wake in found))
        self._done += [wake for wake, was_sent in zip(found, answers, strict=True) if was_sent]
        if not all(answers):
            raise ConnectionError

    async def _connected(self) -> Client:
        if self._client is None:
            config = ClientConfig.load_client_connect_config()
            config.setdefault("target_host", "127.0.0.1:7233")
            self._client = await Client.connect(**config, data_converter=DATA_CONVERTER, lazy=True)
        return self._client

    async def _tidy(self) -> None:
        """Sent rows are deleted many at once, not while somebody waits: sent twice they would do no harm."""
        while True:
            await asyncio.sleep(TIDY_EVERY)
            done, self._done = self._done, []
            try:
                await asyncio.to_thread(wakes.sent, self._archive, done)
            except Exception:
                logger.exception("the relay will send %d wakes again", len(done))


def services_of(settings: Settings, archive: Archive, links: Links, signaller: Signaller) -> Services:
    is_local = settings.host in LOOPBACK
    return Services(
        archive,
        links,
        signaller,
        settings.public_url,
        uploads=settings.data / "imports",
        caught=settings.mail_folder if settings.mail is MailMode.CATCH else None,
        admin_key=settings.data.resolve() / "admin.key" if is_local else None,
        secrets=secrets_in(settings.secrets_folder),
    )


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    settings = Settings()
    archive = open_archive(settings, pool=settings.slots)
    signaller = Signaller(archive)
    signaller.start()
    links = Links([archive.secret], settings.public_url)
    app = create_app(services_of(settings, archive, links, signaller))
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=4,
    )


if __name__ == "__main__":
    main()
