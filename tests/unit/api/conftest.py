"""The API over a real archive in a file, with the shipped files published and a clock that tests move."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.services import Services
from mail.links import Links
from storage import api_keys, releases, reps
from storage.archive import Archive, Tx, connect
from storage.tables import metadata
from storage.wakes import Wake
from tests.unit.api.house import BROWSER, PEOPLE, House, TestClock, compiled, shipped


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    clock = TestClock()
    engine = connect(f"sqlite:///{tmp_path / 'archive.db'}")
    metadata.create_all(engine)
    archive = Archive(engine, clock, lambda files: compiled(), b"s" * 32)
    keys: dict[str, str] = {}
    with archive.begin() as tx:
        _publish(archive, tx)
        for role in api_keys.ROLES:
            keys[role] = api_keys.create(tx, f"test-{role}", role, PEOPLE.get(role))[1]
        keys["rosa"], keys["marc"] = keys["sales"], api_keys.create(tx, "test-marc", "sales", "marc")[1]
        for rep in ("rosa", "marc"):
            reps.put(tx, archive, rep, {"capacity": 5})
    wakes: list[Wake] = []
    links = Links([b"k" * 32], "https://nurture.example")
    services = Services(archive, links, wakes.extend, "https://nurture.example", "test", tmp_path / "imports")
    app = create_app(services)
    with TestClient(app, raise_server_exceptions=False, headers={"User-Agent": BROWSER}) as client:
        yield House(archive, clock, links, client, keys, wakes)
    engine.dispose()


def _publish(archive: Archive, tx: Tx) -> None:
    release = compiled()
    for subject in release.form_hashes:
        for who in ("ines", "tom"):
            releases.sign(tx, archive, release, subject, who)
    releases.publish(tx, archive, shipped(), "ines")
