"""Which ports `up` takes."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing

import pytest

from commands import ports
from domain.errors import NotReadyError

HOST = "127.0.0.1"


def choose(
    asked: Mapping[str, int | None], before: Mapping[str, int], tell: Callable[[str], None], host: str = HOST
) -> dict[str, int]:
    with closing(ports.Marks()) as marks:
        return ports.choose(host, asked, before, tell, marks)


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_the_next_free_one_is_taken_and_told(taken: int) -> None:
    told: list[str] = []
    chosen = choose({}, {"api": taken, "smtp": taken}, told.append)
    assert taken not in chosen.values()
    assert len(set(chosen.values())) == 4
    assert f"port {taken} is in use, so api listens on {chosen['api']}" in told


def test_the_one_asked_for_or_none(taken: int) -> None:
    with pytest.raises(NotReadyError, match=rf"port {taken} is in use; .* choose another with --smtp-port"):
        choose({"smtp": taken}, {}, lambda sentence: None)


def test_the_same_again_so_that_links_in_mails_stay_good() -> None:
    first = choose({}, {}, lambda sentence: None)
    told: list[str] = []
    assert choose({}, first, told.append) == first
    assert not told


def test_no_address_of_this_machine() -> None:
    with pytest.raises(NotReadyError, match="--host"):
        choose({}, {}, lambda sentence: None, "no.such.host.invalid")


def test_two_who_choose_at_the_same_moment_choose_apart() -> None:
    """Whoever chose first does not listen yet: its programs are still starting."""
    with closing(ports.Marks()) as marks:
        first = ports.choose(HOST, {}, {}, lambda sentence: None, marks)
        second = choose({}, first, lambda sentence: None)
        assert not set(first.values()) & set(second.values())
    assert choose({}, first, lambda sentence: None) == first
