"""Which ports `up` takes."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from commands import ports
from domain.errors import NotReadyError

HOST = "127.0.0.1"


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_the_next_free_one_is_taken_and_told(taken: int) -> None:
    told: list[str] = []
    chosen = ports.choose(HOST, {}, {"api": taken, "smtp": taken}, told.append)
    assert taken not in chosen.values()
    assert len(set(chosen.values())) == 4
    assert f"port {taken} is in use, so api listens on {chosen['api']}" in told


def test_the_one_asked_for_or_none(taken: int) -> None:
    with pytest.raises(NotReadyError, match=rf"port {taken} is in use; .* choose another with --smtp-port"):
        ports.choose(HOST, {"smtp": taken}, {}, lambda sentence: None)


def test_the_same_again_so_that_links_in_mails_stay_good() -> None:
    first = ports.choose(HOST, {}, {}, lambda sentence: None)
    told: list[str] = []
    assert ports.choose(HOST, {}, first, told.append) == first
    assert not told


def test_no_address_of_this_machine() -> None:
    with pytest.raises(NotReadyError, match="--host"):
        ports.choose("no.such.host.invalid", {}, {}, lambda sentence: None)
