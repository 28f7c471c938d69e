"""Real SMTP servers on loopback, each with one habit a mail server may have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

Answer = Callable[[Envelope], str]


def accepted(_: Envelope) -> str:
    return "250 2.0.0 OK"


@dataclass
class Sink:
    """Takes every mail unless told otherwise; `hang_s` is its time to think before it answers DATA."""

    at_mail: str = "250 OK"
    at_rcpt: Answer = accepted
    at_data: Answer = accepted
    hang_s: float = 0.0
    is_hanging_up: bool = False
    offers_utf8: bool = True
    received: list[tuple[str, str, bytes]] = field(default_factory=list)
    connections: list[SMTP] = field(default_factory=list)
    talking: int = 0
    most_talking: int = 0
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_mail.startswith("250"):
            envelope.mail_from = address
        return self.at_mail

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        answer = self.at_rcpt(envelope)
        if not answer.startswith("250"):
            envelope.rcpt_tos.pop()
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.is_asked.set()
        self.talking += 1
        self.most_talking = max(self.most_talking, self.talking)
        try:
            await asyncio.sleep(self.hang_s)
        finally:
            self.talking -= 1
        assert isinstance(envelope.content, bytes)
        self.received.append((envelope.mail_from or "", envelope.rcpt_tos[0], envelope.content))
        if self.is_hanging_up:
            hang_up(server)
        return self.at_data(envelope)


def hang_up(server: SMTP) -> None:
    """Drops the connection at once, as a crash or a network would."""
    if isinstance(server.transport, asyncio.Transport):
        server.transport.abort()


@asynccontextmanager
async def listening(sink: Sink, *, password: bytes | None = None) -> AsyncIterator[int]:
    """Yields the port. With a password, everybody must log in with it."""

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        return AuthResult(success=getattr(data, "password", None) == password, handled=False)

    def connection() -> SMTP:
        needs = password is not None
        made = SMTP(
            sink,
            hostname="sink.localhost",
            enable_SMTPUTF8=sink.offers_utf8,
            authenticator=check if needs else None,
            auth_required=needs,
            auth_require_tls=not needs,
        )
        sink.connections.append(made)
        return made

    server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for made in sink.connections:
            hang_up(made)
        await asyncio.sleep(0.01)


@asynccontextmanager
async def greeting(line: bytes, *, is_hanging_up: bool = True) -> AsyncIterator[int]:
    """A server that says one line to everybody and then hangs up, or says nothing more."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(line)
        await writer.drain()
        if not is_hanging_up:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.sleep(0.01)
