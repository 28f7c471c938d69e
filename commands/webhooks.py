"""`nurture webhook`: what goes out to other systems and channels, what came in, and the secrets shared with them."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from commands.console import Data, Json, print_json, print_table, say

if TYPE_CHECKING:
    from hooks.reaching import Answer
    from settings import Settings

OUT = ("id", "endpoint", "event", "status", "tries", "code", "says", "recorded_at", "next_try_at")
PLACES = ("endpoint", "send", "is_on", "off_since", "waiting", "dead", "sent", "say")
IN = ("at", "hook", "event_id", "outcome", "lead_id", "says")
Endpoint = Annotated[str, typer.Argument(help="Its file's name in lead_defs/endpoints.")]
Limit = Annotated[int, typer.Option(min=1, max=500, help="At most so many, the newest first.")]


def register(app: typer.Typer) -> None:
    family = typer.Typer(help="Other systems and channels: what they are told, what they tell.", no_args_is_help=True)
    family.command()(endpoints)
    family.command("list")(list_webhooks)
    family.command()(dead)
    family.command()(resend)
    family.command()(enable)
    family.command("test")(try_out)
    family.command()(received)
    family.command()(secret)
    app.add_typer(family, name="webhook")


def endpoints(data: Data = None, as_json: Json = False) -> None:
    """Where something goes: on or off, and how many wait, are dead, were sent."""
    from commands.opening import opened, settings_for
    from storage import webhooks

    with opened(settings_for(data)) as archive, archive.reading() as tx:
        rows = webhooks.endpoints(tx, archive.live(tx))
    print_json(rows) if as_json else print_table(PLACES, rows)


def list_webhooks(
    endpoint: Annotated[str | None, typer.Option(help="Only of this endpoint.")] = None,
    status: Annotated[str | None, typer.Option(help="waiting, sent, dead or dropped.")] = None,
    limit: Limit = 50,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """What was sent or waits, the newest first. `code` is the last answer's."""
    from commands.opening import opened, settings_for
    from domain.errors import InvalidError
    from storage import webhooks

    if status is not None and status not in webhooks.STATUSES:
        raise InvalidError(f"a webhook is {', '.join(webhooks.STATUSES)}, never {status[:40]}", "status")
    with opened(settings_for(data)) as archive, archive.reading() as tx:
        found, _ = webhooks.listed(tx, status, endpoint, None, limit)
        rows = [dict(row) for row in found]
    if not rows and not as_json:
        say("there is none")
        return
    print_json(rows) if as_json else print_table(OUT, rows)


def dead(limit: Limit = 50, data: Data = None, as_json: Json = False) -> None:
    """What never arrived and is not tried any more; resend it when the other side answers again."""
    list_webhooks(None, "dead", limit, data, as_json)


def resend(
    webhook: Annotated[str | None, typer.Argument(metavar="ID", help="One webhook.")] = None,
    all_dead: Annotated[str | None, typer.Option("--all-dead", metavar="ENDPOINT", help="All dead ones of it.")] = None,
    data: Data = None,
) -> None:
    """Once more from the beginning, under the same id; a worker sends it within seconds."""
    from commands.opening import opened, settings_for
    from domain.errors import InvalidError
    from storage import webhooks
    from storage.reading import uuid_of

    webhook_id = uuid_of(webhook or "")
    if (webhook is None) == (all_dead is None) or (webhook is not None and webhook_id is None):
        raise InvalidError("say what to send again: the ID of one (nurture webhook dead), or --all-dead ENDPOINT")
    with opened(settings_for(data)) as archive, archive.begin() as tx:
        if webhook_id:
            webhooks.resend(tx, webhook_id)
        number = 1 if webhook_id else webhooks.resend_dead(tx, all_dead or "")
    say(f"{number} on the way again")


def enable(endpoint: Endpoint, data: Data = None) -> None:
    """On again after it answered 410; what waits for it goes out."""
    from commands.opening import opened, settings_for
    from domain.errors import MissingError
    from storage import webhooks

    with opened(settings_for(data)) as archive, archive.begin() as tx:
        if endpoint not in archive.live(tx).endpoints:
            raise MissingError(f"there is no endpoint {endpoint[:80]} in lead_defs/endpoints of the live release")
        was_off = webhooks.enable(tx, endpoint)
    say(f"{endpoint} is on again" if was_off else f"{endpoint} was not off")


def try_out(endpoint: Endpoint, data: Data = None) -> None:
    """Send a message that says it is a test, now, and show the answer. Records are not tried: they would stay."""
    from commands.opening import settings_for

    answer = asyncio.run(_try(endpoint, settings_for(data)))
    print(f"{answer.code} {answer.body[:1000]}".strip())
    if not answer.is_ok:
        say("it did not arrive; a webhook would be tried again for three days")
        raise typer.Exit(1)


async def _try(name: str, settings: Settings) -> Answer:
    from commands.hook_post import HookPost, trial
    from commands.opening import opened
    from hooks.reaching import Reach, networks
    from hooks.secrets import secrets_in

    with opened(settings) as archive:
        with archive.reading() as tx:
            release = archive.live(tx)
        call = trial(release, name, settings.public_url)
        post = HookPost(
            archive, Reach(networks(settings.hook_networks)), secrets_in(settings.secrets_folder), settings.public_url
        )
        try:
            return await post.send(call)
        finally:
            await post.close()


def received(
    hook: Annotated[str | None, typer.Option(help="Only through this one of lead_defs/hooks.")] = None,
    outcome: Annotated[str | None, typer.Option(help="taken, ignored, refused or unknown.")] = None,
    limit: Limit = 50,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """What other systems told us, the newest first, and what became of it."""
    from commands.opening import opened, settings_for
    from storage import receiving

    with opened(settings_for(data)) as archive, archive.reading() as tx:
        rows = [dict(row) for row in receiving.listed(tx, hook, outcome, limit)]
    print_json(rows) if as_json else print_table(IN, rows)


def secret(
    name: Annotated[str, typer.Argument(help="The endpoint's or the hook's, as its file names it.")],
    new: Annotated[bool, typer.Option("--new", help="Make one for Standard Webhooks, and print it.")] = False,
    keep_old: Annotated[bool, typer.Option("--keep-old", help="The one before stays good beside it.")] = False,
    data: Data = None,
) -> None:
    """Write a secret into the secrets folder: a new one, or the line typed or piped in. Good at once."""
    import getpass
    import os

    from commands.opening import settings_for
    from hooks import secrets, signing

    if new:
        text = signing.new_secret(os.urandom(24))
    else:
        text = (getpass.getpass(f"{name}: ") if sys.stdin.isatty() else sys.stdin.readline()).strip()
    folder = settings_for(data).secrets_folder
    secrets.write(folder, name, text, keep_old)
    if new:
        print(text)
    say(f"{name} is in {folder}")
