"""`nurture prepare`: what a team's own server needs before its workers and its API begin; see docker-compose.yml."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from commands.console import Data, Files, say

if TYPE_CHECKING:
    from temporalio.client import Client

PATIENCE = 120.0
"""Seconds to wait for a database or a Temporal that is still starting."""


def register(app: typer.Typer) -> None:
    app.command()(prepare)


def prepare(data: Data = None, files: Files = None) -> None:
    """Bring the archive and Temporal into shape and publish the files; workers and API come after it. Safe to repeat.

    `nurture up` does the same for one machine by itself.
    """
    import asyncio

    from commands.opening import settings_for
    from commands.preparing import prepare as prepare_archive
    from commands.releasing import publish_at_start

    settings = settings_for(data, files)
    _wait_for_database(settings.database_url)
    archive = prepare_archive(settings)
    say("the archive is as this version needs it")
    for sentence in publish_at_start(archive, settings.files):
        say(sentence)
    archive.engine.dispose()
    asyncio.run(_prepare_temporal())


def _wait_for_database(url: str) -> None:
    import time

    from sqlalchemy.exc import OperationalError

    from storage.archive import connect

    engine, until = connect(url, pool_size=1), time.monotonic() + PATIENCE
    while True:
        try:
            engine.connect().close()
            break
        except OperationalError as error:
            if time.monotonic() > until:
                raise
            say(f"waiting for the database: {str(error.orig).strip().splitlines()[0][:150]}")
            time.sleep(1)
    engine.dispose()


async def _prepare_temporal() -> None:
    """The search attributes a lead's workflow sets; without them Temporal would refuse its first step."""
    import asyncio

    from worker import connect_temporal

    async with asyncio.timeout(PATIENCE):
        client = await connect_temporal()
        added = await _add_search_attributes(client)
    say(f"Temporal knows the search attributes{' now' if added else ''}")


async def _add_search_attributes(client: Client) -> list[str]:
    from temporalio.api.enums.v1 import IndexedValueType
    from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest

    from commands.programs import SEARCH_ATTRIBUTES

    service = client.operator_service
    known = await service.list_search_attributes(ListSearchAttributesRequest(namespace=client.namespace))
    lacking = [name for name in SEARCH_ATTRIBUTES if name not in known.custom_attributes]
    if lacking:
        keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
        wanted = dict.fromkeys(lacking, keyword)
        await service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=wanted)
        )
    return lacking
