"""Requests go to public addresses alone, never elsewhere than asked, and end."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from domain.errors import InvalidError
from hooks.reaching import LONGEST_ANSWER, Reach, is_public, networks
from tests.unit.hooks.receiver import Receiver, Reply, receiving

LOOPBACK = networks(["127.0.0.0/8"])


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.mark.parametrize("text", ["93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:93.184.215.14"])
def test_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254",
        "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::", "2002:a9fe:a9fe::", "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
    ],
)  # fmt: skip
def test_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f000001", "127.1"]
)
async def test_our_own_network_is_out_of_reach(receiver: Receiver, host: str) -> None:
    """However the address is written."""
    reach = Reach()
    port = receiver.url.rpartition(":")[2]
    for scheme in ("http", "https"):
        answer = await reach.send("POST", f"{scheme}://{host}:{port}/", {}, b"{}")
        assert answer.code in ("refused", "unreachable")
    await reach.close()
    assert receiver.got == []


async def test_a_network_of_ours_that_is_allowed(receiver: Receiver) -> None:
    receiver.replies = [Reply(202, b"thanks", {"Retry-After": "7"})]
    reach = Reach(LOOPBACK)
    answer = await reach.send("POST", f"{receiver.url}/in?a=b%20c", {"X-A": "1"}, b'{"a": 1}')
    await reach.close()
    assert (answer.code, answer.is_ok, answer.retry_after, answer.body) == ("202", True, 7.0, "thanks")
    (got,) = receiver.got
    assert (got.method, got.path, got.body, got.headers["x-a"]) == ("POST", "/in?a=b%20c", b'{"a": 1}', "1")
    assert got.headers["host"] == receiver.url.removeprefix("http://")


async def test_a_name_is_asked_for_once_and_kept_in_the_request(receiver: Receiver) -> None:
    reach = Reach(networks(["127.0.0.0/8", "::1/128"]))
    port = receiver.url.rpartition(":")[2]
    answer = await reach.send("POST", f"http://localhost:{port}/", {}, b"")
    await reach.close()
    if answer.is_ok:  # where localhost is ::1 first, nobody listens there
        assert receiver.got[0].headers["host"] == f"localhost:{port}"
    else:
        assert answer.code == "unreachable"


async def test_an_address_is_never_logged(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    """That of a channel is its secret."""
    caplog.set_level(logging.INFO)
    reach = Reach(LOOPBACK)
    await reach.send("POST", f"{receiver.url}/services/T0/B0/hush", {}, b"")
    await reach.close()
    assert "hush" not in caplog.text


async def test_a_redirect_is_an_answer(receiver: Receiver) -> None:
    receiver.replies = [Reply(302, b"", {"Location": f"{receiver.url}/elsewhere"})]
    reach = Reach(LOOPBACK)
    answer = await reach.send("POST", receiver.url, {}, b"")
    await reach.close()
    assert (answer.code, answer.is_ok, len(receiver.got)) == ("302", False, 1)


async def test_a_slow_one_and_a_flood_end(receiver: Receiver) -> None:
    receiver.replies = [Reply(seconds=2.5), Reply(body=b"x" * 3_000_000)]
    reach = Reach(LOOPBACK, timeout=1.2)
    slow = await reach.send("POST", receiver.url, {}, b"")
    flood = await Reach(LOOPBACK, timeout=10).send("POST", receiver.url, {}, b"")
    await reach.close()
    assert slow.code == "timeout"
    assert (flood.code, len(flood.body)) == ("200", LONGEST_ANSWER)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://files.example/", "file:///etc/passwd", "https:///nothing", "https://user:pass@files.example/",
        "nonsense", "https://no-such-host.invalid/", "http://\0/", "https://" + "a" * 300 + ".example/", "",
    ],
)  # fmt: skip
async def test_addresses_that_are_none(url: str) -> None:
    reach = Reach(timeout=5)
    answer = await reach.send("POST", url, {}, b"")
    await reach.close()
    assert answer.code in ("refused", "unreachable")


def test_a_network_that_is_none() -> None:
    with pytest.raises(InvalidError, match="NURTURE_HOOK_NETWORKS"):
        networks(["loopback"])
