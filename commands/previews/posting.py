"""A touch mailed to a colleague: marked as a test, counted nowhere, and with links that go around us."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import uuid4

from authoring.preview import Reader, Scope
from commands.folder import Folder
from domain.errors import InvalidError, NotReadyError, RefusedError
from domain.letters import Letter
from mail.errors import MailAddressError, MailError
from mail.links import Links
from mail.markdown import MailLink
from mail.messages import ascii_address, return_path
from mail.modes import MailMode, may_send
from mail.pool import SmtpPool
from mail.post import compose
from settings import Settings


@dataclass(frozen=True)
class Relay:
    """`is_ours` is the server of the settings: only there we log in."""

    host: str
    port: int
    is_ours: bool = False
    is_catcher: bool = False


def relay(settings: Settings, given: str | None) -> Relay:
    """`host:port` as given, else where all mail goes: the settings' own server, or in catch mode the folder's catcher.

    Raises InvalidError for what is no server, NotReadyError where nothing was ever caught.
    """
    if given is not None:
        host, _, port = given.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise InvalidError(f"“{given}” is no mail server; write --smtp host:port, for example --smtp localhost:25")
        return Relay(host.strip("[]"), int(port))
    if settings.mail is not MailMode.CATCH:
        return Relay(settings.smtp_host, settings.smtp_port, is_ours=True)
    port_of_catcher = Folder(settings.data.resolve()).last_run().ports.get("smtp")
    if port_of_catcher is None:
        raise NotReadyError(
            "mail is only caught here, and nothing runs that catches it; start nurture up, or name a mail server with"
            " --smtp host:port"
        )
    return Relay("127.0.0.1", port_of_catcher, is_catcher=True)


def addressed(settings: Settings, address: str) -> str:
    """The address if mail may go there. Raises InvalidError, RefusedError."""
    try:
        ascii_address(address)
    except MailAddressError:
        raise InvalidError(f"“{address}” is no address one can write to; give one like ines@company.example") from None
    if not may_send(settings.mail, address, settings.pilot):
        raise RefusedError(f"in pilot mode mail goes to listed addresses only; add {address} to NURTURE_PILOT")
    return address


def letters(scope: Scope, reader: Reader, address: str) -> Iterator[Letter]:
    """A letter for each mail of the scope and each of its variants, to the colleague instead of the reader."""
    for track, touch in scope.touches():
        for said in reader.versions(touch) if not touch.is_human else ():
            yield replace(reader.letter(track, said), send_id=uuid4(), to_address=address, to_name=None)


def send(settings: Settings, to: Relay, written: list[Letter]) -> Iterator[str]:
    """The subject of each as the server has taken it. Raises NotReadyError at the first that it does not take."""
    # none but this process knows the key: what our own pages are asked with it, they do not know
    links = Links([secrets.token_bytes(32)], settings.public_url)
    with asyncio.Runner() as runner:
        pool = runner.run(_pool(settings, to))
        for letter in written:
            yield runner.run(_send(pool, letter, links, settings.mail_domain, to))
        runner.run(pool.close())


async def _pool(settings: Settings, to: Relay) -> SmtpPool:
    return SmtpPool(
        to.host,
        to.port,
        size=1,
        username=settings.smtp_username if to.is_ours else None,
        password=settings.smtp_password if to.is_ours else None,
        start_tls=settings.smtp_start_tls if to.is_ours else None,
    )


async def _send(pool: SmtpPool, letter: Letter, links: Links, domain: str, to: Relay) -> str:
    def link(one: MailLink) -> str:
        if one.kind == "answer":
            return links.url("a", letter.send_id, one.number)
        return letter.assets[one.target] if one.kind == "asset" else one.target

    try:
        rendered, message = compose(letter, link, links.url("u", letter.send_id), domain, is_test=True)
        result = await pool.send(return_path(letter.send_id, domain), letter.to_address, message)
    except MailError as error:
        raise NotReadyError(f"{letter.touch} cannot be sent: {error.sentence}") from None
    if result.status != "sent":
        where = f"{to.host}:{to.port}"
        raise NotReadyError(f"{letter.touch} was not taken by {where} ({result.code}: {result.detail}); see --smtp")
    return rendered.subject
