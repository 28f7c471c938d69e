"""A world whose files name a receiver on loopback, and the relay's part played by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from sqlalchemy import RowMapping, select, update

from commands.hook_post import HookPost
from hooks.reaching import Reach, networks
from hooks.secrets import secrets_in, write
from storage import tables as t
from storage.archive import machine_now
from tests.unit.hooks.receiver import Receiver
from tests.world import World, shipped_files

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ENDPOINT = "lead_defs/endpoints/{}.yaml"


def files_with(receiver: Receiver, *names: str, **texts: str) -> dict[str, str]:
    """The shipped files with these endpoints switched on, every address of theirs replaced by the receiver's."""
    files = dict(shipped_files())
    for name in names:
        text = files[ENDPOINT.format(name)].replace("on: false", "on: true")
        for host in (
            "https://api.hubapi.com",
            "https://harborline.my.salesforce.com",
            "https://warehouse.harborline.example",
        ):
            text = text.replace(host, receiver.url)
        files[ENDPOINT.format(name)] = text
    return files | {ENDPOINT.format(name): text for name, text in texts.items()}


class Relay:
    def __init__(self, world: World, folder: Path, secrets: Mapping[str, str]) -> None:
        self.world, self._folder = world, folder
        for name, secret in secrets.items():
            write(folder, name, secret, keeps_old=False)

    def run(self) -> None:
        """What the worker does every second, until all of it has ended."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        reach = Reach(networks(["127.0.0.0/8"]), timeout=5)
        post = HookPost(self.world.archive, reach, secrets_in(self._folder), "https://nurture.example")
        await post.send_due()
        await post.settled()
        await post.close()

    def hurry(self) -> None:
        """The next try is due now."""
        with self.world.archive.begin() as tx:
            tx.execute(update(t.webhooks).values(next_try_at=machine_now()))

    def rows(self, lead_id: UUID | None = None) -> list[RowMapping]:
        query = select(t.webhooks).order_by(t.webhooks.c.at, t.webhooks.c.recorded_at)
        with self.world.archive.reading() as tx:
            found = tx.execute(query).mappings().all()
        return [row for row in found if lead_id is None or row["lead_id"] == lead_id]
