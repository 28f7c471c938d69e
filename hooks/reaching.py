"""A request to somebody else's server: never into our own network, never for long, never where it redirects to."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx

from domain.errors import InvalidError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
TIMEOUT = 15.0
LONGEST_ANSWER = 20_000
NAT64 = IPv6Network("64:ff9b::/96")
AGENT = "nurture-webhooks/1"


@dataclass(frozen=True)
class Answer:
    """`code` is the status, or one word for what went wrong before there was one."""

    code: str
    retry_after: float | None = None
    body: str = ""

    @property
    def is_ok(self) -> bool:
        return len(self.code) == 3 and self.code.startswith("2")


def networks(written: Sequence[str]) -> tuple[Network, ...]:
    """Raises InvalidError."""
    try:
        return tuple(ip_network(text, strict=False) for text in written)
    except ValueError as error:
        raise InvalidError(f"NURTURE_HOOK_NETWORKS: {error}; write networks like 10.1.2.0/24") from None


class Reach:
    """Sends to public addresses, and to those of `allowed` networks; only there without TLS."""

    def __init__(self, allowed: Sequence[Network] = (), timeout: float = TIMEOUT) -> None:
        self._allowed, self._timeout = tuple(allowed), timeout
        logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log whole addresses, and some are secrets
        # trust_env: a proxy from the environment would look names up for us, past the check below.
        self._client = httpx.AsyncClient(
            timeout=timeout, follow_redirects=False, trust_env=False, verify=ssl.create_default_context()
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Never raises for what a server or a network can do."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._send(method, url, headers, body)
        except TimeoutError:
            return Answer("timeout")
        except InvalidError as error:
            return Answer("refused", body=error.sentence)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return Answer("unreachable", body=type(error).__name__)

    async def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        target = httpx.URL(url)
        address = await self._address(target)
        # By the address that was checked: asking for the name again could bring another one. TLS still asks for it.
        pinned = target.copy_with(host=str(address))
        sent = {"User-Agent": AGENT, **headers, "Host": target.netloc.decode("ascii")}
        options = {"sni_hostname": target.raw_host.decode("ascii")}
        request = self._client.build_request(method, pinned, headers=sent, content=body, extensions=options)
        response = await self._client.send(request, stream=True)
        try:
            text = bytearray()
            async for piece in response.aiter_bytes(4096):
                text += piece
                if len(text) > LONGEST_ANSWER:
                    break
        finally:
            await response.aclose()
        return Answer(str(response.status_code), _retry_after(response), text[:LONGEST_ANSWER].decode(errors="replace"))

    async def _address(self, url: httpx.URL) -> Address:
        """The first address of the host, if every one of them may be reached. Raises InvalidError, OSError."""
        if url.scheme not in ("http", "https") or not url.host or url.userinfo:
            raise InvalidError("the address must be https://host/...")
        port = url.port or (443 if url.scheme == "https" else 80)
        found = await asyncio.get_running_loop().getaddrinfo(url.raw_host, port, proto=6)
        addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
        is_allowed = [any(address in network for network in self._allowed) for address in addresses]
        if not all(ok or is_public(address) for ok, address in zip(is_allowed, addresses, strict=True)):
            raise InvalidError("this address is not public; allow its network with NURTURE_HOOK_NETWORKS if it is ours")
        if url.scheme == "http" and not all(is_allowed):
            raise InvalidError("webhooks go out over https; plain http only into networks of NURTURE_HOOK_NETWORKS")
        return addresses[0]


def is_public(address: Address) -> bool:
    """Whether it can be somebody else's. An IPv4 address inside an IPv6 one is looked at as what it is."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds; the header may also hold a date."""
    text = response.headers.get("Retry-After", "")
    if text.isascii() and text.isdigit() and len(text) < 9:
        return float(text)
    try:
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(response.headers["Date"])
        return max((until - now).total_seconds(), 0.0)
    except (ValueError, TypeError, KeyError):
        return None
