"""A small pool of SMTP connections. Whether the server has a mail is never guessed.

Before DATA nothing can have been delivered, so whatever goes wrong there may be tried again. After it only
the server's own refusal is certain; silence or a lost connection may hide a delivered mail, and are
*uncertain*.
"""

from __future__ import annotations

import asyncio
import re
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeGuard

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPHeloError,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from mail.errors import MailAddressError, MailConfigError
from mail.messages import ascii_address, wire_address

Status = Literal["sent", "deferred", "failed", "uncertain"]

NO_UTF8 = "5.6.7"
"""RFC 6531's own code; ours when the server cannot be asked at all. It says nothing about the mailbox."""
_IDLE = timedelta(seconds=30)  # servers hang up on the idle after a minute or more; we go first
_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS_LIKE = re.compile(r"[^\s<>\"'(),;:]*(?:@|%40|=40)[^\s<>\"'(),;]*", re.IGNORECASE)
_LOGIN_CODES = frozenset({530, 534, 535, 538})


@dataclass(frozen=True)
class Outcome:
    """`code` is the enhanced status code (RFC 3463) where the server gave one, else its three digits or a
    word of ours (`timeout`, `lost`, `connect`, `busy`). `detail` holds no address and no name.
    """

    status: Status
    code: str
    detail: str


@dataclass(frozen=True)
class _Idle:
    client: SMTP
    since: float


class _StaleError(Exception):
    """An idle connection turned out to be dead before anything was said on it: use a new one."""


class SmtpPool:
    """At most `size` connections; a message waits for a free one.

    `timeout` bounds that wait, and again the whole exchange with the server (a second time where an idle
    connection turns out to be dead). With `start_tls` True the server must offer it, with None it may.
    A login or STARTTLS that the server does not grant raises MailConfigError; nothing else about SMTP raises.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        size: int = 8,
        timeout: timedelta = timedelta(seconds=30),
        username: str | None = None,
        password: str | None = None,
        start_tls: bool | None = False,
        hello_name: str | None = None,
    ) -> None:
        self._host, self._port, self._timeout = host, port, timeout.total_seconds()
        self._username, self._password, self._start_tls = username, password, start_tls
        # the library would ask the DNS for our own name, once per connection
        self._hello_name = hello_name or socket.gethostname()
        self._free = asyncio.Semaphore(size)
        self._idle: list[_Idle] = []
        self._is_closed = False

    async def send(self, mail_from: str, to: str, message: bytes) -> Outcome:
        try:
            sender, recipient = ascii_address(mail_from), wire_address(to)
        except MailAddressError as error:
            return Outcome("failed", "5.1.3", error.sentence)
        try:
            async with asyncio.timeout(self._timeout):
                await self._free.acquire()
        except TimeoutError:
            return Outcome("deferred", "busy", "All connections to the mail server are in use.")
        try:
            return await self._send_on_any(sender, recipient, message)
        finally:
            self._free.release()

    async def close(self) -> None:
        """Hangs up the idle connections; those in use are hung up when their message is through."""
        self._is_closed = True
        while self._idle:
            await _quit(self._idle.pop().client)

    async def _send_on_any(self, sender: str, recipient: str, message: bytes) -> Outcome:
        idle = self._take_idle()
        if idle is not None:
            with suppress(_StaleError):
                return await self._exchange(idle, True, sender, recipient, message)
        # a fresh client each time: reconnecting an old one keeps what the last server said of itself
        fresh = SMTP(
            hostname=self._host,
            port=self._port,
            local_hostname=self._hello_name,
            timeout=self._timeout,
            username=self._username,
            password=self._password,
            start_tls=self._start_tls,
        )
        return await self._exchange(fresh, False, sender, recipient, message)

    def _take_idle(self) -> SMTP | None:
        oldest = time.monotonic() - _IDLE.total_seconds()
        while self._idle:
            newest = self._idle.pop()
            if newest.client.is_connected and newest.since >= oldest:
                return newest.client
            newest.client.close()
        return None

    async def _exchange(self, client: SMTP, is_reused: bool, sender: str, recipient: str, message: bytes) -> Outcome:
        """One message on one connection, which is kept only if both ends agree on where they stand."""
        exchange = _Exchange(client, is_reused)
        is_clean = False
        try:
            async with asyncio.timeout(self._timeout):
                outcome = await exchange.run(sender, recipient, message)
            is_clean = True
        except (SMTPException, OSError) as error:  # TimeoutError is an OSError
            outcome = exchange.outcome_of(error, recipient)
            is_clean = _is_refusal(error) and await exchange.reset()
        finally:
            self._put_back(client, is_clean)
        return outcome

    def _put_back(self, client: SMTP, is_clean: bool) -> None:
        if is_clean and client.is_connected and not self._is_closed:
            self._idle.append(_Idle(client, time.monotonic()))
        else:
            client.close()


class _Exchange:
    """The conversation about one message; `phase` says how far it came."""

    def __init__(self, client: SMTP, is_reused: bool) -> None:
        self._client, self._is_reused = client, is_reused
        self._phase: Literal["connect", "envelope", "data"] = "connect"

    async def run(self, sender: str, recipient: str, message: bytes) -> Outcome:
        if not self._is_reused:
            await self._client.connect()
        self._phase = "envelope"
        if recipient.isascii():
            await self._client.mail(sender)
            await self._client.rcpt(recipient)
        elif await self._offers_utf8():
            await self._client.mail(sender, options=["SMTPUTF8"])
            await self._client.rcpt(recipient, encoding="utf-8")
        else:
            return Outcome("failed", NO_UTF8, "Our mail server takes no address beyond ASCII (it offers no SMTPUTF8).")
        if not self._client.is_connected:
            raise ConnectionError
        self._phase = "data"
        answer = await self._client.data(message)
        return Outcome("sent", _code(answer.code, answer.message), _without_people(answer.message, recipient))

    async def _offers_utf8(self) -> bool:
        if self._client.is_ehlo_or_helo_needed:
            await self._client.ehlo()
        return self._client.supports_extension("smtputf8")

    def outcome_of(self, error: Exception, recipient: str) -> Outcome:
        if _is_refusal(error):
            return self._refused(error, recipient)
        if self._phase == "connect" and type(error) is SMTPException:
            # the library's plain error: no STARTTLS, no AUTH or no way to log in that both sides know
            raise MailConfigError(
                "The mail server does not offer the login or STARTTLS we ask for: correct the SMTP settings."
            ) from None
        is_timeout = isinstance(error, TimeoutError)
        if self._phase == "data":
            what = "did not answer in time" if is_timeout else "hung up"
            return Outcome("uncertain", "timeout" if is_timeout else "lost", f"The server {what} after DATA.")
        if self._phase == "envelope" and self._is_reused and not is_timeout:
            raise _StaleError from None
        code = "timeout" if is_timeout else "connect" if self._phase == "connect" else "lost"
        return Outcome("deferred", code, "The mail server could not be reached or hung up before DATA.")

    def _refused(self, error: SMTPResponseException, recipient: str) -> Outcome:
        is_login = isinstance(error, SMTPAuthenticationError) or error.code in _LOGIN_CODES
        if is_login and error.code >= 500:
            # from None: the server's text may repeat a name or an address
            raise MailConfigError(
                "The mail server refused our login or wants one: correct the SMTP settings."
            ) from None
        if error.code == 421 and self._is_reused and isinstance(error, SMTPSenderRefused):
            raise _StaleError from None
        # a server that turns everybody away at the door says nothing about this lead
        is_at_door = self._phase == "connect" or isinstance(error, SMTPHeloError)
        is_final = error.code >= 500 and not is_at_door
        return Outcome(
            "failed" if is_final else "deferred",
            _code(error.code, error.message),
            f"{self._where(error)}: {_without_people(error.message, recipient)}",
        )

    def _where(self, error: SMTPResponseException) -> str:
        if isinstance(error, SMTPSenderRefused):
            return "sender refused"
        return "recipient refused" if isinstance(error, SMTPRecipientRefused) else f"refused at {self._phase}"

    async def reset(self) -> bool:
        """True if the connection may serve another message."""
        if not self._client.is_connected or self._phase == "connect":
            return False  # 421 and the door: the library has hung up, or nobody spoke yet
        try:
            async with asyncio.timeout(2):
                await self._client.rset()
        except (SMTPException, OSError):
            return False
        return True


def _is_refusal(error: Exception) -> TypeGuard[SMTPResponseException]:
    """A plain no from the server; after anything else the two ends may no longer agree on what answers
    what.
    """
    return isinstance(error, SMTPResponseException) and 400 <= error.code < 600


def _code(code: int, message: str) -> str:
    enhanced = _ENHANCED.match(message)
    return enhanced[1] if enhanced and enhanced[1][0] == str(code)[0] else str(code)


def _without_people(message: str, recipient: str) -> str:
    """The server's words, short, on one line, without the address they nearly always repeat."""
    text = _ADDRESS_LIKE.sub("[address]", message)
    local = re.escape(recipient.rpartition("@")[0])
    text = re.sub(rf"(?<![A-Za-z0-9]){local}(?![A-Za-z0-9])", "[address]", text, flags=re.IGNORECASE)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]


async def _quit(client: SMTP) -> None:
    with suppress(SMTPException, OSError):
        async with asyncio.timeout(2):
            await client.quit()
    client.close()
