"""`nurture up` with the archive in PostgreSQL: the same commands, and one address in the environment."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.test_up import PERSON, House, free_ports, until
from tests.postgres import Server

pytestmark = [pytest.mark.postgresql, pytest.mark.timeout(480)]


@pytest.fixture
def house(server: Server, tmp_path: Path) -> Iterator[House]:
    """A database without a table, and a folder of which nobody has heard."""
    with server.nothing() as url:
        made = House(tmp_path / "data", free_ports(4), {"NURTURE_DATABASE": url})
        for who in ("ines", "tom"):
            signed = made.run("sign", "--all", "--as", who)
            assert signed.returncode == 0, signed.stderr
        yield made
        made.end(signal.SIGKILL)


def test_it_enrols_delivers_and_goes_on_after_an_end(house: House) -> None:
    house.start()
    lead = house.call("POST", "/api/leads", PERSON)["id"]
    until(lambda: house.touches(lead) >= 1, "a first touch")
    assert list((house.data / "mail").glob("*.eml"))
    assert not (house.data / "archive.db").exists()
    house.end(signal.SIGTERM)
    house.start()
    given = house.touches(lead)
    until(lambda: house.touches(lead) > given, "the next touch")
    healthy = house.run("doctor", "--json")
    assert healthy.returncode == 0, healthy.stdout
