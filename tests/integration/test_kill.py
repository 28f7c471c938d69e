"""`kill -9` of everything at once, again and again, in the middle of traffic: nothing lost, nothing doubled."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path
from urllib.error import HTTPError

import pytest
from sqlalchemy import func, select

from commands.audit import audit
from commands.opening import open_archive, settings_for
from storage import tables as t
from tests.integration.test_up import House, house, until

__all__ = ["house"]
KILLS = int(os.environ.get("NURTURE_TEST_KILLS", "4"))
LEADS = 60
pytestmark = pytest.mark.timeout(120 * (KILLS + 4))
EVENTS = ("click", "pricing_view", "story_view", "download")


def _person(number: int) -> dict[str, object]:
    return {
        "email": f"person{number}@site{number}.example",
        "lead": {"first_name": f"Person{number}"},
        "company": {"industry": "3pl", "dock_doors": 6 + number % 50, "country": "US"},
        "inquiry": {"topic": "detention"},
        "external": {"system": "test", "id": str(number)},
    }


def _kill_everything(house: House) -> None:
    """Supervisor first, so that it cannot mend anything; then whatever it started."""
    children = house.processes
    house.end(signal.SIGKILL)
    for child in children.values():
        with contextlib.suppress(ProcessLookupError):
            child.send(signal.SIGKILL)
    until(lambda: not [each for each in children.values() if each.is_running], "the end of all children")


def _traffic(house: House, chance: random.Random, seconds: float, told: set[str]) -> None:
    """Events arrive while it works; what was acknowledged is remembered."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        number, event_id = chance.randrange(LEADS), f"event-{chance.random()}"
        body = {"name": chance.choice(EVENTS), "source": "site", "id": event_id}
        try:
            house.call("POST", f"/api/leads/test:{number}/events", body)
        except HTTPError as refused:
            raise AssertionError(refused.read()) from refused
        except OSError:
            continue  # not acknowledged: it may be there or not
        told.add(event_id)
        time.sleep(0.02)


def _state(data: Path) -> tuple[Counter[str], dict[str, int], set[str]]:
    archive = open_archive(settings_for(data))
    with archive.reading() as tx:
        states = Counter(tx.execute(select(t.leads.c.state)).scalars())
        statuses = {r[0]: r[1] for r in tx.execute(select(t.ledger.c.status, func.count()).group_by(t.ledger.c.status))}
        events = set(tx.execute(select(t.events.c.event_id)).scalars())
    archive.engine.dispose()
    return states, statuses, events


def _is_at_rest(house: House) -> bool:
    states, _, _ = _state(house.data)
    return set(states) <= {"DORMANT", "DISQUALIFIED"}


def test_killed_again_and_again_nothing_is_lost_or_doubled(house: House) -> None:
    chance, told = random.Random(7), set[str]()
    house.start()
    for number in range(LEADS):
        house.call("POST", "/api/leads", _person(number))
    for _ in range(KILLS):
        _traffic(house, chance, 1 + 2 * chance.random(), told)
        _kill_everything(house)
        house.start()
    deadline = time.monotonic() + 400
    while not _is_at_rest(house) and time.monotonic() < deadline:
        time.sleep(1)
    healthy = house.run("doctor", "--json")
    time.sleep(3)
    house.end(signal.SIGTERM)

    states, statuses, events = _state(house.data)
    assert states.total() == LEADS
    assert set(states) <= {"DORMANT", "DISQUALIFIED"}, states
    assert len(told) > 2 * KILLS, "hardly anything was acknowledged"
    assert told <= events, "an acknowledged event is not in the archive"
    settings = settings_for(house.data)
    archive = open_archive(settings)
    assert audit(archive, settings.mail_folder, settings.mail_domain) == []
    archive.engine.dispose()
    assert statuses.get("uncertain", 0) <= KILLS * settings.slots
    assert healthy.returncode == 0, json.loads(healthy.stdout)
